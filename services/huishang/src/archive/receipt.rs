//! `huishang log check-receipt`: proves that a record is in the log, without the log.

use super::line::readable;
use super::{verify, witness};
use crate::client::Error;
use crate::client::options::Options;
use crate::client::printable;
use crate::client::text_file::without_bom;
use crate::language::{self, say};
use crate::stdout::{print_line, print_text};
use anyhow::{Context as _, ensure};
use event_log::hex;
use event_log::note::{HeadKey, Receipt};
use event_log::record::Header;
use jiff::Timestamp;
use journal::personal::{ValueKey, ValueKeys, open_disclosed};
use prost_reflect::DynamicMessage;
use proto::contract::descriptors;
use proto::ledger::v1 as pb;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The message in which a record is disclosed.
const DISCLOSED: &str = "huishang.ledger.v1.DiscloseRecordResponse";

/// What is checked.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The receipt, as printed by 'huishang log receipt'
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The key of the ledger that issued it, as printed by 'huishang log signed-head'
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// Also requires that the head in it is signed by this SM2 key, as printed by 'huishang log signed-head'
    #[arg(long, value_name = "KEY")]
    pub sm2_key: Option<String>,
    /// Also requires that this witness has cosigned the head in it: the key of the witness, of cosignature/v1; may be
    /// repeated
    #[arg(long, value_name = "KEY")]
    pub witness: Vec<String>,
    /// Also compares with it what the record says, as printed by 'huishang log disclose POSITION --json', and prints
    /// that
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// What a record says, after it was compared with the receipt.
struct Said {
    content: Value,
    /// Whether values in it could not be read.
    is_incomplete: bool,
    erased_by: Vec<u64>,
}

/// Checks the receipt, and prints which record it is for.
pub fn run(arguments: &Arguments, options: &Options) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let key: HeadKey = arguments.key.parse().map_err(|error| Error::Usage(format!("--key: {error}")))?;
    let text =
        std::fs::read_to_string(&arguments.file).map_err(|error| Error::Usage(format!("{file}: {error}")))?;
    let receipt: Receipt = without_bom(&text).parse().with_context(|| file.to_string())?;
    let (header, head) = receipt.verify(&key).with_context(|| file.to_string())?;
    if let Some(sm2) = verify::sm2_key(arguments.sm2_key.as_ref())? {
        sm2.verify(&receipt.head).with_context(|| file.to_string())?;
    }
    let witnesses = witness::keys(&arguments.witness)?;
    let cosigned = witness::newest(&witnesses, &key, std::slice::from_ref(&receipt.head))?;
    let record = &header.record;
    let decided_at = Timestamp::from_microsecond(record.time_micros)?;
    let said = arguments.record.as_ref().map(|file| said(file, &header)).transpose()?;
    if options.json {
        let mut outcome = json!({
            "log": key.origin(), "size": head.size, "root": hex::encode(&head.root),
            "position": record.position, "stream": record.stream, "types": record.types,
            "decidedAt": decided_at.to_string(), "commandId": record.command_id.to_string(),
            "commitment": hex::encode(&header.commitment),
            "cosigned": cosigned.iter().map(witness::json).collect::<Vec<_>>(),
        });
        if let Some(Said { content, erased_by, .. }) = said {
            outcome["record"] = content;
            outcome["erasedByPositions"] = erased_by.into();
        }
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
    ))?;
    cosigned.iter().try_for_each(|cosigned| print_text(&witness::sentence(cosigned)))?;
    said.map_or(Ok(()), |said| print_said(&said))
}

/// Reads what was disclosed of a record, and compares it with the header that the receipt proves.
fn said(file: &Path, header: &Header) -> anyhow::Result<Said> {
    let (position, shown) = (header.record.position, file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Error::Usage(format!("{shown}: {error}")))?;
    let message = descriptors().get_message_by_name(DISCLOSED).context(DISCLOSED)?;
    let mut reader = serde_json::Deserializer::from_str(without_bom(&text));
    let disclosed = DynamicMessage::deserialize(message, &mut reader).with_context(|| shown.to_string())?;
    let disclosed: pb::DiscloseRecordResponse = disclosed.transcode_to()?;
    let is_theirs =
        disclosed.salt.as_slice().try_into().is_ok_and(|salt| header.commits_to(salt, &disclosed.payload));
    ensure!(
        is_theirs,
        say(
            "{file} is not what record {position} says: it does not have the hash that the receipt proves",
            &[("file", &shown), ("position", &position)],
        )
    );
    let keys = disclosed.value_keys.iter();
    let keys: ValueKeys = keys
        .filter_map(|pb::ValueKey { salt, key }| {
            Some((salt.as_slice().try_into().ok()?, ValueKey(key.as_slice().try_into().ok()?)))
        })
        .collect();
    let opened = open_disclosed(&disclosed.payload, &keys);
    let content = readable(&opened.payload).context(language::text(
        "this version of Huishang does not know everything in the record; check it with a later one",
    ))?;
    let is_incomplete = !opened.missing.is_empty();
    Ok(Said { content, is_incomplete, erased_by: disclosed.erased_by_positions })
}

fn print_said(said: &Said) -> anyhow::Result<()> {
    let content = printable(&format!("{:#}", said.content));
    print_text(&format!("{}:\n{content}", language::text("and it says")))?;
    let positions: Vec<String> = said.erased_by.iter().map(u64::to_string).collect();
    match (said.is_incomplete, positions.is_empty()) {
        (false, _) => Ok(()),
        (true, true) => print_text(language::text("what is shown as erased-… was not disclosed")),
        (true, false) => print_text(&say(
            "what is shown as erased-… was erased by record {positions}, whose receipt proves it",
            &[("positions", &positions.join(", "))],
        )),
    }
}
