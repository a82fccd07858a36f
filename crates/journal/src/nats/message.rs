//! NATS names, and the mapping between records and messages.

use crate::payload::Salt;
use async_nats::HeaderMap;
use domain::StreamName;
use event_log::hex;
use proto::record::Envelope;

/// Header: the last sequence that the message's subject must have.
pub(super) const EXPECTED_SUBJECT_SEQUENCE: &str = "Nats-Expected-Last-Subject-Sequence";
/// Header: the subjects of which that must be the last sequence, instead of the message's own.
pub(super) const EXPECTED_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence-Subject";
/// Header: the last sequence that the stream must have.
pub(super) const EXPECTED_SEQUENCE: &str = "Nats-Expected-Last-Sequence";
/// Header: the salt of the record's hash, in hexadecimal digits.
pub(super) const SALT: &str = "Huishang-Salt";

/// The names derived from the realm.
#[derive(Debug, Clone)]
pub(super) struct Names {
    realm: String,
    prefix: String,
    /// Name of the JetStream stream.
    pub(super) stream: String,
    /// Subject on which ledgers announce their heads.
    pub(super) announcements: String,
    /// Subject on which ledgers send the records of which they then announce that they have them.
    pub(super) feed: String,
    /// Subject on which a process probes the ledgers, which verify the stream and reply with their heads.
    pub(super) probes: String,
}

impl Names {
    /// Returns `None` unless the realm consists of lower-case letters, digits and `-`.
    pub(super) fn new(realm: &str) -> Option<Names> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if realm.is_empty() || !realm.bytes().all(allowed) {
            return None;
        }
        Some(Names {
            realm: realm.to_owned(),
            prefix: format!("huishang.{realm}."),
            stream: format!("huishang-{realm}"),
            announcements: format!("huishang.{realm}.committed"),
            feed: format!("huishang.{realm}.feed"),
            probes: format!("huishang.{realm}.hello"),
        })
    }

    /// Returns the name of the JetStream stream with the keys of persons.
    pub(super) fn keys_stream(&self) -> String {
        format!("{}-keys", self.stream)
    }

    /// Returns the beginning of the subjects in that stream.
    pub(super) fn keys_prefix(&self) -> String {
        format!("huishang-keys.{}.", self.realm)
    }

    /// Returns the name of the JetStream stream that says which process has which duty.
    pub(super) fn duties_stream(&self) -> String {
        format!("{}-duties", self.stream)
    }

    /// Returns the subject of a duty in that stream.
    pub(super) fn duty_subject(&self, duty: &str) -> String {
        format!("huishang-duties.{}.{duty}", self.realm)
    }

    /// Returns the subjects of all records: `<context>.<aggregate>.<uuid>` below the realm.
    pub(super) fn record_subjects(&self) -> String {
        format!("{}*.*.*", self.prefix)
    }

    /// Returns the subjects on which the stream listens instead during a repair.
    pub(super) fn repair_subjects(&self) -> String {
        format!("{}*.*.*", self.repair_prefix())
    }

    fn repair_prefix(&self) -> String {
        format!("huishang-repair.{}.", self.realm)
    }

    /// Returns the subject to which a record of a stream is published during a repair.
    pub(super) fn repair_subject(&self, stream: &str) -> String {
        format!("{}{stream}", self.repair_prefix())
    }

    pub(super) fn category_subjects(&self, category: &str) -> String {
        format!("{}{category}.*", self.prefix)
    }

    pub(super) fn subject(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// Returns the subject of a stream, given its name as text.
    pub(super) fn subject_of(&self, stream: &str) -> String {
        format!("{}{stream}", self.prefix)
    }

    /// Extracts the stream's name from a subject. A subject outside the realm is returned unchanged, and is not a
    /// valid name.
    pub(super) fn stream_name<'a>(&self, subject: &'a str) -> &'a str {
        subject.strip_prefix(&self.prefix).unwrap_or(subject)
    }

    /// Returns the headers of a record: the envelope as CloudEvents attributes for generic tools, and the salt
    /// for ledgers.
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
        headers.insert("ce-id", format!("{}-{}", envelope.command_id, envelope.part));
        headers.insert("ce-source", format!("/huishang/{}/{context}", self.realm));
        headers.insert("ce-type", types.join(","));
        headers.insert("ce-subject", format!("{aggregate}/{}", stream.id));
        headers.insert("ce-time", envelope.time.to_string());
        headers.insert("content-type", "application/protobuf; proto=huishang.log.v1.Payload");
        if let Some(traceparent) = envelope.traceparent.as_deref().filter(|text| is_header_text(text)) {
            headers.insert("traceparent", traceparent);
        }
        headers.insert(SALT, hex::encode(salt));
        headers
    }
}

/// Returns whether a text supplied by a caller is safe as a header value.
fn is_header_text(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_is_a_single_subject_token() {
        assert_eq!(Names::new("main").unwrap().record_subjects(), "huishang.main.*.*.*");
        for wrong in ["", "a.b", "a b", "*", "A"] {
            assert!(Names::new(wrong).is_none());
        }
    }
}
