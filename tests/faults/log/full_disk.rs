//! A disk that becomes full and then has space again.

use super::image::Image;
use super::mounts::{Mount, not_run};
use super::proof;
use super::workload::{Acknowledged, commit, large_commit, options, runtime};
use event_log::{AppendError, EventLog, OpenError, Options};
use std::path::Path;
use std::{fs, io};
use tempfile::TempDir;
use tests::until;

const DISK_BYTES: u64 = 24 << 20;
const RESERVE_BYTES: u64 = 8 << 20;

/// Runs a test on a small disk, or skips it if that is not possible.
fn on_a_small_disk(what: &str, test: impl FnOnce(&Path)) {
    let temp = TempDir::new().expect("temporary directory");
    match Mount::memory(&temp.path().join("disk"), DISK_BYTES) {
        Ok(disk) => test(disk.mount_point()),
        Err(why) => not_run(what, &why),
    }
}

async fn append(
    log: &EventLog,
    number: u64,
    acknowledged: &mut Vec<Acknowledged>,
) -> Result<(), AppendError> {
    let appended = log.append(commit(number)).await?;
    acknowledged.push(Acknowledged { commit: number, first: appended.first, last: appended.last });
    Ok(())
}

/// Appends until a commit is refused, and returns the error.
async fn append_until_refused(
    log: &EventLog,
    next: &mut u64,
    acknowledged: &mut Vec<Acknowledged>,
) -> AppendError {
    loop {
        *next += 1;
        if let Err(fault) = append(log, *next - 1, acknowledged).await {
            return fault;
        }
    }
}

#[test]
fn below_the_reserve_a_log_is_read_only_until_there_is_space() {
    on_a_small_disk("a log below its reserve", |disk| {
        let dir = disk.join("log");
        let reserved = Options { reserve_bytes: RESERVE_BYTES, ..options(&dir) };
        let (log, _) = EventLog::open(reserved).expect("the log opens");
        let (mut next, mut acknowledged) = (0, vec![]);
        runtime().block_on(async {
        append(&log, u64::MAX, &mut acknowledged).await.expect("there is space");
        fs::write(disk.join("other"), vec![1; (DISK_BYTES - RESERVE_BYTES) as usize]).expect("the file is writable");
        let refused = append_until_refused(&log, &mut next, &mut acknowledged).await;
        assert!(
            matches!(refused, AppendError::ReadOnly { free_bytes, reserve_bytes: RESERVE_BYTES } if free_bytes < RESERVE_BYTES),
            "{refused}"
        );
        assert_eq!(log.failure(), None);
        let found = proof::check_open(&log, &acknowledged).expect("the acknowledged commits are readable");
        assert!(matches!(found, proof::Found::Intact { .. }), "{found:?}");

        fs::remove_file(disk.join("other")).expect("it is removed");
        until("the notice of free space", async || match append(&log, next, &mut acknowledged).await {
            Ok(_) => Some(()),
            Err(AppendError::ReadOnly { .. }) => None,
            Err(fault) => panic!("{fault}"),
        })
        .await;
        log.close().await;
        });
        proof::check_intact(&dir, &acknowledged).expect("the log is intact");
    });
}

#[test]
fn the_reserve_holds_whatever_is_written() {
    const RECORDS_AT_ONCE: u64 = 64;
    on_a_small_disk("a log that grows to its reserve", |disk| {
        let reserved = Options { reserve_bytes: RESERVE_BYTES, ..options(&disk.join("log")) };
        let (log, _) = EventLog::open(reserved).expect("the log opens");
        runtime().block_on(async {
            // Many large commits at once, which are written as one group, until all are refused.
            let mut next = 0;
            loop {
                let group = (next..next + RECORDS_AT_ONCE).map(|number| log.append(large_commit(number)));
                let answers = futures::future::join_all(group).await;
                next += RECORDS_AT_ONCE;
                if answers.iter().all(|answer| matches!(answer, Err(AppendError::ReadOnly { .. }))) {
                    break;
                }
            }
            // Small ones fill what is left above the reserve.
            let refused = append_until_refused(&log, &mut next, &mut vec![]).await;
            assert!(matches!(refused, AppendError::ReadOnly { .. }), "{refused}");
            log.close().await;
        });
        let space = rustix::fs::statvfs(disk).expect("the disk can be measured");
        let free = space.f_bavail * space.f_frsize;
        assert!(free >= RESERVE_BYTES, "{free} bytes are free");
    });
}

#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    on_a_small_disk("a log on a full disk", |disk| {
        let (dir, copied) = (disk.join("log"), TempDir::new().expect("temporary directory"));
        let (mut next, mut acknowledged) = (0, vec![]);
        runtime().block_on(async {
            let (log, _) = EventLog::open(options(&dir)).expect("the log opens");
            let refused = append_until_refused(&log, &mut next, &mut acknowledged).await;
            assert!(matches!(refused, AppendError::Storage(_)), "{refused}");
            assert!(acknowledged.len() > 1000, "only {} commits fit on the disk", acknowledged.len());
            let again = append(&log, next, &mut acknowledged).await;
            assert!(matches!(again, Err(AppendError::Storage(_))), "{again:?}");
            log.close().await;
        });
        match EventLog::open(options(&dir)) {
            Err(OpenError::Io { source, .. }) => assert_eq!(source.kind(), io::ErrorKind::StorageFull),
            other => panic!("on a disk that is still full: {other:?}"),
        }
        let larger = copied.path().join("log");
        Image::read(&dir).write(&larger);
        proof::check_intact(&larger, &acknowledged).expect("the log is intact on a larger disk");
    });
}
