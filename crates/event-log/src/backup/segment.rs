//! A segment: the file of a backup that holds [`SEGMENT_RECORDS`] records, the last one perhaps fewer.
//!
//! Numbers are big-endian.
//!
//! | bytes | header |
//! |---|---|
//! | 8 | `HSSEGMNT` |
//! | 1 | version of the format: 1 |
//! | 16 | log id |
//! | 8 | position of the first record: 1, 16,385, 32,769 … |
//! | 32 | hash of the record before it; zeros at position 1 |
//!
//! Then the records follow, each as the frame that the log keeps ([`crate::record`]), one after another.
//! The footer begins where no frame does, with another first byte:
//!
//! | bytes | footer |
//! |---|---|
//! | 1 | 0xF0, the beginning of the footer |
//! | n × 32 | the perfect subtrees that make up the tree of all records up to the last, the largest first: as many as the last position has ones in binary |
//! | 32 | root of that tree |
//! | 32 | hash of the last record |
//! | 8 | number of records in this file |
//! | 8 | position of the last record |
//! | 32 | SHA-256 of the file up to here |
//!
//! So a segment alone tells where it stands in chain and tree, and a backup goes on from its last segment
//! without reading the ones before.

use super::trail::Trail;
use crate::limits::SEGMENT_RECORDS;
use crate::record::{self, Record};
use crate::tree::Frontier;
use crate::{Damage, Hash, Head};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"HSSEGMNT";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 8 + 1 + 16 + 8 + 32;
const FOOTER: u8 = 0xF0;
/// What of a footer has a fixed place before the file's end.
const FOOTER_END_BYTES: usize = 32 + 32 + 8 + 8 + 32;
/// The longest frame that is believed; see `limits` for what a record may hold.
const FRAME_BYTES_MAX: usize = 512 * 1024;

/// The first position of the segment that a position belongs to.
pub(super) fn first_of(position: u64) -> u64 {
    (position - 1) / SEGMENT_RECORDS * SEGMENT_RECORDS + 1
}

/// The name of the segment that begins with a position.
pub(super) fn name_of(first: u64) -> String {
    format!("{first:020}.segment")
}

/// The first position of the segment with this name; `None` when it is no segment's.
pub(super) fn parse_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".segment")?;
    let first: u64 = digits.parse().ok()?;
    (digits.len() == 20 && first % SEGMENT_RECORDS == 1).then_some(first)
}

/// What is wrong with a segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentFault {
    /// A record in it is not what was written.
    #[error(transparent)]
    Record(#[from] Damage),
    /// The file as such is not what was written.
    #[error("{0}")]
    File(String),
    /// It ends in the middle, as one that is being written does.
    #[error("it ends in the middle, after record {after}")]
    Ends {
        /// The last record that is whole.
        after: u64,
    },
    /// It cannot be read.
    #[error("{0}")]
    Io(String),
}

impl From<io::Error> for SegmentFault {
    fn from(fault: io::Error) -> Self {
        SegmentFault::Io(fault.to_string())
    }
}

fn wrong<T>(what: impl Into<String>) -> Result<T, SegmentFault> {
    Err(SegmentFault::File(what.into()))
}

/// What a segment's header says.
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
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return wrong("it is no segment of a backup") };
        let Some(rest) = rest.strip_prefix(&[VERSION]) else {
            return wrong(format!("its format {} is not known to this version", rest[0]));
        };
        let (log_id, rest) = rest.split_at(16);
        let (first, previous) = rest.split_at(8);
        let broken = |_| SegmentFault::File("its header is broken".to_owned());
        Ok(Header {
            log_id: Uuid::from_slice(log_id).map_err(|_| SegmentFault::File("it names no log".to_owned()))?,
            first: u64::from_be_bytes(first.try_into().map_err(broken)?),
            previous: previous.try_into().map_err(broken)?,
        })
    }
}

