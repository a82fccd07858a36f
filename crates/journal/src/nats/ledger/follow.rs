//! Consuming the stream, and grouping its records into complete commits.

use super::{SessionEnd, interrupted};
use crate::limits::{
    CONSUMER_HEARTBEAT, INCOMPLETE_COMMIT_WAIT, LEDGER_GROUP_BYTES_MAX, LEDGER_GROUP_RECORDS_MAX,
    PULL_BATCH_MESSAGES_MAX,
};
use crate::nats::Link;
use crate::nats::message::Names;
use crate::nats::received::{NoRecord, Received};
use crate::{Position, ReadError};
use async_nats::HeaderMap;
use async_nats::jetstream::{self, consumer, stream};
use event_log::OrderedRecord;
use proto::log::v1::message_passed_over::Reason;
use std::time::Duration;
use tokio::time::Instant;

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
    /// Time of the record there, in microseconds since 1970. Where there is none, that of the first message.
    time_micros: Option<i64>,
    /// Number of messages delivered by the consumer.
    delivered: u64,
    pub(super) waiting: Vec<OrderedRecord>,
    /// When the last message came.
    received_at: Instant,
}

type Incoming = Option<Result<jetstream::Message, consumer::pull::MessagesError>>;

impl Group {
    pub(super) fn starting_after(after: Position, time_micros: Option<i64>) -> Group {
        Group { after, time_micros, delivered: 0, waiting: Vec::new(), received_at: Instant::now() }
    }

    pub(super) fn reached(&self) -> Position {
        self.after + self.waiting.len() as u64
    }

    /// Returns whether it has as much as the log takes at a time.
    pub(super) fn is_full(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(|record| record.payload.len()).sum();
        self.waiting.len() >= LEDGER_GROUP_RECORDS_MAX || bytes >= LEDGER_GROUP_BYTES_MAX
    }

    /// Returns whether the stream has ended with a part of a commit for [`INCOMPLETE_COMMIT_WAIT`].
    pub(super) fn waits_in_vain(&self) -> bool {
        self.open_commit().is_some() && self.received_at.elapsed() >= INCOMPLETE_COMMIT_WAIT
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
        self.time_micros.get_or_insert(published);
        self.received_at = Instant::now();
        let jetstream::Message { message, .. } = message;
        let (subject, headers) = (message.subject.as_str(), message.headers.unwrap_or_default());
        self.add(&link.names, &Received { position, subject, headers: &headers, payload: &message.payload });
        Ok(())
    }

    /// Adds the record of a message. A commit that it does not continue is not there as a whole.
    fn add(&mut self, names: &Names, received: &Received<'_>) {
        let (mut record, mut no_record) = received.log_record(names, self.time_before(self.waiting.len()));
        if !self.continues(&record) {
            self.pass_over_open_commit(names);
            (record, no_record) = received.log_record(names, self.time_before(self.waiting.len()));
        }
        if !self.continues(&record) {
            no_record = Some(incomplete(&record));
            record = received.log_record_of_incomplete(names, self.time_before(self.waiting.len()));
        }
        if let Some(no_record) = no_record {
            warn(received, &no_record);
        }
        self.waiting.push(record);
    }

    /// The last record, if the rest of its commit is still to come.
    fn open_commit(&self) -> Option<&OrderedRecord> {
        self.waiting.last().filter(|last| last.part < last.parts)
    }

    /// Returns whether the record continues the current commit, or starts a new one after a complete one.
    fn continues(&self, record: &OrderedRecord) -> bool {
        match self.open_commit() {
            Some(before) => {
                before.command_id == record.command_id
                    && before.parts == record.parts
                    && record.part == before.part + 1
            }
            None => record.part == 1,
        }
    }

    /// Passes over what is there of a commit whose rest does not come.
    fn pass_over_open_commit(&mut self, names: &Names) {
        let Some(last) = self.open_commit() else { return };
        for at in self.waiting.len() - last.part as usize..self.waiting.len() {
            let part = &self.waiting[at];
            let (position, subject, headers) =
                (part.position, names.subject_of(&part.stream), HeaderMap::new());
            let received =
                Received { position, subject: &subject, headers: &headers, payload: &part.payload };
            warn(&received, &incomplete(part));
            self.waiting[at] = received.log_record_of_incomplete(names, self.time_before(at));
        }
    }

