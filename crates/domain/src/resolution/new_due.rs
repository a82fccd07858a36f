//! A due date that takes the place of another.

use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::{Date, Timestamp};
use std::fmt;

/// Calendar days by which a due date may be moved at once, at most: ten years.
pub const NEW_DUE_DAYS_MAX: u32 = 3_650;

/// How a new due date is given. Days are counted from the old due date, or from today when that is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NewDue {
    /// On this date.
    On(Date),
    /// So many calendar days on.
    Days(u32),
    /// So many working days on.
    WorkingDays(u32),
}

impl NewDue {
    /// The date that is meant, when the old one is `due` and it is now `at`.
    pub fn date(self, due: Date, at: Timestamp, calendar: &WorkingCalendar) -> Date {
        let from = due.max(calendar.date_of(at));
        match self {
            NewDue::On(date) => date,
            NewDue::Days(days) => calendar.after_days(from, days),
            NewDue::WorkingDays(days) => calendar.after_working_days(from, days),
        }
    }

    /// The number of days and the most that is taken, when it is more than that.
    pub fn excess(self) -> Option<(u32, u32)> {
        let (days, max) = match self {
            NewDue::On(_) => return None,
            NewDue::Days(days) => (days, NEW_DUE_DAYS_MAX),
            NewDue::WorkingDays(days) => (days, WORKING_DAYS_MAX),
        };
        (days > max).then_some((days, max))
    }
}

impl fmt::Display for NewDue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NewDue::On(date) => write!(f, "on {date}"),
            NewDue::Days(days) => write!(f, "{days} days on"),
            NewDue::WorkingDays(days) => write!(f, "{days} working days on"),
        }
    }
}
