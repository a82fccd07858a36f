//! Reading the records of one stream.

use super::Link;
use super::direct::DirectReader;
use super::readiness::ensure_readable;
use crate::backoff::Backoff;
use crate::limits::{DIRECT_BATCH_RECORDS_MAX, READ_TIMEOUT, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};
use crate::{Position, ReadError, Record};
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use domain::StreamName;
use tokio::time::Instant;

pub(super) async fn read(
    link: &Link,
    stream: &StreamName,
    after: Position,
) -> Result<Vec<Record>, ReadError> {
    let deadline = Instant::now() + READ_TIMEOUT;
    let mut backoff = Backoff::new(RETRY_PAUSE_MIN, RETRY_PAUSE_MAX);
    loop {
        let error = match attempt(link, stream, after).await {
            Err(ReadError::Unavailable(reason)) => reason,
            outcome => return outcome,
        };
        if Instant::now() >= deadline || link.ledgers.is_refused() {
            return Err(ReadError::Unavailable(link.explain(error)));
        }
        tracing::debug!(%stream, error, "a read failed; retrying");
        backoff.pause().await;
    }
}

async fn attempt(link: &Link, stream: &StreamName, after: Position) -> Result<Vec<Record>, ReadError> {
    ensure_readable(link).await?;
    let subject = link.names.subject(stream);
    let leader_position = if link.replicas > 1 { last_sequence(link, &subject).await? } else { 0 };
    let mut reader = DirectReader::open(link).await.map_err(ReadError::Unavailable)?;
    let mut records: Vec<Record> = Vec::new();
    loop {
        let from = records.last().map_or(after, |record| record.position) + 1;
        let more = reader.get(link, from, &subject, DIRECT_BATCH_RECORDS_MAX, Position::MAX).await?;
        let ended = (more.len() as u64) < DIRECT_BATCH_RECORDS_MAX;
        records.extend(more);
        if ended {
            break;
        }
    }
    let reached = records.last().map_or(after, |record| record.position);
    if reached < leader_position {
        return Err(ReadError::Unavailable(format!(
            "a replica is at position {reached} of {subject}, but the leader is at {leader_position}"
        )));
    }
    Ok(records)
}

/// Returns the last sequence of a subject according to the leader. Direct gets are served by any replica, which
/// may lag behind.
async fn last_sequence(link: &Link, subject: &str) -> Result<Position, ReadError> {
    let unavailable = |error: &dyn std::fmt::Display| ReadError::Unavailable(error.to_string());
    let stream =
        link.context.get_stream_no_info(&link.names.stream).await.map_err(|error| unavailable(&error))?;
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(message.sequence),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
        Err(error) => Err(unavailable(&error)),
    }
}
