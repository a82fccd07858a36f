//! The rpcs: each reads its request, reads the log, and answers.

use crate::backup::Backups;
use crate::events::{Feed, is_issued_by, is_seen_by, wanted};
use crate::heads::Heads;
use crate::limits::{
    ACCESS_SEARCHES_MAX, BACKUPS_AT_ONCE_MAX, BACKUPS_SHARE_PERCENT, BUFFERED_RESPONSES_MAX, READ_RECORDS,
};
use crate::readers::readers;
use crate::rejection::Rejection;
use domain::ledger::erasure::{self, Erasures};
use domain::ledger::rehearsal_clock::{Command, RehearsalClock};
use domain::text::composed;
use domain::{Actor, Aggregate as _, PROCESS_PREFIX, Role, StreamName, Timestamp, Uuid};
use event_log::{EventLog, ReadError, hex};
use prost::Message as _;
use proto::Wire as _;
use proto::api::v1::Reason;
use proto::ledger::v1 as pb;
use proto::ledger::v1::ledger_service_server::LedgerService;
use proto::log::v1 as stored;
use service_kit::access_log::accesses;
use service_kit::clock::Clock;
use service_kit::error::refusal;
use service_kit::personal::{KeyError, Keys, Opened};
use service_kit::places::Places;
use service_kit::serve::responses::{ResponseSender, ResponseStream};
use service_kit::serve::{caller, read};
use service_kit::{CommandError, Kit};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The ledger service.
pub struct Service {
    kit: Kit,
    log: EventLog,
    heads: Arc<Heads>,
    backups: Backups,
    readers: Places,
    verifications: Places,
    searches: Places,
    /// The folder of the access log, if it is kept in one.
    access_log: Option<PathBuf>,
}

impl Service {
    pub(crate) fn new(kit: Kit, log: EventLog, heads: Arc<Heads>, access_log: Option<PathBuf>) -> Service {
        let limits = kit.limits();
        let places = |what, max| Places::new(what, max, limits.caller_share_percent);
        let backups = Backups {
            log: log.clone(),
            heads: heads.clone(),
            places: Places::new("backups", BACKUPS_AT_ONCE_MAX, BACKUPS_SHARE_PERCENT),
            tasks: kit.tasks().clone(),
        };
        let kept = limits.supervision_share_percent;
        let readers = places("readers of the log", limits.log_readers_max).kept_for_supervision(kept);
        let verifications =
            places("verifications of the log", limits.verifications_max).kept_for_supervision(kept);
        let searches = places("searches of the access log", ACCESS_SEARCHES_MAX);
        Service { kit, log, heads, backups, readers, verifications, searches, access_log }
    }

    /// The keys of a person: by the name as it is, like a token's subject, and as a text is kept, like a delegate's name.
    async fn keys_of(&self, name: &str) -> Result<Vec<Uuid>, KeyError> {
        // What is no person's is not erased on request: the votes of a ballot are counted first.
        if name.trim().starts_with(PROCESS_PREFIX) {
            return Ok(vec![]);
        }
        let keys = self.kit.journal().keys();
        let mut ids = keys.ids_of(name).await?;
        ids.extend(keys.ids_of(&composed(name.trim())).await?);
        Ok(ids.into_iter().collect())
    }

    /// By what they are known later: as they are named here, and as names are compared.
    async fn marks_of(&self, name: &str) -> Result<Vec<Uuid>, KeyError> {
        let keys = self.kit.journal().keys();
        let mut marks = vec![keys.mark_of(name).await?, keys.mark_of(&composed(name.trim())).await?];
        marks.dedup();
        Ok(marks)
    }

    fn record_at(&self, position: u64) -> Result<event_log::Record, Status> {
        if position == 0 || position > self.log.head().position {
            return Err(self.not_found(position));
        }
        let found = self.log.read(position - 1, 1).map_err(unreadable)?;
        found.into_iter().next().ok_or_else(|| self.not_found(position))
    }

