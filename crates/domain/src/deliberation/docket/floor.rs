//! The rules of the floor: attendance, quorum, debate and its time, statements.

use super::choices::no_open_choice;
use super::mandates::takes_its_place;
use super::motions::{lapsed_unseconded, lapsed_without, no_motion_pending};
use super::proceedings::count;
use super::proposals::no_open_ballot;
use super::speakers;
use super::{
    Agenda, DIGRESSION_MINUTES_MAX, Event, Mode, Outcome, Proceedings, Rejection, RoleOnTopic, Stance, State,
    Topic, TopicStage,
};
use crate::{Code, Issued, Line, Role, Text, Timestamp};
use std::collections::BTreeSet;

/// Prepares a docket. Nobody has to arrive for a countersign, so it opens at once.
pub(super) fn prepare(state: &State, agenda: Agenda, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    if !matches!(state, State::Absent | State::Adjourned(_)) {
        return Ok(vec![]);
    }
    agenda.check()?;
    let opened = match agenda.mode {
        Mode::Meeting => None,
        Mode::Countersign { .. } => {
            let (present, departments) = (count(agenda.deciding()), agenda.constitution.voter_count());
            let needed = agenda.constitution.quorum(0, present);
            Some(Event::Opened { opened_at: issued.at, present, needed, departments })
        }
    };
    Ok([Event::Prepared { agenda }].into_iter().chain(opened).collect())
}

/// Refuses whoever may not lead the docket: it is led by the department in the chair, and by the clerks of the body's
/// secretariat. Nobody whose department has recused itself from a topic leads its debate, unless nobody else is left:
/// then a clerk ends the topic.
pub(super) fn may_preside(state: &State, topic: Option<u32>, issued: &Issued) -> Result<(), Rejection> {
    let Some(proceedings) = state.proceedings() else { return Ok(()) };
    if issued.by.is_process() {
        return Ok(());
    }
    let topic = topic.and_then(|number| proceedings.topic(number));
    let is_clerk = is_clerk_of_the_docket(proceedings, issued);
    let nobody_is_left = is_clerk && proceedings.able_chair(topic).is_none();
    if let (Some(topic), Some(own), false) = (topic, &issued.by.department, nobody_is_left) {
        not_recused(topic, own)?;
    }
    if is_clerk {
        return Ok(());
    }
    // A clerk acts for the body, or not at all: not for the department in the chair.
    if issued.by.is(Role::Clerk) && !issued.by.is(Role::Chair) {
        return Err(not_one_of(&proceedings.agenda.constitution.secretariat, issued));
    }
    must_belong_to(proceedings.chair(topic), issued)
}

/// Whether a clerk of the body's secretariat issues the command.
pub(super) fn is_clerk_of_the_docket(proceedings: &Proceedings, issued: &Issued) -> bool {
    let secretariat = &proceedings.agenda.constitution.secretariat;
    issued.by.is(Role::Clerk) && secretariat.iter().any(|department| issued.by.speaks_for(department))
}

pub(super) fn record_arrival(
    proceedings: &Proceedings,
    department: Code,
    delegate: Line,
) -> Result<Vec<Event>, Rejection> {
    may_attend(proceedings, &department)?;
    if proceedings.present.get(&department) == Some(&delegate) {
        return Ok(vec![]);
    }
    Ok(vec![Event::ArrivalRecorded { department, delegate }])
}

pub(super) fn record_departure(
    proceedings: &Proceedings,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    may_attend(proceedings, &department)?;
    if !proceedings.present.contains_key(&department) {
        return Ok(vec![]);
    }
    if !issued.by.speaks_for(&department) {
        votes_nowhere(proceedings, &department)?;
    }
    let yielded = speakers::yielded_by(proceedings, &department, issued.at);
    let undecided = proceedings.topics.iter().filter(|topic| topic.outcome.is_none());
    let lapsed = undecided.flat_map(|topic| lapsed_without(topic, &department));
    let ended = yielded.into_iter().chain(lapsed).collect::<Vec<_>>();
    Ok(ended.into_iter().chain([Event::DepartureRecorded { department }]).collect())
}

