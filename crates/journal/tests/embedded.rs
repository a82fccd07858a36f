//! The embedded journal against the conformance suite.

use event_log::{EventLog, Options};
use journal::conformance::JournalUnderTest;
use journal::embedded::EmbeddedJournal;
use std::sync::Arc;
use tempfile::TempDir;

struct Sandbox {
    journal: JournalUnderTest,
    _folder: TempDir,
}

async fn start() -> Sandbox {
    let folder = TempDir::new().unwrap();
    let (log, _) = EventLog::open(Options::new(folder.path())).unwrap();
    Sandbox { journal: Arc::new(EmbeddedJournal::new(log)), _folder: folder }
}

journal::conformance_cases!(start);

#[tokio::test]
async fn appended_records_survive_a_restart() {
    use journal::conformance::{sample, take};
    use journal::{Filter, Journal};

    let folder = TempDir::new().unwrap();
    let stream = sample::stream();
    let commit = sample::commit(domain::Uuid::new_v4(), &[(&stream, 0)]);
    for _ in 0..2 {
        let (log, _) = EventLog::open(Options::new(folder.path())).unwrap();
        let journal = EmbeddedJournal::new(log.clone());
        assert_eq!(journal.append(commit.clone()).await, Ok(1), "a repeat is recognized after a restart");
        let mut records = journal.subscribe(0, Filter::All).await.unwrap();
        assert_eq!(take(&mut records, 1).await[0].stream, stream);
        drop((journal, records));
        log.close().await;
    }
}
