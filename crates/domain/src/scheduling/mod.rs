//! Before the decision: bodies, rooms and sessions.

pub mod authority;
pub mod body;
pub mod booking;
pub mod room;
pub mod session;
