//! Damage is found and named, never served.

use super::{commit, fill, open, options, runtime, write};
use crate::chunk::{self, ChunkWriter};
use crate::record::Fields;
use crate::{EventLog, Expected, Head, OpenError, ReadError};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// Works on sled's tree of records behind the log's back.
fn behind_the_back(dir: &Path, work: impl FnOnce(&sled::Tree)) {
    let config = sled::Config::new().path(dir.join("sled")).flush_every_ms(None);
    // A process that another test is just starting may still hold the lock of its parent.
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
        commit_id: Uuid::from_bytes([5; 16]),
        part,
        parts,
        previous,
    };
    let hash = fields.encode(&[0; 16], b"x", &crate::record::commitment(&[0; 16], b"x"), &mut bytes);
    (bytes, hash)
}

/// A closed log of so many records, and its head.
fn made(dir: &Path, records: u64) -> Head {
    runtime().block_on(async {
        let (log, _) = open(dir);
        fill(&log, records).await;
        let head = log.head();
        log.close().await;
        head
    })
}

/// A closed log whose first records are so old that opening does not read them: 20 single ones, many in
/// large commits, 20 single ones.
fn made_long(dir: &Path) {
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
    let dir = TempDir::new().expect("a directory");
    made(dir.path(), 400);
    behind_the_back(dir.path(), |records| chunk::cut(records, 391).expect("it is cut"));
    match EventLog::open(options(dir.path())) {
        Err(OpenError::BelowAnchor { head, anchor, .. }) => assert_eq!((head, anchor), (390, 400)),
        other => panic!("{other:?}"),
    }
    behind_the_back(dir.path(), |records| chunk::cut(records, 3).expect("it is cut"));
    let refused = EventLog::open(options(dir.path())).expect_err("it is refused");
    assert!(matches!(refused, OpenError::BelowAnchor { head: 2, anchor: 400, .. }), "{refused}");
    fs::remove_dir_all(dir.path().join("sled")).expect("it is removed");
    let refused = EventLog::open(options(dir.path())).expect_err("it is refused");
    assert!(matches!(refused, OpenError::BelowAnchor { head: 0, anchor: 400, .. }), "{refused}");
}

#[test]
fn whole_commits_after_the_anchor_stay_and_others_are_cut() {
    let dir = TempDir::new().expect("a directory");
    let head = made(dir.path(), 20);
    behind_the_back(dir.path(), |records| {
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
    assert_eq!((opened.head.position, opened.kept), (23, 3));
    assert_eq!(opened.cut.expect("something was cut").from, 24);
    runtime().block_on(async {
        let appended = log.append(commit(vec![write("late", Expected::At(23), "next")])).await;
        assert_eq!(appended.expect("it goes on").first, 24);
        log.verify(|_| {}).expect("everything is as it was written");
        log.close().await;
    });
    let (log, opened) = open(dir.path());
    assert_eq!((opened.head.position, opened.kept, opened.cut), (24, 0, None));
    runtime().block_on(log.close());
}

#[test]
fn a_changed_record_is_named_at_opening_or_by_verification() {
    for (position, at_opening) in [(16_535, true), (7, false)] {
        let dir = TempDir::new().expect("a directory");
        made_long(dir.path());
        behind_the_back(dir.path(), |records| {
            let key = chunk::key(position, 0);
            let mut value = records.get(key).expect("it reads").expect("it is there").to_vec();
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
fn a_hole_and_a_forged_record_are_named() {
    let dir = TempDir::new().expect("a directory");
    made_long(dir.path());
    behind_the_back(dir.path(), |records| drop(records.remove(chunk::key(9, 0)).expect("it is removed")));
    let (log, _) = open(dir.path());
    let fault = log.verify(|_| {}).expect_err("a record is missing");
    assert!(matches!(&fault, ReadError::Damaged(damage) if damage.position == 9), "{fault}");
    runtime().block_on(log.close());

    // A record with another payload and a right checksum breaks the chain at the next one.
    behind_the_back(dir.path(), |records| {
        let value = records.get(chunk::key(8, 0)).expect("it reads").expect("it is there").to_vec();
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
fn one_anchor_is_enough_and_none_is_refused() {
    let dir = TempDir::new().expect("a directory");
    made(dir.path(), 11);
    for name in ["anchor.a", "anchor.b"] {
        let path = dir.path().join(name);
        let kept = fs::read(&path).expect("it reads");
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
