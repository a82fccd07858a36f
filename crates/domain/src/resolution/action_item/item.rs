//! An item as it is now.

use super::{Event, Rejection};
use crate::calendar::Zone;
use crate::{Code, Date, Line, Text, Timestamp, Uuid};

/// What is owed, by whom, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its resolution.
    pub resolution: Uuid,
    /// Its number, the resolution's and its own: `JC-2027-0003/2`.
    pub number: Line,
    /// Its title.
    pub title: Line,
    /// What is to be delivered.
    pub deliverable: Text,
    /// The acceptance criterion: how to tell that it is done.
    pub criterion: Text,
    /// 牵头: the department that answers for it.
    pub lead: Code,
    /// 配合: the departments that support it. The lead may be among them, when another of its units supports.
    pub co_responsible: Vec<Code>,
    /// When it is due.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
    /// Until when the lead must acknowledge or contest.
    pub acknowledge_by: Timestamp,
}

/// Stage of an item.
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
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Assigned => "assigned",
            Stage::Contested => "contested",
            Stage::Underway => "underway",
            Stage::Claimed => "claimed",
            Stage::Accepted => "accepted",
            Stage::Rescinded => "rescinded",
        }
    }

    /// Calendar days since an item in this stage was due; none unless it is late: past due, and waiting for
    /// its lead. What is claimed waits for somebody else's judgement.
    pub fn days_late(self, due_at: Timestamp, now: Timestamp, zone: &Zone) -> Option<u32> {
        let waits_for_lead = matches!(self, Stage::Assigned | Stage::Contested | Stage::Underway);
        (waits_for_lead && now > due_at).then(|| zone.days_between(due_at, now))
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

/// A later due date that was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionRequest {
    /// The date.
    pub due_on: Date,
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
    /// Its stage.
    pub stage: Stage,
    /// How much is done according to the lead's last report, in percent.
    pub percent: u32,
    /// Why the work cannot go on, while it cannot.
    pub blockage: Option<Blockage>,
    /// The extension that nobody has decided on yet.
    pub extension: Option<ExtensionRequest>,
    /// How many times the due date was moved.
    pub extensions_granted: u32,
    /// Whether the last look-back found that the result holds.
    pub holds: Option<bool>,
}

impl Item {
    pub(super) fn new(assignment: Assignment) -> Item {
        Item {
            assignment,
            stage: Stage::Assigned,
            percent: 0,
            blockage: None,
            extension: None,
            extensions_granted: 0,
            holds: None,
        }
    }

    /// The lead and the departments that support it.
    pub fn parties(&self) -> impl Iterator<Item = &Code> {
        std::iter::once(&self.assignment.lead)
            .chain(self.assignment.co_responsible.iter().filter(|code| **code != self.assignment.lead))
    }

    /// The departments whose matter it is: its parties, and the one that is asked for help.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        self.parties().chain(self.blockage.as_ref().map(|blockage| &blockage.help_from))
    }

    /// Refuses unless the item is in this stage.
    pub(super) fn must_be(&self, needed: Stage) -> Result<(), Rejection> {
        if self.stage == needed { Ok(()) } else { Err(self.wrong_stage(needed.as_str())) }
    }

    pub(super) fn wrong_stage(&self, needed: &'static str) -> Rejection {
        Rejection::WrongStage { number: self.assignment.number.clone(), stage: self.stage.as_str(), needed }
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
            Event::BlockageReported { reason, help_from, .. } => {
                self.blockage = Some(Blockage { reason: reason.clone(), help_from: help_from.clone() });
            }
            Event::BlockageCleared { .. } => self.blockage = None,
            Event::ExtensionRequested { due_on, due_at, reason } => {
                self.extension =
                    Some(ExtensionRequest { due_on: *due_on, due_at: *due_at, reason: reason.clone() });
            }
            Event::ExtensionGranted { due_on, due_at, granted } => {
                (self.assignment.due_on, self.assignment.due_at) = (*due_on, *due_at);
                self.extensions_granted = *granted;
                self.extension = None;
            }
            Event::ExtensionRefused { .. } => self.extension = None,
            Event::CompletionClaimed { .. } => self.stop(Stage::Claimed),
            Event::Accepted { .. } => {
                self.percent = super::PERCENT_MAX;
                self.stage = Stage::Accepted;
            }
            Event::Returned { .. } => self.stage = Stage::Underway,
            Event::Reopened { due_on, due_at, .. } => {
                (self.assignment.due_on, self.assignment.due_at) = (*due_on, *due_at);
                self.holds = None;
                self.stage = Stage::Underway;
            }
            Event::Rescinded { .. } => self.stop(Stage::Rescinded),
            Event::LookBackRecorded { holds, .. } => self.holds = Some(*holds),
        }
    }

    /// Offers the item to its lead again.
    fn offer(&mut self, acknowledge_by: Timestamp) {
        self.assignment.acknowledge_by = acknowledge_by;
        self.stage = Stage::Assigned;
    }

    /// Ends the work, and with it a blockage and a request for an extension.
    fn stop(&mut self, stage: Stage) {
        self.stage = stage;
        self.blockage = None;
        self.extension = None;
    }
}
