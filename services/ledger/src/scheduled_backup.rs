//! A ledger that backs itself up.

use crate::heads::Heads;
use crate::limits::BACKUP_RESPONSE_BYTES;
use backup::{BackupError, Store, Writer, remove_superseded};
use event_log::{EventLog, Head, ReadError};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// When a backup was last found to have the whole log; `None` before the first time in this process.
pub type LastBackup = watch::Receiver<Option<SystemTime>>;

/// Why a ledger could not back itself up.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(
        "the log, of {size} records, does not continue the backup, of {held}: they have another history after some \
         record. Nothing was added; compare the two, and choose another URL for this log"
    )]
    Diverged { size: u64, held: u64 },
    #[error("reading the log was cancelled")]
    Cancelled,
}

/// Backs a log up at intervals.
#[derive(Debug)]
pub struct ScheduledBackup {
    store: Store,
    interval: Duration,
    retention: Option<Duration>,
    last: watch::Sender<Option<SystemTime>>,
}

impl ScheduledBackup {
    /// Backups to this place, with this time between them. What a backup no longer needs is removed after `retention`,
    /// or never.
    pub fn new(store: Store, interval: Duration, retention: Option<Duration>) -> ScheduledBackup {
        ScheduledBackup { store, interval, retention, last: watch::Sender::new(None) }
    }

    /// Returns when a backup was last found to have the whole log, now and later: the age of the backup.
    pub fn last(&self) -> LastBackup {
        self.last.subscribe()
    }

    /// Backs the log up at once and then at intervals, until `stop`. What fails is logged, and tried again the next
    /// time.
    pub async fn run(self, log: EventLog, heads: Arc<Heads>, stop: CancellationToken) {
        let again = async {
            loop {
                self.back_up_and_report(&log, &heads).await;
                tokio::time::sleep(self.interval).await;
            }
        };
        // A backup that is interrupted is continued by the next.
        stop.run_until_cancelled(again).await;
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a backup's age is that of the machine's clock, also in a rehearsal"
    )]
    async fn back_up_and_report(&self, log: &EventLog, heads: &Heads) {
        let url = self.store.url();
        match self.back_up(log, heads).await {
            Ok(head) => {
                self.last.send_replace(Some(SystemTime::now()));
                tracing::info!(url, records = head.position, "the log is backed up");
            }
            Err(error) => {
                tracing::warn!(url, %error, "the log was not backed up; it is tried again at the next interval");
                return;
            }
        }
        let Some(retention) = self.retention else { return };
        match remove_superseded(&self.store, retention).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(url, removed, "removed from the backup what it no longer needs"),
            Err(error) => tracing::warn!(url, %error, "the backup was not tidied"),
        }
    }

    async fn back_up(&self, log: &EventLog, heads: &Heads) -> Result<Head, Fault> {
        let mut writer = Writer::open(self.store.clone(), log.log_id()).await?;
        let signed = heads.signed(log.head().position);
        let (head, held) = (log.head_at(signed.size)?, writer.head());
        if held.position > head.position || log.head_at(held.position)? != held {
            return Err(Fault::Diverged { size: head.position, held: held.position });
        }
        while writer.head().position < head.position {
            let (log, after) = (log.clone(), writer.head().position);
            let read = move || log.frames(after, head.position, BACKUP_RESPONSE_BYTES);
            let (frames, _) = tokio::task::spawn_blocking(read).await.map_err(|_| Fault::Cancelled)??;
            writer.add(frames).await?;
        }
        Ok(writer.finish(head, Some(signed.note)).await?)
    }
}
