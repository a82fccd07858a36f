//! Before the decision: rooms, meeting rules and sessions.

pub mod booking;
pub mod room;
pub mod rules;
pub mod session;
