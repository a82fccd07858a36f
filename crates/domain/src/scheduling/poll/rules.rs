//! What a poll accepts.

use super::{
    ALL_TIMES_MAX, Asked, Command, EndCause, Event, Known, PROPOSALS_MAX, ProposedTime, REMINDED_BEFORE,
    Rejection, Stage, State, TIMES_MAX, TimeAnswer,
};
use crate::scheduling::session::Slot;
use crate::{Code, Issued, Text, Timestamp};

pub(super) fn decide(state: &State, command: Command, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Open { asked, slots, close_by } => open(state, asked, slots, close_by, issued),
        Command::Answer { department, answers, comment } => {
            answer(existing(state)?, department, answers, comment, issued)
        }
        Command::Propose { begins, present, slot, department, reason } => {
            if present.as_ref() == Some(&slot) {
                return Err(Rejection::SameTime { starts_at: slot.starts_at });
            }
            propose(state, begins, &Proposed { slot, department, reason }, issued)
        }
        Command::Decline { number, reason } => decline(existing(state)?, number, reason),
        Command::Adopt { number } => {
            let known = existing(state)?;
            must_run(known, "adopted")?;
            open_time(known, number)?;
            Ok(vec![Event::TimeAdopted { number }])
        }
        Command::Withdraw { reason } => {
            let known = existing(state)?;
            if known.ended.as_ref().is_some_and(|end| end.cause == EndCause::Withdrawn) {
                return Ok(vec![]);
            }
            must_run(known, "withdrawn")?;
            Ok(vec![Event::Ended { cause: EndCause::Withdrawn, reason: Some(reason) }])
        }
        Command::End { cause } => {
            Ok(state.running().map(|_| Event::Ended { cause, reason: None }).into_iter().collect())
        }
        Command::CheckDeadlines => {
            let open = state.known().filter(|known| known.stage() == Stage::Open);
            Ok(open.map(|known| check_deadlines(known, issued.at)).unwrap_or_default())
        }
    }
}

/// Closes a poll whose time is over, or reminds whoever has not answered, once.
fn check_deadlines(known: &Known, now: Timestamp) -> Vec<Event> {
    let close_by = known.close_by;
    if now >= close_by {
        return vec![Event::Closed { close_by }];
    }
    let is_due = known.remind_at.is_some_and(|remind_at| now >= remind_at);
    let reminded =
        |department: &Code| Event::Reminded { department: department.clone(), close_by, reminded_at: now };
    known.waiting().filter(|_| is_due).map(reminded).collect()
}

/// When whoever has not answered is reminded; none when the poll runs too shortly.
fn remind_at(now: Timestamp, close_by: Timestamp) -> Option<Timestamp> {
    (close_by.duration_since(now) >= REMINDED_BEFORE * 2)
        .then(|| close_by.checked_sub(REMINDED_BEFORE).ok())
        .flatten()
}

fn existing(state: &State) -> Result<&Known, Rejection> {
    state.known().ok_or(Rejection::NotFound { what: "poll" })
}

fn must_run(known: &Known, action: &'static str) -> Result<(), Rejection> {
    if known.is_running() {
        return Ok(());
    }
    Err(Rejection::WrongStage { action, needed: "open or closed", stage: known.stage() })
}

/// Departments answer and propose until the poll closes, whether or not that has been noted.
fn must_be_in_time(known: &Known, action: &'static str, issued: &Issued) -> Result<(), Rejection> {
    if !known.is_running() {
        return Err(Rejection::WrongStage { action, needed: "open", stage: known.stage() });
    }
    if known.is_closed || issued.at >= known.close_by {
        return Err(Rejection::PollClosed { close_by: known.close_by });
    }
    Ok(())
}

fn open_time(known: &Known, number: u32) -> Result<&ProposedTime, Rejection> {
    let last_number = known.times.len();
    let time = known.time(number).ok_or(Rejection::UnknownTime { time_number: number, last_number })?;
    if time.declined.is_some() {
        return Err(Rejection::TimeDeclined { time_number: number });
    }
    Ok(time)
}

fn must_be_asked(asked: &Asked, department: &Code) -> Result<(), Rejection> {
    if asked.departments.contains(department) {
        return Ok(());
    }
    Err(Rejection::NotInvited { department_code: department.clone() })
}

/// The department whose clerk acts for another one; none when it acts itself.
fn on_behalf_by(department: &Code, issued: &Issued) -> Option<Code> {
    issued.by.department.clone().filter(|_| !issued.by.speaks_for(department))
}

fn check_size(field: &'static str, given: usize, max: usize) -> Result<(), Rejection> {
    if given <= max { Ok(()) } else { Err(Rejection::TooManyEntries { field, given, max }) }
}

