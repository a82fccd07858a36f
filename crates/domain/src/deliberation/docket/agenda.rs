//! What a docket is prepared with: the topics, and who takes part in them as what.

use super::Rejection;
use crate::{Code, Line, Timestamp, Uuid};
use std::collections::BTreeSet;

/// Topics on one docket, at most.
pub const TOPICS_MAX: usize = 30;
/// Departments that take part in one docket, at most.
pub const PARTICIPANTS_MAX: usize = 64;

/// Whether the departments come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// They meet; only those present vote.
    Meeting,
    /// 电子会签: the same decision without a meeting.
    Countersign {
        /// After this moment nobody signs any more.
        deadline: Timestamp,
    },
}

/// As what a department takes part in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleOnTopic {
    /// It votes.
    Decides,
    /// It speaks.
    Advises,
    /// It is told.
    Informed,
}

/// One role on one topic.
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
    /// Its roles, one a topic.
    pub roles: Vec<TopicRole>,
}

/// A topic as it was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaTopic {
    /// Its number within the docket, from 1.
    pub no: u32,
    /// What it is about.
    pub title: Line,
    /// The minutes it is given.
    pub timebox_minutes: u32,
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
    /// The department in the chair.
    pub chair: Code,
    /// Whether there is a meeting.
    pub mode: Mode,
    /// The decision clock of an emergency.
    pub decide_by: Option<Timestamp>,
    /// The share of deciding departments that must be there, in percent.
    pub quorum_percent: u32,
    /// The topics.
    pub topics: Vec<AgendaTopic>,
    /// Who takes part.
    pub participants: Vec<Participant>,
}

impl Agenda {
    /// Refuses what no docket could be held on.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        let (topics, departments) = (self.topics.len(), self.participants.len());
        if topics == 0 {
            return Err(Rejection::NoTopics);
        }
        if topics > TOPICS_MAX {
            return Err(Rejection::TooManyTopics { topics, max: TOPICS_MAX });
        }
        if departments > PARTICIPANTS_MAX {
            return Err(Rejection::TooManyParticipants { departments, max: PARTICIPANTS_MAX });
        }
        if self.quorum_percent > 100 {
            return Err(Rejection::QuorumOutOfRange { percent: self.quorum_percent });
        }
        let mut numbers = BTreeSet::new();
        for topic in &self.topics {
            if !numbers.insert(topic.no) {
                return Err(Rejection::TopicTwice { topic: topic.no });
            }
        }
        let mut seen = BTreeSet::new();
        for Participant { department, roles } in &self.participants {
            if !seen.insert(department) {
                return Err(Rejection::ParticipantTwice { department: department.clone() });
            }
            let mut own = BTreeSet::new();
            for &TopicRole { topic, .. } in roles {
                if !numbers.contains(&topic) || !own.insert(topic) {
                    return Err(Rejection::RoleMisplaced { department: department.clone(), topic });
                }
            }
        }
        Ok(())
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

    /// The departments that decide on any topic; the quorum is taken of them.
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
