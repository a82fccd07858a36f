//! What keeps a department, a room or a member busy apart from sessions: absences that its own people record, and busy times from
//! calendars that are kept elsewhere. Only when, and never with what.
//!
//! A calendar is imported by hand, or subscribed to at a URL: then the clock has it read, and what is `subscribed` says what that
//! changes.

mod subscribed;

pub use subscribed::{Failing, Failure, Outcome, Subscribed};

use super::authority::must_be_own;
use super::slots::Busy;
use crate::aggregate::id_of_code;
use crate::{Aggregate, Audience, Code, Issued, Line, Text, Timestamp, Uuid, rejections};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// Absences of one holder that are not over, at most.
pub const ABSENCES_MAX: usize = 200;
/// Calendars of one holder, at most.
pub const CALENDARS_MAX: usize = 5;
/// How far ahead something may be recorded.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 731);
/// Age of a calendar from which on it is stale.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How far ahead a calendar is read.
pub const READ_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 400);

/// What is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HolderKind {
    /// A department.
    Department,
    /// A room.
    Room,
    /// A member of a department.
    Member,
}

/// A department, a room or a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which of them.
    pub kind: HolderKind,
    /// Its code.
    pub code: Code,
}

impl Holder {
    /// The refusal when there is no such department, room or member.
    pub fn unknown(&self) -> Rejection {
        let code = &self.code;
        let what = match self.kind {
            HolderKind::Department => format!("department {code}"),
            HolderKind::Room => format!("room {code}"),
            HolderKind::Member => format!("member {code}"),
        };
        Rejection::NotFound { what }
    }
}

/// Whoever may say when a holder is busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepers {
    /// The department itself, or the one whose room or member it is.
    pub department: Option<Code>,
    /// The departments for which whoever issued the command answers.
    pub answered_for: BTreeSet<Code>,
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Records an absence.
    RecordAbsence {
        /// Whose.
        holder: Holder,
        /// Its new id.
        absence: Uuid,
        /// When it begins.
        starts_at: Timestamp,
        /// When it is over.
        ends_at: Timestamp,
        /// Who may.
        keepers: Keepers,
    },
    /// Takes an absence back.
    WithdrawAbsence {
        /// The absence.
        absence: Uuid,
        /// Who may.
        keepers: Keepers,
    },
    /// Takes in the busy times of a calendar, in place of those that were known of it.
    Import {
        /// Whose.
        holder: Holder,
        /// What the calendar is called.
        calendar: Line,
        /// When it says that the holder is busy.
        times: Vec<Busy>,
        /// Who may.
        keepers: Keepers,
    },
    /// Subscribes to a calendar, in place of what was known of it under this name.
    Subscribe {
        /// Whose.
        holder: Holder,
        /// What the calendar is called.
        calendar: Line,
        /// The new id of the subscription.
        subscription: Uuid,
        /// Where it is.
        url: Text,
        /// Who may.
        keepers: Keepers,
    },
    /// Notes what became of an attempt to read a calendar that somebody asked for.
    Refresh {
        /// What the calendar is called.
        calendar: Line,
        /// What became of it.
        outcome: Outcome,
        /// Who may.
        keepers: Keepers,
    },
    /// Notes what became of an attempt to read a calendar.
    NoteAttempt {
        /// The subscription that it was made for.
        subscription: Uuid,
        /// What became of it.
        outcome: Outcome,
    },
    /// Forgets a calendar.
    Forget {
        /// What it is called.
        calendar: Line,
        /// Who may.
        keepers: Keepers,
    },
    /// Takes back and forgets all of it, as its holder is gone.
    End,
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An absence was recorded.
    AbsenceRecorded {
        /// Whose.
        holder: Holder,
        /// Its id.
        absence: Uuid,
        /// When it begins.
        starts_at: Timestamp,
        /// When it is over.
        ends_at: Timestamp,
    },
    /// An absence was taken back.
    AbsenceWithdrawn {
        /// The absence.
        absence: Uuid,
    },
    /// The busy times of a calendar were taken in.
    BusyTimesImported {
        /// Whose.
        holder: Holder,
        /// What the calendar is called.
        calendar: Line,
        /// When the holder is busy.
        times: Vec<Busy>,
        /// When the calendar was read.
        read_at: Timestamp,
    },
    /// A calendar was subscribed to.
    CalendarSubscribed {
        /// Whose.
        holder: Holder,
        /// What the calendar is called.
        calendar: Line,
        /// The id of the subscription.
        subscription: Uuid,
        /// Where it is.
        url: Text,
        /// When it was subscribed to.
        subscribed_at: Timestamp,
    },
    /// The busy times of a subscribed calendar were read, and are others than before, or reach further.
    BusyTimesRead {
        /// The subscription.
        subscription: Uuid,
        /// When the holder is busy.
        times: Vec<Busy>,
        /// When the calendar was read.
        read_at: Timestamp,
    },
    /// A subscribed calendar was read, and says what it said before.
    BusyTimesConfirmed {
        /// The subscription.
        subscription: Uuid,
        /// When the calendar was read.
        read_at: Timestamp,
    },
    /// A subscribed calendar cannot be read: its busy times are stale.
    CalendarFailed {
        /// The subscription.
        subscription: Uuid,
        /// Why.
        failure: Failure,
        /// The status with which its server answered, when that is why.
        http_status: Option<u32>,
        /// When it was first found.
        failed_at: Timestamp,
    },
    /// A calendar was forgotten.
    BusyTimesForgotten {
        /// What it was called.
        calendar: Line,
    },
}

