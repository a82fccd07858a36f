//! Errors of backups.

use super::segment::SegmentFault;
use crate::Damage;
use std::io;
use std::path::PathBuf;
use uuid::Uuid;

/// Why a backup could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory contains no backup.
    #[error("{}: there is no backup here: neither a segment nor a head file", dir.display())]
    NotFound {
        /// The directory.
        dir: PathBuf,
    },
    /// The backup belongs to another log.
    #[error("{}: this is a backup of log {found}, not of log {wanted}; choose another directory", dir.display())]
    OtherLog {
        /// The backup's directory.
        dir: PathBuf,
        /// The log that it belongs to.
        found: Uuid,
        /// The log that was to be backed up.
        wanted: Uuid,
    },
    /// A segment is damaged.
    #[error("{}: {fault}", path.display())]
    Segment {
        /// The segment's file.
        path: PathBuf,
        /// Description of the damage.
        fault: SegmentFault,
    },
    /// A segment is missing.
    #[error("{}: record {position} and all later ones are missing", path.display())]
    Missing {
        /// The file that should contain them.
        path: PathBuf,
        /// Position of the first missing record.
        position: u64,
    },
    /// The head file is damaged.
    #[error("{}: {what}", path.display())]
    HeadFile {
        /// The head file.
        path: PathBuf,
        /// Description of the damage.
        what: String,
    },
    /// The records received are damaged or do not continue the backup.
    #[error("the records received from the log are invalid: {0}")]
    Received(#[from] Damage),
    /// Another process is writing to the backup.
    #[error("{}: another process is writing to this backup", dir.display())]
    Locked {
        /// The backup's directory.
        dir: PathBuf,
    },
    /// A file operation failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl BackupError {
    pub(super) fn segment(path: PathBuf, fault: SegmentFault) -> BackupError {
        BackupError::Segment { path, fault }
    }
}
