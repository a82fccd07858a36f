//! A backup has what the log has, whatever interrupts it, and names what is missing or damaged.

use crate::{Backup, BackupError, Store, Writer, remove_superseded};
use event_log::{Append, EventLog, Expected, Head, NewRecord, Options, Record};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

struct Fixture {
    root: TempDir,
    log: EventLog,
}

impl Fixture {
    fn new() -> Fixture {
        let root = TempDir::new().unwrap();
        let options = Options { reserve_bytes: 0, ..Options::new(root.path().join("log")) };
        let (log, _) = EventLog::open(options).unwrap();
        Fixture { log, root }
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("backup")
    }

    fn store(&self) -> Store {
        Store::open(&format!("file://{}", self.folder().display()), None).unwrap()
    }

    async fn fill(&self, records: usize, bytes: usize) {
        for _ in 0..records {
            let payload = vec![7; bytes].into();
            let types = vec!["test.v1.Happened".to_owned()];
            let record =
                NewRecord { stream: "a".into(), expected: Expected::Any, types, payload, salt: [7; 16] };
            let records = vec![record.clone(), record];
            let append = Append { command_id: Uuid::new_v4(), time_micros: 1, records };
            self.log.append(append).await.unwrap();
        }
    }

    async fn add(&self, up_to: u64) -> Writer {
        let mut writer = Writer::open(self.store(), self.log.log_id()).await.unwrap();
        while writer.head().position < up_to {
            let (frames, _) = self.log.frames(writer.head().position, up_to, 1 << 20).unwrap();
            writer.add(frames).await.unwrap();
        }
        writer
    }

    async fn back_up(&self) {
        let head = self.log.head();
        self.add(head.position).await.finish(head, Some("signed\n".into())).await.unwrap();
    }

    async fn records(&self) -> Result<(Vec<Record>, Head), BackupError> {
        let mut backup = Backup::open(self.store()).await?;
        let mut records = Vec::new();
        while let Some(more) = backup.next().await? {
            records.extend(more);
        }
        Ok((records, backup.head()))
    }

    async fn ensure_whole(&self) {
        let (records, head) = self.records().await.unwrap();
        // The hash and the root are those of every record before.
        assert_eq!((records.len() as u64, head), (head.position, self.log.head()));
    }

    fn objects(&self, folder: &str) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.folder().join(folder)).into_iter().flatten();
        let mut found: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    }
}

fn name(object: &Path) -> String {
    object.file_name().unwrap().to_string_lossy().into_owned()
}

