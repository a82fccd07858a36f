//! `huishang log restore BACKUP --data DIR`.

use super::log_copy::LogCopy;
use super::{backup_error, head_json, ledger_key, print_outcome, progress};
use crate::client::options::Options;
use crate::language::{say, text};
use crate::stdout::{print_note, print_text};
use event_log::backup::{Backup, Records};
use event_log::note::HeadSigner;
use indicatif::ProgressBar;
use service_kit::identity::ensure_ledger_key;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What is restored.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
}

/// Restores the log under `--data`, verifying everything. If it is interrupted, the next run continues; no server
/// starts on an incomplete log.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let backup = Backup::open(&arguments.backup).map_err(backup_error)?;
    let log_id = backup.log_id();
    let finished = backup.finished_head();
    let data = options.location.load()?.data;
    let mut copy = LogCopy::open(&data, log_id)?;
    let bar = progress::records(text("restoring"), finished.map_or(0, |head| head.position));
    let mut records = backup.records();
    let added = add_all(&mut records, &mut copy, &bar).await;
    let end = records.head();
    if let Err(error) = added {
        copy.suspend().await;
        return Err(error);
    }
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
fn whose_key(backup: &Backup, data: &Path) -> anyhow::Result<Key> {
    let file = ledger_key(data);
    if !file.exists() {
        return Ok(Key::Missing);
    }
    let Some(note) = backup.signed_head() else { return Ok(Key::Unchecked) };
    let origin = note.lines().next().unwrap_or_default();
    let signer = HeadSigner::new(origin, ensure_ledger_key(&file)?);
    Ok(if signer.public().open(note).is_ok() { Key::Same } else { Key::Other })
}

async fn add_all(records: &mut Records<'_>, copy: &mut LogCopy, bar: &ProgressBar) -> anyhow::Result<()> {
    for record in &mut *records {
        let record = record.map_err(backup_error)?;
        bar.set_position(record.position);
        copy.add(record).await?;
    }
    Ok(())
}
