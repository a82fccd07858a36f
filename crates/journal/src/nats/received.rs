//! Messages of the stream, as records.
//!
//! Anybody whom the broker's accounts allow can publish to the subjects of the realm. A message that is no record
//! keeps its position, which the broker has assigned: it is passed over, and a record takes its place that says so and
//! has no events. Whether a message is a record follows from the message, and for a part of a commit from those beside
//! it ([`super::commits`]), so every ledger and every reader decides alike, and all ledgers have equal bytes.
//!
//! A record states which position its stream had before it, in the payload and as the expected sequence, which the
//! broker has compared. A copy, published again later, cannot state both: it is passed over, so a command is never in
//! a stream twice.

use super::message::{EXPECTED_SEQUENCE, EXPECTED_SUBJECT_SEQUENCE, Names, SALT};
use crate::payload::{self, Salt, WithPrevious};
use crate::{Position, ReadError, Record};
use async_nats::HeaderMap;
use bytes::Bytes;
use domain::{Actor, StreamName, Timestamp, Uuid, aggregate::derived_id};
use event_log::{OrderedRecord, hex};
use prost::Message as _;
use proto::Wire as _;
use proto::log::v1::{MessagePassedOver, Payload, message_passed_over::Reason};
use proto::record::{Envelope, message_passed_over};
use sha2::{Digest as _, Sha256};

/// Category of the streams for messages whose subject names no stream.
pub(super) const FOREIGN: &str = "journal.foreign";
/// Header: the number of a message within an atomic batch.
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
/// Header: set on the last message of an atomic batch.
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// A message at its position in the stream.
pub(super) struct Received<'a> {
    pub(super) position: Position,
    pub(super) subject: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) payload: &'a Bytes,
}

/// Why a message is no record: the reason on record, and more for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRecord {
    pub(super) reason: Reason,
    pub(super) what: String,
}

