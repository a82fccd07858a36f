//! `huishang log restore BACKUP --data DIR`.

use super::log_copy::LogCopy;
use super::{backup_error, head_json, print_outcome, progress};
use crate::client::options::Options;
use event_log::backup::{Backup, Records};
use indicatif::ProgressBar;
use std::path::PathBuf;

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
    let bar = progress::records("restoring", finished.map_or(0, |head| head.position));
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
        eprintln!(
            "note: the backup was last finished at position {acknowledged}, and a later run was interrupted; all {} records in it were restored",
            head.position
        );
    }
    let data = data.display();
    let sentence =
        format!("{} records of log {log_id} were restored; start it with --data {data}", head.position);
    print_outcome(options, head_json(log_id, &head), &sentence, &head)
}

async fn add_all(records: &mut Records<'_>, copy: &mut LogCopy, bar: &ProgressBar) -> anyhow::Result<()> {
    for record in &mut *records {
        let record = record.map_err(backup_error)?;
        bar.set_position(record.position);
        copy.add(record).await?;
    }
    Ok(())
}
