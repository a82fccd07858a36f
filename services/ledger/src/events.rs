//! The feed: pages and streams of what has happened, read from the log as [`event_feed`] tells what is for whom.

use crate::grpc::unreadable;
use crate::limits::{EVENT_RECORDS_READ_MAX, EVENTS_MAX, EVENTS_WAIT_SECONDS_MAX, READ_RECORDS};
use domain::{Actor, Code, StreamName, Timestamp};
use event_feed::{Happened, Reader, Wanted};
use event_log::EventLog;
use prost::Message as _;
use proto::Invalid;
use proto::api::v1::Reason;
use proto::ledger::v1 as pb;
use proto::log::v1 as stored;
use service_kit::Kit;
use service_kit::error::refusal;
use service_kit::personal::Keys;
use service_kit::serve::read;
use service_kit::serve::responses::ResponseSender;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// Reads which events somebody wants.
pub(crate) fn wanted(
    contexts: Vec<String>,
    types: Vec<String>,
    department: Option<String>,
    body: Option<String>,
) -> Result<Wanted, Status> {
    let code = |field, code: Option<String>| -> Result<Option<Code>, Status> {
        Ok(code.map(|code| read(field, code)).transpose()?)
    };
    let (department, body) = (code("department_code", department)?, code("body_code", body)?);
    Wanted::check(&contexts, &types)?;
    Ok(Wanted { contexts, types, department, body })
}

/// The time that a caller waits for an event.
pub(crate) fn wait(seconds: u32) -> Result<Duration, Status> {
    if seconds > EVENTS_WAIT_SECONDS_MAX {
        let why = format!("is {seconds}; at most {EVENTS_WAIT_SECONDS_MAX} are accepted");
        return Err(Invalid::field("wait_seconds", why).into());
    }
    Ok(Duration::from_secs(seconds.into()))
}

/// The events for one reader.
pub(crate) struct Feed {
    log: EventLog,
    keys: Keys,
    reader: Reader,
}

/// What the next records have for a reader.
struct Step {
    /// The last record that was looked at.
    position: u64,
    /// The records with events.
    records: Vec<pb::FollowEventsResponse>,
    /// How many records were looked at; none at the head.
    looked_at: usize,
}

impl Feed {
    pub(crate) fn new(kit: &Kit, log: EventLog, actor: Actor, wanted: Wanted) -> Feed {
        Feed { log, keys: kit.journal().keys().clone(), reader: Reader::new(kit.clone(), actor, wanted) }
    }

    /// The next events. Without any, it waits for one, but not longer than that; and it answers when it has looked at
    /// many records, so that the reader knows how far it is.
    pub(crate) async fn read(&self, after: u64, wait: Duration) -> Result<pb::ReadEventsResponse, Status> {
        let deadline = Instant::now() + wait;
        let (mut position, mut looked_at, mut events) = (after, 0, Vec::new());
        loop {
            let step = self.next(position).await?;
            position = step.position;
            looked_at += step.looked_at;
            events.extend(step.records.into_iter().flat_map(|record| record.events));
            let at_head = step.looked_at == 0;
            if events.len() >= EVENTS_MAX
                || looked_at >= EVENT_RECORDS_READ_MAX
                || (at_head && !events.is_empty())
            {
                break;
            }
            if at_head && !self.grows_by(position, deadline).await? {
                break;
            }
        }
        Ok(pb::ReadEventsResponse { position, events })
    }

    /// Sends the events after a position, and those that come, until the client is gone.
    pub(crate) async fn follow(
        &self,
        after: u64,
        sender: &ResponseSender<pb::FollowEventsResponse>,
    ) -> Result<(), Status> {
        let mut position = after;
        loop {
            // Nothing is read before there is room for it.
            let Ok(mut room) = sender.reserve(READ_RECORDS).await else { return Ok(()) };
            let step = self.next(position).await?;
            position = step.position;
            for record in step.records {
                let Some(room) = room.next() else { return Ok(()) };
                room.send(record);
            }
            drop(room);
            if step.looked_at == 0 {
                let grown = self.log.watch_position().wait_for(|&head| head > position).await.is_ok();
                if !grown {
                    return Err(crate::grpc::stopping());
                }
            }
        }
    }

    /// Whether the log has more than this position before the deadline.
    async fn grows_by(&self, position: u64, deadline: Instant) -> Result<bool, Status> {
        let mut head = self.log.watch_position();
        match tokio::time::timeout_at(deadline, head.wait_for(|&head| head > position)).await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(_)) => Err(crate::grpc::stopping()),
            Err(_) => Ok(false),
        }
    }

    async fn next(&self, after: u64) -> Result<Step, Status> {
        let log = self.log.clone();
        let reading = tokio::task::spawn_blocking(move || log.read(after, READ_RECORDS));
        let records = reading.await.map_err(|error| refusal(Reason::Internal, error.to_string(), []))?;
        let records = records.map_err(unreadable)?;
        let position = records.last().map_or(after, |last| last.position);
        let mut look = self.reader.look().await?;
        let mut seen = Vec::new();
        for record in &records {
            let events = look.at(&Stored { record, keys: &self.keys }).await?;
            if !events.is_empty() {
                seen.push(pb::FollowEventsResponse { position: record.position, events });
            }
        }
        Ok(Step { position, records: seen, looked_at: records.len() })
    }
}

/// Whether the feed has an event of a record for somebody.
pub(crate) async fn is_seen_by(kit: &Kit, actor: &Actor, record: &event_log::Record) -> Result<bool, Status> {
    let reader = Reader::new(kit.clone(), actor.clone(), Wanted::default());
    let events = reader.look().await?.at(&Stored { record, keys: kit.journal().keys() }).await?;
    Ok(!events.is_empty())
}

/// Whether a record is of a command that somebody has issued, in their name and for their department.
pub(crate) fn is_issued_by(actor: &Actor, record: &event_log::Record, keys: &Keys) -> Result<bool, Status> {
    let envelope = Stored { record, keys }.payload()?.envelope;
    let department = actor.department.as_ref().map_or("", Code::as_str);
    let issuer = envelope.and_then(|envelope| envelope.actor);
    Ok(issuer.is_some_and(|issuer| issuer.subject == actor.subject && issuer.department_code == department))
}

/// A record as the log stores it: personal values in it are sealed.
struct Stored<'r> {
    record: &'r event_log::Record,
    keys: &'r Keys,
}

impl Stored<'_> {
    fn payload(&self) -> Result<stored::Payload, Status> {
        let opened = self.keys.open_for_reading(&self.record.payload);
        stored::Payload::decode(opened.payload.as_slice()).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, why: impl std::fmt::Display) -> Status {
        Status::data_loss(format!("record {} is not readable: {why}", self.record.position))
    }
}

impl Happened for Stored<'_> {
    fn position(&self) -> u64 {
        self.record.position
    }

    fn stream(&self) -> Option<StreamName> {
        StreamName::parse(&self.record.stream)
    }

    fn kinds(&self) -> impl Iterator<Item = &str> {
        self.record.types.iter().map(String::as_str)
    }

    fn decided_at(&self) -> Result<Timestamp, Status> {
        Timestamp::from_microsecond(self.record.time_micros).map_err(|error| self.unreadable(error))
    }

    fn events(&self) -> Result<Vec<prost_types::Any>, Status> {
        Ok(self.payload()?.events)
    }
}
