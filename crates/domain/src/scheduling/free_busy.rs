//! Busy times from a calendar that is kept elsewhere (iCalendar, RFC 5545): when somebody is busy, and nothing else. What
//! an event is called, where it is and who comes is not even looked at.
//!
//! Busy are the periods of VFREEBUSY that are not free, and events that are opaque and not cancelled, with all their
//! occurrences. What cannot be expanded is refused by name: better no times than wrong ones. The folder holds its parts:
//! `lines` reads content lines, `moments` dates and durations, `recurrence` expands rules.

mod lines;
mod moments;
mod recurrence;

use super::slots::Busy;
use crate::Timestamp;
use crate::calendar::Zone;
use jiff::SignedDuration;
use lines::{Component, Property};
use moments::{Moment, duration, moment, moments};
use recurrence::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// Busy times of one calendar, at most.
pub const TIMES_MAX: usize = 1_500;
/// Days that all rules of one calendar are expanded to, or looked at for, at most.
const EXPANDED_DAYS_MAX: usize = 200_000;

/// Why a calendar is not read; each continues "the calendar".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is something else.
    #[error("is no iCalendar: it must begin with BEGIN:VCALENDAR and end with END:VCALENDAR")]
    NotACalendar,
    /// A line cannot be read.
    #[error("has a line that cannot be read: {line}")]
    Line {
        /// The name of its property.
        line: String,
    },
    /// A zone is not known.
    #[error("names the time zone {zone}, which is not known; name it as in the database of IANA")]
    Zone {
        /// The zone.
        zone: String,
    },
    /// A recurrence that is not expanded.
    #[error("has a recurrence that is not expanded here: {rule}; export free and busy times in its place")]
    Recurrence {
        /// The rule.
        rule: String,
    },
    /// It has too many times.
    #[error("has more than {max} busy times in the window; export a shorter period")]
    TooMany {
        /// The limit.
        max: usize,
    },
}

/// What is read of a calendar.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'z> {
    /// The zone of moments without one, and of whole days.
    pub zone: &'z Zone,
    /// The first moment that matters.
    pub from_at: Timestamp,
    /// The moment from which on nothing matters.
    pub until_at: Timestamp,
}

/// The busy times of a calendar in a window, in order; those that touch are one.
pub fn busy_times(text: &str, reading: &Reading<'_>) -> Result<Vec<Busy>, Unreadable> {
    let components = lines::components(text)?;
    let (mut times, mut days_left) = (Vec::new(), EXPANDED_DAYS_MAX);
    let mut events: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for component in &components {
        match component.name.as_str() {
            "VFREEBUSY" => free_busy(component, reading, &mut times)?,
            "VEVENT" => match component.first("UID") {
                Some(uid) => events.entry(&uid.value).or_default().push(component),
                None => occurrences(&[component], reading, &mut times, &mut days_left)?,
            },
            _ => {}
        }
    }
    for event in events.values() {
        occurrences(event, reading, &mut times, &mut days_left)?;
    }
    merged(times, reading)
}

fn merged(mut times: Vec<Busy>, reading: &Reading<'_>) -> Result<Vec<Busy>, Unreadable> {
    let window = Busy { starts_at: reading.from_at, ends_at: reading.until_at };
    times.retain(|time| time.starts_at < time.ends_at && time.overlaps(&window));
    times.sort();
    let mut found: Vec<Busy> = Vec::new();
    for time in times {
        match found.last_mut() {
            Some(last) if time.starts_at <= last.ends_at => last.ends_at = last.ends_at.max(time.ends_at),
            _ => found.push(time),
        }
    }
    if found.len() > TIMES_MAX { Err(Unreadable::TooMany { max: TIMES_MAX }) } else { Ok(found) }
}

/// The periods that are not free.
fn free_busy(component: &Component, reading: &Reading<'_>, times: &mut Vec<Busy>) -> Result<(), Unreadable> {
    let busy = component.all("FREEBUSY").filter(|property| property.parameter("FBTYPE") != Some("FREE"));
    for property in busy {
        for period in property.value.split(',') {
            let unreadable = || property.unreadable();
            let (start, end) = period.split_once('/').ok_or_else(unreadable)?;
            let starts = moment(start, property, reading.zone)?;
            let ends_at = match end.starts_with('P') {
                true => starts.after(duration(end).ok_or_else(unreadable)?).at(),
                false => moment(end, property, reading.zone)?.at(),
            };
            times.push(Busy { starts_at: starts.at(), ends_at });
        }
    }
    Ok(())
}

