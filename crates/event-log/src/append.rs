//! What is appended, and the two ways to append it.

use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_RECORDS_MAX, RECORD_BYTES_MAX, STREAM_BYTES_MAX, TYPE_BYTES_MAX, TYPES_MAX,
};
use crate::writer::{PreparedAppend, Request};
use crate::{AppendError, EventLog, Record};
use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Where a stream must stand for a commit to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Anywhere.
    Any,
    /// Its last record is at this position; 0: it has none.
    At(u64),
}

/// One record of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The stream.
    pub stream: String,
    /// Where the stream must stand, as it was before the commit.
    pub expected: Expected,
    /// The names of the event types in the payload.
    pub types: Vec<String>,
    /// The payload.
    pub payload: Bytes,
    /// Random bytes, which make the commitment to the payload unguessable.
    pub salt: [u8; 16],
}

/// A commit: all its records are written, one after another, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Its id.
    pub commit_id: Uuid,
    /// When it was decided, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// Its records, at least one.
    pub records: Vec<NewRecord>,
}

/// Where the records of a commit are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of the first.
    pub first: u64,
    /// The position of the last.
    pub last: u64,
}

/// A record that was given its position elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedRecord {
    /// Its position.
    pub position: u64,
    /// The stream.
    pub stream: String,
    /// The names of the event types in the payload.
    pub types: Vec<String>,
    /// When it was decided, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The commit that it is a part of.
    pub commit_id: Uuid,
    /// Its place in the commit, from 1.
    pub part: u32,
    /// How many records the commit has.
    pub parts: u32,
    /// Random bytes, which make the commitment to the payload unguessable.
    pub salt: [u8; 16],
    /// The payload.
    pub payload: Bytes,
}

impl From<&Record> for OrderedRecord {
    fn from(record: &Record) -> OrderedRecord {
        OrderedRecord {
            position: record.position,
            stream: record.stream.clone(),
            types: record.types.clone(),
            time_micros: record.time_micros,
            commit_id: record.commit_id,
            part: record.part,
            parts: record.parts,
            salt: record.salt,
            payload: record.payload.clone(),
        }
    }
}

impl EventLog {
    /// Appends a commit at the next positions and answers these when it is durable.
    ///
    /// Nothing is written after [`AppendError::Conflict`], which is answered when what it conflicts with
    /// is durable and can be read. A caller that goes away before the answer has still appended.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check(append.records.iter().map(|new| (new.stream.as_str(), new.types.as_slice(), &new.payload)))?;
        within("records in a commit", append.records.len(), COMMIT_RECORDS_MAX)?;
        within(
            "bytes in a commit",
            append.records.iter().map(|new| new.payload.len()).sum(),
            COMMIT_BYTES_MAX,
        )?;
        let (sender, answer) = oneshot::channel();
        let request = Request::Append(PreparedAppend::new(append), sender);
        self.requests.send(request).await.map_err(|_| self.ended())?;
        answer.await.map_err(|_| self.ended())?
    }

    /// Appends records that were given their positions elsewhere, and answers the head when they are durable.
    ///
    /// They must follow the last record, and be whole commits. Calls may overlap: they are taken in the
    /// order in which they were first polled.
    pub async fn append_ordered(&self, records: Vec<OrderedRecord>) -> Result<u64, AppendError> {
        check(records.iter().map(|new| (new.stream.as_str(), new.types.as_slice(), &new.payload)))?;
        check_commits(&records)?;
        let (sender, answer) = oneshot::channel();
        self.requests.send(Request::Ordered(records, sender)).await.map_err(|_| self.ended())?;
        answer.await.map_err(|_| self.ended())?
    }

    fn ended(&self) -> AppendError {
        self.failure().map_or(AppendError::Closed, AppendError::Storage)
    }
}

fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), AppendError> {
    if bytes <= max { Ok(()) } else { Err(AppendError::TooLarge { what, bytes, max }) }
}

fn check<'a>(
    records: impl ExactSizeIterator<Item = (&'a str, &'a [String], &'a Bytes)>,
) -> Result<(), AppendError> {
    if records.len() == 0 {
        return Err(AppendError::Malformed("it has no records".to_owned()));
    }
    for (stream, types, payload) in records {
        within("bytes in a payload", payload.len(), RECORD_BYTES_MAX)?;
        within("bytes in a stream's name", stream.len(), STREAM_BYTES_MAX)?;
        within("event types in a record", types.len(), TYPES_MAX)?;
        for name in types {
            within("bytes in an event type's name", name.len(), TYPE_BYTES_MAX)?;
        }
    }
    Ok(())
}

fn check_commits(records: &[OrderedRecord]) -> Result<(), AppendError> {
    let not_whole = |record: &OrderedRecord| {
        let text =
            format!("the commit at {} is not whole ({} of {})", record.position, record.part, record.parts);
        AppendError::Malformed(text)
    };
    let mut open: Option<(Uuid, u32, u32)> = None;
    for record in records {
        within("records in a commit", record.parts as usize, COMMIT_RECORDS_MAX)?;
        let expected = open.unwrap_or((record.commit_id, 1, record.parts));
        if expected != (record.commit_id, record.part, record.parts) || record.part > record.parts {
            return Err(not_whole(record));
        }
        open = (record.part < record.parts).then_some((record.commit_id, record.part + 1, record.parts));
    }
    match (open, records.last()) {
        (Some(_), Some(last)) => Err(not_whole(last)),
        _ => Ok(()),
    }
}
