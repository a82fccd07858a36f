//! How far a consumer has come.

use super::Batch;
use crate::checkpoint::Checkpoint;
use crate::limits::FEED_RECORDS_AHEAD_MAX;
use journal::Position;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How far a consumer has come, with what does not concern it counted in.
pub(crate) struct ConsumerProgress {
    at: Mutex<At>,
    moved: watch::Sender<Position>,
}

#[derive(Default)]
struct At {
    /// Which reading it is that counts: what an earlier one has left in the feed is not heeded.
    reading: u64,
    /// Records that it was given and is not done with.
    pending: usize,
    /// The last record that was looked at for it.
    seen: Option<Checkpoint>,
}

impl At {
    fn expect(&mut self, last: Checkpoint, records: usize) {
        self.seen = Some(last);
        self.pending += records;
    }
}

impl ConsumerProgress {
    /// A consumer that stands at a position, and what shows it.
    pub(crate) fn new(position: Position) -> (ConsumerProgress, watch::Receiver<Position>) {
        let (moved, shown) = watch::channel(position);
        (ConsumerProgress { at: Mutex::default(), moved }, shown)
    }

    /// Begins another reading at a checkpoint, with nothing pending; returns its number.
    pub(crate) fn begin(&self, at: Option<Checkpoint>) -> u64 {
        let mut progress = self.at();
        *progress = At { reading: progress.reading + 1, pending: 0, seen: at };
        self.moved.send_replace(at.map_or(0, |at| at.position));
        progress.reading
    }

    /// Records up to this one do not concern it. False when another reading has begun.
    pub(super) fn pass(&self, reading: u64, last: Checkpoint) -> bool {
        let mut progress = self.at();
        if progress.reading != reading {
            return false;
        }
        progress.seen = Some(last);
        if progress.pending == 0 {
            self.moved.send_replace(last.position);
        }
        true
    }

    /// A batch of records is offered to it; this is the last one that was looked at. False when it would have too
    /// many then, or another reading has begun: it is not given the batch.
    pub(super) fn accept(&self, reading: u64, last: Checkpoint, records: usize) -> bool {
        let mut progress = self.at();
        if progress.reading != reading || progress.pending + records > FEED_RECORDS_AHEAD_MAX {
            return false;
        }
        progress.expect(last, records);
        true
    }

    /// It has read a batch of records on its own; this is the last one that was looked at.
    pub(super) fn expect(&self, reading: u64, last: Checkpoint, records: usize) {
        let mut progress = self.at();
        if progress.reading == reading {
            progress.expect(last, records);
        }
    }

    /// It is done with a record of a batch.
    pub(crate) fn reach(&self, position: Position) {
        self.moved.send_replace(position);
    }

    /// It is done with a batch.
    pub(crate) fn finish(&self, batch: &Batch) {
        let mut progress = self.at();
        progress.pending = progress.pending.saturating_sub(batch.records.len());
        let reached = match (progress.pending, progress.seen) {
            (0, Some(seen)) => seen,
            _ => batch.last,
        };
        self.moved.send_replace(reached.position);
    }

    /// The checkpoint to save while nothing is pending: it leads nothing that is still to be done.
    pub(crate) fn settled(&self) -> Option<Checkpoint> {
        let progress = self.at();
        progress.seen.filter(|_| progress.pending == 0)
    }

    fn at(&self) -> MutexGuard<'_, At> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
