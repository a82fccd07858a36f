//! When something is due: on a date, or a number of days or working days after another one.

use crate::Date;
use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::date::days_between;
use std::fmt;

/// Calendar days that a due date may be away, at most: ten years.
pub const DUE_DAYS_MAX: u32 = 3_650;

/// How a due date is given. Days are counted from a date that the command names: the day of the decision, or the due
/// date so far.
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
    /// The date that is meant when days are counted from `from`.
    pub fn date(self, from: Date, calendar: &WorkingCalendar) -> Date {
        match self {
            DueRule::On(date) => date,
            DueRule::AfterDays(days) => calendar.after_days(from, days),
            DueRule::AfterWorkingDays(days) => calendar.after_working_days(from, days),
        }
    }

    /// The number of days and the most that is accepted, when it is more than that from `from` on.
    pub fn excess(self, from: Date) -> Option<(u32, u32)> {
        let (days, max) = match self {
            DueRule::On(date) => (days_between(from, date), DUE_DAYS_MAX),
            DueRule::AfterDays(days) => (days, DUE_DAYS_MAX),
            DueRule::AfterWorkingDays(days) => (days, WORKING_DAYS_MAX),
        };
        (days > max).then_some((days, max))
    }
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