impl Received<'_> {
    /// Returns the record at this position, without personal values.
    pub(super) fn record(&self, names: &Names) -> Record {
        self.sealed_record(names).0
    }

    /// The same, with the payload that has its personal values; none if the message is passed over.
    pub(super) fn sealed_record(&self, names: &Names) -> (Record, Option<Bytes>) {
        match self.open(names) {
            Ok((record, _)) => (record, Some(self.payload.clone())),
            Err(no_record) => (self.passed_over(names, no_record.reason, Timestamp::UNIX_EPOCH).0, None),
        }
    }

    /// Returns the record that ledgers store at this position, and why the message is passed over if it is.
    /// `previous_micros` is the time of the record before it.
    pub(super) fn log_record(
        &self,
        names: &Names,
        previous_micros: i64,
    ) -> (OrderedRecord, Option<NoRecord>) {
        match self.open(names) {
            Ok((record, salt)) => (to_log(record, salt, self.payload.clone()), None),
            Err(no_record) => {
                (self.logged_passed_over(names, no_record.reason, previous_micros), Some(no_record))
            }
        }
    }

    /// Returns the record that readers see here if the message is part of a commit that is not there as a whole.
    pub(super) fn record_of_incomplete(&self, names: &Names) -> Record {
        self.passed_over(names, Reason::IncompleteCommit, Timestamp::UNIX_EPOCH).0
    }

    /// Returns the record that ledgers store here if the message is part of a commit that is not there as a whole.
    pub(super) fn log_record_of_incomplete(&self, names: &Names, previous_micros: i64) -> OrderedRecord {
        self.logged_passed_over(names, Reason::IncompleteCommit, previous_micros)
    }

    /// Returns whether a log has this message at its position. Whether its commit was there as a whole, the log says.
    pub(super) fn is(&self, names: &Names, logged: &event_log::Record) -> bool {
        let same =
            |record: &OrderedRecord| record.stream == logged.stream && record.payload == logged.payload;
        let (record, _) = self.log_record(names, logged.time_micros);
        same(&record) || record.parts > 1 && same(&self.log_record_of_incomplete(names, logged.time_micros))
    }

    /// Returns whether the record at this position has this command id, be its commit there as a whole or not.
    pub(super) fn has_command_id(&self, names: &Names, id: Uuid) -> bool {
        [self.record(names), self.record_of_incomplete(names)]
            .iter()
            .any(|record| record.envelope.command_id == id)
    }

    fn logged_passed_over(&self, names: &Names, reason: Reason, previous_micros: i64) -> OrderedRecord {
        let time = Timestamp::from_microsecond(previous_micros).unwrap_or(Timestamp::UNIX_EPOCH);
        let (record, payload) = self.passed_over(names, reason, time);
        let salt = Sha256::digest(&payload).first_chunk().copied().unwrap_or_default();
        to_log(record, salt, payload)
    }

    /// Decodes a record that the journal has published at this position.
    pub(super) fn open(&self, names: &Names) -> Result<(Record, Salt), NoRecord> {
        let no_record = |what: String| NoRecord { reason: Reason::NotARecord, what };
        let name = names.stream_name(self.subject);
        let opened = payload::decode_with_previous(self.position, name, self.payload);
        let WithPrevious { record, previous } = opened.map_err(|error| match error {
            ReadError::Damaged { what, .. } | ReadError::Unavailable(what) => no_record(what),
        })?;
        if record.stream.to_string() != name {
            return Err(no_record("its subject is not the name of a stream".into()));
        }
        payload::check_limits(&record, self.payload.len()).map_err(no_record)?;
        let salt = self.header(SALT).and_then(hex::decode);
        let salt = salt.ok_or_else(|| no_record("it has no salt".into()))?;
        self.check_place(&record, previous)?;
        Ok((record, salt))
    }

    /// Checks that the broker has compared the record's place in its stream when the message was published.
    fn check_place(&self, record: &Record, previous: Option<Position>) -> Result<(), NoRecord> {
        // A ledger restores records one by one, each at its position.
        if self.number(EXPECTED_SEQUENCE).is_some_and(|sequence| sequence + 1 == self.position) {
            return Ok(());
        }
        let no_record = |what: String| Err(NoRecord { reason: Reason::NotInItsPlace, what });
        let Some(expected) = self.number(EXPECTED_SUBJECT_SEQUENCE) else {
            return no_record("it does not state the position that its stream had before it".into());
        };
        if let Some(previous) = previous.filter(|previous| *previous != expected) {
            return no_record(format!(
                "it was written after position {previous} of its stream, and published after {expected}"
            ));
        }
        let Envelope { part, parts, .. } = &record.envelope;
        let is_batch_complete = self.header(BATCH_COMMIT).is_some();
        match *parts > 1
            && (self.number(BATCH_SEQUENCE) != Some(u64::from(*part)) || is_batch_complete != (part == parts))
        {
            true => no_record(format!("it is part {part} of {parts} of a commit, and not of a batch")),
            false => Ok(()),
        }
    }

    /// The record in place of a message that is none; its payload depends on nothing but the message and the time.
    fn passed_over(&self, names: &Names, reason: Reason, time: Timestamp) -> (Record, Bytes) {
        let Received { position, subject, payload, .. } = *self;
        let digest = Sha256::digest(payload).to_vec();
        let name = names.stream_name(subject);
        let stream = StreamName::parse(name).filter(|stream| stream.to_string() == name);
        let stream = stream.unwrap_or_else(|| StreamName {
            category: FOREIGN.to_owned(),
            id: derived_id(Uuid::NAMESPACE_OID, &[FOREIGN, subject]),
        });
        let id =
            derived_id(Uuid::NAMESPACE_OID, &["passed over", &position.to_string(), &hex::encode(&digest)]);
        let envelope = Envelope {
            command_id: id,
            command_digest: digest.clone(),
            time,
            actor: Actor::process("journal"),
            on_behalf_of: None,
            causation_id: None,
            correlation_id: id,
            traceparent: None,
            part: 1,
            parts: 1,
        };
        let events = vec![message_passed_over(&MessagePassedOver {
            reason: reason.into(),
            subject: subject.to_owned(),
            payload_bytes: payload.len() as u64,
            payload_sha256: digest,
        })];
        let encoded =
            Payload { envelope: Some(envelope.to_wire()), events: events.clone(), after_position: None };
        (Record { position, stream, envelope, events }, encoded.encode_to_vec().into())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(async_nats::HeaderValue::as_str)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }
}

