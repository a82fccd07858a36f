//! Encoding of writes as records, shared by both implementations.
//!
//! The payload is an encoded `huishang.log.v1.Payload`. It is encoded once, here, and every ledger stores
//! exactly these bytes; everything else in a record is derived from them, from the stream's name and from the
//! salt.

use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_WRITES_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, WRITE_EVENTS_MAX,
};
use crate::{AppendError, Commit, Position, ReadError, Record};
use bytes::Bytes;
use domain::StreamName;
use prost::Message as _;
use proto::Wire as _;
use proto::log::v1 as wire;
use proto::record::{Envelope, kind_of};
use std::collections::HashSet;

/// Random bytes that are hashed together with a record's payload, so that an erased payload cannot be recovered
/// by guessing.
pub type Salt = [u8; 16];

/// An encoded write, ready to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// Stream written to.
    pub stream: StreamName,
    /// Expected position of the stream's last record.
    pub expected: Position,
    /// Metadata of the commit, with the write's part in it.
    pub envelope: Envelope,
    /// Full type names of the events, in order.
    pub types: Vec<String>,
    /// The encoded envelope and events.
    pub payload: Bytes,
    /// Salt of the record's hash.
    pub salt: Salt,
}

/// Validates a commit and encodes its writes, in order.
pub fn seal(commit: Commit) -> Result<Vec<Sealed>, AppendError> {
    check(&commit)?;
    let Commit { mut envelope, writes } = commit;
    envelope.parts = writes.len() as u32;
    let mut sealed = Vec::with_capacity(writes.len());
    for (part, write) in (1..).zip(writes) {
        envelope.part = part;
        let types = write.events.iter().map(|event| kind_of(event).to_owned()).collect();
        let payload = wire::Payload {
            envelope: Some(envelope.to_wire()),
            events: write.events,
            after_position: Some(write.expected),
        };
        let bytes = payload.encoded_len();
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes, max: PAYLOAD_BYTES_MAX });
        }
        sealed.push(Sealed {
            stream: write.stream,
            expected: write.expected,
            envelope: envelope.clone(),
            types,
            payload: payload.encode_to_vec().into(),
            salt: rand::random(),
        });
    }
    let bytes = sealed.iter().map(|write| write.payload.len()).sum();
    if bytes > COMMIT_BYTES_MAX {
        return Err(AppendError::TooLarge { bytes, max: COMMIT_BYTES_MAX });
    }
    Ok(sealed)
}

fn check(commit: &Commit) -> Result<(), AppendError> {
    let malformed = |reason: String| Err(AppendError::Malformed(reason));
    let writes = &commit.writes;
    if writes.is_empty() || writes.len() > COMMIT_WRITES_MAX {
        return malformed(format!(
            "a commit must have 1 to {COMMIT_WRITES_MAX} writes, not {}",
            writes.len()
        ));
    }
    let mut streams = HashSet::new();
    for write in writes {
        if StreamName::parse(&write.stream.to_string()).as_ref() != Some(&write.stream) {
            return malformed(format!("{} is not a valid stream name", write.stream));
        }
        if write.events.is_empty() || write.events.len() > WRITE_EVENTS_MAX {
            let found = write.events.len();
            return malformed(format!("a write must have 1 to {WRITE_EVENTS_MAX} events, not {found}"));
        }
        if !streams.insert(&write.stream) {
            return malformed(format!("a commit must not write to a stream twice: {}", write.stream));
        }
    }
    Ok(())
}

/// A record, and where it was written to.
#[derive(Debug, Clone, PartialEq)]
pub struct WithPrevious {
    /// The record.
    pub record: Record,
    /// Position of the record before it in its stream, as its writer knew it; absent in records of earlier versions.
    pub previous: Option<Position>,
}

/// Decodes the record at a position.
pub fn open(position: Position, stream: &str, payload: &[u8]) -> Result<Record, ReadError> {
    Ok(open_with_previous(position, stream, payload)?.record)
}

/// Decodes the record at a position, with the position of the record before it in its stream.
pub fn open_with_previous(
    position: Position,
    stream: &str,
    payload: &[u8],
) -> Result<WithPrevious, ReadError> {
    let damaged = |what: String| ReadError::Damaged { position, what };
    let stream =
        StreamName::parse(stream).ok_or_else(|| damaged(format!("{stream} is not a valid stream name")))?;
    let payload = wire::Payload::decode(payload)
        .map_err(|fault| damaged(format!("the payload is malformed: {fault}")))?;
    let envelope = payload.envelope.ok_or_else(|| damaged("the payload has no envelope".into()))?;
    let envelope = Envelope::from_wire(envelope)
        .map_err(|fault| damaged(format!("the envelope is malformed: {fault}")))?;
    if envelope.part == 0 || envelope.part > envelope.parts {
        return Err(damaged(format!("its part number {} is not in 1 to {}", envelope.part, envelope.parts)));
    }
    let record = Record { position, stream, envelope, events: payload.events };
    Ok(WithPrevious { record, previous: payload.after_position })
}

/// Checks that a record is one that a commit can have, since a log takes no other.
pub fn check_limits(record: &Record, payload_bytes: usize) -> Result<(), String> {
    let (parts, events) = (record.envelope.parts as usize, record.events.len());
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(format!(
            "its payload has {payload_bytes} bytes; at most {PAYLOAD_BYTES_MAX} are written"
        ));
    }
    if parts > COMMIT_WRITES_MAX {
        return Err(format!("its commit has {parts} parts; at most {COMMIT_WRITES_MAX} are written"));
    }
    if events == 0 || events > WRITE_EVENTS_MAX {
        return Err(format!("it has {events} events; from 1 to {WRITE_EVENTS_MAX} are written"));
    }
    match types(record)
        .into_iter()
        .chain([record.stream.to_string()])
        .find(|name| name.len() > NAME_BYTES_MAX)
    {
        Some(name) => {
            Err(format!("it has a name of {} bytes; at most {NAME_BYTES_MAX} are written", name.len()))
        }
        None => Ok(()),
    }
}

/// Returns the full type names of a record's events, in order.
pub fn types(record: &Record) -> Vec<String> {
    record.events.iter().map(|event| kind_of(event).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use domain::Uuid;

    #[test]
    fn a_write_round_trips() {
        let (one, two) = (sample::stream(), sample::stream());
        let commit = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 7)]);
        let sealed = seal(commit.clone()).unwrap();
        let record = open(9, &two.to_string(), &sealed[1].payload).unwrap();

        assert_eq!((record.position, &record.stream, sealed[1].expected), (9, &two, 7));
        assert_eq!((record.envelope.part, record.envelope.parts, record.commit_end()), (2, 2, 9));
        assert_eq!(record.events, commit.writes[1].events);
        assert_eq!(Envelope { part: 1, parts: 1, ..record.envelope.clone() }, commit.envelope);
        assert_eq!(types(&record), sealed[1].types);
        let opened = open_with_previous(9, &two.to_string(), &sealed[1].payload).unwrap();
        assert_eq!(opened, WithPrevious { record, previous: Some(7) });
        assert_ne!(sealed[0].salt, sealed[1].salt);
    }

    #[test]
    fn invalid_bytes_are_reported_with_their_position() {
        let stream = sample::stream().to_string();
        for bytes in [&b"\xff\xff"[..], b""] {
            assert!(matches!(open(3, &stream, bytes), Err(ReadError::Damaged { position: 3, .. })));
        }
        assert!(matches!(open(4, "nonsense", b""), Err(ReadError::Damaged { position: 4, .. })));
    }
}
