//! The workload: commits whose content is determined by their numbers, so that any process can check them later.

use super::disk;
use crate::seed::Random;
use bytes::Bytes;
use event_log::{
    Append, AppendError, EventLog, Expected, NewRecord, OpenError, Options, OrderedRecord, Record, limits,
};
use std::path::Path;
use std::task::{Context, Waker};
use uuid::Uuid;

/// A commit that was acknowledged to its caller, with its positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    pub commit: u64,
    pub first: u64,
    pub last: u64,
}

/// Returns the options used for all logs here.
pub fn options(dir: &Path) -> Options {
    Options { cache_bytes: 8 << 20, reserve_bytes: 0, commit_file_bytes_max: 48 << 10, ..Options::new(dir) }
}

/// Creates a single-threaded runtime.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Returns the commit with this number. Most have one small record, some have several, and some have a record
/// that is longer than one value in sled.
pub fn commit(number: u64) -> Append {
    let mut random = Random::new(number, 0);
    let sizes: Vec<u64> = match number % 16 {
        3 | 9 => (0..2 + random.below(5)).map(|_| random.below(900)).collect(),
        12 => vec![7_000 + random.below(1_200)],
        14 if random.one_in(4) => vec![limits::RECORD_BYTES_MAX as u64],
        14 => vec![random.below(300), 8_000 + random.below(20_000), random.below(300)],
        _ => vec![random.below(700)],
    };
    let records = sizes.into_iter().map(|bytes| record(&mut random, bytes)).collect();
    Append { command_id: command_id(number), time_micros: number as i64, records }
}

/// Returns the commit with this number, with one record of the largest size.
pub fn large_commit(number: u64) -> Append {
    let records = vec![record(&mut Random::new(number, 0), limits::RECORD_BYTES_MAX as u64)];
    Append { command_id: command_id(number), time_micros: number as i64, records }
}

fn record(random: &mut Random, bytes: u64) -> NewRecord {
    let mut payload = Vec::with_capacity(bytes as usize + 8);
    while payload.len() < bytes as usize {
        payload.extend_from_slice(&random.next().to_be_bytes());
    }
    payload.truncate(bytes as usize);
    let mut salt = [0; 16];
    salt[..8].copy_from_slice(&random.next().to_be_bytes());
    NewRecord {
        stream: format!("faults.stream.{}", random.below(12)),
        expected: Expected::Any,
        types: vec!["test.v1.Happened".to_owned()],
        payload: Bytes::from(payload),
        salt,
    }
}

fn command_id(number: u64) -> Uuid {
    Uuid::from_u64_pair(u64::MAX, number)
}

/// Returns the number of the commit that a record belongs to.
pub fn number_of(record: &Record) -> u64 {
    record.command_id.as_u64_pair().1
}

/// Returns the records of commits at positions from `first` on.
pub fn ordered(commits: &[u64], first: u64) -> Vec<OrderedRecord> {
    let records = commits.iter().flat_map(|number| {
        let Append { command_id, time_micros, records } = commit(*number);
        let parts = records.len() as u32;
        records.into_iter().zip(1..).map(move |(new, part)| OrderedRecord {
            position: 0,
            stream: new.stream,
            types: new.types,
            time_micros,
            command_id,
            part,
            parts,
            salt: new.salt,
            payload: new.payload,
        })
    });
    records.zip(first..).map(|(record, position)| OrderedRecord { position, ..record }).collect()
}

/// A caller of the log that appends commits with consecutive numbers.
pub struct Caller {
    log: EventLog,
    next: u64,
    acknowledged: Vec<Acknowledged>,
    watched: bool,
}

impl Caller {
    /// Opens the log; `next` is the number of the next commit.
    pub fn open(dir: &Path, next: u64) -> Result<Caller, OpenError> {
        let (log, _) = EventLog::open(options(dir))?;
        Ok(Caller { log, next, acknowledged: vec![], watched: disk::is_watched(dir) })
    }

    fn numbers(&mut self, commits: u64) -> std::ops::Range<u64> {
        self.next += commits;
        self.next - commits..self.next
    }

    /// Returns the commits acknowledged to this caller.
    pub fn acknowledged(&self) -> &[Acknowledged] {
        &self.acknowledged
    }

    /// Returns the last position of the log.
    pub fn position(&self) -> u64 {
        self.log.head().position
    }

    /// Notes an acknowledgement; `last` tells whether no other commit is in flight.
    fn note_acknowledged(&mut self, acknowledged: Acknowledged, last: bool) {
        self.acknowledged.push(acknowledged);
        if self.watched {
            disk::record_acknowledged(acknowledged, last);
        }
    }

    /// Appends commits one after another, each after the previous one was acknowledged.
    pub async fn one_by_one(&mut self, commits: u64) -> Result<(), AppendError> {
        for commit in self.numbers(commits) {
            let appended = self.log.append(self::commit(commit)).await?;
            self.note_acknowledged(Acknowledged { commit, first: appended.first, last: appended.last }, true);
        }
        Ok(())
    }

    /// Appends a commit and, as one group, further ones that queue up while the disk is paused. The directory must
    /// be watched.
    pub async fn together(&mut self, commits: u64) -> Result<(), AppendError> {
        let (numbers, log) = (self.numbers(1 + commits), self.log.clone());
        let appends = numbers.clone().map(|commit| Box::pin(log.append(self::commit(commit))));
        let mut appends: Vec<_> = appends.collect();
        let paused = disk::pause();
        for (append, number) in appends.iter_mut().zip(0..) {
            let first = append.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "nothing is durable while the disk is paused");
            if number == 0 {
                paused.wait_for_a_call();
            }
        }
        drop(paused);
        for (commit, append) in numbers.zip(appends) {
            let appended = append.await?;
            let last = commit + 1 == self.next;
            self.note_acknowledged(Acknowledged { commit, first: appended.first, last: appended.last }, last);
        }
        Ok(())
    }

    /// Appends commits as ordered records, in one call.
    pub async fn ordered(&mut self, commits: u64) -> Result<(), AppendError> {
        let numbers: Vec<u64> = self.numbers(commits).collect();
        let records = ordered(&numbers, self.log.head().position + 1);
        let places: Vec<_> =
            records.iter().map(|record| (record.position, record.part, record.parts)).collect();
        self.log.append_ordered(records).await?;
        let firsts = places.into_iter().filter(|(_, part, _)| *part == 1);
        for (commit, (first, _, parts)) in numbers.into_iter().zip(firsts) {
            self.note_acknowledged(Acknowledged { commit, first, last: first + u64::from(parts) - 1 }, true);
        }
        Ok(())
    }

    /// Returns whether the log refuses appends and reports the failure, as it must once its storage has failed.
    pub async fn is_refused(&self) -> bool {
        let again = self.log.append(commit(self.next)).await;
        matches!(again, Err(AppendError::Storage(_))) && self.log.failure().is_some()
    }

    /// Closes the log, and returns the number of the next commit.
    pub async fn close(self) -> u64 {
        self.log.close().await;
        self.next
    }
}
