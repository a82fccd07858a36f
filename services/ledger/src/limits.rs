//! Limits of the ledger service, each with its unit.

use std::time::Duration;

/// Interval at which a new head is signed and stored while the log grows.
pub const SIGNED_HEAD_INTERVAL: Duration = Duration::from_secs(1);

/// Maximum number of witnesses.
pub const WITNESSES_MAX: usize = 16;
/// Time in which a witness must answer.
pub const WITNESS_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a witness's answer, at most.
pub const WITNESS_ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// Maximum number of concurrent backups; further ones are refused.
pub const BACKUPS_AT_ONCE_MAX: usize = 4;
/// Part of them that one caller may make, in percent: one, and another after it was interrupted.
pub const BACKUPS_SHARE_PERCENT: u32 = 50;
/// Approximate size of the records in one response of a backup, in bytes.
pub const BACKUP_RESPONSE_BYTES: usize = 1024 * 1024;
/// Number of backup responses buffered for a slow client.
pub const BACKUP_RESPONSES_BUFFERED: usize = 2;

/// Maximum number of responses buffered for a client; with records of maximum size this is 2 MiB.
pub const BUFFERED_RESPONSES_MAX: usize = 32;
/// Number of records read from the log at a time.
pub const READ_RECORDS: usize = BUFFERED_RESPONSES_MAX / 2;
