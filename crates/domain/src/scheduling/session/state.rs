//! What is known of a session.

use super::{Answer, Event, Finding, Outline, Paper, Rejection, Rule, Topic};
use crate::scheduling::rules::Rules;
use crate::{Code, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::fmt;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Waits for screening.
    Requested,
    /// Was compared with the rules, and waits for a decision on that.
    Screened,
    /// Went back to the requester.
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
    /// When the session begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// A paper and the topic it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledPaper {
    /// The topic's number.
    pub topic: u32,
    /// The paper.
    pub paper: Paper,
    /// When it came in.
    pub submitted_at: Timestamp,
}

/// A department's invitation to the session as it is scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The department.
    pub department: Code,
    /// What it answered.
    pub answer: Option<Answer>,
    /// Why.
    pub reason: Option<Text>,
}

/// The person who comes for a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// The department.
    pub department: Code,
    /// The person's name.
    pub delegate: Line,
    /// The person in whose place they come.
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
    /// What it shall be, as last revised.
    pub outline: Outline,
    /// The department that asked for it.
    pub requester: Option<Code>,
    /// Where it stands.
    pub stage: Stage,
    /// Its papers, in the order they came in.
    pub papers: Vec<FiledPaper>,
    /// The rules of the last screening.
    pub rules: Option<Rules>,
    /// The rules that it breaks, by the last screening.
    pub findings: Vec<Finding>,
    /// Those of them that do not stand in its way, and why.
    pub overrides: BTreeMap<Rule, Text>,
    /// Its room and time, once it was scheduled and while it is not postponed.
    pub slot: Option<Slot>,
    /// The invitations to it as it is scheduled.
    pub invitations: Vec<Invitation>,
    /// The people who come.
    pub delegates: Vec<Delegate>,
    /// The deadline of its countersign.
    pub countersign_by: Option<Timestamp>,
    /// The session in which it is dealt with.
    pub merged_into: Option<Uuid>,
}

impl Filed {
    /// The findings that still stand in its way.
    pub fn open_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !self.overrides.contains_key(&finding.rule))
    }

    /// When it ends if it begins then.
    pub fn end_when_from(&self, from: Timestamp) -> Timestamp {
        from.checked_add(SignedDuration::from_mins(i64::from(self.outline.minutes))).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn must_be(
        &self,
        stages: &[Stage],
        wish: &'static str,
        needed: &'static str,
    ) -> Result<(), Rejection> {
        if stages.contains(&self.stage) {
            return Ok(());
        }
        Err(Rejection::WrongState { wish, needed, state: self.stage })
    }

    /// A paper stays with its topic; one whose topic was dropped or became another is dropped too.
    fn replace_topics(&mut self, topics: &[Topic]) {
        let before = std::mem::replace(&mut self.outline.topics, topics.to_vec());
        let title =
            |topics: &[Topic], no| topics.iter().find(|topic| topic.no == no).map(|t| t.title.clone());
        self.papers.retain(|paper| title(&before, paper.topic) == title(topics, paper.topic));
    }

    fn leave_slot(&mut self) {
        self.slot = None;
        self.invitations.clear();
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Requested { .. } => {}
            Event::PapersSubmitted { topic, paper, submitted_at } => self.papers.push(FiledPaper {
                topic: *topic,
                paper: paper.clone(),
                submitted_at: *submitted_at,
            }),
            Event::Screened { rules, findings } => {
                // What was excused stays excused as long as the rule is broken in the same measure.
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
            Event::Revised { topics, attendees, minutes, earliest_start } => {
                self.stage = Stage::Requested;
                self.replace_topics(topics);
                self.outline.attendees.clone_from(attendees);
                self.outline.minutes = *minutes;
                self.outline.earliest_start = *earliest_start;
                self.findings.clear();
                self.overrides.clear();
            }
            Event::TurnedIntoCountersign { deadline, .. } => {
                self.stage = Stage::Countersigning;
                self.countersign_by = Some(*deadline);
            }
            Event::Merged { into, .. } => {
                self.stage = Stage::Merged;
                self.merged_into = Some(*into);
            }
            Event::Scheduled { room, from, until, invited } => {
                self.stage = Stage::Scheduled;
                self.slot = Some(Slot { room: room.clone(), from: *from, until: *until });
                self.invitations = invited.iter().map(Invitation::unanswered).collect();
            }
            Event::Postponed { .. } => {
                self.stage = Stage::Admitted;
                self.leave_slot();
            }
            Event::Cancelled { .. } => {
                self.stage = Stage::Cancelled;
                self.leave_slot();
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
    /// The session, when it was requested.
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
                    countersign_by: None,
                    merged_into: None,
                }));
            }
            (State::Absent, _) => {}
            (State::Filed(filed), event) => filed.note(event),
        }
        self
    }
}
