//! Given this history, when that command, then these events: how rules are tested; and the values that tests are
//! written with, which panic where a reader of requests would refuse.

use crate::constitution::{Constitution, Voter};
use crate::decision_rule::{DecisionRule, MatterClass};
use crate::scheduling::body::{Charter, MeetingRules, Seat, Standing};
use crate::{Actor, Aggregate, Code, Issued, Line, Role, Text, Timestamp};

/// A code that is known to be one.
pub fn code(code: &str) -> Code {
    Code::parse(code).expect("a code")
}

/// A line that is known to be one.
pub fn line(line: &str) -> Line {
    Line::parse(line).expect("a line")
}

/// A text that is known to be one.
pub fn text(text: &str) -> Text {
    Text::parse(text).expect("a text")
}

/// A moment, such as `2027-03-01T01:00:00Z`.
pub fn at(moment: &str) -> Timestamp {
    moment.parse().expect("a moment")
}

/// A constitution with these seats, each with one vote, under the usual rule for ordinary matters. The first one chairs,
/// and its clerks act for the body.
pub fn constitution(voters: &[&str]) -> Constitution {
    let voter = |department: &&str| Voter {
        department: code(department),
        weight: 1,
        veto: false,
        substitutes: vec![],
    };
    Constitution {
        version: 1,
        chair: code(voters[0]),
        deputies: vec![],
        secretariat: vec![code(voters[0])],
        voters: voters.iter().map(voter).collect(),
        rule: DecisionRule::default_for(MatterClass::Ordinary),
    }
}

/// A seat of a department as it usually is: one vote, and no more.
pub fn seat(department: &str, standing: Standing) -> Seat {
    Seat {
        department: code(department),
        standing,
        weight: 1,
        vetoes: vec![],
        since_on: None,
        until_on: None,
        substitutes: vec![],
    }
}

/// A body in which these departments decide. The first one is in the chair, its only convenor and its secretariat.
pub fn charter(departments: &[&str]) -> Charter {
    let chair = code(departments[0]);
    Charter {
        name: line("The body"),
        seats: departments.iter().map(|department| seat(department, Standing::Decides)).collect(),
        deputies: vec![],
        convenors: vec![chair.clone()],
        secretariat: vec![chair.clone()],
        chair,
        meeting_rules: MeetingRules::default(),
        decision_rules: vec![],
        emergency_plans: vec![],
    }
}

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
        self.issued.at = self::at(at);
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
