//! Ordering a commit: one message with the sequence it expects, or an atomic batch of them.

use super::message::{EXPECTED_SUBJECT_SEQUENCE, Names};
use super::{Link, standing};
use crate::limits::{APPEND_TIMEOUT, REQUEST_TIMEOUT, RETRY_PAUSE_MAX};
use crate::payload::{Sealed, seal};
use crate::{AppendError, Commit, Position, ReadError};
use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap, Request};
use bytes::Bytes;
use domain::Uuid;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

/// A message that is ready to be sent.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// Why a publication had no effect, or may have had none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublishError {
    /// An expected sequence was not the last.
    Conflict,
    /// No answer, or one that says "not now": sending it again is right.
    Unclear(String),
    /// The server will not take it.
    Refused(String),
}

pub(super) async fn append(link: &Link, commit: Commit) -> Result<Position, AppendError> {
    let (commit_id, digest) = (commit.envelope.commit_id, commit.envelope.command_digest.clone());
    let sealed = seal(commit)?;
    let messages: Vec<Outgoing> = sealed.iter().map(|write| outgoing(&link.names, write)).collect();
    let taken_before = link.heard.highest();
    let deadline = Instant::now() + APPEND_TIMEOUT;
    let mut pause = Duration::from_millis(10);
    loop {
        let published = match standing::may_append(link).await {
            Ok(()) => publish(link, &messages).await,
            Err(why) => Err(PublishError::Unclear(why)),
        };
        let why = match published {
            Ok(last) => return fresh(link, last, messages.len(), taken_before),
            Err(PublishError::Conflict) => return answer_before(link, &sealed, commit_id, &digest).await,
            Err(PublishError::Refused(why)) => return Err(AppendError::Unavailable(why)),
            Err(PublishError::Unclear(why)) => why,
        };
        if Instant::now() >= deadline {
            return Err(AppendError::Unavailable(why));
        }
        // It may be that there is no stream any more, or another one.
        link.doubt();
        // Had it an effect, then sending it again is a conflict, and the answer is found in the stream.
        tracing::debug!(%commit_id, why, "an append is not answered; sending it again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_PAUSE_MAX);
    }
}

fn outgoing(names: &Names, write: &Sealed) -> Outgoing {
    let mut headers = names.headers(&write.stream, &write.envelope, &write.types, &write.salt);
    headers.insert(EXPECTED_SUBJECT_SEQUENCE, write.expected.to_string());
    Outgoing { subject: names.subject(&write.stream), headers, payload: write.payload.clone() }
}

/// A new record cannot stand where a ledger has another: the stream has lost its end then, and what it
/// answers is not to be believed.
fn fresh(link: &Link, last: Position, writes: usize, taken: Position) -> Result<Position, AppendError> {
    let first = last + 1 - writes as u64;
    if first > taken {
        return Ok(last);
    }
    link.heard.doubt();
    Err(AppendError::Damaged(format!(
        "the stream gave position {first} away again, though a ledger has everything up to {taken}"
    )))
}

/// The stream has moved: by this very commit, when its answer was lost, or by another.
async fn answer_before(
    link: &Link,
    sealed: &[Sealed],
    commit_id: Uuid,
    digest: &[u8],
) -> Result<Position, AppendError> {
    let mut moved = None;
    for write in sealed {
        let news = match super::read::read(link, &write.stream, write.expected).await {
            Ok(news) => news,
            Err(ReadError::Unavailable(why)) => return Err(AppendError::Unavailable(why)),
            Err(damaged) => return Err(AppendError::Damaged(damaged.to_string())),
        };
        if let Some(record) = news.iter().find(|record| record.envelope.commit_id == commit_id) {
            if record.envelope.command_digest != digest {
                return Err(AppendError::Reused(commit_id));
            }
            return Ok(record.commit_end());
        }
        if moved.is_none() && !news.is_empty() {
            moved = Some(write);
        }
    }
    // A position that the stream has not reached is a conflict without news.
    let write = moved.unwrap_or(&sealed[0]);
    Err(AppendError::Conflict { stream: write.stream.clone(), expected: write.expected })
}

/// Sends messages that enter the stream together or not at all; answers with the last one's sequence.
async fn publish(link: &Link, messages: &[Outgoing]) -> Result<Position, PublishError> {
    let Some((last, before)) = messages.split_last() else {
        return Err(PublishError::Refused("nothing to publish".into()));
    };
    if before.is_empty() {
        return request(link.client.clone(), last.clone()).await;
    }
    let _turn = link.batches.acquire().await.map_err(|closed| PublishError::Unclear(closed.to_string()))?;
    let batch = Uuid::new_v4().simple().to_string();
    for (sequence, message) in (1..).zip(before) {
        let headers = in_batch(message, &batch, sequence);
        link.client
            .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
            .await
            .map_err(|error| PublishError::Unclear(error.to_string()))?;
    }
    // Whatever was wrong with the messages before is told in the answer to the last.
    let mut headers = in_batch(last, &batch, messages.len());
    headers.insert("Nats-Batch-Commit", "1");
    request(link.client.clone(), Outgoing { headers, ..last.clone() }).await
}

fn in_batch(message: &Outgoing, batch: &str, sequence: usize) -> HeaderMap {
    let mut headers = message.headers.clone();
    headers.insert("Nats-Batch-Id", batch);
    headers.insert("Nats-Batch-Sequence", sequence.to_string());
    headers
}

async fn request(client: Client, message: Outgoing) -> Result<Position, PublishError> {
    let Outgoing { subject, headers, payload } = message;
    let request = Request::new().headers(headers).payload(payload).timeout(Some(REQUEST_TIMEOUT));
    match client.send_request(subject, request).await {
        Ok(answer) => read_answer(&answer.payload),
        Err(error) => Err(match error.kind() {
            RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                PublishError::Refused(error.to_string())
            }
            _ => PublishError::Unclear(error.to_string()),
        }),
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    seq: Position,
    error: Option<ServerError>,
}

#[derive(Deserialize)]
struct ServerError {
    code: u16,
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// A wrong last sequence: one replica says 10071, several 10164; 10070 is about the whole stream.
const CONFLICTS: [u64; 3] = [10071, 10164, 10070];
/// A batch that the server does not know whole: one of its messages was lost on the way, or too many
/// batches were open.
const BROKEN_BATCHES: [u64; 3] = [10176, 10210, 10211];

/// The sequence that JetStream gave to a message.
pub(super) fn read_answer(answer: &[u8]) -> Result<Position, PublishError> {
    let answer: Answer = serde_json::from_slice(answer)
        .map_err(|fault| PublishError::Unclear(format!("the answer of JetStream cannot be read: {fault}")))?;
    let Some(error) = answer.error else {
        return match answer.seq {
            0 => Err(PublishError::Unclear("the answer of JetStream has no sequence".into())),
            sequence => Ok(sequence),
        };
    };
    let why = format!("{} (error {} of JetStream)", error.description, error.err_code);
    Err(match error.err_code {
        code if CONFLICTS.contains(&code) => PublishError::Conflict,
        code if BROKEN_BATCHES.contains(&code) || error.code == 503 => PublishError::Unclear(why),
        _ => PublishError::Refused(why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_a_conflict_with_one_replica_or_three() {
        for code in [10071, 10164] {
            let answer = format!(
                r#"{{"error":{{"code":400,"err_code":{code},"description":"wrong last sequence: 7"}},"stream":"s","seq":0}}"#
            );
            assert_eq!(read_answer(answer.as_bytes()), Err(PublishError::Conflict), "{code}");
        }
    }

    #[test]
    fn an_answer_is_a_sequence_or_a_reason() {
        assert_eq!(read_answer(br#"{"stream":"s","seq":12,"batch":"b","count":2}"#), Ok(12));
        assert!(matches!(read_answer(b""), Err(PublishError::Unclear(_))));
        assert!(matches!(read_answer(br#"{"stream":"s"}"#), Err(PublishError::Unclear(_))));
        let full = br#"{"error":{"code":400,"err_code":10077,"description":"maximum bytes exceeded"}}"#;
        assert!(matches!(read_answer(full), Err(PublishError::Refused(_))));
    }
}
