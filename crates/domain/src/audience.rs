//! Whom a thing concerns: who may know of it.

use crate::Code;

/// Who may know of a thing. For everybody else it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'s> {
    /// Everybody: it is nobody's matter, as a room or the calendar.
    Everybody,
    /// The departments that take part in it.
    Departments(Vec<&'s Code>),
}

impl<'s> Audience<'s> {
    /// These departments; one may be named several times.
    pub fn of(departments: impl IntoIterator<Item = &'s Code>) -> Audience<'s> {
        Audience::Departments(departments.into_iter().collect())
    }
}
