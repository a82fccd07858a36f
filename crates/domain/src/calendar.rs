//! Working days: weekends, public holidays and make-up working days (调休), given as data.

use jiff::{Timestamp, civil::Date, civil::Weekday, tz::TimeZone};
use std::collections::BTreeSet;

/// Days in a period for counting, at most: ten years.
pub const WORKING_DAYS_MAX: u32 = 2_600;

/// Why a calendar was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The zone is not in the IANA database.
    #[error("time zone {zone:?} is not known; give an IANA name such as Asia/Shanghai")]
    UnknownZone {
        /// What was given.
        zone: String,
    },
    /// One date says both.
    #[error("{date} is given both as a holiday and as a make-up working day")]
    Contradiction {
        /// The date.
        date: Date,
    },
    /// No day is left for work.
    #[error("every day of the week is a weekend day")]
    NoWorkingDay,
}

/// A calendar with its time zone. In it, a date is a working day when it is a make-up day, or else
/// neither a holiday nor a weekend day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingCalendar {
    zone_name: String,
    zone: TimeZone,
    weekend: Vec<Weekday>,
    holidays: BTreeSet<Date>,
    make_up_days: BTreeSet<Date>,
}

impl WorkingCalendar {
    /// Builds a calendar, or says what is wrong with the data.
    pub fn new(
        zone_name: &str,
        weekend: Vec<Weekday>,
        holidays: impl IntoIterator<Item = Date>,
        make_up_days: impl IntoIterator<Item = Date>,
    ) -> Result<WorkingCalendar, CalendarError> {
        let zone = TimeZone::get(zone_name)
            .map_err(|_| CalendarError::UnknownZone { zone: zone_name.to_owned() })?;
        let holidays: BTreeSet<Date> = holidays.into_iter().collect();
        let make_up_days: BTreeSet<Date> = make_up_days.into_iter().collect();
        if let Some(&date) = holidays.intersection(&make_up_days).next() {
            return Err(CalendarError::Contradiction { date });
        }
        if Weekday::Monday.cycle_forward().take(7).all(|day| weekend.contains(&day)) {
            return Err(CalendarError::NoWorkingDay);
        }
        Ok(WorkingCalendar { zone_name: zone_name.to_owned(), zone, weekend, holidays, make_up_days })
    }

    /// Saturdays and Sundays off, no holidays, in this time zone.
    pub fn weekends_only(zone_name: &str) -> Result<WorkingCalendar, CalendarError> {
        WorkingCalendar::new(zone_name, vec![Weekday::Saturday, Weekday::Sunday], [], [])
    }

    /// The IANA name of the time zone.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The days of the week without work.
    pub fn weekend(&self) -> &[Weekday] {
        &self.weekend
    }

    /// The public holidays, ascending.
    pub fn holidays(&self) -> impl Iterator<Item = Date> {
        self.holidays.iter().copied()
    }

    /// The make-up working days, ascending.
    pub fn make_up_days(&self) -> impl Iterator<Item = Date> {
        self.make_up_days.iter().copied()
    }

    /// Whether work is done on this date.
    pub fn is_working_day(&self, date: Date) -> bool {
        self.make_up_days.contains(&date)
            || !(self.holidays.contains(&date) || self.weekend.contains(&date.weekday()))
    }

    /// The date of a moment in the calendar's time zone.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The last moment of a date: one microsecond before the next begins.
    pub fn end_of(&self, date: Date) -> Timestamp {
        let next = date.tomorrow().unwrap_or(Date::MAX);
        self.start_of(next) - jiff::SignedDuration::from_micros(1)
    }

    /// The first moment of a date.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// The date `days` calendar days after `from`; the first day counted is the one after `from`.
    pub fn after_days(&self, from: Date, days: u32) -> Date {
        from.checked_add(jiff::Span::new().days(i64::from(days.min(36_500)))).unwrap_or(Date::MAX)
    }

    /// The date `days` working days after `from`; the first day counted is the one after `from`.
    /// More than [`WORKING_DAYS_MAX`] are counted as that many.
    pub fn after_working_days(&self, from: Date, days: u32) -> Date {
        let mut date = from;
        let mut left = days.min(WORKING_DAYS_MAX);
        // A calendar whose holidays fill decades ends here and not in an endless loop.
        for _ in 0..WORKING_DAYS_MAX * 4 {
            if left == 0 {
                break;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            if self.is_working_day(date) {
                left -= 1;
            }
        }
        date
    }

    /// How many working days lie after `from` up to and including `until`; 0 when `until` is not later.
    pub fn working_days_between(&self, from: Date, until: Date) -> u32 {
        let mut days = 0;
        let mut date = from;
        while date < until && days < WORKING_DAYS_MAX {
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            days += u32::from(self.is_working_day(date));
        }
        days
    }
}

#[cfg(test)]
mod tests;
