//! What stream and log have in common, and what each has alone.

use super::{Repair, RepairError, broker};
use crate::limits::{CONSUMER_SILENCE_MAX, PULL_BATCH_MESSAGES_MAX};
use crate::nats::ledger::binding;
use crate::{Position, payload};
use async_nats::jetstream::consumer::{self, AckPolicy};
use async_nats::jetstream::{self, stream};
use domain::Uuid;
use event_log::{EventLog, Record};
use futures::StreamExt as _;
use std::collections::VecDeque;

/// What has to be done about a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing: the stream has all that the log has. A ledger that starts takes what is behind.
    Whole,
    /// The stream was made anew and has all that the log has; the log has to be told.
    OtherStream,
    /// The stream lacks the end of the log, or everything.
    Short,
    /// The stream has something else than the log, or something that cannot be read.
    Different,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What has to be done.
    pub state: State,
    /// Whether there is a stream.
    pub stream_exists: bool,
    /// How many servers keep it, when there is one.
    pub replicas: Option<usize>,
    /// Whether it is the one that the log followed last; `None` when the log does not know.
    pub same_stream: Option<bool>,
    /// The stream's last position.
    pub end: Position,
    /// The log's last position.
    pub head: Position,
    /// The last position up to which both have the same records.
    pub same_up_to: Position,
    /// What the stream alone has, from the first difference on: no ledger with this log committed it.
    pub foreign: Vec<Foreign>,
    /// Positions of the stream that cannot be read.
    pub unreadable: Vec<Position>,
}

/// A message of the stream that is not the log's record at its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Its position in the stream.
    pub position: Position,
    /// The stream of the journal that it is in, or its subject.
    pub stream: String,
    /// Its events' types; none when it is no record.
    pub types: Vec<String>,
    /// Its commit; none when it is no record.
    pub commit_id: Option<Uuid>,
    /// Its bytes.
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
        state: State::Short,
        stream_exists: info.is_some(),
        replicas: info.as_ref().map(|info| info.config.num_replicas),
        same_stream: bound.zip(created).map(|(bound, created)| bound == created),
        end: info.as_ref().map_or(0, |info| info.state.last_sequence),
        head,
        same_up_to: 0,
        foreign: Vec::new(),
        unreadable: Vec::new(),
    };
    // An interrupted repair leaves it so.
    let closed = info.as_ref().is_some_and(|info| info.config.subjects == [repair.names.repaired()]);
    if let Some(info) = info.filter(|info| info.state.last_sequence > 0) {
        compare(repair, &info, &mut findings, &mut progress).await?;
    }
    findings.state = match &findings {
        Findings { foreign, unreadable, .. } if !foreign.is_empty() || !unreadable.is_empty() => {
            State::Different
        }
        Findings { end, head, .. } if end < head => State::Short,
        Findings { same_stream: Some(false), head, .. } if *head > 0 => State::OtherStream,
        _ if closed => State::OtherStream,
        _ => State::Whole,
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
    let mut kept = Kept { log: &repair.log, ready: VecDeque::new() };
    let mut open = None;
    let mut next = 1;
    let end = info.state.last_sequence;
    while next <= end {
        let message = match tokio::time::timeout(CONSUMER_SILENCE_MAX, messages.next()).await {
            Ok(Some(message)) => message.map_err(broker)?,
            // What the server counts and does not bring, it cannot read.
            Ok(None) | Err(_) => break,
        };
        let position = message.info().map_err(broker)?.stream_sequence;
        findings.unreadable.extend(next..position.min(end + 1));
        next = position + 1;
        let diverged = !findings.foreign.is_empty() || !findings.unreadable.is_empty();
        let record = kept.at(position)?;
        let foreign = foreign(repair, position, &message);
        let same = record.as_ref().is_some_and(|record| {
            record.payload == message.message.payload && record.stream == foreign.stream
        });
        match (same, diverged, record) {
            (true, false, _) => findings.same_up_to = position,
            (true, true, _) => {}
            (false, false, None) if follows(&mut open, &foreign, &message.message.payload) => {}
            (false, ..) => findings.foreign.push(foreign),
        }
        if position.is_multiple_of(1000) || position == end {
            progress(position);
        }
    }
    findings.unreadable.extend(next..=end);
    Ok(())
}

/// Whether a message behind the log's end continues it: a ledger that starts would take it.
fn follows(open: &mut Option<(Uuid, u32, u32)>, message: &Foreign, bytes: &[u8]) -> bool {
    let Ok(record) = payload::open(message.position, &message.stream, bytes) else { return false };
    let envelope = &record.envelope;
    let expected = open.unwrap_or((envelope.commit_id, 1, envelope.parts));
    *open =
        (envelope.part < envelope.parts).then_some((envelope.commit_id, envelope.part + 1, envelope.parts));
    expected == (envelope.commit_id, envelope.part, envelope.parts)
}

fn foreign(repair: &Repair, position: Position, message: &jetstream::Message) -> Foreign {
    let stream = repair.names.stream_in(message.message.subject.as_str()).to_owned();
    let record = payload::open(position, &stream, &message.message.payload).ok();
    Foreign {
        position,
        types: record.as_ref().map(payload::types).unwrap_or_default(),
        commit_id: record.map(|record| record.envelope.commit_id),
        payload: message.message.payload.to_vec(),
        stream,
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

/// The log's records, asked for in rising order.
struct Kept<'a> {
    log: &'a EventLog,
    ready: VecDeque<Record>,
}

impl Kept<'_> {
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
