//! Backups contain what the log contains, can be resumed, and report damage.

use super::{commit, fill, open, options, runtime, write};
use crate::backup::{Backup, BackupError, BackupWriter};
use crate::limits::SEGMENT_RECORDS;
use crate::{EventLog, Expected, Head, OpenError, Record, RestoreError, RestoreWriter};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

const FIRST: &str = "00000000000000000001.segment";
const SECOND: &str = "00000000000000016385.segment";

/// Adds the log's records after the backup's last one to it, up to a position.
fn add(log: &EventLog, dir: &Path, up_to: u64) -> BackupWriter {
    let mut writer = BackupWriter::open(dir, log.log_id()).expect("the backup opens");
    loop {
        let at = writer.head().position;
        let (frames, _) = log.frames(at, up_to, 50_000).expect("the log is readable");
        if frames.is_empty() {
            return writer;
        }
        writer.add(frames).expect("they continue the backup");
    }
}

fn back_up(log: &EventLog, dir: &Path) -> Head {
    let head = log.head();
    add(log, dir, head.position).finish(head, None).expect("it is finished")
}

fn verify(dir: &Path) -> Result<Head, BackupError> {
    Backup::open(dir)?.verify(|_| {})
}

/// Fills a log with a few more records than fit into a segment, in commits of 250, one of which spans both
/// segments.
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
    let writer = RestoreWriter::open(options(dir), backup.log_id())?;
    let records: Vec<Record> = backup.records().map(|record| record.expect("a record")).collect();
    writer.append(records).await?;
    writer.finish(backup.finished_head().expect("the backup is finished")).await
}

struct Folders {
    _root: TempDir,
    log: PathBuf,
    backup: PathBuf,
    copy: PathBuf,
}

fn folders() -> Folders {
    let root = TempDir::new().expect("temporary directory");
    let dir = |name: &str| root.path().join(name);
    Folders { log: dir("log"), backup: dir("backup"), copy: dir("copy"), _root: root }
}

#[test]
fn a_backup_grows_with_the_log_and_restores_the_same_log() {
    let folders = folders();
    runtime().block_on(async {
        let (log, opened) = open(&folders.log);
        fill(&log, 30).await;
        back_up(&log, &folders.backup);
        fill(&log, 30).await;
        back_up(&log, &folders.backup);
        fill_two_segments(&log).await;
        let head = back_up(&log, &folders.backup);
        assert_eq!(back_up(&log, &folders.backup), head, "without new records it is unchanged");
        assert_eq!(verify(&folders.backup).expect("it is valid"), head);
        let names: Vec<_> = fs::read_dir(&folders.backup).expect("it is readable").flatten().collect();
        assert_eq!(names.len(), 3, "{names:?}");

        assert_eq!(restore(&folders.backup, &folders.copy).await.expect("it is restored"), head);
        let (copy, reopened) = open(&folders.copy);
        assert_eq!((copy.log_id(), copy.head()), (opened.log_id, head));
        assert!(!reopened.tree_rebuilt);
        let bytes = |log: &EventLog| log.frames(0, u64::MAX, usize::MAX).expect("it is readable");
        assert_eq!(bytes(&copy), bytes(&log));
        fill(&copy, 1).await;
        assert_eq!(copy.verify(|_| {}).expect("it resumes").head.position, head.position + 1);
    });
}

#[test]
fn a_backup_resumes_wherever_it_was_interrupted() {
    let folders = folders();
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill(&log, 20).await;
        back_up(&log, &folders.backup);
        fill(&log, 20).await;
        drop(add(&log, &folders.backup, 33));
        let part = folders.backup.join(format!("{FIRST}.part"));
        let partial = fs::read(&part).expect("an unfinished segment");
        assert_eq!(verify(&folders.backup).expect("the finished backup is untouched").position, 20);

        let whole = back_up(&log, &folders.backup);
        let file = fs::read(folders.backup.join(FIRST)).expect("a segment");
        let again = folders.backup.with_file_name("again");
        for cut in (0..partial.len()).step_by(211) {
            fs::create_dir_all(&again).expect("temporary directory");
            fs::write(again.join(format!("{FIRST}.part")), &partial[..cut]).expect("a part");
            assert_eq!(back_up(&log, &again), whole);
            assert_eq!(fs::read(again.join(FIRST)).expect("a segment"), file, "cut at {cut}");
            fs::remove_dir_all(&again).expect("it is removed");
        }
        let mut damaged = partial.clone();
        damaged[partial.len() / 2] ^= 1;
        fs::create_dir_all(&again).expect("temporary directory");
        fs::write(again.join(format!("{FIRST}.part")), &damaged).expect("a part");
        assert_eq!(back_up(&log, &again), whole);
        assert_eq!(fs::read(again.join(FIRST)).expect("a segment"), file);
    });
}

#[test]
fn a_backup_resumes_between_two_segments_in_the_middle_of_a_commit() {
    let folders = folders();
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill_two_segments(&log).await;
        drop(add(&log, &folders.backup, SEGMENT_RECORDS));
        assert_eq!(verify(&folders.backup).expect("it is valid so far").position, SEGMENT_RECORDS);
        let head = back_up(&log, &folders.backup);
        assert_eq!(verify(&folders.backup).expect("it is valid"), head);
    });
}

