//! The limits of the ledger service.

use std::time::Duration;

/// Time in which a head is signed and kept anew, at most once, while the log grows.
pub const SIGNED_HEAD_INTERVAL: Duration = Duration::from_secs(1);
