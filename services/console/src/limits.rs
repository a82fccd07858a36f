//! The limits of the HTTP door, each with its unit.

use std::time::Duration;

/// Bytes of the JSON of a request, at most. What it says may be as large as any request: JSON takes more room for it.
pub(crate) const JSON_REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Names in the path of a field that a query parameter sets, at most.
pub(crate) const FIELD_PATH_NAMES_MAX: usize = 8;
/// Time after which a stream of events that has nothing to say shows that it is still there.
pub(crate) const SSE_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// Milliseconds after which a reader of events should connect again.
pub(crate) const SSE_RETRY_MILLIS: u32 = 1_000;