/// Returns the verification error for a backup in which a file has these bytes, then restores the file.
fn error_with(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let file = dir.join(name);
    let before = fs::read(&file).expect("it is there");
    fs::write(&file, bytes).expect("it is written");
    let error = verify(dir).expect_err("the damage is found").to_string();
    fs::write(&file, before).expect("it is written");
    assert!(error.contains(name), "{error}");
    error
}

#[test]
fn every_kind_of_damage_is_reported() {
    let folders = folders();
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill(&log, 40).await;
        back_up(&log, &folders.backup);
    });
    let with = |name, bytes: &[u8]| error_with(&folders.backup, name, bytes);
    let segment = fs::read(folders.backup.join(FIRST)).expect("a segment");
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
    assert!(with(FIRST, &[&segment[..], b"x"].concat()).contains("bytes after its footer"));

    let head = fs::read_to_string(folders.backup.join("head")).expect("a head");
    assert!(with("head", head.replace("hash ", "hash 0").as_bytes()).contains("not the head file"));
    let another = head.replace("position 40", "position 39");
    assert!(with("head", another.as_bytes()).contains("record 39"));
    verify(&folders.backup).expect("it is valid again");
}

#[test]
fn a_missing_or_misplaced_segment_is_reported() {
    let folders = folders();
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill_two_segments(&log).await;
        back_up(&log, &folders.backup);
    });
    let file = |name: &str| folders.backup.join(name);
    for (name, position) in [(FIRST, 1), (SECOND, SEGMENT_RECORDS + 1)] {
        fs::rename(file(name), file("away")).expect("it is moved");
        let error = verify(&folders.backup).expect_err("it is found").to_string();
        assert!(
            error.contains(&format!("{name}: record {position} and all later ones are missing")),
            "{error}"
        );
        fs::rename(file("away"), file(name)).expect("it is moved");
    }
    let first = fs::read(file(FIRST)).expect("a segment");
    assert!(error_with(&folders.backup, SECOND, &first).contains("starts with record 1"));
    verify(&folders.backup).expect("it is valid again");
}

#[test]
fn a_backup_accepts_only_records_that_continue_it() {
    let (folders, other) = (folders(), folders());
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill(&log, 5).await;
        back_up(&log, &folders.backup);
        let (another, _) = open(&other.log);
        fill(&another, 9).await;

        let refused = BackupWriter::open(&folders.backup, another.log_id()).map(drop);
        assert!(matches!(refused, Err(BackupError::OtherLog { .. })), "{refused:?}");
        let mut writer = BackupWriter::open(&folders.backup, log.log_id()).expect("it opens");
        let locked = BackupWriter::open(&folders.backup, log.log_id()).map(drop);
        assert!(matches!(locked, Err(BackupError::Locked { .. })), "{locked:?}");
        let refused = writer.add(another.frames(5, 9, 1).expect("it is readable").0);
        assert!(
            matches!(&refused, Err(BackupError::Received(damage)) if damage.position == 6),
            "{refused:?}"
        );
        let refused = writer.finish(another.head(), None);
        assert!(matches!(refused, Err(BackupError::Received(_))), "{refused:?}");
        assert!(matches!(Backup::open(&folders.log), Err(BackupError::NotFound { .. })));
    });
}

#[test]
fn a_restored_log_can_be_opened_only_once_it_is_complete() {
    let folders = folders();
    runtime().block_on(async {
        let (log, _) = open(&folders.log);
        fill(&log, 40).await;
        back_up(&log, &folders.backup);
        let backup = Backup::open(&folders.backup).expect("a backup");
        let records: Vec<Record> = backup.records().map(|record| record.expect("a record")).collect();

        let writer = RestoreWriter::open(options(&folders.copy), backup.log_id()).expect("it opens");
        writer.append(records[..25].to_vec()).await.expect("they are appended");
        writer.suspend().await;
        let refused = EventLog::open(options(&folders.copy));
        assert!(matches!(refused, Err(OpenError::UnfinishedRestore { .. })), "{refused:?}");
        let refused = RestoreWriter::open(options(&folders.copy), Uuid::new_v4()).map(drop);
        assert!(matches!(refused, Err(RestoreError::OtherLog { .. })), "{refused:?}");

        let writer = RestoreWriter::open(options(&folders.copy), backup.log_id()).expect("it resumes");
        let mut another = records.clone();
        another[24].time_micros += 1;
        let refused = writer.append(another).await;
        assert!(
            matches!(&refused, Err(RestoreError::Mismatch(damage)) if damage.position == 25),
            "{refused:?}"
        );
        writer.suspend().await;
        assert_eq!(restore(&folders.backup, &folders.copy).await.expect("it is finished"), log.head());
        let refused = restore(&folders.backup, &folders.copy).await;
        assert!(matches!(refused, Err(RestoreError::NotEmpty { .. })), "{refused:?}");
        assert_eq!(open(&folders.copy).0.head(), log.head());
    });
}
