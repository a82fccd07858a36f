//! Reading: only what is durable, by position or by stream.

use crate::chunk::{ChunkReader, Frames};
use crate::index;
use crate::limits::READ_BYTES_MAX;
use crate::{Damage, EventLog, Head, ReadError, Record};
use bytes::{Bytes, BytesMut};

impl EventLog {
    /// The records after a position, in order: at most `max_records`, and fewer when they would take more
    /// than [`READ_BYTES_MAX`]. The answer is empty only when there are none.
    ///
    /// It blocks for as long as the disk needs, which is nothing for what was written or read lately.
    pub fn read(&self, after: u64, max_records: usize) -> Result<Vec<Record>, ReadError> {
        let head = self.head().position;
        let store = self.shared.store()?;
        let wanted = usize::try_from(head.saturating_sub(after)).unwrap_or(usize::MAX).min(max_records);
        let mut found = Found::with_room_for(wanted);
        if wanted == 0 {
            return Ok(found.records);
        }
        let mut next = after + 1;
        for record in Frames::from(&store.records, next)?.take(wanted) {
            next += 1;
            if found.is_full_after(record?) {
                return Ok(found.records);
            }
        }
        match found.records.len() == wanted {
            true => Ok(found.records),
            false => Err(Damage::at(next, format!("it is missing, though the log's head is {head}")).into()),
        }
    }

    /// The bytes of the records after a position up to another, as the log keeps them, one after another, and
    /// the position of the last: at most about `max_bytes`, though at least one record; empty only when there
    /// are none. Each was found to be what was written.
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

    /// The head as it was when the log had so many records.
    pub fn head_at(&self, position: u64) -> Result<Head, ReadError> {
        let root = self.root_at(position)?;
        if position == 0 {
            return Ok(Head::EMPTY);
        }
        let hash = ChunkReader::new(&self.shared.store()?.records).get(position)?.hash();
        Ok(Head { position, hash, root })
    }

    /// The records of a stream after a position, in order, under the same limits as [`EventLog::read`].
    pub fn read_stream(
        &self,
        stream: &str,
        after: u64,
        max_records: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let head = self.head().position;
        let store = self.shared.store()?;
        let positions = store.index.positions(index::stream_key(stream), after, max_records)?;
        let mut found = Found::with_room_for(positions.len());
        let mut reader = ChunkReader::new(&store.records);
        for position in positions.into_iter().take_while(|position| *position <= head) {
            let record = reader.get(position)?;
            if record.stream == stream && found.is_full_after(record) {
                break;
            }
        }
        Ok(found.records)
    }

    /// The position of a stream's last record; 0 when it has none.
    pub fn stream_position(&self, stream: &str) -> Result<u64, ReadError> {
        Ok(self.shared.store()?.index.last(index::stream_key(stream))?)
    }
}

struct Found {
    records: Vec<Record>,
    bytes: usize,
}

impl Found {
    fn with_room_for(records: usize) -> Found {
        Found { records: Vec::with_capacity(records.min(1024)), bytes: 0 }
    }

    fn is_full_after(&mut self, record: Record) -> bool {
        self.bytes += record.weight();
        self.records.push(record);
        self.bytes >= READ_BYTES_MAX
    }
}
