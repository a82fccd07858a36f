//! `huishang log import FILE… --data DIR`.

use super::copy::Copy;
use super::line::{self, Line};
use super::{conclude, progress, told};
use crate::client::Error;
use crate::client::connection::Options;
use anyhow::{Context as _, bail};
use event_log::Head;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What is imported.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// An export; several, in order, where it was written in parts with --after
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Makes the log again under `--data`. Every hash is compared on the way; whatever interrupts it, the next run
/// goes on, and nothing starts on the half.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let bar = progress::records("importing", 0);
    let mut import = Import { copy: None, end: None };
    for file in &arguments.files {
        if let Err(error) = import.take_file(file, &options.data, &bar).await {
            if let Some((_, copy)) = import.copy {
                copy.leave().await;
            }
            return Err(error);
        }
    }
    let Some((log_id, copy)) = import.copy else {
        return Err(Error::Usage("there is nothing in it: an export ends with the log's head".into()).into());
    };
    let Some(head) = import.end else {
        copy.leave().await;
        bail!(
            "the export ends without the log's head, so it was not finished; finish it with 'huishang log export' and import it again"
        );
    };
    let head = copy.finish(head).await?;
    bar.finish_and_clear();
    let place = options.data.display();
    let sentence =
        format!("{} records of log {log_id} were imported; start it with --data {place}", head.position);
    conclude(options, told(log_id, &head), &sentence, &head)
}

struct Import {
    copy: Option<(Uuid, Copy)>,
    /// The head that was read last, unless records came after it.
    end: Option<Head>,
}

impl Import {
    async fn take_file(&mut self, path: &Path, data: &Path, bar: &ProgressBar) -> anyhow::Result<()> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        bar.set_length(0);
        for (number, text) in (1..).zip(BufReader::with_capacity(1 << 18, file).lines()) {
            let place = || format!("{}, line {number}", path.display());
            let (log_id, line) = line::read(&text.with_context(place)?).with_context(place)?;
            let (of, mut copy) = match self.copy.take() {
                Some(begun) => begun,
                None => (log_id, Copy::begin(data, log_id)?),
            };
            let taken = if of == log_id {
                self.take_line(&mut copy, line, bar).await
            } else {
                Err(anyhow::anyhow!("it is of log {log_id}, and the lines before are of log {of}"))
            };
            self.copy = Some((of, copy));
            taken.with_context(place)?;
        }
        Ok(())
    }

    async fn take_line(&mut self, copy: &mut Copy, line: Line, bar: &ProgressBar) -> anyhow::Result<()> {
        match line {
            Line::Record(record) => {
                bar.set_length(record.position);
                bar.set_position(record.position);
                self.end = None;
                copy.take(record).await
            }
            Line::Head(head) => {
                let reached = copy.settle().await?;
                // A copy that is gone on with stands behind the heads that it has passed.
                if reached.position < head.position || (reached.position == head.position && reached != head)
                {
                    bail!(
                        "the log's head is record {} here, and the records before end with {} or have another root",
                        head.position,
                        reached.position
                    );
                }
                self.end = Some(head);
                Ok(())
            }
        }
    }
}
