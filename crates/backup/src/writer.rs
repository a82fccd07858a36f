//! Adding records to a backup.

use crate::names::{Span, head_object, path};
use crate::reader::{Backup, segment, spans};
use crate::{BackupError, Store};
use bytes::Bytes;
use event_log::Head;
use event_log::backup::{HeadFile, SegmentBuilder, SegmentFault};
use uuid::Uuid;

/// Size of the records of a segment, in bytes, from which on it is written: an object is held in memory as a whole.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// Adds records to a backup. Several at once do no harm: they write the same.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    log_id: Uuid,
    /// The segments that make up the backup.
    path: Vec<Span>,
    next: SegmentBuilder,
}

impl Writer {
    /// Opens the backup of a log, or begins one. Fails if the place has the backup of another log.
    pub async fn open(store: Store, log_id: Uuid) -> Result<Writer, BackupError> {
        let other = |found| {
            let url = store.url().to_owned();
            BackupError::OtherLog { url, found, wanted: log_id }
        };
        if let Some(finished) = Backup::newest(&store).await?
            && finished.head.log_id != log_id
        {
            return Err(other(finished.head.log_id));
        }
        let path = path(spans(&store).await?);
        let next = match path.last() {
            Some(&last) => {
                let last = segment(&store, last).await?;
                if last.log_id() != log_id {
                    return Err(other(last.log_id()));
                }
                SegmentBuilder::after(&last)
            }
            None => SegmentBuilder::start(log_id),
        };
        Ok(Writer { store, log_id, path, next })
    }

    /// Returns the head of what the backup has, with what was added. The log must have the same hash and root there.
    pub fn head(&self) -> Head {
        self.next.chain().head()
    }

    /// Adds records that follow the last one, encoded as by [`event_log::EventLog::frames`].
    pub async fn add(&mut self, frames: Bytes) -> Result<(), BackupError> {
        self.next.add(frames)?;
        if self.next.frames_bytes() >= SEGMENT_BYTES {
            self.write_segment().await?;
        }
        Ok(())
    }

    /// Writes what was added, and then that the log is backed up to `head`, which must be the backup's own head.
    pub async fn finish(mut self, head: Head, signed: Option<String>) -> Result<Head, BackupError> {
        self.next.ensure_ends_with(&head)?;
        if self.next.frames_bytes() > 0 {
            self.write_segment().await?;
        }
        let file = HeadFile { log_id: self.log_id, head, signed };
        let object = head_object(head.position);
        match self.store.create(&object, file.text().into()).await {
            // The same head, signed by others too or by a new key: the earlier one stays.
            Err(BackupError::Occupied { .. }) if self.has_head(&object, &file).await? => Ok(head),
            written => written.map(|()| head),
        }
    }

    async fn has_head(&self, object: &str, file: &HeadFile) -> Result<bool, BackupError> {
        let text = self.store.get(object).await?;
        let found = std::str::from_utf8(&text).ok().and_then(HeadFile::parse);
        Ok(found.is_some_and(|found| (found.log_id, found.head) == (file.log_id, file.head)))
    }

    /// Writes the records added as one segment, together with those before it that are not larger: a backup that is
    /// continued often still has few objects.
    async fn write_segment(&mut self) -> Result<(), BackupError> {
        while let Some(&before) = self.path.last() {
            let frames_bytes = self.next.frames_bytes();
            if frames_bytes >= SEGMENT_BYTES {
                break;
            }
            let before = segment(&self.store, before).await?;
            if before.frames_bytes() > frames_bytes {
                break;
            }
            if !self.next.prepend(&before) {
                let what = "it does not end where the one after it begins".to_owned();
                let object =
                    self.store.shown(&Span { first: before.first(), last: before.head().position }.object());
                return Err(BackupError::Segment { object, fault: SegmentFault::File(what) });
            }
            self.path.pop();
        }
        let span = Span { first: self.next.first(), last: self.next.chain().position() };
        self.store.create(&span.object(), self.next.encode()).await?;
        self.path.push(span);
        let next = SegmentBuilder::start(self.log_id);
        self.next = std::mem::replace(&mut self.next, next).into_next();
        Ok(())
    }
}
