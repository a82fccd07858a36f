//! Batched direct gets, a request that async-nats does not support.

use super::Link;
use super::commits::{Commit, first_position, judge};
use super::received::Received;
use crate::limits::{COMMITS_LOOKED_UP_AT_ONCE_MAX, REQUEST_TIMEOUT};
use crate::{Position, ReadError, Record, payload};
use async_nats::{Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

/// Status code that ends a batch.
const END_OF_BATCH: u16 = 204;

/// Matches all subjects. The server finds the next message of any subject directly, but has to scan for the
/// next match of other wildcards.
pub(super) const ALL_SUBJECTS: &str = ">";

/// Sends direct get requests, reusing one inbox.
pub(super) struct DirectReader {
    inbox: String,
    replies: Subscriber,
    requests: u64,
}

#[derive(Serialize)]
struct DirectGetRequest<'a> {
    seq: Position,
    next_by_subj: &'a str,
    batch: u64,
}

impl DirectReader {
    pub(super) async fn open(link: &Link) -> Result<DirectReader, String> {
        let inbox = link.client.new_inbox();
        let replies = link.client.subscribe(format!("{inbox}.*")).await.map_err(|error| error.to_string())?;
        Ok(DirectReader { inbox, replies, requests: 0 })
    }

    /// Returns the records up to `up_to` among at most `batch` of the subject, which may contain wildcards, starting
    /// with sequence `from`. Fewer than requested means that the replying server has no more.
    pub(super) async fn get(
        &mut self,
        link: &Link,
        from: Position,
        subject: &str,
        batch: u64,
        up_to: Position,
    ) -> Result<Vec<Record>, ReadError> {
        let sealed = |received: Received<'_>| received.sealed_record(&link.names);
        let mut records = Vec::new();
        for (record, payload) in self.fetch(link, from, subject, batch, sealed).await? {
            if record.position <= up_to {
                records.push(open(link, record, payload).await?);
            }
        }
        pass_over_incomplete(link, &mut records).await?;
        records.iter().for_each(|record| link.keys.observe(record));
        Ok(records)
    }

    /// Reads at most `batch` messages of the subject, starting with sequence `from`.
    async fn fetch<T>(
        &mut self,
        link: &Link,
        from: Position,
        subject: &str,
        batch: u64,
        read: impl Fn(Received<'_>) -> T,
    ) -> Result<Vec<T>, ReadError> {
        let unavailable = |reason: String| ReadError::Unavailable(reason);
        self.requests += 1;
        let reply_subject = format!("{}.{}", self.inbox, self.requests);
        let request = serde_json::to_vec(&DirectGetRequest { seq: from, next_by_subj: subject, batch })
            .map_err(|error| unavailable(error.to_string()))?;
        let api_subject = format!("$JS.API.DIRECT.GET.{}", link.names.stream);
        link.client
            .publish_with_reply(api_subject, reply_subject.clone(), request.into())
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let mut found = Vec::new();
        loop {
            let reply = tokio::time::timeout(REQUEST_TIMEOUT, self.replies.next())
                .await
                .map_err(|_| unavailable("a direct get timed out".into()))?
                .ok_or_else(|| unavailable("the connection is closed".into()))?;
            if reply.subject.as_str() != reply_subject {
                continue;
            }
            match reply.status {
                None => found.push(read(received(&reply)?)),
                Some(StatusCode::NOT_FOUND) => return Ok(found),
                Some(status) if status.as_u16() == END_OF_BATCH => return Ok(found),
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Err(unavailable(format!(
                        "a direct get failed with status {status} {description}"
                    )));
                }
            }
        }
    }
}

/// Opens the personal values of a record, with its payload if it has any.
async fn open(link: &Link, record: Record, payload: Option<Bytes>) -> Result<Record, ReadError> {
    let Some(payload) = payload else { return Ok(record) };
    let opened = link.keys.open_shared(&payload).await;
    let opened = opened.map_err(|error| ReadError::Unavailable(error.to_string()))?;
    Ok(payload::decode(record.position, &record.stream.to_string(), &opened).unwrap_or(record))
}

/// Replaces the records of commits that are not in the stream as a whole.
async fn pass_over_incomplete(link: &Link, records: &mut [Record]) -> Result<(), ReadError> {
    let found: &[Record] = records;
    let instead: Vec<_> = stream::iter(unsettled(found))
        .map(|at| async move { replacement(link, &found[at]).await.map(|instead| (at, instead)) })
        .buffer_unordered(COMMITS_LOOKED_UP_AT_ONCE_MAX)
        .try_collect()
        .await?;
    for (at, instead) in instead {
        if let Some(instead) = instead {
            records[at] = instead;
        }
    }
    Ok(())
}

/// Returns which of the records are parts of commits that are not among them as a whole.
fn unsettled(records: &[Record]) -> Vec<usize> {
    let (mut unsettled, mut at) = (Vec::new(), 0);
    while let Some(record) = records.get(at) {
        if record.envelope.part == 1 && judge(record, &records[at..]) == Commit::Whole {
            at += record.envelope.parts as usize;
        } else {
            unsettled.push(at);
            at += 1;
        }
    }
    unsettled
}

/// Returns what is in place of a record if its commit is not in the stream as a whole.
async fn replacement(link: &Link, record: &Record) -> Result<Option<Record>, ReadError> {
    let (names, position) = (&link.names, record.position);
    let (first, parts) = (first_position(record).unwrap_or(position), record.envelope.parts.into());
    let both = |received: Received<'_>| (received.record(names), received.record_of_incomplete(names));
    let mut reader = DirectReader::open(link).await.map_err(ReadError::Unavailable)?;
    let found = reader.fetch(link, first, ALL_SUBJECTS, parts, both).await?;
    match judge(record, found.iter().map(|(found, _)| found)) {
        Commit::Whole => Ok(None),
        Commit::Incomplete => {
            let lost = || ReadError::Unavailable(format!("position {position} was not found again"));
            let mut instead = found.into_iter().map(|(_, instead)| instead);
            instead.find(|instead| instead.position == position).ok_or_else(lost).map(Some)
        }
        Commit::Open => Err(ReadError::Unavailable(format!(
            "the rest of the commit of which position {position} is a part is not there yet"
        ))),
    }
}

fn received(reply: &Message) -> Result<Received<'_>, ReadError> {
    let incomplete = || ReadError::Unavailable("the reply to a direct get has no sequence or subject".into());
    let headers = reply.headers.as_ref().ok_or_else(incomplete)?;
    let position = headers.get("Nats-Sequence").and_then(|value| value.as_str().parse().ok());
    let position = position.ok_or_else(incomplete)?;
    let subject = headers.get("Nats-Subject").ok_or_else(incomplete)?.as_str();
    Ok(Received { position, subject, headers, payload: &reply.payload })
}
