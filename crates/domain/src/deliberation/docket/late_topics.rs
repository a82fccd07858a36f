//! Topics that are taken on the agenda of a sitting (临时动议): by a motion from the floor, as the body's rule says.

use super::agenda::TOPICS_MAX;
use super::seen::is_known;
use super::{AgendaTopic, Carried, DEFERRALS_MAX, Event, Motion, Proceedings, Rejection, Topic, TopicRole};
use crate::aggregate::derived_id;
use crate::deliberation::ballot::Method;
use crate::{Code, Issued, Line, Text};

/// From where a topic came on the agenda of a sitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloorMotion {
    /// The topic on which it was moved.
    pub topic: u32,
    /// By which motion.
    pub motion: u32,
    /// The department that moved it.
    pub department: Code,
}

/// What takes something with this title on the agenda; refused where the body's rule has no late topics, where the agenda is
/// full, where it is on the agenda already, and in the next call of a sitting without quorum: who is not there has not heard of
/// it.
pub(super) fn may_be_added(
    proceedings: &Proceedings,
    title: &Line,
    issued: &Issued,
) -> Result<Method, Rejection> {
    if proceedings.is_later_call {
        return Err(Rejection::SameAgendaRequired);
    }
    let method = proceedings.agenda.constitution.rule.late_topics.method();
    let method = method.ok_or(Rejection::LateTopicsExcluded)?;
    // That a topic which the mover does not see has this title, they do not learn.
    let same = |known: &&Topic| known.title == *title && is_known(proceedings, known, issued);
    if let Some(known) = proceedings.topics.iter().find(same) {
        return Err(Rejection::TitleOnAgenda { topic_number: known.number });
    }
    let topics = proceedings.topics.len() + 1;
    match topics > TOPICS_MAX {
        true => Err(Rejection::TooManyTopics { topics, max: TOPICS_MAX }),
        false => Ok(method),
    }
}

/// The topic that a motion makes: with its text, and with the roles, the label and the time of the topic on which it was moved.
/// It is about a matter of its own, so that it has a future when it is deferred or referred.
pub(super) fn added(
    proceedings: &Proceedings,
    topic: &Topic,
    motion: &Motion,
    title: &Line,
    text: &Text,
) -> Vec<Event> {
    let agenda = &proceedings.agenda;
    let number = agenda.topics.iter().map(|known| known.number).max().unwrap_or(0) + 1;
    let carried = agenda.topics.iter().find_map(|known| known.carried);
    let deferrals_max = carried.map_or(DEFERRALS_MAX, |carried| carried.deferrals_max);
    let matter = derived_id(agenda.session, &["topic from the floor", &number.to_string()]);
    let added = AgendaTopic {
        number,
        title: title.clone(),
        timebox_minutes: topic.timebox_minutes,
        label: topic.label,
        carried: Some(Carried { matter, deferrals: 0, deferrals_max }),
        section: None,
        parent: None,
    };
    let (motion, department) = (motion.number, motion.department.clone());
    vec![
        Event::TopicAdded { topic: topic.number, motion, department, added },
        Event::ProposalSubmitted { topic: number, version: 1, text: text.clone() },
    ]
}

/// The agenda with one topic more.
pub(super) fn evolve(proceedings: &mut Proceedings, event: &Event) {
    let Event::TopicAdded { topic, motion, department, added } = event else { return };
    for participant in &mut proceedings.agenda.participants {
        let role = participant.roles.iter().find(|role| role.topic == *topic).map(|role| role.role);
        participant.roles.extend(role.map(|role| TopicRole { topic: added.number, role }));
    }
    proceedings.agenda.topics.push(added.clone());
    let from = FloorMotion { topic: *topic, motion: *motion, department: department.clone() };
    proceedings.topics.push(Topic { moved_from: Some(from), ..Topic::new(added) });
}
