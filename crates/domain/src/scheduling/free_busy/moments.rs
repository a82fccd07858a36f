//! Dates, moments and durations, as calendars write them.

use super::Unreadable;
use super::lines::Property;
use crate::Timestamp;
use crate::calendar::Zone;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

/// A moment, by the clock of a zone, in which it recurs.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) local: DateTime,
    pub(super) zone: TimeZone,
    /// Whether it is a whole day.
    pub(super) is_day: bool,
}

impl Moment {
    /// The moment; the later one of an hour that is left out, the first of one that comes twice.
    pub(super) fn at(&self) -> Timestamp {
        self.zone.to_ambiguous_timestamp(self.local).compatible().unwrap_or(Timestamp::MAX)
    }

    /// The same at another time.
    pub(super) fn with(&self, local: DateTime) -> Moment {
        Moment { local, ..self.clone() }
    }

    /// So much later, by a clock that is never changed.
    pub(super) fn after(&self, length: SignedDuration) -> Moment {
        let at = self.at().checked_add(length).unwrap_or(Timestamp::MAX);
        self.with(self.zone.to_datetime(at))
    }

    /// At the same hour, days later.
    pub(super) fn days_later(&self, days: i64) -> Moment {
        self.with(self.local.checked_add(days.clamp(-4_000, 4_000).days()).unwrap_or(DateTime::MAX))
    }

    /// Days to another moment.
    pub(super) fn days_until(&self, other: &Moment) -> i64 {
        self.local.date().until(other.local.date()).map_or(0, |span| i64::from(span.get_days()))
    }
}

/// A value of a property, in the zone that the property names, or in this one.
pub(super) fn moment(text: &str, property: &Property, default_zone: &Zone) -> Result<Moment, Unreadable> {
    let zone = match property.parameter("TZID") {
        Some(name) => named(name)?,
        None => default_zone.time_zone().clone(),
    };
    read(text.trim(), zone).ok_or_else(|| property.unreadable())
}

/// All values of a property. Of a period only its start.
pub(super) fn moments(property: &Property, default_zone: &Zone) -> Result<Vec<Moment>, Unreadable> {
    let starts = property.value.split(',').map(|value| value.split('/').next().unwrap_or(value));
    starts.map(|start| moment(start, property, default_zone)).collect()
}

fn named(name: &str) -> Result<TimeZone, Unreadable> {
    let unknown = || Unreadable::Zone { zone: name.to_owned() };
    // Some programs put a path of their own before the name.
    let short: Vec<&str> = name.trim_start_matches('/').rsplitn(3, '/').collect();
    let last_two = short.iter().take(2).rev().copied().collect::<Vec<_>>().join("/");
    TimeZone::get(name).or_else(|_| TimeZone::get(&last_two)).map_err(|_| unknown())
}

/// Such as 20270301, 20270301T090000 and 20270301T010000Z.
pub(super) fn read(text: &str, zone: TimeZone) -> Option<Moment> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let number = |text: &str, from: usize, digits: usize| -> Option<i16> {
        text.get(from..from + digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let small = |text: &str, from: usize| number(text, from, 2).and_then(|number| i8::try_from(number).ok());
    if date.len() != 8 {
        return None;
    }
    let date = jiff::civil::Date::new(number(date, 0, 4)?, small(date, 4)?, small(date, 6)?).ok()?;
    let Some(time) = time else {
        return Some(Moment { local: date.at(0, 0, 0, 0), zone, is_day: true });
    };
    let (time, is_utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
    let seconds = if time.len() == 6 { small(time, 4)?.min(59) } else { 0 };
    let time = jiff::civil::Time::new(small(time, 0)?, small(time, 2)?, seconds, 0).ok()?;
    let zone = if is_utc { TimeZone::UTC } else { zone };
    Some(Moment { local: date.to_datetime(time), zone, is_day: false })
}

/// Such as P1W, P1D and PT1H30M; none when it is no duration, or takes time back.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    let text = text.trim().trim_start_matches('+').strip_prefix('P')?;
    let (mut number, mut seconds, mut any) = (None::<i64>, 0_i64, false);
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match character {
            'T' if number.is_none() => continue,
            'W' => 7 * 24 * 3_600,
            'D' => 24 * 3_600,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
        any = true;
    }
    (any && number.is_none()).then(|| SignedDuration::from_secs(seconds))
}
