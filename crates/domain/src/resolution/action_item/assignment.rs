//! Assigning, acknowledging, contesting.

use super::{
    ACKNOWLEDGE_WORKING_DAYS, Assignment, CO_RESPONSIBLE_MAX, Event, Item, Rejection, Stage, State, by_lead,
    not_by_lead,
};
use crate::calendar::WorkingCalendar;
use crate::{Code, Issued, Text};

pub(super) fn assign(state: &State, assignment: Assignment) -> Result<Vec<Event>, Rejection> {
    if let Some(item) = state.item() {
        // The lead and the dates may have changed since; the text never does.
        let same = item.assignment.resolution == assignment.resolution
            && item.assignment.number == assignment.number
            && item.assignment.deliverable == assignment.deliverable;
        return if same {
            Ok(vec![])
        } else {
            Err(Rejection::AlreadyAssigned { number: item.assignment.number.clone() })
        };
    }
    let departments = assignment.co_responsible.len();
    if departments > CO_RESPONSIBLE_MAX {
        return Err(Rejection::TooManyCoResponsible { departments, max: CO_RESPONSIBLE_MAX });
    }
    Ok(vec![Event::Assigned { assignment }])
}

pub(super) fn acknowledge(item: &Item, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let department = by_lead(item, issued)?;
    match item.stage {
        Stage::Assigned | Stage::Contested => Ok(vec![Event::Acknowledged { department }]),
        Stage::Underway | Stage::Claimed | Stage::Accepted => Ok(vec![]),
        Stage::Rescinded => Err(item.wrong_stage(Stage::Assigned.as_str())),
    }
}

pub(super) fn contest(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let department = by_lead(item, issued)?;
    item.must_be(Stage::Assigned)?;
    let acknowledge_by = item.assignment.acknowledge_by;
    if issued.at > acknowledge_by {
        return Err(Rejection::ContestTooLate { acknowledge_by });
    }
    Ok(vec![Event::Contested { department, reason }])
}

pub(super) fn resolve_contest(
    item: &Item,
    reassign_to: Option<Code>,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    item.must_be(Stage::Contested)?;
    let today = calendar.date_of(issued.at);
    let acknowledge_by = calendar.end_of(calendar.after_working_days(today, ACKNOWLEDGE_WORKING_DAYS));
    match reassign_to {
        None => Ok(vec![Event::ContestDismissed { reason, acknowledge_by }]),
        Some(lead) if lead == item.assignment.lead => Err(Rejection::AlreadyLead { department_code: lead }),
        Some(lead) => Ok(vec![Event::Reassigned { lead, reason, acknowledge_by }]),
    }
}