fn open(
    state: &State,
    asked: Asked,
    slots: Vec<Slot>,
    close_by: Timestamp,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    if let Some(known) = state.running() {
        return Err(Rejection::WrongStage {
            action: "opened",
            needed: "adopted or ended",
            stage: known.stage(),
        });
    }
    check_size("times", slots.len(), TIMES_MAX)?;
    for (nth, slot) in slots.iter().enumerate() {
        if let Some(first) = slots[..nth].iter().position(|other| other == slot) {
            let time_number = u32::try_from(first + 1).unwrap_or(u32::MAX);
            return Err(Rejection::DuplicateTime { time_number });
        }
    }
    if close_by <= issued.at {
        return Err(Rejection::DeadlinePassed { field: "close_by", deadline: close_by, now: issued.at });
    }
    if let Some(starts_at) = slots.iter().map(|slot| slot.starts_at).min().filter(|first| close_by > *first) {
        return Err(Rejection::ClosesTooLate { close_by, starts_at });
    }
    let remind_at = remind_at(issued.at, close_by);
    Ok(vec![Event::Opened { asked, slots, close_by, remind_at }])
}

fn answer(
    known: &Known,
    department: Code,
    answers: Vec<TimeAnswer>,
    comment: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    must_be_asked(&known.asked, &department)?;
    must_be_in_time(known, "answered", issued)?;
    for (nth, answer) in answers.iter().enumerate() {
        open_time(known, answer.number)?;
        if answers[..nth].iter().any(|other| other.number == answer.number) {
            return Err(Rejection::DuplicateTime { time_number: answer.number });
        }
    }
    let said = |answer: &TimeAnswer| known.answer(&department, answer.number) == Some(answer.suitability);
    let comments = known.answers.get(&department).and_then(|given| given.comment.as_ref());
    if answers.iter().all(said) && (comment.is_none() || comments == comment.as_ref()) {
        return Ok(vec![]);
    }
    let (answered_at, on_behalf_by) = (issued.at, on_behalf_by(&department, issued));
    Ok(vec![Event::Answered { department, answers, comment, answered_at, on_behalf_by }])
}

/// What a department proposes.
struct Proposed {
    slot: Slot,
    department: Code,
    reason: Text,
}

/// A proposal goes into the poll that runs, or begins one where the session is scheduled.
fn propose(
    state: &State,
    begins: Option<(Asked, Timestamp)>,
    proposed: &Proposed,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    match (state.running(), begins) {
        (Some(known), _) => {
            must_be_asked(&known.asked, &proposed.department)?;
            must_be_in_time(known, "given another time", issued)?;
            add(known, proposed, issued)
        }
        (None, Some((asked, close_by))) => {
            must_be_asked(&asked, &proposed.department)?;
            let remind_at = remind_at(issued.at, close_by);
            let opened = Event::Opened { asked, slots: vec![], close_by, remind_at };
            Ok(vec![opened, time_proposed(1, proposed, issued)])
        }
        (None, None) => Err(Rejection::NotFound { what: "poll" }),
    }
}

fn add(known: &Known, proposed: &Proposed, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let Proposed { slot, department, .. } = proposed;
    if let Some(same) = known.times.iter().find(|time| time.slot == *slot) {
        open_time(known, same.number)?;
        return match &same.proposed_by {
            Some(by) if by == department => Ok(vec![]),
            _ => Err(Rejection::DuplicateTime { time_number: same.number }),
        };
    }
    check_size("times", known.times.len() + 1, ALL_TIMES_MAX)?;
    let own = known.open_times().filter(|time| time.proposed_by.as_ref() == Some(department)).count();
    check_size("times", own + 1, PROPOSALS_MAX)?;
    let number = u32::try_from(known.times.len() + 1).unwrap_or(u32::MAX);
    Ok(vec![time_proposed(number, proposed, issued)])
}

fn time_proposed(number: u32, proposed: &Proposed, issued: &Issued) -> Event {
    Event::TimeProposed {
        number,
        slot: proposed.slot.clone(),
        department: proposed.department.clone(),
        reason: proposed.reason.clone(),
        proposed_at: issued.at,
        on_behalf_by: on_behalf_by(&proposed.department, issued),
    }
}

/// With the last of its times a poll ends.
fn decline(known: &Known, number: u32, reason: Text) -> Result<Vec<Event>, Rejection> {
    if known.time(number).is_some_and(|time| time.declined.is_some()) {
        return Ok(vec![]);
    }
    must_run(known, "left without a time")?;
    open_time(known, number)?;
    let ended =
        (known.open_times().count() == 1).then_some(Event::Ended { cause: EndCause::Declined, reason: None });
    Ok([Event::TimeDeclined { number, reason }].into_iter().chain(ended).collect())
}
