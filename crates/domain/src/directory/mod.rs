//! Who takes part and when work is done: departments and their hierarchy, members and the working calendar.

pub mod calendar;
pub mod department;
pub mod hierarchy;
pub mod member;
pub mod sign_out;
