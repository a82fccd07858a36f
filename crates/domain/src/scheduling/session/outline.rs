//! What is requested, and whether it is consistent.

use super::Rejection;
use crate::decision_rule::MatterClass;
use crate::{Code, Label, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Topics in a session, at most; a body's own rule is usually stricter.
pub const TOPICS_MAX: usize = 80;
/// Bytes of an agenda, at most: the titles of its topics, and the departments with their roles. A record has all of it.
pub const AGENDA_BYTES_MAX: usize = 36 * 1024;
/// Bytes that a role on a topic has in a record.
const ROLE_BYTES: usize = 6;
/// Departments attending a session, at most.
pub const ATTENDEES_MAX: usize = 64;
/// Duration of a session in minutes, at most: one day.
pub const DURATION_MINUTES_MAX: u32 = 24 * 60;

/// The form of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 联席会议: a standing joint conference.
    Standing,
    /// 多部门联动会商: raised by one public-service case.
    Case,
    /// 应急会商: an emergency; exempt from the rules on notice, papers and the number of sessions.
    Emergency,
}

/// A department's role on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleOnTopic {
    /// 表决: has a vote in the decision.
    Decides,
    /// 提供意见: is heard before the decision.
    Advises,
    /// 知会: is informed of the decision.
    Informed,
}

/// One topic on which a decision is sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its number in the session, from 1.
    pub number: u32,
    /// Its title.
    pub title: Line,
    /// The time allowed for it.
    pub timebox_minutes: u32,
    /// Whether papers must be submitted before the session.
    pub papers_required: bool,
    /// Who may see it.
    pub label: Label,
    /// The matter that it is about; a session that is requested gives each topic one.
    pub matter: Option<Uuid>,
}

impl Topic {
    /// The same topic after that many others.
    pub(in crate::scheduling) fn renumbered(&self, after: u32) -> Topic {
        Topic { number: self.number.saturating_add(after), ..self.clone() }
    }
}

/// A department's role on one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicRole {
    /// The topic's number.
    pub topic: u32,
    /// The role.
    pub role: RoleOnTopic,
}

impl TopicRole {
    /// The same role on the topic after that many others.
    pub(super) fn renumbered(self, after: u32) -> TopicRole {
        TopicRole { topic: self.topic.saturating_add(after), ..self }
    }
}

/// A department that attends, with its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// The department.
    pub department: Code,
    /// Its role on each topic that concerns it.
    pub roles: Vec<TopicRole>,
}

impl Attendee {
    /// Whether a topic concerns it.
    pub(in crate::scheduling) fn has_role_on(&self, topic: u32) -> bool {
        self.roles.iter().any(|role| role.topic == topic)
    }

    /// The same, of the topics after that many others.
    pub(in crate::scheduling) fn renumbered(&self, after: u32) -> Attendee {
        let roles = self.roles.iter().map(|role| role.renumbered(after)).collect();
        Attendee { department: self.department.clone(), roles }
    }
}

/// Why a session is an emergency, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// What has happened.
    pub reason: Line,
    /// The plan, order or instruction by which it is declared.
    pub authority: Line,
}

/// What is requested: the content of a session and who attends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its title.
    pub title: Line,
    /// What is to be decided, and why it takes several departments.
    pub purpose: Text,
    /// The convening body, whose rules apply.
    pub body: Code,
    /// Its form.
    pub kind: Kind,
    /// The class of its matters, by which the body's decision rule is chosen.
    pub class: MatterClass,
    /// Why it is an emergency; an emergency session has one.
    pub emergency: Option<Declaration>,
    /// Its topics, numbered from 1 in this order.
    pub topics: Vec<Topic>,
    /// The departments that attend.
    pub attendees: Vec<Attendee>,
    /// Its duration.
    pub duration_minutes: u32,
    /// The moment before which it must not start.
    pub earliest_start_at: Timestamp,
    /// The public-service case that raised it, such as a hotline ticket; a case session has one.
    pub case_reference: Option<Line>,
    /// The moment by which it must be decided, in an emergency.
    pub decide_by: Option<Timestamp>,
    /// The action item that what is decided carries out, one tier up.
    pub carries_out: Option<Uuid>,
}

impl Outline {
    /// The attending departments, in the order of the request.
    pub fn departments(&self) -> impl Iterator<Item = &Code> {
        self.attendees.iter().map(|attendee| &attendee.department)
    }

