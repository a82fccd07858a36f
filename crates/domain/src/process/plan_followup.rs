//! A follow-up learns what becomes of its action item, which has the same id.

use crate::Uuid;
use crate::calendar::Zone;
use crate::followup::follow_up::{self, Cause, Subject};
use crate::followup::ladder::Ladder;
use crate::resolution::action_item::{self, Assignment, Event};

/// This process manager's name.
pub const NAME: &str = "plan_followup";

/// What follows from an event of an item; `state` is the item just after it. Days are counted in the zone.
pub fn react(
    id: Uuid,
    zone: &Zone,
    state: &action_item::State,
    event: &action_item::Event,
) -> Vec<(Uuid, follow_up::Command)> {
    command(zone, state, event).map(|command| (id, command)).into_iter().collect()
}

fn command(zone: &Zone, state: &action_item::State, event: &Event) -> Option<follow_up::Command> {
    use follow_up::Command;
    let lead = state.item().map(|item| item.assignment.lead.clone())?;
    Some(match event {
        Event::Assigned { assignment } => {
            Command::Plan { subject: subject(assignment, zone), ladder: Ladder::default() }
        }
        Event::Acknowledged { .. } => Command::Acknowledge,
        Event::Contested { .. } => Command::Contest,
        Event::ContestDismissed { acknowledge_by, .. } | Event::Reassigned { acknowledge_by, .. } => {
            Command::ResolveContest { lead, acknowledge_by: *acknowledge_by }
        }
        Event::BlockageReported { help_from, .. } => Command::Block { help_from: help_from.clone() },
        Event::BlockageCleared { .. } => Command::Unblock,
        Event::ExtensionGranted { due_on, due_at, .. } => {
            Command::Replan { due_on: *due_on, due_at: *due_at, cause: Cause::Extension }
        }
        Event::CompletionClaimed { .. } => Command::Claim,
        Event::Accepted { .. } => Command::Satisfy,
        Event::Returned { .. } => Command::Return,
        Event::Reopened { due_on, due_at, .. } => {
            Command::Replan { due_on: *due_on, due_at: *due_at, cause: Cause::Reopening }
        }
        Event::Rescinded { .. } => Command::Cancel,
        Event::ProgressReported { .. }
        | Event::ExtensionRequested { .. }
        | Event::ExtensionRefused { .. }
        | Event::LookBackRecorded { .. } => return None,
    })
}

fn subject(assignment: &Assignment, zone: &Zone) -> Subject {
    Subject {
        resolution: assignment.resolution,
        number: assignment.number.clone(),
        title: assignment.title.clone(),
        lead: assignment.lead.clone(),
        co_responsible: assignment.co_responsible.clone(),
        due_on: assignment.due_on,
        due_at: assignment.due_at,
        acknowledge_by: assignment.acknowledge_by,
        zone: zone.clone(),
    }
}

#[cfg(test)]
mod tests;
