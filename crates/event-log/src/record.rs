//! Records and their stored form.
//!
//! # The canonical header: what is hashed
//!
//! Numbers are big-endian, names UTF-8.
//!
//! | bytes | field |
//! |---|---|
//! | 1 | header version: 1 |
//! | 8 | position in the log, from 1 |
//! | 2 + n | stream name, prefixed with its length |
//! | 2, then 2 + n each | number of event types, then each name, prefixed with its length |
//! | 8 | time, microseconds since 1970-01-01 UTC, signed |
//! | 16 | command id |
//! | 2 + 2 | number of this record within its commit, from 1, and number of records in the commit |
//! | 32 | hash of the record before it; zeros at position 1 |
//! | 32 | commitment to the payload: SHA-256 (salt ‖ payload) |
//!
//! A record's hash is SHA-256 (0x00 ‖ header), the leaf hash of RFC 6962. The chain depends on the headers
//! alone, so a payload and its salt can be erased later: the commitment remains, and all hashes stay valid.
//! Without the salt, a guessed payload cannot be checked against the commitment.
//!
//! # The frame: what is stored
//!
//! | bytes | field |
//! |---|---|
//! | 1 | 0xA7, start of a frame |
//! | 4 | length of the body |
//! | 4 | CRC-32C of the body |
//! | | body: the header without its commitment; 1 byte for the kind of what follows: 1 = salt (16), length of the payload (4), payload |
//!
//! Any other kind was written by a later version.

use crate::{Damage, Hash};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const HEADER_VERSION: u8 = 1;
const FRAME_MAGIC: u8 = 0xA7;
const FRAME_HEAD: usize = 9;
const WITH_PAYLOAD: u8 = 1;

/// A record, as stored in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position in the log, from 1, without gaps.
    pub position: u64,
    /// Stream that the record belongs to.
    pub stream: String,
    /// Names of the event types in its payload.
    pub types: Vec<String>,
    /// When it was decided, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// Id of the command whose commit the record belongs to.
    pub command_id: Uuid,
    /// Number of the record within its commit, from 1.
    pub part: u32,
    /// Number of records in the commit.
    pub parts: u32,
    /// Hash of the record before it; zeros at position 1.
    pub previous: Hash,
    /// Random bytes that keep the payload from being guessed from its commitment.
    pub salt: [u8; 16],
    /// The payload, opaque to the log.
    pub payload: Bytes,
}

impl Record {
    /// Returns the commitment to the payload that is part of the header.
    pub fn commitment(&self) -> Hash {
        commitment(&self.salt, &self.payload)
    }

    /// Returns the canonical header, the bytes that are hashed; see the module documentation.
    pub fn header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(256);
        self.fields().write(&mut header);
        header.extend_from_slice(&self.commitment());
        header
    }

    /// Returns the hash of this record, which the next one refers to.
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.header())
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            position: self.position,
            stream: &self.stream,
            types: &self.types,
            time_micros: self.time_micros,
            command_id: self.command_id,
            part: self.part,
            parts: self.parts,
            previous: self.previous,
        }
    }

    /// Returns its approximate size in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        256 + self.payload.len()
    }
}

/// The header's fields before the commitment.
pub(crate) struct Fields<'a> {
    pub(crate) position: u64,
    pub(crate) stream: &'a str,
    pub(crate) types: &'a [String],
    pub(crate) time_micros: i64,
    pub(crate) command_id: Uuid,
    pub(crate) part: u32,
    pub(crate) parts: u32,
    pub(crate) previous: Hash,
}

impl Fields<'_> {
    /// Lengths and counts have been checked against their limits, so they fit their fields.
    fn write(&self, out: &mut Vec<u8>) {
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
        out.push(HEADER_VERSION);
        out.extend_from_slice(&self.position.to_be_bytes());
        out.extend_from_slice(&short(self.stream.len()));
        out.extend_from_slice(self.stream.as_bytes());
        out.extend_from_slice(&short(self.types.len()));
        for name in self.types {
            out.extend_from_slice(&short(name.len()));
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(&self.time_micros.to_be_bytes());
        out.extend_from_slice(self.command_id.as_bytes());
        out.extend_from_slice(&short(self.part as usize));
        out.extend_from_slice(&short(self.parts as usize));
        out.extend_from_slice(&self.previous);
    }

    /// Appends the record's frame to `out` and returns its hash.
    pub(crate) fn encode(
        &self,
        salt: &[u8; 16],
        payload: &[u8],
        commitment: &Hash,
        out: &mut Vec<u8>,
    ) -> Hash {
        let start = out.len();
        out.extend_from_slice(&[0; FRAME_HEAD]);
        let body = out.len();
        self.write(out);
        let mut hasher = Sha256::new();
        hasher.update([0x00]);
        hasher.update(&out[body..]);
        hasher.update(commitment);
        let hash = hasher.finalize().into();

        let payload_bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        out.push(WITH_PAYLOAD);
        out.extend_from_slice(salt);
        out.extend_from_slice(&payload_bytes.to_be_bytes());
        out.extend_from_slice(payload);

        let body_bytes = u32::try_from(out.len() - body).unwrap_or(u32::MAX);
        let checksum = crc32c::crc32c(&out[body..]);
        out[start] = FRAME_MAGIC;
        out[start + 1..start + 5].copy_from_slice(&body_bytes.to_be_bytes());
        out[start + 5..body].copy_from_slice(&checksum.to_be_bytes());
        hash
    }
}

