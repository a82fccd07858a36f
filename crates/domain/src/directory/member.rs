//! A member (成员) in the directory: a person known by a code, who works for a department.

use crate::{Aggregate, Audience, Code, Issued, Line, Role, Uuid, aggregate::id_of_code, rejections};
use std::collections::BTreeSet;

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
    /// Takes a member out of the directory.
    Remove {
        /// Their code.
        code: Code,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The member was registered, or their profile was replaced.
    Registered {
        /// The whole profile.
        profile: Profile,
    },
    /// The member was taken out of the directory; the code is free.
    Removed {
        /// Their code.
        code: Code,
        /// The department that they worked for.
        department: Code,
    },
}

rejections! {
    /// Why a command on a member is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        DuplicateRole("DUPLICATE_ROLE") { role: &'static str } = "the role {role} is given twice",
        NotAnEmailAddress("NOT_AN_EMAIL_ADDRESS") { email: Line } =
            "{email} is not an email address: exactly one '@' with text on both sides is needed",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} and operators may do this; you speak for {department_code}",
        ClerkRequired("CLERK_REQUIRED") { needed_codes: String } =
            "only clerks of {needed_codes} and operators may do this; you are no clerk",
    }
}

/// What is known of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Their profile; none before they are registered, and once they were taken out.
    profile: Option<Profile>,
    /// The departments for which they worked, by the directory, and do not any more.
    left: BTreeSet<Code>,
}

impl State {
    /// The member's profile.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// The same, unless it is that of somebody who was erased: nobody is known by this code any more.
    pub fn known_as(&self, code: &Code) -> Option<&Profile> {
        self.profile().filter(|profile| profile.code == *code)
    }

    /// Whether they worked for this department, by the directory, and do not any more. Where another department has a code that
    /// it never had, that says nothing of its own people.
    pub fn has_left(&self, department: &Code) -> bool {
        self.left.contains(department)
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
    ///
    /// They are taken out by the same people, and by themselves where the directory has them in a department for which their token
    /// does not speak: nobody keeps a code that another department's people carry.
    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register(profile) => register(state, profile, issued),
            Command::Remove { code } => remove(state, code, issued),
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Registered { profile } => {
                state.left.extend(state.profile.take().map(|known| known.department));
                state.left.remove(&profile.department);
                state.profile = Some(profile.clone());
            }
            Event::Removed { department, .. } => {
                state.left.insert(department.clone());
                state.profile = None;
            }
        }
        state
    }
}

fn register(state: &State, profile: Profile, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    for (at, role) in profile.roles.iter().enumerate() {
        if profile.roles[..at].contains(role) {
            return Err(Rejection::DuplicateRole { role: role.as_str() });
        }
    }
    if let Some(email) = profile.email.as_ref().filter(|email| !is_address(email.as_str())) {
        return Err(Rejection::NotAnEmailAddress { email: email.clone() });
    }
    if state.profile() == Some(&profile) {
        return Ok(vec![]);
    }
    let mut of = std::iter::once(&profile.department).chain(state.profile().map(|listed| &listed.department));
    if let Some(other) = of.find(|department| !issued.by.speaks_for(department))
        && !has_free_hand(issued)
    {
        return Err(not_your_department(other, issued));
    }
    Ok(vec![Event::Registered { profile }])
}

fn remove(state: &State, code: Code, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if state.profile.is_none() && !state.left.is_empty() {
        return Ok(vec![]);
    }
    let department = &state.known_as(&code).ok_or(Rejection::NotFound { what: "member" })?.department;
    let is_of_it = issued.by.speaks_for(department);
    let may = if is_of_it { issued.by.is(Role::Clerk) } else { issued.by.subject == code.as_str() };
    match may || has_free_hand(issued) {
        true => Ok(vec![Event::Removed { code, department: department.clone() }]),
        false if is_of_it => Err(Rejection::ClerkRequired { needed_codes: department.to_string() }),
        false => Err(not_your_department(department, issued)),
    }
}

fn has_free_hand(issued: &Issued) -> bool {
    issued.by.is(Role::Operator) || issued.by.is_process()
}

fn not_your_department(needed: &Code, issued: &Issued) -> Rejection {
    let department_code = issued.by.spoken_for();
    Rejection::NotYourDepartment { department_code, needed_codes: needed.to_string() }
}

/// Catches slips; only a mail server knows whether mail arrives.
fn is_address(email: &str) -> bool {
    let halves: Vec<&str> = email.split('@').collect();
    halves.len() == 2 && halves.iter().all(|half| !half.is_empty() && !half.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests;
