//! Before the decision: bodies, rooms, matters, sessions and emergencies.

pub mod agenda;
pub mod authority;
pub mod availability;
pub mod body;
pub mod booking;
pub mod cost;
pub mod diary;
pub mod emergency;
pub mod equipment;
pub mod free_busy;
pub mod matter;
pub mod poll;
pub mod quota;
pub mod room;
pub mod series;
pub mod session;
pub mod slots;
pub mod stewards;
pub mod timetable;
pub mod travel;

/// The context itself.
#[derive(Debug)]
pub struct Scheduling;

impl crate::spelling::Spelled for Scheduling {
    const CATEGORY: &'static str = "scheduling.spelling";
}

/// How the codes of bodies and of rooms are spelled.
pub type Spelling = crate::spelling::Spelling<Scheduling>;
