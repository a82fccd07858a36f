//! Writing a copy of a log, as from a backup: the copy is the same log, with its identity, bytes and hashes.
//!
//! As long as it is not finished a file `restoring` lies beside the log, and [`EventLog::open`] refuses it: a
//! part of a log would look like one from which acknowledged records are missing, or worse, would not.

use crate::record::Record;
use crate::{AppendError, Damage, EventLog, Head, OpenError, Options, OrderedRecord, durable_file};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The file that marks a copy that is not finished; it holds the log's identity.
const MARK: &str = "restoring";

/// Whether a copy in this directory was begun and not finished.
pub(crate) fn is_unfinished(dir: &Path) -> bool {
    dir.join(MARK).exists()
}

/// Why a log could not be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something already.
    #[error("{}: there is a log already, or something else; a log is restored only where there is none", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
    },
    /// A copy of another log was begun there.
    #[error("{}: a copy of log {found} was begun there, and this is log {wanted}; remove the directory, or choose another", dir.display())]
    OtherLog {
        /// The directory.
        dir: PathBuf,
        /// The log that was begun.
        found: Uuid,
        /// The log that was to be restored.
        wanted: Uuid,
    },
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log does not take the records.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A record is not the one that the copy has, or should have.
    #[error(transparent)]
    Differs(#[from] Damage),
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A copy of a log that is being written.
pub struct Restoring {
    log: EventLog,
    dir: PathBuf,
}

impl Restoring {
    /// Begins a copy in a directory that is empty or missing, or goes on with one that was interrupted.
    pub fn begin(options: Options, log_id: Uuid) -> Result<Restoring, RestoreError> {
        let dir = options.dir.clone();
        let failed = |source| RestoreError::Io { path: dir.clone(), source };
        std::fs::create_dir_all(&dir).map_err(failed)?;
        let mark = dir.join(MARK);
        match std::fs::read_to_string(&mark) {
            Ok(found) => {
                let found = Uuid::try_parse(found.trim()).unwrap_or_default();
                if found != log_id {
                    return Err(RestoreError::OtherLog { dir, found, wanted: log_id });
                }
            }
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
                let mark_begun = mark.with_added_extension("part");
                let others = std::fs::read_dir(&dir).map_err(failed)?;
                if others.flatten().any(|entry| entry.path() != mark_begun) {
                    return Err(RestoreError::NotEmpty { dir });
                }
                durable_file::replace(&mark, log_id.to_string().as_bytes()).map_err(failed)?;
            }
            Err(source) => return Err(failed(source)),
        }
        let (log, _) = EventLog::open_copy(options, log_id)?;
        match log.log_id() {
            found if found == log_id => Ok(Restoring { log, dir }),
            found => Err(RestoreError::OtherLog { dir, found, wanted: log_id }),
        }
    }

    /// The last record that is in the copy, and the root up to it.
    pub fn head(&self) -> Head {
        self.log.head()
    }

    /// Adds whole commits, and answers when they are durable. What is in the copy already is passed over,
    /// its last record compared. It is an error when a hash is not that of the record given: then the copy
    /// would be another log.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), RestoreError> {
        let differs = |position| Damage::at(position, "the copy has another record there");
        let held = self.log.head();
        let known = records.partition_point(|record| record.position <= held.position);
        if let Some(last) = records[..known].last()
            && last.position == held.position
            && last.hash() != held.hash
        {
            return Err(differs(held.position).into());
        }
        let news: Vec<OrderedRecord> = records[known..].iter().map(OrderedRecord::from).collect();
        let Some(last) = records[known..].last() else { return Ok(()) };
        self.log.append_ordered(news).await?;
        let reached = self.log.head();
        if (reached.position, reached.hash) != (last.position, last.hash()) {
            return Err(differs(last.position).into());
        }
        Ok(())
    }

    /// Says that the copy is all there: it can be opened from now on. The last record and the root must be
    /// those of `head`.
    pub async fn finish(self, head: Head) -> Result<Head, RestoreError> {
        let reached = self.log.head();
        if reached != head {
            let what = format!("the copy ends with record {}, or has another root", reached.position);
            return Err(Damage::at(head.position, what).into());
        }
        self.log.close().await;
        let mark = self.dir.join(MARK);
        let removed = std::fs::remove_file(&mark).and_then(|()| durable_file::sync_parent(&mark));
        removed.map_err(|source| RestoreError::Io { path: mark, source })?;
        Ok(reached)
    }

    /// Leaves the copy as it is, to go on with it another time.
    pub async fn leave(self) {
        self.log.close().await;
    }
}
