//! Adds to a backup.

use super::head::HeadFile;
use super::segment::{self, Header, SegmentReader};
use super::trail::Trail;
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

/// A backup to which records are added. Its directory is locked for other writers as long as it lives.
pub struct BackupWriter {
    dir: PathBuf,
    log_id: Uuid,
    trail: Trail,
    /// The last segment, when it is not full: what comes next takes its place.
    short: Option<PathBuf>,
    part: Option<Part>,
    _lock: File,
}

impl BackupWriter {
    /// Opens the backup of a log, and makes it when the directory is empty or missing. Refused when it is
    /// of another log. A segment that was begun and not finished is gone on with, as far as it is sound.
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
            BackupWriter { dir, log_id, trail: Trail::start(), short: None, part: None, _lock: lock };
        if let Some(&first) = super::segments_in(&writer.dir)?.last() {
            let path = writer.dir.join(segment::name_of(first));
            let (log, trail) = reread(&path).map_err(|fault| BackupError::segment(path.clone(), fault))?;
            if log != log_id {
                return Err(BackupError::OtherLog { dir: writer.dir, found: log, wanted: log_id });
            }
            writer.short = (trail.position() < first + SEGMENT_RECORDS - 1).then_some(path);
            writer.trail = trail;
        }
        writer.take_up_part()?;
        Ok(writer)
    }

    /// The last record that the backup holds, and the root up to it.
    pub fn head(&self) -> Head {
        self.trail.head()
    }

    /// Adds records, in the form in which [`crate::EventLog::frames`] gives them, that follow the last one.
    pub fn add(&mut self, frames: Bytes) -> Result<(), BackupError> {
        for found in record::read_frames(frames, self.trail.position() + 1) {
            let (frame, record) = found?;
            self.push(&frame, &record)?;
        }
        Ok(())
    }

    fn push(&mut self, frame: &[u8], record: &Record) -> Result<(), BackupError> {
        if self.part.is_none() {
            let previous = self.trail.head().hash;
            self.part = Some(match self.short.take() {
                Some(short) => Part::copy(&self.dir, &short)?,
                None => {
                    let header = Header { log_id: self.log_id, first: record.position, previous };
                    Part::begin(&self.dir, header)?
                }
            });
        }
        self.trail.follow(record)?;
        if let Some(part) = &mut self.part {
            part.write(frame)?;
            if record.position == part.first + SEGMENT_RECORDS - 1 {
                self.close_part()?;
            }
        }
        Ok(())
    }

    /// Writes the last segment, though it may not be full, and says that the log is backed up to `head`,
    /// which must be where the backup stands.
    pub fn finish(mut self, head: Head, signed: Option<String>) -> Result<Head, BackupError> {
        if self.trail.head() != head || !self.trail.is_whole() {
            let what = "the log's head, which comes here, has another hash or root, or is not all there";
            return Err(Damage::at(head.position, what).into());
        }
        self.close_part()?;
        HeadFile { log_id: self.log_id, head, signed }.write(&self.dir)?;
        Ok(head)
    }

    fn close_part(&mut self) -> Result<(), BackupError> {
        match self.part.take() {
            Some(part) => part.finish(&self.trail),
            None => Ok(()),
        }
    }

    /// Takes up the part that was begun, when it holds what the backup holds, and more.
    fn take_up_part(&mut self) -> Result<(), BackupError> {
        let next = segment::first_of(self.trail.position() + 1);
        remove_other_parts(&self.dir, next)?;
        if let Some((part, trail)) = self.begun(next)?
            && trail.position() > self.trail.position()
        {
            (self.part, self.trail, self.short) = (Some(part), trail, None);
        }
        Ok(())
    }

    /// The part that was begun for a segment, cut behind its last sound record.
    fn begun(&self, first: u64) -> Result<Option<(Part, Trail)>, BackupError> {
        let path = part_path(&self.dir, first);
        if !path.exists() {
            return Ok(None);
        }
        let Ok(mut reader) = SegmentReader::open(path.clone()) else { return Ok(None) };
        let Ok(mut trail) = self.trail_before(first) else { return Ok(None) };
        let expected = Header { log_id: self.log_id, first, previous: trail.head().hash };
        if reader.header != expected {
            return Ok(None);
        }
        let held = self.trail.head();
        while let Ok(Some(_)) = reader.next(&mut trail) {
            if trail.position() == held.position && trail.head() != held {
                return Ok(None);
            }
        }
        Ok(Some((Part::go_on(path, &reader)?, trail)))
    }

    fn trail_before(&self, first: u64) -> Result<Trail, SegmentFault> {
        if first == 1 {
            return Ok(Trail::start());
        }
        let (_, head, tree) = segment::ends(&self.dir.join(segment::name_of(first - SEGMENT_RECORDS)))?;
        Ok(Trail::resume(head, tree))
    }
}

/// Reads a whole segment and answers whose it is and where chain and tree stand behind it.
fn reread(path: &Path) -> Result<(Uuid, Trail), SegmentFault> {
    let (mut reader, mut trail) = from_start(path)?;
    while reader.next(&mut trail)?.is_some() {}
    Ok((reader.header.log_id, trail))
}

/// A segment from its beginning, with the trail as the segment before it left it.
fn from_start(path: &Path) -> Result<(SegmentReader, Trail), SegmentFault> {
    let reader = SegmentReader::open(path.to_owned())?;
    let first = reader.header.first;
    if first == 1 {
        return Ok((reader, Trail::start()));
    }
    let before = path.with_file_name(segment::name_of(first.saturating_sub(SEGMENT_RECORDS)));
    let (_, head, tree) = segment::ends(&before)
        .map_err(|fault| SegmentFault::File(format!("the one before it, {}: {fault}", before.display())))?;
    if head.position + 1 != first || head.hash != reader.header.previous {
        return Err(SegmentFault::File("it does not continue the segment before it".to_owned()));
    }
    Ok((reader, Trail::resume(head, tree)))
}

fn part_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(segment::name_of(first)).with_added_extension("part")
}

/// Removes parts of segments other than the one that is next.
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
    fn begin(dir: &Path, header: Header) -> Result<Part, BackupError> {
        let path = part_path(dir, header.first);
        let file = File::create(&path).map_err(|source| BackupError::Io { path: path.clone(), source })?;
        let file = BufWriter::with_capacity(1 << 18, file);
        let mut part = Part { path, first: header.first, file, hasher: Sha256::new() };
        part.write(&header.encode())?;
        Ok(part)
    }

    /// A part that begins with the records of a short segment.
    fn copy(dir: &Path, short: &Path) -> Result<Part, BackupError> {
        let failed = |fault| BackupError::segment(short.to_owned(), fault);
        let (mut reader, mut trail) = from_start(short).map_err(failed)?;
        let mut part = Part::begin(dir, reader.header)?;
        while let Some((frame, _)) = reader.next(&mut trail).map_err(failed)? {
            part.write(&frame)?;
        }
        Ok(part)
    }

    /// Goes on behind what a reader found right.
    fn go_on(path: PathBuf, read: &SegmentReader) -> Result<Part, BackupError> {
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

    /// Writes the footer, syncs, and gives the segment its name.
    fn finish(mut self, trail: &Trail) -> Result<(), BackupError> {
        self.write(&segment::footer(trail, self.first))?;
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
