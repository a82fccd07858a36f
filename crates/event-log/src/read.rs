//! Reading durable records, by position or by stream.

use crate::chunk::{ChunkReader, Frames};
use crate::index;
use crate::limits::READ_BYTES_MAX;
use crate::{Damage, EventLog, Head, ReadError, Record};
use bytes::{Bytes, BytesMut};

impl EventLog {
    /// Returns the records after a position, in order: at most `max_records`, and fewer if they would exceed
    /// [`READ_BYTES_MAX`]. The result is empty only if there are no such records.
    ///
    /// Blocks on disk I/O; recently written or read records are cached.
    pub fn read(&self, after: u64, max_records: usize) -> Result<Vec<Record>, ReadError> {
        let head = self.head().position;
        let store = self.shared.store()?;
        let wanted = usize::try_from(head.saturating_sub(after)).unwrap_or(usize::MAX).min(max_records);
        let mut found = ReadBatch::with_capacity_for(wanted);
        if wanted == 0 {
            return Ok(found.records);
        }
        let mut next = after + 1;
        for record in Frames::from(&store.records, next)?.take(wanted) {
            next += 1;
            if found.push(record?) {
                return Ok(found.records);
            }
        }
        match found.records.len() == wanted {
            true => Ok(found.records),
            false => {
                Err(Damage::at(next, format!("it is missing, although the log's head is {head}")).into())
            }
        }
    }

    /// Returns the stored frames of the records after one position and up to another, concatenated, and the
    /// position of the last one: about `max_bytes` at most, but at least one record; empty only if there are
    /// none. The checksum of each frame has been verified.
    pub fn frames(&self, after: u64, up_to: u64, max_bytes: usize) -> Result<(Bytes, u64), ReadError> {
        let up_to = up_to.min(self.head().position);
        let store = self.shared.store()?;
        let (mut bytes, mut last) = (BytesMut::new(), after);
        if after >= up_to {
            return Ok((bytes.freeze(), last));
        }
        let mut frames = Frames::from(&store.records, after + 1)?;
        while last < up_to && bytes.len() < max_bytes {
            last += 1;
            let missing = || Err(Damage::at(last, "it is missing").into());
            let (frame, _) = frames.next_frame().unwrap_or_else(missing)?;
            bytes.extend_from_slice(&frame);
        }
        Ok((bytes.freeze(), last))
    }

    /// Returns the head that the log had when `position` was its last record.
    pub fn head_at(&self, position: u64) -> Result<Head, ReadError> {
        let root = self.root_at(position)?;
        if position == 0 {
            return Ok(Head::EMPTY);
        }
        let hash = ChunkReader::new(&self.shared.store()?.records).get(position)?.hash();
        Ok(Head { position, hash, root })
    }

    /// Returns the records of a stream after a position, in order, within the same limits as [`EventLog::read`].
    pub fn read_stream(
        &self,
        stream: &str,
        after: u64,
        max_records: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let head = self.head().position;
        let store = self.shared.store()?;
        let positions = store.index.positions(index::stream_key(stream), after, max_records)?;
        let mut found = ReadBatch::with_capacity_for(positions.len());
        let mut reader = ChunkReader::new(&store.records);
        for position in positions.into_iter().take_while(|position| *position <= head) {
            let record = reader.get(position)?;
            if record.stream == stream && found.push(record) {
                break;
            }
        }
        Ok(found.records)
    }

    /// Returns the position of a stream's last record; 0 if it has none.
    pub fn stream_position(&self, stream: &str) -> Result<u64, ReadError> {
        Ok(self.shared.store()?.index.last(index::stream_key(stream))?)
    }
}

struct ReadBatch {
    records: Vec<Record>,
    bytes: usize,
}

impl ReadBatch {
    fn with_capacity_for(records: usize) -> ReadBatch {
        ReadBatch { records: Vec::with_capacity(records.min(1024)), bytes: 0 }
    }

    fn push(&mut self, record: Record) -> bool {
        self.bytes += record.weight();
        self.records.push(record);
        self.bytes >= READ_BYTES_MAX
    }
}
