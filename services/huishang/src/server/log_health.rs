//! Health of the log: whether its storage has failed.

use event_log::EventLog;

/// Waits until the log's storage fails; returns the reason. Without a log it waits forever.
pub async fn failed(log: Option<&EventLog>) -> String {
    match log {
        Some(log) => log.failed().await,
        None => std::future::pending().await,
    }
}
