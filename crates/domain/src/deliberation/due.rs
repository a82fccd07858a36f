//! When something is due: on a date, or so many days or working days after it was decided.

use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::{Date, Timestamp};
use std::fmt;

/// Calendar days that a due date may lie ahead, at most: ten years.
pub const DUE_DAYS_MAX: u32 = 3_650;

/// How a due date was given; it becomes a date on the day of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueRule {
    /// On this date.
    On(Date),
    /// So many calendar days after the day of the decision.
    InDays(u32),
    /// So many working days after the day of the decision.
    InWorkingDays(u32),
}

impl DueRule {
    /// The date that the rule means when it is decided on `from`.
    pub fn date(self, from: Date, calendar: &WorkingCalendar) -> Date {
        match self {
            DueRule::On(date) => date,
            DueRule::InDays(days) => calendar.after_days(from, days),
            DueRule::InWorkingDays(days) => calendar.after_working_days(from, days),
        }
    }

    /// The last moment at which what is due may still be delivered in time.
    pub fn moment(self, from: Date, calendar: &WorkingCalendar) -> Timestamp {
        calendar.end_of(self.date(from, calendar))
    }

    /// Whether the number of days is one that is counted exactly.
    pub fn is_within_limits(self) -> bool {
        match self {
            DueRule::On(_) => true,
            DueRule::InDays(days) => days <= DUE_DAYS_MAX,
            DueRule::InWorkingDays(days) => days <= WORKING_DAYS_MAX,
        }
    }
}

impl fmt::Display for DueRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DueRule::On(date) => write!(f, "on {date}"),
            DueRule::InDays(days) => write!(f, "in {days} days"),
            DueRule::InWorkingDays(days) => write!(f, "in {days} working days"),
        }
    }
}
