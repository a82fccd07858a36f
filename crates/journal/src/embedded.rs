//! The embedded journal: the event log itself, in which a record is committed as soon as it is ordered.

use crate::conflict::explain_conflict;
use crate::latest_time::LatestTime;
use crate::limits::SUBSCRIPTION_BATCH_RECORDS_MAX;
use crate::payload::{self, Encoded};
use crate::personal::Keys;
use crate::{AppendError, Commit, Filter, Journal, Obstacle, Position, ReadError, Record, Subscription};
use async_trait::async_trait;
use domain::ledger::erasure::Erasures;
use domain::{Aggregate as _, StreamName, Timestamp};
use event_log::{Append, EventLog, Expected, NewRecord, State};
use futures::stream;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

mod feed;

use feed::Feed;

/// A journal in one process, on one log, without a broker. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedJournal {
    log: EventLog,
    committed: watch::Receiver<Position>,
    feed: Arc<Feed>,
    latest: Arc<LatestTime>,
    keys: Keys,
    /// Held from when a commit is given its time until the log has it in its queue: times are in the order of
    /// positions.
    queue: Arc<Mutex<()>>,
}

impl EmbeddedJournal {
    /// Creates the journal of a log whose personal values are sealed with these keys. It is closed together with the
    /// log.
    pub fn new(log: EventLog, keys: Keys) -> EmbeddedJournal {
        // The key of an erasure that was interrupted is not used again.
        let erasures = Erasures::stream(Erasures::realm_id()).to_string();
        if let Err(error) = read_whole_stream(&log, &keys, &erasures, 0) {
            tracing::error!(%error, "the erasures cannot be read");
        }
        let last = log.read(log.head().position.saturating_sub(1), 1).unwrap_or_default();
        let last = last.last().and_then(|record| Timestamp::from_microsecond(record.time_micros).ok());
        EmbeddedJournal {
            committed: log.watch_position(),
            feed: Arc::new(Feed::new(log.clone(), keys.clone())),
            latest: Arc::new(LatestTime::new(last)),
            queue: Arc::default(),
            keys,
            log,
        }
    }

    /// Returns the log.
    pub fn log(&self) -> &EventLog {
        &self.log
    }
}

fn new_record(write: Encoded) -> NewRecord {
    NewRecord {
        stream: write.stream.to_string(),
        expected: Expected::At(write.expected),
        types: write.types,
        payload: write.payload,
        salt: write.salt,
    }
}

