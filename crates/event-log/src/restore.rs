//! Restoring a log, for example from a backup: the result is the same log, with its identity, bytes and hashes.
//!
//! Until the restore is finished there is a file `restoring` in the log's directory, and [`EventLog::open`]
//! refuses it: a partial log would look like one with missing acknowledged records, or worse, like a
//! complete one.

use crate::record::Record;
use crate::{AppendError, Damage, EventLog, Head, OpenError, Options, OrderedRecord, durable_file};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// File that marks an unfinished restore; it contains the log's identity.
const MARKER: &str = "restoring";

/// Returns whether a restore into this directory was started and not finished.
pub(crate) fn is_unfinished(dir: &Path) -> bool {
    dir.join(MARKER).exists()
}

/// Why a log could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The directory is not empty.
    #[error("{}: there is a log or something else already; a log can be restored only where there is none", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory contains an unfinished restore of another log.
    #[error("{}: it contains an unfinished restore of log {found}, not of log {wanted}; remove the directory or choose another", dir.display())]
    OtherLog {
        /// The directory.
        dir: PathBuf,
        /// The log found there.
        found: Uuid,
        /// The log that was to be restored.
        wanted: Uuid,
    },
    /// The restored log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The records cannot be appended.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A record does not match the restored log or the expected head.
    #[error(transparent)]
    Mismatch(#[from] Damage),
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

/// Restores a log by writing its records to an empty directory.
pub struct RestoreWriter {
    log: EventLog,
    dir: PathBuf,
}

impl RestoreWriter {
    /// Starts a restore in a directory that is empty or missing, or resumes an interrupted one.
    pub fn open(options: Options, log_id: Uuid) -> Result<RestoreWriter, RestoreError> {
        let dir = options.dir.clone();
        let failed = |source| RestoreError::Io { path: dir.clone(), source };
        std::fs::create_dir_all(&dir).map_err(failed)?;
        let marker = dir.join(MARKER);
        match std::fs::read_to_string(&marker) {
            Ok(found) => {
                let found = Uuid::try_parse(found.trim()).unwrap_or_default();
                if found != log_id {
                    return Err(RestoreError::OtherLog { dir, found, wanted: log_id });
                }
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                let partial_marker = marker.with_added_extension("part");
                let others = std::fs::read_dir(&dir).map_err(failed)?;
                if others.flatten().any(|entry| entry.path() != partial_marker) {
                    return Err(RestoreError::NotEmpty { dir });
                }
                durable_file::replace(&marker, log_id.to_string().as_bytes()).map_err(failed)?;
            }
            Err(source) => return Err(failed(source)),
        }
        let (log, _) = EventLog::open_copy(options, log_id)?;
        match log.log_id() {
            found if found == log_id => Ok(RestoreWriter { log, dir }),
            found => Err(RestoreError::OtherLog { dir, found, wanted: log_id }),
        }
    }

    /// Returns the head of what has been restored so far.
    pub fn head(&self) -> Head {
        self.log.head()
    }

    /// Appends complete commits and returns once they are durable. Records that have been restored already are
    /// skipped, after the last of them has been compared. Fails if a resulting hash differs from that of the
    /// record given, because the result would then be another log.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), RestoreError> {
        let differs = |position| Damage::at(position, "the restored log has another record there");
        let held = self.log.head();
        let known = records.partition_point(|record| record.position <= held.position);
        if let Some(last) = records[..known].last()
            && last.position == held.position
            && last.hash() != held.hash
        {
            return Err(differs(held.position).into());
        }
        let new: Vec<OrderedRecord> = records[known..].iter().map(OrderedRecord::from).collect();
        let Some(last) = records[known..].last() else { return Ok(()) };
        self.log.append_ordered(new).await?;
        let reached = self.log.head();
        if (reached.position, reached.hash) != (last.position, last.hash()) {
            return Err(differs(last.position).into());
        }
        Ok(())
    }

    /// Finishes the restore, after which the log can be opened. The restored log's head must be `head`.
    pub async fn finish(self, head: Head) -> Result<Head, RestoreError> {
        let reached = self.log.head();
        if reached != head {
            let what = format!("the restored log ends with record {}, or has another root", reached.position);
            return Err(Damage::at(head.position, what).into());
        }
        self.log.close().await;
        let marker = self.dir.join(MARKER);
        let removed = std::fs::remove_file(&marker).and_then(|()| durable_file::sync_parent(&marker));
        removed.map_err(|source| RestoreError::Io { path: marker, source })?;
        Ok(reached)
    }

    /// Closes the unfinished log, to be resumed later.
    pub async fn suspend(self) {
        self.log.close().await;
    }
}
