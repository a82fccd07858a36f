//! An item as it stands.

use super::{Event, Rejection};
use crate::{Code, Date, Line, Text, Timestamp, Uuid};

/// What is owed, by whom, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The resolution that asks for it.
    pub resolution: Uuid,
    /// Its number, the resolution's with its own behind it: `JC-2027-0003/2`.
    pub number: Line,
    /// What it is called.
    pub title: Line,
    /// What is to be handed over.
    pub deliverable: Text,
    /// How to tell that it is done.
    pub criterion: Text,
    /// 牵头: the department that answers for it.
    pub lead: Code,
    /// 配合: the departments that support it. The lead may be among them: another unit of it supports.
    pub co_responsible: Vec<Code>,
    /// When it is due.
    pub due: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Until when the lead must acknowledge or contest.
    pub acknowledge_by: Timestamp,
}

/// How far an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// 待签收
    Assigned,
    /// 异议
    Contested,
    /// 办理中
    Underway,
    /// 待验收
    Claimed,
    /// 办结
    Accepted,
    /// 撤销
    Rescinded,
}

impl Stage {
    /// The stage in words.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Assigned => "not acknowledged",
            Stage::Contested => "contested",
            Stage::Underway => "under way",
            Stage::Claimed => "awaiting acceptance",
            Stage::Accepted => "accepted",
            Stage::Rescinded => "rescinded",
        }
    }
}

/// Why the work cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockage {
    /// Why.
    pub reason: Text,
    /// The department that could help.
    pub help_from: Code,
}

/// A later due date that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionRequest {
    /// The date.
    pub due: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Why.
    pub reason: Text,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is owed, by whom, until when, as it is now.
    pub assignment: Assignment,
    /// How far it has come.
    pub stage: Stage,
    /// How much the lead last said is done.
    pub percent: u32,
    /// Why the work cannot go on, while it cannot.
    pub blocked: Option<Blockage>,
    /// The extension that nobody has decided on yet.
    pub extension: Option<ExtensionRequest>,
    /// How often the due date was moved.
    pub extensions_granted: u32,
    /// The department that last claimed completion.
    pub claimed_by: Option<Code>,
    /// Whether the last look back found that the result holds.
    pub holds: Option<bool>,
}

impl Item {
    pub(super) fn new(assignment: Assignment) -> Item {
        Item {
            assignment,
            stage: Stage::Assigned,
            percent: 0,
            blocked: None,
            extension: None,
            extensions_granted: 0,
            claimed_by: None,
            holds: None,
        }
    }

    /// The lead and the departments that support it.
    pub fn parties(&self) -> impl Iterator<Item = &Code> {
        std::iter::once(&self.assignment.lead)
            .chain(self.assignment.co_responsible.iter().filter(|code| **code != self.assignment.lead))
    }

    /// Refuses unless the item is at this stage.
    pub(super) fn at(&self, needed: Stage) -> Result<(), Rejection> {
        if self.stage == needed { Ok(()) } else { Err(self.wrong_stage(needed.words())) }
    }

    pub(super) fn wrong_stage(&self, needed: &'static str) -> Rejection {
        Rejection::WrongStage { number: self.assignment.number.clone(), stage: self.stage.words(), needed }
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Assigned { .. } => {}
            Event::Acknowledged { .. } => self.stage = Stage::Underway,
            Event::Contested { .. } => self.stage = Stage::Contested,
            Event::ContestDismissed { acknowledge_by, .. } => self.offer(*acknowledge_by),
            Event::Reassigned { lead, acknowledge_by, .. } => {
                self.assignment.lead = lead.clone();
                self.offer(*acknowledge_by);
            }
            Event::ProgressReported { department, percent, .. } => {
                if *department == self.assignment.lead {
                    self.percent = *percent;
                }
            }
            Event::Blocked { reason, help_from, .. } => {
                self.blocked = Some(Blockage { reason: reason.clone(), help_from: help_from.clone() });
            }
            Event::Unblocked { .. } => self.blocked = None,
            Event::ExtensionRequested { due, due_at, reason } => {
                self.extension =
                    Some(ExtensionRequest { due: *due, due_at: *due_at, reason: reason.clone() });
            }
            Event::ExtensionGranted { due, due_at, granted } => {
                (self.assignment.due, self.assignment.due_at) = (*due, *due_at);
                self.extensions_granted = *granted;
                self.extension = None;
            }
            Event::ExtensionRefused { .. } => self.extension = None,
            Event::CompletionClaimed { department, .. } => {
                self.claimed_by = Some(department.clone());
                self.stop(Stage::Claimed);
            }
            Event::Accepted { .. } => {
                self.percent = super::PERCENT_MAX;
                self.stage = Stage::Accepted;
            }
            Event::Returned { .. } => self.stage = Stage::Underway,
            Event::Reopened { due, due_at, .. } => {
                (self.assignment.due, self.assignment.due_at) = (*due, *due_at);
                self.holds = None;
                self.stage = Stage::Underway;
            }
            Event::Rescinded { .. } => self.stop(Stage::Rescinded),
            Event::LookedBack { holds, .. } => self.holds = Some(*holds),
        }
    }

    /// Lays the item before its lead again.
    fn offer(&mut self, acknowledge_by: Timestamp) {
        self.assignment.acknowledge_by = acknowledge_by;
        self.stage = Stage::Assigned;
    }

    /// Ends the work, and with it what stood in its way.
    fn stop(&mut self, stage: Stage) {
        self.stage = stage;
        self.blocked = None;
        self.extension = None;
    }
}
