//! Follow-up's values and events.

use crate::followup::events::v1 as followup;
use crate::followup::v1 as api;
use crate::{Invalid, Wire, wire_enum, wire_events, wire_struct};
use domain::followup::follow_up::{self, Cause, FollowUp, Stage, Subject, Tier};
use domain::followup::ladder::{Ladder, Rung, RungKind, Unit};
use domain::followup::ladder_policy::{self, LadderPolicy};

wire_enum!(RungKind => followup::RungKind {
    Acknowledgement, Reminder, Overdue, Supervisor, Leadership, Judgement, Ruling, Report, Stale, LookBack,
});
wire_enum!(Cause => followup::ReplanCause { Extension, Reopening, Pause, Reassignment });
wire_enum!(Tier => followup::EscalationTier, api::EscalationTier { Supervisor, Leadership });
wire_enum!(Stage => api::FollowUpStage { Open, Claimed, Satisfied, Cancelled });
wire_enum!(Unit => followup::LadderUnit, api::LadderUnit { WorkingDays, Hours });

/// Unset: working days, which are usual.
impl Wire<Option<i32>> for Unit {
    fn to_wire(&self) -> Option<i32> {
        (*self != Unit::default()).then(|| self.to_wire())
    }
    fn from_wire(wire: Option<i32>) -> Result<Self, Invalid> {
        wire.map_or(Ok(Unit::default()), Unit::from_wire)
    }
}

wire_struct!(Rung => followup::Rung { number, kind, days, due_at });
wire_struct!(Ladder => followup::Ladder, api::Ladder {
    unit,
    reminder_days: reminders,
    supervisor_days: supervisor,
    leadership_days: leadership,
    judgement_days: judgement,
    ruling_days: ruling,
    report_days: report,
    stale_days: stale,
    look_back_months,
});
wire_struct!(Subject => followup::FollowUpSubject {
    resolution_id: resolution,
    body_code: body,
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
    AcceptorNamed => FollowUpAcceptorNamed { acceptor_code: acceptor },
    Acknowledged => FollowUpAcknowledged { rungs, happened_at: at },
    Contested => FollowUpContested { rungs, happened_at: at },
    ContestResolved => FollowUpContestResolved { lead_code: lead, acknowledge_by, rungs },
    Reported => FollowUpReported { rungs, happened_at: at },
    Urged => FollowUpUrged { lead_code: lead, due_at },
    Instructed => FollowUpInstructed { lead_code: lead, due_at },
    Disputed => FollowUpDisputed { department_code: department, due_at },
    Blocked => FollowUpBlocked { department_code: department, help_from_code: help_from },
    Unblocked => FollowUpUnblocked { department_code: department },
    Paused => FollowUpPaused { happened_at: at },
    Resumed => FollowUpResumed {},
    Claimed => FollowUpClaimed { rungs, happened_at: at },
    Returned => FollowUpReturned {},
    Replanned => FollowUpReplanned {
        due_on, due_at, cause, rungs, happened_at: at, first_due_on, first_due_at, acknowledge_by,
    },
    Reprojected => FollowUpReprojected { ladder, rungs },
    Satisfied => FollowUpSatisfied { rungs, happened_at: at },
    LookedBack => FollowUpLookedBack {},
    Cancelled => FollowUpCancelled {},
    Reminded => FollowUpReminded { rung_number: rung, lead_code: lead, days_before, due_at, days_left },
    AcknowledgementOverdue => FollowUpAcknowledgementOverdue {
        rung_number: rung, lead_code: lead, acknowledge_by,
    },
    Overdue => FollowUpOverdue { rung_number: rung, lead_code: lead, due_at, days_late },
    Escalated => FollowUpEscalated { rung_number: rung, tier, lead_code: lead, due_at, days_late },
    Notified => FollowUpNotified { rung_number: rung, kind, department_code: department, distance, due_at },
    Skipped => FollowUpSkipped { rung_number: rung, days_before },
});

wire_events!(LadderPolicy, ladder_policy::Event => followup {
    Defined => LadderDefined { body_code: body, ladder, reason },
});

#[cfg(test)]
pub(super) mod samples;
