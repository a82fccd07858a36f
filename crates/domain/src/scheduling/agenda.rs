//! What a command on a session requires of the matters on its agenda. The service commits both together, so that a
//! matter is on one agenda at a time, and in the backlog when its session does not discuss it.

use super::matter::{self, Intake, Matter};
use super::session::{Attendee, Command, Filed, State, Topic};
use crate::decision_rule::MatterClass;
use crate::{Code, Label, Text, Uuid};
use std::collections::BTreeSet;

/// Gives each topic that is decided itself and names no matter one: that of the topic which it replaces, the one with its title
/// or else its number, or else a new one, whose id follows from the seed.
pub fn name_matters(topics: &mut [Topic], before: &[Topic], seed: Uuid) {
    let mut free: Vec<&Topic> =
        before.iter().filter(|old| !topics.iter().any(|new| new.matter == old.matter)).collect();
    let titles: Vec<_> = topics.iter().map(|topic| topic.title.clone()).collect();
    let mut take = |fits: &dyn Fn(&Topic) -> bool| {
        let at = free.iter().position(|old| old.matter.is_some() && fits(old))?;
        free.remove(at).matter
    };
    let parents: BTreeSet<u32> = topics.iter().filter_map(|topic| topic.parent).collect();
    let is_nameless = |topic: &&mut Topic| topic.matter.is_none() && !parents.contains(&topic.number);
    for topic in topics.iter_mut().filter(is_nameless) {
        topic.matter = take(&|old| old.title == topic.title);
    }
    for topic in topics.iter_mut().filter(is_nameless) {
        let renamed = take(&|old| old.number == topic.number && !titles.contains(&old.title));
        topic.matter = renamed.or_else(|| Some(Matter::of_topic(seed, topic.number)));
    }
}

/// The commands on matters that belong in the commit of a command on a session; `before` is the session on which that
/// is decided, `seed` what the ids of new matters follow from, `requester` the department that requests.
pub fn matter_commands(
    session: Uuid,
    before: &State,
    command: &Command,
    seed: Uuid,
    requester: Option<&Code>,
) -> Vec<(Uuid, matter::Command)> {
    match (command, before.filed()) {
        (Command::Request { outline, chair } | Command::Alarm { outline, chair, .. }, None) => {
            let others = [chair].into_iter().chain(requester).cloned().collect();
            let (attendees, case_reference) = (&outline.attendees, outline.case_reference.clone());
            let (body, class) = (&outline.body, outline.class);
            let is_admitted = matches!(command, Command::Alarm { .. });
            let put = Put {
                session,
                body,
                class,
                is_admitted,
                from: None,
                attendees,
                others,
                seed,
                case_reference,
            };
            put.all(&outline.topics)
        }
        (Command::Admit | Command::ConvertToCountersign { .. }, Some(filed)) => {
            classify(session, filed.outline.class, &filed.outline.topics)
        }
        (Command::Revise { topics, attendees, .. }, Some(filed)) => {
            let dropped =
                filed.outline.topics.iter().filter(|old| !topics.iter().any(|new| new.matter == old.matter));
            let mut commands = take_off(session, dropped, None);
            commands.extend(Put::again(session, filed, attendees, seed).all(topics));
            commands
        }
        (Command::AddTopic { topic, roles, .. }, Some(filed)) => {
            let attendees = filed.outline.with_topic(topic, roles).map(|outline| outline.attendees);
            let attendees = attendees.unwrap_or_default();
            let added = std::slice::from_ref(topic);
            Put { is_admitted: true, ..Put::again(session, filed, &attendees, seed) }.all(added)
        }
        (Command::RelabelTopic { topic, label, reason }, Some(filed)) => {
            let put = Put::again(session, filed, &filed.outline.attendees, seed);
            filed
                .outline
                .topic(*topic)
                .and_then(|topic| put.relabelled(topic, *label, reason))
                .into_iter()
                .collect()
        }
        (Command::Cancel { reason }, Some(filed)) => take_off(session, &filed.outline.topics, Some(reason)),
        _ => vec![],
    }
}

/// The commands that move the matters of a session to the one that it is merged into, whose topics they follow.
pub fn move_matters(from: Uuid, into: Uuid, filed: &Filed, target: &Filed) -> Vec<(Uuid, matter::Command)> {
    let last = u32::try_from(target.outline.topics.len()).unwrap_or(u32::MAX);
    let topics: Vec<Topic> = filed.outline.topics.iter().map(|topic| topic.renumbered(last)).collect();
    // Those that attend both have their roles on the topics of both.
    let attending = filed.outline.attendees.iter().map(|attendee| attendee.renumbered(last));
    let attendees: Vec<Attendee> = attending.chain(target.outline.attendees.iter().cloned()).collect();
    let others = [&target.chair, &filed.chair].into_iter().chain(&target.requester).chain(&filed.requester);
    let others = others.cloned().collect();
    Put { from: Some(from), others, ..Put::again(into, target, &attendees, into) }.all(&topics)
}

