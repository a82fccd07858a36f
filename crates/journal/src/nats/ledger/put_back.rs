//! Records of a log as the messages that they were, at the positions that they had.

use crate::limits::RECORDS_PUT_BACK_AT_ONCE;
use crate::nats::append::{Outgoing, PublishError, request};
use crate::nats::message::{EXPECTED_SEQUENCE, Names};
use crate::{Position, ReadError, payload};
use async_nats::Client;
use event_log::{EventLog, Record};
use futures::{StreamExt as _, stream};

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
    while end < to {
        let count = (to - end).min(RECORDS_PUT_BACK_AT_ONCE as u64) as usize;
        let records = log.read(end, count).map_err(|error| Fault::Log(error.to_string()))?;
        let messages = records.iter().map(|record| again(names, record, &subject));
        let messages = messages.collect::<Result<Vec<Outgoing>, _>>()?;
        // They are sent in this order, and each is refused unless the one before it was taken.
        let sent = messages.into_iter().map(|message| request(client.clone(), message));
        let mut answers = stream::iter(sent).buffered(RECORDS_PUT_BACK_AT_ONCE);
        while let Some(answer) = answers.next().await {
            if answer? != end + 1 {
                return Err(Fault::Grew);
            }
            end += 1;
        }
        progress(end);
    }
    Ok(())
}

/// The message that a record was.
fn again(
    names: &Names,
    record: &Record,
    subject: impl Fn(&str) -> String,
) -> Result<Outgoing, ReadError> {
    let opened = payload::open(record.position, &record.stream, &record.payload)?;
    let mut headers = names.headers(&opened.stream, &opened.envelope, &record.types, &record.salt);
    headers.insert(EXPECTED_SEQUENCE, (record.position - 1).to_string());
    Ok(Outgoing { subject: subject(&record.stream), headers, payload: record.payload.clone() })
}
