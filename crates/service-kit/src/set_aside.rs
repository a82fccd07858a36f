//! Records that a consumer failed on. Such a record halts its stream in that consumer: it is set aside with all
//! later ones of its stream, in order, and everything else goes on. They are retried at each start, so that a
//! version that can process them repairs what an older one could not; a process manager retries them now and then,
//! because a command that was refused may be accepted later.

use crate::{Kit, traces};
use domain::StreamName;
use journal::{Position, Record};
use rusqlite::{Connection, OpenFlags};
use std::any::Any;
use std::collections::HashMap;
use std::path::Path;

/// The table in a consumer's file.
pub(crate) const TABLE: &str =
    "CREATE TABLE set_aside (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, reason TEXT NOT NULL);
     CREATE INDEX set_aside_stream ON set_aside (stream, position);";

/// A record that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The view or process manager that failed on it.
    pub consumer: &'static str,
    /// The record's position.
    pub position: Position,
    /// Its stream, which is halted in that consumer.
    pub stream: String,
    /// Why.
    pub reason: String,
}

/// The streams that are halted in a consumer, each with the position of its first record set aside.
#[derive(Debug, Default)]
pub(crate) struct Halted(HashMap<StreamName, Position>);

impl Halted {
    /// Reads them from the consumer's file.
    pub(crate) fn read(tables: &Connection) -> rusqlite::Result<Halted> {
        let mut query = tables.prepare("SELECT stream, MIN(position) FROM set_aside GROUP BY stream")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64)))?;
        let mut halted = HashMap::new();
        for row in rows {
            let (stream, position) = row?;
            if let Some(stream) = StreamName::parse(&stream) {
                halted.insert(stream, position);
            }
        }
        Ok(Halted(halted))
    }

    /// Whether no stream is halted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why a record has to wait for an earlier one of its stream, when it has to.
    pub(crate) fn blocked_by(&self, record: &Record) -> Option<String> {
        let first = self.0.get(&record.stream).filter(|first| **first < record.position)?;
        Some(format!("record {first} of its stream was set aside before"))
    }

    /// Each stream with its first record set aside.
    pub(crate) fn streams(&self) -> Vec<(StreamName, Position)> {
        self.0.iter().map(|(stream, position)| (stream.clone(), *position)).collect()
    }

    /// Sets a record aside, and halts its stream.
    pub(crate) fn put(
        &mut self,
        tables: &Connection,
        consumer: &'static str,
        record: &Record,
        reason: &str,
    ) -> rusqlite::Result<()> {
        tables.prepare_cached("INSERT OR REPLACE INTO set_aside VALUES (?1, ?2, ?3)")?.execute((
            record.position as i64,
            record.stream.to_string(),
            reason,
        ))?;
        if self.0.contains_key(&record.stream) {
            return Ok(());
        }
        let (position, stream) = (record.position, &record.stream);
        let trace_id = record.envelope.traceparent.as_deref().and_then(traces::trace_id);
        tracing::warn!(consumer, position, %stream, reason, trace_id, "a record was set aside; its stream is halted here");
        self.0.insert(stream.clone(), position);
        Ok(())
    }
}

/// The positions of a stream's records that were set aside, in order.
pub(crate) fn positions(tables: &Connection, stream: &StreamName) -> rusqlite::Result<Vec<Position>> {
    tables
        .prepare_cached("SELECT position FROM set_aside WHERE stream = ?1 ORDER BY position")?
        .query_map([stream.to_string()], |row| Ok(row.get::<_, i64>(0)? as u64))?
        .collect()
}

/// Removes a record that was processed after all.
pub(crate) fn remove(tables: &Connection, position: Position) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM set_aside WHERE position = ?1")?.execute([position as i64]).map(drop)
}

/// The message of a panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panicked: {}", text.unwrap_or("without a message"))
}

impl Kit {
    /// What the consumers that run on this kit have set aside, sorted by position and consumer: at most so many of
    /// those after this one, and how many there are in all.
    pub fn set_aside(&self, after: (Position, &str), most: usize) -> rusqlite::Result<(Vec<SetAside>, u64)> {
        let mut found = Vec::new();
        let mut all = 0;
        for (consumer, file) in self.consumers() {
            let (position, last) = after;
            // Of the last position, those of the consumers that come later.
            let from = if consumer > last { position } else { position + 1 };
            all += read(consumer, &file, from, most, &mut found)?;
        }
        found.sort_by_key(|record| (record.position, record.consumer));
        found.truncate(most);
        Ok((found, all))
    }

    /// How many records each consumer that runs on this kit has set aside.
    pub(crate) fn count_set_aside(&self) -> Vec<(&'static str, rusqlite::Result<u64>)> {
        let consumers = self.consumers().into_iter();
        consumers.map(|(consumer, file)| (consumer, open(&file).and_then(|tables| count(&tables)))).collect()
    }
}

/// A connection to a consumer's file, which must be there.
fn open(file: &Path) -> rusqlite::Result<Connection> {
    let tables = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    tables.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(tables)
}

fn count(tables: &Connection) -> rusqlite::Result<u64> {
    tables.query_row("SELECT COUNT(*) FROM set_aside", [], |row| row.get::<_, i64>(0)).map(|all| all as u64)
}

fn read(
    consumer: &'static str,
    file: &Path,
    from: Position,
    most: usize,
    found: &mut Vec<SetAside>,
) -> rusqlite::Result<u64> {
    let tables = open(file)?;
    let all = count(&tables)?;
    let mut query = tables.prepare(
        "SELECT position, stream, reason FROM set_aside WHERE position >= ?1 ORDER BY position LIMIT ?2",
    )?;
    let rows = query.query_map([i64::try_from(from).unwrap_or(i64::MAX), most as i64], |row| {
        Ok(SetAside {
            consumer,
            position: row.get::<_, i64>(0)? as u64,
            stream: row.get(1)?,
            reason: row.get(2)?,
        })
    })?;
    for row in rows {
        found.push(row?);
    }
    Ok(all)
}
