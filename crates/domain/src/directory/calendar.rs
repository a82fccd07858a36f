//! The realm's working calendar (工作日历): which days are worked, given as data.

use crate::calendar::WorkingCalendar;
use crate::{Aggregate, Audience, Issued, Uuid, aggregate::id_of_code, rejections};

/// Holidays in a calendar, at most, and as many make-up days: all of them are stored in one event.
pub const CALENDAR_DAYS_MAX: usize = 1_000;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Replaces the calendar that working days are counted by.
    Define(WorkingCalendar),
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Working days are counted by this calendar from now on.
    Defined {
        /// The whole calendar.
        calendar: WorkingCalendar,
    },
}

rejections! {
    /// Why a calendar is not accepted.
    Rejection {
        TooManyDays("TOO_MANY_DAYS") { field: &'static str, given: usize, max: usize } =
            "{given} days are given in {field}; a calendar can have {max}",
    }
}

/// What is known of the realm's calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// None was defined.
    #[default]
    Undefined,
    /// This one is in force.
    Defined(WorkingCalendar),
}

impl State {
    /// The calendar in force: the realm's own, or else the given one.
    pub fn in_force<'a>(&'a self, default_calendar: &'a WorkingCalendar) -> &'a WorkingCalendar {
        match self {
            State::Undefined => default_calendar,
            State::Defined(calendar) => calendar,
        }
    }
}

/// The calendar aggregate; a realm has one.
#[derive(Debug)]
pub struct Calendar;

impl Calendar {
    /// The id of the realm's only calendar.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for Calendar {
    const CATEGORY: &'static str = "directory.calendar";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Define(calendar) = command;
        let counts =
            [("holidays", calendar.holidays().count()), ("make_up_days", calendar.make_up_days().count())];
        if let Some((field, given)) = counts.into_iter().find(|(_, given)| *given > CALENDAR_DAYS_MAX) {
            return Err(Rejection::TooManyDays { field, given, max: CALENDAR_DAYS_MAX });
        }
        if matches!(state, State::Defined(defined) if *defined == calendar) {
            return Ok(vec![]);
        }
        Ok(vec![Event::Defined { calendar }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(_state: State, event: &Event) -> State {
        match event {
            Event::Defined { calendar } => State::Defined(calendar.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
