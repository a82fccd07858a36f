//! A session is concluded when its docket is closed, and waits for its next call when its docket is adjourned.

use crate::Uuid;
use crate::deliberation::docket;
use crate::scheduling::session;

/// This process manager's name.
pub const NAME: &str = "conclude_session";

/// The command for the session that follows from a docket's event; the session has the docket's id.
pub fn react(id: Uuid, _state: &docket::State, event: &docket::Event) -> Vec<(Uuid, session::Command)> {
    match event {
        docket::Event::Closed { .. } => vec![(id, session::Command::Conclude)],
        docket::Event::Adjourned { reason, .. } => {
            vec![(id, session::Command::Adjourn { reason: reason.clone() })]
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timestamp, deliberation::docket::Event};

    #[test]
    fn an_adjourned_docket_has_its_session_called_again() {
        let id = Uuid::from_u128(7);
        let reason = crate::testing::text("Too few came");
        let adjourned = Event::Adjourned { present: 1, needed: 2, reason: reason.clone() };
        let adjourn = session::Command::Adjourn { reason };
        assert_eq!(react(id, &docket::State::default(), &adjourned), [(id, adjourn)]);
    }

    #[test]
    fn only_closing_a_docket_concludes_its_session() {
        let id = Uuid::from_u128(7);
        let closed = Event::Closed {
            closed_at: Timestamp::UNIX_EPOCH,
            adopted: 1,
            rejected: 0,
            deferred: 0,
            referred: 0,
            withdrawn: 0,
            spent_seconds: 60,
            digression_minutes: 0,
        };
        let state = docket::State::default();
        assert_eq!(react(id, &state, &closed), [(id, session::Command::Conclude)]);
        assert_eq!(react(id, &state, &Event::TopicPaused { topic: 1, spent_seconds: 60 }), []);
    }
}