/// Whether an event keeps anybody busy.
fn is_opaque(event: &Component) -> bool {
    let says = |name, value: &str| {
        event.first(name).is_some_and(|property| property.value.eq_ignore_ascii_case(value))
    };
    !says("TRANSP", "TRANSPARENT")
        && !says("STATUS", "CANCELLED")
        && !says("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
}

/// The occurrences of an event: its own component, and those of occurrences that were changed.
fn occurrences(
    event: &[&Component],
    reading: &Reading<'_>,
    times: &mut Vec<Busy>,
    days_left: &mut usize,
) -> Result<(), Unreadable> {
    let (changed, own): (Vec<&Component>, Vec<&Component>) =
        event.iter().partition(|component| component.first("RECURRENCE-ID").is_some());
    let mut replaced = BTreeSet::new();
    for component in &changed {
        if let Some(property) = component.first("RECURRENCE-ID") {
            replaced.insert(moment(&property.value, property, reading.zone)?.at());
        }
        if is_opaque(component) {
            let (starts, length) = extent(component, reading)?;
            times.push(Busy { starts_at: starts.at(), ends_at: length.end_of(&starts) });
        }
    }
    for component in own.into_iter().filter(|component| is_opaque(component)) {
        let (first, length) = extent(component, reading)?;
        for property in component.all("EXDATE") {
            replaced.extend(moments(property, reading.zone)?.iter().map(Moment::at));
        }
        let mut starts = match component.first("RRULE") {
            Some(rule) => {
                let longest =
                    length.end_of(&first).duration_since(first.at()) + SignedDuration::from_hours(48);
                let from_at = reading.from_at.checked_sub(longest).unwrap_or(Timestamp::MIN);
                let window = (from_at, reading.until_at);
                let starts = Rule::parse(&rule.value, reading.zone)?.starts(&first, window, days_left);
                starts.ok_or_else(|| Unreadable::Recurrence { rule: rule.value.clone() })?
            }
            None => vec![first],
        };
        for property in component.all("RDATE") {
            starts.extend(moments(property, reading.zone)?);
        }
        let kept = starts.iter().filter(|start| !replaced.contains(&start.at()));
        times.extend(kept.map(|start| Busy { starts_at: start.at(), ends_at: length.end_of(start) }));
    }
    Ok(())
}

/// How long an event is: to the same hour some days later, or by the clock.
enum Length {
    Days(i64),
    Exactly(SignedDuration),
}

impl Length {
    fn end_of(&self, start: &Moment) -> Timestamp {
        match self {
            Length::Days(days) => start.days_later(*days).at(),
            Length::Exactly(length) => start.after(*length).at(),
        }
    }
}

/// When an event begins for the first time, and how long it is: a date without an end is one day.
fn extent(event: &Component, reading: &Reading<'_>) -> Result<(Moment, Length), Unreadable> {
    let start = event.first("DTSTART").ok_or(Unreadable::Line { line: "DTSTART".to_owned() })?;
    let starts = moment(&start.value, start, reading.zone)?;
    let by_duration = event
        .first("DURATION")
        .map(|property: &Property| duration(&property.value).ok_or_else(|| property.unreadable()));
    let ends = event.first("DTEND").map(|end| moment(&end.value, end, reading.zone)).transpose()?;
    let length = match (ends, by_duration.transpose()?) {
        (Some(ends), _) if starts.is_day => Length::Days(starts.days_until(&ends)),
        (Some(ends), _) => Length::Exactly(ends.at().duration_since(starts.at())),
        (None, Some(length)) if starts.is_day => Length::Days(length.as_hours() / 24),
        (None, Some(length)) => Length::Exactly(length),
        (None, None) => Length::Days(i64::from(starts.is_day)),
    };
    Ok((starts, length))
}

#[cfg(test)]
mod tests;
