//! A log that is made again, record by record, in batches of whole commits.

use super::of_restore;
use event_log::{Head, Options, Record, Restoring};
use std::path::Path;
use uuid::Uuid;

/// Records that are made durable together, about.
const BATCH_RECORDS: usize = 4_096;
/// Payload bytes that are made durable together, about.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A copy of a log under way.
pub struct Copy {
    log: Restoring,
    batch: Vec<Record>,
    bytes: usize,
}

impl Copy {
    /// Begins the log of a data directory, or goes on with it.
    pub fn begin(data: &Path, log_id: Uuid) -> anyhow::Result<Copy> {
        let log = Restoring::begin(Options::new(data.join("log")), log_id).map_err(of_restore)?;
        Ok(Copy { log, batch: Vec::new(), bytes: 0 })
    }

    /// Takes the next record. It is durable some time later.
    pub async fn take(&mut self, record: Record) -> anyhow::Result<()> {
        let ends = record.part == record.parts;
        self.bytes += record.payload.len();
        self.batch.push(record);
        if ends && (self.batch.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES) {
            self.settle().await?;
        }
        Ok(())
    }

    /// Has everything up to the last whole commit durable, and answers with where the copy stands. What
    /// follows that commit waits for its rest.
    pub async fn settle(&mut self) -> anyhow::Result<Head> {
        let whole = self.batch.iter().rposition(|record| record.part == record.parts).map_or(0, |at| at + 1);
        let rest = self.batch.split_off(whole);
        let records = std::mem::replace(&mut self.batch, rest);
        self.bytes = self.batch.iter().map(|record| record.payload.len()).sum();
        if !records.is_empty() {
            self.log.append(records).await.map_err(of_restore)?;
        }
        Ok(self.log.head())
    }

    /// Says that the copy is whole.
    pub async fn finish(mut self, head: Head) -> anyhow::Result<Head> {
        self.settle().await?;
        self.log.finish(head).await.map_err(of_restore)
    }

    /// Leaves it, to go on another time.
    pub async fn leave(self) {
        self.log.leave().await;
    }
}