/// Refuses that others put a department out of the room while it is asked for its vote: it leaves after the count.
fn votes_nowhere(proceedings: &Proceedings, department: &Code) -> Result<(), Rejection> {
    let votes_on = |topic: &&Topic| {
        proceedings.agenda.role_on(topic.number, department) == Some(RoleOnTopic::Decides)
            && !topic.recused.contains(department)
    };
    proceedings.topics.iter().filter(votes_on).try_for_each(|topic| {
        no_open_ballot(topic)?;
        no_open_choice(topic)
    })
}

/// Refuses attendance at a countersign, and by departments that neither take part nor are substitutes.
fn may_attend(proceedings: &Proceedings, department: &Code) -> Result<(), Rejection> {
    if !proceedings.is_meeting() {
        return Err(Rejection::NotAMeeting);
    }
    if !proceedings.agenda.may_attend(department) {
        return Err(Rejection::NotAParticipant { department_code: department.clone() });
    }
    Ok(())
}

pub(super) fn open(state: &State, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let State::Prepared(proceedings) = state else {
        return state.open().map(|_| vec![]);
    };
    let departments = proceedings.agenda.constitution.voter_count();
    let (present, needed) = attendance(proceedings);
    if present < needed {
        return Err(Rejection::NoQuorum { present, needed, departments });
    }
    Ok(vec![Event::Opened { opened_at: issued.at, present, needed, departments }])
}

/// How many deciding departments are there, by themselves or by a substitute, and how many have to be. Nobody is counted twice:
/// who decides itself counts for nobody else, and a substitute for one seat.
fn attendance(proceedings: &Proceedings) -> (u32, u32) {
    let agenda = &proceedings.agenda;
    let is_there = |code: &Code| proceedings.present.contains_key(code);
    let mut counted = BTreeSet::new();
    let is_represented = |department: &&Code| {
        let voter = agenda.constitution.voter(department);
        let mut substitutes = voter.into_iter().flat_map(|voter| &voter.substitutes);
        let is_free = |code: &&Code| is_there(code) && !agenda.deciding().any(|other| other == *code);
        is_there(department) || substitutes.any(|code| is_free(&code) && counted.insert(code))
    };
    let present = count(agenda.deciding().filter(is_represented));
    (present, agenda.constitution.quorum(0, present))
}

/// Adjourns a meeting to which too few came. Whoever could open it opens it instead.
pub(super) fn adjourn(state: &State, reason: Text) -> Result<Vec<Event>, Rejection> {
    let proceedings = match state {
        State::Adjourned(_) => return Ok(vec![]),
        State::Prepared(proceedings) => proceedings,
        State::Absent => return state.open().map(|_| vec![]),
        State::Open(_) => return Err(Rejection::WrongStage { stage: "open", needed: "prepared" }),
        State::Closed(_) => return Err(Rejection::WrongStage { stage: "closed", needed: "prepared" }),
    };
    let (present, needed) = attendance(proceedings);
    if present >= needed {
        return Err(Rejection::QuorumPresent { present, needed });
    }
    Ok(vec![Event::Adjourned { present, needed, reason }])
}

/// Opens a topic. A deferred one may be opened again, which revokes its outcome.
pub(super) fn open_topic(
    proceedings: &Proceedings,
    number: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = match proceedings.find_topic(number)? {
        topic @ Topic { outcome: Some(Outcome::Deferred { .. }), .. } => topic,
        _ => proceedings.undecided(number)?,
    };
    if matches!(topic.stage, TopicStage::Open { .. }) {
        return Ok(vec![]);
    }
    let open = proceedings.topics.iter().find(|other| matches!(other.stage, TopicStage::Open { .. }));
    match open {
        Some(open) if proceedings.is_meeting() => {
            Err(Rejection::AnotherTopicOpen { open_topic_number: open.number, topic_number: number })
        }
        _ => {
            let time_ends_at = topic.timebox_ends_at(issued.at).filter(|_| proceedings.is_meeting());
            Ok(vec![Event::TopicOpened { topic: number, opened_at: issued.at, time_ends_at }])
        }
    }
}

