//! A motion (动议): what a seat asks the others to decide at once, before they go on with the text.

use super::Topic;
use crate::deliberation::ballot::Method;
use crate::{Code, Date, Line, Text};

/// What a motion asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MotionKind {
    /// 结束讨论: that nobody speaks any more, and what is pending goes to the vote.
    CloseDebate,
    /// 缓议
    Defer {
        /// The day on which the topic would be resumed.
        resume_on: Date,
    },
    /// 移交
    Refer {
        /// To which body.
        referred_to: Code,
    },
    /// 复议: that what was decided on the topic is taken up again.
    Reconsider,
    /// 申诉: that what the chair ruled on a point of order is reversed.
    Appeal {
        /// The number of the point of order.
        point: u32,
    },
    /// 主动议: that something else is taken on the agenda, as a topic of its own.
    Main {
        /// What that topic is about.
        title: Line,
        /// The text on which it is to be decided.
        text: Text,
    },
}

impl MotionKind {
    /// Its rank: one that is moved while another is pending has a higher one, and is decided first. The text and its
    /// amendments come after all of them.
    pub fn rank(&self) -> u8 {
        match self {
            MotionKind::Appeal { .. } => 5,
            MotionKind::Reconsider => 4,
            MotionKind::CloseDebate => 3,
            MotionKind::Defer { .. } => 2,
            MotionKind::Refer { .. } => 1,
            MotionKind::Main { .. } => 0,
        }
    }

    /// What it needs in order to be carried, whatever the body's rule says of proposals: more than half of the votes, and two
    /// thirds where it takes from others the right to speak. What takes something on the agenda needs what the body's rule says
    /// of that.
    pub fn method(&self) -> Method {
        match self {
            MotionKind::CloseDebate => Method::QualifiedMajority { numerator: 2, denominator: 3 },
            MotionKind::Defer { .. }
            | MotionKind::Refer { .. }
            | MotionKind::Reconsider
            | MotionKind::Appeal { .. }
            | MotionKind::Main { .. } => Method::SimpleMajority,
        }
    }

    /// Whether it asks for the same as another one, so that it is not moved again when that was lost: another day or another
    /// body makes it no other motion.
    pub(super) fn is_like(&self, other: &MotionKind) -> bool {
        match (self, other) {
            (MotionKind::Main { title, .. }, MotionKind::Main { title: before, .. }) => title == before,
            _ => self.rank() == other.rank(),
        }
    }
}

/// Stage of a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MotionStage {
    /// It waits for another seat to second it, and is not before the others yet.
    AwaitsSecond,
    /// It is before the others, who decide it before they go on.
    Pending,
    /// Carried.
    Carried,
    /// Lost.
    Lost,
    /// Withdrawn by whoever moved it.
    Withdrawn,
    /// It ended without a decision: nobody seconded it in time, too few voted, or the topic ended otherwise.
    Lapsed,
}

impl MotionStage {
    /// The stage in words.
    pub fn as_str(self) -> &'static str {
        match self {
            MotionStage::AwaitsSecond => "waiting for a second",
            MotionStage::Pending => "waiting for its ballot",
            MotionStage::Carried => "carried",
            MotionStage::Lost => "lost",
            MotionStage::Withdrawn => "withdrawn",
            MotionStage::Lapsed => "lapsed",
        }
    }

    /// Whether it has not ended yet.
    pub fn is_open(self) -> bool {
        matches!(self, MotionStage::AwaitsSecond | MotionStage::Pending)
    }
}

/// One motion on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Motion {
    /// Its number within the topic, from 1.
    pub number: u32,
    /// The department that moved it.
    pub department: Code,
    /// What it asks for.
    pub kind: MotionKind,
    /// Why.
    pub reason: Text,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
    /// The subject of whoever moved it, where that was recorded.
    pub person: Option<String>,
    /// The department that seconded it.
    pub seconded_by: Option<Code>,
    /// Whether a clerk of the docket put that down.
    pub second_put_down_by_clerk: bool,
    /// How far it has come.
    pub stage: MotionStage,
    /// Whether somebody was given the floor since it was lost, so that one like it may be moved again.
    pub debated_since: bool,
}

impl Topic {
    /// The motions that the others have to decide, in the order in which they were moved.
    pub fn pending_motions(&self) -> impl Iterator<Item = &Motion> {
        self.motions.iter().filter(|motion| motion.stage == MotionStage::Pending)
    }

    /// The one of them that is decided first.
    pub fn next_motion(&self) -> Option<&Motion> {
        self.pending_motions().max_by_key(|motion| motion.kind.rank())
    }

    /// The motion of this kind that was carried or lost, if one was.
    pub(super) fn decided_motion(&self, kind: &MotionKind) -> Option<&Motion> {
        let is_decided = |motion: &Motion| matches!(motion.stage, MotionStage::Carried | MotionStage::Lost);
        self.motions.iter().find(|motion| motion.kind == *kind && is_decided(motion))
    }

    /// The motion that is voted on, if one is.
    pub fn motion_in_ballot(&self) -> Option<u32> {
        self.open_ballot()?.motion
    }
}
