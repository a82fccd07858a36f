//! Follow-up's values and events.

use crate::followup::events::v1 as followup;
use crate::followup::v1 as api;
use crate::{wire_enum, wire_events, wire_struct};
use domain::followup::follow_up::{self, Cause, FollowUp, Stage, Subject, Tier};
use domain::followup::ladder::{Ladder, Rung, RungKind};

wire_enum!(RungKind => followup::RungKind { Acknowledgement, Reminder, Overdue, Supervisor, Leadership });
wire_enum!(Cause => followup::ReplanCause { Extension, Reopening });
wire_enum!(Tier => followup::EscalationTier, api::EscalationTier { Supervisor, Leadership });
wire_enum!(Stage => api::FollowUpStage { Open, Claimed, Satisfied, Cancelled });

wire_struct!(Rung => followup::Rung { number, kind, days, due_at });
wire_struct!(Ladder => followup::Ladder { reminder_days, supervisor_days, leadership_days });
wire_struct!(Subject => followup::FollowUpSubject {
    resolution_id: resolution,
    number,
    title,
    lead_code: lead,
    co_responsible_codes: co_responsible,
    due_on,
    due_at,
    acknowledge_by,
    time_zone: zone,
});

wire_events!(FollowUp, follow_up::Event => followup {
    Planned => FollowUpPlanned { subject, ladder, rungs },
    Acknowledged => FollowUpAcknowledged {},
    Contested => FollowUpContested {},
    ContestResolved => FollowUpContestResolved { lead_code: lead, acknowledge_by, rungs },
    Blocked => FollowUpBlocked { help_from_code: help_from },
    Unblocked => FollowUpUnblocked {},
    Claimed => FollowUpClaimed {},
    Returned => FollowUpReturned {},
    Replanned => FollowUpReplanned { due_on, due_at, cause, rungs },
    Satisfied => FollowUpSatisfied {},
    Cancelled => FollowUpCancelled {},
    Reminded => FollowUpReminded { rung_number: rung, lead_code: lead, days_before, due_at },
    AcknowledgementOverdue => FollowUpAcknowledgementOverdue {
        rung_number: rung, lead_code: lead, acknowledge_by,
    },
    Overdue => FollowUpOverdue { rung_number: rung, lead_code: lead, due_at, days_late },
    Escalated => FollowUpEscalated { rung_number: rung, tier, lead_code: lead, due_at, days_late },
    Skipped => FollowUpSkipped { rung_number: rung, days_before },
});

#[cfg(test)]
pub(super) mod samples;
