//! How much one ledger does for its readers, and how often it signs, each limit with its unit.

use std::time::Duration;

/// Time in which a head is signed and kept anew, at most once, while the log grows.
pub const SIGNED_HEAD_INTERVAL: Duration = Duration::from_secs(1);

/// Backups that are read at once, at most; a further one is refused.
pub const BACKUPS_AT_ONCE_MAX: usize = 2;
/// Bytes of records in one answer of a backup, about.
pub const BACKUP_ANSWER_BYTES: usize = 1024 * 1024;
/// Answers of a backup made ahead of a slow reader.
pub const BACKUP_ANSWERS_AHEAD: usize = 2;

/// Answers made ahead of a reader, at most; with the longest records that is 2 MiB.
pub const AHEAD_RECORDS_MAX: usize = 32;
/// Records read from the log at a time.
pub const READ_RECORDS: usize = AHEAD_RECORDS_MAX / 2;
/// Readers of records at once, at most; a further one is refused at once.
pub const READERS_MAX: usize = 256;
/// Time a reader may take nothing of what is ready for it, before it is let go.
pub const READER_STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Verifications of the whole log at once, at most; a further one is refused at once.
pub const VERIFICATIONS_AT_ONCE_MAX: usize = 2;
