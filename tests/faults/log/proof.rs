//! Checking a log after a fault.

use super::workload::{Acknowledged, commit, number_of, options, runtime};
use event_log::{Append, AppendError, EventLog, Expected, NewRecord, OpenError, ReadError, Record};
use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use uuid::Uuid;

/// Result of checking a log.
#[derive(Debug)]
pub enum Found {
    /// It opened and verified, and everything read from it is what was appended.
    Intact { records: u64 },
    /// The damage was reported: by refusing to open, or by naming a position.
    Reported(String),
}

/// Opens a log, reads and verifies everything, appends, and opens it again. An error means a broken promise:
/// an acknowledged commit is missing or replaced, a record was read that was never appended, a commit is
/// incomplete or duplicated, or something panicked.
pub fn check(dir: &Path, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let checked = catch_unwind(AssertUnwindSafe(|| runtime().block_on(open_and_check(dir, acknowledged))));
    checked.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("it panicked: {}", message.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    })
}

/// Like [`check`], but only an intact log is accepted.
pub fn check_intact(dir: &Path, acknowledged: &[Acknowledged]) -> Result<u64, String> {
    match check(dir, acknowledged)? {
        Found::Intact { records } => Ok(records),
        Found::Reported(why) => Err(format!(
            "the log is refused, although a power cut or an error may leave it in this state: {why}"
        )),
    }
}

async fn open_and_check(dir: &Path, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let (log, opened) = match EventLog::open(options(dir)) {
        Ok(opened) => opened,
        Err(fault) => return reported(&fault),
    };
    let found = check_open(&log, acknowledged);
    if !matches!(found, Ok(Found::Intact { .. })) {
        log.close().await;
        return found;
    }
    let next = opened.head.position + 1;
    let appended = log.append(extra_commit()).await;
    log.close().await;
    let appended = match appended {
        Ok(appended) => appended,
        Err(fault @ AppendError::Storage(_)) => return Ok(Found::Reported(format!("appending: {fault}"))),
        Err(fault) => return Err(format!("appending afterwards: {fault}")),
    };
    if (appended.first, appended.last) != (next, next) {
        return Err(format!("the next record got position {} instead of {next}", appended.first));
    }
    let (log, opened) = match EventLog::open(options(dir)) {
        Ok(opened) => opened,
        Err(fault) => return Ok(Found::Reported(format!("reopening after an append: {fault}"))),
    };
    let last = log.read(next - 1, 2).map_err(|fault| fault.to_string())?;
    log.close().await;
    match (opened.head.position == next, opened.truncated, last.as_slice()) {
        (true, None, [record]) if record.payload == extra_commit().records[0].payload => found,
        (_, truncated, last) => {
            Err(format!("after an append at {next}: {:?}, {truncated:?}, {last:?}", opened.head))
        }
    }
}

fn extra_commit() -> Append {
    let (stream, types) = ("faults.after".to_owned(), vec!["test.v1.After".to_owned()]);
    let record = NewRecord { stream, expected: Expected::Any, types, payload: "after".into(), salt: [1; 16] };
    Append { command_id: Uuid::nil(), time_micros: 0, records: vec![record] }
}

/// Checks that a refusal to open reports damage.
fn reported(fault: &OpenError) -> Result<Found, String> {
    match fault {
        OpenError::Locked { .. } | OpenError::NotDurable => Err(format!("the test is at fault: {fault}")),
        fault => Ok(Found::Reported(fault.to_string())),
    }
}

/// Reads and verifies everything in an open log.
pub fn check_open(log: &EventLog, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let verified = read_all(log).and_then(|records| {
        log.verify(|_| {})?;
        Ok((read_streams(log, &records)?, records))
    });
    let records = match verified {
        Ok((None, records)) => records,
        Ok((Some(stream), _)) => {
            return Err(format!("reading stream {stream} does not return its records in the log"));
        }
        Err(fault @ (ReadError::Damaged(_) | ReadError::Storage(_))) => {
            return Ok(Found::Reported(fault.to_string()));
        }
        Err(fault) => return Err(fault.to_string()),
    };
    if records.len() as u64 != log.head().position {
        return Err(format!("{} records were read, the head is {}", records.len(), log.head().position));
    }
    check_commits(&records)?;
    for commit in acknowledged {
        let positions = commit.first as usize - 1..commit.last as usize;
        let found = records.get(positions).ok_or_else(|| {
            format!("{commit:?} was acknowledged, but the log silently ends at {}", records.len())
        })?;
        if found.iter().any(|record| number_of(record) != commit.commit) {
            return Err(format!("{commit:?} was acknowledged, but another commit is there"));
        }
    }
    Ok(Found::Intact { records: records.len() as u64 })
}

fn read_all(log: &EventLog) -> Result<Vec<Record>, ReadError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let more = log.read(records.len() as u64, 4096)?;
        if more.is_empty() {
            return Ok(records);
        }
        records.extend(more);
    }
}

/// Returns the first stream whose records differ when it is read by name.
fn read_streams(log: &EventLog, records: &[Record]) -> Result<Option<String>, ReadError> {
    let mut streams: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for record in records {
        streams.entry(&record.stream).or_default().push(record.position);
    }
    for (stream, positions) in streams {
        let mut read: Vec<u64> = Vec::new();
        while let Some(more) = Some(log.read_stream(stream, read.last().copied().unwrap_or(0), 4096)?)
            .filter(|more| !more.is_empty())
        {
            read.extend(more.iter().map(|record| record.position));
        }
        if read != positions || Some(&log.stream_position(stream)?) != positions.last() {
            return Ok(Some(stream.to_owned()));
        }
    }
    Ok(None)
}

/// Checks that the records are complete commits as they were appended, each once.
fn check_commits(records: &[Record]) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut rest = records;
    while let Some(first) = rest.first() {
        let appended = if first.command_id.is_nil() { extra_commit() } else { commit(number_of(first)) };
        let Some((there, after)) = rest.split_at_checked(appended.records.len()) else {
            return Err(format!("the commit at {} is incomplete", first.position));
        };
        let same = there.iter().zip(&appended.records).zip(1..).all(|((record, new), part)| {
            let envelope = (record.command_id, record.time_micros, record.part, record.parts as usize);
            let content = (&record.stream, &record.types, &record.payload, record.salt);
            envelope == (appended.command_id, appended.time_micros, part, appended.records.len())
                && content == (&new.stream, &new.types, &new.payload, new.salt)
        });
        if !same || first.command_id.is_nil() != (appended.command_id.is_nil()) {
            return Err(format!("the commit at {} differs from what was appended", first.position));
        }
        if !first.command_id.is_nil() && !seen.insert(first.command_id) {
            return Err(format!("the commit at {} is duplicated", first.position));
        }
        rest = after;
    }
    Ok(())
}
