//! What is appended: commits that are known from their numbers alone, whoever looks at them later.

use super::disk;
use crate::seed::Random;
use bytes::Bytes;
use event_log::{
    Append, AppendError, EventLog, Expected, NewRecord, OpenError, Options, OrderedRecord, Record, limits,
};
use std::path::Path;
use std::task::{Context, Waker};
use uuid::Uuid;

/// A commit whose caller was told that it is durable, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    pub commit: u64,
    pub first: u64,
    pub last: u64,
}

/// How logs are opened here.
pub fn options(dir: &Path) -> Options {
    Options { cache_bytes: 8 << 20, reserve_bytes: 0, ..Options::new(dir) }
}

/// A runtime for one caller at a time.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The commit of this number. Its kinds take turns: most are one small record, some are several, some have
/// a record that is longer than one value in sled.
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
    Append { commit_id: commit_id(number), time_micros: number as i64, records }
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

fn commit_id(number: u64) -> Uuid {
    Uuid::from_u64_pair(u64::MAX, number)
}

/// The number of the commit that a record says it belongs to.
pub fn number_of(record: &Record) -> u64 {
    record.commit_id.as_u64_pair().1
}

/// The records of commits as they are at these positions.
pub fn ordered(commits: &[u64], first: u64) -> Vec<OrderedRecord> {
    let records = commits.iter().flat_map(|number| {
        let Append { commit_id, time_micros, records } = commit(*number);
        let parts = records.len() as u32;
        records.into_iter().zip(1..).map(move |(new, part)| OrderedRecord {
            position: 0,
            stream: new.stream,
            types: new.types,
            time_micros,
            commit_id,
            part,
            parts,
            salt: new.salt,
            payload: new.payload,
        })
    });
    records.zip(first..).map(|(record, position)| OrderedRecord { position, ..record }).collect()
}

/// A caller of the log, who appends the commits of a range of numbers one after another or together.
pub struct Caller {
    log: EventLog,
    next: u64,
    told: Vec<Acknowledged>,
}

impl Caller {
    /// Opens the log; the next commit has this number.
    pub fn open(dir: &Path, next: u64) -> Result<Caller, OpenError> {
        let (log, _) = EventLog::open(options(dir))?;
        Ok(Caller { log, next, told: vec![] })
    }

    fn numbers(&mut self, commits: u64) -> std::ops::Range<u64> {
        self.next += commits;
        self.next - commits..self.next
    }

    /// What was acknowledged to it.
    pub fn told(&self) -> &[Acknowledged] {
        &self.told
    }

    /// The last record of the log.
    pub fn position(&self) -> u64 {
        self.log.head().position
    }

    fn was_told(&mut self, acknowledged: Acknowledged) {
        self.told.push(acknowledged);
        disk::told(acknowledged);
    }

    /// Appends so many commits, each after the one before was acknowledged.
    pub async fn one_by_one(&mut self, commits: u64) -> Result<(), AppendError> {
        for commit in self.numbers(commits) {
            let appended = self.log.append(self::commit(commit)).await?;
            self.was_told(Acknowledged { commit, first: appended.first, last: appended.last });
        }
        Ok(())
    }

    /// Appends so many commits as one group: they wait together while the disk is stopped.
    pub async fn together(&mut self, commits: u64) -> Result<(), AppendError> {
        let (numbers, log) = (self.numbers(commits), self.log.clone());
        let appends = numbers.clone().map(|commit| Box::pin(log.append(self::commit(commit))));
        let mut appends: Vec<_> = appends.collect();
        let held = disk::hold();
        for append in &mut appends {
            let first = append.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "nothing is durable while the disk is stopped");
        }
        drop(held);
        for (commit, append) in numbers.zip(appends) {
            let appended = append.await?;
            self.was_told(Acknowledged { commit, first: appended.first, last: appended.last });
        }
        Ok(())
    }

    /// Appends so many commits as records that were ordered elsewhere, in one call.
    pub async fn ordered(&mut self, commits: u64) -> Result<(), AppendError> {
        let numbers: Vec<u64> = self.numbers(commits).collect();
        let records = ordered(&numbers, self.log.head().position + 1);
        let places: Vec<_> =
            records.iter().map(|record| (record.position, record.part, record.parts)).collect();
        self.log.append_ordered(records).await?;
        let firsts = places.into_iter().filter(|(_, part, _)| *part == 1);
        for (commit, (first, _, parts)) in numbers.into_iter().zip(firsts) {
            self.was_told(Acknowledged { commit, first, last: first + u64::from(parts) - 1 });
        }
        Ok(())
    }

    /// Whether the log takes nothing more and says why, as it must after its storage failed.
    pub async fn is_refused(&self) -> bool {
        let again = self.log.append(commit(self.next)).await;
        matches!(again, Err(AppendError::Storage(_))) && self.log.failure().is_some()
    }

    /// Closes the log, and answers the number of the commit that would come next.
    pub async fn close(self) -> u64 {
        self.log.close().await;
        self.next
    }
}
