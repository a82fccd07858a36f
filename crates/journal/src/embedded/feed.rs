//! The most recent records, read and decoded once for all subscriptions.
//!
//! A process has a dozen subscribers (views and process managers), and most of them are at the end of the log.
//! A subscriber further back reads the log by itself.

use super::{decode, on_blocking_thread, read_error};
use crate::limits::{FEED_RECORDS_MAX, SUBSCRIPTION_BATCH_RECORDS_MAX};
use crate::personal::Keys;
use crate::{Position, ReadError, Record};
use event_log::EventLog;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Feed {
    log: EventLog,
    keys: Keys,
    newest: Arc<Mutex<Newest>>,
}

/// Consecutive records up to `last`.
#[derive(Default)]
struct Newest {
    /// The generation of the keys with which they were opened.
    generation: u64,
    last: Position,
    records: VecDeque<Arc<Record>>,
}

impl Newest {
    /// Returns up to a batch of records after a position; `None` if the next one is not in memory.
    fn records_after(&self, after: Position) -> Option<Vec<Arc<Record>>> {
        let first = self.last - self.records.len() as u64;
        let skipped = usize::try_from(after.checked_sub(first)?).ok()?;
        if skipped >= self.records.len() {
            return None;
        }
        let records = self.records.range(skipped..).take(SUBSCRIPTION_BATCH_RECORDS_MAX);
        Some(records.cloned().collect())
    }

    /// Adds the records read after `after`; drops the existing ones unless they directly precede it.
    fn add(&mut self, after: Position, records: &[Arc<Record>]) {
        let Some(last) = records.last() else { return };
        if self.last != after {
            self.records.clear();
        }
        self.last = last.position;
        self.records.extend(records.iter().cloned());
        let excess = self.records.len().saturating_sub(FEED_RECORDS_MAX);
        self.records.drain(..excess);
    }
}

impl Feed {
    pub(super) fn new(log: EventLog, keys: Keys) -> Feed {
        Feed { log, keys, newest: Arc::default() }
    }

    /// Returns records after a position, in order; at least one if `committed` is after it.
    pub(super) async fn records_after(
        &self,
        after: Position,
        committed: Position,
    ) -> Result<Vec<Arc<Record>>, ReadError> {
        // What was erased is not handed out again.
        let generation = self.keys.generation();
        if let Ok(newest) = self.newest.try_lock()
            && newest.generation == generation
            && let Some(records) = newest.records_after(after)
        {
            return Ok(records);
        }
        let (log, keys, newest) = (self.log.clone(), self.keys.clone(), self.newest.clone());
        on_blocking_thread(move || {
            if committed - after > FEED_RECORDS_MAX as u64 {
                return read(&log, &keys, after);
            }
            // The lock is held while reading, so that others who need the same records wait for them. It is held by
            // this thread: a subscription may begin to read and then not be polled for as long as it likes.
            let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
            let generation = keys.generation();
            if newest.generation != generation {
                *newest = Newest { generation, ..Newest::default() };
            }
            if let Some(records) = newest.records_after(after) {
                return Ok(records);
            }
            let records = read(&log, &keys, after)?;
            newest.add(after, &records);
            Ok(records)
        })
        .await
    }
}

fn read(log: &EventLog, keys: &Keys, after: Position) -> Result<Vec<Arc<Record>>, ReadError> {
    let records = log.read(after, SUBSCRIPTION_BATCH_RECORDS_MAX).map_err(read_error)?;
    records.iter().map(|record| decode(record, keys).map(Arc::new)).collect()
}
