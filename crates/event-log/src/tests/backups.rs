//! A backup holds what the log holds, goes on where it was interrupted, and tells what is wrong with it.

use super::{commit, fill, open, options, runtime, write};
use crate::backup::{Backup, BackupError, BackupWriter};
use crate::limits::SEGMENT_RECORDS;
use crate::{EventLog, Expected, Head, OpenError, Record, RestoreError, Restoring};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

const FIRST: &str = "00000000000000000001.segment";
const SECOND: &str = "00000000000000016385.segment";

/// Adds the log's records behind the backup's last to it, up to a position.
fn add(log: &EventLog, dir: &Path, up_to: u64) -> BackupWriter {
    let mut writer = BackupWriter::open(dir, log.log_id()).expect("the backup opens");
    loop {
        let at = writer.head().position;
        let (frames, _) = log.frames(at, up_to, 50_000).expect("the log is read");
        if frames.is_empty() {
            return writer;
        }
        writer.add(frames).expect("they follow");
    }
}

fn back_up(log: &EventLog, dir: &Path) -> Head {
    let head = log.head();
    add(log, dir, head.position).finish(head, None).expect("it is finished")
}

fn verify(dir: &Path) -> Result<Head, BackupError> {
    Backup::open(dir)?.verify(|_| {})
}

/// A log with some more records than fit into a segment, in commits of 250; one lies in both segments.
async fn fill_two_segments(log: &EventLog) {
    fill(log, 10).await;
    for _ in 0..=SEGMENT_RECORDS / 250 {
        log.append(commit(vec![write("many", Expected::Any, "x"); 250])).await.expect("it is appended");
    }
    assert!(
        log.head().position > SEGMENT_RECORDS && !(log.head().position - 10).is_multiple_of(SEGMENT_RECORDS)
    );
}

async fn restore(backup: &Path, dir: &Path) -> Result<Head, RestoreError> {
    let backup = Backup::open(backup).expect("a backup");
    let copy = Restoring::begin(options(dir), backup.log_id())?;
    let records: Vec<Record> = backup.records().map(|record| record.expect("a record")).collect();
    copy.append(records).await?;
    copy.finish(backup.finished().expect("it was finished")).await
}

struct Place {
    _root: TempDir,
    log: PathBuf,
    backup: PathBuf,
    copy: PathBuf,
}

fn place() -> Place {
    let root = TempDir::new().expect("a directory");
    let dir = |name: &str| root.path().join(name);
    Place { log: dir("log"), backup: dir("backup"), copy: dir("copy"), _root: root }
}

#[test]
fn a_backup_grows_with_the_log_and_is_restored_as_the_same_log() {
    let place = place();
    runtime().block_on(async {
        let (log, opened) = open(&place.log);
        fill(&log, 30).await;
        back_up(&log, &place.backup);
        fill(&log, 30).await;
        back_up(&log, &place.backup);
        fill_two_segments(&log).await;
        let head = back_up(&log, &place.backup);
        assert_eq!(back_up(&log, &place.backup), head, "with nothing new it stays as it is");
        assert_eq!(verify(&place.backup).expect("it holds"), head);
        let names: Vec<_> = fs::read_dir(&place.backup).expect("it is read").flatten().collect();
        assert_eq!(names.len(), 3, "{names:?}");

        assert_eq!(restore(&place.backup, &place.copy).await.expect("it is restored"), head);
        let (copy, reopened) = open(&place.copy);
        assert_eq!((copy.log_id(), copy.head()), (opened.log_id, head));
        assert!(!reopened.regrown);
        let bytes = |log: &EventLog| log.frames(0, u64::MAX, usize::MAX).expect("it is read");
        assert_eq!(bytes(&copy), bytes(&log));
        fill(&copy, 1).await;
        assert_eq!(copy.verify(|_| {}).expect("it goes on").head.position, head.position + 1);
    });
}

#[test]
fn a_backup_goes_on_from_wherever_it_was_interrupted() {
    let place = place();
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill(&log, 20).await;
        back_up(&log, &place.backup);
        fill(&log, 20).await;
        drop(add(&log, &place.backup, 33));
        let part = place.backup.join(format!("{FIRST}.part"));
        let begun = fs::read(&part).expect("a part was begun");
        assert_eq!(verify(&place.backup).expect("what was there is untouched").position, 20);

        let whole = back_up(&log, &place.backup);
        let file = fs::read(place.backup.join(FIRST)).expect("a segment");
        let again = place.backup.with_file_name("again");
        for cut in (0..begun.len()).step_by(211) {
            fs::create_dir_all(&again).expect("a directory");
            fs::write(again.join(format!("{FIRST}.part")), &begun[..cut]).expect("a part");
            assert_eq!(back_up(&log, &again), whole);
            assert_eq!(fs::read(again.join(FIRST)).expect("a segment"), file, "cut at {cut}");
            fs::remove_dir_all(&again).expect("it is removed");
        }
        let mut damaged = begun.clone();
        damaged[begun.len() / 2] ^= 1;
        fs::create_dir_all(&again).expect("a directory");
        fs::write(again.join(format!("{FIRST}.part")), &damaged).expect("a part");
        assert_eq!(back_up(&log, &again), whole);
        assert_eq!(fs::read(again.join(FIRST)).expect("a segment"), file);
    });
}

