//! Judging the work, by somebody who did not do it.

use super::{Event, Item, Rejection, Stage, extension, not_by_lead};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Issued, Text};

pub(super) fn accept(item: &Item, note: Option<Text>, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_own_work(item, issued)?;
    if item.stage == Stage::Accepted {
        return Ok(vec![]);
    }
    item.must_be(Stage::Claimed)?;
    Ok(vec![Event::Accepted { department: issued.by.department.clone(), note }])
}

pub(super) fn return_work(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_own_work(item, issued)?;
    item.must_be(Stage::Claimed)?;
    Ok(vec![Event::Returned { department: issued.by.department.clone(), reason }])
}

pub(super) fn reopen(
    item: &Item,
    reason: Text,
    due: Option<DueRule>,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    item.must_be(Stage::Accepted)?;
    let (due_on, due_at) = match due {
        None => (item.assignment.due_on, item.assignment.due_at),
        Some(due) => extension::new_date(item, due, calendar.date_of(issued.at), calendar, issued)?,
    };
    Ok(vec![Event::Reopened { reason, due_on, due_at }])
}

/// What is accepted stays accepted: it was owed when it was done.
pub(super) fn rescind(item: &Item, reason: Text) -> Vec<Event> {
    match item.stage {
        Stage::Accepted | Stage::Rescinded => vec![],
        Stage::Assigned | Stage::Contested | Stage::Underway | Stage::Claimed => {
            vec![Event::Rescinded { reason }]
        }
    }
}

pub(super) fn record_look_back(
    item: &Item,
    observation: Text,
    holds: bool,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    item.must_be(Stage::Accepted)?;
    Ok(vec![Event::LookBackRecorded { department: issued.by.department.clone(), observation, holds }])
}

/// Refuses the lead, which did the work: an item that has been acknowledged keeps its lead.
fn not_own_work(item: &Item, issued: &Issued) -> Result<(), Rejection> {
    let lead = &item.assignment.lead;
    if issued.by.speaks_for(lead) {
        Err(Rejection::OwnWork { department_code: lead.clone() })
    } else {
        Ok(())
    }
}
