//! Before the decision: the directory, the meeting rules, and sessions.

pub mod department;
