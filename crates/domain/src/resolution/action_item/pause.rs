//! Why the clock of an item stands still: it is suspended, or waits for another item.

use super::{DEPENDANTS_MAX, DEPENDENCIES_MAX, Event, Item, Rejection, Stage, by_outsider};
use crate::calendar::WorkingCalendar;
use crate::{Issued, Line, Text, Uuid};

pub(super) fn suspend(
    item: &Item,
    reason: Text,
    authority: Line,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    if !matches!(item.stage, Stage::Assigned | Stage::Underway) {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    match &item.suspension {
        Some(now) if now.reason == reason && now.authority == authority => Ok(vec![]),
        Some(_) => Err(Rejection::Suspended { number: item.assignment.number.clone() }),
        None => Ok(vec![Event::Suspended { reason, authority, suspended_at: issued.at }]),
    }
}

pub(super) fn resume(
    item: &Item,
    note: Text,
    calendar: &WorkingCalendar,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    if item.suspension.is_none() {
        return Err(Rejection::NotSuspended { number: item.assignment.number.clone() });
    }
    let due = item.due_after_pause(|item| item.suspension = None, calendar, issued.at);
    Ok(vec![Event::Resumed { note, due }])
}

/// Whether a circle would come of it is for [`Dependencies`](crate::resolution::dependencies) to say, which knows
/// all of them.
pub(super) fn await_item(
    item: &Item,
    on: Uuid,
    on_number: Line,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    by_outsider(item, issued)?;
    if on_number == item.assignment.number {
        return Err(Rejection::DependsOnItself { number: on_number });
    }
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    if item.waits_for.contains_key(&on) {
        return Ok(vec![]);
    }
    let items = item.waits_for.len() + 1;
    if items > DEPENDENCIES_MAX {
        return Err(Rejection::TooManyDependencies { items, max: DEPENDENCIES_MAX });
    }
    Ok(vec![Event::DependencyAdded { on, on_number, added_at: issued.at }])
}

/// What is over is not waited for.
pub(super) fn note_dependant(item: &Item, dependant: Uuid) -> Result<Vec<Event>, Rejection> {
    if item.is_over() {
        return Err(item.wrong_stage(Stage::Underway.as_str()));
    }
    let items = item.dependants.len() + 1;
    if item.dependants.contains(&dependant) {
        Ok(vec![])
    } else if items > DEPENDANTS_MAX {
        Err(Rejection::TooManyDependencies { items, max: DEPENDANTS_MAX })
    } else {
        Ok(vec![Event::DependantNoted { dependant }])
    }
}

pub(super) fn release(item: &Item, on: Uuid, calendar: &WorkingCalendar, issued: &Issued) -> Vec<Event> {
    if !item.waits_for.contains_key(&on) {
        return vec![];
    }
    let ends = |item: &mut Item| drop(item.waits_for.remove(&on));
    vec![Event::Released { on, due: item.due_after_pause(ends, calendar, issued.at) }]
}
