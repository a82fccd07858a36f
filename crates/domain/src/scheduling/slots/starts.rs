//! The starts that are looked at.

use super::{Busy, Wanted};
use crate::calendar::{WORK_BEGINS_HOUR, WorkingCalendar};
use jiff::SignedDuration;

/// Minutes from one start to the next.
pub const START_MINUTES: i64 = 30;
/// The hour at which a working day ends.
pub const WORK_ENDS_HOUR: i8 = 18;
/// Days that are looked at when no end is given.
pub const WINDOW_DAYS_DEFAULT: i64 = 30;
/// Days that are looked at, at most.
pub const WINDOW_DAYS_MAX: i64 = 92;

/// The times at which the session could take place: within working hours on a working day, unless it is urgent. One
/// that is longer than a working day begins with it.
pub(in crate::scheduling) fn of(wanted: &Wanted, calendar: &WorkingCalendar) -> Vec<Busy> {
    let longest = wanted.from_at + SignedDuration::from_hours(24 * WINDOW_DAYS_MAX);
    let until_at = wanted.until_at.min(longest);
    let length = SignedDuration::from_mins(i64::from(wanted.duration_minutes));
    let mut times = Vec::new();
    let mut date = calendar.date_of(wanted.from_at);
    while calendar.start_of(date) < until_at {
        let begins = |hour| calendar.zone().at_hour(date, hour);
        let (first, end) = if wanted.is_urgent {
            (calendar.start_of(date), calendar.start_of(calendar.after_days(date, 1)) + length)
        } else {
            (begins(WORK_BEGINS_HOUR), begins(WORK_ENDS_HOUR).max(begins(WORK_BEGINS_HOUR) + length))
        };
        if wanted.is_urgent || calendar.is_working_day(date) {
            let starts = std::iter::successors(Some(first), |start| {
                Some(*start + SignedDuration::from_mins(START_MINUTES))
            });
            let of_the_day = starts.map(|starts_at| Busy { starts_at, ends_at: starts_at + length });
            let is_last = |time: &Busy| time.ends_at > end || wanted.is_urgent && time.ends_at == end;
            let within = |time: &Busy| (wanted.from_at..until_at).contains(&time.starts_at);
            times.extend(of_the_day.take_while(|time| !is_last(time)).filter(within));
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    times
}
