//! A session that is convened, or converted to a countersign, has its docket prepared.

use crate::Uuid;
use crate::deliberation::docket::{self, Agenda, AgendaTopic, Mode, Participant};
use crate::scheduling::session;

/// This process manager's name.
pub const NAME: &str = "open_docket";

/// The command for the docket that follows from a session's event; the docket has the session's id.
pub fn react(id: Uuid, state: &session::State, event: &session::Event) -> Vec<(Uuid, docket::Command)> {
    let mode = match event {
        session::Event::Convened { .. } => Mode::Meeting,
        session::Event::ConvertedToCountersign { sign_by, .. } => Mode::Countersign { sign_by: *sign_by },
        _ => return vec![],
    };
    let session::State::Filed(filed) = state else { return vec![] };
    vec![(id, docket::Command::Prepare { agenda: agenda(id, filed, mode) })]
}

fn agenda(session: Uuid, filed: &session::Filed, mode: Mode) -> Agenda {
    let outline = &filed.outline;
    let topics = outline.topics.iter().map(|topic| AgendaTopic {
        number: topic.number,
        title: topic.title.clone(),
        timebox_minutes: topic.timebox_minutes,
    });
    let participants = outline.attendees.iter().map(|attendee| Participant {
        department: attendee.department.clone(),
        roles: attendee.roles.iter().map(role).collect(),
    });
    Agenda {
        session,
        title: outline.title.clone(),
        body: outline.body.clone(),
        chair: outline.chair.clone(),
        requester: filed.requester.clone(),
        mode,
        decide_by: outline.decide_by,
        quorum_percent: outline.quorum_percent,
        topics: topics.collect(),
        participants: participants.collect(),
    }
}

fn role(given: &session::TopicRole) -> docket::TopicRole {
    let role = match given.role {
        session::RoleOnTopic::Decides => docket::RoleOnTopic::Decides,
        session::RoleOnTopic::Advises => docket::RoleOnTopic::Advises,
        session::RoleOnTopic::Informed => docket::RoleOnTopic::Informed,
    };
    docket::TopicRole { topic: given.topic, role }
}

#[cfg(test)]
mod tests;