/// The footer of a segment whose last record is the trail's; the file's SHA-256 comes after it.
pub(super) fn footer(trail: &Trail, first: u64) -> Vec<u8> {
    let head = trail.head();
    let mut bytes = vec![FOOTER];
    bytes.extend(trail.tree().nodes().iter().flatten());
    bytes.extend_from_slice(&head.root);
    bytes.extend_from_slice(&head.hash);
    bytes.extend_from_slice(&(head.position + 1 - first).to_be_bytes());
    bytes.extend_from_slice(&head.position.to_be_bytes());
    bytes
}

/// The header of a segment, and where chain and tree stand at its end, read from its two ends alone.
pub(super) fn ends(path: &Path) -> Result<(Header, Head, Frontier), SegmentFault> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
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
        return wrong("its footer is broken");
    }
    Ok((header, Head { position, hash, root }, tree))
}

fn too_short<E>(_: E) -> SegmentFault {
    SegmentFault::File("it is too short for a segment".to_owned())
}

/// Reads a segment from its beginning, and checks everything on the way.
pub(super) struct SegmentReader {
    file: BufReader<File>,
    pub(super) header: Header,
    /// Of what was read and found right.
    pub(super) hasher: Sha256,
    /// How many bytes that is.
    pub(super) bytes: u64,
    ended: bool,
}

impl SegmentReader {
    pub(super) fn open(path: PathBuf) -> Result<SegmentReader, SegmentFault> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
        let mut bytes = [0; HEADER_BYTES];
        file.read_exact(&mut bytes).map_err(too_short)?;
        let header = Header::decode(&bytes)?;
        let mut hasher = Sha256::new();
        hasher.update(bytes);
        Ok(SegmentReader { file, header, hasher, bytes: HEADER_BYTES as u64, ended: false })
    }

    /// The next record, after which the trail stands then; `None` behind the last, when footer and
    /// checksum are right.
    pub(super) fn next(&mut self, trail: &mut Trail) -> Result<Option<(Bytes, Record)>, SegmentFault> {
        if self.ended {
            return Ok(None);
        }
        let at = trail.head().position;
        let mut start = [0; 9];
        self.fill(&mut start[..1], at)?;
        if start[0] == FOOTER {
            self.end(trail)?;
            self.ended = true;
            return Ok(None);
        }
        self.fill(&mut start[1..], at)?;
        let length = record::frame_len(&start).filter(|length| *length <= FRAME_BYTES_MAX);
        let length = length.ok_or_else(|| Damage::at(at + 1, "no record begins where it should"))?;
        let mut frame = vec![0; length.max(start.len())];
        frame[..start.len()].copy_from_slice(&start);
        self.fill(&mut frame[start.len()..], at)?;
        let frame = Bytes::from(frame);
        let record = record::decode(&frame, at + 1)?;
        trail.follow(&record)?;
        self.hasher.update(&frame);
        self.bytes += frame.len() as u64;
        Ok(Some((frame, record)))
    }

    fn end(&mut self, trail: &Trail) -> Result<(), SegmentFault> {
        let expected = footer(trail, self.header.first);
        let at = trail.head().position;
        let mut found = vec![FOOTER; expected.len()];
        self.fill(&mut found[1..], at)?;
        if found != expected {
            return wrong(format!("its footer does not fit its records, which end with {at}"));
        }
        self.hasher.update(&found);
        let mut checksum = [0; 32];
        self.fill(&mut checksum, at)?;
        if Hash::from(self.hasher.clone().finalize()) != checksum {
            return wrong("its SHA-256 is not the one in its footer");
        }
        match self.file.read(&mut [0])? {
            0 => Ok(()),
            _ => wrong("bytes follow its footer"),
        }
    }

    fn fill(&mut self, bytes: &mut [u8], after: u64) -> Result<(), SegmentFault> {
        match self.file.read_exact(bytes) {
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Err(SegmentFault::Ends { after }),
            outcome => Ok(outcome?),
        }
    }
}
