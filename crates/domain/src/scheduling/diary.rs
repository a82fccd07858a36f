//! The diary of a department: when it decides in sessions that are scheduled. One stream has all of them, in the commits
//! that schedule them, so that no department is ever to decide in two sessions at once, unless that was overridden on record.

use super::room::Booking;
use super::session::{self, Filed, Kind, Outline, RoleOnTopic, Rule, Slot, Stage};
use crate::aggregate::id_of_code;
use crate::{Aggregate, Audience, Code, Issued, Timestamp, Uuid, rejections};
use std::collections::BTreeMap;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Notes a session, in place of the time that it had.
    Enter {
        /// The session.
        session: Uuid,
        /// The department.
        department: Code,
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// Whether it may be at the same time as another one.
        overridden: bool,
    },
    /// Notes that a session is over, or has no time any more.
    Leave {
        /// The session.
        session: Uuid,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The department decides in a session at this time.
    Entered {
        /// The session.
        session: Uuid,
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
    },
    /// A session is over, or has no time any more.
    Left {
        /// The session.
        session: Uuid,
    },
}

rejections! {
    /// Why a session cannot be at this time.
    Rejection {
        DepartmentBusy("DEPARTMENT_BUSY") {
            department_code: Code,
            session_id: Uuid,
            starts_at: Timestamp,
            ends_at: Timestamp,
        } = "department {department_code} decides in session {session_id} from {starts_at} to {ends_at}; choose another \
             time, or have the rule one-session-at-a-time overridden",
    }
}

/// The sessions of one department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    sessions: BTreeMap<Uuid, Booking>,
}

impl State {
    /// The other sessions at the time of one, each with its time.
    pub fn beside(&self, session: Uuid) -> impl Iterator<Item = (Uuid, Booking)> {
        let own = self.sessions.get(&session).copied();
        let others = self.sessions.iter().filter(move |(id, _)| **id != session);
        others
            .filter(move |(_, taken)| own.is_some_and(|own| taken.overlaps(&own)))
            .map(|(id, at)| (*id, *at))
    }
}

/// What a command on a session requires of the diaries of those that decide in it; `before` is the session on which the
/// command is decided, `now` the moment at which it is.
///
/// A session that is convened early, after its time was over, or without a time in an emergency, is in them for when it takes
/// place: nobody is called away from another one unless that is overridden.
pub fn diary_commands(
    session: Uuid,
    before: &Filed,
    command: &session::Command,
    now: Timestamp,
) -> Vec<(Uuid, Command)> {
    use session::Command as OnSession;
    let enter = |starts_at: Timestamp, ends_at: Timestamp| {
        entering(session, &before.outline, Booking { starts_at, ends_at }, is_exempt(before))
    };
    match command {
        OnSession::Schedule { starts_at, .. } | OnSession::Move { starts_at, .. } => {
            enter(*starts_at, before.ends_at(*starts_at))
        }
        OnSession::Convene { .. } => match (before.stage(), before.appointment()) {
            (Stage::Scheduled, Some(held)) => {
                let Slot { starts_at, ends_at, .. } = held.slot;
                enter(now.min(starts_at), if now < ends_at { ends_at } else { before.ends_at(now) })
            }
            (Stage::Admitted, _) => enter(now, before.ends_at(now)),
            _ => vec![],
        },
        OnSession::Postpone { .. }
        | OnSession::Cancel { .. }
        | OnSession::Adjourn { .. }
        | OnSession::Conclude
            if matches!(before.stage(), Stage::Scheduled | Stage::Convened) =>
        {
            let leave = |department| (Diary::id(department), Command::Leave { session });
            deciding(&before.outline).map(leave).collect()
        }
        _ => vec![],
    }
}

/// What a session that takes place from an alarm on requires of the diaries of those that decide in it: it may be at the same
/// time as others, as it is declared for a reason, and others are no longer at its time.
pub fn alarm_commands(session: Uuid, outline: &Outline, now: Timestamp) -> Vec<(Uuid, Command)> {
    entering(session, outline, Booking { starts_at: now, ends_at: outline.ends_at(now) }, true)
}

