//! How frames are stored in sled's tree of records.
//!
//! A key is a position (8 bytes, big-endian) and a piece number (2 bytes). The value under (p, 0) contains the
//! frames of p and of the records after it that were written together and fit into a chunk, so that about ten
//! small records take one insertion instead of ten. A frame longer than a chunk is stored by itself, split
//! into the pieces (p, 0), (p, 1), …; `CHUNK_BYTES_MAX` explains why.

use crate::limits::CHUNK_BYTES_MAX;
use crate::record::{self, Record};
use crate::{Damage, ReadError};
use bytes::Bytes;

type Key = [u8; 10];

pub(crate) fn key(position: u64, piece: u16) -> Key {
    let mut key = [0; 10];
    key[..8].copy_from_slice(&position.to_be_bytes());
    key[8..].copy_from_slice(&piece.to_be_bytes());
    key
}

/// Decodes position and piece number; `None` if the key is malformed.
pub(crate) fn parse_key(key: &[u8]) -> Option<(u64, u16)> {
    let (position, piece) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*position), u16::from_be_bytes(piece.try_into().ok()?)))
}

/// Packs frames into chunks and inserts them.
pub(crate) struct ChunkWriter<'a> {
    tree: &'a sled::Tree,
    first: u64,
    frames: Vec<u8>,
}

impl<'a> ChunkWriter<'a> {
    pub(crate) fn new(tree: &'a sled::Tree) -> Self {
        ChunkWriter { tree, first: 0, frames: Vec::with_capacity(CHUNK_BYTES_MAX) }
    }

    /// Adds a frame. Frames must be added in the order of their positions.
    pub(crate) fn push(&mut self, position: u64, frame: &[u8]) -> sled::Result<()> {
        if self.frames.len() + frame.len() > CHUNK_BYTES_MAX {
            self.finish()?;
        }
        if frame.len() > CHUNK_BYTES_MAX {
            for (piece, bytes) in (0..).zip(frame.chunks(CHUNK_BYTES_MAX)) {
                self.tree.insert(key(position, piece), bytes)?;
            }
            return Ok(());
        }
        if self.frames.is_empty() {
            self.first = position;
        }
        self.frames.extend_from_slice(frame);
        Ok(())
    }

    /// Inserts the frames that are still buffered.
    pub(crate) fn finish(&mut self) -> sled::Result<()> {
        if !self.frames.is_empty() {
            self.tree.insert(key(self.first, 0), self.frames.as_slice())?;
            self.frames.clear();
        }
        Ok(())
    }
}

/// Iterator over the records from a position on, in order, to the end of the tree.
///
/// It reports the first damage found as [`Damage`] and then ends.
pub(crate) struct Frames {
    rest: sled::Iter,
    chunk: Bytes,
    next: u64,
    ended: bool,
}

