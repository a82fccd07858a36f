//! Committed records, past and then live.
//!
//! A record is fetched only once it is known to be committed: what a server loses in a crash was never
//! given out, and the watermark, which ledgers repeat for ever, is what wakes and re-wakes the reader.
//! A subscription holds nothing in the server, so a restart of the server takes nothing from it.

use super::direct::DirectReader;
use super::standing::may_read;
use super::{Link, NatsJournal};
use crate::limits::{DIRECT_BATCH_RECORDS_MAX, RETRY_PAUSE_MAX};
use crate::{Filter, Position, ReadError, Record, Subscription};
use futures::stream;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// All that the stream has. The server finds the next message of any subject at once, but looks through
/// many for the next of a wildcard.
const EVERYTHING: &str = ">";

pub(super) fn subscribe(journal: NatsJournal, after: Position, filter: Filter) -> Subscription {
    let committed = journal.link.committed.clone();
    let subject = subject(&journal, &filter);
    let state =
        Some(Follower { journal, filter, subject, after, committed, reader: None, ready: VecDeque::new() });
    Subscription::new(stream::unfold(state, async |state| {
        let mut follower = state?;
        match follower.next().await? {
            Ok(record) => Some((Ok(record), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// What the server filters by; the rest is filtered here. With replicas everything is fetched: only
/// then does a gap show that the replica which answered is behind.
fn subject(journal: &NatsJournal, filter: &Filter) -> Option<String> {
    let names = &journal.link.names;
    if journal.link.replicas > 1 {
        return None;
    }
    match filter {
        Filter::Stream(stream) => Some(names.subject(stream)),
        Filter::Categories(_) => {
            let mut categories = filter.categories()?.into_iter();
            let only = categories.next().filter(|_| categories.next().is_none())?;
            Some(names.category(only))
        }
        Filter::All => None,
    }
}

struct Follower {
    journal: NatsJournal,
    filter: Filter,
    /// The one subject that the server filters by; none when everything is fetched.
    subject: Option<String>,
    /// Everything up to here was given out or passed over by the filter.
    after: Position,
    committed: watch::Receiver<Position>,
    reader: Option<DirectReader>,
    ready: VecDeque<Arc<Record>>,
}

impl Follower {
    /// The next record; `None` when the journal has ended.
    async fn next(&mut self) -> Option<Result<Arc<Record>, ReadError>> {
        let mut pause = Duration::from_millis(10);
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            let after = self.after;
            let committed = *self.committed.wait_for(|&committed| committed > after).await.ok()?;
            match self.fetch(committed).await {
                Ok(()) => pause = Duration::from_millis(10),
                Err(ReadError::Unavailable(why)) => {
                    tracing::debug!(after, committed, why, "a subscription waits for NATS");
                    self.reader = None;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_PAUSE_MAX);
                }
                Err(damaged) => return Some(Err(damaged)),
            }
        }
    }

    /// Fetches what is committed behind `after`, as much as one batch holds.
    async fn fetch(&mut self, committed: Position) -> Result<(), ReadError> {
        let link = &self.journal.link;
        may_read(link).await?;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(DirectReader::open(link).await.map_err(ReadError::Unavailable)?),
        };
        let batch = (committed - self.after).min(DIRECT_BATCH_RECORDS_MAX);
        let subject = self.subject.as_deref().unwrap_or(EVERYTHING);
        let mut records = reader.get(link, self.after + 1, subject, batch).await?;
        let all_there = (records.len() as u64) == batch;
        records.retain(|record| record.position <= committed);
        self.after = match (&self.subject, records.last()) {
            (None, _) => contiguous(self.after, &records, committed)?,
            (Some(_), Some(last)) if all_there => last.position,
            (Some(_), _) => {
                reaches(link, reader, committed).await?;
                committed
            }
        };
        let taken = records.into_iter().filter(|record| self.filter.takes(&record.stream));
        self.ready.extend(taken.map(Arc::new));
        Ok(())
    }
}

/// That the subject has no more counts only when the server has everything up to here.
async fn reaches(link: &Link, reader: &mut DirectReader, committed: Position) -> Result<(), ReadError> {
    let found = reader.get(link, committed, EVERYTHING, 1).await?;
    contiguous(committed - 1, &found, committed).map(drop)
}

/// The last position, once it is seen that none is missing. Too few records are a server that is behind;
/// a hole is damage.
fn contiguous(after: Position, records: &[Record], committed: Position) -> Result<Position, ReadError> {
    for (expected, record) in (after + 1..).zip(records) {
        if record.position != expected {
            let what = format!("the stream goes on at {}", record.position);
            return Err(ReadError::Damaged { position: expected, what });
        }
    }
    match records.last() {
        Some(last) => Ok(last.position),
        None => Err(ReadError::Unavailable(format!(
            "position {committed} is committed, but the server has nothing behind {after}"
        ))),
    }
}