fn entering(session: Uuid, outline: &Outline, at: Booking, overridden: bool) -> Vec<(Uuid, Command)> {
    let Booking { starts_at, ends_at } = at;
    let enter = |department: &Code| {
        let code = department.clone();
        (Diary::id(department), Command::Enter { session, department: code, starts_at, ends_at, overridden })
    };
    deciding(outline).map(enter).collect()
}

/// The departments that decide in a session, on one topic at least: their diaries have it.
pub fn deciding(outline: &Outline) -> impl Iterator<Item = &Code> {
    let decides =
        |attendee: &&session::Attendee| attendee.roles.iter().any(|role| role.role == RoleOnTopic::Decides);
    outline.attendees.iter().filter(decides).map(|attendee| &attendee.department)
}

/// Whether a session may be at the same time as another one in which the same departments decide: an emergency may, and so
/// may one for which the rule was overridden.
pub fn is_exempt(filed: &Filed) -> bool {
    filed.outline.kind == Kind::Emergency || filed.override_of(Rule::OneSessionAtATime).is_some()
}

/// The diary aggregate.
#[derive(Debug)]
pub struct Diary;

impl Diary {
    /// The id of the diary of a department.
    pub fn id(department: &Code) -> Uuid {
        id_of_code(Self::CATEGORY, department.as_str())
    }
}