fn to_log(record: Record, salt: Salt, payload: Bytes) -> OrderedRecord {
    OrderedRecord {
        position: record.position,
        stream: record.stream.to_string(),
        types: payload::types(&record),
        time_micros: record.envelope.time.as_microsecond(),
        command_id: record.envelope.command_id,
        part: record.envelope.part,
        parts: record.envelope.parts,
        salt,
        payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::payload::{Encoded, encode};
    use crate::personal::Keys;

    fn names() -> Names {
        Names::new("main").unwrap()
    }

    /// The messages of a commit to two streams, the first at position 7 and the second new, as published.
    fn published() -> Vec<(String, HeaderMap, Bytes)> {
        let commit = sample::commit(Uuid::new_v4(), &[(&sample::stream(), 7), (&sample::stream(), 0)]);
        let message = |(sequence, write): (u64, Encoded)| {
            let mut headers = names().headers(&write.stream, &write.envelope, &write.types, &write.salt);
            headers.insert(EXPECTED_SUBJECT_SEQUENCE, write.expected.to_string());
            headers.insert(BATCH_SEQUENCE, sequence.to_string());
            if sequence == 2 {
                headers.insert(BATCH_COMMIT, "1");
            }
            (names().subject(&write.stream), headers, write.payload)
        };
        let encoded = futures::executor::block_on(encode(commit, &Keys::in_memory())).unwrap();
        (1..).zip(encoded).map(message).collect()
    }

    /// Why the message is passed over; checks that it then has no effect and keeps its position.
    fn passed_over(subject: &str, headers: &HeaderMap, payload: &Bytes) -> Option<Reason> {
        let received = Received { position: 9, subject, headers, payload };
        let (stored, no_record) = received.log_record(&names(), 5);
        let record = received.record(&names());
        assert_eq!((stored.position, record.position), (9, 9));
        assert_eq!(stored.command_id, record.envelope.command_id);
        if no_record.is_some() {
            assert!(record.events.iter().all(proto::record::changes_nothing));
            assert_eq!((stored.part, stored.parts, stored.time_micros), (1, 1, 5));
            assert_eq!(received.log_record(&names(), 5).0, stored, "it follows from the message");
            let stream = stored.stream.as_str();
            assert_eq!(payload::decode(9, stream, &stored.payload).unwrap().events, record.events);
        }
        no_record.map(|no_record| no_record.reason)
    }

    #[test]
    fn what_the_journal_publishes_is_a_record() {
        for (subject, headers, payload) in published() {
            assert_eq!(passed_over(&subject, &headers, &payload), None);
        }
    }

    #[test]
    fn a_copy_published_again_is_passed_over() {
        let mut all = published();
        let (subject, headers, payload) = all.remove(0);
        let mut later = headers.clone();
        later.insert(EXPECTED_SUBJECT_SEQUENCE, "8");
        let mut anywhere = HeaderMap::new();
        anywhere.insert(SALT, hex::encode(&[7; 16]));
        let mut alone = headers.clone();
        alone.insert(BATCH_COMMIT, "1");
        for copy in [later, anywhere, alone] {
            assert_eq!(passed_over(&subject, &copy, &payload), Some(Reason::NotInItsPlace), "{copy:?}");
        }
    }

    #[test]
    fn junk_is_passed_over_wherever_it_is_published() {
        let (subject, headers, payload) = published().remove(0);
        let shouted =
            subject.to_uppercase().replace("HUISHANG.MAIN.SAMPLE.THING", "huishang.main.sample.thing");
        for (subject, headers, payload) in [
            (subject.as_str(), &headers, &Bytes::from_static(&[7; 100])),
            (subject.as_str(), &headers, &Bytes::new()),
            (subject.as_str(), &HeaderMap::new(), &payload),
            ("huishang.main.a.b.c", &headers, &payload),
            (shouted.as_str(), &headers, &payload),
        ] {
            assert_eq!(passed_over(subject, headers, payload), Some(Reason::NotARecord), "{subject}");
        }
    }
}
