//! A due date that takes the place of another.

use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::date::days_between;
use crate::{Date, Timestamp};
use std::fmt;

/// Calendar days by which a due date may be moved at once, at most: ten years.
pub const DUE_DAYS_MAX: u32 = 3_650;

/// How a new due date is given. Days are counted from the old due date, or from today when that is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueRule {
    /// On this date.
    On(Date),
    /// This many calendar days later.
    AfterDays(u32),
    /// This many working days later.
    AfterWorkingDays(u32),
}

impl DueRule {
    /// The date that is meant, when the old one is `due_on` and it is now `at`.
    pub fn date(self, due_on: Date, at: Timestamp, calendar: &WorkingCalendar) -> Date {
        let from = counted_from(due_on, at, calendar);
        match self {
            DueRule::On(date) => date,
            DueRule::AfterDays(days) => calendar.after_days(from, days),
            DueRule::AfterWorkingDays(days) => calendar.after_working_days(from, days),
        }
    }

    /// The number of days and the most that is accepted, when it is more than that.
    pub fn excess(self, due_on: Date, at: Timestamp, calendar: &WorkingCalendar) -> Option<(u32, u32)> {
        let (days, max) = match self {
            DueRule::On(date) => (days_between(counted_from(due_on, at, calendar), date), DUE_DAYS_MAX),
            DueRule::AfterDays(days) => (days, DUE_DAYS_MAX),
            DueRule::AfterWorkingDays(days) => (days, WORKING_DAYS_MAX),
        };
        (days > max).then_some((days, max))
    }
}

fn counted_from(due_on: Date, at: Timestamp, calendar: &WorkingCalendar) -> Date {
    due_on.max(calendar.date_of(at))
}

impl fmt::Display for DueRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DueRule::On(date) => write!(f, "on {date}"),
            DueRule::AfterDays(days) => write!(f, "{days} days later"),
            DueRule::AfterWorkingDays(days) => write!(f, "{days} working days later"),
        }
    }
}
