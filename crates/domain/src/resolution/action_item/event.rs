//! What can happen to an action item.

use super::Assignment;
use crate::resolution::evidence::Evidence;
use crate::{Code, Date, Text, Timestamp};

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The item was assigned.
    Assigned {
        /// What is owed, by whom, until when.
        assignment: Assignment,
    },
    /// The lead acknowledged it.
    Acknowledged {
        /// The lead.
        department: Code,
    },
    /// The lead disputed that it is its own to do.
    Contested {
        /// The lead.
        department: Code,
        /// Why.
        reason: Text,
    },
    /// The contest was dismissed; the lead stays the lead.
    ContestDismissed {
        /// Why.
        reason: Text,
        /// Until when the lead must acknowledge now.
        acknowledge_by: Timestamp,
    },
    /// Another department leads from now on.
    Reassigned {
        /// Which.
        lead: Code,
        /// Why.
        reason: Text,
        /// Until when it must acknowledge.
        acknowledge_by: Timestamp,
    },
    /// A department reported how far its work has come.
    ProgressReported {
        /// Which.
        department: Code,
        /// How much is done, in percent.
        percent: u32,
        /// What was done.
        note: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// A department reported that the work cannot go on.
    BlockageReported {
        /// Which.
        department: Code,
        /// Why.
        reason: Text,
        /// The department that could help.
        help_from: Code,
    },
    /// A department reported that the work can go on.
    BlockageCleared {
        /// Which.
        department: Code,
        /// What changed.
        note: Text,
    },
    /// The lead requested a later due date.
    ExtensionRequested {
        /// The date.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// Why.
        reason: Text,
    },
    /// The due date was moved.
    ExtensionGranted {
        /// The date.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// How many times it has been moved, this time included.
        granted: u32,
    },
    /// The due date was left as it is.
    ExtensionRefused {
        /// Why.
        reason: Text,
    },
    /// The lead claimed that the work is done. That ends a blockage, and a request for an extension.
    CompletionClaimed {
        /// The lead.
        department: Code,
        /// What was done.
        summary: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// The criterion was found met.
    Accepted {
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// A remark.
        note: Option<Text>,
    },
    /// The criterion was found not met; the work goes on.
    Returned {
        /// The department that found this; none when the person speaks for no department.
        department: Option<Code>,
        /// What is lacking.
        reason: Text,
    },
    /// The acceptance was revoked; the work goes on.
    Reopened {
        /// Why.
        reason: Text,
        /// When it is due now.
        due_on: Date,
        /// The last moment of that date.
        due_at: Timestamp,
    },
    /// The item is no longer owed.
    Rescinded {
        /// Why.
        reason: Text,
    },
    /// A look-back was recorded: whether the result lasts, some time after acceptance.
    LookBackRecorded {
        /// The department that looked; none when the person speaks for no department.
        department: Option<Code>,
        /// What was found.
        observation: Text,
        /// Whether the result holds.
        holds: bool,
    },
}
