//! Request ↔ log.

use crate::backup::Backups;
use crate::heads::Heads;
use crate::limits::{READ_RECORDS, READER_STALL_TIMEOUT, READERS_MAX, VERIFICATIONS_AT_ONCE_MAX};
use crate::reader::{Answers, Gone, Reader};
use domain::ledger::rehearsal_clock::{Command, RehearsalClock};
use domain::{StreamName, Timestamp};
use event_log::{EventLog, ReadError, hex};
use futures::{StreamExt as _, stream};
use prost::Message as _;
use proto::Wire as _;
use proto::ledger::v1 as pb;
use proto::ledger::v1::ledger_service_server::LedgerService;
use proto::log::v1::Payload;
use service_kit::clock::Clock;
use service_kit::serve::read;
use service_kit::{CommandError, Kit};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};

/// The ledger service.
pub struct Service {
    kit: Kit,
    log: EventLog,
    heads: Arc<Heads>,
    backups: Backups,
    readers: Arc<Semaphore>,
    verifications: Arc<Semaphore>,
}

impl Service {
    pub(crate) fn new(kit: Kit, log: EventLog, heads: Arc<Heads>) -> Service {
        let backups = Backups::new(log.clone(), heads.clone(), kit.stop().clone());
        Service {
            kit,
            log,
            heads,
            backups,
            readers: Arc::new(Semaphore::new(READERS_MAX)),
            verifications: Arc::new(Semaphore::new(VERIFICATIONS_AT_ONCE_MAX)),
        }
    }
}

/// A place among so many, or the refusal at once.
pub(crate) fn place(
    places: &Arc<Semaphore>,
    most: usize,
    what: &str,
) -> Result<OwnedSemaphorePermit, Status> {
    places.clone().try_acquire_owned().map_err(|_| {
        Status::resource_exhausted(format!("{most} {what} are under way on this ledger; ask again later"))
    })
}

#[tonic::async_trait]
impl LedgerService for Service {
    async fn move_clock(
        &self,
        request: Request<pb::MoveClockRequest>,
    ) -> Result<Response<pb::MoveClockResponse>, Status> {
        let (order, request) = self.kit.order(request, |request| &request.command_id)?;
        let to: Timestamp = read("to", request.to)?;
        if matches!(self.kit.clock(), Clock::System) {
            return Err(CommandError::Rejected {
                reason: "CLOCK_NOT_MOVABLE".into(),
                message: "this installation runs on the machine's clock; for a rehearsal start it with \
                          --clock movable:2027-03-01T01:00:00Z"
                    .into(),
                details: vec![],
            }
            .into());
        }
        let position = self
            .kit
            .execute::<RehearsalClock>(&order, RehearsalClock::realm_id(), Command::Move { to })
            .await?;
        Ok(Response::new(pb::MoveClockResponse { position }))
    }

    async fn get_head(
        &self,
        _: Request<pb::GetHeadRequest>,
    ) -> Result<Response<pb::GetHeadResponse>, Status> {
        let head = self.log.head();
        Ok(Response::new(pb::GetHeadResponse {
            position: head.position,
            hash: hex::digits(&head.hash),
            now: self.kit.clock().now().to_wire(),
            root: hex::digits(&head.root),
        }))
    }

    async fn get_record(
        &self,
        request: Request<pb::GetRecordRequest>,
    ) -> Result<Response<pb::GetRecordResponse>, Status> {
        let position = request.into_inner().position;
        let head = self.log.head().position;
        if position == 0 || position > head {
            return Err(Status::not_found(format!(
                "no record at position {position}; the log has 1 to {head}"
            )));
        }
        let found = self.log.read(position - 1, 1).map_err(unreadable)?;
        let record = found.first().map(answer).transpose()?;
        Ok(Response::new(pb::GetRecordResponse { record }))
    }

    type ReadRecordsStream = Answers<pb::ReadRecordsResponse>;

    async fn read_records(
        &self,
        request: Request<pb::ReadRecordsRequest>,
    ) -> Result<Response<Self::ReadRecordsStream>, Status> {
        let request = request.into_inner();
        if !request.stream.is_empty() && StreamName::parse(&request.stream).is_none() {
            return Err(proto::Invalid::field("stream", "must be <context>.<aggregate>.<uuid>").into());
        }
        let place = place(&self.readers, READERS_MAX, "readers")?;
        let (reader, answers) = Reader::new();
        let (log, stop) = (self.log.clone(), self.kit.stop().clone());
        tokio::spawn(async move {
            let _place = place;
            let outcome = tokio::select! {
                () = stop.cancelled() => Err(Status::unavailable("the ledger is ending")),
                () = reader.left() => Ok(Some(Gone::Left)),
                outcome = read_records(log, request, &reader) => outcome,
            };
            match outcome {
                Ok(Some(Gone::Stalled)) => reader.let_go(Status::unavailable(format!(
                    "nothing was taken for {} s; read on behind the last record that came",
                    READER_STALL_TIMEOUT.as_secs()
                ))),
                Ok(Some(Gone::Left) | None) => reader.end(None),
                Err(status) => reader.end(Some(Err(status))),
            }
        });
        Ok(Response::new(answers))
    }

    type VerifyLogStream = Answers<pb::VerifyLogResponse>;

