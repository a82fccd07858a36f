//! Reading a backup.

use crate::names::{HEADS, SEGMENTS, Span, head_object, parse_head, path};
use crate::{BackupError, Store};
use event_log::backup::{ChainState, HeadFile, SegmentFault, WholeSegment};
use event_log::{Head, Record};
use std::time::SystemTime;
use uuid::Uuid;

/// A run that was finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The head that it reached.
    pub head: HeadFile,
    /// When its head was written, by the clock of the storage.
    pub at: SystemTime,
}

/// A backup in object storage.
#[derive(Debug)]
pub struct Backup {
    store: Store,
    log_id: Uuid,
    finished: Option<Finished>,
    path: Vec<Span>,
    read: usize,
    chain: ChainState,
}

impl Backup {
    /// Opens a backup, and checks that no segment is missing up to the newest head; fails if there is none.
    pub async fn open(store: Store) -> Result<Backup, BackupError> {
        let finished = newest(&store).await?;
        let spans = spans(&store).await?;
        let path = path(spans.iter().copied());
        let log_id = match (&finished, spans.iter().min()) {
            (Some(finished), _) => finished.head.log_id,
            (None, Some(first)) => segment(&store, *first).await?.log_id(),
            (None, None) => return Err(BackupError::NotFound { url: store.url().to_owned() }),
        };
        let end = finished.as_ref().map_or(0, |finished| finished.head.head.position);
        ensure_reaches(&store, &spans, &path, end)?;
        Ok(Backup { store, log_id, finished, path, read: 0, chain: ChainState::start() })
    }

    /// Returns the newest run that was finished, without reading any record; `None` if there is none. This is how old
    /// the backup is.
    pub async fn newest(store: &Store) -> Result<Option<Finished>, BackupError> {
        newest(store).await
    }

    /// Returns the identity of the log.
    pub fn log_id(&self) -> Uuid {
        self.log_id
    }

    /// Returns the newest run that was finished; `None` if none ever was.
    pub fn finished(&self) -> Option<&Finished> {
        self.finished.as_ref()
    }

    /// Returns the number of segments that make up the backup.
    pub fn segments(&self) -> usize {
        self.path.len()
    }

    /// Returns the head as of the last record that was read.
    pub fn head(&self) -> Head {
        self.chain.head()
    }

    /// Reads the records of the next segment and verifies them: checksums, hash chain, commits, footers and roots, and
    /// that the newest head is theirs. `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, BackupError> {
        let Some(&span) = self.path.get(self.read) else { return Ok(None) };
        let damaged = |fault| BackupError::Segment { object: self.store.shown(&span.object()), fault };
        let segment = segment(&self.store, span).await?;
        if segment.log_id() != self.log_id {
            return Err(damaged(SegmentFault::File(self.belongs_to_other_log(&segment))));
        }
        let finished = self.finished.as_ref().map(|finished| finished.head.head);
        let mut differs = false;
        let records = segment.records(&mut self.chain, |chain| {
            let here = finished.filter(|head| head.position == chain.position());
            differs |= here.is_some_and(|head| head != chain.head() || !chain.is_complete());
        });
        let records = records.map_err(damaged)?;
        if let Some(Head { position, .. }) = finished.filter(|_| differs) {
            let what = format!("its hash or root for record {position} does not match the records");
            return Err(BackupError::Head { object: self.store.shown(&head_object(position)), what });
        }
        self.read += 1;
        Ok(Some(records))
    }

    fn belongs_to_other_log(&self, segment: &WholeSegment) -> String {
        let head = self.finished.as_ref().map(|finished| head_object(finished.head.head.position));
        let said_by = head.map_or_else(|| "the first segment".to_owned(), |object| self.store.shown(&object));
        format!("it belongs to log {}, but {said_by} to log {}", segment.log_id(), self.log_id)
    }
}

/// The segments of a backup.
pub(crate) async fn spans(store: &Store) -> Result<Vec<Span>, BackupError> {
    let listed = store.list(SEGMENTS).await?;
    Ok(listed.iter().filter_map(|(name, _)| Span::parse(name)).collect())
}

/// Reads a segment whose name must be what it contains.
pub(crate) async fn segment(store: &Store, span: Span) -> Result<WholeSegment, BackupError> {
    let object = span.object();
    let damaged = |fault| BackupError::Segment { object: store.shown(&object), fault };
    let segment = WholeSegment::open(store.get(&object).await?).map_err(damaged)?;
    let (first, last) = (segment.first(), segment.head().position);
    if (Span { first, last }) != span {
        return Err(damaged(SegmentFault::File(format!("it contains records {first} to {last}"))));
    }
    Ok(segment)
}

async fn newest(store: &Store) -> Result<Option<Finished>, BackupError> {
    let listed = store.list(HEADS).await?;
    let newest = listed.into_iter().filter_map(|(name, meta)| Some((parse_head(&name)?, meta)));
    let Some((position, meta)) = newest.max_by_key(|(position, _)| *position) else { return Ok(None) };
    let object = head_object(position);
    let text = store.get(&object).await?;
    let head = std::str::from_utf8(&text).ok().and_then(HeadFile::parse);
    match head.filter(|file| file.head.position == position) {
        Some(head) => Ok(Some(Finished { head, at: meta.last_modified.into() })),
        None => {
            let what = "it is not the head of a backup at this position".to_owned();
            Err(BackupError::Head { object: store.shown(&object), what })
        }
    }
}

/// Checks that the segments reach the newest head; names the first that is missing.
fn ensure_reaches(store: &Store, spans: &[Span], path: &[Span], end: u64) -> Result<(), BackupError> {
    let reached = path.last().map_or(0, |span| span.last);
    let next = spans.iter().map(|span| span.first - 1).filter(|before| *before > reached).min();
    let last = match next {
        Some(before) => before,
        None if end > reached => end,
        None => return Ok(()),
    };
    let missing = Span { first: reached + 1, last };
    let object = store.shown(&missing.object());
    Err(BackupError::Missing { object, first: missing.first, last })
}
