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

/// Seconds for which a call may wait for an event, at most: less than any call may take.
pub const EVENTS_WAIT_SECONDS_MAX: u32 = 15;
/// Maximum number of events in one answer, before the last record's are added.
pub const EVENTS_MAX: usize = 256;
/// Number of records that one call for events looks at, at most, when they are not for its caller.
pub const EVENT_RECORDS_READ_MAX: usize = 4_096;
/// Maximum number of responses buffered for a client; with records of maximum size this is 2 MiB.
pub const BUFFERED_RESPONSES_MAX: usize = 32;
/// Number of records read from the log at a time.
pub const READ_RECORDS: usize = BUFFERED_RESPONSES_MAX / 2;

/// Searches of the access log at once; each reads the files of some days.
pub const ACCESS_SEARCHES_MAX: usize = 2;
