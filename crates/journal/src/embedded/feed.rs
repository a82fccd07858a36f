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
use std::sync::Arc;
use tokio::sync::Mutex;

pub(super) struct Feed {
    log: EventLog,
    keys: Keys,
    newest: Mutex<Newest>,
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
        Feed { log, keys, newest: Mutex::default() }
    }

    /// Returns records after a position, in order; at least one if `committed` is after it.
    pub(super) async fn records_after(
        &self,
        after: Position,
        committed: Position,
    ) -> Result<Vec<Arc<Record>>, ReadError> {
        let mut newest = self.newest.lock().await;
        // What was erased is not handed out again.
        let generation = self.keys.generation();
        if newest.generation != generation {
            *newest = Newest { generation, ..Newest::default() };
        }
        if let Some(records) = newest.records_after(after) {
            return Ok(records);
        }
        if committed - after > FEED_RECORDS_MAX as u64 {
            drop(newest);
            return self.read(after).await;
        }
        // The lock is held while reading, so that others who need the same records wait for them.
        let records = self.read(after).await?;
        newest.add(after, &records);
        Ok(records)
    }

    async fn read(&self, after: Position) -> Result<Vec<Arc<Record>>, ReadError> {
        let (log, keys) = (self.log.clone(), self.keys.clone());
        on_blocking_thread(move || {
            let records = log.read(after, SUBSCRIPTION_BATCH_RECORDS_MAX).map_err(read_error)?;
            records.iter().map(|record| decode(record, &keys).map(Arc::new)).collect()
        })
        .await
    }
}
