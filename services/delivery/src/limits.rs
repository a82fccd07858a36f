//! Limits of delivery, each with its unit.

use std::time::Duration;

/// Bytes of a receiver's answer that are kept.
pub const ANSWER_BYTES_MAX: usize = 2048;
/// Time in which a receiver must be reached and have answered.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Deliveries of one subscription that are under way at once, at most; each is of another thing.
pub const DELIVERIES_AT_ONCE_MAX: usize = 8;
/// Deliveries of one subscription that wait, at most. While so many do, no further record is read for it: the log keeps
/// them.
pub const DELIVERIES_WAITING_MAX: u32 = 1_000;
/// Delivered events of one subscription that are kept for lists, at least.
pub const DELIVERIES_KEPT: u32 = 1_000;
/// Records that are read for a subscription at a time.
pub const READ_RECORDS: usize = 64;

/// Seconds between one attempt and the next, before they are made uneven: as Standard Webhooks proposes, three days and a
/// half in all.
pub const RETRY_SECONDS: [u32; 10] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600, 8 * 3600];
/// Part by which a pause is made longer, at most, in percent, so that receivers that come back are not met by all at once.
pub const RETRY_JITTER_PERCENT: u32 = 20;
/// Seconds for which a receiver can ask to be left alone, at most.
pub const RETRY_AFTER_SECONDS_MAX: u32 = 24 * 3600;

/// Time between two messages to a robot of WeCom or DingTalk, at least: they take 20 a minute.
pub const ROBOT_SPACING: Duration = Duration::from_secs(3);
/// Time between two messages to a robot of Feishu, at least: they take 100 a minute.
pub const FEISHU_SPACING: Duration = Duration::from_secs(1);
/// Seconds for which a robot is left alone that had too many messages: DingTalk takes none for ten minutes.
pub const ROBOT_BUSY_SECONDS: u32 = 600;
/// Bytes of a message to a robot, at most: what WeCom takes.
pub const ROBOT_TEXT_BYTES_MAX: usize = 2048;

/// Time between two notes of how far a subscription has come, at least. After the files of the service were lost, what was
/// delivered since is delivered again.
pub const PROGRESS_INTERVAL: Duration = Duration::from_secs(60);
/// Time after which what could not be read or written is tried again.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Time after which it is looked again which digests are due, at most.
pub const DIGEST_LOOK_INTERVAL: Duration = Duration::from_secs(600);
/// Lines of a part of a digest, at most; how many more there are is said.
pub const DIGEST_LINES_MAX: usize = 100;
/// Sessions and items that a digest looks at, at most: the first ones.
pub const DIGEST_ENTRIES_MAX: u32 = 5_000;
/// Days before it is due from which on an item waits for its lead in a digest.
pub const DIGEST_DAYS_AHEAD: i32 = 7;

/// Days for which a calendar has what is over.
pub const CALENDAR_DAYS_BACK: i64 = 90;
/// Sessions and items of a calendar, at most: the first ones.
pub const CALENDAR_ENTRIES_MAX: u32 = 2_000;
/// Sessions and items of a calendar that are read at once.
pub const CALENDAR_LOADS_AT_ONCE: usize = 16;
/// Bytes of the address of the pages, at most.
pub const CONSOLE_URL_BYTES_MAX: usize = 512;
