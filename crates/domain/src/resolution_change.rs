//! What a decision does to one that was made before, as it passes from the context that decides to the one that keeps
//! resolutions.

use crate::{Line, Uuid};
use std::collections::BTreeSet;

/// Resolutions that one decision changes, at most.
pub const CHANGES_MAX: usize = 10;
/// Items that one change carries over, at most.
pub const CARRIED_OVER_MAX: usize = 50;

/// What becomes of the earlier resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeEffect {
    /// 修改: it stays in force, and is read together with the decision.
    Amends,
    /// 取代: the decision takes its place.
    Supersedes,
    /// 废止: it ends without a successor.
    Rescinds,
}

/// A resolution that a decision changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionChange {
    /// The earlier resolution.
    pub resolution: Uuid,
    /// What becomes of it.
    pub effect: ChangeEffect,
    /// Its items that are still owed although it ends; the others are rescinded.
    pub carried_over: Vec<Uuid>,
}

/// Why a decision cannot change what it says that it changes. Each context refuses it in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It would change more resolutions than [`CHANGES_MAX`].
    TooMany {
        /// How many.
        changes: usize,
    },
    /// A resolution is named twice.
    Duplicate {
        /// Which.
        resolution: Uuid,
    },
    /// An amendment ends nothing, and yet is to carry items over.
    NothingToCarryOver {
        /// Of which resolution.
        resolution: Uuid,
    },
    /// More items are to be carried over than [`CARRIED_OVER_MAX`].
    TooManyItems {
        /// How many.
        items: usize,
    },
    /// The body has made no such resolution.
    Unknown {
        /// Which.
        resolution: Uuid,
    },
    /// It has ended.
    NotInForce {
        /// Its number.
        number: Line,
        /// How it stands.
        stage: &'static str,
    },
    /// What is to be carried over is no item of it.
    NotItsItem {
        /// The item.
        item: Uuid,
        /// The number of the resolution.
        number: Line,
    },
}

/// Refuses what cannot be said of any resolutions: one decision changes a few, and says one thing about each.
pub fn check_all(changes: &[ResolutionChange]) -> Result<(), Unfit> {
    if changes.len() > CHANGES_MAX {
        return Err(Unfit::TooMany { changes: changes.len() });
    }
    let mut seen = BTreeSet::new();
    for &ResolutionChange { resolution, effect, ref carried_over } in changes {
        if !seen.insert(resolution) {
            return Err(Unfit::Duplicate { resolution });
        }
        if effect == ChangeEffect::Amends && !carried_over.is_empty() {
            return Err(Unfit::NothingToCarryOver { resolution });
        }
        if carried_over.len() > CARRIED_OVER_MAX {
            return Err(Unfit::TooManyItems { items: carried_over.len() });
        }
    }
    Ok(())
}
