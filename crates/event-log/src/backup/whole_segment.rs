//! Segments in memory, of any number of records, for stores that take and give whole objects.

use super::SegmentFault;
use super::chain_state::ChainState;
use super::segment::{self, FOOTER_END_BYTES, HEADER_BYTES, Header, SegmentReader};
use crate::record::{self, Record};
use crate::{Damage, Hash, Head};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::io::Cursor;
use uuid::Uuid;

/// A segment whose checksum and footer are intact. Its records are verified when they are read.
#[derive(Debug, Clone)]
pub struct WholeSegment {
    bytes: Bytes,
    header: Header,
    end: ChainState,
}

impl WholeSegment {
    /// Opens a segment; any changed byte is noticed.
    pub fn open(bytes: Bytes) -> Result<WholeSegment, SegmentFault> {
        let (content, checksum) = bytes.split_at(bytes.len().saturating_sub(32));
        if Sha256::digest(content).as_slice() != checksum {
            return Err(SegmentFault::File("its SHA-256 does not match the one in its footer".to_owned()));
        }
        let (header, head, tree) = segment::bounds(&mut Cursor::new(&bytes))?;
        Ok(WholeSegment { header, end: ChainState::resume(head, tree), bytes })
    }

    /// Returns the identity of its log.
    pub fn log_id(&self) -> Uuid {
        self.header.log_id
    }

    /// Returns the position of its first record.
    pub fn first(&self) -> u64 {
        self.header.first
    }

    /// Returns the head of the log as of its last record, as its footer says.
    pub fn head(&self) -> Head {
        self.end.head()
    }

    /// Reads its records after `chain`, which it must continue, verifying everything, and advances `chain`; `followed`
    /// is called with its state after each.
    pub fn records(
        &self,
        chain: &mut ChainState,
        mut followed: impl FnMut(&ChainState),
    ) -> Result<Vec<Record>, SegmentFault> {
        let Header { first, previous, .. } = self.header;
        if (first, previous) != (chain.position() + 1, chain.head().hash) {
            let what = format!("it does not continue the hash chain after record {}", chain.position());
            return Err(SegmentFault::File(what));
        }
        let mut reader = SegmentReader::new(Cursor::new(&self.bytes))?;
        let mut records = Vec::new();
        while let Some((_, record)) = reader.next(chain)? {
            followed(chain);
            records.push(record);
        }
        Ok(records)
    }

    /// Returns the size of its records, in bytes.
    pub fn frames_bytes(&self) -> usize {
        self.frames().len()
    }

    /// Its records as they are stored.
    fn frames(&self) -> &[u8] {
        let nodes = self.head().position.count_ones() as usize * 32;
        &self.bytes[HEADER_BYTES..self.bytes.len() - FOOTER_END_BYTES - nodes - 1]
    }
}

/// Makes a segment of records that follow each other.
#[derive(Debug)]
pub struct SegmentBuilder {
    header: Header,
    frames: Vec<u8>,
    chain: ChainState,
}

impl SegmentBuilder {
    /// Begins at the start of a log.
    pub fn start(log_id: Uuid) -> SegmentBuilder {
        SegmentBuilder::new(log_id, ChainState::start())
    }

    /// Begins after the last record of a segment.
    pub fn after(segment: &WholeSegment) -> SegmentBuilder {
        SegmentBuilder::new(segment.log_id(), segment.end.clone())
    }

    fn new(log_id: Uuid, chain: ChainState) -> SegmentBuilder {
        let header = Header { log_id, first: chain.position() + 1, previous: chain.head().hash };
        SegmentBuilder { header, frames: Vec::new(), chain }
    }

    /// Returns the position of the first record, of which there may be none yet.
    pub fn first(&self) -> u64 {
        self.header.first
    }

    /// Returns the size of the records added, in bytes.
    pub fn frames_bytes(&self) -> usize {
        self.frames.len()
    }

    /// Returns the state after the last record.
    pub fn chain(&self) -> &ChainState {
        &self.chain
    }

    /// Adds records that follow the last one, encoded as by [`crate::EventLog::frames`].
    pub fn add(&mut self, frames: Bytes) -> Result<(), Damage> {
        for found in record::read_frames(frames, self.chain.position() + 1) {
            let (frame, record) = found?;
            self.chain.follow(&record)?;
            self.frames.extend_from_slice(&frame);
        }
        Ok(())
    }

    /// Checks that its last record ends a commit, and that `head` is the log's head then.
    pub fn ensure_ends_with(&self, head: &Head) -> Result<(), Damage> {
        if self.chain.head() == *head && self.chain.is_complete() {
            return Ok(());
        }
        let what = "the log's head has another hash or root than the backup, or is inside a commit";
        Err(Damage::at(head.position, what))
    }

    /// Puts the records of the segment that ends where this one begins in front; false if it ends elsewhere.
    pub fn prepend(&mut self, segment: &WholeSegment) -> bool {
        let end = segment.head();
        let continues = (end.position + 1, end.hash) == (self.header.first, self.header.previous);
        if continues {
            self.frames.splice(0..0, segment.frames().iter().copied());
            self.header = segment.header;
        }
        continues
    }

    /// Returns the segment.
    pub fn encode(&self) -> Bytes {
        let mut bytes = self.header.encode();
        bytes.extend_from_slice(&self.frames);
        bytes.extend(segment::footer(&self.chain, self.header.first));
        let checksum: Hash = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&checksum);
        bytes.into()
    }

    /// Begins the next segment, after the last record.
    pub fn into_next(self) -> SegmentBuilder {
        SegmentBuilder::new(self.header.log_id, self.chain)
    }
}
