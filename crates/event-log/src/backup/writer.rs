//! Adds records to a backup.

use super::chain_state::ChainState;
use super::head::HeadFile;
use super::segment::{self, Header, SegmentReader};
use super::{BackupError, SegmentFault};
use crate::limits::SEGMENT_RECORDS;
use crate::record::{self, Record};
use crate::{Damage, Head, durable_file};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Adds records to a backup. The directory is locked against other writers while this value lives.
pub struct BackupWriter {
    dir: PathBuf,
    log_id: Uuid,
    chain: ChainState,
    /// The last segment if it is not full; it will be replaced by a longer version.
    partial: Option<PathBuf>,
    part: Option<Part>,
    _lock: File,
}

impl BackupWriter {
    /// Opens the backup of a log, creating it if the directory is empty or missing. Fails if it belongs to
    /// another log. An unfinished segment is continued after its last valid record.
    pub fn open(dir: impl Into<PathBuf>, log_id: Uuid) -> Result<BackupWriter, BackupError> {
        let dir = dir.into();
        let failed = |source| BackupError::Io { path: dir.clone(), source };
        fs::create_dir_all(&dir).map_err(failed)?;
        let lock = File::open(&dir).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Locked { dir }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        if let Some(file) = HeadFile::read(&dir)?
            && file.log_id != log_id
        {
            return Err(BackupError::OtherLog { dir, found: file.log_id, wanted: log_id });
        }
        let mut writer =
            BackupWriter { dir, log_id, chain: ChainState::start(), partial: None, part: None, _lock: lock };
        if let Some(&first) = super::segments_in(&writer.dir)?.last() {
            let path = writer.dir.join(segment::name_of(first));
            let (log, chain) = reread(&path).map_err(|fault| BackupError::segment(path.clone(), fault))?;
            if log != log_id {
                return Err(BackupError::OtherLog { dir: writer.dir, found: log, wanted: log_id });
            }
            writer.partial = (chain.position() < first + SEGMENT_RECORDS - 1).then_some(path);
            writer.chain = chain;
        }
        writer.resume_part()?;
        Ok(writer)
    }

    /// Returns the head of what the backup contains.
    pub fn head(&self) -> Head {
        self.chain.head()
    }

    /// Adds records that follow the last one, encoded as by [`crate::EventLog::frames`].
    pub fn add(&mut self, frames: Bytes) -> Result<(), BackupError> {
        for found in record::read_frames(frames, self.chain.position() + 1) {
            let (frame, record) = found?;
            self.push(&frame, &record)?;
        }
        Ok(())
    }

    fn push(&mut self, frame: &[u8], record: &Record) -> Result<(), BackupError> {
        if self.part.is_none() {
            let previous = self.chain.head().hash;
            self.part = Some(match self.partial.take() {
                Some(partial) => Part::copy(&self.dir, &partial)?,
                None => {
                    let header = Header { log_id: self.log_id, first: record.position, previous };
                    Part::create(&self.dir, header)?
                }
            });
        }
        self.chain.follow(record)?;
        if let Some(part) = &mut self.part {
            part.write(frame)?;
            if record.position == part.first + SEGMENT_RECORDS - 1 {
                self.close_part()?;
            }
        }
        Ok(())
    }

    /// Writes the last segment even if it is not full, and records that the log is backed up to `head`, which
    /// must be the backup's own head.
    pub fn finish(mut self, head: Head, signed: Option<String>) -> Result<Head, BackupError> {
        if self.chain.head() != head || !self.chain.is_complete() {
            let what = "the log's head has another hash or root than the backup, or is inside a commit";
            return Err(Damage::at(head.position, what).into());
        }
        self.close_part()?;
        HeadFile { log_id: self.log_id, head, signed }.write(&self.dir)?;
        Ok(head)
    }

    fn close_part(&mut self) -> Result<(), BackupError> {
        match self.part.take() {
            Some(part) => part.finish(&self.chain),
            None => Ok(()),
        }
    }

    /// Resumes the unfinished segment if it contains everything the backup contains, and more.
    fn resume_part(&mut self) -> Result<(), BackupError> {
        let next = segment::first_of(self.chain.position() + 1);
        remove_other_parts(&self.dir, next)?;
        if let Some((part, chain)) = self.unfinished_part(next)?
            && chain.position() > self.chain.position()
        {
            (self.part, self.chain, self.partial) = (Some(part), chain, None);
        }
        Ok(())
    }

