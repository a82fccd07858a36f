//! Resolution's values and events.

use crate::resolution::events::v1 as resolution;
use crate::resolution::v1 as api;
use crate::wire::missing;
use crate::{Invalid, Wire, wire_enum, wire_events, wire_required, wire_struct};
use domain::Date;
use domain::resolution::action_item::{self, ActionItem, Assignment, Stage};
use domain::resolution::evidence::Evidence;
use domain::resolution::new_due::NewDue;
use domain::resolution::register::{self, Register};
use domain::resolution::resolution::{Event as ResolutionEvent, Registration, Resolution, Votes};

wire_struct!(Votes => resolution::ResolutionVotes {
    method, eligible, recused, quorum, cast, yes, no, abstain, base, needed, sentence,
});
wire_struct!(Registration => resolution::ResolutionRegistration {
    number, session, topic, body, title, text, declaratory, decided_on, votes, dissent, items,
});
wire_struct!(Evidence => resolution::Evidence { title, sha256, uri });
wire_struct!(Assignment => resolution::ActionItemAssignment {
    resolution, number, title, deliverable, criterion, lead, co_responsible, due, due_at, acknowledge_by,
});
wire_enum!(Stage => api::ItemStage { Assigned, Contested, Underway, Claimed, Accepted, Rescinded });

impl Wire<api::NewDue> for NewDue {
    fn to_wire(&self) -> api::NewDue {
        use api::new_due::Rule as There;
        let rule = match *self {
            NewDue::On(date) => There::On(date.to_wire()),
            NewDue::Days(days) => There::Days(days),
            NewDue::WorkingDays(days) => There::WorkingDays(days),
        };
        api::NewDue { rule: Some(rule) }
    }
    fn from_wire(wire: api::NewDue) -> Result<Self, Invalid> {
        use api::new_due::Rule as There;
        match wire.rule.ok_or_else(missing)? {
            There::On(date) => Date::from_wire(date).map(NewDue::On).map_err(|fault| fault.within("on")),
            There::Days(days) => Ok(NewDue::Days(days)),
            There::WorkingDays(days) => Ok(NewDue::WorkingDays(days)),
        }
    }
}
wire_required!(NewDue => api::NewDue);

wire_events!(Register, register::Event => resolution {
    NumberIssued => RegisterNumberIssued { body, year, resolution, serial, number },
});

wire_events!(Resolution, ResolutionEvent => resolution {
    Registered => ResolutionRegistered { registration },
    Rescinded => ResolutionRescinded { reason },
    Superseded => ResolutionSuperseded { by, reason },
});

wire_events!(ActionItem, action_item::Event => resolution {
    Assigned => ActionItemAssigned { assignment },
    Acknowledged => ActionItemAcknowledged { department },
    Contested => ActionItemContested { department, reason },
    ContestDismissed => ActionItemContestDismissed { reason, acknowledge_by },
    Reassigned => ActionItemReassigned { lead, reason, acknowledge_by },
    ProgressReported => ActionItemProgressReported { department, percent, note, evidence },
    Blocked => ActionItemBlocked { department, reason, help_from },
    Unblocked => ActionItemUnblocked { department, note },
    ExtensionRequested => ActionItemExtensionRequested { due, due_at, reason },
    ExtensionGranted => ActionItemExtensionGranted { due, due_at, granted },
    ExtensionRefused => ActionItemExtensionRefused { reason },
    CompletionClaimed => ActionItemCompletionClaimed { department, summary, evidence },
    Accepted => ActionItemAccepted { department, note },
    Returned => ActionItemReturned { department, reason },
    Reopened => ActionItemReopened { reason, due, due_at },
    Rescinded => ActionItemRescinded { reason },
    LookedBack => ActionItemLookedBack { department, finding, holds },
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
