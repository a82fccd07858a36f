//! One thing to be done under a decision, as it passes from the context that decides to the one that has it done.

use crate::{Code, Date, Line, Text, Timestamp};

/// One thing to be done under a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedItem {
    /// Its number: within the docket, or within a decision that was adopted elsewhere.
    pub number: u32,
    /// Its title.
    pub title: Line,
    /// What is to be delivered.
    pub deliverable: Text,
    /// How to tell that it is done.
    pub criterion: Text,
    /// 牵头: the department that answers for it.
    pub lead: Code,
    /// 配合: the departments that support it.
    pub co_responsible: Vec<Code>,
    /// The day on which it is due.
    pub due_on: Date,
    /// The last moment of that day.
    pub due_at: Timestamp,
}
