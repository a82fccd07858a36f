//! Backups: a directory with all records of a log, in flat files that can be verified without the log.
//!
//! - `00000000000000000001.segment`, `00000000000000016385.segment` …: the records, in [`segment`]s. Each is
//!   self-describing: it contains its checksum, its place in the hash chain and the hashes of the tree.
//! - `head`: how far the log had been acknowledged when the backup was last finished, so that a missing last
//!   segment is noticed too. Lines of text: `huishang backup 1`, then `log`, `position`, `hash` and `root`,
//!   each followed by a space and the value; then, optionally, an empty line and the head as signed by the
//!   ledger ([`crate::note`]). It is written last.
//! - `….segment.part`: a segment that is being written. Once complete it is synced and renamed, replacing a
//!   shorter version of the same segment, and the directory is synced. An interrupted run is resumed from it.
//!
//! [`BackupWriter`] adds new records; [`Backup`] reads, verifying everything it reads.

mod chain_state;
mod error;
mod head;
mod segment;
mod whole_segment;
mod writer;

pub use chain_state::ChainState;
pub use error::BackupError;
pub use head::HeadFile;
pub use segment::SegmentFault;
pub use whole_segment::{SegmentBuilder, WholeSegment};
pub use writer::BackupWriter;

use crate::{Head, Record};
use segment::SegmentReader;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A backup in a directory.
#[derive(Debug, Clone)]
pub struct Backup {
    dir: PathBuf,
    log_id: Uuid,
    head: Option<HeadFile>,
    segments: Vec<u64>,
}

impl Backup {
    /// Opens the backup in a directory; fails if there is none.
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
            (None, None) => return Err(BackupError::NotFound { dir }),
        };
        Ok(Backup { dir, log_id, head, segments })
    }

    /// Returns the identity of the log.
    pub fn log_id(&self) -> Uuid {
        self.log_id
    }

    /// Returns the head of the log as of the last finished backup; `None` if none was ever finished.
    pub fn finished_head(&self) -> Option<Head> {
        self.head.as_ref().map(|file| file.head)
    }

    /// Returns that head as signed by the ledger, if it was.
    pub fn signed_head(&self) -> Option<&str> {
        self.head.as_ref()?.signed.as_deref()
    }

    /// Returns the number of segments.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Iterates over the records in order and verifies everything on the way: checksums, hash chain, commits,
    /// footers and roots, and at the end that nothing is missing up to the head of the last finished backup.
    /// The iterator ends with the first error.
    pub fn records(&self) -> Records<'_> {
        let segments = self.segments.iter().copied().collect();
        Records { backup: self, segments, open: None, chain: ChainState::start(), ended: false }
    }

    /// Verifies the whole backup and returns its head. `progress` is called from time to time with the
    /// position reached.
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

/// Iterator over the records of a backup; see [`Backup::records`].
pub struct Records<'a> {
    backup: &'a Backup,
    segments: VecDeque<u64>,
    open: Option<(PathBuf, SegmentReader)>,
    chain: ChainState,
    ended: bool,
}

impl Records<'_> {
    /// Returns the head as of the last record returned.
    pub fn head(&self) -> Head {
        self.chain.head()
    }

    fn advance(&mut self) -> Result<Option<Record>, BackupError> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                let next = reader.next(&mut self.chain);
                match next.map_err(|fault| BackupError::segment(path.clone(), fault))? {
                    Some((_, record)) => {
                        self.compare_with_head()?;
                        return Ok(Some(record));
                    }
                    None => self.open = None,
                }
            }
            let wanted = self.chain.position() + 1;
            let path = self.backup.dir.join(segment::name_of(segment::first_of(wanted)));
            let Some(first) = self.segments.pop_front() else {
                self.check_complete()?;
                return Ok(None);
            };
            if first != wanted {
                return Err(BackupError::Missing { path, position: wanted });
            }
            let opened = SegmentReader::open(path.clone());
            let opened = opened.and_then(|reader| self.check_header(first, reader));
            let reader = opened.map_err(|fault| BackupError::segment(path.clone(), fault))?;
            self.open = Some((path, reader));
        }
    }

    fn check_header(&self, first: u64, reader: SegmentReader) -> Result<SegmentReader, SegmentFault> {
        let header = &reader.header;
        let wrong = |what: String| Err(SegmentFault::File(what));
        if header.log_id != self.backup.log_id {
            return wrong(format!(
                "it belongs to log {}, the backup to log {}",
                header.log_id, self.backup.log_id
            ));
        }
        if header.first != first {
            return wrong(format!("it starts with record {}", header.first));
        }
        if header.previous != self.chain.head().hash {
            return wrong(format!(
                "it breaks the hash chain: its hash of record {} does not match",
                first - 1
            ));
        }
        Ok(reader)
    }

    /// Checks that the head file matches the records, once its position has been reached.
    fn compare_with_head(&self) -> Result<(), BackupError> {
        match &self.backup.head {
            Some(file) if file.head.position == self.chain.position() => {
                if file.head == self.chain.head() && self.chain.is_complete() {
                    return Ok(());
                }
                let what =
                    format!("its hash or root for record {} does not match the records", file.head.position);
                Err(BackupError::HeadFile { path: head::path(&self.backup.dir), what })
            }
            _ => Ok(()),
        }
    }

    fn check_complete(&self) -> Result<(), BackupError> {
        let at = self.chain.position();
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

/// Returns the first positions of the segments in a directory, in order.
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