    /// Returns the unfinished version of a segment, truncated after its last valid record.
    fn unfinished_part(&self, first: u64) -> Result<Option<(Part, ChainState)>, BackupError> {
        let path = part_path(&self.dir, first);
        if !path.exists() {
            return Ok(None);
        }
        let Ok(mut reader) = SegmentReader::open(path.clone()) else { return Ok(None) };
        let Ok(mut chain) = self.chain_before(first) else { return Ok(None) };
        let expected = Header { log_id: self.log_id, first, previous: chain.head().hash };
        if reader.header != expected {
            return Ok(None);
        }
        let held = self.chain.head();
        while let Ok(Some(_)) = reader.next(&mut chain) {
            if chain.position() == held.position && chain.head() != held {
                return Ok(None);
            }
        }
        Ok(Some((Part::resume(path, &reader)?, chain)))
    }

    fn chain_before(&self, first: u64) -> Result<ChainState, SegmentFault> {
        if first == 1 {
            return Ok(ChainState::start());
        }
        let (_, head, tree) =
            segment::read_bounds(&self.dir.join(segment::name_of(first - SEGMENT_RECORDS)))?;
        Ok(ChainState::resume(head, tree))
    }
}

/// Reads a whole segment; returns the id of its log, and the state of chain and tree at its end.
fn reread(path: &Path) -> Result<(Uuid, ChainState), SegmentFault> {
    let (mut reader, mut chain) = from_start(path)?;
    while reader.next(&mut chain)?.is_some() {}
    Ok((reader.header.log_id, chain))
}

/// Opens a segment at its start, with the state in which the preceding segment ends.
fn from_start(path: &Path) -> Result<(SegmentReader, ChainState), SegmentFault> {
    let reader = SegmentReader::open(path.to_owned())?;
    let first = reader.header.first;
    if first == 1 {
        return Ok((reader, ChainState::start()));
    }
    let before = path.with_file_name(segment::name_of(first.saturating_sub(SEGMENT_RECORDS)));
    let (_, head, tree) = segment::read_bounds(&before).map_err(|fault| {
        SegmentFault::File(format!("the preceding segment {}: {fault}", before.display()))
    })?;
    if head.position + 1 != first || head.hash != reader.header.previous {
        return Err(SegmentFault::File("it does not continue the preceding segment".to_owned()));
    }
    Ok((reader, ChainState::resume(head, tree)))
}

fn part_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(segment::name_of(first)).with_added_extension("part")
}

/// Removes unfinished segments other than the next one.
fn remove_other_parts(dir: &Path, next: u64) -> Result<(), BackupError> {
    let failed = |source| BackupError::Io { path: dir.to_owned(), source };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".part"));
        if name.and_then(segment::parse_name).is_some_and(|first| first != next) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// A segment that is being written.
struct Part {
    path: PathBuf,
    first: u64,
    file: BufWriter<File>,
    hasher: Sha256,
}

impl Part {
    fn create(dir: &Path, header: Header) -> Result<Part, BackupError> {
        let path = part_path(dir, header.first);
        let file = File::create(&path).map_err(|source| BackupError::Io { path: path.clone(), source })?;
        let file = BufWriter::with_capacity(1 << 18, file);
        let mut part = Part { path, first: header.first, file, hasher: Sha256::new() };
        part.write(&header.encode())?;
        Ok(part)
    }

    /// Creates a part that starts with the records of a segment that is not full.
    fn copy(dir: &Path, partial: &Path) -> Result<Part, BackupError> {
        let failed = |fault| BackupError::segment(partial.to_owned(), fault);
        let (mut reader, mut chain) = from_start(partial).map_err(failed)?;
        let mut part = Part::create(dir, reader.header)?;
        while let Some((frame, _)) = reader.next(&mut chain).map_err(failed)? {
            part.write(&frame)?;
        }
        Ok(part)
    }

    /// Resumes a part after what a reader has verified, truncating the rest.
    fn resume(path: PathBuf, read: &SegmentReader) -> Result<Part, BackupError> {
        let opened = || -> io::Result<File> {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(read.bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = opened().map_err(|source| BackupError::Io { path: path.clone(), source })?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Part { path, first: read.header.first, file, hasher: read.hasher.clone() })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.hasher.update(bytes);
        let written = self.file.write_all(bytes);
        written.map_err(|source| BackupError::Io { path: self.path.clone(), source })
    }

    /// Writes the footer, syncs, and renames the file to the segment's name.
    fn finish(mut self, chain: &ChainState) -> Result<(), BackupError> {
        self.write(&segment::footer(chain, self.first))?;
        let checksum = self.hasher.clone().finalize();
        self.write(&checksum)?;
        let path = self.path.clone();
        let named = || -> io::Result<()> {
            let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            durable_file::rename(&self.path, &self.path.with_extension(""))
        };
        named().map_err(|source| BackupError::Io { path, source })
    }
}
