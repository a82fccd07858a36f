//! Damage is detected and reported, never returned as data.

use super::{commit, fill, open, options, runtime, write};
use crate::chunk::{self, ChunkWriter};
use crate::record::Fields;
use crate::{EventLog, Expected, Head, OpenError, ReadError};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// Modifies sled's tree of records, bypassing the log.
fn tamper(dir: &Path, work: impl FnOnce(&sled::Tree)) {
    let config = sled::Config::new().path(dir.join("sled")).flush_every_ms(None);
    // A child process being started by another test may still hold the inherited lock.
    let db = loop {
        match config.open() {
            Err(sled::Error::Io(fault)) if fault.to_string().contains("could not acquire lock") => {
                std::thread::yield_now();
            }
            opened => break opened.expect("sled opens"),
        }
    };
    work(&db.open_tree("records").expect("a tree"));
    db.flush().expect("it is flushed");
}

fn frame(position: u64, part: u32, parts: u32, previous: [u8; 32]) -> (Vec<u8>, [u8; 32]) {
    let mut bytes = Vec::new();
    let fields = Fields {
        position,
        stream: "late",
        types: &[],
        time_micros: 0,
        command_id: Uuid::from_bytes([5; 16]),
        part,
        parts,
        previous,
    };
    let hash = fields.encode(&[0; 16], b"x", &crate::record::commitment(&[0; 16], b"x"), &mut bytes);
    (bytes, hash)
}

/// Creates a closed log with `records` records and returns its head.
fn closed_log(dir: &Path, records: u64) -> Head {
    runtime().block_on(async {
        let (log, _) = open(dir);
        fill(&log, records).await;
        let head = log.head();
        log.close().await;
        head
    })
}

/// Creates a closed log so long that opening it does not read the first records: 20 single records, many in
/// large commits, 20 single records.
fn long_closed_log(dir: &Path) {
    runtime().block_on(async {
        let (log, _) = open(dir);
        fill(&log, 20).await;
        for _ in 0..66 {
            log.append(commit(vec![write("many", Expected::Any, "x"); 250])).await.expect("it is appended");
        }
        fill(&log, 20).await;
        log.close().await;
    });
}

#[test]
fn fewer_records_than_were_acknowledged_are_refused() {
    let dir = TempDir::new().expect("temporary directory");
    closed_log(dir.path(), 400);
    tamper(dir.path(), |records| chunk::truncate(records, 391).expect("it is cut"));
    match EventLog::open(options(dir.path())) {
        Err(OpenError::BelowAnchor { head, anchor, .. }) => assert_eq!((head, anchor), (390, 400)),
        other => panic!("{other:?}"),
    }
    tamper(dir.path(), |records| chunk::truncate(records, 3).expect("it is cut"));
    let refused = EventLog::open(options(dir.path())).expect_err("it is refused");
    assert!(matches!(refused, OpenError::BelowAnchor { head: 2, anchor: 400, .. }), "{refused}");
    fs::remove_dir_all(dir.path().join("sled")).expect("it is removed");
    let refused = EventLog::open(options(dir.path())).expect_err("it is refused");
    assert!(matches!(refused, OpenError::BelowAnchor { head: 0, anchor: 400, .. }), "{refused}");
}

#[test]
fn complete_commits_after_the_anchor_stay_and_incomplete_ones_are_removed() {
    let dir = TempDir::new().expect("temporary directory");
    let head = closed_log(dir.path(), 20);
    tamper(dir.path(), |records| {
        let mut chunks = ChunkWriter::new(records);
        let mut previous = head.hash;
        for (position, part, parts) in [(21, 1, 2), (22, 2, 2), (23, 1, 1), (24, 1, 3), (25, 2, 3)] {
            let (bytes, hash) = frame(position, part, parts, previous);
            chunks.push(position, &bytes).expect("it is pushed");
            previous = hash;
        }
        chunks.finish().expect("it is inserted");
    });
    let (log, opened) = open(dir.path());
    assert_eq!((opened.head.position, opened.recovered), (23, 3));
    assert_eq!(opened.truncated.expect("a tail was removed").from, 24);
    runtime().block_on(async {
        let appended = log.append(commit(vec![write("late", Expected::At(23), "next")])).await;
        assert_eq!(appended.expect("it is appended").first, 24);
        log.verify(|_| {}).expect("the log is valid");
        log.close().await;
    });
    let (log, opened) = open(dir.path());
    assert_eq!((opened.head.position, opened.recovered, opened.truncated), (24, 0, None));
    runtime().block_on(log.close());
}

