//! A member (成员) in the directory: a person known by a code, who works for a department.

use crate::{Aggregate, Audience, Code, Issued, Line, Role, Uuid, aggregate::id_of_code, rejections};

/// The profile of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Their short, unique name.
    pub code: Code,
    /// Their full name.
    pub name: Line,
    /// The department that they work for.
    pub department: Code,
    /// Their email address.
    pub email: Option<Line>,
    /// Their roles. For information only: what a caller may do is decided by their token.
    pub roles: Vec<Role>,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Registers a member, or replaces their profile.
    Register(Profile),
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The member was registered, or their profile was replaced.
    Registered {
        /// The whole profile.
        profile: Profile,
    },
}

rejections! {
    /// Why a command on a member is refused.
    Rejection {
        DuplicateRole("DUPLICATE_ROLE") { role: &'static str } = "the role {role} is given twice",
        NotAnEmailAddress("NOT_AN_EMAIL_ADDRESS") { email: Line } =
            "{email} is not an email address: exactly one '@' with text on both sides is needed",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} and operators may do this; you speak for {department_code}",
    }
}

/// What is known of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never registered.
    #[default]
    Absent,
    /// In the directory.
    Listed(Profile),
}

impl State {
    /// The member's profile.
    pub fn profile(&self) -> Option<&Profile> {
        match self {
            State::Absent => None,
            State::Listed(profile) => Some(profile),
        }
    }

    /// The same, unless it is that of somebody who was erased: nobody is known by this code any more.
    pub fn known_as(&self, code: &Code) -> Option<&Profile> {
        self.profile().filter(|profile| profile.code == *code)
    }
}

/// The member aggregate.
#[derive(Debug)]
pub struct Member;

impl Member {
    /// The id of the member with this code.
    pub fn id(code: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, code.as_str())
    }
}

impl Aggregate for Member {
    const CATEGORY: &'static str = "directory.member";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    /// A member is registered by the clerks of their department, and by operators, who alone move one to another: notices go
    /// to the address that stands there.
    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Register(profile) = command;
        for (at, role) in profile.roles.iter().enumerate() {
            if profile.roles[..at].contains(role) {
                return Err(Rejection::DuplicateRole { role: role.as_str() });
            }
        }
        if let Some(email) = profile.email.as_ref().filter(|email| !is_address(email.as_str())) {
            return Err(Rejection::NotAnEmailAddress { email: email.clone() });
        }
        if matches!(state, State::Listed(listed) if *listed == profile) {
            return Ok(vec![]);
        }
        let of = std::iter::once(&profile.department).chain(state.profile().map(|listed| &listed.department));
        if let Some(other) = of.into_iter().find(|department| !issued.by.speaks_for(department))
            && !(issued.by.is(Role::Operator) || issued.by.is_process())
        {
            let (department_code, needed_codes) = (issued.by.spoken_for(), other.to_string());
            return Err(Rejection::NotYourDepartment { department_code, needed_codes });
        }
        Ok(vec![Event::Registered { profile }])
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

/// Catches slips; only a mail server knows whether mail arrives.
fn is_address(email: &str) -> bool {
    let halves: Vec<&str> = email.split('@').collect();
    halves.len() == 2 && halves.iter().all(|half| !half.is_empty() && !half.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests;
