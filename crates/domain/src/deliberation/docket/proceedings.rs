//! How far a docket has come: who is there, and what stands on each topic.

use super::Rejection;
use super::agenda::{Agenda, AgendaTopic, Mode};
use super::item::{DraftedItem, Due};
use crate::deliberation::ballot::{Ballot, BallotResult, Electorate};
use crate::{Code, Date, Line, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How a department stands to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stance {
    /// 同意
    Support,
    /// 有条件同意
    SupportWithConditions,
    /// 不同意
    Oppose,
    /// 弃权
    Abstain,
}

/// What a department said last on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// For or against.
    pub stance: Stance,
    /// Why.
    pub reasons: Text,
}

/// How far the debate of a topic has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not yet called.
    Waiting,
    /// On the floor.
    Open {
        /// Since when, this time.
        since: Timestamp,
    },
    /// Called, and put aside for the moment.
    Paused,
    /// Nobody speaks to it any more.
    DebateClosed,
}

/// What became of an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Not yet decided.
    Pending,
    /// It is the next version.
    Adopted,
    /// It is not.
    Rejected,
}

/// Another text that a department wants instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Its number within the topic, from 1.
    pub no: u32,
    /// Who wants it.
    pub department: Code,
    /// The version that it changes.
    pub version: u32,
    /// The whole new text.
    pub text: Text,
    /// What became of it.
    pub fate: Fate,
}

/// How a topic ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 通过
    Adopted {
        /// The version that was adopted.
        version: u32,
        /// The ballot that carried it.
        ballot: u32,
        /// The day.
        decided_on: Date,
        /// Until when the leads must acknowledge.
        acknowledge_by: Timestamp,
        /// Whether nothing is to be done.
        declaratory: bool,
        /// When each item is due.
        dues: Vec<Due>,
    },
    /// 不通过
    Rejected,
    /// 缓议: it may be called again.
    Deferred {
        /// Until when.
        until: Date,
    },
    /// 移交
    Referred {
        /// To which body or department.
        to: Code,
    },
    /// 撤回
    Withdrawn,
}

impl Outcome {
    /// The outcome in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Adopted { .. } => "adopted",
            Outcome::Rejected => "rejected",
            Outcome::Deferred { .. } => "deferred",
            Outcome::Referred { .. } => "referred",
            Outcome::Withdrawn => "withdrawn",
        }
    }
}

/// One topic and everything said and decided on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its number within the docket.
    pub no: u32,
    /// What it is about.
    pub title: Line,
    /// The minutes it is given.
    pub timebox_minutes: u32,
    /// How far its debate has come.
    pub stage: Stage,
    /// Seconds on the floor, without the time since it was last opened.
    pub spent_seconds: u64,
    /// Minutes of it that were off topic.
    pub digression_minutes: u32,
    /// What each department said last.
    pub positions: BTreeMap<Code, Position>,
    /// The proposal's versions; the last one is current.
    pub versions: Vec<Text>,
    /// The amendments, in order.
    pub amendments: Vec<Amendment>,
    /// The items drafted for it, in order.
    pub items: Vec<DraftedItem>,
    /// Who does not vote on it, though entitled.
    pub recused: BTreeSet<Code>,
    /// The ballots held on it, in order.
    pub ballots: Vec<Ballot>,
    /// How often it was deferred.
    pub deferrals: u32,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

impl Topic {
    pub(super) fn new(entry: &AgendaTopic) -> Topic {
        Topic {
            no: entry.no,
            title: entry.title.clone(),
            timebox_minutes: entry.timebox_minutes,
            stage: Stage::Waiting,
            spent_seconds: 0,
            digression_minutes: 0,
            positions: BTreeMap::new(),
            versions: Vec::new(),
            amendments: Vec::new(),
            items: Vec::new(),
            recused: BTreeSet::new(),
            ballots: Vec::new(),
            deferrals: 0,
            outcome: None,
        }
    }

