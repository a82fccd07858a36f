//! Health of the log: whether it accepts records, and whether its storage has failed.

use event_log::{EventLog, State};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two polls of the log's state.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Reports, until the process stops, whether the log accepts records. Without a log the answer stays `true`.
pub fn watch_writable(log: Option<EventLog>, stop: CancellationToken) -> watch::Receiver<bool> {
    let (report, writable) = watch::channel(true);
    if let Some(log) = log {
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = poll(&log, &report) => {}
            }
        });
    }
    writable
}

async fn poll(log: &EventLog, report: &watch::Sender<bool>) {
    let mut interval = tokio::time::interval(POLL_INTERVAL);
    loop {
        interval.tick().await;
        let state = log.state();
        let writable = state == State::Writable;
        if !report.send_if_modified(|before| std::mem::replace(before, writable) != writable) {
            continue;
        }
        match state {
            State::Writable => tracing::info!("the log accepts records again"),
            State::ReadOnly { free_bytes, reserve_bytes } => tracing::error!(
                free_bytes,
                reserve_bytes,
                "the log is read-only: commands are refused, queries still work; free some space on its disk, \
                 or lower limits.log_reserve_mib"
            ),
            // The process ends when this happens.
            State::Failed(_) => {}
        }
    }
}

/// Waits until the log's storage fails; returns the reason. Without a log it waits forever.
pub async fn failed(log: Option<&EventLog>) -> String {
    match log {
        Some(log) => log.failed().await,
        None => std::future::pending().await,
    }
}
