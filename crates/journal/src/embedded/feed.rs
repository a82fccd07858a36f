//! The newest records, read and decoded once for all who follow the log.
//!
//! A process has a dozen followers, views and process managers, and most of them stand at the end of the log.
//! Who stands further back reads for itself.

use super::{blocking, opened, unreadable};
use crate::limits::{FEED_RECORDS_MAX, SUBSCRIPTION_BATCH_RECORDS_MAX};
use crate::{Position, ReadError, Record};
use event_log::EventLog;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

pub(super) struct Feed {
    log: EventLog,
    newest: Mutex<Newest>,
}

/// Consecutive records up to `last`.
#[derive(Default)]
struct Newest {
    last: Position,
    records: VecDeque<Arc<Record>>,
}

impl Newest {
    /// Those behind a position, as many as a batch has; none when they are not all here.
    fn behind(&self, after: Position) -> Option<Vec<Arc<Record>>> {
        let first = self.last - self.records.len() as u64;
        let passed = usize::try_from(after.checked_sub(first)?).ok()?;
        if passed >= self.records.len() {
            return None;
        }
        let records = self.records.range(passed..).take(SUBSCRIPTION_BATCH_RECORDS_MAX);
        Some(records.cloned().collect())
    }

    /// Takes in what was read behind `after`; what was here goes, unless it is just before that.
    fn take_in(&mut self, after: Position, records: &[Arc<Record>]) {
        let Some(last) = records.last() else { return };
        if self.last != after {
            self.records.clear();
        }
        self.last = last.position;
        self.records.extend(records.iter().cloned());
        let too_many = self.records.len().saturating_sub(FEED_RECORDS_MAX);
        self.records.drain(..too_many);
    }
}

impl Feed {
    pub(super) fn new(log: EventLog) -> Feed {
        Feed { log, newest: Mutex::default() }
    }

    /// The records behind a position, in order: some, when `committed` is behind it too.
    pub(super) async fn behind(
        &self,
        after: Position,
        committed: Position,
    ) -> Result<Vec<Arc<Record>>, ReadError> {
        let mut newest = self.newest.lock().await;
        if let Some(records) = newest.behind(after) {
            return Ok(records);
        }
        if committed - after > FEED_RECORDS_MAX as u64 {
            drop(newest);
            return self.read(after).await;
        }
        // Others who want the same wait for it here.
        let records = self.read(after).await?;
        newest.take_in(after, &records);
        Ok(records)
    }

    async fn read(&self, after: Position) -> Result<Vec<Arc<Record>>, ReadError> {
        let log = self.log.clone();
        blocking(move || {
            let records = log.read(after, SUBSCRIPTION_BATCH_RECORDS_MAX).map_err(unreadable)?;
            records.iter().map(|record| opened(record).map(Arc::new)).collect()
        })
        .await
    }
}
