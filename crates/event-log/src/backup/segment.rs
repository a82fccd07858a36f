//! A segment: a backup file with [`SEGMENT_RECORDS`] records; only the last one may have fewer.
//!
//! Numbers are big-endian.
//!
//! | bytes | header |
//! |---|---|
//! | 8 | `HSSEGMNT` |
//! | 1 | format version: 1 |
//! | 16 | log id |
//! | 8 | position of the first record: 1, 16,385, 32,769 … |
//! | 32 | hash of the record before it; zeros at position 1 |
//!
//! Then the records follow, concatenated, each as the frame stored by the log ([`crate::record`]). The footer
//! is distinguished from a frame by its first byte:
//!
//! | bytes | footer |
//! |---|---|
//! | 1 | 0xF0, start of the footer |
//! | n × 32 | roots of the perfect subtrees that make up the tree of all records up to the last, the largest first; n is the number of one bits in the last position |
//! | 32 | root of that tree |
//! | 32 | hash of the last record |
//! | 8 | number of records in this file |
//! | 8 | position of the last record |
//! | 32 | SHA-256 of the file up to here |
//!
//! A segment therefore contains the state of the hash chain and of the tree at its end, and a backup can be
//! continued from its last segment without reading the earlier ones.

use super::chain_state::ChainState;
use crate::limits::SEGMENT_RECORDS;
use crate::record::{self, Record};
use crate::tree::Frontier;
use crate::{Damage, Hash, Head};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"HSSEGMNT";
const VERSION: u8 = 1;
pub(super) const HEADER_BYTES: usize = 8 + 1 + 16 + 8 + 32;
const FOOTER: u8 = 0xF0;
/// Size of the part of the footer that has a fixed offset from the end of the file.
pub(super) const FOOTER_END_BYTES: usize = 32 + 32 + 8 + 8 + 32;
/// Upper bound for the length of a valid frame; `limits` has the limits of a record.
const FRAME_BYTES_MAX: usize = 512 * 1024;

/// Returns the first position of the segment that contains a position.
pub(super) fn first_of(position: u64) -> u64 {
    (position - 1) / SEGMENT_RECORDS * SEGMENT_RECORDS + 1
}

/// Returns the name of the segment that starts at a position.
pub(super) fn name_of(first: u64) -> String {
    format!("{first:020}.segment")
}

/// Returns the first position of the segment with this name; `None` if it is not a segment name.
pub(super) fn parse_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".segment")?;
    let first: u64 = digits.parse().ok()?;
    (digits.len() == 20 && first % SEGMENT_RECORDS == 1).then_some(first)
}

/// Why a segment is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentFault {
    /// A record in it is damaged.
    #[error(transparent)]
    Record(#[from] Damage),
    /// The file itself is damaged.
    #[error("{0}")]
    File(String),
    /// The file ends prematurely, like one that is still being written.
    #[error("it is truncated after record {after}")]
    Truncated {
        /// Position of the last complete record.
        after: u64,
    },
    /// The file cannot be read.
    #[error("{0}")]
    Io(String),
}

impl From<io::Error> for SegmentFault {
    fn from(fault: io::Error) -> Self {
        SegmentFault::Io(fault.to_string())
    }
}

fn invalid<T>(what: impl Into<String>) -> Result<T, SegmentFault> {
    Err(SegmentFault::File(what.into()))
}

/// Header of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) log_id: Uuid,
    pub(super) first: u64,
    pub(super) previous: Hash,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.log_id.as_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.previous);
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Header, SegmentFault> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return invalid("it is not a backup segment") };
        let Some(rest) = rest.strip_prefix(&[VERSION]) else {
            return invalid(format!("its format version {} is not supported", rest[0]));
        };
        let (log_id, rest) = rest.split_at(16);
        let (first, previous) = rest.split_at(8);
        let broken = |_| SegmentFault::File("its header is damaged".to_owned());
        Ok(Header {
            log_id: Uuid::from_slice(log_id)
                .map_err(|_| SegmentFault::File("its header has no log id".to_owned()))?,
            first: u64::from_be_bytes(first.try_into().map_err(broken)?),
            previous: previous.try_into().map_err(broken)?,
        })
    }
}

/// Encodes the footer of a segment that ends with the chain's last record, without the file's SHA-256.
pub(super) fn footer(chain: &ChainState, first: u64) -> Vec<u8> {
    let head = chain.head();
    let mut bytes = vec![FOOTER];
    bytes.extend(chain.tree().nodes().iter().flatten());
    bytes.extend_from_slice(&head.root);
    bytes.extend_from_slice(&head.hash);
    bytes.extend_from_slice(&(head.position + 1 - first).to_be_bytes());
    bytes.extend_from_slice(&head.position.to_be_bytes());
    bytes
}

