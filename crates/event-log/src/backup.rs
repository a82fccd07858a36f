//! Backups: a directory with all records of a log, in flat files that can be checked without the log.
//!
//! - `00000000000000000001.segment`, `00000000000000016385.segment` …: the records, in [`segment`]s. They
//!   speak for themselves: each has its checksum, its place in the chain and the tree's hashes.
//! - `head`: how far the log was acknowledged when the backup was last finished, so that a segment that is
//!   missing at the end is missed too. Lines of text: `huishang backup 1`, then `log`, `position`, `hash` and
//!   `root` each with a space and the value; behind an empty line, where there is one, the head as the ledger
//!   signed it ([`crate::note`]). It is written last.
//! - `….segment.part`: a segment that is being written. When it is whole it is synced and takes its name,
//!   in place of a shorter one before, and the directory is synced. The next run goes on with it.
//!
//! [`BackupWriter`] adds what is new; [`Backup`] reads, and verifies everything as it reads.

mod error;
mod head;
mod segment;
mod trail;
mod writer;

pub use error::BackupError;
pub use segment::SegmentFault;
pub use writer::BackupWriter;

use crate::{Head, Record};
use head::HeadFile;
use segment::SegmentReader;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use trail::Trail;
use uuid::Uuid;

/// A backup as it lies in its directory.
#[derive(Debug, Clone)]
pub struct Backup {
    dir: PathBuf,
    log_id: Uuid,
    head: Option<HeadFile>,
    segments: Vec<u64>,
}

impl Backup {
    /// Opens the backup in a directory; refused when there is none.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Backup, BackupError> {
        let dir = dir.into();
        let segments = segments_in(&dir)?;
        let head = HeadFile::read(&dir)?;
        let log_id = match (&head, segments.first()) {
            (Some(head), _) => head.log_id,
            (None, Some(&first)) => {
                let path = dir.join(segment::name_of(first));
                let opened = SegmentReader::open(path.clone());
                opened.map_err(|fault| BackupError::segment(path, fault))?.header.log_id
            }
            (None, None) => return Err(BackupError::None { dir }),
        };
        Ok(Backup { dir, log_id, head, segments })
    }

    /// The identity of the log.
    pub fn log_id(&self) -> Uuid {
        self.log_id
    }

    /// The head of the log when the backup was last finished; `None` when it never was.
    pub fn finished(&self) -> Option<Head> {
        self.head.as_ref().map(|file| file.head)
    }

    /// That head as the ledger signed it.
    pub fn signed_head(&self) -> Option<&str> {
        self.head.as_ref()?.signed.as_deref()
    }

    /// How many segments there are.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The records in order, everything verified on the way: checksums, chain, commits, footers, roots, and
    /// at the end that nothing is missing of what was there when the backup was last finished. After the
    /// first thing that is not as it should be nothing comes.
    pub fn records(&self) -> Records<'_> {
        let segments = self.segments.iter().copied().collect();
        Records { backup: self, segments, open: None, trail: Trail::start(), ended: false }
    }

    /// Verifies everything, and answers the last record with the root up to it. `progress` is told the
    /// position reached, now and then.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Head, BackupError> {
        let mut records = self.records();
        for record in &mut records {
            let position = record?.position;
            if position.is_multiple_of(1024) {
                progress(position);
            }
        }
        Ok(records.head())
    }
}

/// See [`Backup::records`].
pub struct Records<'a> {
    backup: &'a Backup,
    segments: VecDeque<u64>,
    open: Option<(PathBuf, SegmentReader)>,
    trail: Trail,
    ended: bool,
}

impl Records<'_> {
    /// The last record given, its hash, and the root up to it.
    pub fn head(&self) -> Head {
        self.trail.head()
    }

    fn advance(&mut self) -> Result<Option<Record>, BackupError> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                let next = reader.next(&mut self.trail);
                match next.map_err(|fault| BackupError::segment(path.clone(), fault))? {
                    Some((_, record)) => {
                        self.compare_with_head()?;
                        return Ok(Some(record));
                    }
                    None => self.open = None,
                }
            }
            let wanted = self.trail.position() + 1;
            let path = self.backup.dir.join(segment::name_of(segment::first_of(wanted)));
            let Some(first) = self.segments.pop_front() else {
                self.complete()?;
                return Ok(None);
            };
            if first != wanted {
                return Err(BackupError::Missing { path, position: wanted });
            }
            let opened = SegmentReader::open(path.clone());
            let opened = opened.and_then(|reader| self.fits(first, reader));
            let reader = opened.map_err(|fault| BackupError::segment(path.clone(), fault))?;
            self.open = Some((path, reader));
        }
    }

    fn fits(&self, first: u64, reader: SegmentReader) -> Result<SegmentReader, SegmentFault> {
        let header = &reader.header;
        let wrong = |what: String| Err(SegmentFault::File(what));
        if header.log_id != self.backup.log_id {
            return wrong(format!(
                "it is of log {}, the backup of log {}",
                header.log_id, self.backup.log_id
            ));
        }
        if header.first != first {
            return wrong(format!("it begins with record {}", header.first));
        }
        if header.previous != self.trail.head().hash {
            return wrong(format!("it does not continue the chain: it follows another record {}", first - 1));
        }
        Ok(reader)
    }

    /// What was acknowledged must be a part of what is there.
    fn compare_with_head(&self) -> Result<(), BackupError> {
        match &self.backup.head {
            Some(file) if file.head.position == self.trail.position() => {
                if file.head == self.trail.head() && self.trail.is_whole() {
                    return Ok(());
                }
                let what =
                    format!("its hash or root for record {} is not that of the records", file.head.position);
                Err(BackupError::HeadFile { path: head::path(&self.backup.dir), what })
            }
            _ => Ok(()),
        }
    }

    fn complete(&self) -> Result<(), BackupError> {
        let at = self.trail.position();
        let path = |position| self.backup.dir.join(segment::name_of(segment::first_of(position)));
        match &self.backup.head {
            Some(file) if file.head.position > at => {
                Err(BackupError::Missing { path: path(at + 1), position: at + 1 })
            }
            _ => Ok(()),
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, BackupError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The first positions of the segments in a directory, in order.
fn segments_in(dir: &Path) -> Result<Vec<u64>, BackupError> {
    let failed = |source| BackupError::Io { path: dir.to_owned(), source };
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        segments.extend(name.to_str().and_then(segment::parse_name));
    }
    segments.sort_unstable();
    Ok(segments)
}
