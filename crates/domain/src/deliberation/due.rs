//! When something is due: on a date, or a number of days or working days after it was decided.

use crate::Date;
use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::date::days_between;

/// Calendar days after which something may be due, at most: ten years.
pub const DUE_DAYS_MAX: u32 = 3_650;

/// How a due date is given; it becomes a date on the day of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueRule {
    /// On this date.
    On(Date),
    /// This many calendar days after the day of the decision.
    AfterDays(u32),
    /// This many working days after the day of the decision.
    AfterWorkingDays(u32),
}

impl DueRule {
    /// The date that the rule means when it is decided on `from`.
    pub fn date(self, from: Date, calendar: &WorkingCalendar) -> Date {
        match self {
            DueRule::On(date) => date,
            DueRule::AfterDays(days) => calendar.after_days(from, days),
            DueRule::AfterWorkingDays(days) => calendar.after_working_days(from, days),
        }
    }

    /// The number of days and the most that is accepted, when it is more than that and is decided on `from`.
    pub fn out_of_range(self, from: Date) -> Option<(u32, u32)> {
        let (days, max) = match self {
            DueRule::On(date) => (days_between(from, date), DUE_DAYS_MAX),
            DueRule::AfterDays(days) => (days, DUE_DAYS_MAX),
            DueRule::AfterWorkingDays(days) => (days, WORKING_DAYS_MAX),
        };
        (days > max).then_some((days, max))
    }
}
