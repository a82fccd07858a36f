//! `huishang log check-receipt`: proves that a record is in the log, without the log.

use crate::client::Error;
use crate::client::options::Options;
use crate::client::text_file::without_bom;
use crate::language::say;
use crate::stdout::{print_line, print_text};
use anyhow::Context as _;
use event_log::hex;
use event_log::note::{HeadKey, Receipt};
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;

/// What is checked.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The receipt, as printed by 'huishang log receipt'
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The key of the ledger that issued it, as printed by 'huishang log signed-head'
    #[arg(long, value_name = "KEY")]
    pub key: String,
}

/// Checks the receipt, and prints which record it is for.
pub fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let key: HeadKey = arguments.key.parse().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    let text =
        std::fs::read_to_string(&arguments.file).map_err(|error| Error::Usage(format!("{file}: {error}")))?;
    let receipt: Receipt = without_bom(&text).parse().with_context(|| file.to_string())?;
    let (header, head) = receipt.verify(&key).with_context(|| file.to_string())?;
    let record = &header.record;
    let decided_at = Timestamp::from_microsecond(record.time_micros)?;
    if options.json {
        let outcome = json!({
            "log": key.origin(), "size": head.size, "root": hex::encode(&head.root),
            "position": record.position, "stream": record.stream, "types": record.types,
            "decidedAt": decided_at.to_string(), "commandId": record.command_id.to_string(),
            "commitment": hex::encode(&header.commitment),
        });
        return print_line(&outcome.to_string());
    }
    print_text(&say(
        "record {position} is in the log {log} of {records} records\n  \
         stream      {stream}\n  events      {events}\n  decided     {decided_at}\n  \
         command id  {command_id}\n  commitment  {commitment}",
        &[
            ("position", &record.position),
            ("log", &key.origin()),
            ("records", &head.size),
            ("stream", &record.stream),
            ("events", &record.types.join(", ")),
            ("decided_at", &decided_at),
            ("command_id", &record.command_id),
            ("commitment", &hex::encode(&header.commitment)),
        ],
    ))
}
