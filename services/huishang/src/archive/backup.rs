//! `huishang log backup DIR`.

use super::source::{Held, Receiver, Source};
use super::{backup_error, head_json, print_outcome, progress};
use crate::client::options::Options;
use event_log::backup::BackupWriter;
use prost::bytes::Bytes;
use std::path::PathBuf;

/// Where a backup is written.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory; what it already contains is kept, only new records are added
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

impl Receiver for BackupWriter {
    fn held(&self) -> Held {
        self.head().into()
    }

    fn receive(&mut self, frames: Bytes) -> anyhow::Result<()> {
        self.add(frames).map_err(backup_error)
    }
}

/// Adds the new records, up to the head at the beginning. If it is interrupted, the next run continues.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let source = Source::connect(options).await?;
    let log_id = source.log_id().await?;
    let mut backup = BackupWriter::open(&arguments.dir, log_id).map_err(backup_error)?;
    let held = backup.head().position;
    let bar = progress::records("backing up", held);
    let beginning = source.send_missing(log_id, &mut backup, &bar).await?;
    let head = backup.finish(beginning.head, beginning.signed_head).map_err(backup_error)?;
    bar.finish_and_clear();

    let new = head.position - held;
    let mut outcome = head_json(log_id, &head);
    outcome["new"] = new.into();
    let dir = arguments.dir.display();
    print_outcome(
        options,
        outcome,
        &format!("{dir} has {} records of log {log_id}, {new} of them new", head.position),
        &head,
    )
}
