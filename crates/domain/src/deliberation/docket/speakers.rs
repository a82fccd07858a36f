//! The rules of speaking: one has the floor at a time, called by the chair in the order of the list; a point of order
//! interrupts; and clocks run out.

use super::floor::{in_debate, may_be_heard, may_preside, may_speak, may_speak_for};
use super::floor_state::time_ends_at;
use super::mandates::{substitute_in_place, takes_its_place};
use super::motions::no_closing_pending;
use super::proposals::no_open_ballot;
use super::{Event, POINTS_OF_ORDER_MAX, Proceedings, Rejection, Ruling, Speaker, State, Topic, TopicStage};
use crate::decision_rule::SPEAKING_MINUTES_MAX;
use crate::{Code, Issued, Text, Timestamp};

pub(super) fn request(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate_of_a_meeting(proceedings, number)?;
    may_speak(proceedings, topic, &department, issued)?;
    is_there(proceedings, topic, &department)?;
    if topic.floor.waiting.contains(&department) {
        return Ok(vec![]);
    }
    if topic.floor.list_closed {
        return Err(Rejection::SpeakersListClosed { topic_number: number });
    }
    Ok(vec![Event::FloorRequested { topic: number, department }])
}

pub(super) fn withdraw(
    proceedings: &Proceedings,
    number: u32,
    department: &Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate_of_a_meeting(proceedings, number)?;
    if !takes_its_place(proceedings, topic, department, issued) {
        may_speak_for(proceedings, Some(topic), department, issued)?;
    }
    if !topic.floor.waiting.contains(department) {
        return Ok(vec![]);
    }
    Ok(vec![Event::FloorRequestWithdrawn { topic: number, department: department.clone() }])
}

/// Gives the floor to the first on the list, or for a reason to another.
pub(super) fn give(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    reason: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = on_the_floor(proceedings, number)?;
    may_be_heard(proceedings, topic, &department)?;
    is_there(proceedings, topic, &department)?;
    if topic.floor.is_held_by(&department) {
        return Ok(vec![]);
    }
    no_point_pending(topic)?;
    nobody_speaks(topic)?;
    no_open_ballot(topic)?;
    no_closing_pending(topic)?;
    let is_first = topic.floor.waiting.first() == Some(&department);
    if !is_first && reason.is_none() {
        return Err(Rejection::CalledOutOfOrder { department_code: department, topic_number: number });
    }
    let spoken = topic.floor.spoken_by(&department, issued.at);
    let minutes = speaking_minutes(proceedings, topic);
    let ends_at = time_ends_at(minutes, spoken, issued.at);
    if minutes > 0 && ends_at.is_none() {
        return Err(Rejection::SpeakingTimeUsed {
            department_code: department,
            topic_number: number,
            minutes,
        });
    }
    Ok(vec![Event::FloorGiven {
        topic: number,
        turn: proceedings.turns + 1,
        department,
        given_at: issued.at,
        ends_at,
        reason: reason.filter(|_| !is_first),
    }])
}

/// Ends a turn: by whoever speaks, or whoever leads.
pub(super) fn yield_floor(
    state: &State,
    number: u32,
    department: &Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let proceedings = state.open()?;
    let topic = proceedings.undecided(number)?;
    if !takes_its_place(proceedings, topic, department, issued) {
        may_speak_for(proceedings, Some(topic), department, issued)
            .or_else(|refusal| may_preside(state, Some(number), issued).map_err(|_| refusal))?;
    }
    let yielded = topic.floor.yielded(number, issued.at).filter(|_| topic.floor.is_held_by(department));
    Ok(yielded.into_iter().collect())
}

pub(super) fn limit(
    proceedings: &Proceedings,
    number: u32,
    speaking_minutes: Option<u32>,
    list_closed: bool,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate_of_a_meeting(proceedings, number)?;
    if let Some(minutes) = speaking_minutes.filter(|minutes| *minutes > SPEAKING_MINUTES_MAX) {
        return Err(Rejection::SpeakingMinutesOutOfRange { minutes, max: SPEAKING_MINUTES_MAX });
    }
    if (topic.floor.speaking_minutes, topic.floor.list_closed) == (speaking_minutes, list_closed) {
        return Ok(vec![]);
    }
    Ok(vec![Event::DebateLimited { topic: number, speaking_minutes, list_closed }])
}

pub(super) fn raise_point(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    text: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = on_the_floor(proceedings, number)?;
    may_speak(proceedings, topic, &department, issued)?;
    is_there(proceedings, topic, &department)?;
    if topic.floor.pending_point().is_some_and(|known| known.department == department && known.text == text) {
        return Ok(vec![]);
    }
    no_point_pending(topic)?;
    let points = topic.floor.points.len();
    if points >= POINTS_OF_ORDER_MAX {
        return Err(Rejection::PointsOfOrderExhausted { topic_number: number, max: POINTS_OF_ORDER_MAX });
    }
    let point = u32::try_from(points + 1).unwrap_or(u32::MAX);
    let speaker = topic.floor.speaker.as_ref();
    let turn = speaker.map(|speaker| speaker.turn);
    let spoken_seconds = speaker.map_or(0, |speaker| speaker.spoken_until(issued.at));
    Ok(vec![Event::PointOfOrderRaised { topic: number, point, department, text, turn, spoken_seconds }])
}

