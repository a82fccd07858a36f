//! What the stream brings, and how it becomes groups of whole commits.

use super::{Ended, interrupted};
use crate::limits::{CONSUMER_HEARTBEAT, PULL_BATCH_MESSAGES_MAX};
use crate::nats::Link;
use crate::{Position, ReadError};
use async_nats::jetstream::{self, consumer, stream};
use event_log::OrderedRecord;
use std::time::Duration;

pub(super) async fn consume(
    stream: &stream::Stream,
    from: Position,
) -> Result<consumer::pull::Stream, Ended> {
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

/// Records that came and are not in the log yet.
pub(super) struct Group {
    /// The last position that went into the log.
    after: Position,
    /// How many messages the consumer has delivered.
    delivered: u64,
    pub(super) waiting: Vec<OrderedRecord>,
}

type Incoming = Option<Result<jetstream::Message, consumer::pull::MessagesError>>;

impl Group {
    pub(super) fn behind(after: Position) -> Group {
        Group { after, delivered: 0, waiting: Vec::new() }
    }

    pub(super) fn reached(&self) -> Position {
        self.after + self.waiting.len() as u64
    }

    pub(super) fn take(&mut self, link: &Link, message: Incoming) -> Result<(), Ended> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(interrupted(error)),
            None => return Err(Ended::Interrupted("the consumer ended".into())),
        };
        let info = message.info().map_err(interrupted)?;
        let (position, expected) = (info.stream_sequence, self.reached() + 1);
        self.delivered += 1;
        if info.consumer_sequence != self.delivered {
            return Err(Ended::Interrupted(format!(
                "{position} came, and one before it was lost on the way"
            )));
        }
        if position != expected {
            let what = format!("the stream goes on at {position}");
            return Err(ReadError::Damaged { position: expected, what }.into());
        }
        let jetstream::Message { message, .. } = message;
        let headers = message.headers.unwrap_or_default();
        let record = link.names.log_record(position, message.subject.as_str(), &headers, message.payload)?;
        self.fits(&record)?;
        self.waiting.push(record);
        Ok(())
    }

    /// Whether the record follows the one before within its commit, or begins a commit after a whole one.
    fn fits(&self, record: &OrderedRecord) -> Result<(), ReadError> {
        let follows = match self.waiting.last() {
            Some(before) if before.part < before.parts => {
                before.commit_id == record.commit_id
                    && before.parts == record.parts
                    && record.part == before.part + 1
            }
            _ => record.part == 1,
        };
        if follows {
            return Ok(());
        }
        let what = format!("part {} of {} of another commit", record.part, record.parts);
        Err(ReadError::Damaged { position: record.position, what })
    }

    /// Takes out what ends with a whole commit; a commit whose rest is still to come stays.
    pub(super) fn whole_commits(&mut self) -> Vec<OrderedRecord> {
        let whole =
            self.waiting.iter().rposition(|record| record.part == record.parts).map_or(0, |at| at + 1);
        self.after += whole as u64;
        self.waiting.drain(..whole).collect()
    }
}
