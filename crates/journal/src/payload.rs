//! Encoding of writes as records, shared by both implementations.
//!
//! The payload is an encoded `huishang.log.v1.Payload`, with its personal values sealed. It is encoded once, here, and
//! every ledger stores exactly these bytes; everything else in a record is derived from them, from the stream's name and
//! from the salt.

use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_WRITES_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, WRITE_EVENTS_MAX,
};
use crate::personal::Keys;
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
pub struct Encoded {
    /// Stream written to.
    pub stream: StreamName,
    /// Expected position of the stream's last record.
    pub expected: Position,
    /// Metadata of the commit, with the write's part in it.
    pub envelope: Envelope,
    /// Full type names of the events, in order.
    pub types: Vec<String>,
    /// The encoded envelope and events, with their personal values sealed.
    pub payload: Bytes,
    /// Salt of the record's hash.
    pub salt: Salt,
}

/// Validates a commit, encodes its writes, in order, and seals the personal values in them.
pub async fn encode(commit: Commit, keys: &Keys) -> Result<Vec<Encoded>, AppendError> {
    check(&commit)?;
    let Commit { mut envelope, writes } = commit;
    envelope.parts = writes.len() as u32;
    let mut encoded = Vec::with_capacity(writes.len());
    for (part, write) in (1..).zip(writes) {
        envelope.part = part;
        let types = write.events.iter().map(|event| kind_of(event).to_owned()).collect();
        let payload = wire::Payload {
            envelope: Some(envelope.to_wire()),
            events: write.events,
            after_position: Some(write.expected),
        };
        let sealed = keys.seal(&payload.encode_to_vec(), envelope.author()).await;
        let payload = Bytes::from(sealed.map_err(|error| AppendError::Unavailable(error.to_string()))?);
        let bytes = payload.len();
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes, max: PAYLOAD_BYTES_MAX });
        }
        encoded.push(Encoded {
            stream: write.stream,
            expected: write.expected,
            envelope: envelope.clone(),
            types,
            payload,
            salt: rand::random(),
        });
    }
    let bytes = encoded.iter().map(|write| write.payload.len()).sum();
    if bytes > COMMIT_BYTES_MAX {
        return Err(AppendError::TooLarge { bytes, max: COMMIT_BYTES_MAX });
    }
    Ok(encoded)
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

/// Decodes the record at a position. Sealed values are left out; see [`Keys::open_values`].
pub fn decode(position: Position, stream: &str, payload: &[u8]) -> Result<Record, ReadError> {
    Ok(decode_with_previous(position, stream, payload)?.record)
}

/// Decodes the record at a position, with the position of the record before it in its stream.
pub fn decode_with_previous(
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

    #[tokio::test]
    async fn a_write_round_trips() {
        let (one, two) = (sample::stream(), sample::stream());
        let commit = sample::commit(Uuid::new_v4(), &[(&one, 0), (&two, 7)]);
        let keys = Keys::in_memory();
        let encoded = encode(commit.clone(), &keys).await.unwrap();
        let payload = keys.open_values(&encoded[1].payload).payload;
        let record = decode(9, &two.to_string(), &payload).unwrap();

        assert_eq!((record.position, &record.stream, encoded[1].expected), (9, &two, 7));
        assert_eq!((record.envelope.part, record.envelope.parts, record.commit_end()), (2, 2, 9));
        assert_eq!(record.events, commit.writes[1].events);
        assert_eq!(Envelope { part: 1, parts: 1, ..record.envelope.clone() }, commit.envelope);
        assert_eq!(types(&record), encoded[1].types);
        let with_previous = decode_with_previous(9, &two.to_string(), &payload).unwrap();
        assert_eq!(with_previous, WithPrevious { record, previous: Some(7) });
        assert_ne!(encoded[0].salt, encoded[1].salt);
    }

    #[test]
    fn invalid_bytes_are_reported_with_their_position() {
        let stream = sample::stream().to_string();
        for bytes in [&b"\xff\xff"[..], b""] {
            assert!(matches!(decode(3, &stream, bytes), Err(ReadError::Damaged { position: 3, .. })));
        }
        assert!(matches!(decode(4, "nonsense", b""), Err(ReadError::Damaged { position: 4, .. })));
    }
}
