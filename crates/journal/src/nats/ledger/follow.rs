//! Consuming the stream, and grouping its records into complete commits.

use super::{SessionEnd, interrupted};
use crate::limits::{
    CONSUMER_HEARTBEAT, LEDGER_GROUP_BYTES_MAX, LEDGER_GROUP_RECORDS_MAX, PULL_BATCH_MESSAGES_MAX,
};
use crate::nats::Link;
use crate::nats::received::{NoRecord, Received};
use crate::{Position, ReadError};
use async_nats::jetstream::{self, consumer, stream};
use event_log::OrderedRecord;
use std::time::Duration;

pub(super) async fn consume(
    stream: &stream::Stream,
    from: Position,
) -> Result<consumer::pull::Stream, SessionEnd> {
    let consumer = stream
        .create_consumer(consumer::pull::Config {
            deliver_policy: consumer::DeliverPolicy::ByStartSequence { start_sequence: from },
            ack_policy: consumer::AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: Duration::from_secs(30),
            ..consumer::pull::Config::default()
        })
        .await
        .map_err(interrupted)?;
    let messages = consumer.stream().max_messages_per_batch(PULL_BATCH_MESSAGES_MAX);
    messages.heartbeat(CONSUMER_HEARTBEAT).messages().await.map_err(interrupted)
}

/// Records that have been received but are not in the log yet.
pub(super) struct Group {
    /// The last position appended to the log.
    after: Position,
    /// Time of the last record received, in microseconds since 1970; `None` if there is none.
    last_time_micros: Option<i64>,
    /// Number of messages delivered by the consumer.
    delivered: u64,
    pub(super) waiting: Vec<OrderedRecord>,
}

type Incoming = Option<Result<jetstream::Message, consumer::pull::MessagesError>>;

impl Group {
    pub(super) fn starting_after(after: Position, last_time_micros: Option<i64>) -> Group {
        Group { after, last_time_micros, delivered: 0, waiting: Vec::new() }
    }

    pub(super) fn reached(&self) -> Position {
        self.after + self.waiting.len() as u64
    }

    /// Returns whether it has as much as the log takes at a time.
    pub(super) fn is_full(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(|record| record.payload.len()).sum();
        self.waiting.len() >= LEDGER_GROUP_RECORDS_MAX || bytes >= LEDGER_GROUP_BYTES_MAX
    }

    pub(super) fn receive(&mut self, link: &Link, message: Incoming) -> Result<(), SessionEnd> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(interrupted(error)),
            None => return Err(SessionEnd::Interrupted("the consumer ended".into())),
        };
        let info = message.info().map_err(interrupted)?;
        let (position, expected) = (info.stream_sequence, self.reached() + 1);
        self.delivered += 1;
        if info.consumer_sequence != self.delivered {
            return Err(SessionEnd::Interrupted(format!(
                "a message before position {position} was lost on the way"
            )));
        }
        if position != expected {
            let what = format!("the stream continues at position {position}");
            return Err(ReadError::Damaged { position: expected, what }.into());
        }
        let published = (info.published.unix_timestamp_nanos() / 1000) as i64;
        let jetstream::Message { message, .. } = message;
        let (subject, headers) = (message.subject.as_str(), message.headers.unwrap_or_default());
        let received = Received { position, subject, headers: &headers, payload: &message.payload };
        let (record, no_record) =
            received.log_record(&link.names, self.last_time_micros.unwrap_or(published));
        if let Some(NoRecord { what, .. }) = no_record {
            let bytes = message.payload.len();
            tracing::warn!(position, subject, bytes, "a message that is no record is passed over: {what}");
        }
        self.check_commit(&record)?;
        self.last_time_micros = Some(record.time_micros);
        self.waiting.push(record);
        Ok(())
    }

    /// Checks that the record continues the current commit, or starts a new one after a complete one.
    fn check_commit(&self, record: &OrderedRecord) -> Result<(), ReadError> {
        let continues = match self.waiting.last() {
            Some(before) if before.part < before.parts => {
                before.command_id == record.command_id
                    && before.parts == record.parts
                    && record.part == before.part + 1
            }
            _ => record.part == 1,
        };
        if continues {
            return Ok(());
        }
        let what = format!("part {} of {} does not continue the commit before it", record.part, record.parts);
        Err(ReadError::Damaged { position: record.position, what })
    }

    /// Removes and returns the complete commits; an incomplete commit at the end stays.
    pub(super) fn take_complete_commits(&mut self) -> Vec<OrderedRecord> {
        let complete =
            self.waiting.iter().rposition(|record| record.part == record.parts).map_or(0, |at| at + 1);
        self.after += complete as u64;
        self.waiting.drain(..complete).collect()
    }
}
