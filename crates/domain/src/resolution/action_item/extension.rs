//! Moving the due date.

use super::put_down::{Kind, by_another};
use super::{Due, EXTENSIONS_MAX, Event, ExtensionRequest, Item, Rejection, Stage, by_lead, by_outsider};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Date, Issued, Text, Timestamp};

pub(super) fn request(
    item: &Item,
    due: DueRule,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_lead(item, issued)?;
    item.must_be(Stage::Underway)?;
    if item.suspension.is_some() {
        return Err(Rejection::Suspended { number: item.assignment.number.clone() });
    }
    let today = calendar.date_of(issued.at);
    let from = item.assignment.due_on.max(today);
    let at = item.assignment.due_at.max(issued.at);
    let earliest_due_on = earliest_due_on(item, today, calendar);
    let Due { due_on, due_at } = new_due((from, at), due, earliest_due_on, calendar)?;
    match &item.extension {
        Some(pending) if pending.due_on == due_on && pending.due_at == due_at && pending.reason == reason => {
            return Ok(vec![]);
        }
        Some(pending) => return Err(Rejection::ExtensionPending { due_on: pending.due_on }),
        None => {}
    }
    let requested = item.extensions_requested;
    if requested >= EXTENSIONS_MAX {
        return Err(Rejection::ExtensionsExhausted { requested, max: EXTENSIONS_MAX });
    }
    Ok(vec![Event::ExtensionRequested { due_on, due_at, reason, by: Some(issued.by.subject.clone()) }])
}

/// What was ahead when it was requested may be over by now.
pub(super) fn grant(
    item: &Item,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    by_another(item, Kind::Extension, &item.assignment.lead, issued)?;
    let &ExtensionRequest { due_on, due_at, .. } = requested(item)?;
    let earliest_due_on = earliest_due_on(item, calendar.date_of(issued.at), calendar);
    // A moment of an earlier day is none the less later than it was.
    if due_on < earliest_due_on && due_at <= item.assignment.due_at.max(issued.at) {
        return Err(Rejection::DueTooEarly { due_on, earliest_due_on });
    }
    Ok(vec![Event::ExtensionGranted { due_on, due_at, granted: item.extensions_granted + 1 }])
}

pub(super) fn refuse(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    by_another(item, Kind::Extension, &item.assignment.lead, issued)?;
    requested(item)?;
    Ok(vec![Event::ExtensionRefused { reason }])
}

/// A later day than it is due on, which is not over.
fn earliest_due_on(item: &Item, today: Date, calendar: &WorkingCalendar) -> Date {
    calendar.after_days(item.assignment.due_on, 1).max(today)
}

/// When it is due by a rule that counts from a date, or in hours from a moment that is not over. It must not be before
/// `earliest_due_on`.
pub(super) fn new_due(
    (from, at): (Date, Timestamp),
    due: DueRule,
    earliest_due_on: Date,
    calendar: &WorkingCalendar,
) -> Result<Due, Rejection> {
    if let Some((days, max)) = due.excess(from) {
        return Err(Rejection::DueOutOfRange { days, max });
    }
    let (due_on, due_at) = due.due(from, at, calendar);
    if due_on < earliest_due_on && !due.counts_hours() {
        return Err(Rejection::DueTooEarly { due_on, earliest_due_on });
    }
    Ok(Due { due_on, due_at })
}

fn requested(item: &Item) -> Result<&ExtensionRequest, Rejection> {
    let number = &item.assignment.number;
    item.extension.as_ref().ok_or_else(|| Rejection::NoExtensionRequested { number: number.clone() })
}
