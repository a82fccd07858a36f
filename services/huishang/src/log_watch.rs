//! Keeps an eye on the log: whether it takes records, and whether its storage failed.

use event_log::{EventLog, State};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two looks at the log.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Follows, until the process stops, whether commands are taken. Where there is no log, they are.
pub fn takes_commands(log: Option<EventLog>, stop: CancellationToken) -> watch::Receiver<bool> {
    let (told, takes_commands) = watch::channel(true);
    if let Some(log) = log {
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = look(&log, &told) => {}
            }
        });
    }
    takes_commands
}

async fn look(log: &EventLog, told: &watch::Sender<bool>) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    loop {
        looks.tick().await;
        let state = log.state();
        let writable = state == State::Writable;
        if !told.send_if_modified(|before| std::mem::replace(before, writable) != writable) {
            continue;
        }
        match state {
            State::Writable => tracing::info!("the log takes records again"),
            State::ReadOnly { free_bytes, reserve_bytes } => tracing::error!(
                free_bytes,
                reserve_bytes,
                "the log is read-only: commands are refused and queries go on; free some space on its disk, \
                 or lower limits.log_reserve_mib"
            ),
            // The process ends over it.
            State::Failed(_) => {}
        }
    }
}

/// Waits until the log's storage fails, and answers why.
pub async fn failed(log: Option<&EventLog>) -> String {
    match log {
        Some(log) => log.failed().await,
        None => std::future::pending().await,
    }
}