#[async_trait]
impl Journal for EmbeddedJournal {
    async fn append(&self, mut commit: Commit) -> Result<Position, AppendError> {
        let (command_id, digest) = (commit.envelope.command_id, commit.envelope.command_digest.clone());
        let writes: Vec<_> =
            commit.writes.iter().map(|write| (write.stream.clone(), write.expected)).collect();
        let in_queue = self.queue.lock().await;
        let time = self.latest.not_before(commit.envelope.time);
        commit.envelope.time = time;
        let records = payload::encode(commit, &self.keys).await?.into_iter().map(new_record).collect();
        let mut appending =
            Box::pin(self.log.append(Append { command_id, time_micros: time.as_microsecond(), records }));
        let polled = futures::poll!(&mut appending);
        self.latest.saw(time);
        drop(in_queue);
        let appended = match polled {
            Poll::Ready(appended) => appended,
            Poll::Pending => appending.await,
        };
        match appended {
            Ok(appended) => Ok(appended.last),
            Err(event_log::AppendError::Conflict { .. }) => {
                Err(explain_conflict(self, &writes, command_id, &digest).await)
            }
            Err(event_log::AppendError::TooLarge { bytes, max, .. }) => {
                Err(AppendError::TooLarge { bytes, max })
            }
            Err(event_log::AppendError::Malformed(reason)) => Err(AppendError::Malformed(reason)),
            Err(error @ event_log::AppendError::ReadOnly { .. }) => Err(AppendError::Full(error.to_string())),
            Err(error) => Err(AppendError::Unavailable(error.to_string())),
        }
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        let (log, keys, name) = (self.log.clone(), self.keys.clone(), stream.to_string());
        // Most ask whether there is anything new, and there is not. The index knows, nearly always from memory; another
        // thread would cost more than the answer.
        if log.stream_position(&name).map_err(read_error)? <= after {
            return Ok(Vec::new());
        }
        on_blocking_thread(move || read_whole_stream(&log, &keys, &name, after)).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        let follower = Follower {
            log: self.log.clone(),
            keys: self.keys.clone(),
            feed: self.feed.clone(),
            committed: self.committed.clone(),
            filter,
            after,
            ready: VecDeque::new(),
        };
        Ok(Subscription::new(stream::unfold(Some(follower), async |state| {
            let mut follower = state?;
            match follower.next().await? {
                Ok(record) => Some((Ok(record), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })))
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.committed.clone()
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn corrected(&self, clock: Timestamp) -> Timestamp {
        self.latest.corrected(clock)
    }

    fn lead_over(&self, clock: Timestamp) -> Duration {
        self.latest.lead_over(clock)
    }

    fn obstacle(&self) -> Option<Obstacle> {
        match self.log.state() {
            State::ReadOnly { free_bytes, reserve_bytes } => {
                let error = event_log::AppendError::ReadOnly { free_bytes, reserve_bytes };
                Some(Obstacle::ReadOnly(error.to_string()))
            }
            // The process ends when the storage fails.
            State::Writable | State::Failed(_) => None,
        }
    }
}

/// Reads the log on a blocking thread, since reading may wait for the disk.
async fn on_blocking_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(done) => done,
        Err(error) => Err(ReadError::Unavailable(error.to_string())),
    }
}

/// Reads all records of a stream after a position. A single read is limited in size; only an empty one is the
/// end.
pub(crate) fn read_whole_stream(
    log: &EventLog,
    keys: &Keys,
    stream: &str,
    after: Position,
) -> Result<Vec<Record>, ReadError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let reached = records.last().map_or(after, |record| record.position);
        let more = log.read_stream(stream, reached, SUBSCRIPTION_BATCH_RECORDS_MAX).map_err(read_error)?;
        if more.is_empty() {
            return Ok(records);
        }
        for record in &more {
            records.push(decode(record, keys)?);
        }
    }
}

fn decode(record: &event_log::Record, keys: &Keys) -> Result<Record, ReadError> {
    let record =
        payload::decode(record.position, &record.stream, &keys.open_values(&record.payload).payload)?;
    keys.observe(&record);
    Ok(record)
}

fn read_error(error: event_log::ReadError) -> ReadError {
    match error {
        event_log::ReadError::Damaged(damage) => {
            ReadError::Damaged { position: damage.position, what: damage.what }
        }
        other => ReadError::Unavailable(other.to_string()),
    }
}

struct Follower {
    log: EventLog,
    keys: Keys,
    feed: Arc<Feed>,
    committed: watch::Receiver<Position>,
    filter: Filter,
    /// Records up to here have been returned or filtered out.
    after: Position,
    ready: VecDeque<Arc<Record>>,
}

impl Follower {
    /// Returns the next record; `None` once the log is closed.
    async fn next(&mut self) -> Option<Result<Arc<Record>, ReadError>> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            let after = self.after;
            let committed = *self.committed.wait_for(|&committed| committed > after).await.ok()?;
            match self.fetch(committed).await {
                Ok((reached, records)) => (self.after, self.ready) = (reached, records),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Fetches the next matching records, and the position up to which they are complete.
    async fn fetch(&self, committed: Position) -> Result<(Position, VecDeque<Arc<Record>>), ReadError> {
        let (log, keys, after) = (self.log.clone(), self.keys.clone(), self.after);
        let (reached, records) = match &self.filter {
            Filter::Stream(stream) => {
                let stream = stream.to_string();
                let read = move || {
                    let records = log.read_stream(&stream, after, SUBSCRIPTION_BATCH_RECORDS_MAX);
                    let records = records.map_err(read_error)?;
                    records.iter().map(|record| decode(record, &keys)).collect::<Result<Vec<_>, _>>()
                };
                let records: Vec<Arc<Record>> =
                    on_blocking_thread(read).await?.into_iter().map(Arc::new).collect();
                (records.last().map_or(committed, |last| last.position), records)
            }
            Filter::All | Filter::Categories(_) => {
                let records = self.feed.records_after(after, committed).await?;
                (records.last().map_or(committed, |last| last.position), records)
            }
        };
        Ok((reached, records.into_iter().filter(|record| self.filter.matches(&record.stream)).collect()))
    }
}