#[test]
fn a_changed_record_is_reported_by_opening_or_by_verification() {
    for (position, at_opening) in [(16_535, true), (7, false)] {
        let dir = TempDir::new().expect("temporary directory");
        long_closed_log(dir.path());
        tamper(dir.path(), |records| {
            let key = chunk::key(position, 0);
            let mut value = records.get(key).expect("the log is readable").expect("it is there").to_vec();
            let middle = value.len() / 2;
            value[middle] ^= 1;
            records.insert(key, value).expect("it is inserted");
        });
        match EventLog::open(options(dir.path())) {
            Err(OpenError::Damaged { damage, .. }) => {
                assert!(at_opening);
                assert_eq!(damage.position, position);
            }
            Ok((log, _)) => {
                assert!(!at_opening);
                for fault in [log.verify(|_| {}).map(drop), log.read(0, 100).map(drop)] {
                    match fault {
                        Err(ReadError::Damaged(damage)) => assert_eq!(damage.position, position),
                        other => panic!("{other:?}"),
                    }
                }
                runtime().block_on(log.close());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_gap_and_a_forged_record_are_reported() {
    let dir = TempDir::new().expect("temporary directory");
    long_closed_log(dir.path());
    tamper(dir.path(), |records| drop(records.remove(chunk::key(9, 0)).expect("it is removed")));
    let (log, _) = open(dir.path());
    let fault = log.verify(|_| {}).expect_err("a record is missing");
    assert!(matches!(&fault, ReadError::Damaged(damage) if damage.position == 9), "{fault}");
    runtime().block_on(log.close());

    // A record with another payload and a valid checksum breaks the chain at the next one.
    tamper(dir.path(), |records| {
        let value =
            records.get(chunk::key(8, 0)).expect("the log is readable").expect("it is there").to_vec();
        let old = crate::record::decode(&value.into(), 8).expect("it is a record");
        let (bytes, _) = frame(9, 1, 1, old.hash());
        ChunkWriter::new(records).push(9, &bytes).expect("it is pushed");
        records.insert(chunk::key(9, 0), bytes).expect("it is inserted");
    });
    let (log, _) = open(dir.path());
    let fault = log.verify(|_| {}).expect_err("the chain is broken");
    assert!(
        matches!(&fault, ReadError::Damaged(damage) if damage.position == 9 || damage.position == 10),
        "{fault}"
    );
    runtime().block_on(log.close());
}

#[test]
fn one_anchor_is_sufficient_and_none_is_refused() {
    let dir = TempDir::new().expect("temporary directory");
    closed_log(dir.path(), 11);
    for name in ["anchor.a", "anchor.b"] {
        let path = dir.path().join(name);
        let kept = fs::read(&path).expect("the log is readable");
        fs::write(&path, b"torn").expect("it writes");
        let (log, opened) = open(dir.path());
        assert_eq!(opened.head.position, 11);
        runtime().block_on(log.close());
        drop(kept);
    }
    fs::remove_file(dir.path().join("anchor.a")).expect("it is removed");
    fs::remove_file(dir.path().join("anchor.b")).expect("it is removed");
    let refused = EventLog::open(options(dir.path())).expect_err("it is refused");
    assert!(matches!(refused, OpenError::NoAnchor { .. }), "{refused}");
}

/// Copies an open log's directory as a killed process leaves it.
fn copy_of(dir: &Path) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a directory");
        for entry in fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            let to = to.join(entry.file_name().expect("a name"));
            match entry.is_dir() {
                true => copy(&entry, &to),
                false => assert!(fs::copy(&entry, to).is_ok()),
            }
        }
    }
    let copied = TempDir::new().expect("temporary directory");
    copy(dir, copied.path());
    copied
}

/// A log as a killed process leaves it, with the last `records` of 100 acknowledged records in the commit files only.
fn killed_log(records: u64) -> TempDir {
    let dir = TempDir::new().expect("temporary directory");
    closed_log(dir.path(), 100 - records);
    runtime().block_on(async {
        let (log, _) = open(dir.path());
        let sled = copy_of(&dir.path().join("sled"));
        fill(&log, records).await;
        let killed = copy_of(dir.path());
        fs::remove_dir_all(killed.path().join("sled")).expect("it is removed");
        fs::rename(sled.path(), killed.path().join("sled")).expect("it is renamed");
        log.close().await;
        killed
    })
}

#[test]
fn what_only_the_commit_files_have_is_added_to_sled() {
    for torn in [None, Some("anchor.a"), Some("anchor.b")] {
        let killed = killed_log(12);
        if let Some(anchor) = torn {
            fs::write(killed.path().join(anchor), b"torn").expect("it writes");
        }
        let (log, opened) = open(killed.path());
        assert_eq!((opened.head.position, opened.recovered, opened.truncated), (100, 0, None), "{torn:?}");
        assert_eq!(log.verify(|_| {}).expect("the log is valid").head, opened.head);
        runtime().block_on(log.close());
        let (log, opened) = open(killed.path());
        assert_eq!((opened.head.position, opened.recovered), (100, 0));
        runtime().block_on(log.close());
    }
}

#[test]
fn a_commit_file_that_is_needed_and_missing_or_damaged_is_reported() {
    // The byte that is changed, and the position reported; no byte: all are missing. The first entry has no frames.
    let damages = [
        ("missing", None, Some(89)),
        ("its beginning", Some(100), Some(89)),
        ("an acknowledged entry", Some(5 * 4096 + 200), Some(93)),
        ("the last entry, as when it was being written", Some(12 * 4096 + 200), None),
    ];
    for (what, byte, position) in damages {
        let killed = killed_log(12);
        let path = killed.path().join("commit.a");
        let mut bytes = fs::read(&path).expect("it is there");
        match byte {
            Some(at) => bytes[at] ^= 1,
            None => bytes.clear(),
        }
        fs::write(&path, bytes).expect("it writes");
        match (EventLog::open(options(killed.path())), position) {
            (Err(OpenError::Damaged { damage, .. }), Some(position)) => {
                assert_eq!(damage.position, position, "{what}")
            }
            (Ok((log, opened)), None) => {
                assert_eq!(opened.head.position, 99, "{what}");
                runtime().block_on(log.close());
            }
            (other, _) => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn commit_files_of_a_closed_log_are_not_needed() {
    let dir = TempDir::new().expect("temporary directory");
    closed_log(dir.path(), 300);
    for name in ["commit.a", "commit.b"] {
        fs::write(dir.path().join(name), [7; 9000]).expect("it writes");
    }
    let (log, opened) = open(dir.path());
    assert_eq!((opened.head.position, opened.recovered), (300, 0));
    runtime().block_on(log.close());
}
