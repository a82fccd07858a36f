//! Judging the work: by the acceptor that was named, or by a supervisor; never by a party.

use super::put_down::{Kind, by_another};
use super::{Due, Event, Item, PartStage, Rejection, Stage, by_outsider, extension};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Code, Issued, Role, Text};

pub(super) fn name_acceptor(
    item: &Item,
    acceptor: Option<Code>,
    reason: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    match acceptor {
        acceptor if acceptor == item.acceptor => Ok(vec![]),
        Some(party) if item.parties().any(|code| *code == party) => {
            Err(Rejection::AcceptorIsParty { department_code: party })
        }
        acceptor => Ok(vec![Event::AcceptorNamed { acceptor, reason }]),
    }
}

pub(super) fn accept(
    item: &Item,
    part: Option<Code>,
    note: Option<Text>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_judge(item, part.as_ref(), issued)?;
    let department = issued.by.department.clone();
    let Some(part) = part else {
        if item.stage == Stage::Accepted {
            return Ok(vec![]);
        }
        item.must_be(Stage::Claimed)?;
        return Ok(vec![Event::Accepted { department, note }]);
    };
    if item.part(&part)?.stage == PartStage::Accepted {
        return Ok(vec![]);
    }
    part_must_be_claimed(item, &part)?;
    Ok(vec![Event::PartAccepted { part, department, note }])
}

pub(super) fn return_work(
    item: &Item,
    part: Option<Code>,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_judge(item, part.as_ref(), issued)?;
    let department = issued.by.department.clone();
    if let Some(part) = part {
        part_must_be_claimed(item, &part)?;
        return Ok(vec![Event::PartReturned { part, department, reason }]);
    }
    item.must_be(Stage::Claimed)?;
    let due = item.due_after_pause(|item| item.stage = Stage::Underway, calendar, issued.at);
    Ok(vec![Event::Returned { department, reason, due }])
}

/// Without a due date of its own it keeps the one that it has, which must not be over.
pub(super) fn reopen(
    item: &Item,
    reason: Text,
    due: Option<DueRule>,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    item.must_be(Stage::Accepted)?;
    let (assignment, today) = (&item.assignment, calendar.date_of(issued.at));
    let Due { due_on, due_at } = match due {
        None if issued.at > assignment.due_at => {
            return Err(Rejection::DueRequired { number: assignment.number.clone() });
        }
        None => Due { due_on: assignment.due_on, due_at: assignment.due_at },
        Some(due) => {
            let from = (assignment.due_on.max(today), assignment.due_at.max(issued.at));
            extension::new_due(from, due, today, calendar)?
        }
    };
    Ok(vec![Event::Reopened { reason, due_on, due_at }])
}

/// What is accepted stays accepted: it was owed when it was done.
pub(super) fn rescind(item: &Item, reason: Text) -> Vec<Event> {
    if item.is_over() { vec![] } else { vec![Event::Rescinded { reason }] }
}

pub(super) fn record_look_back(
    item: &Item,
    observation: Text,
    holds: bool,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    item.must_be(Stage::Accepted)?;
    Ok(vec![Event::LookBackRecorded { department: issued.by.department.clone(), observation, holds }])
}

/// Refuses whoever may not judge: a party, whoever put the claim down, and anybody who is
/// neither the acceptor nor a supervisor.
fn by_judge(item: &Item, part: Option<&Code>, issued: &Issued) -> Result<(), Rejection> {
    if let Some(party) = item.parties().find(|party| issued.by.speaks_for(party)) {
        return Err(Rejection::OwnWork { department_code: party.clone() });
    }
    by_another(item, Kind::Completion, part.unwrap_or(&item.assignment.lead), issued)?;
    let is_acceptor = item.acceptor.as_ref().is_some_and(|acceptor| issued.by.speaks_for(acceptor));
    if is_acceptor || issued.by.is(Role::Supervisor) {
        return Ok(());
    }
    let department_code = issued.by.spoken_for();
    Err(match item.acceptor.clone() {
        Some(acceptor_code) => Rejection::NotAcceptor { department_code, acceptor_code },
        None => Rejection::NotSupervisor { department_code },
    })
}

fn part_must_be_claimed(item: &Item, department: &Code) -> Result<(), Rejection> {
    let (part, needed) = (item.part(department)?, PartStage::Claimed);
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    if part.stage == needed { Ok(()) } else { Err(item.wrong_part_stage(part, needed)) }
}
