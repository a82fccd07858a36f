//! A series of sessions (定期会商): the days on which one is requested ahead, by days, weeks or months, on days that count.
//! Each of them is a session of its own from then on, which is moved or cancelled like any other.

use crate::Date;
use crate::calendar::WorkingCalendar;
use jiff::ToSpan as _;
use jiff::civil::Weekday;
use std::collections::BTreeSet;

/// Sessions of one series, at most.
pub const OCCURRENCES_MAX: usize = 60;
/// Days from the first to the last, at most.
pub const DAYS_MAX: i64 = 731;

/// The kind of recurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Every day, or every nth one.
    Daily,
    /// On days of the week.
    Weekly,
    /// On a day of the month, or on one from its end.
    MonthlyByDay,
    /// On the nth day of the week in a month, or on the last.
    MonthlyByWeekday,
    /// On the last working day of the month.
    LastWorkingDay,
}

/// What becomes of an occurrence that falls on a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OffDay {
    /// It is left out.
    Skip,
    /// It is on the working day before.
    Before,
    /// It is on the working day after.
    After,
}

/// How a session recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// The kind of recurrence.
    pub pattern: Pattern,
    /// Every nth day, week or month.
    pub interval: u32,
    /// Days of the week, from 1 for Monday to 7 for Sunday; empty for that of the first day.
    pub weekdays: Vec<u32>,
    /// Day of the month, or below 0 from its end; 0 for that of the first day.
    pub day_of_month: i64,
    /// Which of these days of the week in the month, or below 0 from its end.
    pub nth: i64,
    /// The first day that counts.
    pub first_on: Date,
    /// The last day that counts.
    pub until_on: Date,
    /// Days on which there is none.
    pub except_on: Vec<Date>,
    /// What becomes of those on a day off.
    pub off_day: OffDay,
}

/// Why a recurrence is none; each continues the name of the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The interval is out of range.
    #[error("must be from 1 to 52")]
    Interval,
    /// A day of the week is none.
    #[error("must have days from 1, Monday, to 7, Sunday")]
    Weekdays,
    /// The day of the month is none.
    #[error("must be from 1 to 31, or from -31 to -1 from the end of the month")]
    DayOfMonth,
    /// It is no nth day of the week.
    #[error("must be from 1 to 5, or from -5 to -1 from the end of the month")]
    Nth,
    /// It ends before it begins, or years later.
    #[error("must be on or after first_on, and at most {DAYS_MAX} days later")]
    Until,
    /// It has no day, or too many.
    #[error("must have from 1 to {OCCURRENCES_MAX} days; it has {given}")]
    Count {
        /// The days that it has.
        given: usize,
    },
}

impl Flaw {
    /// The field that it is about; empty for all of them.
    pub fn field(&self) -> &'static str {
        match self {
            Flaw::Interval => "interval",
            Flaw::Weekdays => "weekdays",
            Flaw::DayOfMonth => "day_of_month",
            Flaw::Nth => "nth",
            Flaw::Until => "until_on",
            Flaw::Count { .. } => "",
        }
    }
}

/// The days of a series by the calendar as it is now, in order, none twice.
pub fn dates(recurrence: &Recurrence, calendar: &WorkingCalendar) -> Result<Vec<Date>, Flaw> {
    recurrence.check()?;
    let Recurrence { first_on, until_on, .. } = *recurrence;
    let mut found = BTreeSet::new();
    for nth in 0.. {
        let Some((opens, dates)) = recurrence.period(nth * i64::from(recurrence.interval), calendar) else {
            break;
        };
        if opens > until_on {
            break;
        }
        let within = dates.into_iter().filter(|date| (first_on..=until_on).contains(date));
        let kept = within.filter(|date| !recurrence.except_on.contains(date));
        found.extend(kept.filter_map(|date| recurrence.working_day(date, calendar)));
    }
    // What a day off moved may meet an exception, or leave the time.
    found.retain(|date| (first_on..=until_on).contains(date) && !recurrence.except_on.contains(date));
    match found.len() {
        given @ (0 | OCCURRENCES_MAX..) if given != OCCURRENCES_MAX => Err(Flaw::Count { given }),
        _ => Ok(found.into_iter().collect()),
    }
}

