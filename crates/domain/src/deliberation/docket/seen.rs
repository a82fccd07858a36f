//! How much of a docket somebody sees who may see it: a secret topic is for those who take part in it.

use super::floor::is_clerk_of_the_docket;
use super::{AgendaTopic, Command, Event, Proceedings, Rejection, State, Topic, TopicRole};
use crate::{Audience, Code, Issued, Label, Line, Text, printed_agenda};
use std::borrow::Cow;
use std::collections::BTreeSet;

impl Proceedings {
    /// Who may know of the docket.
    pub(super) fn audience(&self) -> Audience<'_> {
        let concerned = Audience::of(self.agenda.concerned()).kept_by(&self.agenda.constitution.secretariat);
        concerned.before(self.agenda.body.clone())
    }

    /// Who may know of a topic. A secret one is for those that take part in it, whoever votes for another by its mandate among
    /// them, and for those that would be bound by one of its items.
    pub fn audience_of<'t>(&'t self, topic: &'t Topic) -> Audience<'t> {
        let entry = self.agenda.topics.iter().find(|entry| entry.number == topic.number);
        let Some(entry) = entry.filter(|_| topic.label == Label::Secret) else { return self.audience() };
        // Whoever sees one of its sub-topics sees what it is a part of.
        let is_on_it = |number: u32| {
            number == entry.number
                || self.agenda.topic(number).is_some_and(|known| known.parent == Some(entry.number))
        };
        let parts = || self.topics.iter().filter(|part| is_on_it(part.number));
        let bound = parts().flat_map(|part| &part.items).flat_map(|item| item.draft.bound());
        let concerned = self.agenda.concerned_with(entry).into_iter();
        Audience::of(concerned.chain(bound))
            .kept_by(&self.agenda.constitution.secretariat)
            .before(self.agenda.body.clone())
    }

    /// The numbers of the topics of which somebody sees nothing to whom these audiences belong.
    pub fn hidden_from(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> BTreeSet<u32> {
        let secret = self.topics.iter().filter(|topic| topic.label == Label::Secret);
        secret.filter(|topic| !belongs(&self.audience_of(topic))).map(|topic| topic.number).collect()
    }

    /// The docket as it is seen by somebody to whom these audiences belong. Of a topic that they do not see, they see that
    /// there is one, its time, and how far its debate has come.
    #[must_use]
    pub fn seen_by(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> Cow<'_, Proceedings> {
        let hidden = self.hidden_from(belongs);
        let mut seen = self.without(&hidden);
        let unseen = self.in_nothing_but(&hidden);
        if !unseen.is_empty() {
            let seen = seen.to_mut();
            seen.agenda.participants.retain(|participant| !unseen.contains(&participant.department));
            seen.present.retain(|department, _| !unseen.contains(department));
            seen.mandates.retain(|mandate| !unseen.contains(&mandate.department));
        }
        seen
    }

    /// The departments that take part in nothing but these topics, and do not lead.
    pub(super) fn in_nothing_but(&self, hidden: &BTreeSet<u32>) -> BTreeSet<Code> {
        let leads = |department: &Code| {
            let mut leading = self.agenda.constitution.chairs().chain(&self.agenda.requester);
            leading.any(|known| known == department)
        };
        let are_hidden =
            |roles: &[TopicRole]| !roles.is_empty() && roles.iter().all(|role| hidden.contains(&role.topic));
        let unseen = self.agenda.participants.iter().filter(|one| are_hidden(&one.roles));
        unseen.map(|one| one.department.clone()).filter(|department| !leads(department)).collect()
    }

    /// The docket as it is seen by somebody who does not see these topics.
    pub(super) fn without(&self, hidden: &BTreeSet<u32>) -> Cow<'_, Proceedings> {
        if hidden.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut seen = self.clone();
        let is_hidden = |number: u32| hidden.contains(&number);
        seen.mandates.retain(|mandate| !mandate.topic.is_some_and(is_hidden));
        seen.reminders.hide(hidden);
        for participant in &mut seen.agenda.participants {
            participant.roles.retain(|role| !is_hidden(role.topic));
        }
        let topics = seen.agenda.topics.iter_mut();
        printed_agenda::leave_headings(topics.map(|entry| (&mut entry.section, !is_hidden(entry.number))));
        for entry in seen.agenda.topics.iter_mut().filter(|entry| is_hidden(entry.number)) {
            entry.title = Line::parse(Label::HIDDEN).expect("a line");
            entry.carried = None;
            let topics = seen.topics.iter_mut().filter(|topic| topic.number == entry.number);
            topics.for_each(|topic| *topic = closed_to_others(entry, topic));
        }
        Cow::Owned(seen)
    }
}

fn closed_to_others(entry: &AgendaTopic, topic: &Topic) -> Topic {
    let Topic { stage, spent_seconds, digression_minutes, .. } = *topic;
    Topic { stage, spent_seconds, digression_minutes, ..Topic::new(entry) }
}

/// A topic has the label that it has in its session, also when the docket is closed.
pub(super) fn relabel(
    state: &State,
    topic: u32,
    label: Label,
    reason: Text,
) -> Result<Vec<Event>, Rejection> {
    let not_found = |what: String| Rejection::NotFound { what };
    let proceedings = state.proceedings().ok_or_else(|| not_found("the docket".to_owned()))?;
    let known = proceedings.topic(topic).ok_or_else(|| not_found(format!("topic {topic} of the docket")))?;
    Ok(if known.label == label { vec![] } else { vec![Event::TopicRelabelled { topic, label, reason }] })
}

impl State {
    /// The state with a topic labelled otherwise, whatever its stage is.
    pub(super) fn relabelled(mut self, number: u32, label: Label) -> State {
        if let State::Prepared(proceedings)
        | State::Adjourned(proceedings)
        | State::Open(proceedings)
        | State::Closed(proceedings) = &mut self
        {
            let entries = proceedings.agenda.topics.iter_mut().filter(|entry| entry.number == number);
            entries.for_each(|entry| entry.label = label);
            let topics = proceedings.topics.iter_mut().filter(|topic| topic.number == number);
            topics.for_each(|topic| topic.label = label);
        }
        self
    }
}

/// Whether whoever issues a command may know of a topic.
pub(super) fn is_known(proceedings: &Proceedings, topic: &Topic, issued: &Issued) -> bool {
    let own = issued.by.department.as_ref();
    let knows = |audience: &Audience<'_>| match audience {
        Audience::Everybody => true,
        Audience::Concerned { departments, .. } => departments.iter().any(|code| own == Some(*code)),
    };
    issued.by.is_process()
        || topic.label != Label::Secret
        || is_clerk_of_the_docket(proceedings, issued)
        || knows(&proceedings.audience_of(topic))
}

/// What a command finds that is about a secret topic, from somebody who takes no part in it: nothing.
pub(super) fn may_know(state: &State, command: &Command, issued: &Issued) -> Result<(), Rejection> {
    let number = command.topic(state);
    let topic = number.and_then(|number| state.proceedings()?.topic(number));
    let (Some(proceedings), Some(topic)) = (state.proceedings(), topic) else { return Ok(()) };
    if is_known(proceedings, topic, issued) {
        return Ok(());
    }
    let what = match command {
        Command::ReviseItem { item, .. }
        | Command::DropItem { item, .. }
        | Command::AcceptItem { item, .. } => {
            format!("item {item} of the docket")
        }
        _ => format!("topic {} of the docket", topic.number),
    };
    Err(Rejection::NotFound { what })
}
