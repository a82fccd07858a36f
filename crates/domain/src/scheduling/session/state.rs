//! What is known of a session.

use super::{Answer, Event, Finding, Outline, Paper, Rejection, Rule, Topic};
use crate::scheduling::rules::Rules;
use crate::{Code, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::fmt;

/// Stage of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Waits for screening.
    Requested,
    /// Was compared with the rules, and waits for admission.
    Screened,
    /// Was returned to its requester.
    Returned,
    /// May be scheduled.
    Admitted,
    /// Has a room and a time.
    Scheduled,
    /// Takes place.
    Convened,
    /// Is decided by countersign.
    Countersigning,
    /// Every topic has an outcome.
    Concluded,
    /// Is dealt with in another session.
    Merged,
    /// Does not take place.
    Cancelled,
}

impl Stage {
    /// Every stage, in the order of a session's life.
    pub const ALL: [Stage; 10] = [
        Stage::Requested,
        Stage::Screened,
        Stage::Returned,
        Stage::Admitted,
        Stage::Scheduled,
        Stage::Convened,
        Stage::Countersigning,
        Stage::Concluded,
        Stage::Merged,
        Stage::Cancelled,
    ];

    /// The stage's name in lists and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Requested => "requested",
            Stage::Screened => "screened",
            Stage::Returned => "returned",
            Stage::Admitted => "admitted",
            Stage::Scheduled => "scheduled",
            Stage::Convened => "convened",
            Stage::Countersigning => "countersigning",
            Stage::Concluded => "concluded",
            Stage::Merged => "merged",
            Stage::Cancelled => "cancelled",
        }
    }

    /// The stage of that name, if there is one.
    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A room for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The room.
    pub room: Code,
    /// When the session starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A paper and the topic it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledPaper {
    /// The topic's number.
    pub topic: u32,
    /// The paper.
    pub paper: Paper,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

/// A department's invitation to the session at its current room and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The department.
    pub department: Code,
    /// Its answer.
    pub answer: Option<Answer>,
    /// Why.
    pub reason: Option<Text>,
}

/// A department's delegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// The department.
    pub department: Code,
    /// The delegate's name.
    pub delegate: Line,
    /// The person whom they replace.
    pub in_place_of: Option<Line>,
}

/// What is known of one session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never requested.
    #[default]
    Absent,
    /// On file.
    Filed(Box<Filed>),
}

/// A session on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// What was requested, as last revised.
    pub outline: Outline,
    /// The requesting department.
    pub requester: Option<Code>,
    /// Its stage.
    pub stage: Stage,
    /// Its papers, in the order in which they were submitted.
    pub papers: Vec<FiledPaper>,
    /// The rules of the last screening.
    pub rules: Option<Rules>,
    /// The rules that it breaks, according to the last screening.
    pub findings: Vec<Finding>,
    /// Those of them that were overridden, and why.
    pub overrides: BTreeMap<Rule, Text>,
    /// Its room and time; none before it is scheduled or after it is postponed.
    pub slot: Option<Slot>,
    /// The invitations for its current room and time.
    pub invitations: Vec<Invitation>,
    /// The departments' delegates.
    pub delegates: Vec<Delegate>,
    /// The moment until which the departments may sign, when it is a countersign.
    pub sign_by: Option<Timestamp>,
    /// The session in which it is dealt with.
    pub merged_into: Option<Uuid>,
}

