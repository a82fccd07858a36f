//! Limits and timeouts of the journal.

use std::time::Duration;

/// Maximum payload of a record, in bytes: the log's 64 KiB minus room for the record's header.
pub const PAYLOAD_BYTES_MAX: usize = 60 * 1024;

/// Maximum number of writes in a commit.
pub const COMMIT_WRITES_MAX: usize = event_log::limits::COMMIT_RECORDS_MAX;

/// Maximum total payload of a commit, in bytes.
pub const COMMIT_BYTES_MAX: usize = event_log::limits::COMMIT_BYTES_MAX;

/// Maximum number of events in a write.
pub const WRITE_EVENTS_MAX: usize = event_log::limits::TYPES_MAX;

/// Maximum length of the name of a stream or of an event's type, in bytes.
pub const NAME_BYTES_MAX: usize = event_log::limits::TYPE_BYTES_MAX;

/// Number of records that a subscription reads from the log at a time.
pub const SUBSCRIPTION_BATCH_RECORDS_MAX: usize = 1_024;

/// Number of most recent records of the embedded log that its subscriptions share in memory.
pub const FEED_RECORDS_MAX: usize = 2_048;

/// Memory for the newest records that a process over NATS was sent and not fetched, in bytes, about.
pub const FEED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Size from which the records of a group are sent in several messages, in bytes, about: less than the 1 MiB that a
/// broker takes by default. Where it takes less, what it refuses is fetched.
pub const FEED_MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// Number of messages that a consumer requests from NATS at a time.
pub const PULL_BATCH_MESSAGES_MAX: usize = 1000;

/// Maximum number of records returned by one batched direct get.
pub const DIRECT_BATCH_RECORDS_MAX: u64 = 500;

/// Number of commits of which a reader looks up the other parts at a time.
pub const COMMITS_LOOKED_UP_AT_ONCE_MAX: usize = 32;

/// Number of records that a ledger appends to its log at a time.
pub const LEDGER_GROUP_RECORDS_MAX: usize = 1024;

/// Payload after which a ledger appends the records that it has, in bytes: a disk that is nearly full takes small
/// groups only.
pub const LEDGER_GROUP_BYTES_MAX: usize = 1024 * 1024;

/// Number of multi-record commits that one process has in flight to NATS at a time. The server allows at most
/// 50 unfinished batches per stream, and with a single replica stores each in files of its own until it is
/// complete, which limits throughput to a few hundred batches per second in any case.
pub const BATCHES_IN_FLIGHT_MAX: usize = 8;

/// How long the initial connection to the broker is attempted.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an append is retried while the broker or all ledgers are unavailable. A cluster that has lost its
/// leader takes up to ten seconds to elect another.
pub const APPEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a read is retried while the broker or all ledgers are unavailable.
pub const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// Time after which a process says again that it has a duty.
pub const DUTY_RENEWAL: Duration = Duration::from_secs(3);

/// Time after which a process that could not say so gives the duty up.
pub const DUTY_RENEWAL_MAX: Duration = Duration::from_secs(8);

/// Time after which another process takes over a duty of which nothing was heard.
pub const DUTY_EXPIRY: Duration = Duration::from_secs(14);

/// Timeout of a single request to the broker.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// First pause between two attempts to reach the broker.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(10);

/// Maximum pause between two attempts to reach the broker.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_millis(500);

/// How often an idle ledger announces its head.
pub const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_millis(500);

/// How often the broker sends a heartbeat to an idle consumer.
pub const CONSUMER_HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a consumer may be silent before it is checked against the stream, and recreated if it has missed
/// records.
pub const CONSUMER_SILENCE_MAX: Duration = Duration::from_secs(3);

/// Minimum interval between two probes of the ledgers by one process, while a confirmation is missing.
pub const PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// How long all ledgers may be silent before appends are held back.
pub const ANNOUNCEMENT_SILENCE_MAX: Duration = Duration::from_secs(5);

/// How long the stream may end with a part of a commit before a ledger makes the rest impossible. A ledger that
/// restores commits part by part gives up before.
pub const INCOMPLETE_COMMIT_WAIT: Duration = Duration::from_secs(3);

/// How often a ledger looks again at a stream that a witness contradicts.
pub const CONTRADICTION_REVIEW_INTERVAL: Duration = Duration::from_secs(1);

/// Number of recently announced roots that a process remembers, to detect ledgers that differ.
pub const RECENT_ROOTS_MAX: usize = 1024;

/// Number of records restored to a stream at a time.
pub const RESTORE_BATCH_RECORDS_MAX: usize = 256;

/// How long a repair listens for running ledgers before it starts.
pub const LEDGER_DETECTION_TIME: Duration = Duration::from_millis(1500);
