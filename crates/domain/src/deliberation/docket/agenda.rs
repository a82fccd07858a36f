//! What a docket is prepared with: the topics, and who takes part in them in which role.

use super::Rejection;
use crate::constitution::Constitution;
use crate::{Code, Label, Line, Timestamp, Uuid, printed_agenda};
use std::collections::BTreeSet;

/// Topics on one docket, at most.
pub const TOPICS_MAX: usize = 80;
/// Departments that take part in one docket, at most.
pub const PARTICIPANTS_MAX: usize = 64;

/// Whether the departments meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// They meet; only those present vote.
    Meeting,
    /// 电子会签: the same decision without a meeting.
    Countersign {
        /// No department can sign from this moment on.
        sign_by: Timestamp,
    },
}

/// A department's role on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleOnTopic {
    /// 表决: has a vote in the decision.
    Decides,
    /// 提供意见: speaks, but has no vote.
    Advises,
    /// 知会: is kept informed.
    Informed,
}

/// A role on one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicRole {
    /// The topic's number.
    pub topic: u32,
    /// The role.
    pub role: RoleOnTopic,
}

/// A department that takes part, with its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Which department.
    pub department: Code,
    /// Its roles, at most one per topic.
    pub roles: Vec<TopicRole>,
}

impl Participant {
    /// Refuses a role on a topic that is not on the agenda, and a second one on the same topic.
    fn check_roles(&self, topics: &BTreeSet<u32>) -> Result<(), Rejection> {
        let mut seen = BTreeSet::new();
        for &TopicRole { topic, .. } in &self.roles {
            let department_code = self.department.clone();
            if !topics.contains(&topic) {
                return Err(Rejection::UnknownTopic { department_code, topic_number: topic });
            }
            if !seen.insert(topic) {
                return Err(Rejection::DuplicateRole { department_code, topic_number: topic });
            }
        }
        Ok(())
    }
}

/// A topic as it was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaTopic {
    /// Its number within the docket, from 1.
    pub number: u32,
    /// What it is about.
    pub title: Line,
    /// The time planned for it.
    pub timebox_minutes: u32,
    /// Who may see it.
    pub label: Label,
    /// The matter that it is about, if its session says so.
    pub carried: Option<Carried>,
    /// The heading of the section that begins with it; none where the section goes on, or there is none.
    pub section: Option<Line>,
    /// The number of the topic of which it is a sub-topic.
    pub parent: Option<u32>,
}

/// A matter that a topic is about, as it was when the docket was prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The matter.
    pub matter: Uuid,
    /// How many times it had been deferred.
    pub deferrals: u32,
    /// How many times the body allows that in its life.
    pub deferrals_max: u32,
}

/// What is to be decided, by whom, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// The session whose docket this is; it has the same id.
    pub session: Uuid,
    /// The session's title.
    pub title: Line,
    /// The body that decides.
    pub body: Code,
    /// The body as it was when the session was convened: who leads, who votes, and by which rule.
    pub constitution: Constitution,
    /// The department that requested the session, if one did.
    pub requester: Option<Code>,
    /// Whether the departments meet or sign.
    pub mode: Mode,
    /// The decision clock of an emergency.
    pub decide_by: Option<Timestamp>,
    /// When those that have not answered a countersign are reminded, if the clock reminds them.
    pub remind_at: Option<Timestamp>,
    /// The topics.
    pub topics: Vec<AgendaTopic>,
    /// Who takes part.
    pub participants: Vec<Participant>,
}

