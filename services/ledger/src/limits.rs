//! The limits of the ledger service, each with its unit.

use std::time::Duration;

/// Time in which a head is signed and kept anew, at most once, while the log grows.
pub const SIGNED_HEAD_INTERVAL: Duration = Duration::from_secs(1);

/// Backups that are read at once, at most; a further one is refused.
pub const BACKUPS_AT_ONCE_MAX: usize = 2;
/// Bytes of records in one answer of a backup, about.
pub const BACKUP_ANSWER_BYTES: usize = 1024 * 1024;
/// Answers of a backup made ahead of a slow reader.
pub const BACKUP_ANSWERS_AHEAD: usize = 2;
