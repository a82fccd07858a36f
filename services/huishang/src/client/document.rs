//! Documents: what an rpc returns as a file is written to one, and not printed.

use super::Error;
use super::flags::DISPLAY_LAST;
use crate::language::{say, text};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, value_parser};
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The flag for the file.
pub const OUTPUT: &str = "output";
/// In place of a file: standard output.
const STANDARD_OUTPUT: &str = "-";

/// Whether an answer is a file.
pub fn is(answer: &MessageDescriptor) -> bool {
    ["file_name", "content"].iter().all(|name| answer.get_field_by_name(name).is_some())
}

/// The flag of a command whose answer is a file.
pub fn argument() -> Arg {
    Arg::new(OUTPUT)
        .long(OUTPUT)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .display_order(DISPLAY_LAST)
        .help(text("The file to write, '-' for standard output; with --json it may be left out"))
}

/// Where an answer is written that is a file; nowhere if it is printed as JSON.
pub fn output(
    answer: &MessageDescriptor,
    matches: &ArgMatches,
    is_json: bool,
) -> Result<Option<PathBuf>, clap::Error> {
    if !is(answer) {
        return Ok(None);
    }
    match matches.get_one::<PathBuf>(OUTPUT) {
        None if !is_json => Err(clap::Error::raw(
            ErrorKind::ValueValidation,
            format!("{}\n", text("no file was named: add --output FILE")),
        )),
        file => Ok(file.cloned()),
    }
}

/// Writes the file that an answer is. Returns what is to be said of it, if standard output is free for that.
pub fn write(answer: &DynamicMessage, file: &Path) -> Result<Option<String>, Error> {
    let content = answer.get_field_by_name("content");
    let content = content.as_deref().and_then(Value::as_bytes).cloned().unwrap_or_default();
    if file == Path::new(STANDARD_OUTPUT) {
        let mut out = std::io::stdout().lock();
        out.write_all(&content)?;
        out.flush()?;
        return Ok(None);
    }
    let shown = file.display();
    std::fs::write(file, &content).map_err(|why| {
        Error::Usage(say("{file} cannot be written: {why}", &[("file", &shown), ("why", &why)]))
    })?;
    Ok(Some(say("{file} is written: {bytes} bytes", &[("file", &shown), ("bytes", &content.len())])))
}
