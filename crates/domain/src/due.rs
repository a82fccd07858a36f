//! When something is due: on a date, a number of days or working days after another one, or a number of hours after a
//! moment.

use crate::calendar::{WORKING_DAYS_MAX, WorkingCalendar};
use crate::date::days_between;
use crate::{Date, Timestamp};
use jiff::SignedDuration;
use std::fmt;

/// Calendar days that a due date may be away, at most: ten years.
pub const DUE_DAYS_MAX: u32 = 3_650;
/// Hours that a due moment may be away, at most: thirty days.
pub const DUE_HOURS_MAX: u32 = 720;

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
    /// 小时内: this many hours after the moment of the command, at any time of any day.
    AfterHours(u32),
}

impl DueRule {
    /// The date that is meant, and its last moment, when days are counted from the date `from`; or the moment that is meant,
    /// and its date, when hours are counted from the moment `at`.
    pub fn due(self, from: Date, at: Timestamp, calendar: &WorkingCalendar) -> (Date, Timestamp) {
        let due_on = match self {
            DueRule::On(date) => date,
            DueRule::AfterDays(days) => calendar.after_days(from, days),
            DueRule::AfterWorkingDays(days) => calendar.after_working_days(from, days),
            DueRule::AfterHours(hours) => {
                let hours = SignedDuration::from_hours(i64::from(hours));
                let due_at = at.checked_add(hours).unwrap_or(Timestamp::MAX);
                return (calendar.date_of(due_at), due_at);
            }
        };
        (due_on, calendar.end_of(due_on))
    }

    /// Whether it is a moment, and not the end of a day.
    pub fn counts_hours(self) -> bool {
        matches!(self, DueRule::AfterHours(_))
    }

    /// The number of days and the most that is accepted, when it is more than that from `from` on.
    pub fn excess(self, from: Date) -> Option<(u32, u32)> {
        let (days, max) = match self {
            DueRule::On(date) => (days_between(from, date), DUE_DAYS_MAX),
            DueRule::AfterDays(days) => (days, DUE_DAYS_MAX),
            DueRule::AfterWorkingDays(days) => (days, WORKING_DAYS_MAX),
            DueRule::AfterHours(hours) => (hours.div_ceil(24), DUE_HOURS_MAX / 24),
        };
        (days > max).then_some((days, max))
    }
}

/// Until when whoever is to do something must acknowledge it, which is `usual` as a rule. Where something is due in hours from now,
/// half of the shortest such time is left for that.
pub fn acknowledge_by(dues: impl Iterator<Item = DueRule>, usual: Timestamp, now: Timestamp) -> Timestamp {
    let hours = dues.filter_map(|due| match due {
        DueRule::AfterHours(hours) => Some(hours),
        _ => None,
    });
    let half = hours.min().map(|hours| SignedDuration::from_mins(i64::from(hours) * 30));
    half.and_then(|half| now.checked_add(half).ok()).map_or(usual, |half| half.min(usual))
}

impl fmt::Display for DueRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DueRule::On(date) => write!(f, "on {date}"),
            DueRule::AfterDays(days) => write!(f, "{days} days later"),
            DueRule::AfterWorkingDays(days) => write!(f, "{days} working days later"),
            DueRule::AfterHours(hours) => write!(f, "{hours} hours later"),
        }
    }
}
