//! The embedded journal against the conformance suite.

use event_log::{EventLog, Options};
use journal::conformance::JournalUnderTest;
use journal::embedded::EmbeddedJournal;
use journal::personal::Keys;
use std::sync::Arc;
use tempfile::TempDir;

struct Sandbox {
    journal: JournalUnderTest,
    _folder: TempDir,
}

async fn start() -> Sandbox {
    let folder = TempDir::new().unwrap();
    let (log, _) = EventLog::open(Options::new(folder.path())).unwrap();
    Sandbox { journal: Arc::new(EmbeddedJournal::new(log, Keys::in_memory())), _folder: folder }
}

journal::conformance_cases!(start);

#[tokio::test]
async fn appended_records_survive_a_restart() {
    use journal::conformance::{sample, take};
    use journal::{AppendError, Filter, Journal};

    let folder = TempDir::new().unwrap();
    let stream = sample::stream();
    let commit = sample::commit(domain::Uuid::new_v4(), &[(&stream, 0)]);
    for expected in [Ok(1), Err(AppendError::AppendedBefore(1))] {
        let (log, _) = EventLog::open(Options::new(folder.path())).unwrap();
        let journal = EmbeddedJournal::new(log.clone(), Keys::in_memory());
        assert_eq!(journal.append(commit.clone()).await, expected, "a repeat is recognized after a restart");
        let mut records = journal.subscribe(0, Filter::All).await.unwrap();
        assert_eq!(take(&mut records, 1).await[0].stream, stream);
        drop((journal, records));
        log.close().await;
    }
}

/// Times are in the order of positions over the whole log, in what is stored and in what is read, and also after a
/// restart with a clock that was set back.
#[tokio::test(flavor = "multi_thread")]
async fn record_times_never_run_backwards() {
    use domain::Timestamp;
    use journal::Journal as _;
    use journal::conformance::sample;

    let folder = TempDir::new().unwrap();
    let at = |micros: i64| Timestamp::from_microsecond(1_800_000_000_000_000 + micros).unwrap();
    for run in 0..2_i64 {
        let (log, _) = EventLog::open(Options::new(folder.path())).unwrap();
        let journal = EmbeddedJournal::new(log.clone(), Keys::in_memory());
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..200_i64 {
            let journal = journal.clone();
            writers.spawn(async move {
                let mut commit = sample::commit(domain::Uuid::new_v4(), &[(&sample::stream(), 0)]);
                commit.envelope.time = at(writer * 7919 % 200 - run * 1_000_000);
                journal.append(commit).await.unwrap();
            });
        }
        writers.join_all().await;
        let records = log.read(0, 1_000).unwrap();
        assert!(records.is_sorted_by_key(|record| record.time_micros));
        for record in &records {
            let read = journal::payload::decode(record.position, &record.stream, &record.payload).unwrap();
            assert_eq!(read.envelope.time.as_microsecond(), record.time_micros);
        }
        drop(journal);
        log.close().await;
    }
}