    /// Refuses to read on after a position that no record has: whoever waits there would hear nothing of what comes. What
    /// this ledger does not have yet, another one may have.
    async fn refuse_beyond_head(&self, after_position: u64) -> Result<(), Status> {
        if after_position <= self.log.head().position {
            return Ok(());
        }
        match self.kit.journal().head().await {
            Ok(head_position) if after_position > head_position => {
                Err(Rejection::BeyondHead { after_position, head_position }.into())
            }
            // What cannot be asked now may be there.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn not_found(&self, position: u64) -> Status {
        Rejection::NotFound { position, head_position: self.log.head().position }.into()
    }
}

/// Whether somebody reads the log as it is, in their role.
fn reads_the_log(actor: &Actor) -> bool {
    actor.is(Role::Auditor) || actor.is(Role::Operator)
}

fn unavailable(error: KeyError) -> Status {
    refusal(Reason::Unavailable, error.to_string(), [])
}

/// The refusal of a ledger that is stopping.
pub(crate) fn stopping() -> Status {
    refusal(Reason::Unavailable, "the ledger is stopping", [])
}

#[tonic::async_trait]
impl LedgerService for Service {
    async fn move_clock(
        &self,
        request: Request<pb::MoveClockRequest>,
    ) -> Result<Response<pb::MoveClockResponse>, Status> {
        let (context, request) = self.kit.receive(request)?;
        let clock_at: Timestamp = read("clock_at", request.clock_at)?;
        if matches!(self.kit.clock(), Clock::System) {
            return Err(Rejection::ClockNotMovable.into());
        }
        let (id, command) = (RehearsalClock::realm_id(), Command::Move { clock_at });
        let done = self.kit.execute::<RehearsalClock>(&context, id, command).await?;
        let clock_at = done.state().clock_at.unwrap_or_else(|| self.kit.clock().now());
        Ok(Response::new(pb::MoveClockResponse { position: done.position, clock_at: clock_at.to_wire() }))
    }

    async fn request_erasure(
        &self,
        mut request: Request<pb::RequestErasureRequest>,
    ) -> Result<Response<pb::RequestErasureResponse>, Status> {
        // The record of the request has a digest of it, by which a guessed name could be confirmed.
        let subject = std::mem::take(&mut request.get_mut().subject);
        let (context, request) = self.kit.receive(request)?;
        let erasure_id = context.new_id(Erasures::CATEGORY);
        let command = erasure::Command::Request {
            erasure_id,
            key_ids: self.keys_of(&subject).await.map_err(unavailable)?,
            marks: self.marks_of(&subject).await.map_err(unavailable)?,
            reason: read("reason", request.reason)?,
            authority: read("authority", request.authority)?,
        };
        let done = self.kit.execute::<Erasures>(&context, Erasures::realm_id(), command).await?;
        let erasure = crate::erasure::render(&self.kit, done.state(), erasure_id).await?;
        Ok(Response::new(pb::RequestErasureResponse { position: done.position, erasure }))
    }

    async fn get_erasure(
        &self,
        request: Request<pb::GetErasureRequest>,
    ) -> Result<Response<pb::GetErasureResponse>, Status> {
        let scope = self.kit.scope(&request).await?;
        let erasure_id: Uuid = read("erasure_id", request.into_inner().erasure_id)?;
        let state = self.kit.show::<Erasures>(&scope, Erasures::realm_id()).await?;
        let erasure = crate::erasure::render(&self.kit, &state, erasure_id).await?;
        let not_found =
            || CommandError::rejected::<Erasures>(erasure::Rejection::ErasureNotFound { erasure_id });
        let found = erasure.ok_or_else(not_found)?;
        Ok(Response::new(pb::GetErasureResponse { erasure: Some(found) }))
    }

    async fn get_head(
        &self,
        _: Request<pb::GetHeadRequest>,
    ) -> Result<Response<pb::GetHeadResponse>, Status> {
        let head = self.log.head();
        Ok(Response::new(pb::GetHeadResponse {
            position: head.position,
            hash: hex::encode(&head.hash),
            clock_at: self.kit.clock().now().to_wire(),
            root: hex::encode(&head.root),
        }))
    }

    async fn get_record(
        &self,
        request: Request<pb::GetRecordRequest>,
    ) -> Result<Response<pb::GetRecordResponse>, Status> {
        let record = self.record_at(request.into_inner().position)?;
        let record = Some(render(&record, self.kit.journal().keys())?);
        Ok(Response::new(pb::GetRecordResponse { record }))
    }

    type ReadRecordsStream = ResponseStream<pb::ReadRecordsResponse>;