fn take_off<'t>(
    session: Uuid,
    topics: impl IntoIterator<Item = &'t Topic>,
    reason: Option<&Text>,
) -> Vec<(Uuid, matter::Command)> {
    let matters = topics.into_iter().filter_map(|topic| topic.matter);
    matters
        .map(|matter| (matter, matter::Command::TakeOffAgenda { session, reason: reason.cloned() }))
        .collect()
}

/// Once a session is admitted, its matters are of its class.
fn classify(session: Uuid, class: MatterClass, topics: &[Topic]) -> Vec<(Uuid, matter::Command)> {
    let classify =
        |matter| (matter, matter::Command::Classify { session: Some(session), class, reason: None });
    topics.iter().filter_map(|topic| topic.matter).map(classify).collect()
}

/// How topics are put on an agenda.
struct Put<'a> {
    session: Uuid,
    body: &'a Code,
    class: MatterClass,
    /// Whether the session is admitted already.
    is_admitted: bool,
    /// The session that they come from.
    from: Option<Uuid>,
    attendees: &'a [Attendee],
    /// Whoever else is concerned by all topics.
    others: Vec<Code>,
    seed: Uuid,
    case_reference: Option<crate::Line>,
}

impl<'a> Put<'a> {
    fn again(session: Uuid, filed: &'a Filed, attendees: &'a [Attendee], seed: Uuid) -> Put<'a> {
        let others = [&filed.chair].into_iter().chain(&filed.requester).cloned().collect();
        let case_reference = filed.outline.case_reference.clone();
        let (body, class) = (&filed.outline.body, filed.outline.class);
        let is_admitted = false;
        Put { session, body, class, is_admitted, from: None, attendees, others, seed, case_reference }
    }

    fn all(&self, topics: &[Topic]) -> Vec<(Uuid, matter::Command)> {
        topics.iter().filter_map(|topic| Some((topic.matter?, self.one(topic, topic.matter?)))).collect()
    }

    /// Whose matter a topic is: of those that attend, all, or where it is secret those that have a role on it.
    fn concerned(&self, topic: &Topic) -> Vec<Code> {
        let takes_part =
            |attendee: &&Attendee| topic.label != Label::Secret || attendee.has_role_on(topic.number);
        let attending = self.attendees.iter().filter(takes_part).map(|attendee| &attendee.department);
        attending.chain(&self.others).cloned().collect()
    }

    /// What becomes of the matter of a topic that is labelled otherwise.
    fn relabelled(&self, topic: &Topic, label: Label, reason: &Text) -> Option<(Uuid, matter::Command)> {
        let concerned = self.concerned(&Topic { label, ..topic.clone() });
        let (session, reason) = (Some(self.session), reason.clone());
        Some((topic.matter?, matter::Command::Relabel { session, label, concerned, reason }))
    }

    fn one(&self, topic: &Topic, matter: Uuid) -> matter::Command {
        let is_new = matter == Matter::of_topic(self.seed, topic.number);
        matter::Command::PutOnAgenda {
            session: self.session,
            body: self.body.clone(),
            from: self.from,
            topic: topic.number,
            concerned: self.concerned(topic),
            label: topic.label,
            class: self.class,
            is_admitted: self.is_admitted,
            intake: is_new.then(|| Intake {
                title: topic.title.clone(),
                summary: None,
                body: self.body.clone(),
                case_reference: self.case_reference.clone(),
                split_from: None,
                deferrals: 0,
                concerned: vec![],
                label: topic.label,
                class: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::line;

    fn topic(number: u32, title: &str, matter: Option<u128>) -> Topic {
        let matter = matter.map(Uuid::from_u128);
        let label = Label::default();
        Topic {
            number,
            title: line(title),
            timebox_minutes: 10,
            papers_required: false,
            label,
            matter,
            section: None,
            parent: None,
        }
    }

    #[test]
    fn a_topic_that_keeps_its_title_or_its_number_keeps_its_matter() {
        let before = [topic(1, "Drain", Some(1)), topic(2, "Bridge", Some(2)), topic(3, "Quay", Some(3))];
        let mut now = [topic(1, "Bridge", None), topic(2, "Road", None), topic(3, "The quay", None)];
        let seed = Uuid::from_u128(9);
        name_matters(&mut now, &before, seed);
        let matters = now.map(|topic| topic.matter);
        let (bridge, quay) = (Some(Uuid::from_u128(2)), Some(Uuid::from_u128(3)));
        assert_eq!(matters, [bridge, Some(Matter::of_topic(seed, 2)), quay]);
    }

    #[test]
    fn a_topic_that_is_decided_in_its_sub_topics_is_about_no_matter() {
        let before = [topic(1, "Roads", Some(1))];
        let below = |topic: Topic| Topic { parent: Some(1), ..topic };
        let mut now = [topic(1, "Roads", None), below(topic(2, "Willow Lane", None))];
        let seed = Uuid::from_u128(9);
        name_matters(&mut now, &before, seed);
        assert_eq!(now.map(|topic| topic.matter), [None, Some(Matter::of_topic(seed, 2))]);
    }
}
