//! Who takes part and when work is done: departments, members and the working calendar.

pub mod calendar;
pub mod department;
pub mod member;