impl Recurrence {
    fn check(&self) -> Result<(), Flaw> {
        let is_from_end = |number: i64, max: i64| (1..=max).contains(&number.abs());
        let days = self.first_on.until(self.until_on).map_or(-1, |span| i64::from(span.get_days()));
        match self {
            _ if !(1..=52).contains(&self.interval) => Err(Flaw::Interval),
            _ if self.weekdays.iter().any(|day| !(1..=7).contains(day)) => Err(Flaw::Weekdays),
            _ if self.day_of_month != 0 && !is_from_end(self.day_of_month, 31) => Err(Flaw::DayOfMonth),
            _ if self.pattern == Pattern::MonthlyByWeekday && !is_from_end(self.nth, 5) => Err(Flaw::Nth),
            _ if !(0..=DAYS_MAX).contains(&days) => Err(Flaw::Until),
            _ => Ok(()),
        }
    }

    /// The day on which a period opens, and those of the series in it.
    fn period(&self, nth: i64, calendar: &WorkingCalendar) -> Option<(Date, Vec<Date>)> {
        match self.pattern {
            Pattern::Daily => {
                let date = self.first_on.checked_add(nth.days()).ok()?;
                Some((date, vec![date]))
            }
            Pattern::Weekly => {
                let back = i64::from(self.first_on.weekday().to_monday_zero_offset());
                let monday = self.first_on.checked_add((7 * nth - back).days()).ok()?;
                let all = (0..7_i64).filter_map(|day| monday.checked_add(day.days()).ok());
                Some((monday, all.filter(|date| self.is_on(date.weekday())).collect()))
            }
            Pattern::MonthlyByDay | Pattern::MonthlyByWeekday | Pattern::LastWorkingDay => {
                let month = self.first_on.first_of_month().checked_add(nth.months()).ok()?;
                Some((month, self.in_month(month, calendar)))
            }
        }
    }

    fn is_on(&self, weekday: Weekday) -> bool {
        let number = u32::from(weekday.to_monday_one_offset().unsigned_abs());
        match self.weekdays.is_empty() {
            true => weekday == self.first_on.weekday(),
            false => self.weekdays.contains(&number),
        }
    }

    /// What a month does not have is left out.
    fn in_month(&self, month: Date, calendar: &WorkingCalendar) -> Vec<Date> {
        let last = i64::from(month.days_in_month());
        let on = |day: i64| Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok();
        match self.pattern {
            Pattern::LastWorkingDay => {
                let working = (1..=last).rev().filter_map(on).find(|date| calendar.is_working_day(*date));
                working.into_iter().collect()
            }
            Pattern::MonthlyByWeekday => {
                let nth = i8::try_from(self.nth).unwrap_or(1);
                let weekdays = (0..7_i8).filter_map(|day| Weekday::from_monday_zero_offset(day).ok());
                let of_month = weekdays.filter(|weekday| self.is_on(*weekday));
                of_month.filter_map(|weekday| month.nth_weekday_of_month(nth, weekday).ok()).collect()
            }
            _ => {
                let day = match self.day_of_month {
                    0 => i64::from(self.first_on.day()),
                    day if day < 0 => last + 1 + day,
                    day => day,
                };
                on(day).into_iter().collect()
            }
        }
    }

