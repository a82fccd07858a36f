//! What can happen to a follow-up.

use super::{Cause, Subject, Tier};
use crate::followup::ladder::{Ladder, Rung};
use crate::{Code, Date, Timestamp};

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The lead took the item on.
    Acknowledged,
    /// The lead disputed that it is its to do; nobody has to acknowledge until that is ruled on.
    Contested,
    /// A contest was ruled on.
    ContestResolved {
        /// The department that leads now.
        lead: Code,
        /// Until when it must acknowledge.
        acknowledge_by: Timestamp,
        /// The rungs added for that.
        rungs: Vec<Rung>,
    },
    /// The work cannot go on.
    Blocked {
        /// The department asked for help.
        help_from: Code,
    },
    /// It can.
    Unblocked,
    /// The work is claimed to be done; the clock stops.
    Claimed,
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
    },
    /// The item was accepted.
    Satisfied,
    /// The item is no longer owed.
    Cancelled,
    /// The departments were reminded.
    Reminded {
        /// By which rung.
        rung: u32,
        /// Who is reminded.
        lead: Code,
        /// How many days before the due moment the rung lies.
        days_before: u32,
        /// When the item is due.
        due_at: Timestamp,
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
    /// A reminder's time passed without it being sent, because a later notice says more.
    Skipped {
        /// Which rung.
        rung: u32,
        /// How many days before the due moment it lay.
        days_before: u32,
    },
}