    /// The number of the current version of the proposal; 0 while there is none.
    pub fn current_version(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap_or(u32::MAX)
    }

    /// The text of a version.
    pub fn version(&self, no: u32) -> Option<&Text> {
        self.versions.get(usize::try_from(no.checked_sub(1)?).ok()?)
    }

    /// The ballot that is open for votes, if one is.
    pub fn open_ballot(&self) -> Option<&Ballot> {
        self.ballots.iter().find(|ballot| ballot.is_open())
    }

    /// The last result on the current version, if that passed.
    pub fn passed(&self) -> Option<BallotResult> {
        let on_current = |ballot: &&Ballot| ballot.version == self.current_version();
        let last = self.ballots.iter().rev().filter(on_current).find_map(|ballot| ballot.result)?;
        last.passed.then_some(last)
    }

    /// The first amendment that nobody has decided on.
    pub fn pending_amendment(&self) -> Option<&Amendment> {
        self.amendments.iter().find(|amendment| amendment.fate == Fate::Pending)
    }

    /// The departments that last spoke against it.
    pub fn opposing(&self) -> impl Iterator<Item = &Code> {
        self.positions
            .iter()
            .filter(|(_, position)| position.stance == Stance::Oppose)
            .map(|(department, _)| department)
    }

    /// Seconds on the floor until a moment.
    pub fn spent_until(&self, at: Timestamp) -> u64 {
        let running = match self.stage {
            Stage::Open { since } => u64::try_from(at.duration_since(since).as_secs()).unwrap_or(0),
            Stage::Waiting | Stage::Paused | Stage::DebateClosed => 0,
        };
        self.spent_seconds.saturating_add(running)
    }

    /// Whether its debate has begun and not been closed.
    pub(super) fn is_in_debate(&self) -> bool {
        matches!(self.stage, Stage::Open { .. } | Stage::Paused)
    }
}

/// A docket that has been prepared, and what has happened on it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proceedings {
    /// What it was prepared with.
    pub agenda: Agenda,
    /// The departments present, each with its delegate's name.
    pub present: BTreeMap<Code, Line>,
    /// The topics, in order.
    pub topics: Vec<Topic>,
    /// The last number given to an item.
    pub items: u32,
    /// The last number given to a ballot.
    pub ballots: u32,
}

impl Proceedings {
    pub(super) fn new(agenda: Agenda) -> Proceedings {
        let topics = agenda.topics.iter().map(Topic::new).collect();
        Proceedings { agenda, present: BTreeMap::new(), topics, items: 0, ballots: 0 }
    }

    /// The topic with this number.
    pub fn topic(&self, no: u32) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.no == no)
    }

    /// The topic with this number, undecided, or why not.
    pub(super) fn undecided(&self, no: u32) -> Result<&Topic, Rejection> {
        let topic = self.known(no)?;
        match &topic.outcome {
            Some(outcome) => Err(Rejection::TopicDecided { topic: no, outcome: outcome.word() }),
            None => Ok(topic),
        }
    }

    /// The topic with this number, or that there is none.
    pub(super) fn known(&self, no: u32) -> Result<&Topic, Rejection> {
        self.topic(no).ok_or_else(|| Rejection::NotFound { what: format!("topic {no} of the docket") })
    }

    /// Whether the departments come together.
    pub fn is_meeting(&self) -> bool {
        self.agenda.mode == Mode::Meeting
    }

    /// Whether the department can be heard now: present, or by countersign.
    pub fn is_there(&self, department: &Code) -> bool {
        !self.is_meeting() || self.present.contains_key(department)
    }

    /// Who may vote on a topic.
    pub fn electorate(&self, topic: &Topic) -> Electorate {
        let eligible = self.agenda.deciding_on(topic.no);
        let recused = self.agenda.deciding_on(topic.no).filter(|code| topic.recused.contains(*code));
        Electorate {
            eligible: count(eligible),
            recused: count(recused),
            quorum_percent: self.agenda.quorum_percent,
        }
    }
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