    async fn read_records(
        &self,
        request: Request<pb::ReadRecordsRequest>,
    ) -> Result<Response<Self::ReadRecordsStream>, Status> {
        let caller = caller(&request)?;
        let request = request.into_inner();
        if !request.stream().is_empty() && StreamName::parse(request.stream()).is_none() {
            return Err(proto::Invalid::field("stream", "must be <context>.<aggregate>.<uuid>").into());
        }
        self.refuse_beyond_head(request.after_position).await?;
        let (sender, responses) = ResponseSender::new(self.readers.take(&caller)?, BUFFERED_RESPONSES_MAX);
        let (log, keys, stop) =
            (self.log.clone(), self.kit.journal().keys().clone(), self.kit.stop().clone());
        self.kit.tasks().spawn(async move {
            let outcome = tokio::select! {
                () = stop.cancelled() => Err(stopping()),
                () = sender.disconnected() => Ok(()),
                outcome = read_records(log, keys, request, &sender) => outcome,
            };
            sender.finish(outcome.err().map(Err));
        });
        Ok(Response::new(responses))
    }

    async fn read_events(
        &self,
        request: Request<pb::ReadEventsRequest>,
    ) -> Result<Response<pb::ReadEventsResponse>, Status> {
        let actor = caller(&request)?;
        let request = request.into_inner();
        let wanted = wanted(request.contexts, request.types, request.department_code, request.body_code)?;
        let wait = crate::events::wait(request.wait_seconds)?;
        self.refuse_beyond_head(request.after_position).await?;
        let _place = self.readers.take(&actor)?;
        let feed = Feed::new(&self.kit, self.log.clone(), actor, wanted);
        Ok(Response::new(feed.read(request.after_position, wait).await?))
    }

    type FollowEventsStream = ResponseStream<pb::FollowEventsResponse>;

    async fn follow_events(
        &self,
        request: Request<pb::FollowEventsRequest>,
    ) -> Result<Response<Self::FollowEventsStream>, Status> {
        let actor = caller(&request)?;
        let request = request.into_inner();
        let wanted = wanted(request.contexts, request.types, request.department_code, request.body_code)?;
        self.refuse_beyond_head(request.after_position).await?;
        let place = self.readers.take(&actor)?;
        let (sender, responses) = ResponseSender::new(place, BUFFERED_RESPONSES_MAX);
        let feed = Feed::new(&self.kit, self.log.clone(), actor, wanted);
        let stop = self.kit.stop().clone();
        self.kit.tasks().spawn(async move {
            let followed = tokio::select! {
                followed = feed.follow(request.after_position, &sender) => followed,
                () = sender.disconnected() => Ok(()),
                () = stop.cancelled() => Err(stopping()),
            };
            sender.finish(followed.err().map(Err));
        });
        Ok(Response::new(responses))
    }

    type VerifyLogStream = ResponseStream<pb::VerifyLogResponse>;

    async fn verify_log(
        &self,
        request: Request<pb::VerifyLogRequest>,
    ) -> Result<Response<Self::VerifyLogStream>, Status> {
        let place = self.verifications.take(&caller(&request)?)?;
        let (sender, responses) = ResponseSender::new(place, BUFFERED_RESPONSES_MAX);
        let (log, keys, stop) =
            (self.log.clone(), self.kit.journal().keys().clone(), self.kit.stop().clone());
        self.kit.tasks().spawn_blocking(move || {
            let records = log.head().position;
            let outcome = log.verify_while(|verified| {
                let report = pb::VerifyLogResponse { verified, records, ..Default::default() };
                sender.send_or_drop(report) && !stop.is_cancelled()
            });
            if stop.is_cancelled() && matches!(outcome, Ok(None)) {
                return sender.finish(Some(Err(stopping())));
            }
            let verdict = outcome.map_err(unreadable).transpose().map(|verified| {
                let head = verified?.head;
                let (erased, records_without_key) = erased_records(&log, &keys, head.position)?;
                Ok(pb::VerifyLogResponse {
                    verified: head.position,
                    records: head.position,
                    done: true,
                    hash: hex::encode(&head.hash),
                    erased,
                    records_without_key,
                })
            });
            sender.finish(verdict);
        });
        Ok(Response::new(responses))
    }

