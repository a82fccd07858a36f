//! The diary of a department: when it decides in sessions that are scheduled. One stream has all of them, in the commits
//! that schedule them, so that no department is ever to decide in two sessions at once, or in one while it is on its way from another,
//! unless that was overridden on record.

use super::room::Booking;
use super::session::{self, Filed, Kind, Outline, RoleOnTopic, Rule, Slot, Stage};
use super::travel::{Whereabouts, leaves};
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
        /// Where it is.
        there: Whereabouts,
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
        /// The site of its room then; none when nobody had said it.
        site: Option<Code>,
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
        TravelTimeNeeded("TRAVEL_TIME_NEEDED") {
            department_code: Code,
            minutes: u32,
            from_code: Code,
            to_code: Code,
            session_id: Uuid,
            starts_at: Timestamp,
            ends_at: Timestamp,
        } = "department {department_code} needs {minutes} minutes from {from_code} to {to_code}, and decides in session \
             {session_id} from {starts_at} to {ends_at}; choose another time or room, or have the rule \
             one-session-at-a-time overridden",
    }
}

/// The sessions of one department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    sessions: BTreeMap<Uuid, Visit>,
}

/// When and where a department decides in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Visit {
    time: Booking,
    site: Option<Code>,
}

impl State {
    /// The other sessions at the time of one, each with its time.
    pub fn beside(&self, session: Uuid) -> impl Iterator<Item = (Uuid, Booking)> {
        let own = self.sessions.get(&session).map(|own| own.time);
        let others = self.sessions.iter().filter(move |(id, _)| **id != session);
        others
            .filter(move |(_, taken)| own.is_some_and(|own| taken.time.overlaps(&own)))
            .map(|(id, taken)| (*id, taken.time))
    }
}