    /// The day itself, or the working day in its place.
    fn working_day(&self, date: Date, calendar: &WorkingCalendar) -> Option<Date> {
        if calendar.is_working_day(date) {
            return Some(date);
        }
        let step = match self.off_day {
            OffDay::Skip => return None,
            OffDay::Before => -1_i64,
            OffDay::After => 1,
        };
        let days = (1..=60_i64).filter_map(|away| date.checked_add((away * step).days()).ok());
        days.into_iter().find(|date| calendar.is_working_day(*date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// From Monday, 1 March 2027, with weekends off.
    fn recurrence(pattern: Pattern) -> Recurrence {
        Recurrence {
            pattern,
            interval: 1,
            weekdays: vec![],
            day_of_month: 0,
            nth: 0,
            first_on: date("2027-03-01"),
            until_on: date("2027-05-31"),
            except_on: vec![],
            off_day: OffDay::Skip,
        }
    }

    fn days(recurrence: &Recurrence) -> Vec<String> {
        let calendar = WorkingCalendar::weekends_only("UTC").unwrap();
        dates(recurrence, &calendar).unwrap().iter().map(|date| date.to_string()[5..].to_owned()).collect()
    }

    #[test]
    fn each_pattern_has_its_days() {
        let until = |pattern, until_on| Recurrence { until_on: date(until_on), ..recurrence(pattern) };
        let daily = until(Pattern::Daily, "2027-03-09");
        assert_eq!(days(&daily), ["03-01", "03-02", "03-03", "03-04", "03-05", "03-08", "03-09"]);
        let weekly = Recurrence { weekdays: vec![2, 4], interval: 2, ..until(Pattern::Weekly, "2027-03-31") };
        assert_eq!(days(&weekly), ["03-02", "03-04", "03-16", "03-18", "03-30"]);
        assert_eq!(days(&recurrence(Pattern::MonthlyByDay)), ["03-01", "04-01"], "1 May is a Saturday");
        let last =
            Recurrence { day_of_month: -1, off_day: OffDay::Before, ..recurrence(Pattern::MonthlyByDay) };
        assert_eq!(days(&last), ["03-31", "04-30", "05-31"]);
        let second_tuesday =
            Recurrence { nth: 2, weekdays: vec![2], ..recurrence(Pattern::MonthlyByWeekday) };
        assert_eq!(days(&second_tuesday), ["03-09", "04-13", "05-11"]);
        let of_august = Recurrence {
            first_on: date("2027-07-01"),
            until_on: date("2027-10-31"),
            ..recurrence(Pattern::LastWorkingDay)
        };
        assert_eq!(days(&of_august), ["07-30", "08-31", "09-30", "10-29"]);
    }

    #[test]
    fn exceptions_and_days_off_are_left_out_or_moved() {
        let skipped = Recurrence {
            except_on: vec![date("2027-03-08")],
            until_on: date("2027-03-22"),
            ..recurrence(Pattern::Weekly)
        };
        assert_eq!(days(&skipped), ["03-01", "03-15", "03-22"]);
        let moved = Recurrence { off_day: OffDay::After, ..recurrence(Pattern::MonthlyByDay) };
        assert_eq!(days(&moved), ["03-01", "04-01", "05-03"]);
    }

    #[test]
    fn what_is_no_series_is_refused() {
        let calendar = WorkingCalendar::weekends_only("UTC").unwrap();
        let refused = |recurrence: Recurrence| dates(&recurrence, &calendar).unwrap_err();
        let weekly = || recurrence(Pattern::Weekly);
        assert_eq!(refused(Recurrence { interval: 0, ..weekly() }), Flaw::Interval);
        assert_eq!(refused(Recurrence { weekdays: vec![8], ..weekly() }), Flaw::Weekdays);
        assert_eq!(refused(recurrence(Pattern::MonthlyByWeekday)), Flaw::Nth);
        assert_eq!(refused(Recurrence { until_on: date("2027-02-28"), ..weekly() }), Flaw::Until);
        assert_eq!(refused(recurrence(Pattern::Daily)), Flaw::Count { given: 66 });
        assert_eq!(refused(Recurrence { weekdays: vec![7], ..weekly() }), Flaw::Count { given: 0 });
    }

    proptest! {
        #[test]
        fn every_day_is_a_working_day_of_the_time_and_no_exception(
            pattern in prop::sample::select(vec![
                Pattern::Daily, Pattern::Weekly, Pattern::MonthlyByDay, Pattern::MonthlyByWeekday, Pattern::LastWorkingDay,
            ]),
            off_day in prop::sample::select(vec![OffDay::Skip, OffDay::Before, OffDay::After]),
            interval in 1_u32..6, day_of_month in -31_i64..32, nth in -5_i64..6, weekdays in prop::collection::vec(1_u32..8, 0..3),
            length in 0_i64..500, except in prop::collection::vec(0_i64..500, 0..5),
        ) {
            let calendar = WorkingCalendar::weekends_only("UTC").unwrap();
            let first_on = date("2027-03-01");
            let later = |days: i64| first_on.checked_add(days.days()).unwrap();
            let recurrence = Recurrence {
                pattern, off_day, interval, day_of_month, nth, weekdays, first_on,
                until_on: later(length),
                except_on: except.into_iter().map(later).collect(),
            };
            let Ok(found) = dates(&recurrence, &calendar) else { return Ok(()) };
            prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]) && found.len() <= OCCURRENCES_MAX);
            for day in found {
                prop_assert!(calendar.is_working_day(day) && day >= first_on && day <= recurrence.until_on);
                prop_assert!(!recurrence.except_on.contains(&day));
            }
        }
    }
}
