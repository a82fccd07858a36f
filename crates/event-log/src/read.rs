//! Reading: only what is durable, by position or by stream.

use crate::chunk::{ChunkReader, Frames};
use crate::index;
use crate::limits::READ_BYTES_MAX;
use crate::{EventLog, ReadError, Record};

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
            false => {
                Err(crate::Damage::at(next, format!("it is missing, though the log's head is {head}")).into())
            }
        }
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
