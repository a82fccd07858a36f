//! Errors, by operation.

use std::{path::PathBuf, time::Duration};

/// Why a commit was not acknowledged. Except for [`AppendError::Storage`], nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream's last record is not at the expected position.
    #[error("the last record of {stream} is at position {actual}, not {expected}")]
    Conflict {
        /// The stream.
        stream: String,
        /// The expected position.
        expected: u64,
        /// Position of its last record; 0 if it has none.
        actual: u64,
    },
    /// A limit is exceeded; see [`crate::limits`].
    #[error("{what}: {bytes} exceeds the limit of {max}")]
    TooLarge {
        /// What is limited, with its unit.
        what: &'static str,
        /// Actual amount, in that unit.
        bytes: usize,
        /// Allowed amount.
        max: usize,
    },
    /// The commit is not well-formed.
    #[error("malformed commit: {0}")]
    Malformed(String),
    /// Ordered records do not directly follow the last one.
    #[error("expected record {next} next, got record {given}")]
    OutOfOrder {
        /// Position of the record given.
        given: u64,
        /// Position expected next.
        next: u64,
    },
    /// The disk has less free space than the reserve. Reads still work; appends work again once space is
    /// freed.
    #[error(
        "the log is read-only: {free_bytes} bytes of disk space are free, {reserve_bytes} are reserved; free some space"
    )]
    ReadOnly {
        /// Free space on the disk, in bytes.
        free_bytes: u64,
        /// Space that must stay free, in bytes.
        reserve_bytes: u64,
    },
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The storage failed. Whether the commit will be present after a restart is unknown; the log accepts
    /// no further appends until then.
    #[error("the log's storage failed; it accepts no appends until the process is restarted: {0}")]
    Storage(String),
}

/// Stored data at a position that differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {position}: {what}")]
pub struct Damage {
    /// First damaged position.
    pub position: u64,
    /// Description of the damage.
    pub what: String,
}

impl Damage {
    pub(crate) fn at(position: u64, what: impl Into<String>) -> Damage {
        Damage { position, what: what.into() }
    }
}

/// Why a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The stored data differs from what was written.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The position is not in the log.
    #[error("position {position} is out of range: the log ends at position {head}")]
    OutOfRange {
        /// The requested position.
        position: u64,
        /// The last position of the log.
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

/// Why a log could not be opened. No acknowledged record has been changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the log open.
    #[error("{} is open in another process (waited {} s)", dir.display(), waited.as_secs())]
    Locked {
        /// The log's directory.
        dir: PathBuf,
        /// How long this process waited for it.
        waited: Duration,
    },
    /// Acknowledged records are missing.
    #[error(
        "{}: acknowledged records are missing: the log ends at position {head}, but {anchor} records were acknowledged. \
         Restore the directory from a backup or another ledger that has position {anchor}",
        dir.display()
    )]
    BelowAnchor {
        /// The log's directory.
        dir: PathBuf,
        /// Position of the last record found.
        head: u64,
        /// Position of the last acknowledged record.
        anchor: u64,
    },
    /// There are records, but neither anchor file is valid.
    #[error(
        "{}: there are records, but neither anchor.a nor anchor.b is valid, so it is unknown how many records were \
         acknowledged. Restore the directory from a backup or another ledger",
        dir.display()
    )]
    NoAnchor {
        /// The log's directory.
        dir: PathBuf,
    },
    /// An acknowledged record is damaged.
    #[error(
        "{}: an acknowledged record is damaged: {damage}. Restore the directory from a backup or another ledger",
        dir.display()
    )]
    Damaged {
        /// The log's directory.
        dir: PathBuf,
        /// Position and description of the damage.
        #[source]
        damage: Damage,
    },
    /// The storage layer cannot read its files.
    #[error(
        "{}: the storage layer could not open its files: {reason}. Restore the directory from a backup or another ledger",
        dir.display()
    )]
    Unreadable {
        /// The log's directory.
        dir: PathBuf,
        /// Error of the storage layer.
        reason: String,
    },
    /// A restore into this directory was started and not finished.
    #[error(
        "{}: the log is only partly restored; run the same 'huishang log restore' or 'huishang log import' again \
         to resume it",
        dir.display()
    )]
    UnfinishedRestore {
        /// The log's directory.
        dir: PathBuf,
    },
    /// The override that makes flushes reach the disk is not linked into this program.
    #[error("this build does not sync its writes: the log's override of sync_file_range is not linked in")]
    NotDurable,
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
}
