//! Batched direct gets, a request that async-nats does not support.

use super::Link;
use super::received::Received;
use crate::limits::REQUEST_TIMEOUT;
use crate::{Position, ReadError, Record};
use async_nats::{Message, StatusCode, Subscriber};
use futures::StreamExt as _;
use serde::Serialize;

/// Status code that ends a batch.
const END_OF_BATCH: u16 = 204;

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

    /// Returns at most `batch` records of the subject, which may contain wildcards, starting with sequence
    /// `from`. Fewer than requested means that the replying server has no more.
    pub(super) async fn get(
        &mut self,
        link: &Link,
        from: Position,
        subject: &str,
        batch: u64,
    ) -> Result<Vec<Record>, ReadError> {
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
        let mut records = Vec::new();
        loop {
            let reply = tokio::time::timeout(REQUEST_TIMEOUT, self.replies.next())
                .await
                .map_err(|_| unavailable("a direct get timed out".into()))?
                .ok_or_else(|| unavailable("the connection is closed".into()))?;
            if reply.subject.as_str() != reply_subject {
                continue;
            }
            match reply.status {
                None => records.push(record(link, &reply).await?),
                Some(StatusCode::NOT_FOUND) => return Ok(records),
                Some(status) if status.as_u16() == END_OF_BATCH => return Ok(records),
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

async fn record(link: &Link, reply: &Message) -> Result<Record, ReadError> {
    let incomplete = || ReadError::Unavailable("the reply to a direct get has no sequence or subject".into());
    let headers = reply.headers.as_ref().ok_or_else(incomplete)?;
    let position = headers.get("Nats-Sequence").and_then(|value| value.as_str().parse().ok());
    let position = position.ok_or_else(incomplete)?;
    let subject = headers.get("Nats-Subject").ok_or_else(incomplete)?.as_str();
    let opened = link.keys.open_shared(&reply.payload).await;
    let opened = opened.map_err(|error| ReadError::Unavailable(error.to_string()))?;
    let received = Received { position, subject, headers, payload: &reply.payload };
    let record = received.opened_record(&link.names, &opened);
    link.keys.observe(&record);
    Ok(record)
}
