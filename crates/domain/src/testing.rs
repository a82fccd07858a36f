//! Given this history, when that command, then these events: how rules are tested.

use crate::{Actor, Aggregate, Code, Issued, Role, Timestamp};

/// An actor for a department in one role.
pub fn actor(subject: &str, department: &str, role: Role) -> Actor {
    Actor { subject: subject.to_owned(), department: Code::parse(department).ok(), roles: vec![role] }
}

/// A history that a command is tried against.
pub struct Given<A: Aggregate> {
    state: A::State,
    issued: Issued,
}

/// Starts from what has happened.
pub fn given<A: Aggregate>(history: &[A::Event]) -> Given<A> {
    Given {
        state: A::fold(A::State::default(), history),
        issued: Issued { at: Timestamp::UNIX_EPOCH, by: Actor::process("test") },
    }
}

impl<A: Aggregate> Given<A> {
    /// Sets the moment of the command.
    pub fn at(mut self, at: &str) -> Self {
        self.issued.at = at.parse().expect("a timestamp such as 2027-03-01T01:00:00Z");
        self
    }

    /// Sets who issues the command.
    pub fn by(mut self, by: Actor) -> Self {
        self.issued.by = by;
        self
    }

    /// Decides the command.
    pub fn when(self, command: A::Command) -> Result<Vec<A::Event>, A::Rejection> {
        A::decide(&self.state, command, &self.issued)
    }
}