#[test]
fn an_interruption_between_two_segments_in_the_middle_of_a_commit_is_gone_on_from() {
    let place = place();
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill_two_segments(&log).await;
        drop(add(&log, &place.backup, SEGMENT_RECORDS));
        assert_eq!(verify(&place.backup).expect("so far it holds").position, SEGMENT_RECORDS);
        let head = back_up(&log, &place.backup);
        assert_eq!(verify(&place.backup).expect("it holds"), head);
    });
}

/// What verifying says when a file of the backup has these bytes; it is put right again.
fn said_with(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let file = dir.join(name);
    let before = fs::read(&file).expect("it is there");
    fs::write(&file, bytes).expect("it is written");
    let said = verify(dir).expect_err("it is found").to_string();
    fs::write(&file, before).expect("it is written");
    assert!(said.contains(name), "{said}");
    said
}

#[test]
fn every_kind_of_damage_is_named() {
    let place = place();
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill(&log, 40).await;
        back_up(&log, &place.backup);
    });
    let with = |name, bytes: &[u8]| said_with(&place.backup, name, bytes);
    let segment = fs::read(place.backup.join(FIRST)).expect("a segment");
    for at in (0..segment.len()).step_by(37) {
        let mut bytes = segment.clone();
        bytes[at] ^= 0x40;
        with(FIRST, &bytes);
    }
    let mut bytes = segment.clone();
    bytes[65 + 9 + 12] ^= 1;
    assert!(with(FIRST, &bytes).contains("record 1: its checksum"));
    for cut in (0..segment.len()).step_by(97) {
        with(FIRST, &segment[..cut]);
    }
    assert!(with(FIRST, &[&segment[..], b"x"].concat()).contains("bytes follow its footer"));

    let head = fs::read_to_string(place.backup.join("head")).expect("a head");
    assert!(with("head", head.replace("hash ", "hash 0").as_bytes()).contains("no head"));
    let another = head.replace("position 40", "position 39");
    assert!(with("head", another.as_bytes()).contains("record 39"));
    verify(&place.backup).expect("it holds again");
}

#[test]
fn a_segment_that_is_missing_or_in_the_place_of_another_is_named() {
    let place = place();
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill_two_segments(&log).await;
        back_up(&log, &place.backup);
    });
    let file = |name: &str| place.backup.join(name);
    for (name, position) in [(FIRST, 1), (SECOND, SEGMENT_RECORDS + 1)] {
        fs::rename(file(name), file("away")).expect("it is moved");
        let said = verify(&place.backup).expect_err("it is found").to_string();
        assert!(
            said.contains(&format!("{name}: record {position} and what follows it are missing")),
            "{said}"
        );
        fs::rename(file("away"), file(name)).expect("it is moved");
    }
    let first = fs::read(file(FIRST)).expect("a segment");
    assert!(said_with(&place.backup, SECOND, &first).contains("begins with record 1"));
    verify(&place.backup).expect("it holds again");
}

#[test]
fn a_backup_takes_only_what_continues_it() {
    let (place, other) = (place(), place());
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill(&log, 5).await;
        back_up(&log, &place.backup);
        let (another, _) = open(&other.log);
        fill(&another, 9).await;

        let refused = BackupWriter::open(&place.backup, another.log_id()).map(drop);
        assert!(matches!(refused, Err(BackupError::OtherLog { .. })), "{refused:?}");
        let mut writer = BackupWriter::open(&place.backup, log.log_id()).expect("it opens");
        let locked = BackupWriter::open(&place.backup, log.log_id()).map(drop);
        assert!(matches!(locked, Err(BackupError::Locked { .. })), "{locked:?}");
        let refused = writer.add(another.frames(5, 9, 1).expect("it is read").0);
        assert!(
            matches!(&refused, Err(BackupError::Received(damage)) if damage.position == 6),
            "{refused:?}"
        );
        let refused = writer.finish(another.head(), None);
        assert!(matches!(refused, Err(BackupError::Received(_))), "{refused:?}");
        assert!(matches!(Backup::open(&place.log), Err(BackupError::None { .. })));
    });
}

#[test]
fn a_copy_is_opened_only_when_it_is_whole() {
    let place = place();
    runtime().block_on(async {
        let (log, _) = open(&place.log);
        fill(&log, 40).await;
        back_up(&log, &place.backup);
        let backup = Backup::open(&place.backup).expect("a backup");
        let records: Vec<Record> = backup.records().map(|record| record.expect("a record")).collect();

        let copy = Restoring::begin(options(&place.copy), backup.log_id()).expect("it begins");
        copy.append(records[..25].to_vec()).await.expect("they are taken");
        copy.leave().await;
        let refused = EventLog::open(options(&place.copy));
        assert!(matches!(refused, Err(OpenError::HalfRestored { .. })), "{refused:?}");
        let refused = Restoring::begin(options(&place.copy), Uuid::new_v4()).map(drop);
        assert!(matches!(refused, Err(RestoreError::OtherLog { .. })), "{refused:?}");

        let copy = Restoring::begin(options(&place.copy), backup.log_id()).expect("it goes on");
        let mut another = records.clone();
        another[24].time_micros += 1;
        let refused = copy.append(another).await;
        assert!(
            matches!(&refused, Err(RestoreError::Differs(damage)) if damage.position == 25),
            "{refused:?}"
        );
        copy.leave().await;
        assert_eq!(restore(&place.backup, &place.copy).await.expect("it is finished"), log.head());
        let refused = restore(&place.backup, &place.copy).await;
        assert!(matches!(refused, Err(RestoreError::NotEmpty { .. })), "{refused:?}");
        assert_eq!(open(&place.copy).0.head(), log.head());
    });
}
