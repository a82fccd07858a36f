//! Tests of the log: against a simple model, and against crashes and damage.

mod backups;
mod crash;
mod damage;
mod model;
mod proofs;

use crate::{
    Append, AppendError, EventLog, Expected, NewRecord, OpenError, Opened, Options, OrderedRecord, Record,
    State,
};
use crate::{durable, limits};
use bytes::Bytes;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

fn options(dir: &Path) -> Options {
    Options { cache_bytes: 8 << 20, reserve_bytes: 0, commit_file_bytes_max: 64 << 10, ..Options::new(dir) }
}

pub(crate) fn open(dir: &Path) -> (EventLog, Opened) {
    EventLog::open(options(dir)).expect("the log opens")
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn write(stream: &str, expected: Expected, payload: impl Into<Bytes>) -> NewRecord {
    let types = vec!["test.v1.Happened".to_owned()];
    NewRecord { stream: stream.to_owned(), expected, types, payload: payload.into(), salt: [7; 16] }
}

fn commit(records: Vec<NewRecord>) -> Append {
    Append { command_id: Uuid::new_v4(), time_micros: 1_700_000_000_000_000, records }
}

/// Appends `records` small records, spread over five streams.
pub(crate) async fn fill(log: &EventLog, records: u64) {
    for number in 0..records {
        let record = write(&format!("stream.{}", number % 5), Expected::Any, vec![number as u8; 300]);
        log.append(commit(vec![record])).await.expect("it is appended");
    }
}

#[test]
fn the_sync_override_is_linked() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let before = durable::sync_count();
        fill(&log, 3).await;
        log.close().await;
        assert!(durable::sync_count() > before, "the store was synced");
    });
}

#[test]
fn a_stream_that_was_asked_for_has_what_is_added_later() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        for position in 1..=3 {
            assert_eq!(log.stream_position("room"), Ok(position - 1));
            let booked = vec![write("room", Expected::At(position - 1), "booked")];
            log.append(commit(booked)).await.expect("it is the next one");
            assert_eq!(log.stream_position("room"), Ok(position));
        }
        log.close().await;
        // Given a log that was opened again, nothing is in memory yet.
        let (log, _) = open(dir.path());
        assert_eq!((log.stream_position("room"), log.stream_position("room")), (Ok(3), Ok(3)));
        log.close().await;
    });
}

#[test]
fn a_commit_over_several_streams_is_atomic() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let both =
            || vec![write("room", Expected::At(0), "booked"), write("session", Expected::At(0), "scheduled")];
        let appended = log.append(commit(both())).await.expect("both streams are new");
        assert_eq!((appended.first, appended.last), (1, 2));

        let half = vec![write("other", Expected::At(0), "x"), write("room", Expected::At(0), "y")];
        let refused = log.append(commit(half)).await;
        let conflict = AppendError::Conflict { stream: "room".to_owned(), expected: 0, actual: 1 };
        assert_eq!(refused, Err(conflict));
        assert_eq!(log.head().position, 2);
        assert_eq!(log.stream_position("other"), Ok(0));
        let records = log.read(0, 10).expect("the log is readable");
        assert_eq!(
            records.iter().map(|record| (record.part, record.parts)).collect::<Vec<_>>(),
            [(1, 2), (2, 2)]
        );
        log.close().await;
    });
}

#[test]
fn only_one_of_many_concurrent_commits_with_the_same_expectation_is_written() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let log = log.clone();
            tries.spawn(async move { log.append(commit(vec![write("one", Expected::At(0), "mine")])).await });
        }
        let mut won = 0;
        while let Some(answer) = tries.join_next().await {
            match answer.expect("no panic") {
                Ok(_) => won += 1,
                Err(AppendError::Conflict { actual, .. }) => {
                    assert_eq!(actual, 1);
                    assert_eq!(
                        log.read_stream("one", 0, 9).expect("the log is readable").len(),
                        1,
                        "the conflicting record is readable"
                    );
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
        log.close().await;
    });
}

#[test]
fn commits_over_a_limit_are_refused_and_those_at_the_limit_are_written() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let large = vec![9; limits::RECORD_BYTES_MAX + 1];
        let refused = log.append(commit(vec![write("s", Expected::Any, large)])).await;
        assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
        let refused =
            log.append(commit(vec![write("s", Expected::Any, "x"); limits::COMMIT_RECORDS_MAX + 1])).await;
        assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
        assert!(matches!(log.append(commit(vec![])).await, Err(AppendError::Malformed(_))));

        // Enough large records to fill leaves of sled: none may become a file that is never synced.
        let largest = Bytes::from(vec![9; limits::RECORD_BYTES_MAX]);
        for _ in 0..4 {
            let records = vec![write("large", Expected::Any, largest.clone()); 16];
            log.append(commit(records)).await.expect("the largest commit is accepted");
            fill(&log, 20).await;
        }
        let read: usize = log.read_stream("large", 0, 1000).expect("the log is readable").len();
        assert!(read >= 60, "a read of large records does not stop before its limit: {read}");
        log.verify(|_| {}).expect("the log is valid");
        let blobs = std::fs::read_dir(dir.path().join("sled/blobs")).expect("temporary directory").count();
        assert_eq!(blobs, 0);
        log.close().await;
    });
}

