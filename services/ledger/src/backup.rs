//! Backups: streaming the log's records as they are stored.

use crate::grpc::{stopping, unreadable};
use crate::heads::Heads;
use crate::limits::{BACKUP_RESPONSE_BYTES, BACKUP_RESPONSES_BUFFERED};
use crate::rejection::Rejection;
use domain::Actor;
use event_log::{EventLog, Head, hex};
use proto::ledger::v1::{BackupBeginning, BackupRecordsResponse, LogPoint};
use service_kit::Tasks;
use service_kit::places::Places;
use service_kit::serve::responses::{ResponseSender, ResponseStream};
use std::sync::Arc;
use tonic::Status;

/// Streams records to a limited number of concurrent backups.
pub(crate) struct Backups {
    pub(crate) log: EventLog,
    pub(crate) heads: Arc<Heads>,
    pub(crate) places: Places,
    pub(crate) tasks: Tasks,
}

impl Backups {
    /// Starts streaming the records after a position, up to the current head. Reading happens on a blocking
    /// thread.
    pub(crate) fn start(
        &self,
        caller: &Actor,
        after_position: u64,
    ) -> Result<ResponseStream<BackupRecordsResponse>, Status> {
        let place = self.places.take(caller)?;
        let head_position = self.log.head().position;
        if after_position > head_position {
            return Err(Rejection::BeyondHead { after_position, head_position }.into());
        }
        let (sender, responses) = ResponseSender::new(place, BACKUP_RESPONSES_BUFFERED);
        let backup = Backup { log: self.log.clone(), heads: self.heads.clone(), tasks: self.tasks.clone() };
        self.tasks.spawn_blocking(move || {
            let outcome = backup.send(after_position, &sender);
            sender.finish(outcome.err().map(Err));
        });
        Ok(responses)
    }
}

struct Backup {
    log: EventLog,
    heads: Arc<Heads>,
    tasks: Tasks,
}

impl Backup {
    /// Sends all records up to a signed head; stops early if the client disconnects.
    fn send(&self, mut after: u64, responses: &ResponseSender<BackupRecordsResponse>) -> Result<(), Status> {
        let signed = self.heads.signed(self.log.head().position);
        let head = self.log.head_at(signed.size).map_err(unreadable)?;
        let beginning = BackupBeginning {
            log_id: self.log.log_id().to_string(),
            after: Some(point(&self.log.head_at(after).map_err(unreadable)?)),
            head: Some(point(&head)),
            signed_head: signed.note,
        };
        let first = BackupRecordsResponse { beginning: Some(beginning), ..Default::default() };
        if responses.blocking_send(first).is_err() {
            return Ok(());
        }
        while after < head.position {
            if self.tasks.stop().is_cancelled() {
                return Err(stopping());
            }
            let (frames, last) =
                self.log.frames(after, head.position, BACKUP_RESPONSE_BYTES).map_err(unreadable)?;
            let (first_position, frames) = (after + 1, frames.into());
            let response = BackupRecordsResponse { first_position, frames, ..Default::default() };
            if responses.blocking_send(response).is_err() {
                return Ok(());
            }
            after = last;
        }
        Ok(())
    }
}

fn point(head: &Head) -> LogPoint {
    LogPoint { position: head.position, hash: hex::encode(&head.hash), root: hex::encode(&head.root) }
}
