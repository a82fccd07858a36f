//! What the lead of an item promised, and how far that is kept: the one measure of lateness that scorecards, targets and
//! lists share.
//!
//! A promise is judged by the claim that is accepted: what was kept once stays kept, and what was missed stays missed.
//! Work that is reopened has a promise of its own. An extension moves no promise; time in which somebody else was waited
//! for moves it as it moves the due date.

use super::Stage;
use crate::Timestamp;
use crate::calendar::Zone;

/// A promise that was missed: the work that was accepted was claimed after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The last moment that was promised.
    pub promised_at: Timestamp,
    /// Up to when the lead took.
    pub done_at: Timestamp,
}

impl Missed {
    /// The one that was missed by more.
    pub(super) fn worse(self, than: Option<Missed>) -> Missed {
        let by = |missed: &Missed| missed.done_at.duration_since(missed.promised_at);
        than.filter(|than| by(than) >= by(&self)).unwrap_or(self)
    }

    fn days(self, zone: &Zone) -> u32 {
        zone.days_between(self.promised_at, self.done_at).max(1)
    }
}

/// The promises of an item as far as lateness is counted by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promises {
    /// The item's stage.
    pub stage: Stage,
    /// The last moment that its lead promised first.
    pub first_due_at: Timestamp,
    /// When the work was claimed that was accepted first; none before.
    pub first_done_at: Option<Timestamp>,
    /// The promise that was missed by most, of those whose work was accepted.
    pub missed: Option<Missed>,
    /// The last moment of the promise that counts now: the first, or the one at the last reopening.
    pub promised_at: Timestamp,
    /// Since when the clock stands still; none while it runs.
    pub paused_since: Option<Timestamp>,
}

impl Promises {
    /// Whether the first promise was kept: the work that was accepted first was claimed by it.
    pub fn is_kept(&self) -> bool {
        self.first_done_at.is_some_and(|done_at| done_at <= self.first_due_at)
    }

    /// The present promise, when it is missed by now and its work not accepted. Time runs while the lead has the item.
    pub fn open_missed(&self, now: Timestamp) -> Option<Missed> {
        let is_over = matches!(self.stage, Stage::Accepted | Stage::Rescinded);
        let done_at = match self.paused_since {
            Some(since) => since.min(now),
            // When it was claimed is not noted in old logs.
            None if self.stage == Stage::Claimed => return None,
            None => now,
        };
        let missed = Missed { promised_at: self.promised_at, done_at };
        (!is_over && done_at > self.promised_at).then_some(missed)
    }

    /// See [`Item::days_past_promise`](super::Item::days_past_promise).
    pub fn days_past(&self, now: Timestamp, zone: &Zone) -> u32 {
        if self.stage == Stage::Rescinded {
            return 0;
        }
        let missed = self.missed.into_iter().chain(self.open_missed(now));
        missed.map(|missed| missed.days(zone)).max().unwrap_or_default()
    }
}
