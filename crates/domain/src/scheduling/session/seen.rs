//! How much of a session somebody sees who may see it: topics and papers have labels.

use super::{Attendee, Filed, FiledPaper, Progress, RoleOnTopic, Topic};
use crate::{Audience, Code, Label, Line, printed_agenda};
use std::collections::BTreeSet;

impl Filed {
    /// Who may know of a topic. A secret one is for those that have a role on it or on one of its sub-topics, the one that
    /// requested the session, those in the chair, and whoever keeps the record.
    pub fn audience_of(&self, topic: &Topic) -> Audience<'_> {
        match topic.label {
            Label::Public | Label::Internal => self.audience(),
            Label::Secret => {
                self.audience_among(|department| self.roles_on(topic.number, department).next().is_some())
            }
        }
    }

    /// Who may know of a paper. A secret one is for those that decide or advise on its topic.
    fn audience_of_paper(&self, paper: &FiledPaper) -> Audience<'_> {
        let speaks = |department: &Code| {
            self.roles_on(paper.topic, department)
                .any(|role| matches!(role, RoleOnTopic::Decides | RoleOnTopic::Advises))
        };
        match (paper.paper.label, self.outline.topic(paper.topic)) {
            (Label::Internal, Some(topic)) => self.audience_of(topic),
            (Label::Public | Label::Internal, _) => self.audience(),
            (Label::Secret, _) => self.audience_among(speaks),
        }
    }

    /// Who may know of the session.
    pub(super) fn audience(&self) -> Audience<'_> {
        Audience::of(self.concerned()).before(self.outline.body.clone())
    }

    fn audience_among(&self, is_one: impl Fn(&Code) -> bool) -> Audience<'_> {
        let attending = self.outline.departments().filter(|department| is_one(department));
        let constitution = self.constitution.iter();
        let deputies = constitution.clone().flat_map(|constitution| &constitution.deputies);
        let seats = constitution.clone().flat_map(|constitution| &constitution.voters);
        let called = seats.filter(|seat| is_one(&seat.department)).flat_map(|seat| &seat.substitutes);
        let called = called.filter(|substitute| self.substitutes().any(|known| known == *substitute));
        let leading = deputies.chain([&self.chair]).chain(&self.requester);
        let keepers = constitution.flat_map(|constitution| &constitution.secretariat);
        Audience::of(attending.chain(called).chain(leading))
            .kept_by(keepers)
            .before(self.outline.body.clone())
    }

    /// The roles of a department on a topic or on one of its sub-topics.
    fn roles_on(&self, topic: u32, department: &Code) -> impl Iterator<Item = RoleOnTopic> {
        let outline = &self.outline;
        let attendee = outline.attendees.iter().find(|attendee| attendee.department == *department);
        let is_on_it = move |number: u32| {
            number == topic || outline.topic(number).is_some_and(|known| known.parent == Some(topic))
        };
        let roles = attendee.into_iter().flat_map(|attendee| &attendee.roles);
        roles.filter(move |role| is_on_it(role.topic)).map(|role| role.role)
    }

    /// The numbers of the topics of which somebody sees nothing to whom these audiences belong.
    pub fn hidden_from(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> BTreeSet<u32> {
        let topics = self.outline.topics.iter();
        topics.filter(|topic| !belongs(&self.audience_of(topic))).map(|topic| topic.number).collect()
    }

    /// The departments that take part in nothing but topics of which somebody sees nothing to whom these audiences belong.
    pub fn departments_hidden_from(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> BTreeSet<Code> {
        self.in_nothing_but(&self.hidden_from(belongs))
    }

    /// The departments that take part in nothing but these topics, and do not lead.
    fn in_nothing_but(&self, hidden: &BTreeSet<u32>) -> BTreeSet<Code> {
        let leads = |department: &Code| {
            let chairs = self.constitution.iter().flat_map(|constitution| &constitution.deputies);
            chairs.chain([&self.chair]).chain(&self.requester).any(|known| known == department)
        };
        let takes_part_in_hidden_only = |attendee: &&Attendee| {
            !attendee.roles.is_empty() && attendee.roles.iter().all(|role| hidden.contains(&role.topic))
        };
        let attending = self.outline.attendees.iter().filter(takes_part_in_hidden_only);
        attending
            .map(|attendee| attendee.department.clone())
            .filter(|department| !leads(department))
            .collect()
    }

    /// The session as it is seen by somebody to whom these audiences belong. Of a topic that they do not see, they see that
    /// there is one, its place and its time, and not who takes part in it. The heading of its section is that of the next topic
    /// of it that they see.
    #[must_use]
    pub fn seen_by(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> Filed {
        let mut seen = self.clone();
        seen.papers.retain(|paper| belongs(&self.audience_of_paper(paper)));
        let hidden = self.hidden_from(belongs);
        let unseen = self.in_nothing_but(&hidden);
        seen.outline.attendees.retain(|attendee| !unseen.contains(&attendee.department));
        seen.delegates.retain(|delegate| !unseen.contains(&delegate.department));
        if let Progress::Scheduled(appointment) = &mut seen.progress {
            appointment.invitations.retain(|invitation| !unseen.contains(&invitation.department));
        }
        let sees = |topic: &Topic| !hidden.contains(&topic.number);
        let topics = seen.outline.topics.iter_mut().zip(&self.outline.topics);
        printed_agenda::leave_headings(topics.map(|(seen, topic)| (&mut seen.section, sees(topic))));
        for topic in &mut seen.outline.topics {
            if !sees(topic) {
                let added = seen.added.iter_mut().filter(|added| added.topic == topic.number);
                added.for_each(|added| added.reason = None);
                topic.title = Line::parse(Label::HIDDEN).expect("a line");
                topic.papers_required = false;
                topic.matter = None;
                let number = topic.number;
                let attendees = seen.outline.attendees.iter_mut();
                attendees.for_each(|attendee| attendee.roles.retain(|role| role.topic != number));
            }
        }
        seen
    }
}
