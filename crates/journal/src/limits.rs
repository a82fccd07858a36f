//! How much the journal takes, in one place.

use std::time::Duration;

/// The bytes of one record's payload: the log's 64 KiB less room for the record's own header.
pub const PAYLOAD_BYTES_MAX: usize = 60 * 1024;

/// The writes of one commit.
pub const COMMIT_WRITES_MAX: usize = event_log::limits::COMMIT_RECORDS_MAX;

/// The bytes of all payloads of one commit.
pub const COMMIT_BYTES_MAX: usize = event_log::limits::COMMIT_BYTES_MAX;

/// The events of one write.
pub const WRITE_EVENTS_MAX: usize = event_log::limits::TYPES_MAX;

/// The records that a subscription reads from the log at once.
pub const SUBSCRIPTION_BATCH_RECORDS_MAX: usize = 1_024;

/// The newest records that followers of the embedded log have in hand together.
pub const FEED_RECORDS_MAX: usize = 2_048;

/// The messages that a consumer asks NATS for at once.
pub const PULL_BATCH_MESSAGES_MAX: usize = 1000;

/// The records that one direct get of a stream brings at once.
pub const DIRECT_BATCH_RECORDS_MAX: u64 = 500;

/// The records that a ledger takes into one group.
pub const LEDGER_GROUP_RECORDS_MAX: usize = 1024;

/// The commits of several records that one process has under way at once behind NATS. The server holds
/// at most 50 unfinished batches for a stream, and with one replica keeps each in files of its own until
/// it is whole: some hundred of them pass in a second, however many come.
pub const BATCHES_IN_FLIGHT_MAX: usize = 8;

/// How long to try to reach the broker at first.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long an append is tried again while the broker or every ledger is away or silent. A cluster that lost
/// its leader takes up to ten seconds to find another.
pub const APPEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a read is tried again while the broker or every ledger is away or silent.
pub const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// How long one request to the broker may take before it is asked again.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait before asking the broker again, at most.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_millis(500);

/// How often a ledger announces its head while nothing happens.
pub const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_millis(500);

/// How often the broker says that a consumer without messages is alive.
pub const CONSUMER_HEARTBEAT: Duration = Duration::from_secs(1);

/// How long a consumer may bring nothing of what is known to be committed before it is made anew.
pub const CONSUMER_SILENCE_MAX: Duration = Duration::from_secs(3);

/// How often a process asks the ledgers to look at the stream, at most, while one has not answered.
pub const QUESTION_INTERVAL: Duration = Duration::from_millis(100);

/// How long ledgers that announced themselves may be silent before nothing more is appended.
pub const ANNOUNCEMENT_SILENCE_MAX: Duration = Duration::from_secs(5);

/// The positions of which a process remembers what a ledger said to be the root, at most.
pub const ROOTS_REMEMBERED_MAX: usize = 1024;

/// The records that are put back into a stream at once.
pub const RECORDS_PUT_BACK_AT_ONCE: usize = 256;

/// How long a repair listens for ledgers that follow the stream.
pub const LEDGERS_HEARD_WITHIN: Duration = Duration::from_millis(1500);
