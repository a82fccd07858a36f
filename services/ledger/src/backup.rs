//! The log, given away as it is.

use crate::grpc::{place, unreadable};
use crate::heads::Heads;
use crate::limits::{BACKUP_ANSWER_BYTES, BACKUP_ANSWERS_AHEAD, BACKUPS_AT_ONCE_MAX};
use event_log::{EventLog, Head, hex};
use proto::ledger::v1::{BackupBeginning, BackupRecordsResponse, LogPoint};
use service_kit::CommandError;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tonic::Status;

type Answer = Result<BackupRecordsResponse, Status>;

/// Gives records away, to so many readers at once.
pub(crate) struct Backups {
    log: EventLog,
    heads: Arc<Heads>,
    turns: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Backups {
    pub(crate) fn new(log: EventLog, heads: Arc<Heads>, stop: CancellationToken) -> Backups {
        Backups { log, heads, turns: Arc::new(Semaphore::new(BACKUPS_AT_ONCE_MAX)), stop }
    }

    /// Begins to give the records behind a position, up to the present head. What is read is read outside
    /// of the runtime's own threads.
    pub(crate) fn begin(&self, after: u64) -> Result<mpsc::Receiver<Answer>, Status> {
        let turn = place(&self.turns, BACKUPS_AT_ONCE_MAX, "backups")?;
        let head = self.log.head();
        if after > head.position {
            return Err(CommandError::Rejected {
                reason: "BEYOND_HEAD".into(),
                message: format!(
                    "the log ends at position {}, and {after} was to be passed over: it is another log, or it has lost records",
                    head.position
                ),
                details: vec![],
            }
            .into());
        }
        let (answers, stream) = mpsc::channel(BACKUP_ANSWERS_AHEAD);
        let giving = Giving { log: self.log.clone(), heads: self.heads.clone(), stop: self.stop.clone() };
        tokio::task::spawn_blocking(move || {
            if let Err(status) = giving.give(after, &answers) {
                // Who does not listen any more does not need the reason.
                let _ = answers.blocking_send(Err(status));
            }
            drop(turn);
        });
        Ok(stream)
    }
}

struct Giving {
    log: EventLog,
    heads: Arc<Heads>,
    stop: CancellationToken,
}

impl Giving {
    /// Gives everything up to a head that is signed, or less when nobody listens any more.
    fn give(&self, mut after: u64, answers: &mpsc::Sender<Answer>) -> Result<(), Status> {
        let signed = self.heads.signed(self.log.head().position);
        let head = self.log.head_at(signed.size).map_err(unreadable)?;
        let beginning = BackupBeginning {
            log_id: self.log.log_id().to_string(),
            after: Some(point(&self.log.head_at(after).map_err(unreadable)?)),
            head: Some(point(&head)),
            signed_head: signed.note,
        };
        let first = BackupRecordsResponse { beginning: Some(beginning), ..Default::default() };
        if answers.blocking_send(Ok(first)).is_err() {
            return Ok(());
        }
        while after < head.position {
            if self.stop.is_cancelled() {
                return Err(Status::unavailable("the ledger is ending"));
            }
            let (frames, last) =
                self.log.frames(after, head.position, BACKUP_ANSWER_BYTES).map_err(unreadable)?;
            let (first_position, frames) = (after + 1, frames.into());
            let answer = BackupRecordsResponse { first_position, frames, ..Default::default() };
            if answers.blocking_send(Ok(answer)).is_err() {
                return Ok(());
            }
            after = last;
        }
        Ok(())
    }
}

fn point(head: &Head) -> LogPoint {
    LogPoint { position: head.position, hash: hex::digits(&head.hash), root: hex::digits(&head.root) }
}
