//! Whether a log is what it must be after a fault.

use super::workload::{Acknowledged, commit, number_of, options, runtime};
use event_log::{Append, EventLog, Expected, NewRecord, OpenError, ReadError, Record};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use uuid::Uuid;

/// What was found by looking at a log.
#[derive(Debug)]
pub enum Found {
    /// It opened, verified, and everything that was read from it is what was appended.
    Whole { records: u64 },
    /// It was refused, or a position was named where something is wrong.
    Named(String),
}

/// Opens a log, reads and verifies everything, appends, and opens it again. An error is a promise broken:
/// an acknowledged commit is missing or another one, something was read that was never appended, a commit
/// is in part or twice there, or there was a panic.
pub fn look(dir: &Path, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let looked = catch_unwind(AssertUnwindSafe(|| runtime().block_on(open_and_look(dir, acknowledged))));
    looked.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        Err(format!("it panicked: {}", said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")))
    })
}

/// As [`look`], where nothing but a whole log will do.
pub fn whole(dir: &Path, acknowledged: &[Acknowledged]) -> Result<u64, String> {
    match look(dir, acknowledged)? {
        Found::Whole { records } => Ok(records),
        Found::Named(why) => Err(format!("it is refused, though power cuts and errors leave it so: {why}")),
    }
}

async fn open_and_look(dir: &Path, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let (log, opened) = match EventLog::open(options(dir)) {
        Ok(opened) => opened,
        Err(fault) => return named(&fault),
    };
    let found = look_at(&log, acknowledged);
    if !matches!(found, Ok(Found::Whole { .. })) {
        log.close().await;
        return found;
    }
    let next = opened.head.position + 1;
    let appended = log.append(one_more()).await.map_err(|fault| format!("appending after it: {fault}"))?;
    log.close().await;
    if (appended.first, appended.last) != (next, next) {
        return Err(format!("the next record was given position {} instead of {next}", appended.first));
    }
    let (log, opened) =
        EventLog::open(options(dir)).map_err(|fault| format!("opening it again after an append: {fault}"))?;
    let last = log.read(next - 1, 2).map_err(|fault| fault.to_string())?;
    log.close().await;
    match (opened.head.position == next, opened.cut, last.as_slice()) {
        (true, None, [record]) if record.payload == one_more().records[0].payload => found,
        (_, cut, last) => Err(format!("after an append at {next}: {:?}, {cut:?}, {last:?}", opened.head)),
    }
}

fn one_more() -> Append {
    let (stream, types) = ("faults.after".to_owned(), vec!["test.v1.After".to_owned()]);
    let record = NewRecord { stream, expected: Expected::Any, types, payload: "after".into(), salt: [1; 16] };
    Append { commit_id: Uuid::nil(), time_micros: 0, records: vec![record] }
}

/// A refusal that does not say what was wrong is none.
fn named(fault: &OpenError) -> Result<Found, String> {
    match fault {
        OpenError::Locked { .. } | OpenError::NotDurable => Err(format!("the test is at fault: {fault}")),
        fault => Ok(Found::Named(fault.to_string())),
    }
}

/// Reads and verifies everything in an open log.
pub fn look_at(log: &EventLog, acknowledged: &[Acknowledged]) -> Result<Found, String> {
    let records = match read_all(log).and_then(|records| log.verify(|_| {}).map(|_| records)) {
        Ok(records) => records,
        Err(fault @ (ReadError::Damaged(_) | ReadError::Storage(_))) => {
            return Ok(Found::Named(fault.to_string()));
        }
        Err(fault) => return Err(fault.to_string()),
    };
    if records.len() as u64 != log.head().position {
        return Err(format!("{} records were read, the head is {}", records.len(), log.head().position));
    }
    are_commits(&records)?;
    for told in acknowledged {
        let place = told.first as usize - 1..told.last as usize;
        let there = records.get(place).ok_or_else(|| {
            format!("{told:?} was acknowledged, but the log ends silently at {}", records.len())
        })?;
        if there.iter().any(|record| number_of(record) != told.commit) {
            return Err(format!("{told:?} was acknowledged, but another commit is there"));
        }
    }
    Ok(Found::Whole { records: records.len() as u64 })
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

/// The records are whole commits as they were appended, each once.
fn are_commits(records: &[Record]) -> Result<(), String> {
    let mut seen = HashSet::new();
    let mut rest = records;
    while let Some(first) = rest.first() {
        let appended = if first.commit_id.is_nil() { one_more() } else { commit(number_of(first)) };
        let Some((there, after)) = rest.split_at_checked(appended.records.len()) else {
            return Err(format!("the commit at {} is not whole", first.position));
        };
        let same = there.iter().zip(&appended.records).zip(1..).all(|((record, new), part)| {
            let envelope = (record.commit_id, record.time_micros, record.part, record.parts as usize);
            let content = (&record.stream, &record.types, &record.payload, record.salt);
            envelope == (appended.commit_id, appended.time_micros, part, appended.records.len())
                && content == (&new.stream, &new.types, &new.payload, new.salt)
        });
        if !same || first.commit_id.is_nil() != (appended.commit_id.is_nil()) {
            return Err(format!("the commit at {} is not what was appended", first.position));
        }
        if !first.commit_id.is_nil() && !seen.insert(first.commit_id) {
            return Err(format!("the commit at {} is there twice", first.position));
        }
        rest = after;
    }
    Ok(())
}