    /// Whether the department attends.
    pub fn is_attended_by(&self, department: &Code) -> bool {
        self.departments().any(|attending| attending == department)
    }

    /// When it ends if it starts at this moment.
    pub fn ends_at(&self, starts_at: Timestamp) -> Timestamp {
        let duration = SignedDuration::from_mins(i64::from(self.duration_minutes));
        starts_at.checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    /// What it costs in working time: its duration, for one person of each department that attends.
    pub fn person_minutes(&self) -> u32 {
        let people = u32::try_from(self.attendees.len()).unwrap_or(u32::MAX);
        self.duration_minutes.saturating_mul(people)
    }

    /// The topic with this number.
    pub fn topic(&self, number: u32) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.number == number)
    }

    /// Refuses what is inconsistent in itself, whatever a body's rules are.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        check_agenda(&self.topics, self.duration_minutes)?;
        check_attendees(&self.attendees, self.topics.len())?;
        check_size(&self.topics, &self.attendees)?;
        if self.kind == Kind::Case && self.case_reference.is_none() {
            return Err(Rejection::CaseReferenceRequired);
        }
        let is_emergency = self.kind == Kind::Emergency;
        if is_emergency != (self.class == MatterClass::Emergency) {
            return Err(Rejection::ClassDoesNotFit { matter_class: self.class });
        }
        match &self.emergency {
            None if is_emergency => Err(Rejection::EmergencyNotDeclared),
            Some(_) if !is_emergency => Err(Rejection::NotAnEmergency),
            _ => Ok(()),
        }
    }
}

fn check_agenda(topics: &[Topic], duration_minutes: u32) -> Result<(), Rejection> {
    if topics.is_empty() {
        return Err(Rejection::TopicsRequired);
    }
    if topics.len() > TOPICS_MAX {
        return Err(Rejection::TooManyTopics { given: topics.len(), max: TOPICS_MAX });
    }
    if !(1..=DURATION_MINUTES_MAX).contains(&duration_minutes) {
        return Err(Rejection::DurationOutOfRange { duration_minutes, max: DURATION_MINUTES_MAX });
    }
    let mut matters = BTreeSet::new();
    for (expected, topic) in (1..).zip(topics) {
        if topic.number != expected {
            return Err(Rejection::TopicNumberOutOfOrder { topic_number: topic.number, expected });
        }
        if topic.matter.is_some_and(|matter| !matters.insert(matter)) {
            return Err(Rejection::DuplicateMatter { topic_number: topic.number });
        }
        if topic.timebox_minutes == 0 {
            return Err(Rejection::TimeboxRequired { topic_number: topic.number });
        }
    }
    let timebox_minutes = topics.iter().fold(0_u32, |sum, topic| sum.saturating_add(topic.timebox_minutes));
    if timebox_minutes > duration_minutes {
        return Err(Rejection::TimeboxesTooLong { timebox_minutes, duration_minutes });
    }
    Ok(())
}

fn check_size(topics: &[Topic], attendees: &[Attendee]) -> Result<(), Rejection> {
    let titles = topics.iter().map(|topic| topic.title.as_str().len());
    let roles = attendees.iter().map(|one| one.department.as_str().len() + ROLE_BYTES * one.roles.len());
    let (bytes, max) = (titles.chain(roles).sum(), AGENDA_BYTES_MAX);
    if bytes > max { Err(Rejection::AgendaTooLong { bytes, max }) } else { Ok(()) }
}

fn check_attendees(attendees: &[Attendee], topics: usize) -> Result<(), Rejection> {
    if attendees.is_empty() {
        return Err(Rejection::AttendeesRequired);
    }
    if attendees.len() > ATTENDEES_MAX {
        return Err(Rejection::TooManyAttendees { given: attendees.len(), max: ATTENDEES_MAX });
    }
    let mut departments = BTreeSet::new();
    for attendee in attendees {
        if !departments.insert(&attendee.department) {
            return Err(Rejection::DuplicateAttendee { department_code: attendee.department.clone() });
        }
        let mut concerned = BTreeSet::new();
        for TopicRole { topic, .. } in attendee.roles.iter().copied() {
            if topic == 0 || topic as usize > topics {
                return Err(Rejection::UnknownTopic { topic_number: topic });
            }
            if !concerned.insert(topic) {
                return Err(Rejection::DuplicateRole {
                    department_code: attendee.department.clone(),
                    topic_number: topic,
                });
            }
        }
    }
    Ok(())
}
