//! The limits of a service process, each with its unit.

use std::time::Duration;

/// Bytes of one request message, at most; a larger one is `OUT_OF_RANGE`.
pub const REQUEST_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one response message, at most.
pub const RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a URL that is connected to, at most.
pub const URL_BYTES_MAX: usize = 2048;
/// Time in which what is fetched must be there, all redirects included.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of what is fetched, at most.
pub const FETCH_BYTES_MAX: usize = 1024 * 1024;
/// Redirects that are followed for what is fetched, at most.
pub const FETCH_REDIRECTS_MAX: usize = 3;
/// Bytes of one request's headers, the token included, at most.
pub const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Bytes of a connection of HTTP/1.1 that are buffered in each direction, at most; a request's headers must fit.
pub const HTTP1_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Time in which the headers of the next request must have come on a connection of HTTP/1.1; it is closed otherwise.
pub const HTTP1_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections open at once that have brought a valid token, at most, unless the settings say otherwise.
pub const CONNECTIONS_MAX_DEFAULT: usize = 1_024;
/// Those of them that come from one address, at most, unless the settings say otherwise.
pub const ADDRESS_CONNECTIONS_MAX_DEFAULT: usize = 256;
/// Connections open at once that have brought no valid token yet, at most, unless the settings say otherwise.
pub const UNKNOWN_CONNECTIONS_MAX_DEFAULT: usize = 128;
/// Seconds in which a connection must bring a valid token, unless the settings say otherwise.
pub const UNKNOWN_CONNECTION_SECONDS_MAX_DEFAULT: u32 = 10;
/// Time that a connection is given to finish what is under way once it is told to close.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Requests under way at once on one connection, at most, unless the settings say otherwise.
pub const CONNECTION_REQUESTS_AT_ONCE_MAX_DEFAULT: u32 = 1_024;
/// Requests without a token under way at once on one connection, at most: health checks, reflection, calendars.
pub const OPEN_REQUESTS_AT_ONCE_MAX: usize = 8;
/// Bytes of one request without a token, at most.
pub const OPEN_REQUEST_BYTES_MAX: usize = 4 * 1024;
/// Time that a question to the reflection may take.
pub const REFLECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests for reflection under way at once in one process, at most.
pub const REFLECTIONS_AT_ONCE_MAX: usize = 16;
/// Requests with a secret in place of a token under way at once in one process, at most.
pub const SECRET_REQUESTS_AT_ONCE_MAX: usize = 16;
/// Seconds in which a call is answered, at most, unless the settings or the caller say less; server streams are exempt
/// once begun.
pub const ANSWER_SECONDS_MAX_DEFAULT: u64 = 20;
/// Seconds by which a view or process manager may lag what is committed, at most, unless the settings say otherwise;
/// beyond that its service is not ready.
pub const VIEW_LAG_SECONDS_MAX_DEFAULT: u64 = 30;
/// Time between two looks at whether a process is ready.
pub const READINESS_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Time that a process must be unready for one reason, before that is logged, while it starts or recovers.
pub const UNREADY_SETTLE_TIME: Duration = Duration::from_secs(5);
/// Bytes of requests that one connection has sent and nobody has read yet, at most.
pub const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// Requests under way at once in one process, at most, unless the settings say otherwise; a further one is
/// refused at once.
pub const REQUESTS_AT_ONCE_MAX_DEFAULT: usize = 4_096;
/// Percent of the places for requests, for readers of the log and so on that one caller may take, unless the
/// settings say otherwise.
pub const CALLER_SHARE_PERCENT_DEFAULT: u32 = 25;
/// Percent of the places for readers of the log and for verifications that are kept for auditors and operators,
/// unless the settings say otherwise.
pub const SUPERVISION_SHARE_PERCENT_DEFAULT: u32 = 25;
/// MiB of requests and answers that are held for one caller, at most, unless the settings say otherwise.
pub const CALLER_MEMORY_MIB_MAX_DEFAULT: usize = 64;
/// Seconds in which a request must arrive as a whole, unless the settings say otherwise.
pub const REQUEST_BODY_SECONDS_MAX_DEFAULT: u32 = 10;
/// Time between two looks at whether the token of a call that is answered with a stream is still accepted.
pub const STREAM_TOKEN_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Seconds for which a client may leave unread what it was sent of an answer, unless the settings say otherwise.
pub const ANSWER_STALL_SECONDS_MAX_DEFAULT: u32 = 30;
/// KiB of records that one department may write in a second, unless the settings say otherwise: 5 GiB a day.
pub const DEPARTMENT_WRITE_KIB_PER_SECOND_MAX_DEFAULT: u32 = 64;
/// MiB of records that a department may write at once after it was quiet, unless the settings say otherwise.
pub const DEPARTMENT_WRITE_BURST_MIB_DEFAULT: u32 = 64;
/// Bytes that a record takes on the disk beside its events, about: a record counts as so many more.
pub const RECORD_OVERHEAD_BYTES: usize = 1024;
/// Readers of the log at once, at most, unless the settings say otherwise.
pub const LOG_READERS_MAX_DEFAULT: usize = 256;
/// Verifications of the log at once, and of the views of a process, at most, unless the settings say otherwise.
pub const VERIFICATIONS_MAX_DEFAULT: usize = 2;
/// Requests that one caller may send in a second, at most, unless the settings say otherwise; it may send
/// those of one second at once. A client that waits for its answers stays far below; a runaway client reaches
/// it.
pub const CALLER_REQUESTS_PER_SECOND_MAX_DEFAULT: u32 = 100_000;
/// Refusals that are alike (rpc, code, reason and caller) and have a line in the log each, in one
/// [`REFUSALS_COUNTED_INTERVAL`], at most; further ones are counted in one line.
pub const REFUSALS_ALIKE_LOGGED_MAX: u64 = 20;
/// Time after which refusals without a line of their own are reported.
pub const REFUSALS_COUNTED_INTERVAL: Duration = Duration::from_secs(10);
/// Kinds of refusals that are told apart in that time, at most.
pub const REFUSAL_KINDS_MAX: usize = 200;
/// Time after which a refused caller may try again.
pub const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// MiB of the log's disk that must stay free, unless the settings say otherwise; with less, commands are
/// refused.
pub const LOG_RESERVE_MIB_DEFAULT: u64 = 128;
/// Days for which files of the access log are kept, unless the settings say otherwise: six months, which the law asks of
/// operators of networks in China.
pub const ACCESS_LOG_RETENTION_DAYS_DEFAULT: u32 = 184;
/// Lines of the access log that wait to be written, at most; further ones are lost, and counted.
pub const ACCESS_LINES_WAITING_MAX: usize = 8_192;
/// Bytes of a request's fields in a line of the access log, at most; they are left out when they are longer.
pub const ACCESSED_BYTES_MAX: usize = 2_048;
/// Fetches of the metrics at once, at most.
pub const SCRAPES_AT_ONCE_MAX: usize = 8;
/// Time that fetching the metrics may take.
pub const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two looks at disks and at what was set aside, for the metrics.
pub const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);
/// Time between two clean-ups of what histograms have taken in.
pub const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Time between two attempts to accept a connection when the first failed.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time a silent peer is given to answer a keep-alive ping.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Time between keep-alive pings.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// Time from the stop signal to the end of the process, at most.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How many times a command is decided again after losing to a concurrent one, at most.
pub const RETRY_ATTEMPTS_MAX: u32 = 100;
/// Time a caller waits for a ledger to commit its records, at most.
pub const COMMIT_TIMEOUT: Duration = Duration::from_secs(20);
/// Time a query waits for its view to reach `at_least_position`, at most.
pub const VIEW_TIMEOUT: Duration = Duration::from_secs(15);
/// Accepted tokens that are remembered, so that their signatures need not be checked again, at most.
pub const TOKENS_REMEMBERED_MAX: usize = 10_000;
/// Hours for which a token may be valid, at most, unless the settings say otherwise.
pub const TOKEN_LIFETIME_HOURS_MAX_DEFAULT: u32 = 24;
/// Bytes of a token's subject, at most.
pub const SUBJECT_BYTES_MAX: usize = 200;
/// Bits of an RSA key that verifies tokens, at least.
pub const RSA_KEY_BITS_MIN: usize = 2_048;
/// Bits of an RSA key that verifies tokens, at most.
pub const RSA_KEY_BITS_MAX: usize = 4_096;
/// Bytes of the file with the keys that verify tokens, at most.
pub const KEY_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one file with certificates or their key, at most.
pub const CERTIFICATE_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Time before a certificate expires from which on that is warned of.
pub const CERTIFICATE_EXPIRY_WARNING: Duration = Duration::from_secs(14 * 24 * 3600);
/// Time between two looks at whether a file with keys, certificates or issuers has changed.
pub const KEY_FILE_POLL_INTERVAL: Duration = Duration::from_secs(5);
/// Time in which a URL with keys must answer.
pub const JWKS_FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Time between two readings of a URL with keys, while it can be read.
pub const JWKS_URL_POLL_INTERVAL: Duration = Duration::from_secs(300);
/// The same while it cannot be read.
pub const JWKS_URL_RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// Age of keys that cannot be read any more at which that is warned of, and again each time they have aged as much.
pub const JWKS_AGE_WARNING_INTERVAL: Duration = Duration::from_secs(3600);
/// Requests that wait for new keys at once because a token names an unknown one, at most; others are refused at once.
pub const UNKNOWN_KEY_WAITERS_MAX: usize = 64;
/// Time between two readings of an issuer's keys because a token named an unknown one, at least.
pub const UNKNOWN_KEY_REREAD_INTERVAL: Duration = Duration::from_secs(10);
/// Folded aggregates kept in memory, at most.
pub const CACHED_STREAMS_MAX: usize = 20_000;
/// Records applied to a view in one transaction, at most.
pub const VIEW_BATCH_RECORDS_MAX: usize = 1_024;
/// Latest records that the feed of a process keeps for consumers that join it.
pub const FEED_RECENT_RECORDS_MAX: usize = 4_096;
/// Records that wait for one consumer in the feed, at most; with more it reads on its own.
pub const FEED_RECORDS_AHEAD_MAX: usize = if cfg!(test) { 64 } else { 16_384 };
/// Time by which the checkpoint of a consumer may lag what it is done with, beyond what it is busy with.
pub const CHECKPOINT_LAG_MAX: Duration = Duration::from_secs(5);
/// Memory for the pages of a view that is being written, in KiB.
pub const VIEW_CACHE_KIB: i64 = 8 * 1024;
/// Pages of a view's write-ahead log after which it is written into the file: each page is written once for all
/// the changes that fall on it meanwhile.
pub const VIEW_WAL_PAGES_MAX: i64 = 4_000;
/// Prepared statements that a view's connection keeps: more than a view has for writing.
pub const VIEW_STATEMENTS_KEPT_MAX: usize = 64;
/// Queries of one view at once, at most.
pub const VIEW_READERS_MAX: usize = 4;
/// Those of one caller, at most.
pub const VIEW_CALLER_READERS_MAX: usize = 2;
/// Seconds after which a log that has grown is shown to its witnesses, unless the settings say otherwise.
pub const WITNESS_INTERVAL_SECONDS_DEFAULT: u64 = 60;
/// Age of a record at which a consumer's work on it is no longer part of its trace.
pub const RECORD_TRACED_AGE_MAX: Duration = Duration::from_secs(600);
/// Time in which a collector must take the spans that are sent at once.
pub const TRACES_DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that the end of a process may take to deliver its last spans.
pub const TRACES_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// Rows on a page, at most.
pub const PAGE_ITEMS_MAX: u32 = 500;
/// Bytes of the rows on a page, at most; with more, the page is shorter. A row alone is far smaller.
pub const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Rows that somebody sees, up to which they are collected for a list and then sorted.
pub const SEEN_ROWS_FEW_MAX: u32 = 4_000;
/// Rows with some words, or of some filter, below which they are found first, and sorted then.
pub const FOUND_ROWS_FEW_MAX: u32 = 10_000;
/// Rows that a list looks at, one after the other, for a page of somebody who sees more; after that, they are collected.
pub const WALKED_ROWS_MAX: usize = 5_000;
/// Rows on a page when the caller gives no size.
pub const PAGE_ITEMS_DEFAULT: u32 = 50;

/// Days of the access log that are searched at once.
pub(crate) const ACCESS_DAYS_MAX: i64 = 31;
