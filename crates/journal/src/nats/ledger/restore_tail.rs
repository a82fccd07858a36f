//! Restoring lost messages of the stream from the log, at their original positions.

use crate::limits::{REQUEST_TIMEOUT, RESTORE_BATCH_RECORDS_MAX};
use crate::nats::append::{Outgoing, PublishError, parse_ack};
use crate::nats::message::{EXPECTED_SEQUENCE, Names};
use crate::{Position, ReadError, payload};
use async_nats::Client;
use event_log::{EventLog, Record};
use futures::StreamExt as _;

/// Why records could not be restored.
#[derive(Debug, thiserror::Error)]
pub(in crate::nats) enum RestoreTailError {
    #[error("{0}")]
    Log(String),
    #[error("{0}")]
    InvalidRecord(#[from] ReadError),
    #[error("the stream grew while records were being restored")]
    StreamGrew,
    #[error("{0}")]
    Broker(String),
}

impl From<PublishError> for RestoreTailError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Conflict => RestoreTailError::StreamGrew,
            PublishError::Retryable(reason) | PublishError::Refused(reason) => {
                RestoreTailError::Broker(reason)
            }
        }
    }
}

/// Publishes the log's records after `end`, the end of the stream, up to `to`, each only if its predecessor is
/// the stream's last message. `subject` maps a stream's name to the subject to publish to; `progress` is called
/// with the position reached.
pub(in crate::nats) async fn restore_tail(
    client: &Client,
    names: &Names,
    log: &EventLog,
    (mut end, to): (Position, Position),
    subject: impl Fn(&str) -> String,
    mut progress: impl FnMut(Position),
) -> Result<(), RestoreTailError> {
    let inbox = client.new_inbox();
    let mut replies = client
        .subscribe(format!("{inbox}.*"))
        .await
        .map_err(|error| RestoreTailError::Broker(error.to_string()))?;
    // They are published in order, and each is refused unless its predecessor was accepted.
    while end < to {
        let count = (to - end).min(RESTORE_BATCH_RECORDS_MAX as u64) as usize;
        let records = log.read(end, count).map_err(|error| RestoreTailError::Log(error.to_string()))?;
        for record in &records {
            let Outgoing { subject, headers, payload } = to_message(names, record, &subject)?;
            let reply = format!("{inbox}.{}", record.position);
            client
                .publish_with_reply_and_headers(subject, reply, headers, payload)
                .await
                .map_err(|error| RestoreTailError::Broker(error.to_string()))?;
        }
        for record in &records {
            let reply = tokio::time::timeout(REQUEST_TIMEOUT, replies.next()).await;
            let Ok(Some(reply)) = reply else {
                return Err(RestoreTailError::Broker("no reply in time".into()));
            };
            if parse_ack(&reply.payload)? != record.position {
                return Err(RestoreTailError::StreamGrew);
            }
            end = record.position;
        }
        progress(end);
    }
    Ok(())
}

/// Rebuilds the message of a record.
fn to_message(
    names: &Names,
    record: &Record,
    subject: impl Fn(&str) -> String,
) -> Result<Outgoing, ReadError> {
    let opened = payload::decode(record.position, &record.stream, &record.payload)?;
    let mut headers = names.headers(&opened.stream, &opened.envelope, &record.types, &record.salt);
    headers.insert(EXPECTED_SEQUENCE, (record.position - 1).to_string());
    Ok(Outgoing { subject: subject(&record.stream), headers, payload: record.payload.clone() })
}
