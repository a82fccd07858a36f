//! The commit files: where a group of records becomes durable before sled has written it.
//!
//! A group is written to a commit file and synced once; that is its acknowledgement. sled takes the same frames at
//! once in memory and is flushed in the background. Two files are used in turn, so that one takes groups while sled
//! catches up with the other: a file is used again only after sled has everything in it on the disk, and the anchor
//! says so. What sled lacks after a crash is added from the files when the log is opened; then they begin anew.
//!
//! A file is a sequence of entries, each at a multiple of [`BLOCK_BYTES`], so that writing one never rewrites a block
//! of another that was acknowledged. Numbers are big-endian.
//!
//! | bytes | field |
//! |---|---|
//! | 8 | `HSCOMMIT` |
//! | 1 | version: 1 |
//! | 16 | log id |
//! | 8 | generation of the file: it rises whenever the other one is taken; from 1 at each opening |
//! | 4 | number of the entry within its generation, from 0 |
//! | 4 | length of the frames |
//! | 8 | position of the first frame |
//! | 8 + 32 + 32 | head of the log with this group: position, hash, root |
//! | 4 | CRC-32C of everything before, and of the frames |
//! | n | the frames, as [`crate::record`] describes them |
//!
//! The first entry of the first generation has no frames: it says where the log stood when it was opened. An entry
//! that is not valid ends its file, if no valid one of the same generation follows: it was being written. If one
//! follows, the entry had been synced, and is damaged.

use crate::{Damage, Head, durable, durable_file};
use bytes::Bytes;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use uuid::Uuid;

const NAMES: [&str; 2] = ["commit.a", "commit.b"];
const MAGIC: &[u8; 8] = b"HSCOMMIT";
const VERSION: u8 = 1;
const CHECKED_BYTES: usize = 8 + 1 + 16 + 8 + 4 + 4 + 8 + 8 + 32 + 32;
const HEADER_BYTES: usize = CHECKED_BYTES + 4;
const BLOCK_BYTES: usize = 4096;
/// By how much a file grows at once. What it has grown by is written with zeros first, so that syncing an entry does
/// not have to sync the file's size as well.
const GROWTH_BYTES: u64 = 256 * 1024;

/// A group of records, as a commit file has it.
#[derive(Debug)]
pub(crate) struct Entry {
    number: u32,
    /// Position of the first frame.
    pub(crate) first: u64,
    pub(crate) frames: Bytes,
    /// Head of the log with this group.
    pub(crate) head: Head,
}

/// The two files, open for writing.
#[derive(Debug)]
pub(crate) struct CommitFiles {
    files: [File; 2],
    allocated: [u64; 2],
    log_id: Uuid,
    bytes_max: u64,
    generation: u64,
    number: u32,
    /// Where the next entry begins.
    offset: u64,
    /// Buffer reused for each entry.
    entry: Vec<u8>,
}

impl CommitFiles {
    /// Begins both files anew, with an entry that has no frames. Nothing that was in them may still be needed.
    pub(crate) fn create(dir: &Path, log_id: Uuid, bytes_max: u64, head: Head) -> io::Result<CommitFiles> {
        let create = |name| {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(dir.join(name))?;
            file.set_len(0)?;
            file.sync_all()?;
            io::Result::Ok(file)
        };
        let mut files = CommitFiles {
            files: [create(NAMES[0])?, create(NAMES[1])?],
            allocated: [0; 2],
            log_id,
            bytes_max,
            generation: 1,
            number: 0,
            offset: 0,
            entry: Vec::new(),
        };
        files.append(&[], head.position + 1, head)?;
        durable_file::sync_parent(&dir.join(NAMES[0]))?;
        Ok(files)
    }

    /// The generation of the file that takes groups.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The bytes of frames in a group, at most; a larger one is made durable by sled itself.
    pub(crate) fn group_bytes_max(&self) -> u64 {
        self.bytes_max / 4
    }

    /// The bytes by which both files will grow yet.
    pub(crate) fn growth(&self) -> u64 {
        self.allocated.iter().map(|allocated| self.bytes_max.saturating_sub(*allocated)).sum()
    }

    /// Whether a group with so many bytes of frames fits into the present file.
    pub(crate) fn fits(&self, bytes: usize) -> bool {
        self.offset + entry_bytes(bytes) <= self.bytes_max
    }

    /// Takes the other file. What is in it must be on sled's disk.
    pub(crate) fn take_other(&mut self) {
        self.generation += 1;
        (self.number, self.offset) = (0, 0);
    }