impl Agenda {
    /// Refuses an agenda that no docket could be held on.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        self.check_sizes()?;
        let mut topics = BTreeSet::new();
        if let Some(twice) = self.topics.iter().find(|topic| !topics.insert(topic.number)) {
            return Err(Rejection::DuplicateTopic { topic_number: twice.number });
        }
        let mut seen = BTreeSet::new();
        for participant in &self.participants {
            if !seen.insert(&participant.department) {
                let department_code = participant.department.clone();
                return Err(Rejection::DuplicateParticipant { department_code });
            }
            participant.check_roles(&topics)?;
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Rejection> {
        let (topics, departments) = (self.topics.len(), self.participants.len());
        if topics == 0 {
            return Err(Rejection::TopicsRequired);
        }
        if topics > TOPICS_MAX {
            return Err(Rejection::TooManyTopics { topics, max: TOPICS_MAX });
        }
        if departments > PARTICIPANTS_MAX {
            return Err(Rejection::TooManyParticipants { departments, max: PARTICIPANTS_MAX });
        }
        Ok(())
    }

    /// The topic with this number.
    pub fn topic(&self, number: u32) -> Option<&AgendaTopic> {
        self.topics.iter().find(|topic| topic.number == number)
    }

    /// Whether a topic has sub-topics: then it is decided in them, and has no debate and no outcome of its own.
    pub fn has_sub_topics(&self, number: u32) -> bool {
        self.topics.iter().any(|topic| topic.parent == Some(number))
    }

    /// The topics that are decided themselves: all but those with sub-topics.
    pub fn topics_to_decide(&self) -> impl Iterator<Item = &AgendaTopic> {
        self.topics.iter().filter(|topic| !self.has_sub_topics(topic.number))
    }

    /// The numbers of the topics on paper, in their order: `3.1` is the first sub-topic of 3.
    pub fn printed_numbers(&self) -> Vec<String> {
        printed_agenda::numbers(self.topics.iter().map(|topic| topic.parent))
    }

    /// The departments whose matter it is: those that take part, those that may take a seat or the chair, and the one
    /// that requested it.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let participants = self.participants.iter().map(|participant| &participant.department);
        participants.chain(self.substitutes()).chain(self.constitution.chairs()).chain(&self.requester)
    }

    /// Of these, the ones whose matter a topic is: all, or where it is secret those that have a role on it, that may take
    /// the place of one that decides on it, that lead, and the one that requested it.
    pub fn concerned_with(&self, topic: &AgendaTopic) -> Vec<&Code> {
        match topic.label {
            Label::Public | Label::Internal => self.concerned().collect(),
            Label::Secret => self.taking_part_in(topic.number),
        }
    }

    /// The departments that see a topic also where it is secret; one with sub-topics is seen by those that see one of them.
    pub fn taking_part_in(&self, topic: u32) -> Vec<&Code> {
        let is_on_it = |role: &TopicRole| {
            role.topic == topic || self.topic(role.topic).is_some_and(|known| known.parent == Some(topic))
        };
        let has_role = |part: &&Participant| part.roles.iter().any(is_on_it);
        let participants =
            self.participants.iter().filter(has_role).map(|participant| &participant.department);
        let voters = self.deciders(is_on_it).filter_map(|department| self.constitution.voter(department));
        let substitutes = voters.flat_map(|voter| &voter.substitutes);
        participants.chain(substitutes).chain(self.constitution.chairs()).chain(&self.requester).collect()
    }

    /// The departments that may take the place of one that decides.
    fn substitutes(&self) -> impl Iterator<Item = &Code> {
        let voters = self.deciding().filter_map(|department| self.constitution.voter(department));
        voters.flat_map(|voter| &voter.substitutes)
    }

    /// Whether the department may be there: it takes part, or is a substitute of one that decides.
    pub fn may_attend(&self, department: &Code) -> bool {
        self.takes_part(department) || self.substitutes().any(|substitute| substitute == department)
    }

    /// Whether the department takes part in anything.
    pub fn takes_part(&self, department: &Code) -> bool {
        self.participants.iter().any(|participant| participant.department == *department)
    }

    /// The department's role on a topic.
    pub fn role_on(&self, topic: u32, department: &Code) -> Option<RoleOnTopic> {
        let participant = self.participants.iter().find(|part| part.department == *department)?;
        participant.roles.iter().find(|role| role.topic == topic).map(|role| role.role)
    }

    /// The departments that decide on a topic.
    pub fn deciding_on(&self, topic: u32) -> impl Iterator<Item = &Code> {
        self.deciders(move |role| role.topic == topic)
    }

    /// The departments that decide on any topic.
    pub fn deciding(&self) -> impl Iterator<Item = &Code> {
        self.deciders(|_| true)
    }

    fn deciders(&self, on: impl Fn(&TopicRole) -> bool) -> impl Iterator<Item = &Code> {
        self.participants
            .iter()
            .filter(move |part| part.roles.iter().any(|role| role.role == RoleOnTopic::Decides && on(role)))
            .map(|part| &part.department)
    }
}
