//! What happened to the log itself and must be on record: that it is used although it is known to have had
//! more records.

use crate::{Aggregate, Audience, Issued, Uuid, aggregate::id_of_code, rejections};

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Uses a log although something shows that it was longer, or another.
    AcceptStaleLog {
        /// How many records it is known to have had.
        expected_records: u64,
        /// How many it has.
        actual_records: u64,
        /// What shows that it had more.
        evidence: String,
    },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The log is used although it had more records: those after its end are lost, and their positions are
    /// reused.
    StaleLogAccepted {
        /// How many records it is known to have had.
        expected_records: u64,
        /// How many it had when this was decided.
        actual_records: u64,
        /// What showed that it had more.
        evidence: String,
    },
}

rejections! {
    /// Why a stale log is not accepted.
    Rejection {
        EvidenceRequired("EVIDENCE_REQUIRED") { actual_records: u64 } =
            "nothing shows that the log had more than its {actual_records} records",
    }
}

/// Nothing that is decided depends on what was accepted before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State;

/// The custody of the log.
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
        let Command::AcceptStaleLog { expected_records, actual_records, evidence } = command;
        match evidence.is_empty() {
            true => Err(Rejection::EvidenceRequired { actual_records }),
            false => Ok(vec![Event::StaleLogAccepted { expected_records, actual_records, evidence }]),
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
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
    fn a_stale_log_is_accepted_only_with_evidence() {
        let accept = |evidence: &str| Command::AcceptStaleLog {
            expected_records: 9,
            actual_records: 4,
            evidence: evidence.into(),
        };
        assert_eq!(
            given::<Custody>(&[]).when(accept("the signed head")),
            Ok(vec![Event::StaleLogAccepted {
                expected_records: 9,
                actual_records: 4,
                evidence: "the signed head".into()
            }])
        );
        assert_eq!(
            given::<Custody>(&[]).when(accept("")),
            Err(Rejection::EvidenceRequired { actual_records: 4 })
        );
    }
}