/// SHA-256 (salt ‖ payload).
pub(crate) fn commitment(salt: &[u8; 16], payload: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(payload);
    hasher.finalize().into()
}

pub(crate) fn leaf_hash(header: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    hasher.update(header);
    hasher.finalize().into()
}

/// Returns the total length of the frame at the start of `bytes`; `None` if no frame starts there.
pub(crate) fn frame_len(bytes: &[u8]) -> Option<usize> {
    let (&magic, rest) = bytes.split_first()?;
    let length = rest.first_chunk::<4>()?;
    (magic == FRAME_MAGIC).then(|| FRAME_HEAD + u32::from_be_bytes(*length) as usize)
}

/// Decodes concatenated frames as returned by [`crate::EventLog::frames`]; `first` is the position of the first.
/// The iterator ends with the first error.
pub fn read_frames(mut frames: Bytes, first: u64) -> impl Iterator<Item = Result<(Bytes, Record), Damage>> {
    let mut position = first;
    std::iter::from_fn(move || {
        if frames.is_empty() {
            return None;
        }
        let length = frame_len(&frames).filter(|length| *length <= frames.len());
        let Some(length) = length else {
            frames.clear();
            return Some(Err(Damage::at(position, "no complete record starts where it should")));
        };
        let frame = frames.split_to(length);
        let found = decode(&frame, position);
        position += 1;
        if found.is_err() {
            frames.clear();
        }
        Some(found.map(|record| (frame, record)))
    })
}

/// Decodes the frame of the record that must be at `position`.
pub(crate) fn decode(frame: &Bytes, position: u64) -> Result<Record, Damage> {
    let checksum = frame.get(5..FRAME_HEAD).and_then(|bytes| bytes.first_chunk::<4>());
    let body = frame.slice(FRAME_HEAD.min(frame.len())..);
    if checksum.map(|bytes| u32::from_be_bytes(*bytes)) != Some(crc32c::crc32c(&body)) {
        return Err(Damage::at(position, "its checksum does not match its bytes"));
    }
    let record =
        read_body(body).ok_or_else(|| Damage::at(position, "its format is not supported by this version"))?;
    if record.position == position {
        Ok(record)
    } else {
        Err(Damage::at(position, format!("a record with position {} is in its place", record.position)))
    }
}

fn read_body(mut body: Bytes) -> Option<Record> {
    let mut fields = Reader { rest: &body };
    let mut record = fields.record()?;
    if fields.array::<1>()? != [WITH_PAYLOAD] {
        return None;
    }
    record.salt = fields.array()?;
    let length = u32::from_be_bytes(fields.array()?) as usize;
    if fields.rest.len() != length {
        return None;
    }
    record.payload = body.split_off(body.len() - length);
    Some(record)
}

/// A parsed canonical header: a record without its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The record, with payload and salt left empty.
    pub record: Record,
    /// The commitment to payload and salt.
    pub commitment: Hash,
}

impl Header {
    /// Parses a canonical header; `None` if it is malformed.
    pub fn parse(bytes: &[u8]) -> Option<Header> {
        let mut fields = Reader { rest: bytes };
        let header = Header { record: fields.record()?, commitment: fields.array()? };
        fields.rest.is_empty().then_some(header)
    }

    /// Whether the record has this payload, written with this salt.
    pub fn commits_to(&self, salt: &[u8; 16], payload: &[u8]) -> bool {
        self.commitment == commitment(salt, payload)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Reads the fields of a header before its commitment.
    fn record(&mut self) -> Option<Record> {
        if self.array::<1>()? != [HEADER_VERSION] {
            return None;
        }
        let position = u64::from_be_bytes(self.array()?);
        let stream = self.name()?;
        let count = u16::from_be_bytes(self.array()?);
        Some(Record {
            position,
            stream,
            types: (0..count).map(|_| self.name()).collect::<Option<Vec<String>>>()?,
            time_micros: i64::from_be_bytes(self.array()?),
            command_id: Uuid::from_bytes(self.array()?),
            part: u32::from(u16::from_be_bytes(self.array()?)),
            parts: u32::from(u16::from_be_bytes(self.array()?)),
            previous: self.array()?,
            salt: [0; 16],
            payload: Bytes::new(),
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    fn name(&mut self) -> Option<String> {
        let length = u16::from_be_bytes(self.array()?) as usize;
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(str::from_utf8(taken).ok()?.to_owned())
    }
}
