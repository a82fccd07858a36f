//! Calendars that are subscribed to: what an attempt to read one changes.
//!
//! Nothing is recorded when nothing changed, so that a stream stays small over years; but a calendar that is read without a change is
//! noted every few days, as it would be stale otherwise, and is taken in again every month, as what was too far ahead comes nearer.

use super::{Event, Imported, READ_AHEAD};
use crate::scheduling::slots::Busy;
use crate::{Text, Timestamp, Uuid};
use jiff::SignedDuration;

/// Time after which it is noted again that a calendar was read; well before it would be stale.
const CONFIRMED_EVERY: SignedDuration = SignedDuration::from_hours(24 * 5);
/// Time after which the busy times of a calendar are taken in again although it has not changed.
const TAKEN_IN_EVERY: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The subscription of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// Its id; another one when the calendar is subscribed to at another URL.
    pub id: Uuid,
    /// Where the calendar is.
    pub url: Text,
    /// When its busy times were taken in; none before the first time.
    pub taken_in_at: Option<Timestamp>,
    /// Why it cannot be read; none when it could at the last attempt.
    pub failing: Option<Failing>,
}

/// A calendar that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub failure: Failure,
    /// The status with which its server answered, when that is why.
    pub http_status: Option<u32>,
}

/// Why a calendar cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    /// Its URL leads to where nothing may be read.
    NotAllowed,
    /// Its server cannot be reached.
    Unreachable,
    /// It was not there in time.
    TimedOut,
    /// Its server answered with another status than success.
    Status,
    /// It has too many bytes.
    TooLarge,
    /// There are too many redirects.
    TooManyRedirects,
    /// It is no calendar, or has something that is not understood.
    NotUnderstood,
}

/// What became of an attempt to read a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its server says that it has not changed.
    Unchanged,
    /// It was read, and these are its busy times from then on.
    Read(Vec<Busy>),
    /// It could not be read.
    Failed {
        /// Why.
        failure: Failure,
        /// The status with which its server answered, when that is why.
        http_status: Option<u32>,
    },
}

impl Subscribed {
    /// Whether its busy times are to be taken in although its server may say that they have not changed.
    pub fn is_to_be_taken_in(&self, now: Timestamp) -> bool {
        self.taken_in_at.is_none_or(|taken_in_at| now.duration_since(taken_in_at) >= TAKEN_IN_EVERY)
    }

    /// Whether these busy times are, from now on and as far as it was read, those that are known.
    fn is_as_known(&self, known: &[Busy], read: &[Busy], now: Timestamp) -> bool {
        let read_up_to = self.taken_in_at.and_then(|taken_in_at| taken_in_at.checked_add(READ_AHEAD).ok());
        let Some(read_up_to) = read_up_to else { return false };
        within(known, now, read_up_to).eq(within(read, now, read_up_to))
    }
}

/// The parts of busy times within a window.
fn within(times: &[Busy], from_at: Timestamp, until_at: Timestamp) -> impl Iterator<Item = Busy> {
    let parts = times.iter().map(move |time| Busy {
        starts_at: time.starts_at.max(from_at),
        ends_at: time.ends_at.min(until_at),
    });
    parts.filter(|part| part.starts_at < part.ends_at)
}

/// What an attempt to read a calendar changes.
pub(super) fn decide(
    known: &Imported,
    subscribed: &Subscribed,
    outcome: Outcome,
    now: Timestamp,
) -> Option<Event> {
    let subscription = subscribed.id;
    match outcome {
        Outcome::Failed { failure, http_status } => {
            let failing = subscribed.failing;
            let is_new = failing.is_none_or(|failing| failing.failure != failure);
            let failed_at = failing.map_or(now, |failing| failing.since);
            is_new.then_some(Event::CalendarFailed { subscription, failure, http_status, failed_at })
        }
        Outcome::Read(times)
            if subscribed.is_to_be_taken_in(now) || !subscribed.is_as_known(&known.times, &times, now) =>
        {
            Some(Event::BusyTimesRead { subscription, times, read_at: now })
        }
        Outcome::Read(_) | Outcome::Unchanged => {
            let is_old = |read_at| now.duration_since(read_at) >= CONFIRMED_EVERY;
            let is_to_be_noted = subscribed.failing.is_some() || known.read_at.is_none_or(is_old);
            is_to_be_noted.then_some(Event::BusyTimesConfirmed { subscription, read_at: now })
        }
    }
}

impl Imported {
    pub(super) fn take_in(&mut self, times: &[Busy], read_at: Timestamp) {
        self.times = times.to_vec();
        if let Some(subscribed) = &mut self.subscribed {
            subscribed.taken_in_at = Some(read_at);
        }
        self.confirm(read_at);
    }

    pub(super) fn confirm(&mut self, read_at: Timestamp) {
        self.read_at = Some(read_at);
        if let Some(subscribed) = &mut self.subscribed {
            subscribed.failing = None;
        }
    }

    pub(super) fn fail(&mut self, failing: Failing) {
        if let Some(subscribed) = &mut self.subscribed {
            subscribed.failing = Some(failing);
        }
    }
}