    async fn verify_log(
        &self,
        _: Request<pb::VerifyLogRequest>,
    ) -> Result<Response<Self::VerifyLogStream>, Status> {
        let place = place(&self.verifications, VERIFICATIONS_AT_ONCE_MAX, "verifications")?;
        let (reader, answers) = Reader::new();
        let log = self.log.clone();
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let records = log.head().position;
            let outcome = log.verify(|verified| {
                reader.mention(pb::VerifyLogResponse { verified, records, ..Default::default() });
            });
            reader.end(Some(match outcome {
                Ok(verified) => Ok(pb::VerifyLogResponse {
                    verified: verified.head.position,
                    records: verified.head.position,
                    done: true,
                    hash: hex::digits(&verified.head.hash),
                }),
                Err(error) => Err(unreadable(error)),
            }));
        });
        Ok(Response::new(answers))
    }

    async fn get_signed_head(
        &self,
        _: Request<pb::GetSignedHeadRequest>,
    ) -> Result<Response<pb::GetSignedHeadResponse>, Status> {
        let signed_head = self.heads.signed(self.log.head().position).note;
        Ok(Response::new(pb::GetSignedHeadResponse { signed_head, key: self.heads.key().to_string() }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let position = request.into_inner().position;
        let heads = self.heads.clone();
        let receipt = blocking(move || heads.receipt(position)).await?;
        Ok(Response::new(pb::GetReceiptResponse { receipt: receipt.to_string() }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<pb::GetConsistencyProofRequest>,
    ) -> Result<Response<pb::GetConsistencyProofResponse>, Status> {
        let pb::GetConsistencyProofRequest { old_size, size } = request.into_inner();
        let size = if size == 0 { self.log.head().position } else { size };
        let log = self.log.clone();
        let proof = blocking(move || log.consistency_proof(old_size, size)).await?;
        Ok(Response::new(pb::GetConsistencyProofResponse {
            old_root: hex::digits(&proof.old_root),
            size,
            root: hex::digits(&proof.root),
            path: proof.path.iter().map(|hash| hex::digits(hash)).collect(),
        }))
    }

    type BackupRecordsStream = Answers<pb::BackupRecordsResponse>;

    async fn backup_records(
        &self,
        request: Request<pb::BackupRecordsRequest>,
    ) -> Result<Response<Self::BackupRecordsStream>, Status> {
        let mut answers = self.backups.begin(request.into_inner().after)?;
        Ok(Response::new(stream::poll_fn(move |context| answers.poll_recv(context)).boxed()))
    }
}

/// Proofs are read from files, which no task of the runtime should wait for.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(read).await;
    done.map_err(|broken| Status::internal(broken.to_string()))?.map_err(unreadable)
}

/// Sends the records that the request asks for, until there are enough; tells when the reader is gone.
async fn read_records(
    log: EventLog,
    request: pb::ReadRecordsRequest,
    reader: &Reader<pb::ReadRecordsResponse>,
) -> Result<Option<Gone>, Status> {
    let mut head = log.watch_position();
    let mut after = request.after;
    let mut left = if request.records_max == 0 { u64::MAX } else { request.records_max };
    let request = Arc::new(request);
    loop {
        // Nothing is read before there is room for it.
        let mut room = match reader.room(READ_RECORDS, READER_STALL_TIMEOUT).await {
            Ok(room) => room,
            Err(gone) => return Ok(Some(gone)),
        };
        let (from, wanted) = (log.clone(), request.clone());
        let reading = tokio::task::spawn_blocking(move || next_records(&from, &wanted, after));
        let (next, records) = reading.await.map_err(|_| Status::unavailable("the reading broke off"))??;
        let at_head = next == after;
        after = next;
        for record in &records {
            let Some(room) = room.next().filter(|_| left > 0) else { return Ok(None) };
            room.send(pb::ReadRecordsResponse { record: Some(answer(record)?) });
            left -= 1;
        }
        drop(room);
        if left == 0 || (at_head && !request.follow) {
            return Ok(None);
        }
        if at_head && head.wait_for(|&head| head > after).await.is_err() {
            return Err(Status::unavailable("the ledger is ending"));
        }
    }
}

/// The wanted ones among the next records, and the position that reading has come to.
fn next_records(
    log: &EventLog,
    request: &pb::ReadRecordsRequest,
    after: u64,
) -> Result<(u64, Vec<event_log::Record>), Status> {
    if !request.stream.is_empty() {
        let head = log.head().position;
        let records = log.read_stream(&request.stream, after, READ_RECORDS).map_err(unreadable)?;
        // An empty answer means that nothing of this stream lies up to the head seen before.
        let next = records.last().map_or(head.max(after), |last| last.position);
        return Ok((next, records));
    }
    let mut records = log.read(after, READ_RECORDS).map_err(unreadable)?;
    let next = records.last().map_or(after, |last| last.position);
    if !request.categories.is_empty() {
        records.retain(|record| {
            let category = record.stream.rsplit_once('.').map_or("", |(category, _)| category);
            request.categories.iter().any(|wanted| wanted == category)
        });
    }
    Ok((next, records))
}

fn answer(record: &event_log::Record) -> Result<pb::Record, Status> {
    let payload = Payload::decode(record.payload.as_ref()).map_err(|error| {
        Status::data_loss(format!("record {} holds no payload: {error}", record.position))
    })?;
    let time = Timestamp::from_microsecond(record.time_micros)
        .map_err(|error| Status::data_loss(format!("record {}: {error}", record.position)))?;
    Ok(pb::Record {
        position: record.position,
        stream: record.stream.clone(),
        time: time.to_wire(),
        types: record.types.clone(),
        payload: Some(payload),
        hash: hex::digits(&record.hash()),
        previous: hex::digits(&record.previous),
    })
}

pub(crate) fn unreadable(error: ReadError) -> Status {
    match error {
        ReadError::Damaged(damage) => {
            tracing::error!(%damage, "the log is damaged");
            Status::data_loss(format!("the log is damaged at {damage}"))
        }
        ReadError::NotThere { .. } => Status::not_found(error.to_string()),
        other => Status::unavailable(other.to_string()),
    }
}
