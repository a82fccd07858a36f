//! Working days: weekends, public holidays and make-up working days (调休), given as data.

use jiff::{Timestamp, civil::Date, civil::Weekday, tz::TimeZone};
use std::collections::BTreeSet;

/// Working days that can be counted, at most: about ten years of them.
pub const WORKING_DAYS_MAX: u32 = 2_600;

/// The hour at which a working day begins.
pub const WORK_BEGINS_HOUR: i8 = 9;

/// Why a calendar was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The zone is not in the IANA database.
    #[error("time zone {zone:?} is not known; give an IANA name such as Asia/Shanghai")]
    UnknownZone {
        /// What was given.
        zone: String,
    },
    /// A date is both a holiday and a make-up day.
    #[error("{date} is given both as a holiday and as a make-up working day")]
    Contradiction {
        /// The date.
        date: Date,
    },
    /// No day is left for work.
    #[error("every day of the week is a weekend day")]
    NoWorkingDay,
}

/// A time zone by its IANA name: where days begin and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// The zone of this name, or that it is not known.
    pub fn named(name: &str) -> Result<Zone, CalendarError> {
        // Names of whatever zone the machine is in.
        let is_local = ["localtime", "posixrules"].iter().any(|local| name.eq_ignore_ascii_case(local));
        match TimeZone::get(name) {
            Ok(zone) if !is_local => Ok(Zone { name: name.to_owned(), zone }),
            _ => Err(CalendarError::UnknownZone { zone: name.to_owned() }),
        }
    }

    /// The zone without an offset.
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The zone itself.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The date of a moment.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The first moment of a date.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// The last moment of a date: one microsecond before the next begins.
    pub fn end_of(&self, date: Date) -> Timestamp {
        self.start_of(date.tomorrow().unwrap_or(Date::MAX)) - jiff::SignedDuration::from_micros(1)
    }

    /// Whether a moment is the last of its date: one microsecond before the next begins.
    pub fn ends_a_day(&self, at: Timestamp) -> bool {
        let next = at.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(at);
        self.start_of(self.date_of(next)) == next
    }

    /// The beginning of an hour of a date.
    pub fn at_hour(&self, date: Date, hour: i8) -> Timestamp {
        self.zone.to_timestamp(date.at(hour, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// The same time of day, that many calendar days later or earlier; a day on which clocks are changed has 23 or
    /// 25 hours. The moment itself where time ends.
    pub fn moved(&self, at: Timestamp, days: i64) -> Timestamp {
        let moved = self.zone.to_datetime(at).checked_add(jiff::Span::new().days(days));
        moved.and_then(|moved| self.zone.to_timestamp(moved)).unwrap_or(at)
    }

    /// Calendar days from the date of a moment to the date of a later one; 0 when it is not later.
    pub fn days_between(&self, from: Timestamp, until: Timestamp) -> u32 {
        crate::date::days_between(self.date_of(from), self.date_of(until))
    }
}

/// A calendar with its time zone. In it, a date is a working day when it is a make-up day, or else
/// neither a holiday nor a weekend day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingCalendar {
    zone: Zone,
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
        let zone = Zone::named(zone_name)?;
        let holidays: BTreeSet<Date> = holidays.into_iter().collect();
        let make_up_days: BTreeSet<Date> = make_up_days.into_iter().collect();
        if let Some(&date) = holidays.intersection(&make_up_days).next() {
            return Err(CalendarError::Contradiction { date });
        }
        if Weekday::Monday.cycle_forward().take(7).all(|day| weekend.contains(&day)) {
            return Err(CalendarError::NoWorkingDay);
        }
        Ok(WorkingCalendar { zone, weekend, holidays, make_up_days })
    }

    /// Saturdays and Sundays off, no holidays, in this time zone.
    pub fn weekends_only(zone_name: &str) -> Result<WorkingCalendar, CalendarError> {
        WorkingCalendar::new(zone_name, vec![Weekday::Saturday, Weekday::Sunday], [], [])
    }

    /// The IANA name of the time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.name()
    }

    /// The time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
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
        self.zone.date_of(at)
    }

    /// The last moment of a date: one microsecond before the next begins.
    pub fn end_of(&self, date: Date) -> Timestamp {
        self.zone.end_of(date)
    }

    /// The first moment of a date.
    pub fn start_of(&self, date: Date) -> Timestamp {
        self.zone.start_of(date)
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
        // With holidays that fill decades, counting ends here instead of going on endlessly.
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

    /// The date `days` working days before `from`; the first day counted is the one before `from`.
    pub fn before_working_days(&self, from: Date, days: u32) -> Date {
        let mut date = from;
        let mut left = days.min(WORKING_DAYS_MAX);
        for _ in 0..WORKING_DAYS_MAX * 4 {
            if left == 0 {
                break;
            }
            let Ok(previous) = date.yesterday() else { break };
            date = previous;
            if self.is_working_day(date) {
                left -= 1;
            }
        }
        date
    }

    /// The working days after `from` up to `until`, which counts itself: what lies between three dates in order adds
    /// up. 0 when `until` is not later. A hundred years are looked at, at most.
    pub fn working_days_between(&self, from: Date, until: Date) -> u32 {
        let days = crate::date::days_between(from, until).min(36_500);
        let dates = (1..=days).map(|day| self.after_days(from, day));
        u32::try_from(dates.filter(|date| self.is_working_day(*date)).count()).unwrap_or(u32::MAX)
    }

    /// The holidays from one date to another, both counted, that are no weekend days.
    pub fn holidays_within(&self, from: Date, until: Date) -> impl Iterator<Item = Date> {
        let holidays = self.holidays.range(from..=until.max(from)).copied();
        holidays.filter(|date| !self.weekend.contains(&date.weekday()))
    }

    /// The make-up working days from one date to another, both counted.
    pub fn make_up_days_within(&self, from: Date, until: Date) -> impl Iterator<Item = Date> {
        self.make_up_days.range(from..=until.max(from)).copied()
    }

    /// The moment at which work begins on a date: at nine o'clock.
    pub fn work_begins(&self, date: Date) -> Timestamp {
        self.zone.at_hour(date, WORK_BEGINS_HOUR)
    }
}

#[cfg(test)]
mod tests;