    /// Writes and syncs a group, whose first frame is that of `first` and whose last one is the head's.
    pub(crate) fn append(&mut self, frames: &[u8], first: u64, head: Head) -> io::Result<()> {
        let which = which(self.generation);
        self.encode(frames, first, head);
        let end = self.offset + self.entry.len() as u64;
        let file = &self.files[which];
        if end > self.allocated[which] {
            let target = end.next_multiple_of(GROWTH_BYTES).min(self.bytes_max.max(end));
            let zeros = vec![0; usize::try_from(target - self.allocated[which]).unwrap_or(0)];
            file.write_all_at(&zeros, self.allocated[which])?;
            self.allocated[which] = target;
        }
        file.write_all_at(&self.entry, self.offset)?;
        file.sync_data().inspect_err(|_| durable::drop_cached_pages(file))?;
        (self.number, self.offset) = (self.number + 1, end);
        Ok(())
    }

    /// Fills the buffer with an entry, up to the end of its last block.
    fn encode(&mut self, frames: &[u8], first: u64, head: Head) {
        let entry = &mut self.entry;
        entry.clear();
        entry.extend_from_slice(MAGIC);
        entry.push(VERSION);
        entry.extend_from_slice(self.log_id.as_bytes());
        entry.extend_from_slice(&self.generation.to_be_bytes());
        entry.extend_from_slice(&self.number.to_be_bytes());
        entry.extend_from_slice(&u32::try_from(frames.len()).unwrap_or(u32::MAX).to_be_bytes());
        entry.extend_from_slice(&first.to_be_bytes());
        head.write(entry);
        let checksum = crc32c::crc32c_append(crc32c::crc32c(entry), frames);
        entry.extend_from_slice(&checksum.to_be_bytes());
        entry.extend_from_slice(frames);
        entry.resize(entry.len().next_multiple_of(BLOCK_BYTES), 0);
    }
}

/// Index of the file of a generation.
fn which(generation: u64) -> usize {
    usize::from(generation.is_multiple_of(2))
}

fn entry_bytes(frames: usize) -> u64 {
    (HEADER_BYTES + frames).next_multiple_of(BLOCK_BYTES) as u64
}

/// Reads the groups of a generation and of the next one, in order. The generation must be there; `after` is the
/// position up to which its groups are not needed.
pub(crate) fn read(
    dir: &Path,
    log_id: Uuid,
    generation: u64,
    after: u64,
) -> io::Result<Result<Vec<Entry>, Damage>> {
    let mut entries = Vec::new();
    for (generation, must_be_there) in [(generation, true), (generation + 1, false)] {
        let path = dir.join(NAMES[which(generation)]);
        let bytes = match fs::read(&path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let found = read_file(&Bytes::from(bytes), log_id, generation);
        match found {
            Ok(found) if found.is_empty() && must_be_there => {
                let what = format!("{} is missing or damaged, which has the newest records", path.display());
                return Ok(Err(Damage::at(after + 1, what)));
            }
            Ok(found) => entries.extend(found),
            Err(before) => {
                entries.extend(before);
                let before = entries.last().map_or(after, |entry| entry.head.position);
                let what = format!("its entry in {} is damaged", path.display());
                return Ok(Err(Damage::at(before + 1, what)));
            }
        }
    }
    Ok(Ok(entries))
}

/// The entries of a generation in a file; those before the damaged one, if one is damaged.
fn read_file(bytes: &Bytes, log_id: Uuid, generation: u64) -> Result<Vec<Entry>, Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut at = 0;
    while let Some(entry) = decode(bytes, at, log_id, generation)
        && entry.number as usize == entries.len()
    {
        at += entry_bytes(entry.frames.len()) as usize;
        entries.push(entry);
    }
    let later = (at..bytes.len()).step_by(BLOCK_BYTES).find_map(|at| decode(bytes, at, log_id, generation));
    match later {
        Some(_) => Err(entries),
        None => Ok(entries),
    }
}

fn decode(bytes: &Bytes, at: usize, log_id: Uuid, generation: u64) -> Option<Entry> {
    let header = bytes.get(at..at + HEADER_BYTES)?;
    let rest = header.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?.strip_prefix(log_id.as_bytes())?;
    let rest = rest.strip_prefix(&generation.to_be_bytes())?;
    let (number, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (head, rest) = Head::read(rest)?;
    let checksum = u32::from_be_bytes(*rest.first_chunk()?);
    let begin = at + HEADER_BYTES;
    let end = begin.checked_add(u32::from_be_bytes(*length) as usize)?;
    let frames = bytes.get(begin..end)?;
    if crc32c::crc32c_append(crc32c::crc32c(&header[..CHECKED_BYTES]), frames) != checksum {
        return None;
    }
    Some(Entry {
        number: u32::from_be_bytes(*number),
        first: u64::from_be_bytes(*first),
        frames: bytes.slice(begin..end),
        head,
    })
}
