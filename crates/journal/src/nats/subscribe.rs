//! Subscriptions to committed records: the existing ones, then new ones.
//!
//! A record is returned only once it is known to be committed, so records lost in a crash of the server have
//! never been returned. Advances of the committed position, which the ledgers announce repeatedly, wake the
//! subscription. New records are in the [`feed`](super::feed) by then; others are fetched. A subscription has no state
//! in the server, so a restart of the server does not affect it.

use super::direct::{ALL_SUBJECTS, DirectReader};
use super::readiness::ensure_readable;
use super::{Link, NatsJournal};
use crate::backoff::Backoff;
use crate::limits::{DIRECT_BATCH_RECORDS_MAX, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};
use crate::{Filter, Position, ReadError, Record, Subscription};
use futures::stream;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::watch;

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

/// Returns the subject that the server filters by, if any; further filtering happens here. With several
/// replicas everything is fetched, because only then a gap reveals that the replying replica lags behind.
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
            Some(names.category_subjects(only))
        }
        Filter::All => None,
    }
}

struct Follower {
    journal: NatsJournal,
    filter: Filter,
    /// Subject that the server filters by; `None` if everything is fetched.
    subject: Option<String>,
    /// Records up to here have been returned or filtered out.
    after: Position,
    committed: watch::Receiver<Position>,
    reader: Option<DirectReader>,
    ready: VecDeque<Arc<Record>>,
}

impl Follower {
    /// Returns the next record; `None` once the journal is closed.
    async fn next(&mut self) -> Option<Result<Arc<Record>, ReadError>> {
        let mut backoff = Backoff::new(RETRY_PAUSE_MIN, RETRY_PAUSE_MAX);
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            let after = self.after;
            let committed = *self.committed.wait_for(|&committed| committed > after).await.ok()?;
            match self.advance(committed).await {
                Ok(()) => backoff.reset(),
                Err(ReadError::Unavailable(reason)) => {
                    tracing::debug!(after, committed, reason, "a subscription waits for NATS");
                    self.reader = None;
                    backoff.pause().await;
                }
                Err(damaged) => return Some(Err(damaged)),
            }
        }
    }

    /// Takes a batch of committed records after `after` from the feed, or else fetches one.
    async fn advance(&mut self, committed: Position) -> Result<(), ReadError> {
        let link = &self.journal.link;
        ensure_readable(link).await?;
        let fed = link.ledgers.fed_after(self.after);
        let Some(records) = fed.and_then(|group| group.records(self.after, committed, &link.keys)) else {
            return self.fetch(committed).await;
        };
        records.iter().for_each(|record| link.keys.observe(record));
        self.after = check_contiguous(self.after, &records, committed)?;
        self.hand_out(records);
        Ok(())
    }

    /// Fetches up to one batch of committed records after `after`.
    async fn fetch(&mut self, committed: Position) -> Result<(), ReadError> {
        let link = &self.journal.link;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(DirectReader::open(link).await.map_err(ReadError::Unavailable)?),
        };
        let batch = (committed - self.after).min(DIRECT_BATCH_RECORDS_MAX);
        let subject = self.subject.as_deref().unwrap_or(ALL_SUBJECTS);
        let records = reader.get(link, self.after + 1, subject, batch, committed).await?;
        let records: Vec<Arc<Record>> = records.into_iter().map(Arc::new).collect();
        let full_batch = (records.len() as u64) == batch;
        self.after = match (&self.subject, records.last()) {
            (None, _) => check_contiguous(self.after, &records, committed)?,
            (Some(_), Some(last)) if full_batch => last.position,
            (Some(_), _) => {
                ensure_server_has(link, reader, committed).await?;
                committed
            }
        };
        self.hand_out(records);
        Ok(())
    }

    fn hand_out(&mut self, records: Vec<Arc<Record>>) {
        self.journal.link.known.observe(&records);
        // What this process decides is decided after what it has seen, whatever its clock says.
        records.iter().for_each(|record| self.journal.link.latest.saw(record.envelope.time));
        self.ready.extend(records.into_iter().filter(|record| self.filter.matches(&record.stream)));
    }
}

/// Checks that the server has everything up to `committed`; only then the absence of further matches is reliable.
async fn ensure_server_has(
    link: &Link,
    reader: &mut DirectReader,
    committed: Position,
) -> Result<(), ReadError> {
    let found = reader.get(link, committed, ALL_SUBJECTS, 1, committed).await?;
    let found: Vec<Arc<Record>> = found.into_iter().map(Arc::new).collect();
    check_contiguous(committed - 1, &found, committed).map(drop)
}

/// Checks that no position is missing, and returns the last one. No records mean that the server lags behind; a
/// gap is damage.
fn check_contiguous(
    after: Position,
    records: &[Arc<Record>],
    committed: Position,
) -> Result<Position, ReadError> {
    for (expected, record) in (after + 1..).zip(records) {
        if record.position != expected {
            let what = format!("the stream continues at position {}", record.position);
            return Err(ReadError::Damaged { position: expected, what });
        }
    }
    match records.last() {
        Some(last) => Ok(last.position),
        None => Err(ReadError::Unavailable(format!(
            "position {committed} is committed, but the server has no records after {after}"
        ))),
    }
}