    async fn get_signed_head(
        &self,
        _: Request<pb::GetSignedHeadRequest>,
    ) -> Result<Response<pb::GetSignedHeadResponse>, Status> {
        let signed_head = self.heads.signed(self.log.head().position).note;
        Ok(Response::new(pb::GetSignedHeadResponse {
            signed_head,
            key: self.heads.key().to_string(),
            cosigned_heads: self.heads.cosigned(),
            sm2_key: self.heads.sm2_key(),
        }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let actor = caller(&request)?;
        let position = request.into_inner().position;
        let record = self.record_at(position)?;
        if !reads_the_log(&actor) && !is_seen_by(&self.kit, &actor, &record).await? {
            return Err(self.not_found(position));
        }
        let heads = self.heads.clone();
        let receipt = blocking(move || heads.receipt(position)).await?;
        Ok(Response::new(pb::GetReceiptResponse { receipt: receipt.to_string() }))
    }

    async fn get_readers(
        &self,
        request: Request<pb::GetReadersRequest>,
    ) -> Result<Response<pb::GetReadersResponse>, Status> {
        Ok(Response::new(readers(&self.kit, &self.log, request.into_inner()).await?))
    }

    async fn list_accesses(
        &self,
        request: Request<pb::ListAccessesRequest>,
    ) -> Result<Response<pb::ListAccessesResponse>, Status> {
        let _place = self.searches.take(&caller(&request)?)?;
        Ok(Response::new(accesses(self.access_log.clone(), request.into_inner()).await?))
    }

    async fn disclose_record(
        &self,
        request: Request<pb::DiscloseRecordRequest>,
    ) -> Result<Response<pb::DiscloseRecordResponse>, Status> {
        let actor = caller(&request)?;
        let position = request.into_inner().position;
        let record = self.record_at(position)?;
        let keys = self.kit.journal().keys();
        // What others said in a matter is shown by the queries, which know who may see which part of it.
        if !reads_the_log(&actor) && !is_issued_by(&actor, &record, keys)? {
            return Err(self.not_found(position));
        }
        let value_keys = keys.disclose(&record.payload).into_iter();
        Ok(Response::new(pb::DiscloseRecordResponse {
            salt: record.salt.to_vec(),
            value_keys: value_keys
                .map(|(salt, key)| pb::ValueKey { salt: salt.to_vec(), key: key.0.to_vec() })
                .collect(),
            erased_by_positions: erased_by(&keys.open_values(&record.payload), keys),
            payload: record.payload.to_vec(),
        }))
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
            old_root: hex::encode(&proof.old_root),
            size,
            root: hex::encode(&proof.root),
            path: proof.path.iter().map(|hash| hex::encode(hash)).collect(),
        }))
    }

    type BackupRecordsStream = ResponseStream<pb::BackupRecordsResponse>;

    async fn backup_records(
        &self,
        request: Request<pb::BackupRecordsRequest>,
    ) -> Result<Response<Self::BackupRecordsStream>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(self.backups.start(&caller, request.into_inner().after_position)?))
    }
}

/// The log is read from files, which must not block a task of the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(read).await;
    done.map_err(|error| refusal(Reason::Internal, error.to_string(), []))?.map_err(unreadable)
}

/// Sends the requested records until there are enough, or the client is gone.
async fn read_records(
    log: EventLog,
    keys: Keys,
    request: pb::ReadRecordsRequest,
    sender: &ResponseSender<pb::ReadRecordsResponse>,
) -> Result<(), Status> {
    let mut head = log.watch_position();
    let mut after = request.after_position;
    let mut left = if request.records_max == 0 { u64::MAX } else { request.records_max };
    let request = Arc::new(request);
    loop {
        // Nothing is read before there is room for it.
        let Ok(mut room) = sender.reserve(READ_RECORDS).await else { return Ok(()) };
        let (from, wanted) = (log.clone(), request.clone());
        let reading = tokio::task::spawn_blocking(move || next_records(&from, &wanted, after));
        let (next, records) =
            reading.await.map_err(|error| refusal(Reason::Internal, error.to_string(), []))??;
        let at_head = next == after;
        after = next;
        for record in &records {
            let Some(room) = room.next().filter(|_| left > 0) else { return Ok(()) };
            room.send(pb::ReadRecordsResponse { record: Some(render(record, &keys)?) });
            left -= 1;
        }
        drop(room);
        if left == 0 || (at_head && !request.follow) {
            return Ok(());
        }
        if at_head && head.wait_for(|&head| head > after).await.is_err() {
            return Err(stopping());
        }
    }
}

