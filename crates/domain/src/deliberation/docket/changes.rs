//! The rules of what a decision does to earlier resolutions. It is declared before the vote, so that it is voted on.

use super::proposals::may_change_items;
use super::{Event, Proceedings, Rejection};
use crate::Code;
use crate::resolution_change::{CARRIED_OVER_MAX, CHANGES_MAX, ResolutionChange, Unfit, check_all};

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
    check_all(&changes).map_err(|unfit| refusal(unfit, &proceedings.agenda.body))?;
    Ok(vec![Event::ChangesDeclared { topic: number, changes }])
}

/// The refusal of a change that is none for the decisions of this body.
pub fn refusal(unfit: Unfit, body: &Code) -> Rejection {
    match unfit {
        Unfit::TooMany { changes } => Rejection::TooManyChanges { changes, max: CHANGES_MAX },
        Unfit::Duplicate { resolution } => Rejection::DuplicateResolution { resolution_id: resolution },
        Unfit::NothingToCarryOver { resolution } => {
            Rejection::NothingToCarryOver { resolution_id: resolution }
        }
        Unfit::TooManyItems { items } => Rejection::TooManyItems { items, max: CARRIED_OVER_MAX },
        Unfit::Unknown { resolution } => {
            Rejection::UnknownResolution { resolution_id: resolution, body_code: body.clone() }
        }
        Unfit::NotInForce { number, stage } => Rejection::ResolutionNotInForce { number, stage },
        Unfit::NotItsItem { item, number } => Rejection::NotItsItem { item_id: item, number },
    }
}
