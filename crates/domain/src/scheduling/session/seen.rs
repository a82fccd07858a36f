//! How much of a session somebody sees who may see it: topics and papers have labels.

use super::{Filed, FiledPaper, RoleOnTopic, Topic};
use crate::{Audience, Code, Label, Line};

impl Filed {
    /// Who may know of a topic. A secret one is for those that have a role on it, the one that requested the session, those
    /// in the chair, and whoever keeps the record.
    pub fn audience_of(&self, topic: &Topic) -> Audience<'_> {
        match topic.label {
            Label::Public | Label::Internal => self.audience(),
            Label::Secret => {
                self.audience_among(|department| self.role_on(topic.number, department).is_some())
            }
        }
    }

    /// Who may know of a paper. A secret one is for those that decide or advise on its topic.
    fn audience_of_paper(&self, paper: &FiledPaper) -> Audience<'_> {
        let speaks = |department: &Code| {
            matches!(self.role_on(paper.topic, department), Some(RoleOnTopic::Decides | RoleOnTopic::Advises))
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

    fn role_on(&self, topic: u32, department: &Code) -> Option<RoleOnTopic> {
        let attendee = self.outline.attendees.iter().find(|attendee| attendee.department == *department)?;
        attendee.roles.iter().find(|role| role.topic == topic).map(|role| role.role)
    }

    /// The session as it is seen by somebody to whom these audiences belong. Of a topic that they do not see, they see that
    /// there is one, and its time.
    #[must_use]
    pub fn seen_by(&self, belongs: impl Fn(&Audience<'_>) -> bool) -> Filed {
        let mut seen = self.clone();
        seen.papers.retain(|paper| belongs(&self.audience_of_paper(paper)));
        for topic in &mut seen.outline.topics {
            if !belongs(&self.audience_of(topic)) {
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