/// The position that reading has reached, and the requested ones among the records read.
fn next_records(
    log: &EventLog,
    request: &pb::ReadRecordsRequest,
    after: u64,
) -> Result<(u64, Vec<event_log::Record>), Status> {
    if !request.stream().is_empty() {
        let head = log.head().position;
        let records = log.read_stream(request.stream(), after, READ_RECORDS).map_err(unreadable)?;
        // An empty answer means that this stream has nothing up to the head read before.
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

fn render(record: &event_log::Record, keys: &Keys) -> Result<pb::Record, Status> {
    let damaged =
        |fault: String| Status::data_loss(format!("record {} is not readable: {fault}", record.position));
    let opened = keys.open_for_reading(&record.payload);
    let erased_by_positions = erased_by(&opened, keys);
    let payload =
        stored::Payload::decode(opened.payload.as_slice()).map_err(|error| damaged(error.to_string()))?;
    let decided_at =
        Timestamp::from_microsecond(record.time_micros).map_err(|error| damaged(error.to_string()))?;
    Ok(pb::Record {
        position: record.position,
        stream: record.stream.clone(),
        decided_at: decided_at.to_wire(),
        types: record.types.clone(),
        envelope: payload.envelope.map(envelope),
        events: payload.events,
        hash: hex::encode(&record.hash()),
        previous_hash: hex::encode(&record.previous),
        erased_by_positions,
    })
}

/// The positions of the requests for the erasures that have taken values, in order.
fn erased_by(opened: &Opened, keys: &Keys) -> Vec<u64> {
    let positions: BTreeSet<u64> = opened.missing.iter().filter_map(|key| keys.erased_by(*key)).collect();
    positions.into_iter().collect()
}

/// What erasures have taken from the records up to a position, and how many records have values whose key is missing
/// although no erasure was requested.
fn erased_records(log: &EventLog, keys: &Keys, up_to: u64) -> Result<(Vec<pb::ErasedRecords>, u64), Status> {
    let (mut erased, mut without_key) = (BTreeMap::<u64, u64>::new(), 0);
    let mut after = 0;
    while after < up_to {
        let records = log.read(after, READ_RECORDS).map_err(unreadable)?;
        for record in &records {
            let missing = keys.open_values(&record.payload).missing;
            let requests: BTreeSet<Option<u64>> =
                missing.into_iter().map(|key| keys.erased_by(key)).collect();
            without_key += u64::from(requests.contains(&None));
            requests.into_iter().flatten().for_each(|request| *erased.entry(request).or_default() += 1);
        }
        let Some(last) = records.last() else { break };
        after = last.position;
    }
    let erased = erased.into_iter();
    let erased =
        erased.map(|(requested_position, records)| pb::ErasedRecords { requested_position, records });
    Ok((erased.collect(), without_key))
}

/// The stored form has empty texts where there is nothing; the API leaves such fields unset.
fn envelope(stored: stored::Envelope) -> pb::Envelope {
    let set = |text: String| (!text.is_empty()).then_some(text);
    pb::Envelope {
        command_id: stored.command_id,
        command_digest: stored.command_digest,
        actor: stored.actor.map(|actor| pb::Actor {
            subject: actor.subject,
            department_code: set(actor.department_code),
            roles: actor.roles,
        }),
        causation_id: set(stored.causation_id),
        correlation_id: stored.correlation_id,
        traceparent: set(stored.traceparent),
        part: stored.part,
        parts: stored.parts,
    }
}

pub(crate) fn unreadable(error: ReadError) -> Status {
    match error {
        ReadError::Damaged(damage) => {
            tracing::error!(%damage, "the log is damaged");
            Status::data_loss(format!("the log is damaged at {damage}"))
        }
        ReadError::OutOfRange { position, head } => {
            Rejection::NotFound { position, head_position: head }.into()
        }
        other => refusal(Reason::Unavailable, other.to_string(), []),
    }
}