    /// Time of the record before one of those that wait, in microseconds since 1970.
    fn time_before(&self, at: usize) -> i64 {
        let before = at.checked_sub(1).and_then(|before| self.waiting.get(before));
        before.map(|before| before.time_micros).or(self.time_micros).unwrap_or_default()
    }

    /// Removes and returns the complete commits; an incomplete commit at the end stays.
    pub(super) fn take_complete_commits(&mut self) -> Vec<OrderedRecord> {
        let complete =
            self.waiting.iter().rposition(|record| record.part == record.parts).map_or(0, |at| at + 1);
        self.after += complete as u64;
        let taken: Vec<OrderedRecord> = self.waiting.drain(..complete).collect();
        self.time_micros = taken.last().map(|last| last.time_micros).or(self.time_micros);
        taken
    }
}

fn incomplete(record: &OrderedRecord) -> NoRecord {
    let what =
        format!("it is part {} of {} of a commit that is not there as a whole", record.part, record.parts);
    NoRecord { reason: Reason::IncompleteCommit, what }
}

fn warn(received: &Received<'_>, no_record: &NoRecord) {
    let (position, subject, bytes) = (received.position, received.subject, received.payload.len());
    tracing::warn!(
        position,
        subject,
        bytes,
        "a message that is no record is passed over: {}",
        no_record.what
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::nats::message::EXPECTED_SEQUENCE;
    use crate::payload::encode;
    use crate::personal::Keys;
    use domain::Uuid;

    /// Publishes these parts of commits, each as a ledger would restore it, and returns what the log gets.
    fn logged(parts: &[(u128, usize, usize)]) -> Vec<(u32, u32, bool)> {
        let names = Names::new("main").unwrap();
        let mut group = Group::starting_after(0, Some(7));
        for (position, &(id, part, parts)) in (1..).zip(parts) {
            let streams: Vec<_> = (0..parts).map(|_| sample::stream()).collect();
            let writes: Vec<_> = streams.iter().map(|stream| (stream, 0)).collect();
            let commit = sample::commit(Uuid::from_u128(id), &writes);
            let encoded = futures::executor::block_on(encode(commit, &Keys::in_memory()));
            let sealed = encoded.unwrap().remove(part - 1);
            let mut headers = names.headers(&sealed.stream, &sealed.envelope, &sealed.types, &sealed.salt);
            headers.insert(EXPECTED_SEQUENCE, (position - 1).to_string());
            let subject = names.subject(&sealed.stream);
            group.add(
                &names,
                &Received { position, subject: &subject, headers: &headers, payload: &sealed.payload },
            );
        }
        let is_passed_over = |record: &OrderedRecord| record.types == ["huishang.log.v1.MessagePassedOver"];
        let taken = group.take_complete_commits();
        taken.iter().map(|record| (record.part, record.parts, is_passed_over(record))).collect()
    }

    #[test]
    fn a_commit_is_taken_as_a_whole_or_passed_over() {
        let passed_over = (1, 1, true);
        assert_eq!(logged(&[(1, 1, 2), (1, 2, 2)]), [(1, 2, false), (2, 2, false)]);
        assert_eq!(logged(&[(1, 1, 3), (1, 2, 3)]), [], "the rest may come");
        assert_eq!(logged(&[(1, 1, 3), (1, 2, 3), (2, 1, 1)]), [passed_over, passed_over, (1, 1, false)]);
        assert_eq!(logged(&[(1, 2, 2), (2, 1, 1)]), [passed_over, (1, 1, false)]);
        assert_eq!(logged(&[(1, 1, 2), (2, 2, 2)]), [passed_over, passed_over]);
        assert_eq!(logged(&[(1, 1, 2), (1, 1, 2), (1, 2, 2)]), [passed_over, (1, 2, false), (2, 2, false)]);
    }
}
