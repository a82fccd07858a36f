//! Errors of backups in object storage.

use event_log::Damage;
use event_log::backup::SegmentFault;
use uuid::Uuid;

/// Why a backup could not be read or written. Objects are named with the URL of the backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The URL cannot be used.
    #[error("{url}: {why}")]
    Url {
        /// The URL, without what might be secret.
        url: String,
        /// What is wrong with it, and what would be right.
        why: String,
    },
    /// The file with credentials cannot be used.
    #[error("{file}: {why}")]
    Credentials {
        /// The file.
        file: String,
        /// What is wrong with it; no content.
        why: String,
    },
    /// There is no backup.
    #[error("{url}: there is no backup here: neither a segment nor a head")]
    NotFound {
        /// The URL.
        url: String,
    },
    /// The backup belongs to another log.
    #[error("{url}: this is a backup of log {found}, not of log {wanted}; choose another URL")]
    OtherLog {
        /// The URL.
        url: String,
        /// The log that it belongs to.
        found: Uuid,
        /// The log that was to be backed up.
        wanted: Uuid,
    },
    /// A segment is damaged.
    #[error("{object}: {fault}")]
    Segment {
        /// The object.
        object: String,
        /// Description of the damage.
        fault: SegmentFault,
    },
    /// An object is missing.
    #[error("{object} is missing: records {first} to {last} are not in the backup")]
    Missing {
        /// The object that should have them, or the first of several.
        object: String,
        /// Position of the first missing record.
        first: u64,
        /// Position of the last missing record.
        last: u64,
    },
    /// A head is damaged, or is not the records'.
    #[error("{object}: {what}")]
    Head {
        /// The object.
        object: String,
        /// Description of the damage.
        what: String,
    },
    /// An object is there already, with another content.
    #[error("{object}: it is there already and holds something else; nothing was overwritten")]
    Occupied {
        /// The object.
        object: String,
    },
    /// The records received are damaged or do not continue the backup.
    #[error("the records received from the log are invalid: {0}")]
    Received(#[from] Damage),
    /// The storage refused or failed.
    #[error("{object}: {source}")]
    Storage {
        /// The object or folder.
        object: String,
        /// Its answer.
        source: object_store::Error,
    },
}
