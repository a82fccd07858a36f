//! The rules of the floor: attendance, quorum, calling topics, their time, positions.

use super::proceedings::count;
use super::{
    Agenda, DIGRESSION_MINUTES_MAX, Event, Mode, Outcome, Position, Proceedings, Rejection, RoleOnTopic,
    Stage, State, Topic,
};
use crate::deliberation::ballot::share;
use crate::{Code, Issued, Line, Role, Timestamp};

/// Prepares a docket. By countersign nobody has to come, so it opens at once.
pub(super) fn prepare(state: &State, agenda: Agenda, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if state.proceedings().is_some() {
        return Ok(vec![]);
    }
    agenda.check()?;
    let opened = match agenda.mode {
        Mode::Meeting => None,
        Mode::Countersign { .. } => {
            let departments = count(agenda.deciding());
            let needed = share(departments, agenda.quorum_percent, 100);
            Some(Event::Opened { opened_at: issued.at, present: departments, needed, departments })
        }
    };
    Ok([Event::Prepared { agenda }].into_iter().chain(opened).collect())
}

/// A docket is led from the department that chairs it, or by a clerk who belongs to no department.
pub(super) fn may_preside(state: &State, issued: &Issued) -> Result<(), Rejection> {
    let Some(proceedings) = state.proceedings() else { return Ok(()) };
    let chair = &proceedings.agenda.chair;
    let led_elsewhere = match &issued.by.department {
        Some(department) => department != chair,
        None => issued.by.is(Role::Chair) && !issued.by.is(Role::Clerk),
    };
    if led_elsewhere { is_of(chair, issued) } else { Ok(()) }
}

pub(super) fn record_arrival(
    proceedings: &Proceedings,
    department: Code,
    delegate: Line,
) -> Result<Vec<Event>, Rejection> {
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    if !proceedings.agenda.takes_part(&department) {
        return Err(Rejection::NotAParticipant { department });
    }
    if proceedings.present.get(&department) == Some(&delegate) {
        return Ok(vec![]);
    }
    Ok(vec![Event::DelegateArrived { department, delegate }])
}

pub(super) fn record_leaving(proceedings: &Proceedings, department: Code) -> Result<Vec<Event>, Rejection> {
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    if !proceedings.agenda.takes_part(&department) {
        return Err(Rejection::NotAParticipant { department });
    }
    if !proceedings.present.contains_key(&department) {
        return Ok(vec![]);
    }
    Ok(vec![Event::DelegateLeft { department }])
}

pub(super) fn open(state: &State, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let State::Prepared(proceedings) = state else {
        return state.open().map(|_| vec![]);
    };
    let agenda = &proceedings.agenda;
    let departments = count(agenda.deciding());
    let present = count(agenda.deciding().filter(|code| proceedings.present.contains_key(*code)));
    let needed = share(departments, agenda.quorum_percent, 100);
    if present < needed {
        return Err(Rejection::NoQuorum { present, needed, departments });
    }
    Ok(vec![Event::Opened { opened_at: issued.at, present, needed, departments }])
}

/// Calls a topic. A deferred one may be called again, which takes its outcome back.
pub(super) fn open_topic(
    proceedings: &Proceedings,
    no: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = match proceedings.known(no)? {
        topic @ Topic { outcome: Some(Outcome::Deferred { .. }), .. } => topic,
        _ => proceedings.undecided(no)?,
    };
    if matches!(topic.stage, Stage::Open { .. }) {
        return Ok(vec![]);
    }
    let on_the_floor = proceedings.topics.iter().find(|other| matches!(other.stage, Stage::Open { .. }));
    match on_the_floor {
        Some(open) if proceedings.is_meeting() => {
            Err(Rejection::AnotherTopicOpen { topic: no, open: open.no })
        }
        _ => Ok(vec![Event::TopicOpened { topic: no, opened_at: issued.at }]),
    }
}

pub(super) fn pause_topic(
    proceedings: &Proceedings,
    no: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    match topic.stage {
        Stage::Open { .. } => {
            Ok(vec![Event::TopicPaused { topic: no, spent_seconds: topic.spent_until(issued.at) }])
        }
        Stage::Paused => Ok(vec![]),
        Stage::Waiting | Stage::DebateClosed => Err(Rejection::TopicNotOpen { topic: no }),
    }
}

pub(super) fn mark_digression(
    proceedings: &Proceedings,
    no: u32,
    minutes: u32,
    note: Option<Line>,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    if minutes == 0 || minutes > DIGRESSION_MINUTES_MAX {
        return Err(Rejection::DigressionOutOfRange { minutes, max: DIGRESSION_MINUTES_MAX });
    }
    if topic.stage == Stage::Waiting {
        return Err(Rejection::TopicNotOpen { topic: no });
    }
    Ok(vec![Event::DigressionMarked { topic: no, minutes, note }])
}

pub(super) fn close_debate(
    proceedings: &Proceedings,
    no: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    match topic.stage {
        Stage::DebateClosed => Ok(vec![]),
        Stage::Waiting if proceedings.is_meeting() => Err(Rejection::TopicNotOpen { topic: no }),
        Stage::Waiting | Stage::Open { .. } | Stage::Paused => Ok(vec![debate_closed(topic, issued.at)]),
    }
}

/// The end of a topic's debate, with what it took.
pub(super) fn debate_closed(topic: &Topic, at: Timestamp) -> Event {
    let spent_seconds = topic.spent_until(at);
    Event::DebateClosed {
        topic: topic.no,
        spent_seconds,
        overrun_seconds: spent_seconds.saturating_sub(u64::from(topic.timebox_minutes) * 60),
        digression_minutes: topic.digression_minutes,
    }
}

/// Takes a department's position. It need not be present: a position may be sent in writing.
pub(super) fn state_position(
    proceedings: &Proceedings,
    no: u32,
    department: Code,
    position: Position,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate(proceedings, no)?;
    has_voice(proceedings, topic, &department, issued)?;
    if topic.positions.get(&department) == Some(&position) {
        return Ok(vec![]);
    }
    let Position { stance, reasons } = position;
    Ok(vec![Event::PositionStated { topic: no, department, stance, reasons }])
}

/// The topic, when there is still something to be said on it.
pub(super) fn in_debate(proceedings: &Proceedings, no: u32) -> Result<&Topic, Rejection> {
    let topic = proceedings.undecided(no)?;
    if topic.stage == Stage::DebateClosed {
        return Err(Rejection::DebateOver { topic: no });
    }
    Ok(topic)
}

/// Refuses who may not speak on the topic: other departments' people, and who is only informed.
pub(super) fn has_voice(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    speaks_for(department, issued)?;
    match proceedings.agenda.role_on(topic.no, department) {
        Some(RoleOnTopic::Decides | RoleOnTopic::Advises) => Ok(()),
        None if !proceedings.agenda.takes_part(department) => {
            Err(Rejection::NotAParticipant { department: department.clone() })
        }
        Some(RoleOnTopic::Informed) | None => {
            Err(Rejection::NoVoice { department: department.clone(), topic: topic.no })
        }
    }
}

/// Refuses whoever does not speak for the department. A clerk may put down what it said, under their own
/// name.
pub(super) fn speaks_for(needed: &Code, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.is(Role::Clerk) { Ok(()) } else { is_of(needed, issued) }
}

/// Refuses whoever is not of the department.
pub(super) fn is_of(needed: &Code, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.speaks_for(needed) {
        return Ok(());
    }
    let department =
        issued.by.department.as_ref().map_or_else(|| "no department".to_owned(), Code::to_string);
    Err(Rejection::NotYourDepartment { department, needed: needed.clone() })
}
