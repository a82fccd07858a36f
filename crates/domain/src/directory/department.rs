//! A department (部门) of the directory: known by its code, placed in a hierarchy.

use crate::{Aggregate, Audience, Code, Issued, Line, Role, Uuid, aggregate::id_of_code, rejections};

/// Kind of organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 机关
    Agency,
    /// 企业
    Enterprise,
    /// 社会组织
    NonProfit,
}

/// Level of administration of a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// 国家级
    National,
    /// 省级
    Provincial,
    /// 市级
    Municipal,
    /// 县级
    County,
}

/// The profile of a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its short, unique name.
    pub code: Code,
    /// Its full name.
    pub name: Line,
    /// The department above it.
    pub parent: Option<Code>,
    /// Its level of administration.
    pub level: Level,
    /// The region that it is responsible for.
    pub region: Option<Line>,
    /// Its kind of organization.
    pub kind: Kind,
    /// Whether nobody works with this system for it: clerks of bodies put down what it says.
    pub without_users: bool,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Registers a department, or replaces its profile.
    Register(Profile),
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The department was registered, or its profile was replaced.
    Registered {
        /// The whole profile.
        profile: Profile,
    },
}

rejections! {
    /// Why a command on a department is refused.
    Rejection {
        OwnParent("OWN_PARENT") { department_code: Code } =
            "department {department_code} cannot be its own parent",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} and operators may do this; you speak for {department_code}",
    }
}

/// What is known of one department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// In the directory.
    Listed(Profile),
}

impl State {
    /// The department's profile.
    pub fn profile(&self) -> Option<&Profile> {
        match self {
            State::Absent => None,
            State::Listed(profile) => Some(profile),
        }
    }
}

/// The department aggregate.
#[derive(Debug)]
pub struct Department;

impl Department {
    /// The id of the department with this code.
    pub fn id(code: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, code.as_str())
    }
}

impl Aggregate for Department {
    const CATEGORY: &'static str = "directory.department";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    /// Any clerk enters a new department; what is known of one already is changed by its own people, by those of the
    /// department above it, and by operators. That it has no users, those above it do not say of one that is known already.
    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register(profile) => {
                if profile.parent.as_ref() == Some(&profile.code) {
                    return Err(Rejection::OwnParent { department_code: profile.code });
                }
                if let State::Listed(listed) = state {
                    if *listed == profile {
                        return Ok(vec![]);
                    }
                    let takes_its_voice = profile.without_users && !listed.without_users;
                    let above = listed.parent.iter().filter(|_| !takes_its_voice);
                    may_change(std::iter::once(&listed.code).chain(above), issued)?;
                }
                Ok(vec![Event::Registered { profile }])
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_state: State, event: &Event) -> State {
        match event {
            Event::Registered { profile } => State::Listed(profile.clone()),
        }
    }
}

fn may_change<'a>(of: impl Iterator<Item = &'a Code> + Clone, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.is(Role::Operator)
        || issued.by.is_process()
        || of.clone().any(|code| issued.by.speaks_for(code))
    {
        return Ok(());
    }
    let needed_codes = of.map(Code::as_str).collect::<Vec<_>>().join(", ");
    Err(Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes })
}

#[cfg(test)]
mod tests;