/// Rules on a point of order, also after its topic was paused. Whoever was interrupted goes on with the time that is left.
pub(super) fn rule(
    proceedings: &Proceedings,
    number: u32,
    point: u32,
    ruling: Ruling,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let Some(known) = topic.floor.points.iter().find(|known| known.number == point) else {
        return Err(Rejection::NotFound { what: format!("point of order {point} on topic {number}") });
    };
    match &known.ruling {
        Some(before) if *before == ruling => return Ok(vec![]),
        Some(_) => return Err(Rejection::PointOfOrderRuled { point_number: point, topic_number: number }),
        None => {}
    }
    let speaker = topic.floor.speaker.as_ref();
    let left = |speaker: &Speaker| {
        let spoken = topic.floor.spoken_by(&speaker.department, issued.at);
        time_ends_at(speaking_minutes(proceedings, topic), spoken, issued.at)
    };
    Ok(vec![Event::PointOfOrderRuled {
        topic: number,
        point,
        sustained: ruling.sustained,
        reason: ruling.reason,
        turn: speaker.map(|speaker| speaker.turn),
        resumed_at: speaker.map(|_| issued.at),
        ends_at: speaker.and_then(left),
    }])
}

/// Which clocks have run out, each once.
pub(super) fn check_clocks(state: &State, issued: &Issued) -> Vec<Event> {
    let State::Open(proceedings) = state else { return vec![] };
    let over = |at: &Timestamp| *at <= issued.at;
    let of_topic = |topic: &Topic| {
        let speaker = topic.floor.speaker.as_ref();
        let speaking = speaker.and_then(|speaker| {
            Some(Event::SpeakingTimeEnded {
                topic: topic.number,
                turn: speaker.turn,
                department: speaker.department.clone(),
                ended_at: speaker.ends_at.filter(over)?,
            })
        });
        let timebox = topic.time_ends_at.filter(over);
        let timebox = timebox.map(|ended_at| Event::TopicTimeEnded { topic: topic.number, ended_at });
        speaking.into_iter().chain(timebox).collect::<Vec<_>>()
    };
    proceedings.topics.iter().flat_map(of_topic).collect()
}

/// That a department which leaves yields the floor, for itself or for the seat whose place it takes.
pub(super) fn yielded_by(proceedings: &Proceedings, department: &Code, at: Timestamp) -> Vec<Event> {
    let speaks = |topic: &&Topic| {
        topic.floor.speaker.as_ref().is_some_and(|speaker| {
            speaker.department == *department
                || substitute_in_place(proceedings, topic, &speaker.department) == Some(department)
        })
    };
    let topics = proceedings.topics.iter().filter(speaks);
    topics.filter_map(|topic| topic.floor.yielded(topic.number, at)).collect()
}

/// Minutes that each department may speak on a topic; 0 without a limit.
pub fn speaking_minutes(proceedings: &Proceedings, topic: &Topic) -> u32 {
    let usual = proceedings.agenda.constitution.rule.speaking_minutes;
    topic.floor.speaking_minutes.unwrap_or(usual)
}

/// The topic, if it is undecided, its debate is not closed, and people meet for it.
fn in_debate_of_a_meeting(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = in_debate(proceedings, number)?;
    if proceedings.is_meeting() { Ok(topic) } else { Err(Rejection::NotAMeeting) }
}

/// The topic, if it is the one that is open now.
pub(super) fn on_the_floor(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = in_debate_of_a_meeting(proceedings, number)?;
    match topic.stage {
        TopicStage::Open { .. } => Ok(topic),
        _ => Err(Rejection::NotOnTheFloor { topic_number: number }),
    }
}

/// Refuses a department that is not there, by itself or by a substitute in its place.
pub(super) fn is_there(proceedings: &Proceedings, topic: &Topic, department: &Code) -> Result<(), Rejection> {
    let there = proceedings.counts_as_present(department)
        || substitute_in_place(proceedings, topic, department).is_some();
    match there {
        true => Ok(()),
        false => Err(Rejection::NotPresent { department_code: department.clone() }),
    }
}

/// Refuses while somebody has the floor.
pub(super) fn nobody_speaks(topic: &Topic) -> Result<(), Rejection> {
    match &topic.floor.speaker {
        Some(speaker) => Err(Rejection::FloorTaken {
            topic_number: topic.number,
            department_code: speaker.department.clone(),
        }),
        None => Ok(()),
    }
}

/// Refuses while a point of order waits for a ruling.
pub(super) fn no_point_pending(topic: &Topic) -> Result<(), Rejection> {
    match topic.floor.pending_point() {
        Some(point) => {
            Err(Rejection::PointOfOrderPending { point_number: point.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}
