//! Names in NATS, and how a record becomes a message.

use super::announcement::unhex;
use crate::payload::{self, Salt};
use crate::{Position, ReadError, Record};
use async_nats::HeaderMap;
use bytes::Bytes;
use domain::StreamName;
use event_log::hex::digits;
use proto::record::Envelope;

/// The last sequence that a message's subject must have.
pub(super) const EXPECTED_SUBJECT_SEQUENCE: &str = "Nats-Expected-Last-Subject-Sequence";
/// The last sequence that the stream must have.
pub(super) const EXPECTED_SEQUENCE: &str = "Nats-Expected-Last-Sequence";
/// The salt of the record's hash, in hexadecimal digits.
const SALT: &str = "Huishang-Salt";

/// The names that follow from the realm.
#[derive(Debug, Clone)]
pub(super) struct Names {
    realm: String,
    prefix: String,
    /// JetStream's stream.
    pub(super) stream: String,
    /// Where ledgers announce their heads.
    pub(super) committed: String,
    /// Where a process asks the ledgers to look at the stream and say their heads.
    pub(super) questions: String,
}

impl Names {
    /// `None` when the realm is not of lower case letters, digits and `-`.
    pub(super) fn new(realm: &str) -> Option<Names> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if realm.is_empty() || !realm.bytes().all(allowed) {
            return None;
        }
        Some(Names {
            realm: realm.to_owned(),
            prefix: format!("huishang.{realm}."),
            stream: format!("huishang-{realm}"),
            committed: format!("huishang.{realm}.committed"),
            questions: format!("huishang.{realm}.hello"),
        })
    }

    /// Everything that the stream takes: `<context>.<aggregate>.<uuid>` below the realm.
    pub(super) fn records(&self) -> String {
        format!("{}*.*.*", self.prefix)
    }

    /// What the stream takes instead while its records are put back.
    pub(super) fn repaired(&self) -> String {
        format!("{}*.*.*", self.repair_prefix())
    }

    fn repair_prefix(&self) -> String {
        format!("huishang-repair.{}.", self.realm)
    }

    /// Where a record of a stream is sent while records are put back.
    pub(super) fn repaired_subject(&self, stream: &str) -> String {
        format!("{}{stream}", self.repair_prefix())
    }

    pub(super) fn category(&self, category: &str) -> String {
        format!("{}{category}.*", self.prefix)
    }

    pub(super) fn subject(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// The subject of a stream that is known by the text of its name.
    pub(super) fn subject_of(&self, stream: &str) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// The stream's name in a subject; what is not of the realm comes back as it is and is no name.
    pub(super) fn stream_in<'a>(&self, subject: &'a str) -> &'a str {
        subject.strip_prefix(&self.prefix).unwrap_or(subject)
    }

    /// The headers of a record: the envelope as CloudEvents for readers that know nothing of ours, and
    /// the salt for ledgers.
    pub(super) fn headers(
        &self,
        stream: &StreamName,
        envelope: &Envelope,
        types: &[String],
        salt: &Salt,
    ) -> HeaderMap {
        let (context, aggregate) = stream.category.split_once('.').unwrap_or((&stream.category, ""));
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", format!("{}-{}", envelope.commit_id, envelope.part));
        headers.insert("ce-source", format!("/huishang/{}/{context}", self.realm));
        headers.insert("ce-type", types.join(","));
        headers.insert("ce-subject", format!("{aggregate}/{}", stream.id));
        headers.insert("ce-time", envelope.time.to_string());
        headers.insert("content-type", "application/protobuf; proto=huishang.log.v1.Payload");
        if let Some(traceparent) = envelope.traceparent.as_deref().filter(|text| is_header_text(text)) {
            headers.insert("traceparent", traceparent);
        }
        headers.insert(SALT, digits(salt));
        headers
    }

    /// Reads a message of the stream.
    pub(super) fn record(
        &self,
        position: Position,
        subject: &str,
        payload: &[u8],
    ) -> Result<Record, ReadError> {
        payload::open(position, self.stream_in(subject), payload)
    }

    /// Reads a message as the log keeps it.
    pub(super) fn log_record(
        &self,
        position: Position,
        subject: &str,
        headers: &HeaderMap,
        payload: Bytes,
    ) -> Result<event_log::OrderedRecord, ReadError> {
        let record = self.record(position, subject, &payload)?;
        let salt = headers
            .get(SALT)
            .and_then(|text| unhex(text.as_str()))
            .ok_or_else(|| ReadError::Damaged { position, what: "a message without salt".into() })?;
        Ok(event_log::OrderedRecord {
            position,
            stream: record.stream.to_string(),
            types: payload::types(&record),
            time_micros: record.envelope.time.as_microsecond(),
            commit_id: record.envelope.commit_id,
            part: record.envelope.part,
            parts: record.envelope.parts,
            salt,
            payload,
        })
    }
}

/// A caller's text becomes a header only when it cannot be mistaken for another header.
fn is_header_text(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_one_token_of_a_subject() {
        assert_eq!(Names::new("main").unwrap().records(), "huishang.main.*.*.*");
        for wrong in ["", "a.b", "a b", "*", "A"] {
            assert!(Names::new(wrong).is_none());
        }
    }
}