#[test]
fn a_verification_ends_when_nobody_waits_for_it_any_longer() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        for _ in 0..5 {
            let records = vec![write("s", Expected::Any, "x"); limits::COMMIT_RECORDS_MAX];
            log.append(commit(records)).await.expect("it is appended");
        }
        let mut reached = Vec::new();
        let ended = log.verify_while(|position| {
            reached.push(position);
            false
        });
        assert!(ended.expect("the log is valid").is_none());
        assert_eq!(reached, [1024]);
        log.close().await;
    });
}

#[test]
fn ordered_records_produce_an_identical_log() {
    let (first, second) =
        (TempDir::new().expect("temporary directory"), TempDir::new().expect("temporary directory"));
    runtime().block_on(async {
        let (log, _) = open(first.path());
        fill(&log, 10).await;
        let pair = vec![write("a", Expected::Any, "1"), write("b", Expected::Any, "2")];
        log.append(commit(pair)).await.expect("it is appended");
        let records: Vec<OrderedRecord> =
            log.read(0, 100).expect("the log is readable").iter().map(OrderedRecord::from).collect();

        let (copy, _) = open(second.path());
        assert_eq!(copy.append_ordered(records[..4].to_vec()).await, Ok(4));
        let gap = copy.append_ordered(records[5..6].to_vec()).await;
        assert_eq!(gap, Err(AppendError::OutOfOrder { given: 6, next: 5 }));
        let half = copy.append_ordered(records[4..11].to_vec()).await;
        assert!(matches!(half, Err(AppendError::Malformed(_))), "{half:?}");
        assert_eq!(copy.append_ordered(records[4..].to_vec()).await, Ok(12));
        assert_eq!(copy.head(), log.head(), "equal records have equal hashes");
        log.close().await;
        copy.close().await;
    });
}

#[test]
fn closing_releases_the_log_and_refuses_its_clones() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let copy = log.clone();
        fill(&log, 3).await;
        let second = EventLog::open(Options { lock_wait: std::time::Duration::ZERO, ..options(dir.path()) });
        assert!(matches!(second, Err(OpenError::Locked { .. })));
        log.close().await;
        assert_eq!(copy.append(commit(vec![write("s", Expected::Any, "x")])).await, Err(AppendError::Closed));
        assert!(copy.read(0, 1).is_err());
        let (again, opened) = open(dir.path());
        assert_eq!(
            (opened.head.position, opened.recovered, opened.truncated, opened.indexed),
            (3, 0, None, 3)
        );
        again.close().await;
    });
}

#[test]
fn appends_are_refused_before_the_disk_is_full() {
    let dir = TempDir::new().expect("temporary directory");
    runtime().block_on(async {
        let (log, _) =
            EventLog::open(Options { reserve_bytes: u64::MAX, ..options(dir.path()) }).expect("it opens");
        let refused = log.append(commit(vec![write("s", Expected::Any, "x")])).await;
        assert!(matches!(refused, Err(AppendError::ReadOnly { .. })), "{refused:?}");
        assert!(matches!(log.state(), State::ReadOnly { reserve_bytes: u64::MAX, .. }), "{:?}", log.state());
        assert_eq!(log.read(0, 1), Ok(vec![]));
        log.close().await;
    });
}

/// Outsiders verify these bytes forever; they must never change.
#[test]
fn the_canonical_header_is_fixed() {
    let record = Record {
        position: 3,
        stream: "a.b".to_owned(),
        types: vec!["t".to_owned(), "uv".to_owned()],
        time_micros: -1,
        command_id: Uuid::from_bytes([1; 16]),
        part: 1,
        parts: 2,
        previous: [2; 32],
        salt: [3; 16],
        payload: Bytes::from_static(b"p"),
    };
    let mut header =
        vec![1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 3, b'a', b'.', b'b', 0, 2, 0, 1, b't', 0, 2, b'u', b'v'];
    header.extend([255; 8]);
    header.extend([1; 16]);
    header.extend([0, 1, 0, 2]);
    header.extend([2; 32]);
    header.extend(record.commitment());
    assert_eq!(record.header(), header);
    assert_eq!(
        crate::hex::encode(&record.commitment()),
        "2c68c6aba67a110d0ac1c1e711fe72873ed5e10b3a14a62443c880e90d83a45c"
    );
    assert_eq!(
        crate::hex::encode(&record.hash()),
        "fb99c66d63f4215ab8952ef814b05c62b825e42d2bf3a247aef799c40cdd37ec"
    );
}