rejections! {
    /// Why a command on what keeps somebody busy is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: String } = "the {what} does not exist",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        NotAnInterval("NOT_AN_INTERVAL") { starts_at: Timestamp, ends_at: Timestamp } =
            "it must end after it starts; one from {starts_at} to {ends_at} does not",
        DeadlinePassed("DEADLINE_PASSED") { field: &'static str, deadline: Timestamp, now: Timestamp } =
            "{field} must be in the future; {deadline} is not, it is now {now}",
        StartsTooFarAhead("STARTS_TOO_FAR_AHEAD") { starts_at: Timestamp, latest_start_at: Timestamp } =
            "{starts_at} is too far ahead; it starts by {latest_start_at} at the latest",
        TooManyEntries("TOO_MANY_ENTRIES") { field: &'static str, given: usize, max: usize } =
            "{field} has {given} entries; it can have {max}",
    }
}

/// A calendar that is kept elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// When it says that the holder is busy.
    pub times: Vec<Busy>,
    /// When it was read last, as far as that is recorded; none before the first time.
    pub read_at: Option<Timestamp>,
    /// The subscription; none when it was imported by hand.
    pub subscribed: Option<Subscribed>,
}

impl Imported {
    /// It and its subscription, if it has one.
    fn with_subscription(&self) -> Option<(&Imported, &Subscribed)> {
        Some((self, self.subscribed.as_ref()?))
    }

    /// Since when it is stale; none while it is not.
    pub fn stale_since(&self, now: Timestamp) -> Option<Timestamp> {
        let failing = self.subscribed.as_ref().and_then(|subscribed| subscribed.failing);
        let old_at = self.read_at.and_then(|read_at| read_at.checked_add(STALE_AFTER).ok());
        failing.map(|failing| failing.since).or(old_at.filter(|old_at| *old_at < now))
    }
}

/// What is known of one holder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The absences.
    pub absences: BTreeMap<Uuid, Busy>,
    /// The calendars, by what they are called.
    pub calendars: BTreeMap<Line, Imported>,
}

impl State {
    /// The calendar with this name, if it is subscribed to, with its subscription.
    pub fn subscribed(&self, calendar: &Line) -> Option<(&Imported, &Subscribed)> {
        self.calendars.get(calendar)?.with_subscription()
    }

    /// The same for the calendar of a subscription.
    pub fn of_subscription(&self, id: Uuid) -> Option<(&Imported, &Subscribed)> {
        let mut all = self.calendars.values().filter_map(Imported::with_subscription);
        all.find(|(_, subscribed)| subscribed.id == id)
    }

    /// Changes the calendar of a subscription.
    fn change(&mut self, id: Uuid, change: impl FnOnce(&mut Imported)) {
        let is_its = |known: &&mut Imported| known.subscribed.as_ref().is_some_and(|one| one.id == id);
        if let Some(known) = self.calendars.values_mut().find(is_its) {
            change(known);
        }
    }
}

/// The aggregate of one department, of one room, or of one member.
#[derive(Debug)]
pub struct Availability;

impl Availability {
    /// The id of what is known of a holder.
    pub fn id(holder: &Holder) -> Uuid {
        let of_kind = match holder.kind {
            HolderKind::Department => "scheduling.availability.department",
            HolderKind::Room => "scheduling.availability.room",
            HolderKind::Member => "scheduling.availability.member",
        };
        id_of_code(of_kind, holder.code.as_str())
    }
}

