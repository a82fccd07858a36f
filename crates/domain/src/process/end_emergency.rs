//! The clocks of an emergency stand still when its docket has adopted a decision, or was closed without one.

use crate::Uuid;
use crate::deliberation::docket;
use crate::scheduling::emergency::{Command, EndCause};

/// This process manager's name.
pub const NAME: &str = "end_emergency";

/// The command for the emergency that follows from a docket's event; it has the docket's id.
pub fn react(id: Uuid, event: &docket::Event) -> Vec<(Uuid, Command)> {
    let cause = match event {
        docket::Event::DecisionAdopted { .. } => EndCause::Decided,
        docket::Event::Closed { .. } => EndCause::Closed,
        _ => return vec![],
    };
    vec![(id, Command::End { cause })]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::deliberation::docket::Event;

    #[test]
    fn a_docket_that_ends_without_a_decision_ends_its_emergency_too() {
        let id = Uuid::from_u128(7);
        let closed = Event::Closed {
            closed_at: Timestamp::UNIX_EPOCH,
            adopted: 0,
            rejected: 1,
            deferred: 0,
            referred: 0,
            withdrawn: 0,
            spent_seconds: 60,
            digression_minutes: 0,
        };
        assert_eq!(react(id, &closed), [(id, Command::End { cause: EndCause::Closed })]);
        let adjourned =
            Event::Adjourned { present: 1, needed: 2, reason: crate::testing::text("Too few came") };
        assert_eq!(react(id, &adjourned), [], "it is called again, and the clock runs on");
    }
}
