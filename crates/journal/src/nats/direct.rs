//! Direct gets in batches: a plain request that async-nats has no call for.

use super::Link;
use crate::limits::REQUEST_TIMEOUT;
use crate::{Position, ReadError, Record};
use async_nats::{Message, StatusCode, Subscriber};
use futures::StreamExt as _;
use serde::Serialize;

/// The status that ends a batch.
const END_OF_BATCH: u16 = 204;

/// Asks the stream for messages from a sequence on, again and again over one inbox.
pub(super) struct DirectReader {
    inbox: String,
    answers: Subscriber,
    turn: u64,
}

#[derive(Serialize)]
struct Question<'a> {
    seq: Position,
    next_by_subj: &'a str,
    batch: u64,
}

impl DirectReader {
    pub(super) async fn open(link: &Link) -> Result<DirectReader, String> {
        let inbox = link.client.new_inbox();
        let answers = link.client.subscribe(format!("{inbox}.*")).await.map_err(|error| error.to_string())?;
        Ok(DirectReader { inbox, answers, turn: 0 })
    }

    /// At most `batch` records of the subject, which may have wildcards, from sequence `from` on. Fewer
    /// than asked for means that the server which answered has no more.
    pub(super) async fn get(
        &mut self,
        link: &Link,
        from: Position,
        subject: &str,
        batch: u64,
    ) -> Result<Vec<Record>, ReadError> {
        let unavailable = |why: String| ReadError::Unavailable(why);
        self.turn += 1;
        let reply = format!("{}.{}", self.inbox, self.turn);
        let question = serde_json::to_vec(&Question { seq: from, next_by_subj: subject, batch })
            .map_err(|error| unavailable(error.to_string()))?;
        let asked = format!("$JS.API.DIRECT.GET.{}", link.names.stream);
        link.client
            .publish_with_reply(asked, reply.clone(), question.into())
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let mut records = Vec::new();
        loop {
            let answer = tokio::time::timeout(REQUEST_TIMEOUT, self.answers.next())
                .await
                .map_err(|_| unavailable("a direct get had no answer in time".into()))?
                .ok_or_else(|| unavailable("the connection is closed".into()))?;
            if answer.subject.as_str() != reply {
                continue;
            }
            match answer.status {
                None => records.push(record(link, &answer)?),
                Some(StatusCode::NOT_FOUND) => return Ok(records),
                Some(status) if status.as_u16() == END_OF_BATCH => return Ok(records),
                Some(status) => {
                    let what = answer.description.unwrap_or_default();
                    return Err(unavailable(format!("a direct get was answered by {status} {what}")));
                }
            }
        }
    }
}

fn record(link: &Link, answer: &Message) -> Result<Record, ReadError> {
    let header = |name: &str| answer.headers.as_ref().and_then(|headers| headers.get(name));
    let sequence = header("Nats-Sequence").and_then(|value| value.as_str().parse().ok());
    match (sequence, header("Nats-Subject")) {
        (Some(position), Some(subject)) => link.names.record(position, subject.as_str(), &answer.payload),
        _ => Err(ReadError::Unavailable("a direct get was answered without sequence or subject".into())),
    }
}
