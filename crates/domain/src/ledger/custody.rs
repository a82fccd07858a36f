//! What happened to the log itself, as far as the log must remember it: that it goes on although it is known
//! to have had more.

use crate::{Aggregate, Issued, Uuid, aggregate::id_of_code, rejections};

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Goes on with a log that something shows to have been longer, or another.
    AcceptStaleLog {
        /// How many records it is known to have had.
        had: u64,
        /// How many it has.
        has: u64,
        /// What shows it.
        evidence: String,
    },
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The log goes on, although it had more: what stood behind `has` is gone, and its positions are used
    /// again.
    StaleLogAccepted {
        /// How many records it is known to have had.
        had: u64,
        /// How many it had when this was decided.
        has: u64,
        /// What showed it.
        evidence: String,
    },
}

rejections! {
    /// Why it is not accepted.
    Rejection {
        NoEvidence { has: u64 } = "nothing shows that the log had more than its {has} records",
    }
}

/// Nothing that is decided depends on what was accepted before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State;

/// The care of the log.
#[derive(Debug)]
pub struct Custody;

impl Custody {
    /// The realm's one log.
    pub fn log_id() -> Uuid {
        id_of_code(Self::CATEGORY, "log")
    }
}

impl Aggregate for Custody {
    const CATEGORY: &'static str = "ledger.custody";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(_state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::AcceptStaleLog { had, has, evidence } = command;
        match evidence.is_empty() {
            true => Err(Rejection::NoEvidence { has }),
            false => Ok(vec![Event::StaleLogAccepted { had, has, evidence }]),
        }
    }

    fn evolve(state: State, _event: &Event) -> State {
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::given;

    #[test]
    fn a_shorter_log_goes_on_only_for_a_stated_reason() {
        let accept = |evidence: &str| Command::AcceptStaleLog { had: 9, has: 4, evidence: evidence.into() };
        assert_eq!(
            given::<Custody>(&[]).when(accept("the signed head")),
            Ok(vec![Event::StaleLogAccepted { had: 9, has: 4, evidence: "the signed head".into() }])
        );
        assert_eq!(given::<Custody>(&[]).when(accept("")), Err(Rejection::NoEvidence { has: 4 }));
    }
}
