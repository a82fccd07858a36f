//! Records of a log as the messages that they were, at the positions that they had.

use crate::limits::{RECORDS_PUT_BACK_AT_ONCE, REQUEST_TIMEOUT};
use crate::nats::append::{Outgoing, PublishError, read_answer};
use crate::nats::message::{EXPECTED_SEQUENCE, Names};
use crate::{Position, ReadError, payload};
use async_nats::Client;
use event_log::{EventLog, Record};
use futures::StreamExt as _;

/// Why records could not be put back.
#[derive(Debug, thiserror::Error)]
pub(in crate::nats) enum Fault {
    #[error("{0}")]
    Log(String),
    #[error("{0}")]
    NoRecord(#[from] ReadError),
    #[error("the stream grew while records were put back")]
    Grew,
    #[error("{0}")]
    Broker(String),
}

impl From<PublishError> for Fault {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Conflict => Fault::Grew,
            PublishError::Unclear(why) | PublishError::Refused(why) => Fault::Broker(why),
        }
    }
}

/// Publishes the log's records behind `end`, which is where the stream ends, up to `to`: each only if the
/// one before it is the stream's last. `subject` says where a record of a stream is sent.
pub(in crate::nats) async fn put_back(
    client: &Client,
    names: &Names,
    log: &EventLog,
    (mut end, to): (Position, Position),
    subject: impl Fn(&str) -> String,
    mut progress: impl FnMut(Position),
) -> Result<(), Fault> {
    let inbox = client.new_inbox();
    let mut answers =
        client.subscribe(format!("{inbox}.*")).await.map_err(|error| Fault::Broker(error.to_string()))?;
    // They are sent in order, and each is refused unless the one before it was taken.
    while end < to {
        let count = (to - end).min(RECORDS_PUT_BACK_AT_ONCE as u64) as usize;
        let records = log.read(end, count).map_err(|error| Fault::Log(error.to_string()))?;
        for record in &records {
            let Outgoing { subject, headers, payload } = again(names, record, &subject)?;
            let reply = format!("{inbox}.{}", record.position);
            client
                .publish_with_reply_and_headers(subject, reply, headers, payload)
                .await
                .map_err(|error| Fault::Broker(error.to_string()))?;
        }
        for record in &records {
            let answer = tokio::time::timeout(REQUEST_TIMEOUT, answers.next()).await;
            let Ok(Some(answer)) = answer else {
                return Err(Fault::Broker("no answer in time".into()));
            };
            if read_answer(&answer.payload)? != record.position {
                return Err(Fault::Grew);
            }
            end = record.position;
        }
        progress(end);
    }
    Ok(())
}

/// The message that a record was.
fn again(names: &Names, record: &Record, subject: impl Fn(&str) -> String) -> Result<Outgoing, ReadError> {
    let opened = payload::open(record.position, &record.stream, &record.payload)?;
    let mut headers = names.headers(&opened.stream, &opened.envelope, &record.types, &record.salt);
    headers.insert(EXPECTED_SEQUENCE, (record.position - 1).to_string());
    Ok(Outgoing { subject: subject(&record.stream), headers, payload: record.payload.clone() })
}
