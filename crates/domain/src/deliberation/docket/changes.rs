//! The rules of what a decision does to earlier resolutions. It is declared before the vote, so that it is voted on.

use super::proposals::may_change_items;
use super::{Event, Proceedings, Rejection};
use crate::resolution_change::{ChangeEffect, ResolutionChange};
use std::collections::BTreeSet;

/// Resolutions that one decision changes, at most.
pub const CHANGES_MAX: usize = 10;
/// Items that one change carries over, at most.
pub const CARRIED_OVER_MAX: usize = 50;

pub(super) fn declare(
    proceedings: &Proceedings,
    number: u32,
    changes: Vec<ResolutionChange>,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.changes == changes {
        return Ok(vec![]);
    }
    may_change_items(topic)?;
    if changes.len() > CHANGES_MAX {
        return Err(Rejection::TooManyChanges { changes: changes.len(), max: CHANGES_MAX });
    }
    let mut seen = BTreeSet::new();
    for ResolutionChange { resolution, effect, carried_over } in &changes {
        let resolution_id = *resolution;
        if !seen.insert(resolution_id) {
            return Err(Rejection::DuplicateResolution { resolution_id });
        }
        if *effect == ChangeEffect::Amends && !carried_over.is_empty() {
            return Err(Rejection::NothingToCarryOver { resolution_id });
        }
        if carried_over.len() > CARRIED_OVER_MAX {
            return Err(Rejection::TooManyItems { items: carried_over.len(), max: CARRIED_OVER_MAX });
        }
    }
    Ok(vec![Event::ChangesDeclared { topic: number, changes }])
}
