//! `huishang log export [FILE]`.

use super::line::{self, Line};
use super::source::{Held, Receiver, Source};
use super::{head_json, print_outcome, progress};
use crate::client::Error;
use crate::client::options::Options;
use crate::language::{say, text};
use anyhow::Context as _;
use event_log::record::read_frames;
use event_log::{Damage, Hash, Head};
use prost::bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;
use uuid::Uuid;

/// What is exported, and where it is written.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Each line is a CloudEvent 1.0 with one record: the stored payload in Base64 and, for reading, as JSON. The last \
line is the log's head. 'huishang log import' creates the same log from it, with the same hashes.")]
pub struct Arguments {
    /// The file; an interrupted or earlier export is continued. '-' is standard output
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: String,
    /// Begins after this position
    #[arg(long, value_name = "POSITION")]
    pub after_position: Option<u64>,
}

/// Exports the log up to the head at the beginning.
pub async fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let source = Source::connect(options).await?;
    let log_id = source.log_id().await?;
    let mut export = match arguments.file.as_str() {
        "-" => Export::new(log_id, Box::new(std::io::stdout().lock())),
        file => Export::into_file(log_id, Path::new(file))?,
    };
    if let Some(after_position) = arguments.after_position {
        if export.position > 0 {
            let why = say(
                "--after-position: {file} already has records, and is continued after its last",
                &[("file", &arguments.file)],
            );
            return Err(Error::Usage(why).into());
        }
        export.position = after_position;
    }
    let first = export.position;
    let bar = progress::records(text("exporting"), first);
    let beginning = source.send_missing(log_id, &mut export, &bar).await?;
    export.finish(&beginning.head, beginning.signed_head.as_deref())?;
    bar.finish_and_clear();

    let head = beginning.head;
    if arguments.file == "-" {
        return Ok(());
    }
    let new = head.position - first;
    let mut outcome = head_json(log_id, &head);
    outcome["new"] = new.into();
    let sentence = say(
        "{new} records were written to {file}, which ends with record {position}",
        &[("new", &new), ("file", &arguments.file), ("position", &head.position)],
    );
    print_outcome(options, outcome, &sentence, &head)
}

/// An unfinished export.
struct Export {
    log_id: Uuid,
    out: BufWriter<Box<dyn Write>>,
    /// The file, to be synced at the end.
    file: Option<File>,
    /// The last record written, and its hash and root where they are known.
    position: u64,
    hash: Option<Hash>,
    root: Option<Hash>,
}

impl Export {
    fn new(log_id: Uuid, out: Box<dyn Write>) -> Export {
        Export { log_id, out: BufWriter::new(out), file: None, position: 0, hash: None, root: None }
    }

    /// Continues a file after its last complete line.
    fn into_file(log_id: Uuid, path: &Path) -> anyhow::Result<Export> {
        let failed = || say("cannot write {file}", &[("file", &path.display())]);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = opened.with_context(failed)?;
        let (end, last) = last_line(&file).with_context(failed)?;
        file.set_len(end).with_context(failed)?;
        file.seek(SeekFrom::End(0)).with_context(failed)?;
        let mut export = Export::new(log_id, Box::new(file.try_clone()?));
        export.file = Some(file);
        if let Some(last) = last {
            export.continue_after(&last).map_err(|why| {
                Error::Usage(say(
                    "{file} cannot be continued: its last line: {why}",
                    &[("file", &path.display()), ("why", &why)],
                ))
            })?;
        }
        Ok(export)
    }

    fn continue_after(&mut self, last: &str) -> Result<(), String> {
        let (log_id, line) = line::read(last).map_err(|error| format!("{error:#}"))?;
        if log_id != self.log_id {
            return Err(say(
                "it is of log {found}, and this is log {log}",
                &[("found", &log_id), ("log", &self.log_id)],
            ));
        }
        match line {
            Line::Record(record) => (self.position, self.hash) = (record.position, Some(record.hash())),
            Line::Head(head) => {
                (self.position, self.hash, self.root) = (head.position, Some(head.hash), Some(head.root));
            }
        }
        Ok(())
    }

    /// Writes the head, unless it is the last line already, and makes the file durable.
    fn finish(&mut self, head: &Head, signed: Option<&str>) -> anyhow::Result<()> {
        if self.root.is_none() {
            writeln!(self.out, "{}", line::head_line(self.log_id, head, signed)?)?;
        }
        self.out.flush()?;
        if let Some(file) = &self.file {
            file.sync_all()?;
        }
        Ok(())
    }
}

impl Receiver for Export {
    fn held(&self) -> Held {
        Held { position: self.position, hash: self.hash, root: self.root }
    }

    async fn receive(&mut self, frames: Bytes) -> anyhow::Result<()> {
        for found in read_frames(frames, self.position + 1) {
            let (_, record) = found?;
            if self.hash.is_some_and(|hash| hash != record.previous) {
                let what = text("it does not continue the chain of the record before").to_owned();
                return Err(Damage { position: record.position, what }.into());
            }
            writeln!(self.out, "{}", line::record_line(self.log_id, &record)?)?;
            (self.position, self.hash, self.root) = (record.position, Some(record.hash()), None);
        }
        Ok(())
    }
}

/// Where the last complete line of a file ends, and that line.
fn last_line(file: &File) -> std::io::Result<(u64, Option<String>)> {
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut end, mut line, mut last) = (0, Vec::new(), None);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok((end, last.map(|line: Vec<u8>| String::from_utf8_lossy(&line).into_owned())));
        }
        end += read as u64;
        last.get_or_insert_default().clone_from(&line);
    }
}
