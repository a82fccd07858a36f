//! Commits, and the two ways to append them.

use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_RECORDS_MAX, RECORD_BYTES_MAX, STREAM_BYTES_MAX, TYPE_BYTES_MAX, TYPES_MAX,
};
use crate::writer::{PreparedAppend, Request};
use crate::{AppendError, EventLog, Record};
use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::Uuid;

/// The state that a stream must be in for a commit to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Not checked.
    Any,
    /// Its last record is at this position; 0 means that the stream has no records.
    At(u64),
}

/// One record of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Stream that the record belongs to.
    pub stream: String,
    /// Expected state of the stream before the commit.
    pub expected: Expected,
    /// Names of the event types in the payload.
    pub types: Vec<String>,
    /// The payload, opaque to the log.
    pub payload: Bytes,
    /// Random bytes that keep the payload from being guessed from its commitment.
    pub salt: [u8; 16],
}

/// A commit: its records are written consecutively and atomically.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Id of the command that the commit is the result of.
    pub command_id: Uuid,
    /// When it was decided, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The records; at least one.
    pub records: Vec<NewRecord>,
}

/// The positions of a commit's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Position of the first record.
    pub first: u64,
    /// Position of the last record.
    pub last: u64,
}

/// A record whose position was assigned elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedRecord {
    /// Position in the log.
    pub position: u64,
    /// Stream that the record belongs to.
    pub stream: String,
    /// Names of the event types in the payload.
    pub types: Vec<String>,
    /// When it was decided, in microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// Id of the command whose commit the record belongs to.
    pub command_id: Uuid,
    /// Number of the record within its commit, from 1.
    pub part: u32,
    /// Number of records in the commit.
    pub parts: u32,
    /// Random bytes that keep the payload from being guessed from its commitment.
    pub salt: [u8; 16],
    /// The payload, opaque to the log.
    pub payload: Bytes,
}

impl From<&Record> for OrderedRecord {
    fn from(record: &Record) -> OrderedRecord {
        OrderedRecord {
            position: record.position,
            stream: record.stream.clone(),
            types: record.types.clone(),
            time_micros: record.time_micros,
            command_id: record.command_id,
            part: record.part,
            parts: record.parts,
            salt: record.salt,
            payload: record.payload.clone(),
        }
    }
}

impl EventLog {
    /// Appends a commit at the next positions and returns them once it is durable.
    ///
    /// On [`AppendError::Conflict`] nothing is written; the error is returned only once the conflicting
    /// record is durable and readable. Dropping the future does not cancel the append.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        check(append.records.iter().map(|new| (new.stream.as_str(), new.types.as_slice(), &new.payload)))?;
        check_limit("records in a commit", append.records.len(), COMMIT_RECORDS_MAX)?;
        check_limit(
            "bytes in a commit",
            append.records.iter().map(|new| new.payload.len()).sum(),
            COMMIT_BYTES_MAX,
        )?;
        let (reply, response) = oneshot::channel();
        let request = Request::Append(PreparedAppend::new(append), reply);
        self.requests.send(request).await.map_err(|_| self.closed_error())?;
        response.await.map_err(|_| self.closed_error())?
    }

    /// Appends records whose positions were assigned elsewhere, and returns the new head position once they
    /// are durable.
    ///
    /// The records must directly follow the last one and form complete commits. Concurrent calls are
    /// processed in the order in which they were first polled.
    pub async fn append_ordered(&self, records: Vec<OrderedRecord>) -> Result<u64, AppendError> {
        check(records.iter().map(|new| (new.stream.as_str(), new.types.as_slice(), &new.payload)))?;
        check_commits(&records)?;
        let (reply, response) = oneshot::channel();
        self.requests.send(Request::Ordered(records, reply)).await.map_err(|_| self.closed_error())?;
        response.await.map_err(|_| self.closed_error())?
    }

    fn closed_error(&self) -> AppendError {
        self.failure().map_or(AppendError::Closed, AppendError::Storage)
    }
}

fn check_limit(what: &'static str, bytes: usize, max: usize) -> Result<(), AppendError> {
    if bytes <= max { Ok(()) } else { Err(AppendError::TooLarge { what, bytes, max }) }
}

fn check<'a>(
    records: impl ExactSizeIterator<Item = (&'a str, &'a [String], &'a Bytes)>,
) -> Result<(), AppendError> {
    if records.len() == 0 {
        return Err(AppendError::Malformed("it has no records".to_owned()));
    }
    for (stream, types, payload) in records {
        check_limit("bytes in a payload", payload.len(), RECORD_BYTES_MAX)?;
        check_limit("bytes in a stream's name", stream.len(), STREAM_BYTES_MAX)?;
        check_limit("event types in a record", types.len(), TYPES_MAX)?;
        for name in types {
            check_limit("bytes in an event type's name", name.len(), TYPE_BYTES_MAX)?;
        }
    }
    Ok(())
}

fn check_commits(records: &[OrderedRecord]) -> Result<(), AppendError> {
    let incomplete = |record: &OrderedRecord| {
        let text = format!(
            "the commit at {} is incomplete (record {} of {})",
            record.position, record.part, record.parts
        );
        AppendError::Malformed(text)
    };
    let mut open: Option<(Uuid, u32, u32)> = None;
    for record in records {
        check_limit("records in a commit", record.parts as usize, COMMIT_RECORDS_MAX)?;
        let expected = open.unwrap_or((record.command_id, 1, record.parts));
        if expected != (record.command_id, record.part, record.parts) || record.part > record.parts {
            return Err(incomplete(record));
        }
        open = (record.part < record.parts).then_some((record.command_id, record.part + 1, record.parts));
    }
    match (open, records.last()) {
        (Some(_), Some(last)) => Err(incomplete(last)),
        _ => Ok(()),
    }
}
