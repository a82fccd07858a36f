//! The journal that is the event log itself: what is ordered is committed at once.

use crate::limits::SUBSCRIPTION_BATCH_RECORDS_MAX;
use crate::payload::{self, Sealed};
use crate::{AppendError, Commit, Filter, Journal, Position, ReadError, Record, Subscription};
use async_trait::async_trait;
use domain::{StreamName, Uuid};
use event_log::{Append, EventLog, Expected, NewRecord};
use futures::stream;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

mod feed;

use feed::Feed;

/// One process, one log, no broker. Cheap to clone.
#[derive(Clone)]
pub struct EmbeddedJournal {
    log: EventLog,
    committed: watch::Receiver<Position>,
    feed: Arc<Feed>,
}

impl EmbeddedJournal {
    /// The journal on this log. It ends with the log.
    pub fn new(log: EventLog) -> EmbeddedJournal {
        EmbeddedJournal { committed: log.watch_position(), feed: Arc::new(Feed::new(log.clone())), log }
    }

    /// The log.
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// The stream has moved: by this very commit, when its answer was lost, or by another.
    async fn answer_before(
        &self,
        writes: &[(StreamName, Position)],
        conflict: &str,
        commit_id: Uuid,
        digest: &[u8],
    ) -> Result<Position, AppendError> {
        for (stream, expected) in writes {
            let news = self.read(stream, *expected).await.map_err(|error| match error {
                ReadError::Unavailable(why) => AppendError::Unavailable(why),
                damaged => AppendError::Damaged(damaged.to_string()),
            })?;
            if let Some(record) = news.iter().find(|record| record.envelope.commit_id == commit_id) {
                if record.envelope.command_digest != digest {
                    return Err(AppendError::Reused(commit_id));
                }
                return Ok(record.commit_end());
            }
        }
        let (stream, expected) =
            writes.iter().find(|(stream, _)| stream.to_string() == conflict).unwrap_or(&writes[0]);
        Err(AppendError::Conflict { stream: stream.clone(), expected: *expected })
    }
}

fn new_record(write: Sealed) -> NewRecord {
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
    async fn append(&self, commit: Commit) -> Result<Position, AppendError> {
        let (commit_id, digest) = (commit.envelope.commit_id, commit.envelope.command_digest.clone());
        let time_micros = commit.envelope.time.as_microsecond();
        let writes: Vec<_> =
            commit.writes.iter().map(|write| (write.stream.clone(), write.expected)).collect();
        let records = payload::seal(commit)?.into_iter().map(new_record).collect();
        match self.log.append(Append { commit_id, time_micros, records }).await {
            Ok(appended) => Ok(appended.last),
            Err(event_log::AppendError::Conflict { stream, .. }) => {
                self.answer_before(&writes, &stream, commit_id, &digest).await
            }
            Err(event_log::AppendError::TooLarge { bytes, max, .. }) => {
                Err(AppendError::TooLarge { bytes, max })
            }
            Err(event_log::AppendError::Malformed(why)) => Err(AppendError::Malformed(why)),
            Err(error @ event_log::AppendError::ReadOnly { .. }) => Err(AppendError::Full(error.to_string())),
            Err(error) => Err(AppendError::Unavailable(error.to_string())),
        }
    }

    async fn read(&self, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
        let (log, name) = (self.log.clone(), stream.to_string());
        blocking(move || whole_stream(&log, &name, after)).await
    }

    async fn subscribe(&self, after: Position, filter: Filter) -> Result<Subscription, ReadError> {
        let follower = Follower {
            log: self.log.clone(),
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
}

/// Reading the log may wait for the disk, which no task of the runtime should.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(done) => done,
        Err(broken) => Err(ReadError::Unavailable(broken.to_string())),
    }
}

/// One answer of the log has a limit; only an empty one is the end.
fn whole_stream(log: &EventLog, stream: &str, after: Position) -> Result<Vec<Record>, ReadError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let reached = records.last().map_or(after, |record| record.position);
        let more = log.read_stream(stream, reached, SUBSCRIPTION_BATCH_RECORDS_MAX).map_err(unreadable)?;
        if more.is_empty() {
            return Ok(records);
        }
        for record in &more {
            records.push(opened(record)?);
        }
    }
}

fn opened(record: &event_log::Record) -> Result<Record, ReadError> {
    payload::open(record.position, &record.stream, &record.payload)
}

fn unreadable(error: event_log::ReadError) -> ReadError {
    match error {
        event_log::ReadError::Damaged(damage) => {
            ReadError::Damaged { position: damage.position, what: damage.what }
        }
        other => ReadError::Unavailable(other.to_string()),
    }
}

struct Follower {
    log: EventLog,
    feed: Arc<Feed>,
    committed: watch::Receiver<Position>,
    filter: Filter,
    /// Everything up to here was given out or passed over by the filter.
    after: Position,
    ready: VecDeque<Arc<Record>>,
}

impl Follower {
    /// The next record; `None` when the log has ended.
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

    /// The next records that the filter takes, and the position up to which that is all.
    async fn fetch(&self, committed: Position) -> Result<(Position, VecDeque<Arc<Record>>), ReadError> {
        let (log, after) = (self.log.clone(), self.after);
        let (reached, records) = match &self.filter {
            Filter::Stream(stream) => {
                let stream = stream.to_string();
                let read = move || {
                    let records = log.read_stream(&stream, after, SUBSCRIPTION_BATCH_RECORDS_MAX);
                    records.map_err(unreadable)?.iter().map(opened).collect::<Result<Vec<_>, _>>()
                };
                let records: Vec<Arc<Record>> = blocking(read).await?.into_iter().map(Arc::new).collect();
                (records.last().map_or(committed, |last| last.position), records)
            }
            Filter::All | Filter::Categories(_) => {
                let records = self.feed.behind(after, committed).await?;
                (records.last().map_or(committed, |last| last.position), records)
            }
        };
        Ok((reached, records.into_iter().filter(|record| self.filter.takes(&record.stream)).collect()))
    }
}
