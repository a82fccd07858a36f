//! Blockages, a department's each, and the help that it is owed.

use super::{Blockage, Event, Help, Item, Rejection, Stage, by_one_of, by_party};
use crate::{Code, Issued, Text};

pub(super) fn report(
    item: &Item,
    reason: Text,
    help_from: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = by_party(item, issued)?;
    item.must_be(Stage::Underway)?;
    if help_from == department {
        return Err(Rejection::HelpFromOwnDepartment { department_code: department });
    }
    let own = item.blockages.iter().find(|blockage| blockage.department == department);
    let already = own.is_some_and(|own| own.reason == reason && own.help_from == help_from);
    Ok(if already { vec![] } else { vec![Event::BlockageReported { department, reason, help_from }] })
}

/// A department knows itself whether it can go on; the lead answers for all.
pub(super) fn clear(
    item: &Item,
    blocked: Option<Code>,
    note: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let department = match &blocked {
        None => by_party(item, issued)?,
        Some(blocked) => by_one_of([blocked, &item.assignment.lead].into_iter(), issued)?,
    };
    let blocked = blocked.unwrap_or_else(|| department.clone());
    let is_blocked = item.blockages.iter().any(|blockage| blockage.department == blocked);
    let cleared = Event::BlockageCleared { department, blocked: Some(blocked), note };
    Ok(if is_blocked { vec![cleared] } else { vec![] })
}

pub(super) fn acknowledge(item: &Item, blocked: Code, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let blockage = blockage_of(item, &blocked)?;
    let department = by_one_of(std::iter::once(&blockage.help_from), issued)?;
    match blockage.help {
        Help::Owed => Ok(vec![Event::HelpAcknowledged { department, blocked }]),
        Help::Acknowledged | Help::Given => Ok(vec![]),
    }
}

pub(super) fn give(item: &Item, blocked: Code, note: Text, issued: &Issued) -> Result<Vec<Event>, Rejection> {
    let blockage = blockage_of(item, &blocked)?;
    let department = by_one_of(std::iter::once(&blockage.help_from), issued)?;
    match blockage.help {
        Help::Owed | Help::Acknowledged => Ok(vec![Event::HelpGiven { department, blocked, note }]),
        Help::Given => Ok(vec![]),
    }
}

fn blockage_of<'i>(item: &'i Item, blocked: &Code) -> Result<&'i Blockage, Rejection> {
    let found = item.blockages.iter().find(|blockage| blockage.department == *blocked);
    found.ok_or_else(|| Rejection::NotBlocked { department_code: blocked.clone() })
}
