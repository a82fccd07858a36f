//! What is requested, and whether it is consistent.

use super::{Rejection, agenda};
use crate::decision_rule::MatterClass;
use crate::{Code, Label, Line, Text, Timestamp, Uuid, printed_agenda};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// Departments attending a session, at most.
pub const ATTENDEES_MAX: usize = 64;
/// Pieces of equipment that a session needs, at most.
pub const EQUIPMENT_MAX: usize = 10;
/// People who come with a delegate, at most.
pub const COMPANIONS_MAX: u32 = 100;
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
    /// The matter that it is about; a session that is requested gives each topic one that is decided itself.
    pub matter: Option<Uuid>,
    /// The heading of the section that begins with it; none where the section goes on, or there is none.
    pub section: Option<Line>,
    /// The number of the topic of which it is a sub-topic.
    pub parent: Option<u32>,
}

impl Topic {
    /// The same topic after that many others.
    pub(in crate::scheduling) fn renumbered(&self, after: u32) -> Topic {
        let number = self.number.saturating_add(after);
        Topic { number, parent: self.parent.map(|parent| parent.saturating_add(after)), ..self.clone() }
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

/// A department with its role on a topic that is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentRole {
    /// The department.
    pub department: Code,
    /// Its role.
    pub role: RoleOnTopic,
}

/// A department that attends, with its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// The department.
    pub department: Code,
    /// Its role on each topic that concerns it.
    pub roles: Vec<TopicRole>,
    /// People who come with its delegate.
    pub companions: u32,
}

impl Attendee {
    /// The people who come: its delegate, and those with them.
    pub fn people(&self) -> u32 {
        self.companions.saturating_add(1)
    }

    /// Whether a topic concerns it.
    pub(in crate::scheduling) fn has_role_on(&self, topic: u32) -> bool {
        self.roles.iter().any(|role| role.topic == topic)
    }

    /// The same, of the topics after that many others.
    pub(in crate::scheduling) fn renumbered(&self, after: u32) -> Attendee {
        let roles = self.roles.iter().map(|role| role.renumbered(after)).collect();
        Attendee { department: self.department.clone(), roles, companions: self.companions }
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
    /// Equipment that its room must have.
    pub equipment: Vec<Line>,
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

    /// The people who are expected.
    pub fn people(&self) -> u32 {
        people(&self.attendees)
    }

    /// What it costs in working time: its duration, for each of the people who are expected.
    pub fn person_minutes(&self) -> u32 {
        person_minutes(self.duration_minutes, &self.attendees)
    }

    /// The same with another title and purpose, where these are given.
    pub(super) fn named(&self, title: Option<Line>, purpose: Option<Text>) -> Outline {
        let title = title.unwrap_or_else(|| self.title.clone());
        let purpose = purpose.unwrap_or_else(|| self.purpose.clone());
        Outline { title, purpose, ..self.clone() }
    }

    /// The topic with this number.
    pub fn topic(&self, number: u32) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.number == number)
    }

    /// The numbers of the topics on paper, in their order: `3.1` is the first sub-topic of 3.
    pub fn printed_numbers(&self) -> Vec<String> {
        printed_agenda::numbers(self.topics.iter().map(|topic| topic.parent))
    }

    /// Whether a topic has sub-topics: then it is decided in them.
    pub fn has_sub_topics(&self, number: u32) -> bool {
        self.sub_topics(number).next().is_some()
    }

    /// The sub-topics of a topic.
    pub(super) fn sub_topics(&self, number: u32) -> impl Iterator<Item = &Topic> {
        self.topics.iter().filter(move |topic| topic.parent == Some(number))
    }

    /// The topics that are decided themselves: all but those with sub-topics.
    pub fn topics_to_decide(&self) -> impl Iterator<Item = &Topic> {
        topics_to_decide(&self.topics)
    }

    /// Who has which role on a topic.
    pub fn roles_on(&self, topic: u32) -> Vec<DepartmentRole> {
        let role = |attendee: &Attendee| {
            let given = attendee.roles.iter().find(|given| given.topic == topic)?;
            Some(DepartmentRole { department: attendee.department.clone(), role: given.role })
        };
        self.attendees.iter().filter_map(role).collect()
    }

    /// The same with only these of its topics, numbered anew; one that is decided in its sub-topics goes with the last of them.
    #[must_use]
    pub fn with_only(&self, is_kept: impl Fn(&Topic) -> bool) -> Outline {
        let remains = |topic: &&Topic| {
            let mut below = self.sub_topics(topic.number).peekable();
            is_kept(topic) && (below.peek().is_none() || below.any(&is_kept))
        };
        let kept: Vec<&Topic> = self.topics.iter().filter(remains).collect();
        let numbers: BTreeMap<u32, u32> = kept.iter().map(|topic| topic.number).zip(1..).collect();
        let topics = kept.iter().zip(1..).map(|(topic, number)| {
            let parent = topic.parent.and_then(|parent| numbers.get(&parent).copied());
            Topic { number, parent, ..(*topic).clone() }
        });
        let attendees = self.attendees.iter().map(|attendee| {
            let roles = attendee.roles.iter().filter_map(|given| {
                let topic = *numbers.get(&given.topic)?;
                Some(TopicRole { topic, role: given.role })
            });
            Attendee {
                department: attendee.department.clone(),
                roles: roles.collect(),
                companions: attendee.companions,
            }
        });
        Outline { topics: topics.collect(), attendees: attendees.collect(), ..self.clone() }
    }

    /// The same with one more topic, on which these departments have a role; refused if one of them does not attend.
    pub(in crate::scheduling) fn with_topic(
        &self,
        topic: &Topic,
        roles: &[DepartmentRole],
    ) -> Result<Outline, Rejection> {
        let mut outline = self.clone();
        for DepartmentRole { department, role } in roles {
            let attendee = outline.attendees.iter_mut().find(|known| known.department == *department);
            let attendee =
                attendee.ok_or_else(|| Rejection::NotInvited { department_code: department.clone() })?;
            attendee.roles.push(TopicRole { topic: topic.number, role: *role });
        }
        outline.topics.push(topic.clone());
        Ok(outline)
    }

    /// Refuses what is inconsistent in itself, whatever a body's rules are.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        agenda::check(self)?;
        check_attendees(&self.attendees, self.topics.len())?;
        self.check_equipment()?;
        agenda::check_size(self)?;
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

    fn check_equipment(&self) -> Result<(), Rejection> {
        let (given, max) = (self.equipment.len(), EQUIPMENT_MAX);
        if given > max { Err(Rejection::TooMuchEquipment { given, max }) } else { Ok(()) }
    }
}

/// The working time, in minutes, that so long a session with these attendees costs.
pub fn person_minutes(duration_minutes: u32, attendees: &[Attendee]) -> u32 {
    duration_minutes.saturating_mul(people(attendees))
}

fn people(attendees: &[Attendee]) -> u32 {
    attendees.iter().fold(0, |sum, attendee| sum.saturating_add(attendee.people()))
}

/// Those of these topics that are decided themselves: all but those with sub-topics.
pub fn topics_to_decide(topics: &[Topic]) -> impl Iterator<Item = &Topic> {
    topics.iter().filter(|topic| !topics.iter().any(|other| other.parent == Some(topic.number)))
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
        if attendee.companions > COMPANIONS_MAX {
            return Err(Rejection::TooManyCompanions {
                department_code: attendee.department.clone(),
                given: attendee.companions,
                max: COMPANIONS_MAX,
            });
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
