//! A session is concluded when its docket is closed, waits for its next call when its docket is adjourned, follows its
//! countersign: longer, or to a meeting, and has on its agenda what its docket took on it from the floor.

use crate::Uuid;
use crate::deliberation::docket::{self, AgendaTopic};
use crate::scheduling::session::{self, DepartmentRole, RoleOnTopic};

/// This process manager's name.
pub const NAME: &str = "conclude_session";

/// The command for the session that follows from a docket's event; the session has the docket's id.
pub fn react(id: Uuid, state: &docket::State, event: &docket::Event) -> Vec<(Uuid, session::Command)> {
    match event {
        docket::Event::Closed { .. } => vec![(id, session::Command::Conclude)],
        docket::Event::Adjourned { reason, .. } => {
            vec![(id, session::Command::Adjourn { reason: reason.clone() })]
        }
        docket::Event::SigningExtended { sign_by, reason, .. } => {
            vec![(id, session::Command::ExtendSigning { sign_by: *sign_by, reason: reason.clone() })]
        }
        docket::Event::MeetingCalled { reason } => {
            vec![(id, session::Command::CallMeeting { reason: reason.clone() })]
        }
        docket::Event::TopicAdded { added, .. } => vec![(id, noted(state, added))],
        _ => vec![],
    }
}

/// What the session notes of a topic from the floor.
fn noted(state: &docket::State, added: &AgendaTopic) -> session::Command {
    let participants = state.proceedings().into_iter().flat_map(|known| &known.agenda.participants);
    let roles = participants.filter_map(|participant| {
        let given = participant.roles.iter().find(|given| given.topic == added.number)?;
        let role = match given.role {
            docket::RoleOnTopic::Decides => RoleOnTopic::Decides,
            docket::RoleOnTopic::Advises => RoleOnTopic::Advises,
            docket::RoleOnTopic::Informed => RoleOnTopic::Informed,
        };
        Some(DepartmentRole { department: participant.department.clone(), role })
    });
    let topic = session::Topic {
        number: added.number,
        title: added.title.clone(),
        timebox_minutes: added.timebox_minutes,
        papers_required: false,
        label: added.label,
        matter: added.carried.map(|carried| carried.matter),
        section: added.section.clone(),
        parent: added.parent,
    };
    session::Command::NoteFloorTopic { topic, roles: roles.collect() }
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
    fn a_session_follows_its_countersign() {
        let (id, sign_by) = (Uuid::from_u128(7), Timestamp::UNIX_EPOCH);
        let reason = || crate::testing::text("ROADS objects");
        let follows = |event| react(id, &docket::State::default(), &event);
        let extended = Event::SigningExtended { sign_by, reason: reason(), extensions: 1, remind_at: None };
        assert_eq!(follows(extended), [(id, session::Command::ExtendSigning { sign_by, reason: reason() })]);
        let called = Event::MeetingCalled { reason: reason() };
        assert_eq!(follows(called), [(id, session::Command::CallMeeting { reason: reason() })]);
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
