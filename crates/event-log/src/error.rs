//! What can go wrong, by what was asked for.

use std::{path::PathBuf, time::Duration};

/// Why nothing of a commit was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream does not stand where the commit expects it to.
    #[error("the last record of {stream} is at position {actual}, not {expected}")]
    Conflict {
        /// The stream.
        stream: String,
        /// The position that was expected.
        expected: u64,
        /// Where its last record is; 0 when it has none.
        actual: u64,
    },
    /// Something exceeds its limit, see [`crate::limits`].
    #[error("{what}: {bytes} are more than {max}")]
    TooLarge {
        /// What is too large, with its unit.
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        max: usize,
    },
    /// The commit breaks a rule of form.
    #[error("malformed commit: {0}")]
    Malformed(String),
    /// Ordered records do not follow the last one.
    #[error("record {given} was given where {next} comes next")]
    OutOfOrder {
        /// The position given.
        given: u64,
        /// The position that comes next.
        next: u64,
    },
    /// The disk has less free space than is held in reserve. Reading goes on; so does writing, when
    /// there is space again.
    #[error(
        "the log is read-only: {free_bytes} bytes are free, {reserve_bytes} are held in reserve; free some space"
    )]
    ReadOnly {
        /// What is free.
        free_bytes: u64,
        /// What must stay free.
        reserve_bytes: u64,
    },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The storage failed. Whether the commit will be found after a restart is not known; the log takes
    /// nothing more until then.
    #[error("the log's storage failed, and it takes nothing more until the process is started again: {0}")]
    Storage(String),
}

/// A place where the log is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {position}: {what}")]
pub struct Damage {
    /// The first position that is not as it should be.
    pub position: u64,
    /// What is wrong with it.
    pub what: String,
}

impl Damage {
    pub(crate) fn at(position: u64, what: impl Into<String>) -> Damage {
        Damage { position, what: what.into() }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// What is stored is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The log does not reach so far.
    #[error("the log ends at position {head}; position {asked} was asked for")]
    NotThere {
        /// What was asked for.
        asked: u64,
        /// The last position.
        head: u64,
    },
    /// The storage failed.
    #[error("the log's storage failed: {0}")]
    Storage(String),
}

impl From<std::io::Error> for ReadError {
    fn from(fault: std::io::Error) -> Self {
        ReadError::Storage(fault.to_string())
    }
}

impl From<sled::Error> for ReadError {
    fn from(fault: sled::Error) -> Self {
        ReadError::Storage(fault.to_string())
    }
}

/// Why a log was not opened. Nothing was changed in it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is open in another process (waited {} s)", dir.display(), waited.as_secs())]
    Locked {
        /// The log's directory.
        dir: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Acknowledged records are missing.
    #[error(
        "{}: acknowledged records are missing: the log ends at position {head}, but {anchor} records were acknowledged; \
         it does not start on less. Restore the directory from a backup or another ledger that has position {anchor}",
        dir.display()
    )]
    BelowAnchor {
        /// The log's directory.
        dir: PathBuf,
        /// The last record that is there.
        head: u64,
        /// The last record that was acknowledged.
        anchor: u64,
    },
    /// There are records, but neither anchor file can be read.
    #[error(
        "{}: there are records, but neither anchor.a nor anchor.b can be read, so that nobody knows how many were acknowledged; \
         restore the directory from a backup or another ledger",
        dir.display()
    )]
    NoAnchor {
        /// The log's directory.
        dir: PathBuf,
    },
    /// An acknowledged record is damaged.
    #[error("{}: {damage}; it was acknowledged. Restore the directory from a backup or another ledger", dir.display())]
    Damaged {
        /// The log's directory.
        dir: PathBuf,
        /// Where and what.
        #[source]
        damage: Damage,
    },
    /// The storage layer cannot make sense of its files.
    #[error(
        "{}: the storage layer could not open its files: {reason}. Restore the directory from a backup or another ledger",
        dir.display()
    )]
    Unreadable {
        /// The log's directory.
        dir: PathBuf,
        /// What it said.
        reason: String,
    },
    /// It is a copy that was begun and not finished.
    #[error(
        "{}: the log is only half restored; run the same 'huishang log restore' or 'huishang log import' again, \
         which goes on where it was",
        dir.display()
    )]
    HalfRestored {
        /// The log's directory.
        dir: PathBuf,
    },
    /// This program was linked so that a flush does not reach the disk.
    #[error("this build does not sync what it writes: the function sync_file_range is not the log's own")]
    NotDurable,
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
