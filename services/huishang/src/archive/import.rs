//! `huishang log import FILE… --data DIR`.

use super::line::{self, Line};
use super::log_copy::LogCopy;
use super::{head_json, ledger_key, print_outcome, progress};
use crate::client::Error;
use crate::client::options::Options;
use crate::language::{say, text};
use anyhow::{Context as _, bail, ensure};
use event_log::Head;
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What is imported.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// An export; if it was written in parts with --after-position, all of them in order
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Creates the log under `--data`, comparing every hash. If it is interrupted, the next run continues; no server
/// starts on an incomplete log.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let data = options.location.load()?.data;
    let bar = progress::records(text("importing"), 0);
    let mut import = Import { copy: None, end: None };
    for file in &arguments.files {
        if let Err(error) = import.add_file(file, &data, &bar).await {
            if let Some((_, copy)) = import.copy {
                copy.suspend().await;
            }
            return Err(error);
        }
    }
    let Some((log_id, copy)) = import.copy else {
        return Err(
            Error::Usage(text("the export is empty; it should end with the log's head").into()).into()
        );
    };
    let Some(head) = import.end else {
        copy.suspend().await;
        bail!(text(
            "the export does not end with the log's head, so it was not finished; finish it with 'huishang log export' \
             and import it again"
        ));
    };
    let head = copy.finish(head).await?;
    bar.finish_and_clear();
    let sentence = say(
        "all {records} records of log {log} were imported, with the hashes and the readable data of their lines; put \
         the ledger's key, which is not in an export, into {key}, then start it with --data {data}",
        &[
            ("records", &head.position),
            ("log", &log_id),
            ("key", &ledger_key(&data).display()),
            ("data", &data.display()),
        ],
    );
    print_outcome(options, head_json(log_id, &head), &sentence, &head)
}

struct Import {
    copy: Option<(Uuid, LogCopy)>,
    /// The last head read, unless records came after it.
    end: Option<Head>,
}

impl Import {
    async fn add_file(&mut self, path: &Path, data: &Path, bar: &ProgressBar) -> anyhow::Result<()> {
        let file =
            File::open(path).with_context(|| say("cannot read {file}", &[("file", &path.display())]))?;
        bar.set_length(0);
        for (number, line) in (1..).zip(BufReader::with_capacity(1 << 18, file).lines()) {
            let location = || say("{file}, line {number}", &[("file", &path.display()), ("number", &number)]);
            let (log_id, line) = line::read(&line.with_context(location)?).with_context(location)?;
            let (copied_id, mut copy) = match self.copy.take() {
                Some(copy) => copy,
                None => (log_id, LogCopy::open(data, log_id)?),
            };
            let added = if copied_id == log_id {
                self.add_line(&mut copy, line, bar).await
            } else {
                Err(anyhow::anyhow!(say(
                    "it is of log {found}, and the lines before it are of log {log}",
                    &[("found", &log_id), ("log", &copied_id)]
                )))
            };
            self.copy = Some((copied_id, copy));
            added.with_context(location)?;
        }
        Ok(())
    }

    async fn add_line(&mut self, copy: &mut LogCopy, line: Line, bar: &ProgressBar) -> anyhow::Result<()> {
        match line {
            Line::Record(record) => {
                bar.set_length(record.position);
                bar.set_position(record.position);
                self.end = None;
                copy.add(record).await
            }
            Line::Head(head) => {
                let reached = copy.flush().await?;
                // A copy that is continued may be further than the heads in the file.
                ensure!(
                    reached.position > head.position || reached == head,
                    say(
                        "the log's head is record {head} here, but the records before it end with {reached} or have \
                         another root",
                        &[("head", &head.position), ("reached", &reached.position)]
                    )
                );
                self.end = Some(head);
                Ok(())
            }
        }
    }
}
