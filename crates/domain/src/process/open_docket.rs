//! A session that is convened, or converted to a countersign, has its docket prepared.

use crate::calendar::WorkingCalendar;
use crate::constitution::Constitution;
use crate::deliberation::docket::{self, Agenda, AgendaTopic, Carried, Mode, Participant, reminders};
use crate::scheduling::session;
use crate::{Timestamp, Uuid};
use std::collections::BTreeMap;

/// This process manager's name.
pub const NAME: &str = "open_docket";

/// How often the matters of a session have been deferred before, and how often its body allows that.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The deferrals of each matter.
    pub deferrals: BTreeMap<Uuid, u32>,
    /// How many times a matter may be deferred in its life.
    pub deferrals_max: u32,
}

/// The command for the docket that follows from a session's event of some moment; the docket has the session's id.
pub fn react(
    id: Uuid,
    state: &session::State,
    event: &session::Event,
    history: &History,
    at: Timestamp,
    calendar: &WorkingCalendar,
) -> Vec<(Uuid, docket::Command)> {
    let (mode, constitution) = match event {
        session::Event::Convened { constitution, .. } => (Mode::Meeting, constitution),
        session::Event::ConvertedToCountersign { sign_by, constitution, .. } => {
            (Mode::Countersign { sign_by: *sign_by }, constitution)
        }
        session::Event::TopicRelabelled { topic, label, reason } => {
            let command = docket::Command::Relabel { topic: *topic, label: *label, reason: reason.clone() };
            return if has_docket(state) { vec![(id, command)] } else { vec![] };
        }
        _ => return vec![],
    };
    let session::State::Filed(filed) = state else { return vec![] };
    let mut agenda = agenda(id, filed, mode, constitution, history);
    if let Mode::Countersign { sign_by } = mode {
        agenda.remind_at = reminders::planned(&agenda.constitution.rule, sign_by, at, calendar);
    }
    vec![(id, docket::Command::Prepare { agenda })]
}

/// Whether its docket was prepared, which has its topics since then.
fn has_docket(state: &session::State) -> bool {
    state.filed().is_some_and(|filed| filed.constitution.is_some())
}

fn agenda(
    session: Uuid,
    filed: &session::Filed,
    mode: Mode,
    constitution: &Constitution,
    history: &History,
) -> Agenda {
    let outline = &filed.outline;
    let carried = |matter: Uuid| Carried {
        matter,
        deferrals: history.deferrals.get(&matter).copied().unwrap_or_default(),
        deferrals_max: history.deferrals_max,
    };
    let topics = outline.topics.iter().map(|topic| AgendaTopic {
        number: topic.number,
        title: topic.title.clone(),
        timebox_minutes: topic.timebox_minutes,
        label: topic.label,
        carried: topic.matter.map(carried),
        section: topic.section.clone(),
        parent: topic.parent,
    });
    let participants = outline.attendees.iter().map(|attendee| Participant {
        department: attendee.department.clone(),
        roles: attendee
            .roles
            .iter()
            .map(|given| role(given, constitution.has_vote(&attendee.department)))
            .collect(),
    });
    Agenda {
        session,
        title: outline.title.clone(),
        body: outline.body.clone(),
        constitution: constitution.clone(),
        requester: filed.requester.clone(),
        mode,
        decide_by: outline.decide_by,
        remind_at: None,
        topics: topics.collect(),
        participants: participants.collect(),
    }
}

/// The role on a topic. Whoever has no vote by now, as its seat has ended, is heard.
fn role(given: &session::TopicRole, has_vote: bool) -> docket::TopicRole {
    let role = match given.role {
        session::RoleOnTopic::Decides if has_vote => docket::RoleOnTopic::Decides,
        session::RoleOnTopic::Decides | session::RoleOnTopic::Advises => docket::RoleOnTopic::Advises,
        session::RoleOnTopic::Informed => docket::RoleOnTopic::Informed,
    };
    docket::TopicRole { topic: given.topic, role }
}

#[cfg(test)]
mod tests;