impl Frames {
    pub(crate) fn from(tree: &sled::Tree, position: u64) -> Result<Frames, ReadError> {
        let start = match tree.range(..=key(position, 0)).next_back() {
            Some(entry) => match parse_key(&entry?.0) {
                Some((first, _)) => first,
                None => return Err(Damage::at(position, "a nearby key is malformed").into()),
            },
            None => position,
        };
        let mut frames =
            Frames { rest: tree.range(key(start, 0)..), chunk: Bytes::new(), next: start, ended: false };
        // Skip the records before the wanted one in the same chunk, or a preceding long record.
        while frames.next < position {
            match frames.frame() {
                Ok(Some(_)) => frames.next += 1,
                Ok(None) => frames.next = position,
                Err(ReadError::Damaged(damage)) if damage.position < position => {
                    frames.chunk = Bytes::new();
                    frames.next = position;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(frames)
    }

    /// Returns the bytes of the next frame; `None` at the end of the tree.
    fn frame(&mut self) -> Result<Option<Bytes>, ReadError> {
        if self.chunk.is_empty() {
            let Some(entry) = self.rest.next() else { return Ok(None) };
            let (key, value) = entry?;
            if parse_key(&key) != Some((self.next, 0)) {
                return Err(Damage::at(self.next, "it is missing, although later records exist").into());
            }
            self.chunk = Bytes::from_owner(value);
        }
        let length = record::frame_len(&self.chunk)
            .ok_or_else(|| Damage::at(self.next, "no record starts where it should"))?;
        if length > self.chunk.len() {
            self.join_pieces(length)?;
        }
        Ok(Some(self.chunk.split_to(length)))
    }

    /// Joins the pieces of a long frame.
    fn join_pieces(&mut self, length: usize) -> Result<(), ReadError> {
        let mut whole = Vec::from(std::mem::take(&mut self.chunk));
        let mut piece = 0;
        while whole.len() < length {
            piece += 1;
            let (key, value) = self.rest.next().transpose()?.unwrap_or_default();
            if parse_key(&key) != Some((self.next, piece)) {
                return Err(Damage::at(self.next, "a piece of it is missing").into());
            }
            whole.extend_from_slice(&value);
        }
        if whole.len() > length {
            return Err(Damage::at(self.next, "it is followed by excess bytes").into());
        }
        self.chunk = Bytes::from(whole);
        Ok(())
    }
}

impl Frames {
    /// Returns the next record together with its frame.
    pub(crate) fn next_frame(&mut self) -> Option<Result<(Bytes, Record), ReadError>> {
        if self.ended {
            return None;
        }
        let position = self.next;
        let read = |frame: Bytes| record::decode(&frame, position).map(|record| (frame, record));
        let found = self.frame().and_then(|frame| Ok(frame.map(read).transpose()?)).transpose();
        self.next += 1;
        self.ended = !matches!(found, Some(Ok(_)));
        found
    }
}

impl Iterator for Frames {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_frame().map(|found| found.map(|(_, record)| record))
    }
}

/// Reads single records, and caches the last chunk for consecutive reads.
pub(crate) struct ChunkReader<'a> {
    tree: &'a sled::Tree,
    first: u64,
    chunk: Bytes,
}

impl<'a> ChunkReader<'a> {
    pub(crate) fn new(tree: &'a sled::Tree) -> Self {
        ChunkReader { tree, first: 0, chunk: Bytes::new() }
    }

    /// Reads the record at a position.
    pub(crate) fn get(&mut self, position: u64) -> Result<Record, ReadError> {
        if let Some(frame) = self.find(position) {
            return Ok(record::decode(&frame, position)?);
        }
        let entry = self.tree.range(..=key(position, 0)).next_back();
        let Some((key, value)) = entry.transpose()? else {
            return Err(Damage::at(position, "it is missing").into());
        };
        if let Some((first, 0)) = parse_key(&key) {
            self.first = first;
            self.chunk = Bytes::from_owner(value);
            if let Some(frame) = self.find(position) {
                return Ok(record::decode(&frame, position)?);
            }
        }
        // A long record, or damage, which the iterator reports.
        let found = Frames::from(self.tree, position)?.next();
        found.unwrap_or_else(|| Err(Damage::at(position, "it is missing").into()))
    }

    fn find(&self, position: u64) -> Option<Bytes> {
        let (mut at, mut current) = (0, self.first);
        while current <= position {
            let length = record::frame_len(self.chunk.get(at..)?)?;
            if current == position {
                return (at + length <= self.chunk.len()).then(|| self.chunk.slice(at..at + length));
            }
            at += length;
            current += 1;
        }
        None
    }
}

/// Removes all records from a position on.
pub(crate) fn truncate(tree: &sled::Tree, from: u64) -> Result<(), ReadError> {
    if let Some((key, value)) = tree.range(..key(from, 0)).next_back().transpose()?
        && let Some((first, 0)) = parse_key(&key)
    {
        let (mut at, mut current) = (0, first);
        while current < from
            && let Some(length) = value.get(at..).and_then(record::frame_len)
        {
            at += length;
            current += 1;
        }
        if at < value.len() && current == from {
            tree.insert(&key, &value[..at])?;
        }
    }
    for entry in tree.range(key(from, 0)..) {
        tree.remove(entry?.0)?;
    }
    Ok(())
}
