//! A copy of the log, up to the record that a paper was made of, with the roots that tell which log it is.

use super::Arguments;
use crate::archive::line::{self, Line};
use crate::archive::log_copy::LogCopy;
use crate::archive::progress;
use crate::archive::source::{Held, Receiver, Source};
use crate::archive::stored_backup::{Place, StoredBackup};
use crate::language::{say, text};
use crate::server::own_log::open_log;
use anyhow::{Context as _, ensure};
use console::Paper;
use event_log::record::read_frames;
use event_log::tree::GrowingRoot;
use event_log::{Hash, Record, backup::Backup};
use prost::bytes::Bytes;
use service_kit::config::Config;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use uuid::Uuid;

/// Records of a log that are read at once.
const RECORDS_AT_ONCE: usize = 1_024;

/// What was read of a copy.
pub(super) struct Copied {
    /// How many records it has.
    pub(super) size: u64,
    /// The roots where somebody may have signed: at the head that the paper names, and at that of the copy.
    pub(super) roots: BTreeMap<u64, Hash>,
    /// The head of the copy, as the ledger signed it.
    pub(super) signed_head: Option<String>,
}

/// Reads the copy that is named, or the server's log, and keeps in a data directory what the paper was made of.
pub(super) async fn take(arguments: &Arguments, data: &Path, paper: &Paper) -> anyhow::Result<Copied> {
    if let Some(keys) = &arguments.personal_keys {
        copy_folder(keys, &config_of(data).personal_keys())?;
    }
    let Some(place) = &arguments.log else { return of_server(arguments, data, paper).await };
    let path = Path::new(place);
    if place.contains("://") || Backup::open(path).is_ok() {
        return of_backup(arguments, place, data, paper).await;
    }
    match path.is_dir() {
        true => of_data_directory(path, data, paper).await,
        false => of_export(path, data, paper).await,
    }
}

pub(super) fn config_of(data: &Path) -> Config {
    Config { data: data.to_owned(), ..Config::default() }
}

/// What becomes of the records, one after the other.
struct Taking {
    copy: LogCopy,
    position: u64,
    hash: Option<Hash>,
    root: GrowingRoot,
    /// The last record that the paper was made of.
    until: u64,
    is_between_commits: bool,
    named: u64,
    roots: BTreeMap<u64, Hash>,
}

impl Taking {
    fn begin(data: &Path, log_id: Uuid, paper: &Paper) -> anyhow::Result<Taking> {
        Ok(Taking {
            copy: LogCopy::open(data, log_id)?,
            position: 0,
            hash: None,
            root: GrowingRoot::default(),
            until: paper.position,
            is_between_commits: true,
            named: paper.head.0,
            roots: BTreeMap::new(),
        })
    }

    async fn add(&mut self, record: Record) -> anyhow::Result<()> {
        let follows = self.hash.is_none_or(|hash| hash == record.previous);
        ensure!(
            follows && record.position == self.position + 1,
            say("record {position} does not continue the log", &[("position", &record.position)])
        );
        (self.position, self.hash) = (record.position, Some(record.hash()));
        self.root.push(record.hash());
        if self.position == self.named {
            self.note_root();
        }
        // A commit is whole or not there.
        if self.position <= self.until || !self.is_between_commits {
            self.is_between_commits = record.part == record.parts;
            self.copy.add(record).await?;
        }
        Ok(())
    }

    fn note_root(&mut self) {
        self.roots.insert(self.root.size(), self.root.root());
    }

    async fn finish(mut self, signed_head: Option<String>) -> anyhow::Result<Copied> {
        self.note_root();
        let head = self.copy.flush().await?;
        self.copy.finish(head).await?;
        Ok(Copied { size: self.position, roots: self.roots, signed_head })
    }
}

async fn of_backup(arguments: &Arguments, place: &str, data: &Path, paper: &Paper) -> anyhow::Result<Copied> {
    let mut backup = StoredBackup::open(Place::open(place, &arguments.credentials)?).await?;
    let mut taking = Taking::begin(data, backup.log_id(), paper)?;
    let finished = backup.finished_head().map_or(0, |head| head.position);
    let bar = progress::records(text("reading"), finished);
    let read = backup.read(async |record| {
        bar.set_position(record.position);
        taking.add(record).await?;
        if taking.position == finished {
            taking.note_root();
        }
        Ok(())
    });
    read.await?;
    bar.finish_and_clear();
    taking.finish(backup.signed_head().map(str::to_owned)).await
}

/// The log of a ledger that is not running, of which a copy is made first: nothing is changed there.
async fn of_data_directory(folder: &Path, data: &Path, paper: &Paper) -> anyhow::Result<Copied> {
    let theirs = config_of(folder);
    let source = data.join("source");
    copy_folder(&folder.join("log"), &source.join("log"))?;
    if theirs.personal_keys().exists() && !config_of(data).personal_keys().exists() {
        copy_folder(&theirs.personal_keys(), &config_of(data).personal_keys())?;
    }
    let log = open_log(&config_of(&source))?;
    let mut taking = Taking::begin(data, log.log_id(), paper)?;
    while taking.position < log.head().position {
        for record in log.read(taking.position, RECORDS_AT_ONCE)? {
            taking.add(record).await?;
        }
    }
    log.close().await;
    taking.finish(std::fs::read_to_string(theirs.signed_head()).ok()).await
}

async fn of_export(file: &Path, data: &Path, paper: &Paper) -> anyhow::Result<Copied> {
    let opened = File::open(file).with_context(|| say("cannot read {file}", &[("file", &file.display())]))?;
    let (mut taking, mut signed_head) = (None, None);
    for (number, text) in (1..).zip(BufReader::with_capacity(1 << 18, opened).lines()) {
        let location = || say("{file}, line {number}", &[("file", &file.display()), ("number", &number)]);
        let text = text.with_context(location)?;
        let (log_id, line) = line::read(&text).with_context(location)?;
        let taking = match &mut taking {
            Some(taking) => taking,
            none => none.insert(Taking::begin(data, log_id, paper)?),
        };
        match line {
            Line::Record(record) => taking.add(record).await.with_context(location)?,
            Line::Head(_) => {
                taking.note_root();
                signed_head = line::signed_head(&text);
            }
        }
    }
    taking.context(text("the export is empty; it should end with the log's head"))?.finish(signed_head).await
}

async fn of_server(arguments: &Arguments, data: &Path, paper: &Paper) -> anyhow::Result<Copied> {
    let source = Source::connect(&arguments.options).await?;
    let log_id = source.log_id().await?;
    let mut taking = Taking::begin(data, log_id, paper)?;
    let bar = progress::records(text("reading"), 0);
    let beginning = source.send_missing(log_id, &mut taking, &bar).await?;
    bar.finish_and_clear();
    taking.finish(beginning.signed_head).await
}

impl Receiver for Taking {
    fn held(&self) -> Held {
        Held { position: self.position, hash: self.hash, root: Some(self.root.root()) }
    }

    async fn receive(&mut self, frames: Bytes) -> anyhow::Result<()> {
        for found in read_frames(frames, self.position + 1) {
            let (_, record) = found?;
            self.add(record).await?;
        }
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    let failed = || from.display().to_string();
    std::fs::create_dir_all(to).with_context(failed)?;
    for entry in std::fs::read_dir(from).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let target = to.join(entry.file_name());
        match entry.file_type().with_context(failed)?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => drop(std::fs::copy(entry.path(), target).with_context(failed)?),
        }
    }
    Ok(())
}
