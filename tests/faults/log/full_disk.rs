//! A disk that becomes full, and has space again.

use super::image::Image;
use super::mounts::{Mount, not_run};
use super::proof;
use super::workload::{Acknowledged, commit, options, runtime};
use event_log::{AppendError, EventLog, OpenError, Options};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};
use tempfile::TempDir;

const DISK_BYTES: u64 = 24 << 20;
const RESERVE_BYTES: u64 = 8 << 20;
/// How long a log may take to see that there is space again.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

/// Runs on a small disk of its own, or says that it cannot.
fn on_a_small_disk(what: &str, test: impl FnOnce(&Path)) {
    let place = TempDir::new().expect("a directory");
    match Mount::memory(&place.path().join("disk"), DISK_BYTES) {
        Ok(disk) => test(disk.place()),
        Err(why) => not_run(what, &why),
    }
}

async fn append(log: &EventLog, number: u64, told: &mut Vec<Acknowledged>) -> Result<(), AppendError> {
    let appended = log.append(commit(number)).await?;
    told.push(Acknowledged { commit: number, first: appended.first, last: appended.last });
    Ok(())
}

/// Appends until it is refused, and answers why.
async fn append_until_refused(log: &EventLog, next: &mut u64, told: &mut Vec<Acknowledged>) -> AppendError {
    loop {
        *next += 1;
        if let Err(fault) = append(log, *next - 1, told).await {
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
        let (mut next, mut told) = (0, vec![]);
        runtime().block_on(async {
        append(&log, u64::MAX, &mut told).await.expect("there is space");
        fs::write(disk.join("other"), vec![1; (DISK_BYTES - RESERVE_BYTES) as usize]).expect("it is written");
        let refused = append_until_refused(&log, &mut next, &mut told).await;
        assert!(
            matches!(refused, AppendError::ReadOnly { free_bytes, reserve_bytes: RESERVE_BYTES } if free_bytes < RESERVE_BYTES),
            "{refused}"
        );
        assert_eq!(log.failure(), None);
        let found = proof::look_at(&log, &told).expect("what was acknowledged is read");
        assert!(matches!(found, proof::Found::Whole { .. }), "{found:?}");

        fs::remove_file(disk.join("other")).expect("it is removed");
        let begun = Instant::now();
        while let Err(fault) = append(&log, next, &mut told).await {
            assert!(matches!(fault, AppendError::ReadOnly { .. }), "{fault}");
            assert!(begun.elapsed() < NOTICED_WITHIN, "the space is not noticed: {fault}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        log.close().await;
        });
        proof::whole(&dir, &told).expect("it is as before");
    });
}

#[test]
fn a_disk_that_is_full_takes_nothing_that_was_acknowledged() {
    on_a_small_disk("a log on a full disk", |disk| {
        let (dir, copied) = (disk.join("log"), TempDir::new().expect("a directory"));
        let (mut next, mut told) = (0, vec![]);
        runtime().block_on(async {
            let (log, _) = EventLog::open(options(&dir)).expect("the log opens");
            let refused = append_until_refused(&log, &mut next, &mut told).await;
            assert!(matches!(refused, AppendError::Storage(_)), "{refused}");
            assert!(told.len() > 1000, "the disk holds more than {}", told.len());
            let again = append(&log, next, &mut told).await;
            assert!(matches!(again, Err(AppendError::Storage(_))), "{again:?}");
            log.close().await;
        });
        match EventLog::open(options(&dir)) {
            Err(OpenError::Io { source, .. }) => assert_eq!(source.kind(), io::ErrorKind::StorageFull),
            other => panic!("on a disk that is still full: {other:?}"),
        }
        let larger = copied.path().join("log");
        Image::read(&dir).write(&larger);
        proof::whole(&larger, &told).expect("it goes on where there is space");
    });
}
