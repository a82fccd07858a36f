//! A department (部门) of the directory: known by its code, placed in a hierarchy.

use crate::{Aggregate, Code, Issued, Line, Uuid, aggregate::id_of_code, rejections};

/// What kind of party a department is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 机关
    Agency,
    /// 企业
    Enterprise,
    /// 社会组织
    NonProfit,
}

/// On which level of administration a department stands.
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

/// What the directory says of a department.
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
    /// The region it answers for.
    pub region: Option<Line>,
    /// What kind of party it is.
    pub kind: Kind,
}

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Enters a department into the directory, or replaces what is said of it.
    Register(Profile),
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The directory says this of the department from now on.
    Registered {
        /// What it says.
        profile: Profile,
    },
}

rejections! {
    /// Why the directory refuses.
    Rejection {
        OwnParent { department: Code } = "department {department} cannot be its own parent",
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
    const CATEGORY: &'static str = "scheduling.department";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register(profile) => {
                if profile.parent.as_ref() == Some(&profile.code) {
                    return Err(Rejection::OwnParent { department: profile.code });
                }
                if matches!(state, State::Listed(listed) if *listed == profile) {
                    return Ok(vec![]);
                }
                Ok(vec![Event::Registered { profile }])
            }
        }
    }

    fn evolve(_state: State, event: &Event) -> State {
        match event {
            Event::Registered { profile } => State::Listed(profile.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
