//! Ordering a commit: publishing one message with its expected sequence, or an atomic batch of messages.

use super::message::{EXPECTED_SUBJECT_SEQUENCE, Names};
use super::{Link, NatsJournal, readiness};
use crate::backoff::Backoff;
use crate::conflict::explain_conflict;
use crate::limits::{APPEND_TIMEOUT, REQUEST_TIMEOUT, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};
use crate::payload::{Encoded, encode};
use crate::{AppendError, Commit, Obstacle, Position};
use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap, Request};
use bytes::Bytes;
use domain::Uuid;
use serde::Deserialize;
use tokio::time::Instant;

/// A message ready to be published.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// Why a message was not published, or may not have been.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublishError {
    /// An expected sequence does not match.
    Conflict,
    /// There was no reply, or the server is temporarily unable to accept it: it should be published again.
    Retryable(String),
    /// The server rejects the message.
    Refused(String),
}

pub(super) async fn append(journal: &NatsJournal, commit: Commit) -> Result<Position, AppendError> {
    let link = &*journal.link;
    let (command_id, digest) = (commit.envelope.command_id, commit.envelope.command_digest.clone());
    let highest_before = link.ledgers.highest();
    let deadline = Instant::now() + APPEND_TIMEOUT;
    let mut backoff = Backoff::new(RETRY_PAUSE_MIN, RETRY_PAUSE_MAX);
    loop {
        // What is ordered now would wait for somebody to free space.
        if let Some(Obstacle::ReadOnly(why)) = link.obstacle() {
            return Err(AppendError::Full(why));
        }
        let published = match readiness::ensure_appendable(link).await {
            Ok(()) => seal_and_publish(link, &commit).await?,
            Err(reason) => Err(PublishError::Retryable(reason)),
        };
        let reason = match published {
            Ok(last) => return check_new_position(link, last, commit.writes.len(), highest_before),
            Err(PublishError::Conflict) => {
                let writes: Vec<_> =
                    commit.writes.into_iter().map(|write| (write.stream, write.expected)).collect();
                return Err(explain_conflict(journal, &writes, command_id, &digest).await);
            }
            Err(PublishError::Refused(reason)) => return Err(AppendError::Unavailable(reason)),
            Err(PublishError::Retryable(reason)) => reason,
        };
        if Instant::now() >= deadline || link.ledgers.is_refused() {
            return Err(AppendError::Unavailable(link.explain(reason)));
        }
        // The stream may have been deleted or replaced.
        link.invalidate();
        // If the message was stored after all, publishing it again is a conflict, and the result is found in
        // the stream.
        tracing::debug!(%command_id, reason, "no reply to an append; publishing it again");
        backoff.pause().await;
    }
}

/// Seals a commit, with keys that the broker has now, and publishes it.
async fn seal_and_publish(
    link: &Link,
    commit: &Commit,
) -> Result<Result<Position, PublishError>, AppendError> {
    link.keys.ask_again_after(link.connection_epoch());
    match encode(commit.clone(), &link.keys).await {
        Ok(encoded) => {
            let messages: Vec<Outgoing> = encoded.iter().map(|write| outgoing(&link.names, write)).collect();
            Ok(publish(link, &messages).await)
        }
        Err(AppendError::Unavailable(reason)) => Ok(Err(PublishError::Retryable(reason))),
        Err(error) => Err(error),
    }
}

fn outgoing(names: &Names, write: &Encoded) -> Outgoing {
    let mut headers = names.headers(&write.stream, &write.envelope, &write.types, &write.salt);
    headers.insert(EXPECTED_SUBJECT_SEQUENCE, write.expected.to_string());
    Outgoing { subject: names.subject(&write.stream), headers, payload: write.payload.clone() }
}

/// Checks that a new record was not assigned a position that a ledger already has: the stream would have lost
/// its tail, and its acknowledgement would be worthless.
fn check_new_position(
    link: &Link,
    last: Position,
    writes: usize,
    highest: Position,
) -> Result<Position, AppendError> {
    let first = last + 1 - writes as u64;
    if first > highest {
        return Ok(last);
    }
    link.ledgers.invalidate();
    Err(AppendError::Damaged(format!(
        "the stream has assigned position {first} again, although a ledger has everything up to {highest}"
    )))
}