impl Filed {
    /// The findings that are not overridden.
    pub fn open_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !self.overrides.contains_key(&finding.rule))
    }

    /// When it ends if it starts at this moment.
    pub fn ends_at(&self, starts_at: Timestamp) -> Timestamp {
        starts_at
            .checked_add(SignedDuration::from_mins(i64::from(self.outline.duration_minutes)))
            .unwrap_or(Timestamp::MAX)
    }

    pub(super) fn must_be(
        &self,
        stages: &[Stage],
        action: &'static str,
        needed: &'static str,
    ) -> Result<(), Rejection> {
        if stages.contains(&self.stage) {
            return Ok(());
        }
        Err(self.wrong_stage(action, needed))
    }

    pub(super) fn wrong_stage(&self, action: &'static str, needed: &'static str) -> Rejection {
        Rejection::WrongStage { action, needed, stage: self.stage }
    }

    /// A paper stays with its topic; it is dropped when its topic is dropped or becomes another one.
    fn replace_topics(&mut self, topics: &[Topic]) {
        let before = std::mem::replace(&mut self.outline.topics, topics.to_vec());
        let title = |topics: &[Topic], number| {
            topics.iter().find(|topic| topic.number == number).map(|t| t.title.clone())
        };
        self.papers.retain(|paper| title(&before, paper.topic) == title(topics, paper.topic));
    }

    fn free_slot(&mut self) {
        self.slot = None;
        self.invitations.clear();
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Requested { .. } => {}
            Event::PaperSubmitted { topic, paper, submitted_at } => self.papers.push(FiledPaper {
                topic: *topic,
                paper: paper.clone(),
                submitted_at: *submitted_at,
            }),
            Event::Screened { rules, findings } => {
                // An override stays as long as its rule is broken by the same figure.
                let before = std::mem::replace(&mut self.findings, findings.clone());
                let stays =
                    |rule: &Rule| findings.iter().any(|now| now.rule == *rule && before.contains(now));
                self.overrides.retain(|rule, _| stays(rule));
                self.stage = Stage::Screened;
                self.rules = Some(*rules);
            }
            Event::FindingOverridden { rule, reason } => {
                self.overrides.insert(*rule, reason.clone());
            }
            Event::Admitted => self.stage = Stage::Admitted,
            Event::Returned { .. } => self.stage = Stage::Returned,
            Event::Revised { topics, attendees, duration_minutes, earliest_start_at } => {
                self.stage = Stage::Requested;
                self.replace_topics(topics);
                self.outline.attendees.clone_from(attendees);
                self.outline.duration_minutes = *duration_minutes;
                self.outline.earliest_start_at = *earliest_start_at;
                self.findings.clear();
                self.overrides.clear();
            }
            Event::ConvertedToCountersign { sign_by, .. } => {
                self.stage = Stage::Countersigning;
                self.sign_by = Some(*sign_by);
            }
            Event::Merged { into, .. } => {
                self.stage = Stage::Merged;
                self.merged_into = Some(*into);
            }
            Event::Scheduled { room, starts_at, ends_at, invited } => {
                self.stage = Stage::Scheduled;
                self.slot = Some(Slot { room: room.clone(), starts_at: *starts_at, ends_at: *ends_at });
                self.invitations = invited.iter().map(Invitation::unanswered).collect();
            }
            Event::Postponed { .. } => {
                self.stage = Stage::Admitted;
                self.free_slot();
            }
            Event::Cancelled { .. } => {
                self.stage = Stage::Cancelled;
                self.free_slot();
            }
            Event::InvitationAnswered { department, answer, reason } => {
                for invitation in self.invitations.iter_mut().filter(|known| known.department == *department)
                {
                    invitation.answer = Some(*answer);
                    invitation.reason.clone_from(reason);
                }
            }
            Event::DelegateNamed { department, delegate, in_place_of } => {
                self.delegates.retain(|known| known.department != *department);
                self.delegates.push(Delegate {
                    department: department.clone(),
                    delegate: delegate.clone(),
                    in_place_of: in_place_of.clone(),
                });
            }
            Event::Convened { .. } => self.stage = Stage::Convened,
            Event::Concluded => self.stage = Stage::Concluded,
        }
    }
}

impl Invitation {
    fn unanswered(department: &Code) -> Invitation {
        Invitation { department: department.clone(), answer: None, reason: None }
    }
}

impl State {
    /// The session, once it has been requested.
    pub fn filed(&self) -> Option<&Filed> {
        match self {
            State::Absent => None,
            State::Filed(filed) => Some(filed),
        }
    }

    pub(super) fn after(mut self, event: &Event) -> State {
        match (&mut self, event) {
            (State::Absent, Event::Requested { outline, requester }) => {
                return State::Filed(Box::new(Filed {
                    outline: outline.clone(),
                    requester: requester.clone(),
                    stage: Stage::Requested,
                    papers: Vec::new(),
                    rules: None,
                    findings: Vec::new(),
                    overrides: BTreeMap::new(),
                    slot: None,
                    invitations: Vec::new(),
                    delegates: Vec::new(),
                    sign_by: None,
                    merged_into: None,
                }));
            }
            (State::Absent, _) => {}
            (State::Filed(filed), event) => filed.apply(event),
        }
        self
    }
}
