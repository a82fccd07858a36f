//! `huishang log restore BACKUP --data DIR`, where BACKUP is a directory or a URL.

use super::log_copy::LogCopy;
use super::stored_backup::{Credentials, Place, StoredBackup};
use super::{head_json, ledger_key, print_outcome, progress};
use crate::client::options::Options;
use crate::language::{say, text};
use crate::stdout::{print_note, print_text};
use event_log::Head;
use event_log::note::HeadSigner;
use service_kit::identity::ensure_key;
use std::fmt::Display;
use std::path::Path;

/// What is restored.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory or URL
    #[arg(value_name = "DIR|URL")]
    pub backup: String,
    /// What reaches the URL.
    #[command(flatten)]
    pub credentials: Credentials,
}

/// Restores the log under `--data`, verifying everything. If it is interrupted, the next run continues; no server
/// starts on an incomplete log.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let place = Place::open(&arguments.backup, &arguments.credentials)?;
    let mut backup = StoredBackup::open(place).await?;
    let log_id = backup.log_id();
    let data = options.location.load()?.data;
    let head = restore(&mut backup, &data).await?;
    let sentence = say(
        "all {records} records of log {log} were restored and are intact",
        &[("records", &head.position), ("log", &log_id)],
    );
    let key = whose_key(&backup, &data)?;
    let mut outcome = head_json(log_id, &head);
    outcome["ledgerKey"] = key.as_str().into();
    print_outcome(options, outcome, &sentence, &head)?;
    if options.json {
        return Ok(());
    }
    let advice = key.advice(&ledger_key(&data));
    print_text(&say(
        "{advice}; then start it with --data {data}",
        &[("advice", &advice), ("data", &data.display())],
    ))
}

/// Restores a backup to a data directory that has no log, or continues to; returns its head.
pub async fn restore(backup: &mut StoredBackup, data: &Path) -> anyhow::Result<Head> {
    let finished = backup.finished_head();
    let mut copy = LogCopy::open(data, backup.log_id())?;
    let bar = progress::records(text("restoring"), finished.map_or(0, |head| head.position));
    let read = backup.read(async |record| {
        bar.set_position(record.position);
        copy.add(record).await
    });
    let end = match read.await {
        Ok(end) => end,
        Err(error) => {
            copy.suspend().await;
            return Err(error);
        }
    };
    let reached = copy.flush().await?;
    // A backup that was interrupted may end in the middle of a commit.
    let head = copy.finish(if reached.position == end.position { end } else { reached }).await?;
    bar.finish_and_clear();
    if finished != Some(head) {
        let acknowledged = finished.map_or(0, |head| head.position);
        print_note(&say(
            "the backup was last finished at position {acknowledged}, and a later run was interrupted; all {records} \
             records in it were restored",
            &[("acknowledged", &acknowledged), ("records", &head.position)],
        ));
    }
    Ok(head)
}

/// Which key would sign the heads of the restored log.
enum Key {
    Missing,
    Same,
    Other,
    Unchecked,
}

impl Key {
    fn as_str(&self) -> &'static str {
        match self {
            Key::Missing => "missing",
            Key::Same => "same",
            Key::Other => "other",
            Key::Unchecked => "unchecked",
        }
    }

    fn advice(&self, file: &Path) -> String {
        let file = file.display();
        let file: [(&str, &dyn Display); 1] = [("file", &file)];
        match self {
            Key::Missing => say(
                "the ledger's key is not in a backup: first put the key that signed the log's heads into {file}. \
                 Without it a new key is made, and people who know the old one do not accept its heads",
                &file,
            ),
            Key::Same => say("{file} is the key that signed the backup's head", &file),
            Key::Other => say(
                "{file} is not the key that signed the backup's head: first put that one there, or people who know \
                 it do not accept the log's heads",
                &file,
            ),
            Key::Unchecked => say(
                "the backup has no signed head, so {file} was not checked: it must be the key of this log",
                &file,
            ),
        }
    }
}

/// Compares the key in the data directory with the one that signed the backup's head.
fn whose_key(backup: &StoredBackup, data: &Path) -> anyhow::Result<Key> {
    let file = ledger_key(data);
    if !file.exists() {
        return Ok(Key::Missing);
    }
    let Some(note) = backup.signed_head() else { return Ok(Key::Unchecked) };
    let origin = note.lines().next().unwrap_or_default();
    let signer = HeadSigner::new(origin, ensure_key(&file)?);
    Ok(if signer.public().open(note).is_ok() { Key::Same } else { Key::Other })
}