pub(super) fn pause_topic(
    proceedings: &Proceedings,
    number: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    match topic.stage {
        TopicStage::Open { .. } => {
            let paused = Event::TopicPaused { topic: number, spent_seconds: topic.spent_until(issued.at) };
            Ok(topic.floor.yielded(number, issued.at).into_iter().chain([paused]).collect())
        }
        TopicStage::Paused => Ok(vec![]),
        TopicStage::Waiting => Err(Rejection::TopicNotOpened { topic_number: number }),
        TopicStage::DebateClosed => Err(Rejection::DebateClosed { topic_number: number }),
    }
}

pub(super) fn record_digression(
    proceedings: &Proceedings,
    number: u32,
    minutes: u32,
    note: Option<Line>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if minutes == 0 || minutes > DIGRESSION_MINUTES_MAX {
        return Err(Rejection::DigressionOutOfRange { max: DIGRESSION_MINUTES_MAX, minutes });
    }
    if topic.stage == TopicStage::Waiting {
        return Err(Rejection::TopicNotOpened { topic_number: number });
    }
    let spent_minutes = topic.spent_until(issued.at) / 60;
    let recorded_minutes = topic.digression_minutes;
    if u64::from(recorded_minutes) + u64::from(minutes) > spent_minutes {
        return Err(Rejection::DigressionTooLong {
            topic_number: number,
            minutes,
            recorded_minutes,
            spent_minutes,
        });
    }
    Ok(vec![Event::DigressionRecorded { topic: number, minutes, note }])
}

pub(super) fn close_debate(
    proceedings: &Proceedings,
    number: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    match topic.stage {
        TopicStage::DebateClosed => Ok(vec![]),
        TopicStage::Waiting if proceedings.is_meeting() => {
            Err(Rejection::TopicNotOpened { topic_number: number })
        }
        TopicStage::Waiting | TopicStage::Open { .. } | TopicStage::Paused => {
            speakers::no_point_pending(topic)?;
            no_motion_pending(topic)?;
            let closed = debate_closed(topic, issued.at);
            let yielded = topic.floor.yielded(number, issued.at).into_iter();
            Ok(yielded.chain(lapsed_unseconded(topic)).chain([closed]).collect())
        }
    }
}

/// The end of the debate on a topic, with the time it took.
pub(super) fn debate_closed(topic: &Topic, at: Timestamp) -> Event {
    let spent_seconds = topic.spent_until(at);
    Event::DebateClosed {
        topic: topic.number,
        spent_seconds,
        overrun_seconds: spent_seconds.saturating_sub(u64::from(topic.timebox_minutes) * 60),
        digression_minutes: topic.digression_minutes,
    }
}

/// Records a department's statement. It need not be present: a statement may be sent in writing.
pub(super) fn record_statement(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    (stance, reasons): (Stance, Text),
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate(proceedings, number)?;
    may_speak(proceedings, topic, &department, issued)?;
    let put_down_by_clerk = is_put_down(proceedings, &department, issued);
    if let Some(known) = topic.statements.get(&department) {
        let is_the_same = known.stance == stance && known.reasons == reasons;
        if is_the_same && (put_down_by_clerk || !known.put_down_by_clerk) {
            return Ok(vec![]);
        }
        nothing_of_its_own(proceedings, &department, !known.put_down_by_clerk, issued)?;
    }
    Ok(vec![Event::StatementRecorded { topic: number, department, stance, reasons, put_down_by_clerk }])
}

/// The topic, if it is undecided and its debate is not closed.
pub(super) fn in_debate(proceedings: &Proceedings, number: u32) -> Result<&Topic, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.stage == TopicStage::DebateClosed {
        return Err(Rejection::DebateClosed { topic_number: number });
    }
    Ok(topic)
}

/// Refuses whoever may not speak on the topic: people of other departments, and departments that are only
/// informed, or have recused themselves from it.
pub(super) fn may_speak(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    if !takes_its_place(proceedings, topic, department, issued) {
        may_speak_for(proceedings, Some(topic), department, issued)?;
    }
    may_be_heard(proceedings, topic, department)
}

