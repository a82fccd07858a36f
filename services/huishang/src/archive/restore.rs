//! `huishang log restore BACKUP --data DIR`.

use super::copy::Copy;
use super::{conclude, of_backup, progress, told};
use crate::client::connection::Options;
use event_log::Head;
use event_log::backup::Backup;
use std::path::PathBuf;

/// What is restored.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
}

/// Makes the log again under `--data`. Everything is verified on the way; whatever interrupts it, the next run
/// goes on, and nothing starts on the half.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let backup = Backup::open(&arguments.backup).map_err(of_backup)?;
    let log_id = backup.log_id();
    let finished = backup.finished();
    let mut copy = Copy::begin(&options.data, log_id)?;
    let bar = progress::records("restoring", finished.map_or(0, |head| head.position));
    let mut records = backup.records();
    let restored = take(&mut records, &mut copy, &bar).await;
    let end = records.head();
    if let Err(error) = restored {
        copy.leave().await;
        return Err(error);
    }
    let reached = copy.settle().await?;
    // A backup that was interrupted may end in the middle of a commit.
    let head = copy.finish(if reached.position == end.position { end } else { reached }).await?;
    bar.finish_and_clear();
    if finished != Some(head) {
        let acknowledged = finished.map_or(0, |head| head.position);
        eprintln!(
            "note: the backup was last finished at position {acknowledged} and was begun again; all {} records that it holds were restored",
            head.position
        );
    }
    let place = options.data.display();
    let sentence =
        format!("{} records of log {log_id} were restored; start it with --data {place}", head.position);
    conclude(options, told(log_id, &head), &sentence, &head)
}

async fn take(
    records: &mut event_log::backup::Records<'_>,
    copy: &mut Copy,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<Head> {
    for record in &mut *records {
        let record = record.map_err(of_backup)?;
        bar.set_position(record.position);
        copy.take(record).await?;
    }
    Ok(records.head())
}
