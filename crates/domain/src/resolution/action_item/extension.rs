//! Moving the due date.

use super::{EXTENSIONS_MAX, Event, ExtensionRequest, Item, Rejection, Stage, by_lead, not_by_lead};
use crate::calendar::WorkingCalendar;
use crate::resolution::new_due::NewDue;
use crate::{Date, Issued, Text, Timestamp};

pub(super) fn request(
    item: &Item,
    new_due: NewDue,
    reason: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_lead(item, issued)?;
    item.at(Stage::Underway)?;
    let granted = item.extensions_granted;
    if granted >= EXTENSIONS_MAX {
        return Err(Rejection::ExtensionsUsedUp { granted, max: EXTENSIONS_MAX });
    }
    let (due, due_at) = date(item, new_due, calendar, issued)?;
    let earliest = calendar.after_days(item.assignment.due, 1).max(calendar.date_of(issued.at));
    if due < earliest {
        return Err(Rejection::DueNotLater { requested: due, earliest });
    }
    match &item.extension {
        Some(pending) if pending.due == due && pending.reason == reason => Ok(vec![]),
        Some(pending) => Err(Rejection::ExtensionPending { due: pending.due }),
        None => Ok(vec![Event::ExtensionRequested { due, due_at, reason }]),
    }
}

pub(super) fn grant(item: &Item, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    let &ExtensionRequest { due, due_at, .. } = requested(item)?;
    Ok(vec![Event::ExtensionGranted { due, due_at, granted: item.extensions_granted + 1 }])
}

pub(super) fn refuse(item: &Item, reason: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    not_by_lead(item, issued)?;
    requested(item)?;
    Ok(vec![Event::ExtensionRefused { reason }])
}

/// The date that is meant, and its last moment.
pub(super) fn date(
    item: &Item,
    new_due: NewDue,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<(Date, Timestamp), Rejection> {
    if let Some((days, max)) = new_due.excess() {
        return Err(Rejection::DueOutOfRange { days, max });
    }
    let due = new_due.date(item.assignment.due, issued.at, calendar);
    Ok((due, calendar.end_of(due)))
}

fn requested(item: &Item) -> Result<&ExtensionRequest, Rejection> {
    let number = &item.assignment.number;
    item.extension.as_ref().ok_or_else(|| Rejection::NoExtensionRequested { number: number.clone() })
}