/// Publishes messages atomically and returns the sequence of the last one.
async fn publish(link: &Link, messages: &[Outgoing]) -> Result<Position, PublishError> {
    let Some((last, before)) = messages.split_last() else {
        return Err(PublishError::Refused("nothing to publish".into()));
    };
    if before.is_empty() {
        return request(link.client.clone(), last.clone()).await;
    }
    let _permit =
        link.batch_permits.acquire().await.map_err(|closed| PublishError::Retryable(closed.to_string()))?;
    let batch = Uuid::new_v4().simple().to_string();
    for (sequence, message) in (1..).zip(before) {
        let headers = in_batch(message, &batch, sequence);
        link.client
            .publish_with_headers(message.subject.clone(), headers, message.payload.clone())
            .await
            .map_err(|error| PublishError::Retryable(error.to_string()))?;
    }
    // Errors of the earlier messages are reported in the reply to the last one.
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

pub(super) async fn request(client: Client, message: Outgoing) -> Result<Position, PublishError> {
    let Outgoing { subject, headers, payload } = message;
    let request = Request::new().headers(headers).payload(payload).timeout(Some(REQUEST_TIMEOUT));
    match client.send_request(subject, request).await {
        Ok(reply) => parse_ack(&reply.payload),
        Err(error) => Err(match error.kind() {
            RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                PublishError::Refused(error.to_string())
            }
            _ => PublishError::Retryable(error.to_string()),
        }),
    }
}

#[derive(Deserialize)]
struct PubAck {
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

/// Error codes for a wrong last sequence: 10071 with one replica, 10164 with several; 10070 for the whole stream.
const CONFLICT_CODES: [u64; 3] = [10071, 10164, 10070];
/// Error codes for a batch that did not reach the server completely, because a message was lost or too many
/// batches were open.
const INCOMPLETE_BATCH_CODES: [u64; 3] = [10176, 10210, 10211];

/// Parses JetStream's acknowledgement and returns the sequence assigned to the message.
pub(super) fn parse_ack(reply: &[u8]) -> Result<Position, PublishError> {
    let ack: PubAck = serde_json::from_slice(reply)
        .map_err(|fault| PublishError::Retryable(format!("JetStream's reply is malformed: {fault}")))?;
    let Some(error) = ack.error else {
        return match ack.seq {
            0 => Err(PublishError::Retryable("JetStream's reply has no sequence".into())),
            sequence => Ok(sequence),
        };
    };
    let reason = format!("{} (JetStream error {})", error.description, error.err_code);
    Err(match error.err_code {
        code if CONFLICT_CODES.contains(&code) => PublishError::Conflict,
        code if INCOMPLETE_BATCH_CODES.contains(&code) || error.code == 503 => {
            PublishError::Retryable(reason)
        }
        _ => PublishError::Refused(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_recognized_with_one_replica_and_with_three() {
        for code in [10071, 10164] {
            let answer = format!(
                r#"{{"error":{{"code":400,"err_code":{code},"description":"wrong last sequence: 7"}},"stream":"s","seq":0}}"#
            );
            assert_eq!(parse_ack(answer.as_bytes()), Err(PublishError::Conflict), "{code}");
        }
    }

    #[test]
    fn a_reply_is_a_sequence_or_an_error() {
        assert_eq!(parse_ack(br#"{"stream":"s","seq":12,"batch":"b","count":2}"#), Ok(12));
        assert!(matches!(parse_ack(b""), Err(PublishError::Retryable(_))));
        assert!(matches!(parse_ack(br#"{"stream":"s"}"#), Err(PublishError::Retryable(_))));
        let full = br#"{"error":{"code":400,"err_code":10077,"description":"maximum bytes exceeded"}}"#;
        assert!(matches!(parse_ack(full), Err(PublishError::Refused(_))));
    }
}