impl Aggregate for Diary {
    const CATEGORY: &'static str = "scheduling.diary";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _: &Issued) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Enter { session, department, starts_at, ends_at, overridden } => {
                let wanted = Booking { starts_at, ends_at };
                if state.sessions.get(&session) == Some(&wanted) {
                    return Ok(vec![]);
                }
                let busy = |(id, taken): &(&Uuid, &Booking)| **id != session && taken.overlaps(&wanted);
                match state.sessions.iter().find(busy).filter(|_| !overridden) {
                    Some((&session_id, taken)) => Err(Rejection::DepartmentBusy {
                        department_code: department,
                        session_id,
                        starts_at: taken.starts_at,
                        ends_at: taken.ends_at,
                    }),
                    None => Ok(vec![Event::Entered { session, starts_at, ends_at }]),
                }
            }
            Command::Leave { session } => Ok(state
                .sessions
                .contains_key(&session)
                .then_some(Event::Left { session })
                .into_iter()
                .collect()),
        }
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::Entered { session, starts_at, ends_at } => {
                let booking = Booking { starts_at: *starts_at, ends_at: *ends_at };
                state.sessions.insert(*session, booking);
            }
            Event::Left { session } => {
                state.sessions.remove(session);
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal as _;
    use crate::decision_rule::MatterClass;
    use crate::testing::{at, code, constitution, given, line, text};

    fn enter(session: u128, starts_at: &str, ends_at: &str, overridden: bool) -> Command {
        let (session, department) = (Uuid::from_u128(session), code("WATER"));
        Command::Enter { session, department, starts_at: at(starts_at), ends_at: at(ends_at), overridden }
    }

    #[test]
    fn a_department_decides_in_one_session_at_a_time_unless_that_is_overridden() {
        let first = || enter(1, "2027-03-08T01:00:00Z", "2027-03-08T02:00:00Z", false);
        let history = given::<Diary>(&[]).when(first()).unwrap();
        assert_eq!(given::<Diary>(&history).when(first()), Ok(vec![]), "it is noted already");
        let after = enter(2, "2027-03-08T02:00:00Z", "2027-03-08T03:00:00Z", false);
        assert!(given::<Diary>(&history).when(after).is_ok(), "one after the other");
        let overlapping = |overridden| enter(2, "2027-03-08T01:59:00Z", "2027-03-08T03:00:00Z", overridden);
        let refused = given::<Diary>(&history).when(overlapping(false)).unwrap_err();
        assert_eq!(refused.reason(), "DEPARTMENT_BUSY");
        assert!(given::<Diary>(&history).when(overlapping(true)).is_ok());
        let left = given::<Diary>(&history).when(Command::Leave { session: Uuid::from_u128(1) }).unwrap();
        let free = [history, left].concat();
        assert!(given::<Diary>(&free).when(overlapping(false)).is_ok());
        assert_eq!(given::<Diary>(&free).when(Command::Leave { session: Uuid::from_u128(1) }), Ok(vec![]));
    }

    /// When a command has a session be in the diary of the one that decides in it.
    fn entered(
        before: &session::State,
        command: &session::Command,
        now: &str,
    ) -> Vec<(Timestamp, Timestamp)> {
        let commands = diary_commands(Uuid::from_u128(1), before.filed().unwrap(), command, at(now));
        let times = commands.into_iter().map(|(_, command)| match command {
            Command::Enter { starts_at, ends_at, .. } => (starts_at, ends_at),
            other => panic!("{other:?}"),
        });
        times.collect()
    }

    #[test]
    fn a_session_that_is_convened_is_in_the_diaries_for_when_it_takes_place() {
        let constitution = constitution(&["WATER"]);
        let decides = session::TopicRole { topic: 1, role: RoleOnTopic::Decides };
        let outline = Outline {
            title: line("Willow Lane"),
            purpose: text("Stop the flood"),
            body: code("FLOOD"),
            kind: Kind::Standing,
            class: MatterClass::Ordinary,
            topics: vec![],
            attendees: vec![session::Attendee { department: code("WATER"), roles: vec![decides] }],
            duration_minutes: 60,
            earliest_start_at: at("2027-03-08T01:00:00Z"),
            case_reference: None,
            decide_by: None,
            emergency: None,
            carries_out: None,
        };
        let requested =
            |outline: Outline| session::Event::Requested { outline, requester: None, chair: code("WATER") };
        let scheduled = session::Event::Scheduled {
            room: code("HALL"),
            starts_at: at("2027-03-08T01:00:00Z"),
            ends_at: at("2027-03-08T02:00:00Z"),
            invited: vec![code("WATER")],
            answer_by: None,
        };
        let history = [requested(outline.clone()), session::Event::Admitted, scheduled];
        let state = session::Session::fold(session::State::default(), &history);
        let convene = session::Command::Convene { constitution };
        let at_nine = (at("2027-03-08T01:00:00Z"), at("2027-03-08T02:00:00Z"));
        assert_eq!(entered(&state, &convene, "2027-03-08T01:20:00Z"), [at_nine], "it keeps its time");
        let early = (at("2027-03-08T00:30:00Z"), at("2027-03-08T02:00:00Z"));
        assert_eq!(entered(&state, &convene, "2027-03-08T00:30:00Z"), [early]);
        let after = entered(&state, &convene, "2027-03-08T02:30:00Z");
        assert_eq!(after, [(at_nine.0, at("2027-03-08T03:30:00Z"))], "its time was over");

        // An emergency has none, and is at the time of others without being asked.
        let urgent = Outline { kind: Kind::Emergency, ..outline };
        let state = session::Session::fold(
            session::State::default(),
            &[requested(urgent.clone()), session::Event::Admitted],
        );
        let now = at("2027-03-08T01:10:00Z");
        let at_once = (now, at("2027-03-08T02:10:00Z"));
        assert_eq!(entered(&state, &convene, "2027-03-08T01:10:00Z"), [at_once]);
        let alarm = alarm_commands(Uuid::from_u128(2), &urgent, now);
        let history =
            given::<Diary>(&[]).when(enter(1, "2027-03-08T01:00:00Z", "2027-03-08T02:00:00Z", false));
        let mut history = history.unwrap();
        for (_, command) in alarm {
            history.extend(given::<Diary>(&history).when(command).unwrap());
        }
        let diary = Diary::fold(State::default(), &history);
        let beside: Vec<Uuid> = diary.beside(Uuid::from_u128(2)).map(|(id, _)| id).collect();
        assert_eq!(beside, [Uuid::from_u128(1)]);
        let third = enter(3, "2027-03-08T02:00:00Z", "2027-03-08T03:00:00Z", false);
        let refused = given::<Diary>(&history).when(third).unwrap_err();
        assert_eq!(refused.reason(), "DEPARTMENT_BUSY", "nor is another one at its time");
    }
}
