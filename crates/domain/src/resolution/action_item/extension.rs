//! Moving the due date.

use super::{Due, EXTENSIONS_MAX, Event, ExtensionRequest, Item, Rejection, Stage, by_lead, by_outsider};
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::{Date, Issued, Text};

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
    let Due { due_on, due_at } = new_due(from, due, earliest_due_on(item, today, calendar), calendar)?;
    match &item.extension {
        Some(pending) if pending.due_on == due_on && pending.reason == reason => return Ok(vec![]),
        Some(pending) => return Err(Rejection::ExtensionPending { due_on: pending.due_on }),
        None => {}
    }
    let requested = item.extensions_requested;
    if requested >= EXTENSIONS_MAX {
        return Err(Rejection::ExtensionsExhausted { requested, max: EXTENSIONS_MAX });
    }
    Ok(vec![Event::ExtensionRequested { due_on, due_at, reason }])
}

/// What was ahead when it was requested may be over by now.
pub(super) fn grant(
    item: &Item,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    let &ExtensionRequest { due_on, due_at, .. } = requested(item)?;
    let earliest_due_on = earliest_due_on(item, calendar.date_of(issued.at), calendar);
    if due_on < earliest_due_on {
        return Err(Rejection::DueTooEarly { due_on, earliest_due_on });
    }
    Ok(vec![Event::ExtensionGranted { due_on, due_at, granted: item.extensions_granted + 1 }])
}

pub(super) fn refuse(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    requested(item)?;
    Ok(vec![Event::ExtensionRefused { reason }])
}

/// A later day than it is due on, which is not over.
fn earliest_due_on(item: &Item, today: Date, calendar: &WorkingCalendar) -> Date {
    calendar.after_days(item.assignment.due_on, 1).max(today)
}

/// When it is due by a rule that counts from a date. It must not be before `earliest_due_on`.
pub(super) fn new_due(
    from: Date,
    due: DueRule,
    earliest_due_on: Date,
    calendar: &WorkingCalendar,
) -> Result<Due, Rejection> {
    if let Some((days, max)) = due.excess(from) {
        return Err(Rejection::DueOutOfRange { days, max });
    }
    let due_on = due.date(from, calendar);
    if due_on < earliest_due_on {
        return Err(Rejection::DueTooEarly { due_on, earliest_due_on });
    }
    Ok(Due { due_on, due_at: calendar.end_of(due_on) })
}

fn requested(item: &Item) -> Result<&ExtensionRequest, Rejection> {
    let number = &item.assignment.number;
    item.extension.as_ref().ok_or_else(|| Rejection::NoExtensionRequested { number: number.clone() })
}