/// Reads only the header and the footer of a segment: returns the header, and the state of chain and tree at
/// its end.
pub(super) fn read_bounds(path: &Path) -> Result<(Header, Head, Frontier), SegmentFault> {
    bounds(&mut File::open(path)?)
}

/// The same, of an opened segment.
pub(super) fn bounds(file: &mut (impl Read + Seek)) -> Result<(Header, Head, Frontier), SegmentFault> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(too_short)?;
    let header = Header::decode(&header)?;
    let mut end = [0; FOOTER_END_BYTES];
    file.seek(SeekFrom::Start(length.saturating_sub(FOOTER_END_BYTES as u64)))?;
    file.read_exact(&mut end).map_err(too_short)?;
    let position = u64::from_be_bytes(end[72..80].try_into().map_err(|_| too_short(()))?);
    let nodes_bytes = position.count_ones() as u64 * 32;
    file.seek(SeekFrom::Start(length.saturating_sub(FOOTER_END_BYTES as u64 + nodes_bytes)))?;
    let mut nodes = vec![[0; 32]; position.count_ones() as usize];
    for node in &mut nodes {
        file.read_exact(node).map_err(too_short)?;
    }
    let mut left = nodes.into_iter();
    let tree = Frontier::of(position, |_| left.next().ok_or_else(|| too_short(())))?;
    let (mut root, mut hash) = ([0; 32], [0; 32]);
    root.copy_from_slice(&end[..32]);
    hash.copy_from_slice(&end[32..64]);
    if tree.root() != root || position < header.first {
        return invalid("its footer is damaged");
    }
    Ok((header, Head { position, hash, root }, tree))
}

fn too_short<E>(_: E) -> SegmentFault {
    SegmentFault::File("it is too short to be a segment".to_owned())
}

/// Reads a segment from its start, verifying everything on the way.
pub(super) struct SegmentReader<R = BufReader<File>> {
    file: R,
    pub(super) header: Header,
    /// Hash of the bytes read and verified so far.
    pub(super) hasher: Sha256,
    /// Number of those bytes.
    pub(super) bytes: u64,
    ended: bool,
}

impl SegmentReader {
    pub(super) fn open(path: PathBuf) -> Result<SegmentReader, SegmentFault> {
        SegmentReader::new(BufReader::with_capacity(1 << 18, File::open(path)?))
    }
}

impl<R: Read> SegmentReader<R> {
    pub(super) fn new(mut file: R) -> Result<SegmentReader<R>, SegmentFault> {
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact(&mut bytes).map_err(too_short)?;
        let header = Header::decode(&bytes)?;
        let mut hasher = Sha256::new();
        hasher.update(bytes);
        Ok(SegmentReader { file, header, hasher, bytes: HEADER_BYTES as u64, ended: false })
    }

    /// Reads the next record and advances `chain` to it; returns `None` after the last record, once footer and
    /// checksum have been verified.
    pub(super) fn next(&mut self, chain: &mut ChainState) -> Result<Option<(Bytes, Record)>, SegmentFault> {
        if self.ended {
            return Ok(None);
        }
        let at = chain.head().position;
        let mut start = [0; 9];
        self.fill(&mut start[..1], at)?;
        if start[0] == FOOTER {
            self.verify_footer(chain)?;
            self.ended = true;
            return Ok(None);
        }
        self.fill(&mut start[1..], at)?;
        let length = record::frame_len(&start).filter(|length| *length <= FRAME_BYTES_MAX);
        let length = length.ok_or_else(|| Damage::at(at + 1, "no record starts where it should"))?;
        let mut frame = vec![0; length.max(start.len())];
        frame[..start.len()].copy_from_slice(&start);
        self.fill(&mut frame[start.len()..], at)?;
        let frame = Bytes::from(frame);
        let record = record::decode(&frame, at + 1)?;
        chain.follow(&record)?;
        self.hasher.update(&frame);
        self.bytes += frame.len() as u64;
        Ok(Some((frame, record)))
    }

    fn verify_footer(&mut self, chain: &ChainState) -> Result<(), SegmentFault> {
        let expected = footer(chain, self.header.first);
        let at = chain.head().position;
        let mut found = vec![FOOTER; expected.len()];
        self.fill(&mut found[1..], at)?;
        if found != expected {
            return invalid(format!("its footer does not match its records, which end with record {at}"));
        }
        self.hasher.update(&found);
        let mut checksum = [0; 32];
        self.fill(&mut checksum, at)?;
        if Hash::from(self.hasher.clone().finalize()) != checksum {
            return invalid("its SHA-256 does not match the one in its footer");
        }
        match self.file.read(&mut [0])? {
            0 => Ok(()),
            _ => invalid("there are bytes after its footer"),
        }
    }

    fn fill(&mut self, bytes: &mut [u8], after: u64) -> Result<(), SegmentFault> {
        match self.file.read_exact(bytes) {
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => {
                Err(SegmentFault::Truncated { after })
            }
            outcome => Ok(outcome?),
        }
    }
}
