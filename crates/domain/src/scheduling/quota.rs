//! How many sessions a body has in each quarter of the year (每季度会商次数). One stream counts those of a body, in the
//! commits that admit and schedule them, so that no two requests take the same place.

use super::session::{Filed, Kind, Rule};
use super::{body::MeetingRules, session};
use crate::aggregate::id_of_code;
use crate::calendar::WorkingCalendar;
use crate::{Aggregate, Audience, Code, Date, Issued, Timestamp, Uuid, rejections};
use std::collections::{BTreeMap, BTreeSet};

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Counts a session in a quarter, and in no other one.
    Enter {
        /// The session.
        session: Uuid,
        /// The first day of the quarter.
        quarter_on: Date,
        /// How many there may be; none when they are not limited.
        limit: Option<u32>,
    },
    /// Counts sessions no longer: they do not take place, or have to be admitted again.
    Leave {
        /// The sessions.
        sessions: Vec<Uuid>,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session counts in a quarter.
    Entered {
        /// The session.
        session: Uuid,
        /// The first day of the quarter.
        quarter_on: Date,
    },
    /// A session counts no longer.
    Left {
        /// The session.
        session: Uuid,
    },
}

rejections! {
    /// Why a session is not counted.
    Rejection {
        RuleBroken("RULE_BROKEN") { rule: Rule, measure: u32, limit: u32 } =
            "the request breaks the rule {rule}: {measure} where the limit is {limit}; change the request, or have the rule overridden with a reason",
    }
}

/// The quarter in which each session counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    sessions: BTreeMap<Uuid, Date>,
}

impl State {
    /// How many sessions other than this one count in a quarter.
    pub fn others(&self, session: Uuid, quarter_on: Date) -> u32 {
        let others = self.sessions.iter().filter(|(id, quarter)| **id != session && **quarter == quarter_on);
        u32::try_from(others.count()).unwrap_or(u32::MAX)
    }

    /// The same without these sessions.
    #[must_use]
    pub fn without(mut self, sessions: &BTreeSet<Uuid>) -> State {
        self.sessions.retain(|session, _| !sessions.contains(session));
        self
    }

    /// The quarter in which a session counts.
    pub fn quarter_of(&self, session: Uuid) -> Option<Date> {
        self.sessions.get(&session).copied()
    }

    /// The quarters in which this session finds no place, when there may be so many in each.
    pub fn full_quarters(&self, session: Uuid, limit: u32) -> BTreeSet<Date> {
        let elsewhere = |quarter_on: &&Date| self.sessions.get(&session) != Some(*quarter_on);
        let is_full = |quarter_on: &&Date| self.others(session, **quarter_on) >= limit;
        self.sessions.values().filter(elsewhere).filter(is_full).copied().collect()
    }
}

/// How many sessions there may be in the quarter of this one; none when they are not limited for it. An emergency is not
/// limited, and neither is a session whose finding was overridden.
pub fn limit_of(filed: &Filed, rules: &MeetingRules) -> Option<u32> {
    let is_exempt =
        filed.outline.kind == Kind::Emergency || filed.override_of(Rule::SessionsPerQuarter).is_some();
    rules.sessions_per_quarter_max.filter(|_| !is_exempt)
}

/// The first day of the quarter that a moment is in.
pub fn quarter(calendar: &WorkingCalendar, at: Timestamp) -> Date {
    let date = calendar.date_of(at);
    Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).unwrap_or(date)
}

/// What a command on a session requires of the count; `before` is the session on which the command is decided. A session
/// counts from its admission on, in the quarter for which it is requested and then scheduled.
pub fn quota_command(
    session: Uuid,
    before: &Filed,
    command: &session::Command,
    rules: &MeetingRules,
    calendar: &WorkingCalendar,
) -> Option<Command> {
    use session::Command as OnSession;
    let limit = limit_of(before, rules);
    let enter = |at| Some(Command::Enter { session, quarter_on: quarter(calendar, at), limit });
    match command {
        OnSession::Admit => enter(before.outline.earliest_start_at),
        OnSession::Schedule { starts_at, .. } | OnSession::Move { starts_at, .. } => enter(*starts_at),
        OnSession::Cancel { .. } | OnSession::ConvertToCountersign { .. } | OnSession::Revise { .. } => {
            Some(Command::Leave { sessions: vec![session] })
        }
        _ => None,
    }
}

/// The aggregate that counts the sessions of a body.
#[derive(Debug)]
pub struct Quota;

impl Quota {
    /// The id of the count of a body.
    pub fn id(body: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, body.as_str())
    }
}

impl Aggregate for Quota {
    const CATEGORY: &'static str = "scheduling.quota";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Enter { session, quarter_on, .. }
                if state.sessions.get(&session) == Some(&quarter_on) =>
            {
                Ok(vec![])
            }
            Command::Enter { session, quarter_on, limit } => {
                let measure = state.others(session, quarter_on).saturating_add(1);
                match limit.filter(|limit| measure > *limit) {
                    Some(limit) => {
                        Err(Rejection::RuleBroken { rule: Rule::SessionsPerQuarter, measure, limit })
                    }
                    None => Ok(vec![Event::Entered { session, quarter_on }]),
                }
            }
            Command::Leave { sessions } => {
                let counted = sessions.into_iter().filter(|session| state.sessions.contains_key(session));
                Ok(counted.map(|session| Event::Left { session }).collect())
            }
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Entered { session, quarter_on } => drop(state.sessions.insert(*session, *quarter_on)),
            Event::Left { session } => drop(state.sessions.remove(session)),
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, given};

    fn enter(session: u128, quarter_on: &str) -> Command {
        let quarter_on = quarter_on.parse().unwrap();
        Command::Enter { session: Uuid::from_u128(session), quarter_on, limit: Some(1) }
    }

    fn entered(session: u128, quarter_on: &str) -> Event {
        Event::Entered { session: Uuid::from_u128(session), quarter_on: quarter_on.parse().unwrap() }
    }

    #[test]
    fn a_place_in_a_quarter_is_taken_once_and_given_back() {
        let one = entered(1, "2027-01-01");
        let full = Rejection::RuleBroken { rule: Rule::SessionsPerQuarter, measure: 2, limit: 1 };
        assert_eq!(
            given::<Quota>(std::slice::from_ref(&one)).when(enter(2, "2027-01-01")),
            Err(full.clone())
        );
        assert_eq!(given::<Quota>(std::slice::from_ref(&one)).when(enter(1, "2027-01-01")), Ok(vec![]));
        // Whoever is scheduled into another quarter needs a place there, and leaves the one that it had.
        let moved = entered(1, "2027-04-01");
        assert_eq!(
            given::<Quota>(std::slice::from_ref(&one)).when(enter(1, "2027-04-01")),
            Ok(vec![moved.clone()])
        );
        assert!(given::<Quota>(&[one.clone(), moved.clone()]).when(enter(2, "2027-01-01")).is_ok());
        assert_eq!(given::<Quota>(&[one.clone(), moved]).when(enter(2, "2027-04-01")), Err(full));
        let left = Event::Left { session: Uuid::from_u128(1) };
        assert!(given::<Quota>(&[one, left]).when(enter(2, "2027-01-01")).is_ok());
    }

    #[test]
    fn a_quarter_begins_in_the_calendars_zone() {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        assert_eq!(quarter(&calendar, at("2027-12-31T16:00:00Z")).to_string(), "2028-01-01");
        assert_eq!(quarter(&calendar, at("2027-12-31T15:59:00Z")).to_string(), "2027-10-01");
    }
}
