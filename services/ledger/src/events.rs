//! What has happened, for those who follow it: the records of the log, as far as somebody may see what they are about.
//!
//! An event says what happened to what, and when. What it says beyond that is shown by the queries, which know who may
//! see which part of a thing.

mod concern;

use crate::grpc::unreadable;
use crate::limits::{EVENT_RECORDS_READ_MAX, EVENTS_MAX, EVENTS_WAIT_SECONDS_MAX, READ_RECORDS};
use concern::{Concern, Topics};
use domain::{Actor, Code, StreamName, Timestamp};
use event_log::EventLog;
use prost::Message as _;
use proto::api::v1::Reason;
use proto::ledger::v1 as pb;
use proto::log::v1 as stored;
use proto::record::topic_number;
use proto::{Invalid, Wire as _};
use service_kit::Kit;
use service_kit::error::refusal;
use service_kit::scope::Scope;
use service_kit::serve::read;
use service_kit::serve::responses::ResponseSender;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// What is stored in place of events, where nothing has happened.
const NO_EVENTS: &str = "huishang.log.";

/// Which events somebody wants.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    contexts: Vec<String>,
    types: Vec<String>,
    department: Option<Code>,
    body: Option<Code>,
}

impl Wanted {
    pub(crate) fn read(
        contexts: Vec<String>,
        types: Vec<String>,
        department: Option<String>,
        body: Option<String>,
    ) -> Result<Wanted, Status> {
        let code = |field, code: Option<String>| code.map(|code| read(field, code)).transpose();
        let (department, body) = (code("department_code", department)?, code("body_code", body)?);
        Ok(Wanted { contexts, types, department, body })
    }

    fn has_context(&self, stream: &StreamName) -> bool {
        let context = stream.category.split('.').next().unwrap_or_default();
        self.contexts.is_empty() || self.contexts.iter().any(|wanted| wanted == context)
    }

    fn has_type(&self, kind: &str) -> bool {
        !kind.starts_with(NO_EVENTS)
            && (self.types.is_empty() || self.types.iter().any(|wanted| wanted == kind))
    }

    fn concerns(&self, concern: &Concern) -> bool {
        let of_department = self.department.as_ref().is_none_or(|department| concern.involves(department));
        of_department && self.body.as_ref().is_none_or(|body| concern.body() == Some(body))
    }
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
    kit: Kit,
    log: EventLog,
    actor: Actor,
    wanted: Wanted,
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
    pub(crate) fn new(kit: Kit, log: EventLog, actor: Actor, wanted: Wanted) -> Feed {
        Feed { kit, log, actor, wanted }
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
        let scope = self.kit.scope_of(&self.actor).await?;
        let mut concerns: HashMap<String, Concern> = HashMap::new();
        let mut seen = Vec::new();
        for record in &records {
            let Some(stream) = StreamName::parse(&record.stream) else { continue };
            if !self.wanted.has_context(&stream)
                || !record.types.iter().any(|kind| self.wanted.has_type(kind))
            {
                continue;
            }
            if !concerns.contains_key(&record.stream) {
                concerns.insert(record.stream.clone(), Concern::of(&self.kit, &stream).await?);
            }
            if let Some(concern) = concerns.get(&record.stream) {
                seen.extend(self.seen(record, &stream, concern, &scope)?);
            }
        }
        Ok(Step { position, records: seen, looked_at: records.len() })
    }

    /// The events of a record that the reader wants and may see; none if there are none.
    fn seen(
        &self,
        record: &event_log::Record,
        stream: &StreamName,
        concern: &Concern,
        scope: &Scope,
    ) -> Result<Option<pb::FollowEventsResponse>, Status> {
        if !concern.is_within(scope, &self.actor) || !self.wanted.concerns(concern) {
            return Ok(None);
        }
        let hidden = match concern.recused(scope) {
            topics if topics.is_empty() => Vec::new(),
            topics => self.hidden(record, &topics)?,
        };
        let decided_at = Timestamp::from_microsecond(record.time_micros).map_err(|error| {
            Status::data_loss(format!("record {} is not readable: {error}", record.position))
        })?;
        let numbered = record.types.iter().enumerate().map(|(index, kind)| (index + 1, kind));
        let events = numbered
            .filter(|(number, kind)| self.wanted.has_type(kind) && !hidden.contains(number))
            .map(|(number, kind)| pb::CloudEvent {
                specversion: "1.0".into(),
                event_id: format!("{}/{number}", record.position),
                source: format!("/huishang/{}", stream.category),
                r#type: kind.clone(),
                subject: stream.id.to_string(),
                decided_at: decided_at.to_wire(),
                position: record.position,
                body_code: concern.body().map(Code::to_string),
            });
        let events: Vec<_> = events.collect();
        Ok((!events.is_empty()).then_some(pb::FollowEventsResponse { position: record.position, events }))
    }

    /// The numbers of the events of a record that are about these topics.
    fn hidden(&self, record: &event_log::Record, topics: &Topics) -> Result<Vec<usize>, Status> {
        let opened = self.kit.journal().keys().open_values(&record.payload);
        let payload = stored::Payload::decode(opened.payload.as_slice()).map_err(|error| {
            Status::data_loss(format!("record {} is not readable: {error}", record.position))
        })?;
        let numbered = payload.events.iter().enumerate().map(|(index, event)| (index + 1, event));
        let about =
            numbered.filter(|(_, event)| topic_number(event).is_some_and(|topic| topics.contains(&topic)));
        Ok(about.map(|(number, _)| number).collect())
    }
}
