//! What keeps a department or a room busy apart from sessions: absences that its own people record, and busy times from
//! calendars that are kept elsewhere. Only when, and never with what.

use super::authority::must_be_own;
use super::slots::Busy;
use crate::aggregate::id_of_code;
use crate::{Aggregate, Audience, Code, Issued, Line, Timestamp, Uuid, rejections};
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

/// What is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HolderKind {
    /// A department.
    Department,
    /// A room.
    Room,
}

/// A department or a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which of them.
    pub kind: HolderKind,
    /// Its code.
    pub code: Code,
}

/// Whoever may say when a holder is busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keepers {
    /// The department itself, or the one whose room it is.
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
    /// Forgets a calendar.
    Forget {
        /// What it is called.
        calendar: Line,
        /// Who may.
        keepers: Keepers,
    },
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
    /// A calendar was forgotten.
    BusyTimesForgotten {
        /// What it was called.
        calendar: Line,
    },
}

rejections! {
    /// Why a command on what keeps somebody busy is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
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

/// A calendar that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// When it says that the holder is busy.
    pub times: Vec<Busy>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// What is known of one holder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The absences.
    pub absences: BTreeMap<Uuid, Busy>,
    /// The calendars, by what they are called.
    pub calendars: BTreeMap<Line, Imported>,
}

/// The aggregate of one department, or of one room.
#[derive(Debug)]
pub struct Availability;

impl Availability {
    /// The id of what is known of a holder.
    pub fn id(holder: &Holder) -> Uuid {
        let kind = match holder.kind {
            HolderKind::Department => "department",
            HolderKind::Room => "room",
        };
        id_of_code(&format!("{}.{kind}", Self::CATEGORY), holder.code.as_str())
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
                    false => Err(Rejection::NotFound { what: "absence" }),
                }
            }
            Command::Import { holder, calendar, times, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                let given = state.calendars.len() + usize::from(!state.calendars.contains_key(&calendar));
                check_size("calendars", given, CALENDARS_MAX)?;
                Ok(vec![Event::BusyTimesImported { holder, calendar, times, read_at: issued.at }])
            }
            Command::Forget { calendar, keepers } => {
                must_be_kept_by(&keepers, issued)?;
                match state.calendars.contains_key(&calendar) {
                    true => Ok(vec![Event::BusyTimesForgotten { calendar }]),
                    false => Err(Rejection::NotFound { what: "calendar" }),
                }
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
                let imported = Imported { times: times.clone(), read_at: *read_at };
                state.calendars.insert(calendar.clone(), imported);
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

fn check_size(field: &'static str, given: usize, max: usize) -> Result<(), Rejection> {
    if given <= max { Ok(()) } else { Err(Rejection::TooManyEntries { field, given, max }) }
}

fn must_be_kept_by(keepers: &Keepers, issued: &Issued) -> Result<(), Rejection> {
    must_be_own(keepers.department.as_ref(), &keepers.answered_for, issued).map_err(|needed_codes| {
        Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{actor, at, code, given, line};
    use crate::{Refusal as _, Role};

    const NOW: &str = "2027-03-01T01:00:00Z";

    fn keepers(answered_for: &[&str]) -> Keepers {
        let answered_for = answered_for.iter().map(|own| code(own)).collect();
        Keepers { department: Some(code("WATER")), answered_for }
    }

    fn holder() -> Holder {
        Holder { kind: HolderKind::Department, code: code("WATER") }
    }

    fn absence(nth: u128, starts_at: &str, ends_at: &str, own: &[&str]) -> Command {
        Command::RecordAbsence {
            holder: holder(),
            absence: Uuid::from_u128(nth),
            starts_at: at(starts_at),
            ends_at: at(ends_at),
            keepers: keepers(own),
        }
    }

    #[test]
    fn a_departments_own_people_say_when_it_is_away() {
        let decide = |command: Command| given::<Availability>(&[]).at(NOW).when(command);
        let march = |own: &[&str]| absence(1, "2027-03-08T00:00:00Z", "2027-03-12T00:00:00Z", own);
        let by_lead = given::<Availability>(&[]).at(NOW).by(actor("li", "ROADS", Role::DepartmentLead));
        assert_eq!(by_lead.when(march(&["ROADS"])).unwrap_err().reason(), "NOT_YOUR_DEPARTMENT");
        let history = decide(march(&["CITY", "WATER"])).unwrap();
        let refused =
            |starts_at, ends_at| decide(absence(2, starts_at, ends_at, &["WATER"])).unwrap_err().reason();
        assert_eq!(refused("2027-03-08T00:00:00Z", "2027-03-08T00:00:00Z"), "NOT_AN_INTERVAL");
        assert_eq!(refused("2027-02-01T00:00:00Z", "2027-02-02T00:00:00Z"), "DEADLINE_PASSED");
        assert_eq!(refused("2037-02-01T00:00:00Z", "2037-02-02T00:00:00Z"), "STARTS_TOO_FAR_AHEAD");
        let withdraw =
            |own: &[&str]| Command::WithdrawAbsence { absence: Uuid::from_u128(1), keepers: keepers(own) };
        let withdrawn = given::<Availability>(&history).at(NOW).when(withdraw(&["WATER"])).unwrap();
        let gone = [history, withdrawn].concat();
        let again = given::<Availability>(&gone).at(NOW).when(withdraw(&["WATER"]));
        assert_eq!(again, Err(Rejection::NotFound { what: "absence" }));
    }

    #[test]
    fn a_calendar_replaces_what_was_known_of_it_and_is_forgotten() {
        let import = |name: &str, times: Vec<Busy>| Command::Import {
            holder: holder(),
            calendar: line(name),
            times,
            keepers: keepers(&["WATER"]),
        };
        let time = Busy { starts_at: at("2027-03-08T01:00:00Z"), ends_at: at("2027-03-08T02:00:00Z") };
        let first = given::<Availability>(&[]).at(NOW).when(import("局长日程", vec![time])).unwrap();
        let second = given::<Availability>(&first)
            .at("2027-03-02T01:00:00Z")
            .when(import("局长日程", vec![]))
            .unwrap();
        let state = Availability::fold(State::default(), &[first.clone(), second].concat());
        let known = &state.calendars[&line("局长日程")];
        assert_eq!((known.times.len(), known.read_at), (0, at("2027-03-02T01:00:00Z")));
        let mut many = first;
        for nth in 1..CALENDARS_MAX {
            many.extend(
                given::<Availability>(&many).at(NOW).when(import(&format!("no {nth}"), vec![])).unwrap(),
            );
        }
        let one_more = given::<Availability>(&many).at(NOW).when(import("one more", vec![]));
        assert_eq!(one_more.unwrap_err().reason(), "TOO_MANY_ENTRIES");
        let forget = Command::Forget { calendar: line("局长日程"), keepers: keepers(&["WATER"]) };
        assert!(given::<Availability>(&many).at(NOW).when(forget).is_ok());
    }
}