#[tokio::test]
async fn a_backup_that_is_continued_often_has_all_records_and_few_segments() {
    let fixture = Fixture::new();
    for runs in 1..=40 {
        fixture.fill(1, 50).await;
        fixture.back_up().await;
        let backup = Backup::open(fixture.store()).await.unwrap();
        assert!(backup.segments() <= 7, "{} segments after {runs} runs", backup.segments());
    }
    fixture.ensure_whole().await;
    let finished = Backup::newest(&fixture.store()).await.unwrap().unwrap();
    assert_eq!((finished.head.head, finished.head.signed.as_deref()), (fixture.log.head(), Some("signed\n")));

    // Nothing was overwritten or removed until now; what was replaced may go.
    assert_eq!(fixture.objects("heads").len(), 40);
    assert_eq!(remove_superseded(&fixture.store(), Duration::from_secs(3600)).await.unwrap(), 0);
    assert!(remove_superseded(&fixture.store(), Duration::ZERO).await.unwrap() > 40);
    assert_eq!(fixture.objects("heads").len(), 1);
    fixture.ensure_whole().await;
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_completed_by_the_next() {
    let fixture = Fixture::new();
    fixture.fill(10, 50).await;
    fixture.back_up().await;
    let before = fixture.objects("segments");
    // More than one segment, of which the first is written, and no head.
    fixture.fill(80, 60_000).await;
    drop(fixture.add(fixture.log.head().position).await);
    assert!(fixture.objects("segments").len() > before.len());
    let (records, _) = fixture.records().await.unwrap();
    assert!(records.len() > 20, "what is there verifies: {} records", records.len());
    fixture.back_up().await;
    fixture.ensure_whole().await;
    // A run at the same time that saw less wrote other segments; both lead to the same records.
    fixture.fill(3, 50).await;
    let other = fixture.add(fixture.log.head().position - 2).await;
    fixture.back_up().await;
    let head = fixture.log.head_at(fixture.log.head().position - 2).unwrap();
    other.finish(head, None).await.unwrap();
    fixture.ensure_whole().await;
}

#[tokio::test]
async fn an_object_that_is_missing_or_has_one_byte_changed_is_named() {
    let fixture = Fixture::new();
    for records in [8, 4, 2, 1] {
        fixture.fill(records, 50).await;
        fixture.back_up().await;
    }
    fixture.ensure_whole().await;
    let segments = fixture.objects("segments");
    assert_eq!(segments.len(), 4);
    let newest_head = fixture.objects("heads").pop().unwrap();
    for object in segments.iter().chain([&newest_head]) {
        let content = fs::read(object).unwrap();
        fs::remove_file(object).unwrap();
        // Without its newest head a backup is an earlier one, with what an interrupted run has added.
        if object != &newest_head {
            let error = fixture.records().await.unwrap_err().to_string();
            assert!(error.contains(&name(object)) && error.contains("is missing"), "{error}");
        }
        for index in (0..content.len()).step_by(5) {
            let mut changed = content.clone();
            changed[index] ^= 0x10;
            fs::write(object, changed).unwrap();
            match fixture.records().await {
                Err(error) => assert!(error.to_string().contains(&name(object)), "byte {index}: {error}"),
                // The signature is checked by whoever has the key.
                Ok(_) => assert!(object == &newest_head && index + "signed\n".len() + 1 >= content.len()),
            }
        }
        fs::write(object, content).unwrap();
    }
    fixture.ensure_whole().await;
}

#[tokio::test]
async fn what_is_no_backup_of_this_log_is_refused_and_left_as_it_is() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    assert!(matches!(Backup::open(fixture.store()).await, Err(BackupError::NotFound { .. })));
    assert!(!fixture.folder().exists(), "whoever looks leaves no trace");
    fixture.fill(3, 50).await;
    fixture.back_up().await;
    let opened = Writer::open(fixture.store(), other.log.log_id()).await;
    assert!(matches!(opened, Err(BackupError::OtherLog { .. })), "{opened:?}");
    // Something else under the name of the next segment.
    fixture.fill(3, 50).await;
    let segment = fixture.objects("segments").pop().unwrap();
    let next = segment.with_file_name("00000000000000000001-00000000000000000012.segment");
    let writer = fixture.add(12).await;
    fs::write(&next, "something else").unwrap();
    let refused = writer.finish(fixture.log.head(), None).await;
    assert!(matches!(refused, Err(BackupError::Occupied { .. })), "{refused:?}");
    assert_eq!(fs::read_to_string(next).unwrap(), "something else");
}

#[test]
fn a_url_with_credentials_is_refused_and_not_shown() {
    let refused = [
        "/var/backup",
        "ftp://host/backup",
        "s3://key:geheim@bucket/backup",
        "s3://bucket/backup?token=geheim",
        "file://elsewhere/backup",
    ];
    for url in refused {
        let error = Store::open(url, None).unwrap_err().to_string();
        assert!(!error.contains("geheim"), "{error}");
    }
    let root = TempDir::new().unwrap();
    let file = root.path().join("credentials");
    fs::write(
        &file,
        "# of the backup\n\nAWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID = a\nAWS_SECRET_ACCESS_KEY=b\n",
    )
    .unwrap();
    let store = Store::open("s3://bucket/backup/", Some(&file)).unwrap();
    assert_eq!(store.url(), "s3://bucket/backup");
    fs::write(&file, "AWS_REGION=eu-central-1\ngeheim\n").unwrap();
    let error = Store::open("s3://bucket/backup/", Some(&file)).unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("geheim"), "{error}");
    for url in ["gs://bucket/backup", "az://container/backup"] {
        // Azure needs its account; nothing is sent.
        let opened = Store::open(url, None);
        assert!(opened.is_ok() || url.starts_with("az"), "{opened:?}");
    }
}
