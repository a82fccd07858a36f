//! Moving the due date.

use super::{EXTENSIONS_MAX, Event, ExtensionRequest, Item, Rejection, Stage, by_lead, not_by_lead};
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
    let granted = item.extensions_granted;
    if granted >= EXTENSIONS_MAX {
        return Err(Rejection::ExtensionsExhausted { granted, max: EXTENSIONS_MAX });
    }
    let earliest_due_on = calendar.after_days(item.assignment.due_on, 1).max(calendar.date_of(issued.at));
    let (due_on, due_at) = new_date(item, due, earliest_due_on, calendar, issued)?;
    match &item.extension {
        Some(pending) if pending.due_on == due_on && pending.reason == reason => Ok(vec![]),
        Some(pending) => Err(Rejection::ExtensionPending { due_on: pending.due_on }),
        None => Ok(vec![Event::ExtensionRequested { due_on, due_at, reason }]),
    }
}

pub(super) fn grant(item: &Item, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    let &ExtensionRequest { due_on, due_at, .. } = requested(item)?;
    Ok(vec![Event::ExtensionGranted { due_on, due_at, granted: item.extensions_granted + 1 }])
}

pub(super) fn refuse(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    requested(item)?;
    Ok(vec![Event::ExtensionRefused { reason }])
}

/// The new due date, counted from the old one, or from today when that is later. It must not be before
/// `earliest_due_on`. Returned with its last moment.
pub(super) fn new_date(
    item: &Item,
    due: DueRule,
    earliest_due_on: Date,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<(Date, Timestamp), Rejection> {
    let from = item.assignment.due_on.max(calendar.date_of(issued.at));
    if let Some((days, max)) = due.excess(from) {
        return Err(Rejection::DueOutOfRange { days, max });
    }
    let due_on = due.date(from, calendar);
    if due_on < earliest_due_on {
        return Err(Rejection::DueTooEarly { due_on, earliest_due_on });
    }
    Ok((due_on, calendar.end_of(due_on)))
}

fn requested(item: &Item) -> Result<&ExtensionRequest, Rejection> {
    let number = &item.assignment.number;
    item.extension.as_ref().ok_or_else(|| Rejection::NoExtensionRequested { number: number.clone() })
}
