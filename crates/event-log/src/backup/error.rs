//! What can be wrong with a backup.

use super::segment::SegmentFault;
use crate::Damage;
use std::io;
use std::path::PathBuf;
use uuid::Uuid;

/// Why a backup could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory holds no backup.
    #[error("{}: there is no backup: neither a segment nor a head", dir.display())]
    None {
        /// The directory.
        dir: PathBuf,
    },
    /// The backup is of another log.
    #[error("{}: it is the backup of log {found}, and this is log {wanted}; choose another directory", dir.display())]
    OtherLog {
        /// The backup's directory.
        dir: PathBuf,
        /// The log that it is of.
        found: Uuid,
        /// The log that was to be backed up.
        wanted: Uuid,
    },
    /// A segment is not what was written.
    #[error("{}: {fault}", path.display())]
    Segment {
        /// The segment's file.
        path: PathBuf,
        /// What is wrong with it.
        fault: SegmentFault,
    },
    /// A segment is not there.
    #[error("{}: record {position} and what follows it are missing", path.display())]
    Missing {
        /// The file that should hold them.
        path: PathBuf,
        /// The first record that is missing.
        position: u64,
    },
    /// The head file is not what was written.
    #[error("{}: {what}", path.display())]
    HeadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// What came from the log does not continue the backup, or is damaged.
    #[error("what the log gave is not right: {0}")]
    Received(#[from] Damage),
    /// Another process writes to it.
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
        /// What the system said.
        source: io::Error,
    },
}

impl BackupError {
    pub(super) fn segment(path: PathBuf, fault: SegmentFault) -> BackupError {
        BackupError::Segment { path, fault }
    }
}
