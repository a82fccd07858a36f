//! A follow-up learns what becomes of its action item, which has the same id.

use crate::calendar::WorkingCalendar;
use crate::followup::follow_up::{self, Cause, Moved, Subject};
use crate::followup::ladder::Ladder;
use crate::resolution::action_item::put_down::Kind;
use crate::resolution::action_item::{self, Assignment, Due, Event, Item, PartStage, Stage};
use crate::{Code, Timestamp, Uuid};

/// This process manager's name.
pub const NAME: &str = "plan_followup";

/// What is known where the reaction takes place.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The working calendar in force.
    pub calendar: WorkingCalendar,
    /// The body that decided the item, if it is known.
    pub body: Option<Code>,
    /// Its ladder.
    pub ladder: Ladder,
    /// When the event happened, which may be learned of later.
    pub at: Timestamp,
}

/// What follows from an event of an item; `state` is the item just after it.
pub fn react(
    id: Uuid,
    around: &Surroundings,
    state: &action_item::State,
    event: &action_item::Event,
) -> Vec<(Uuid, follow_up::Command)> {
    let command = state.item().and_then(|item| command(around, item, event));
    let learned = |command| follow_up::Command::Learn { at: around.at, command: Box::new(command) };
    command.map(|command| (id, learned(command))).into_iter().collect()
}

fn command(around: &Surroundings, item: &Item, event: &Event) -> Option<follow_up::Command> {
    use follow_up::Command;
    let calendar = around.calendar.clone();
    Some(match event {
        Event::Assigned { assignment } => {
            Command::Plan { subject: subject(assignment, around), ladder: around.ladder.clone(), calendar }
        }
        Event::AcceptorNamed { acceptor, .. } => Command::NameAcceptor { acceptor: acceptor.clone() },
        Event::Acknowledged { .. } => Command::Acknowledge { calendar },
        Event::Contested { .. } => Command::Contest { calendar },
        Event::ContestDismissed { acknowledge_by, due, .. } => Command::ResolveContest {
            lead: item.assignment.lead.clone(),
            acknowledge_by: *acknowledge_by,
            due: due.map(|_| moved(item)),
            calendar,
        },
        Event::Reassigned { acknowledge_by, due, .. } => Command::ResolveContest {
            lead: item.assignment.lead.clone(),
            acknowledge_by: *acknowledge_by,
            due: due.map(|_| moved(item)),
            calendar,
        },
        Event::ProgressReported { department, .. } if *department == item.assignment.lead => {
            Command::Report { calendar }
        }
        Event::Urged { .. } => Command::Urge,
        Event::Instructed { .. } => Command::Instruct,
        Event::BlockageReported { department, help_from, .. } => {
            Command::Block { department: department.clone(), help_from: help_from.clone() }
        }
        Event::BlockageCleared { blocked, .. } => Command::Unblock { department: blocked.clone() },
        Event::PartClaimed { department, .. } => Command::Unblock { department: Some(department.clone()) },
        Event::ExtensionGranted { due_on, due_at, .. } => {
            Command::Replan { due_on: *due_on, due_at: *due_at, cause: Cause::Extension, calendar }
        }
        Event::CompletionClaimed { .. } => Command::Claim { calendar },
        Event::Accepted { .. } => Command::Satisfy { calendar },
        Event::Returned { due, .. } => Command::Return { due: due.map(|_| moved(item)), calendar },
        Event::Reopened { due_on, due_at, .. } => {
            Command::Replan { due_on: *due_on, due_at: *due_at, cause: Cause::Reopening, calendar }
        }
        Event::Suspended { .. } | Event::DependencyAdded { .. } => Command::Pause,
        Event::Resumed { due, .. } | Event::Released { due, .. } if !is_held(item) => {
            Command::Resume { due: due.map(|_| moved(item)), calendar }
        }
        Event::LookBackRecorded { .. } => Command::LookBack,
        Event::Rescinded { .. } => Command::Cancel,
        Event::PutDownContested { department, kind, acknowledge_by, due, .. } => {
            let due = due.map(|_| moved(item));
            return taken_back(item, department, *kind, *acknowledge_by, due, calendar);
        }
        Event::PartAcknowledged { .. }
        | Event::ProgressReported { .. }
        | Event::HelpAcknowledged { .. }
        | Event::HelpGiven { .. }
        | Event::ExtensionRequested { .. }
        | Event::ExtensionRefused { .. }
        | Event::PartAccepted { .. }
        | Event::PartReturned { .. }
        | Event::Resumed { .. }
        | Event::Released { .. }
        | Event::DependantNoted { .. }
        | Event::PlacedBelow { .. }
        | Event::SubItemNoted { .. }
        | Event::SessionNoted { .. }
        | Event::EvidenceKept { .. }
        | Event::PutDown { .. } => return None,
    })
}

/// What it means that something was not said after all; `item` is as it is without it. Where the work was accepted on it,
/// nothing is undone, and the supervisor is told.
fn taken_back(
    item: &Item,
    department: &Code,
    kind: Kind,
    acknowledge_by: Option<Timestamp>,
    due: Option<Moved>,
    calendar: WorkingCalendar,
) -> Option<follow_up::Command> {
    use follow_up::Command;
    let lead = &item.assignment.lead;
    let part = item.parts.iter().find(|part| part.department == *department);
    let part_is_accepted = part.is_some_and(|part| part.stage == PartStage::Accepted);
    match kind {
        _ if item.stage == Stage::Accepted || (part_is_accepted && department != lead) => {
            Some(Command::Dispute { department: department.clone() })
        }
        Kind::Blockage => Some(Command::Unblock { department: Some(department.clone()) }),
        Kind::Acknowledgement | Kind::Contest => {
            let acknowledge_by = acknowledge_by?;
            Some(Command::ResolveContest { lead: lead.clone(), acknowledge_by, due, calendar })
        }
        Kind::Completion if department == lead && item.stage == Stage::Underway => {
            Some(Command::Return { due, calendar })
        }
        _ => None,
    }
}

/// Whether nothing is owed for the time being, whatever the item's stage is.
fn is_held(item: &Item) -> bool {
    item.suspension.is_some() || !item.waits_for.is_empty()
}

/// When it is due now, after the clock stood still or another department was named to lead.
fn moved(item: &Item) -> Moved {
    let Assignment { due_on, due_at, acknowledge_by, .. } = item.assignment;
    let Due { due_on: first_due_on, due_at: first_due_at } = item.first_due;
    Moved {
        due_on,
        due_at,
        first_due: Some((first_due_on, first_due_at)),
        acknowledge_by: Some(acknowledge_by),
    }
}

fn subject(assignment: &Assignment, around: &Surroundings) -> Subject {
    Subject {
        resolution: assignment.resolution,
        body: around.body.clone(),
        number: assignment.number.clone(),
        title: assignment.title.clone(),
        lead: assignment.lead.clone(),
        co_responsible: assignment.co_responsible.clone(),
        due_on: assignment.due_on,
        due_at: assignment.due_at,
        acknowledge_by: assignment.acknowledge_by,
        zone: around.calendar.zone().clone(),
    }
}

#[cfg(test)]
mod tests;
