//! `huishang log backup DIR`.

use super::source::{Receiver, Source, Stand};
use super::{conclude, of_backup, progress, told};
use crate::client::connection::Options;
use event_log::backup::BackupWriter;
use prost::bytes::Bytes;
use std::path::PathBuf;

/// Where a backup goes.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The backup's directory; what it holds already stays, and only what is new is added
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

impl Receiver for BackupWriter {
    fn stands(&self) -> Stand {
        self.head().into()
    }

    fn take(&mut self, frames: Bytes) -> anyhow::Result<()> {
        self.add(frames).map_err(of_backup)
    }
}

/// Adds what is new, up to the head at the beginning. Whatever interrupts it, the next run goes on.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let source = Source::connect(options).await?;
    let log_id = source.log_id().await?;
    let mut backup = BackupWriter::open(&arguments.dir, log_id).map_err(of_backup)?;
    let held = backup.head().position;
    let bar = progress::records("backing up", held);
    let beginning = source.give(log_id, &mut backup, &bar).await?;
    let head = backup.finish(beginning.head, beginning.signed_head).map_err(of_backup)?;
    bar.finish_and_clear();

    let new = head.position - held;
    let mut outcome = told(log_id, &head);
    outcome["new"] = new.into();
    let dir = arguments.dir.display();
    conclude(
        options,
        outcome,
        &format!("{dir} holds {} records of log {log_id}, {new} of them new", head.position),
        &head,
    )
}
