//! `huishang log check-receipt`: that a record is in the log, seen without the log.

use crate::client::Error;
use crate::client::connection::Options;
use crate::page::say;
use anyhow::Context as _;
use event_log::hex;
use event_log::note::{HeadKey, Receipt};
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;

/// What is checked.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The receipt, as 'huishang log receipt' gave it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The key of the ledger that gave it, as 'huishang log signed-head' told it before
    #[arg(long, value_name = "KEY")]
    pub key: String,
}

/// Checks, and tells which record it is.
pub fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let key: HeadKey =
        arguments.key.parse().map_err(|error| Error::Usage(format!("--key: it is not usable: {error}")))?;
    let text =
        std::fs::read_to_string(&arguments.file).map_err(|error| Error::Usage(format!("{file}: {error}")))?;
    let receipt: Receipt = text.parse().with_context(|| file.to_string())?;
    let (header, head) = receipt.verify(&key).with_context(|| file.to_string())?;
    let record = &header.record;
    let time = Timestamp::from_microsecond(record.time_micros)?;
    if options.json {
        let outcome = json!({
            "log": key.origin(), "size": head.size, "root": hex::digits(&head.root),
            "position": record.position, "stream": record.stream, "types": record.types,
            "time": time.to_string(), "commitId": record.commit_id.to_string(),
            "commitment": hex::digits(&header.commitment),
        });
        return say(&outcome.to_string());
    }
    say(&format!(
        "record {} is in the log {} of {} records\n  stream      {}\n  events      {}\n  decided     {time}\n  \
         commit id   {}\n  commitment  {}",
        record.position,
        key.origin(),
        head.size,
        record.stream,
        record.types.join(", "),
        record.commit_id,
        hex::digits(&header.commitment),
    ))
}