/// Refuses departments that are not heard on the topic: those that are only informed, or have recused themselves from it.
pub(super) fn may_be_heard(
    proceedings: &Proceedings,
    topic: &Topic,
    department: &Code,
) -> Result<(), Rejection> {
    not_recused(topic, department)?;
    match proceedings.agenda.role_on(topic.number, department) {
        Some(RoleOnTopic::Decides | RoleOnTopic::Advises) => Ok(()),
        None if !proceedings.agenda.takes_part(department) => {
            Err(Rejection::NotAParticipant { department_code: department.clone() })
        }
        Some(RoleOnTopic::Informed) | None => Err(Rejection::NotEntitledToSpeak {
            department_code: department.clone(),
            topic_number: topic.number,
        }),
    }
}

/// Refuses a department that has recused itself from the topic.
pub(super) fn not_recused(topic: &Topic, department: &Code) -> Result<(), Rejection> {
    if topic.recused.contains(department) {
        return Err(Rejection::DepartmentRecused {
            department_code: department.clone(),
            topic_number: topic.number,
        });
    }
    Ok(())
}

/// Refuses whoever does not speak for the department. A clerk of the body's secretariat may record what it said, under
/// their own name; on a topic from which the clerk's own department recused itself only when nobody else is left.
pub(super) fn may_speak_for(
    proceedings: &Proceedings,
    topic: Option<&Topic>,
    needed: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    if !is_put_down(proceedings, needed, issued) {
        return must_belong_to(needed, issued);
    }
    may_put_down(proceedings, topic, issued)
}

/// Refuses a clerk of the docket whose own department has recused itself from the topic, unless nobody else is left.
pub(super) fn may_put_down(
    proceedings: &Proceedings,
    topic: Option<&Topic>,
    issued: &Issued,
) -> Result<(), Rejection> {
    match (topic, &issued.by.department) {
        (Some(topic), Some(own)) if proceedings.able_chair(Some(topic)).is_some() => not_recused(topic, own),
        _ => Ok(()),
    }
}

/// Whether a clerk of the docket acts for a department that is not the own.
pub(super) fn is_put_down(proceedings: &Proceedings, department: &Code, issued: &Issued) -> bool {
    is_clerk_of_the_docket(proceedings, issued) && !issued.by.speaks_for(department)
}

/// Refuses what a clerk would put down for a department that cannot have said it in the room.
pub(super) fn said_in_the_room(
    proceedings: &Proceedings,
    department: &Code,
    issued: &Issued,
) -> Result<(), Rejection> {
    if !is_put_down(proceedings, department, issued) {
        return Ok(());
    }
    match proceedings.is_meeting() {
        true if proceedings.counts_as_present(department) => Ok(()),
        true => Err(Rejection::NotPresent { department_code: department.clone() }),
        false => must_belong_to(department, issued),
    }
}

/// Refuses a clerk who would put down something else in place of what a department has said or done itself.
pub(super) fn nothing_of_its_own(
    proceedings: &Proceedings,
    department: &Code,
    is_its_own: bool,
    issued: &Issued,
) -> Result<(), Rejection> {
    if is_its_own && is_put_down(proceedings, department, issued) {
        return Err(Rejection::SaidItself { department_code: department.clone() });
    }
    Ok(())
}

/// The refusal of whoever belongs to none of these departments.
pub(super) fn not_one_of<'a>(needed: impl IntoIterator<Item = &'a Code>, issued: &Issued) -> Rejection {
    let needed: Vec<&str> = needed.into_iter().map(Code::as_str).collect();
    Rejection::NotYourDepartment { department_code: issued.by.spoken_for(), needed_codes: needed.join(", ") }
}

/// Refuses whoever does not belong to the department.
pub(super) fn must_belong_to(needed: &Code, issued: &Issued) -> Result<(), Rejection> {
    if issued.by.speaks_for(needed) {
        return Ok(());
    }
    Err(not_one_of([needed], issued))
}
