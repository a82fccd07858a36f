//! What can happen to an action item.

use super::Assignment;
use crate::resolution::evidence::Evidence;
use crate::{Code, Date, Text, Timestamp};

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The item was assigned.
    Assigned {
        /// What, to whom, until when.
        assignment: Assignment,
    },
    /// The lead took it on.
    Acknowledged {
        /// The lead.
        department: Code,
    },
    /// The lead said that it is not its own.
    Contested {
        /// The lead.
        department: Code,
        /// Why.
        reason: Text,
    },
    /// The assignment stands.
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
    /// A department said how far its work has come.
    ProgressReported {
        /// Which.
        department: Code,
        /// How much is done.
        percent: u32,
        /// In words.
        note: Text,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// The work cannot go on.
    Blocked {
        /// Who says so.
        department: Code,
        /// Why.
        reason: Text,
        /// The department that could help.
        help_from: Code,
    },
    /// The work can go on.
    Unblocked {
        /// Who says so.
        department: Code,
        /// What changed.
        note: Text,
    },
    /// The lead asked for a later due date.
    ExtensionRequested {
        /// The date.
        due: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// Why.
        reason: Text,
    },
    /// The due date was moved.
    ExtensionGranted {
        /// The date.
        due: Date,
        /// The last moment of that date.
        due_at: Timestamp,
        /// How often it was moved by now.
        granted: u32,
    },
    /// The due date stays.
    ExtensionRefused {
        /// Why.
        reason: Text,
    },
    /// The lead said that the work is done. A blockage or a wish for an extension is no more.
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
        /// Who found so; none when nobody's department did.
        department: Option<Code>,
        /// In words.
        note: Option<Text>,
    },
    /// The criterion was found not met; the work goes on.
    Returned {
        /// Who found so; none when nobody's department did.
        department: Option<Code>,
        /// What is lacking.
        reason: Text,
    },
    /// The acceptance was taken back; the work goes on.
    Reopened {
        /// Why.
        reason: Text,
        /// When it is due now.
        due: Date,
        /// The last moment of that date.
        due_at: Timestamp,
    },
    /// The item is not owed any more.
    Rescinded {
        /// Why.
        reason: Text,
    },
    /// Somebody looked, some time after acceptance.
    LookedBack {
        /// Who; none when nobody's department did.
        department: Option<Code>,
        /// What was seen.
        finding: Text,
        /// Whether the result holds.
        holds: bool,
    },
}
