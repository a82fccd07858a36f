//! A ledger serves only a log that continues its last signed head.

use super::*;
use event_log::{Append, Expected, NewRecord, Options};

const KEY: [u8; 32] = [5; 32];

fn open(folder: &Path) -> EventLog {
    EventLog::open(Options { reserve_bytes: 0, ..Options::new(folder.join("log")) }).unwrap().0
}

fn signing(folder: &Path, key: [u8; 32]) -> Signing {
    let signer = HeadSigner::new("huishang/main/1", ed25519_dalek::SigningKey::from_bytes(&key));
    Signing { signer, file: folder.join("signed-head"), accept_stale: false, witnesses: Arc::default() }
}

async fn append(log: &EventLog, word: &'static str) {
    let record = NewRecord {
        stream: "a.b.c".into(),
        expected: Expected::Any,
        types: vec!["t".into()],
        payload: word.into(),
        salt: [1; 16],
    };
    let commit = Append { command_id: uuid::Uuid::nil(), time_micros: 0, records: vec![record] };
    log.append(commit).await.unwrap();
}

/// Appends these words to the log, and stores its signed head.
async fn signed(folder: &Path, words: &[&'static str]) {
    let log = open(folder);
    for word in words {
        append(&log, word).await;
    }
    let stop = CancellationToken::new();
    stop.cancel();
    Arc::new(Heads::open(log.clone(), signing(folder, KEY)).unwrap()).store_until(stop).await;
    log.close().await;
}

#[tokio::test]
async fn a_receipt_for_the_newest_record_is_available_immediately() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let heads = Heads::open(log.clone(), signing(folder.path(), KEY)).unwrap();
    for (position, word) in (1..).zip(["one", "two", "three"]) {
        append(&log, word).await;
        let receipt = heads.receipt(position).unwrap();
        let (header, head) = receipt.verify(heads.key()).unwrap();
        assert_eq!((header.record.position, head.size), (position, position));
    }
    assert!(matches!(heads.receipt(4), Err(ReadError::OutOfRange { position: 4, head: 3 })));
}

#[tokio::test]
async fn a_log_that_continues_the_signed_head_is_served() {
    let folder = tempfile::tempdir().unwrap();
    signed(folder.path(), &["one", "two"]).await;
    signed(folder.path(), &["three"]).await;
}

#[tokio::test]
async fn a_log_that_contradicts_the_signed_head_is_not_served() {
    let folder = tempfile::tempdir().unwrap();
    signed(folder.path(), &["one", "two"]).await;
    for words in [&["one"][..], &["one", "other"], &["one", "other", "three"]] {
        fs::remove_dir_all(folder.path().join("log")).unwrap();
        let log = open(folder.path());
        for word in words {
            append(&log, word).await;
        }
        let refused =
            Heads::open(log.clone(), signing(folder.path(), KEY)).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|message| message.contains("of 2 records")), "{words:?}");
        log.close().await;
    }
    let refused = Heads::open(open(folder.path()), signing(folder.path(), [6; 32])).err();
    assert!(matches!(refused, Some(HeadError::InvalidHead { .. })));
}
