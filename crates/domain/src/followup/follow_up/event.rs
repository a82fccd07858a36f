//! What can happen to a follow-up.

use super::{Cause, Subject, Tier};
use crate::followup::ladder::{Ladder, Rung, RungKind};
use crate::{Code, Date, Timestamp};

/// The events. Rungs in them are moments at which something will happen; they are added to those still to come, but for
/// those of the same kinds, whose place they take.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "the large one is the first of a follow-up, and short-lived")]
pub enum Event {
    /// An item is followed up.
    Planned {
        /// Which, and what it says.
        subject: Subject,
        /// The policy that its rungs were made by.
        ladder: Ladder,
        /// Every moment at which something will happen.
        rungs: Vec<Rung>,
    },
    /// Who judges the work was named.
    AcceptorNamed {
        /// Which department; none: the supervisors.
        acceptor: Option<Code>,
    },
    /// The lead took the item on.
    Acknowledged {
        /// When it will be asked for a report.
        rungs: Vec<Rung>,
        /// When it did; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// The lead disputed that it is its to do; the clock stops until that is ruled on.
    Contested {
        /// When the supervisor will be told that it waits for a ruling.
        rungs: Vec<Rung>,
        /// When it did; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// A contest was ruled on.
    ContestResolved {
        /// The department that leads now.
        lead: Code,
        /// Until when it must acknowledge.
        acknowledge_by: Timestamp,
        /// The rungs added for that.
        rungs: Vec<Rung>,
    },
    /// The lead reported how far it has come.
    Reported {
        /// When it will be asked for the next report.
        rungs: Vec<Rung>,
        /// When it did; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// A leader gave an instruction, of which the lead is told.
    Instructed {
        /// The lead.
        lead: Code,
        /// When the item is due.
        due_at: Timestamp,
    },
    /// The lead was urged on.
    Urged {
        /// Which department.
        lead: Code,
        /// When the item is due.
        due_at: Timestamp,
    },
    /// The work of a department cannot go on.
    Blocked {
        /// Which; not noted in old logs, as there was one for all.
        department: Option<Code>,
        /// The department asked for help.
        help_from: Code,
    },
    /// It can.
    Unblocked {
        /// Whose; in old logs none, and that of all.
        department: Option<Code>,
    },
    /// Nothing is owed for the time being; the clock stops.
    Paused {
        /// When; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// The item is owed again; the clock runs on.
    Resumed,
    /// The work is claimed to be done; the clock stops.
    Claimed {
        /// When whoever judges it will be told.
        rungs: Vec<Rung>,
        /// When it was; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// It is not done; the clock runs on.
    Returned,
    /// Another due date counts, with rungs of its own. What happened before stays in the record.
    Replanned {
        /// The date.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// Why.
        cause: Cause,
        /// Every moment at which something will happen, in place of those still to come.
        rungs: Vec<Rung>,
        /// When that was decided; not noted in old logs.
        at: Option<Timestamp>,
        /// The date that its lead promised first, if that may have moved.
        first_due_on: Option<Date>,
        /// The last moment of that date.
        first_due_at: Option<Timestamp>,
        /// Until when the lead must acknowledge, if that may have moved.
        acknowledge_by: Option<Timestamp>,
    },
    /// Another policy or another calendar counts; the due date stays.
    Reprojected {
        /// The policy.
        ladder: Ladder,
        /// Every moment at which something will happen, in place of those still to come.
        rungs: Vec<Rung>,
    },
    /// The item was accepted.
    Satisfied {
        /// When there will be a look-back.
        rungs: Vec<Rung>,
        /// When it was; not noted in old logs.
        at: Option<Timestamp>,
    },
    /// A look-back was recorded.
    LookedBack,
    /// A department contested, after the work was accepted, what a clerk had put down for it: the supervisor is told.
    Disputed {
        /// Which department.
        department: Code,
        /// When the item was due.
        due_at: Timestamp,
    },
    /// The item is no longer owed.
    Cancelled,
    /// The departments were reminded.
    Reminded {
        /// By which rung.
        rung: u32,
        /// Who is reminded.
        lead: Code,
        /// How far before the due moment the rung lies.
        days_before: u32,
        /// When the item is due.
        due_at: Timestamp,
        /// Calendar days that are left; not noted in old logs.
        days_left: Option<u32>,
    },
    /// The time to acknowledge is over.
    AcknowledgementOverdue {
        /// By which rung.
        rung: u32,
        /// Who has not acknowledged.
        lead: Code,
        /// Until when it should have.
        acknowledge_by: Timestamp,
    },
    /// The due moment has passed.
    Overdue {
        /// By which rung.
        rung: u32,
        /// Who is late.
        lead: Code,
        /// When the item was due.
        due_at: Timestamp,
        /// Whole days since then.
        days_late: u32,
    },
    /// Somebody above the lead was notified.
    Escalated {
        /// By which rung.
        rung: u32,
        /// Who.
        tier: Tier,
        /// Who is late.
        lead: Code,
        /// When the item was due.
        due_at: Timestamp,
        /// Whole days since then.
        days_late: u32,
    },
    /// Somebody was notified of what waits for them.
    Notified {
        /// By which rung.
        rung: u32,
        /// Of what.
        kind: RungKind,
        /// Who; none: the supervisor.
        department: Option<Code>,
        /// How long they have been waited for, in the unit of the ladder, or in months for a look-back; in old logs, the
        /// distance of the rung.
        distance: u32,
        /// When the item is or was due.
        due_at: Timestamp,
    },
    /// A reminder's time passed without it being sent, because a later notice says more.
    Skipped {
        /// Which rung.
        rung: u32,
        /// How far before the due moment it lay.
        days_before: u32,
    },
}

impl Event {
    /// Whether somebody is told something by it.
    pub fn is_notice(&self) -> bool {
        matches!(
            self,
            Event::Urged { .. }
                | Event::Instructed { .. }
                | Event::Disputed { .. }
                | Event::Reminded { .. }
                | Event::AcknowledgementOverdue { .. }
                | Event::Overdue { .. }
                | Event::Escalated { .. }
                | Event::Notified { .. }
        )
    }
}
