//! Comparing stream and log.

use super::{Repair, RepairError, broker};
use crate::limits::{CONSUMER_SILENCE_MAX, PULL_BATCH_MESSAGES_MAX};
use crate::nats::ledger::binding;
use crate::nats::received::Received;
use crate::{Position, payload};
use async_nats::jetstream::consumer::{self, AckPolicy};
use async_nats::jetstream::stream;
use domain::Uuid;
use event_log::{EventLog, Record};
use futures::StreamExt as _;
use std::collections::VecDeque;

/// State of a stream compared with the log, which determines the repair needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No repair is needed: the stream contains everything in the log. A ledger will append what follows.
    Complete,
    /// The stream was recreated and contains everything in the log; the log must be made to follow it.
    Recreated,
    /// The stream lacks the tail of the log, or everything.
    Truncated,
    /// The stream contains something else than the log, or unreadable messages.
    Diverged,
}

/// Result of comparing stream and log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// State of the stream.
    pub state: State,
    /// Whether the stream exists.
    pub stream_exists: bool,
    /// Number of its replicas, if it exists.
    pub replicas: Option<usize>,
    /// Whether it is the stream that the log follows; `None` if the log has no note of one, or there is no stream.
    pub same_stream: Option<bool>,
    /// Last position of the stream.
    pub end: Position,
    /// Last position of the log.
    pub head: Position,
    /// Last position up to which both have the same records.
    pub equal_up_to: Position,
    /// Messages that only the stream has, from the first difference on; this log's ledger has committed none of
    /// them.
    pub foreign: Vec<Foreign>,
    /// Unreadable positions of the stream.
    pub unreadable: Vec<Position>,
}

/// A message of the stream that differs from the log's record at its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Position in the JetStream stream.
    pub position: Position,
    /// The journal's stream it belongs to, or its subject if that is not a valid stream name.
    pub stream: String,
    /// Types of its events; empty if it is not a valid record.
    pub types: Vec<String>,
    /// Its command id; `None` if it is not a valid record.
    pub command_id: Option<Uuid>,
    /// Its payload.
    pub payload: Vec<u8>,
}

pub(super) async fn examine(
    repair: &Repair,
    info: Option<stream::Info>,
    mut progress: impl FnMut(Position),
) -> Result<Findings, RepairError> {
    let log = |fault: std::io::Error| RepairError::Log(fault.to_string());
    let bound = binding::read(repair.log.dir()).map_err(log)?;
    let head = repair.log.head().position;
    let created = info.as_ref().map(|info| info.created.unix_timestamp_nanos());
    let mut findings = Findings {
        state: State::Truncated,
        stream_exists: info.is_some(),
        replicas: info.as_ref().map(|info| info.config.num_replicas),
        same_stream: bound.zip(created).map(|(bound, created)| bound == created),
        end: info.as_ref().map_or(0, |info| info.state.last_sequence),
        head,
        equal_up_to: 0,
        foreign: Vec::new(),
        unreadable: Vec::new(),
    };
    // An interrupted repair leaves the stream in this state.
    let closed = info.as_ref().is_some_and(|info| info.config.subjects == [repair.names.repair_subjects()]);
    if let Some(info) = info.filter(|info| info.state.last_sequence > 0) {
        compare(repair, &info, &mut findings, &mut progress).await?;
    }
    findings.state = match &findings {
        Findings { foreign, unreadable, .. } if !foreign.is_empty() || !unreadable.is_empty() => {
            State::Diverged
        }
        Findings { end, head, .. } if end < head => State::Truncated,
        Findings { same_stream: Some(false), head, .. } if *head > 0 => State::Recreated,
        _ if closed => State::Recreated,
        _ => State::Complete,
    };
    Ok(findings)
}

async fn compare(
    repair: &Repair,
    info: &stream::Info,
    findings: &mut Findings,
    progress: &mut impl FnMut(Position),
) -> Result<(), RepairError> {
    let mut messages = all_messages(repair).await?;
    let mut records = LogReader { log: &repair.log, ready: VecDeque::new() };
    let mut next = 1;
    let end = info.state.last_sequence;
    while next <= end {
        let message = match tokio::time::timeout(CONSUMER_SILENCE_MAX, messages.next()).await {
            Ok(Some(message)) => message.map_err(broker)?,
            // Messages that the server counts but does not deliver are unreadable.
            Ok(None) | Err(_) => break,
        };
        let position = message.info().map_err(broker)?.stream_sequence;
        findings.unreadable.extend(next..position.min(end + 1));
        next = position + 1;
        let diverged = !findings.foreign.is_empty() || !findings.unreadable.is_empty();
        let record = records.at(position)?;
        let (subject, payload) = (message.message.subject.as_str(), &message.message.payload);
        let headers = message.message.headers.clone().unwrap_or_default();
        let received = Received { position, subject, headers: &headers, payload };
        let foreign = to_foreign(repair, &received);
        let same = record.as_ref().is_some_and(|record| received.is(&repair.names, record));
        match (same, diverged, record) {
            (true, false, _) => findings.equal_up_to = position,
            (true, true, _) => {}
            // What follows the log is appended to it, or passed over.
            (false, false, None) => {}
            (false, ..) => findings.foreign.push(foreign),
        }
        if position.is_multiple_of(1000) || position == end {
            progress(position);
        }
    }
    findings.unreadable.extend(next..=end);
    Ok(())
}

fn to_foreign(repair: &Repair, received: &Received<'_>) -> Foreign {
    let record = received.open(&repair.names).ok().map(|(record, _)| record);
    Foreign {
        position: received.position,
        stream: repair.names.stream_name(received.subject).to_owned(),
        types: record.as_ref().map(payload::types).unwrap_or_default(),
        command_id: record.map(|record| record.envelope.command_id),
        payload: received.payload.to_vec(),
    }
}

async fn all_messages(repair: &Repair) -> Result<consumer::pull::Stream, RepairError> {
    let stream = repair.context.get_stream(&repair.names.stream).await.map_err(broker)?;
    let consumer = stream
        .create_consumer(consumer::pull::Config {
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            ..consumer::pull::Config::default()
        })
        .await
        .map_err(broker)?;
    consumer.stream().max_messages_per_batch(PULL_BATCH_MESSAGES_MAX).messages().await.map_err(broker)
}

/// Reads the log's records in ascending order.
struct LogReader<'a> {
    log: &'a EventLog,
    ready: VecDeque<Record>,
}

impl LogReader<'_> {
    fn at(&mut self, position: Position) -> Result<Option<Record>, RepairError> {
        if position > self.log.head().position {
            return Ok(None);
        }
        while self.ready.front().is_some_and(|record| record.position < position) {
            self.ready.pop_front();
        }
        if self.ready.is_empty() {
            let more = self.log.read(position - 1, PULL_BATCH_MESSAGES_MAX);
            self.ready = more.map_err(|error| RepairError::Log(error.to_string()))?.into();
        }
        Ok(self.ready.pop_front())
    }
}
