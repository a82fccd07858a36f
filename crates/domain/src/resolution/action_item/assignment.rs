//! Assigning, acknowledging, contesting.

use super::put_down::{Kind, by_another};
use super::{
    ACKNOWLEDGE_WORKING_DAYS, Assignment, CO_RESPONSIBLE_MAX, Event, Item, PartStage, Rejection, Stage,
    State, by_lead, by_outsider, by_party, extension,
};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Code, Issued, Text};

/// The lead does not support its own item: where it is named so, that is dropped.
pub(super) fn assign(state: &State, mut assignment: Assignment) -> Result<Vec<Event>, Rejection> {
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
    assignment.co_responsible.retain(|code| *code != assignment.lead);
    let departments = assignment.co_responsible.len();
    if departments > CO_RESPONSIBLE_MAX {
        return Err(Rejection::TooManyCoResponsible { departments, max: CO_RESPONSIBLE_MAX });
    }
    Ok(vec![Event::Assigned { assignment }])
}

pub(super) fn acknowledge(item: &Item, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let department = by_party(item, issued)?;
    if item.stage == Stage::Rescinded {
        return Err(item.wrong_stage(Stage::Assigned.as_str()));
    }
    if department == item.assignment.lead {
        let is_offered = matches!(item.stage, Stage::Assigned | Stage::Contested);
        return Ok(if is_offered { vec![Event::Acknowledged { department }] } else { vec![] });
    }
    let is_offered = item.part(&department)?.stage == PartStage::Assigned && !item.is_over();
    Ok(if is_offered { vec![Event::PartAcknowledged { department }] } else { vec![] })
}

pub(super) fn contest(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let department = by_lead(item, issued)?;
    item.must_be(Stage::Assigned)?;
    if item.contested {
        return Err(Rejection::AlreadyContested { number: item.assignment.number.clone() });
    }
    let acknowledge_by = item.assignment.acknowledge_by;
    // Its clock may stand still.
    if item.paused_since.unwrap_or(issued.at) > acknowledge_by {
        return Err(Rejection::ContestTooLate { acknowledge_by });
    }
    let by = Some(issued.by.subject.clone());
    Ok(vec![Event::Contested { department, reason, contested_at: Some(issued.at), by }])
}

pub(super) fn resolve_contest(
    item: &Item,
    reassign_to: Option<Code>,
    due: Option<DueRule>,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    by_another(item, Kind::Contest, &item.assignment.lead, issued)?;
    item.must_be(Stage::Contested)?;
    let today = calendar.date_of(issued.at);
    let acknowledge_by = calendar.end_of(calendar.after_working_days(today, ACKNOWLEDGE_WORKING_DAYS));
    let Some(lead) = reassign_to else {
        let due = item.due_after_pause(|item| item.stage = Stage::Assigned, calendar, issued.at);
        return Ok(vec![Event::ContestDismissed { reason, acknowledge_by, due }]);
    };
    if lead == item.assignment.lead {
        return Err(Rejection::AlreadyLead { department_code: lead });
    }
    if item.acceptor.as_ref() == Some(&lead) {
        return Err(Rejection::AcceptorIsParty { department_code: lead });
    }
    let due = due.ok_or_else(|| Rejection::DueRequired { number: item.assignment.number.clone() })?;
    let due = extension::new_due((today, issued.at), due, today, calendar)?;
    Ok(vec![Event::Reassigned { lead, reason, acknowledge_by, due: Some(due) }])
}
