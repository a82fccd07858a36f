//! Before the decision: the directory, the meeting rules, and sessions.

pub mod booking;
pub mod calendar;
pub mod department;
pub mod member;
pub mod room;
pub mod rules;
pub mod session;
