//! The meeting rules (会议规则) of one convening body: the limits that a request is screened against.

use crate::{Aggregate, Audience, Code, Issued, Uuid, aggregate::id_of_code, rejections};

/// The limits of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Topics in a session, at most.
    pub topics_max: u32,
    /// Duration of a session in minutes, at most.
    pub duration_minutes_max: u32,
    /// Calendar days from screening to the earliest start, at least.
    pub notice_days_min: u32,
    /// Calendar days from a topic's first paper to the earliest start, at least.
    pub papers_days_min: u32,
    /// Sessions in a quarter of the year, at most; `None` when they are not limited.
    pub sessions_per_quarter_max: Option<u32>,
}

impl Default for Rules {
    /// The rules of a body that defined none.
    fn default() -> Rules {
        Rules {
            topics_max: 5,
            duration_minutes_max: 120,
            notice_days_min: 3,
            papers_days_min: 2,
            sessions_per_quarter_max: None,
        }
    }
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Replaces the body's rules.
    Define {
        /// The convening body.
        body: Code,
        /// All its rules.
        rules: Rules,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The body's sessions are screened against these rules from now on.
    Defined {
        /// The convening body.
        body: Code,
        /// All its rules.
        rules: Rules,
    },
}

rejections! {
    /// Why rules are not accepted.
    Rejection {
        LimitOutOfRange("LIMIT_OUT_OF_RANGE") { field: &'static str } =
            "with {field} = 0 no session could ever be admitted",
    }
}

/// What is known of one body's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// The body defined none.
    #[default]
    Undefined,
    /// These are in force.
    Defined(Rules),
}

impl State {
    /// The rules in force: the body's own, or else the default.
    pub fn in_force(&self) -> Rules {
        match self {
            State::Undefined => Rules::default(),
            State::Defined(rules) => *rules,
        }
    }
}

/// The meeting-rules aggregate.
#[derive(Debug)]
pub struct MeetingRules;

impl MeetingRules {
    /// The id of the rules of the body with this code.
    pub fn id(body: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, body.as_str())
    }
}

impl Aggregate for MeetingRules {
    const CATEGORY: &'static str = "scheduling.rules";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Define { body, rules } = command;
        let limits = [
            ("topics_max", Some(rules.topics_max)),
            ("duration_minutes_max", Some(rules.duration_minutes_max)),
            ("sessions_per_quarter_max", rules.sessions_per_quarter_max),
        ];
        if let Some((field, _)) = limits.into_iter().find(|(_, value)| *value == Some(0)) {
            return Err(Rejection::LimitOutOfRange { field });
        }
        if *state == State::Defined(rules) {
            return Ok(vec![]);
        }
        Ok(vec![Event::Defined { body, rules }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_state: State, event: &Event) -> State {
        match event {
            Event::Defined { rules, .. } => State::Defined(*rules),
        }
    }
}

#[cfg(test)]
mod tests;
