//! Recurrences: by days, weeks, months and years, on days of the week and of the month.

use super::Unreadable;
use super::moments::{Moment, read};
use crate::Timestamp;
use crate::calendar::Zone;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// Days, weeks, months or years of a rule that are looked at, at most: a century of days.
const PERIODS_MAX: i64 = 36_600;

/// How often something recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: i64,
    count: Option<usize>,
    until_at: Option<Timestamp>,
    /// Days of the week, each the nth of the month, or any when that is 0.
    weekdays: Vec<(i8, Weekday)>,
    /// Days of the month; below 0 from its end.
    days: Vec<i8>,
    months: Vec<i8>,
    week_begins: Weekday,
}

impl Rule {
    /// Reads a rule. What would not be expanded rightly is refused.
    pub(super) fn parse(text: &str, zone: &Zone) -> Result<Rule, Unreadable> {
        let refused = || Unreadable::Recurrence { rule: text.to_owned() };
        let mut rule = Rule {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until_at: None,
            weekdays: vec![],
            days: vec![],
            months: vec![],
            week_begins: Weekday::Monday,
        };
        let mut has_frequency = false;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(refused)?;
            let numbers =
                || value.split(',').map(|number| number.trim().parse::<i8>().map_err(|_| refused()));
            match name.to_ascii_uppercase().as_str() {
                "FREQ" => {
                    has_frequency = true;
                    rule.frequency = match value.to_ascii_uppercase().as_str() {
                        "DAILY" => Frequency::Daily,
                        "WEEKLY" => Frequency::Weekly,
                        "MONTHLY" => Frequency::Monthly,
                        "YEARLY" => Frequency::Yearly,
                        _ => return Err(refused()),
                    };
                }
                "INTERVAL" => {
                    let interval = value.parse::<u16>().ok().filter(|interval| *interval > 0);
                    rule.interval = interval.ok_or_else(refused)?.into();
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| refused())?),
                "UNTIL" => {
                    let until = read(value, zone.time_zone().clone()).ok_or_else(refused)?;
                    // A date counts to its end.
                    let until = if until.is_day { until.days_later(1) } else { until };
                    rule.until_at = Some(until.at());
                }
                "BYDAY" => {
                    rule.weekdays =
                        value.split(',').map(weekday).collect::<Option<_>>().ok_or_else(refused)?
                }
                "BYMONTHDAY" => rule.days = numbers().collect::<Result<_, _>>()?,
                "BYMONTH" => rule.months = numbers().collect::<Result<_, _>>()?,
                "WKST" => rule.week_begins = weekday(value).ok_or_else(refused)?.1,
                _ => return Err(refused()),
            }
        }
        let has_nth = rule.weekdays.iter().any(|(nth, _)| *nth != 0);
        let is_expanded = match rule.frequency {
            Frequency::Monthly => true,
            Frequency::Yearly => rule.weekdays.is_empty() || !rule.months.is_empty(),
            Frequency::Daily | Frequency::Weekly => !has_nth && rule.days.is_empty(),
        };
        if has_frequency && is_expanded { Ok(rule) } else { Err(refused()) }
    }

    /// The starts of the occurrences between two moments. None when more days would have to be looked at than are left.
    pub(super) fn starts(
        &self,
        first: &Moment,
        (from_at, until_at): (Timestamp, Timestamp),
        days_left: &mut usize,
    ) -> Option<Vec<Moment>> {
        let (mut found, mut seen) = (Vec::new(), 0);
        let count = self.count.unwrap_or(usize::MAX);
        let begin = first.local.date();
        for period in self.first_period(first, from_at)..PERIODS_MAX {
            let mut is_over = seen >= count;
            let Some((opens, mut dates)) = self.period(begin, period * self.interval) else { break };
            *days_left = days_left.checked_sub(1 + dates.len())?;
            dates.sort_unstable();
            dates.dedup();
            for date in dates.into_iter().filter(|date| *date >= begin) {
                let start = first.with(date.to_datetime(first.local.time()));
                let at = start.at();
                let is_late = at >= until_at || self.until_at.is_some_and(|last| at > last);
                if is_late || seen >= count {
                    is_over = true;
                    break;
                }
                seen += 1;
                if at >= from_at {
                    found.push(start);
                }
            }
            if is_over || first.with(opens.at(0, 0, 0, 0)).at() >= until_at {
                break;
            }
        }
        Some(found)
    }

    /// The period to begin with: one well before a moment, unless occurrences have to be counted from the first.
    fn first_period(&self, first: &Moment, from_at: Timestamp) -> i64 {
        let days_at_most = match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
        };
        let days = from_at.duration_since(first.at()).as_hours() / 24;
        if self.count.is_some() { 0 } else { (days / (days_at_most * self.interval) - 2).max(0) }
    }

    /// The day on which a period opens, and those that the rule has in it.
    fn period(&self, begin: Date, nth: i64) -> Option<(Date, Vec<Date>)> {
        let in_months = |date: &Date| self.months.is_empty() || self.months.contains(&date.month());
        let on_weekday = |date: &Date| {
            self.weekdays.is_empty() || self.weekdays.iter().any(|(_, weekday)| *weekday == date.weekday())
        };
        match self.frequency {
            Frequency::Daily => {
                let date = begin.checked_add(nth.days()).ok()?;
                let dates = [date].into_iter().filter(in_months).filter(on_weekday);
                Some((date, dates.collect()))
            }
            Frequency::Weekly => {
                let back = i64::from(begin.weekday().since(self.week_begins));
                let monday = begin.checked_add((nth * 7 - back).days()).ok()?;
                let of_week = (0..7_i64).filter_map(|day| monday.checked_add(day.days()).ok());
                let same = |date: &Date| match self.weekdays.is_empty() {
                    true => date.weekday() == begin.weekday(),
                    false => on_weekday(date),
                };
                Some((monday, of_week.filter(in_months).filter(same).collect()))
            }
            Frequency::Monthly => {
                let month = begin.first_of_month().checked_add(nth.months()).ok()?;
                let dates = if in_months(&month) { self.in_month(month, begin.day()) } else { vec![] };
                Some((month, dates))
            }
            Frequency::Yearly => {
                let year = Date::new(begin.year(), 1, 1).ok()?.checked_add(nth.years()).ok()?;
                let months = (1..=12_i8).filter(|month| match self.months.is_empty() {
                    true => *month == begin.month(),
                    false => self.months.contains(month),
                });
                let months = months.filter_map(|month| Date::new(year.year(), month, 1).ok());
                Some((year, months.flat_map(|month| self.in_month(month, begin.day())).collect()))
            }
        }
    }

    /// The days of a month; the same day as the first one when the rule names none. What a month does not have is left out.
    fn in_month(&self, month: Date, same_day: i8) -> Vec<Date> {
        let last = month.days_in_month();
        let on = |day: i8| Date::new(month.year(), month.month(), day).ok();
        let from_end = |day: i8| if day < 0 { last + 1 + day } else { day };
        let by_day: Vec<Date> = self.days.iter().filter_map(|day| on(from_end(*day))).collect();
        let by_weekday: Vec<Date> = self.weekdays.iter().flat_map(|one| of_weekday(month, *one)).collect();
        match (self.days.is_empty(), self.weekdays.is_empty()) {
            (true, true) => on(same_day).into_iter().collect(),
            (false, true) => by_day,
            (true, false) => by_weekday,
            (false, false) => by_day.into_iter().filter(|date| by_weekday.contains(date)).collect(),
        }
    }
}

/// The nth of a day of the week in a month, or all of them.
fn of_weekday(month: Date, (nth, weekday): (i8, Weekday)) -> Vec<Date> {
    match nth {
        0 => (1..=5_i8).filter_map(|nth| month.nth_weekday_of_month(nth, weekday).ok()).collect(),
        nth => month.nth_weekday_of_month(nth, weekday).into_iter().collect(),
    }
}

/// Such as MO, 2TU and -1FR.
fn weekday(text: &str) -> Option<(i8, Weekday)> {
    let text = text.trim();
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = match name.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth = if nth.is_empty() { 0 } else { nth.trim_start_matches('+').parse().ok()? };
    (-5..=5).contains(&nth).then_some((nth, weekday))
}
