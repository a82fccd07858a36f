//! Writing a copy of a log, record by record, in batches of complete commits.

use super::restore_error;
use event_log::{Head, Options, Record, RestoreWriter};
use std::path::Path;
use uuid::Uuid;

/// Records that are made durable together, approximately.
const BATCH_RECORDS: usize = 4_096;
/// Payload bytes that are made durable together, approximately.
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// An unfinished copy of a log.
pub struct LogCopy {
    log: RestoreWriter,
    batch: Vec<Record>,
    bytes: usize,
}

impl LogCopy {
    /// Creates the log in a data directory, or opens one that was not finished.
    pub fn open(data: &Path, log_id: Uuid) -> anyhow::Result<LogCopy> {
        let log = RestoreWriter::open(Options::new(data.join("log")), log_id).map_err(restore_error)?;
        Ok(LogCopy { log, batch: Vec::new(), bytes: 0 })
    }

    /// Adds the next record; it becomes durable later.
    pub async fn add(&mut self, record: Record) -> anyhow::Result<()> {
        let completes_commit = record.part == record.parts;
        self.bytes += record.payload.len();
        self.batch.push(record);
        if completes_commit && (self.batch.len() >= BATCH_RECORDS || self.bytes >= BATCH_BYTES) {
            self.flush().await?;
        }
        Ok(())
    }

    /// Makes everything up to the last complete commit durable; returns the head of the copy. Records of an
    /// incomplete commit wait for the rest of it.
    pub async fn flush(&mut self) -> anyhow::Result<Head> {
        let complete =
            self.batch.iter().rposition(|record| record.part == record.parts).map_or(0, |index| index + 1);
        let rest = self.batch.split_off(complete);
        let records = std::mem::replace(&mut self.batch, rest);
        self.bytes = self.batch.iter().map(|record| record.payload.len()).sum();
        if !records.is_empty() {
            self.log.append(records).await.map_err(restore_error)?;
        }
        Ok(self.log.head())
    }

    /// Marks the copy as complete.
    pub async fn finish(mut self, head: Head) -> anyhow::Result<Head> {
        self.flush().await?;
        self.log.finish(head).await.map_err(restore_error)
    }

    /// Closes the copy, to be continued another time.
    pub async fn suspend(self) {
        self.log.suspend().await;
    }
}