/// What a command on a session requires of the diaries of those that decide in it; `before` is the session on which the
/// command is decided, `there` where it takes place, `now` the moment at which it is decided.
///
/// A session that is convened early, after its time was over, or without a time in an emergency, is in them for when it takes
/// place: nobody is called away from another one unless that is overridden.
pub fn diary_commands(
    session: Uuid,
    before: &Filed,
    on_session: &session::Command,
    there: &Whereabouts,
    now: Timestamp,
) -> Vec<(Uuid, Command)> {
    use session::Command as OnSession;
    let entering = |outline: &Outline, starts_at: Timestamp, ends_at: Timestamp| {
        entering(session, outline, Booking { starts_at, ends_at }, there, is_exempt(before))
    };
    let enter = |starts_at, ends_at| entering(&before.outline, starts_at, ends_at);
    match on_session {
        OnSession::Schedule { starts_at, .. } | OnSession::Move { starts_at, .. } => {
            enter(*starts_at, before.ends_at(*starts_at))
        }
        // Some may decide now that did not before.
        OnSession::AddTopic { topic, roles, .. } => {
            let with_topic = before.outline.with_topic(topic, roles).ok();
            let held = before.appointment().zip(with_topic);
            held.map_or_else(Vec::new, |(held, outline)| {
                entering(&outline, held.slot.starts_at, held.slot.ends_at)
            })
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
    let at = Booking { starts_at: now, ends_at: outline.ends_at(now) };
    entering(session, outline, at, &Whereabouts::default(), true)
}

fn entering(
    session: Uuid,
    outline: &Outline,
    at: Booking,
    there: &Whereabouts,
    overridden: bool,
) -> Vec<(Uuid, Command)> {
    let Booking { starts_at, ends_at } = at;
    let enter = |department: &Code| {
        let (code, there) = (department.clone(), there.clone());
        let enter = Command::Enter { session, department: code, starts_at, ends_at, there, overridden };
        (Diary::id(department), enter)
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

impl State {
    /// Refuses a time at which the department decides in another session, or is on its way from there or to there.
    fn must_be_free(
        &self,
        session: Uuid,
        department: &Code,
        wanted: &Booking,
        there: &Whereabouts,
    ) -> Result<(), Rejection> {
        let others = || self.sessions.iter().filter(|(id, _)| **id != session);
        if let Some((&session_id, taken)) = others().find(|(_, taken)| taken.time.overlaps(wanted)) {
            let Booking { starts_at, ends_at } = taken.time;
            return Err(Rejection::DepartmentBusy {
                department_code: department.clone(),
                session_id,
                starts_at,
                ends_at,
            });
        }
        let on_its_way = others().find_map(|(id, taken)| Some((id, taken, taken.way_needed(wanted, there)?)));
        let Some((&session_id, taken, (minutes, from, to))) = on_its_way else { return Ok(()) };
        Err(Rejection::TravelTimeNeeded {
            department_code: department.clone(),
            minutes,
            from_code: from.clone(),
            to_code: to.clone(),
            session_id,
            starts_at: taken.time.starts_at,
            ends_at: taken.time.ends_at,
        })
    }
}

impl Visit {
    /// The way for which there is too little time between this and what is wanted: its minutes, from and to.
    fn way_needed<'w>(
        &'w self,
        wanted: &Booking,
        there: &'w Whereabouts,
    ) -> Option<(u32, &'w Code, &'w Code)> {
        let (site, other) = (self.site.as_ref()?, there.site.as_ref()?);
        if self.time.starts_at < wanted.starts_at {
            let minutes = *there.to_here.get(site)?;
            (!leaves(self.time.ends_at, wanted.starts_at, minutes)).then_some((minutes, site, other))
        } else {
            let minutes = *there.from_here.get(site)?;
            (!leaves(wanted.ends_at, self.time.starts_at, minutes)).then_some((minutes, other, site))
        }
    }
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
            Command::Enter { session, department, starts_at, ends_at, there, overridden } => {
                let wanted = Visit { time: Booking { starts_at, ends_at }, site: there.site.clone() };
                if state.sessions.get(&session) == Some(&wanted) {
                    return Ok(vec![]);
                }
                if !overridden {
                    state.must_be_free(session, &department, &wanted.time, &there)?;
                }
                Ok(vec![Event::Entered { session, starts_at, ends_at, site: wanted.site }])
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
            Event::Entered { session, starts_at, ends_at, site } => {
                let time = Booking { starts_at: *starts_at, ends_at: *ends_at };
                state.sessions.insert(*session, Visit { time, site: site.clone() });
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
        at_site(session, starts_at, ends_at, overridden, Whereabouts::default())
    }

    fn at_site(
        session: u128,
        starts_at: &str,
        ends_at: &str,
        overridden: bool,
        there: Whereabouts,
    ) -> Command {
        let (session, department) = (Uuid::from_u128(session), code("WATER"));
        Command::Enter {
            session,
            department,
            starts_at: at(starts_at),
            ends_at: at(ends_at),
            there,
            overridden,
        }
    }

    /// A site that is 40 minutes from the other one, and 20 minutes from where one goes there.
    fn site(name: &str, other: &str) -> Whereabouts {
        Whereabouts {
            site: Some(code(name)),
            to_here: [(code(other), 40)].into(),
            from_here: [(code(other), 20)].into(),
        }
    }

    #[test]
    fn whoever_decides_at_two_sites_has_the_time_between_them() {
        let city = |starts_at, ends_at| at_site(1, starts_at, ends_at, false, site("CITY", "PORT"));
        let port =
            |starts_at, ends_at, overridden| at_site(2, starts_at, ends_at, overridden, site("PORT", "CITY"));
        let first = given::<Diary>(&[]).when(city("2027-03-08T02:00:00Z", "2027-03-08T03:00:00Z")).unwrap();
        let refused = |command| given::<Diary>(&first).when(command).unwrap_err();
        let after = refused(port("2027-03-08T03:39:00Z", "2027-03-08T04:39:00Z", false));
        assert!(
            after.to_string().starts_with("department WATER needs 40 minutes from CITY to PORT"),
            "{after}"
        );
        let enough = port("2027-03-08T03:40:00Z", "2027-03-08T04:40:00Z", false);
        assert!(given::<Diary>(&first).when(enough).is_ok());
        let before = refused(port("2027-03-08T00:41:00Z", "2027-03-08T01:41:00Z", false));
        assert!(
            before.to_string().starts_with("department WATER needs 20 minutes from PORT to CITY"),
            "{before}"
        );
        let overridden = port("2027-03-08T03:00:00Z", "2027-03-08T04:00:00Z", true);
        assert!(given::<Diary>(&first).when(overridden).is_ok());
        let nowhere = enter(2, "2027-03-08T03:00:00Z", "2027-03-08T04:00:00Z", false);
        assert!(given::<Diary>(&first).when(nowhere).is_ok(), "nobody has said where the room is");
        let moved = at_site(1, "2027-03-08T02:00:00Z", "2027-03-08T03:00:00Z", false, site("PORT", "CITY"));
        assert_eq!(
            given::<Diary>(&first).when(moved).unwrap().len(),
            1,
            "the site counts when the time stays"
        );
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
        let commands = diary_commands(
            Uuid::from_u128(1),
            before.filed().unwrap(),
            command,
            &Whereabouts::default(),
            at(now),
        );
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
            attendees: vec![session::Attendee {
                department: code("WATER"),
                roles: vec![decides],
                companions: 0,
            }],
            duration_minutes: 60,
            earliest_start_at: at("2027-03-08T01:00:00Z"),
            case_reference: None,
            decide_by: None,
            emergency: None,
            carries_out: None,
            equipment: vec![],
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