impl Aggregate for Availability {
    const CATEGORY: &'static str = "scheduling.availability";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::RecordAbsence { holder, absence, starts_at, ends_at, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                record(state, holder, absence, Busy { starts_at, ends_at }, issued.at)
            }
            Command::WithdrawAbsence { absence, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                match state.absences.contains_key(&absence) {
                    true => Ok(vec![Event::AbsenceWithdrawn { absence }]),
                    false => Err(not_found("absence")),
                }
            }
            Command::Import { holder, calendar, times, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                check_calendars(state, &calendar)?;
                let forgotten = |_| Event::BusyTimesForgotten { calendar: calendar.clone() };
                let ended = state.subscribed(&calendar).map(forgotten);
                let imported = Event::BusyTimesImported { holder, calendar, times, read_at: issued.at };
                Ok(ended.into_iter().chain([imported]).collect())
            }
            Command::Subscribe { holder, calendar, subscription, url, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                check_calendars(state, &calendar)?;
                if state.subscribed(&calendar).is_some_and(|(_, subscribed)| subscribed.url == url) {
                    return Ok(vec![]);
                }
                let subscribed_at = issued.at;
                Ok(vec![Event::CalendarSubscribed { holder, calendar, subscription, url, subscribed_at }])
            }
            Command::Refresh { calendar, outcome, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                let found = state.subscribed(&calendar);
                let (known, subscribed) = found.ok_or_else(|| not_found("subscription"))?;
                Ok(subscribed::decide(known, subscribed, outcome, issued.at).into_iter().collect())
            }
            Command::NoteAttempt { subscription, outcome } => {
                let subscribed = state.of_subscription(subscription);
                let noted = subscribed.and_then(|(known, subscribed)| {
                    subscribed::decide(known, subscribed, outcome, issued.at)
                });
                Ok(noted.into_iter().collect())
            }
            Command::Forget { calendar, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                match state.calendars.contains_key(&calendar) {
                    true => Ok(vec![Event::BusyTimesForgotten { calendar }]),
                    false => Err(not_found("calendar")),
                }
            }
            Command::End => {
                let withdrawn = |absence: &Uuid| Event::AbsenceWithdrawn { absence: *absence };
                let forgotten = |calendar: &Line| Event::BusyTimesForgotten { calendar: calendar.clone() };
                let absences = state.absences.keys().map(withdrawn);
                Ok(absences.chain(state.calendars.keys().map(forgotten)).collect())
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::AbsenceRecorded { absence, starts_at, ends_at, .. } => {
                state.absences.insert(*absence, Busy { starts_at: *starts_at, ends_at: *ends_at });
            }
            Event::AbsenceWithdrawn { absence } => drop(state.absences.remove(absence)),
            Event::BusyTimesImported { calendar, times, read_at, .. } => {
                let imported = Imported { times: times.clone(), read_at: Some(*read_at), subscribed: None };
                state.calendars.insert(calendar.clone(), imported);
            }
            Event::CalendarSubscribed { calendar, subscription, url, .. } => {
                let subscribed =
                    Subscribed { id: *subscription, url: url.clone(), taken_in_at: None, failing: None };
                state.calendars.entry(calendar.clone()).or_default().subscribed = Some(subscribed);
            }
            Event::BusyTimesRead { subscription, times, read_at } => {
                state.change(*subscription, |known| known.take_in(times, *read_at));
            }
            Event::BusyTimesConfirmed { subscription, read_at } => {
                state.change(*subscription, |known| known.confirm(*read_at));
            }
            Event::CalendarFailed { subscription, failure, http_status, failed_at } => {
                let failing = Failing { since: *failed_at, failure: *failure, http_status: *http_status };
                state.change(*subscription, |known| known.fail(failing));
            }
            Event::BusyTimesForgotten { calendar } => drop(state.calendars.remove(calendar)),
        }
        state
    }
}

fn record(
    state: &State,
    holder: Holder,
    absence: Uuid,
    time: Busy,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    let Busy { starts_at, ends_at } = time;
    if starts_at >= ends_at {
        return Err(Rejection::NotAnInterval { starts_at, ends_at });
    }
    if ends_at <= now {
        return Err(Rejection::DeadlinePassed { field: "ends_at", deadline: ends_at, now });
    }
    let latest_start_at = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    if ends_at > latest_start_at {
        return Err(Rejection::StartsTooFarAhead { starts_at, latest_start_at });
    }
    let ahead = state.absences.values().filter(|known| known.ends_at > now);
    check_size("absences", ahead.count() + 1, ABSENCES_MAX)?;
    Ok(vec![Event::AbsenceRecorded { holder, absence, starts_at, ends_at }])
}

/// Refuses one calendar more than a holder can have.
fn check_calendars(state: &State, calendar: &Line) -> Result<(), Rejection> {
    let given = state.calendars.len() + usize::from(!state.calendars.contains_key(calendar));
    check_size("calendars", given, CALENDARS_MAX)
}

fn check_size(field: &'static str, given: usize, max: usize) -> Result<(), Rejection> {
    if given <= max { Ok(()) } else { Err(Rejection::TooManyEntries { field, given, max }) }
}

fn not_found(what: &str) -> Rejection {
    Rejection::NotFound { what: what.to_owned() }
}

fn must_be_kept_by(keepers: &Keepers, issued: &Issued) -> Result<(), Rejection> {
    must_be_own(keepers.department.as_ref(), &keepers.answered_for, issued).map_err(|needed_codes| {
        Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes }
    })
}

#[cfg(test)]
mod tests;
