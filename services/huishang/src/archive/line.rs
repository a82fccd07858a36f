//! The format of an export: JSON Lines, each line a CloudEvent 1.0 in its JSON format.
//!
//! A record is one event. CloudEvents has attributes for most of its fields; extension attributes carry the rest,
//! so that the record's bytes, and with them its hash, can be reproduced:
//!
//! | attribute | content |
//! |---|---|
//! | `id` | `<command id>-<part>` |
//! | `source` | `/huishang/log/<log id>` |
//! | `type` | the full names of the event types in the record, separated by commas |
//! | `subject` | the stream |
//! | `time` | when it was decided, to the microsecond |
//! | `position` | the record's position, decimal |
//! | `commandid`, `part`, `parts` | the command's id, the record's number within its commit, and the number of records in it |
//! | `previous`, `hash` | hash of the record before, and of this one, in hexadecimal |
//! | `salt` | the salt of its payload, in hexadecimal |
//! | `payload` | the stored `huishang.log.v1.Payload`, in Base64; this is what is imported |
//! | `data` | the same as protobuf JSON, for people and other programs; not read by an import |
//!
//! If this version does not know a type in the payload, `data_base64` has the stored bytes, and there is neither
//! `payload` nor `data`.
//!
//! A line whose `data` says something else than its payload is not imported. The last line, and any at which an export was finished before it was continued, is an event of type
//! `huishang.log.Head`: `position`, `hash` and `root` of the log there, and the ledger's signed head as `data`.

use crate::client::text_file::without_bom;
use crate::language::{self, say};
use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use event_log::{Head, Record, hex};
use jiff::Timestamp;
use prost_reflect::DynamicMessage;
use proto::contract::descriptors;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

const HEAD: &str = "huishang.log.Head";
const PAYLOAD: &str = "huishang.log.v1.Payload";
const SOURCE: &str = "/huishang/log/";

/// A line of an export.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A record; its hash was compared with the line's.
    Record(Record),
    /// The log's head when an export was finished.
    Head(Head),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Event {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    datacontenttype: String,
    position: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    commandid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    previous: String,
    hash: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    root: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    salt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

/// The line of a record, without the line break.
pub fn record_line(log_id: Uuid, record: &Record) -> anyhow::Result<String> {
    let time = Timestamp::from_microsecond(record.time_micros);
    let stored = Some(BASE64.encode(&record.payload));
    let readable = readable(&record.payload);
    let (payload, data_base64) = if readable.is_some() { (stored, None) } else { (None, stored) };
    let content = if readable.is_some() { "application/json" } else { "application/protobuf" };
    let event = Event {
        id: format!("{}-{}", record.command_id, record.part),
        r#type: record.types.join(","),
        subject: record.stream.clone(),
        time: Some(
            time.with_context(|| say("the time of record {position}", &[("position", &record.position)]))?,
        ),
        datacontenttype: content.to_owned(),
        commandid: record.command_id.to_string(),
        part: Some(record.part),
        parts: Some(record.parts),
        previous: hex::encode(&record.previous),
        salt: hex::encode(&record.salt),
        payload,
        data: readable,
        data_base64,
        ..Event::at(log_id, record.position, &record.hash())
    };
    Ok(serde_json::to_string(&event)?)
}

/// The line of a head, without the line break.
pub fn head_line(log_id: Uuid, head: &Head, signed: Option<&str>) -> anyhow::Result<String> {
    let event = Event {
        id: format!("{log_id}-{}", head.position),
        r#type: HEAD.to_owned(),
        datacontenttype: if signed.is_some() { "application/json".to_owned() } else { String::new() },
        root: hex::encode(&head.root),
        data: signed.map(Value::from),
        ..Event::at(log_id, head.position, &head.hash)
    };
    Ok(serde_json::to_string(&event)?)
}

/// Reads a line: the id of its log, and its content. Fails if a record does not have the hash in its line.
pub fn read(text: &str) -> anyhow::Result<(Uuid, Line)> {
    // Files that were put together may have one before any line.
    let event: Event =
        serde_json::from_str(without_bom(text)).context(language::text("it is not a line of an export"))?;
    let log_id = event.source.strip_prefix(SOURCE).and_then(|id| Uuid::try_parse(id).ok());
    let log_id = log_id
        .with_context(|| say("its source is {source}, which is not a log", &[("source", &event.source)]))?;
    let line = if event.r#type == HEAD { Line::Head(event.head()?) } else { Line::Record(event.record()?) };
    Ok((log_id, line))
}

/// The ledger's signed head in the line of a head.
pub fn signed_head(text: &str) -> Option<String> {
    let event: Event = serde_json::from_str(without_bom(text)).ok()?;
    event.data.filter(|_| event.r#type == HEAD)?.as_str().map(str::to_owned)
}

impl Event {
    fn at(log_id: Uuid, position: u64, hash: &event_log::Hash) -> Event {
        Event {
            specversion: "1.0".to_owned(),
            source: format!("{SOURCE}{log_id}"),
            position: position.to_string(),
            hash: hex::encode(hash),
            ..Event::default()
        }
    }

    fn head(&self) -> anyhow::Result<Head> {
        Ok(Head {
            position: self.position.parse().context(language::text("its position"))?,
            hash: hex::decode(&self.hash).context(language::text("it has no hash"))?,
            root: hex::decode(&self.root).context(language::text("it has no root"))?,
        })
    }

    fn record(self) -> anyhow::Result<Record> {
        let position: u64 = self.position.parse().context(language::text("its position"))?;
        let payload = match (&self.payload, &self.data_base64) {
            (Some(stored), _) | (None, Some(stored)) => {
                BASE64.decode(stored).context(language::text("its payload"))?
            }
            (None, None) => bail!(say("record {position} has no payload", &[("position", &position)])),
        };
        let record = Record {
            position,
            stream: self.subject,
            types: self.r#type.split(',').map(str::to_owned).collect(),
            time_micros: self.time.context(language::text("it has no time"))?.as_microsecond(),
            command_id: Uuid::try_parse(&self.commandid).context(language::text("its command id"))?,
            part: self.part.context(language::text("it has no part"))?,
            parts: self.parts.context(language::text("it has no parts"))?,
            previous: hex::decode(&self.previous)
                .context(language::text("it has no hash of the record before"))?,
            salt: hex::decode(&self.salt).context(language::text("it has no salt"))?,
            payload: payload.into(),
        };
        let expected = hex::decode(&self.hash).context(language::text("it has no hash"))?;
        ensure!(
            record.hash() == expected,
            say("record {position} does not have the hash in its line", &[("position", &position)])
        );
        // What this version cannot read it cannot compare.
        if let (Some(shown), Some(stored)) = (&self.data, readable(&record.payload)) {
            ensure!(
                *shown == stored,
                say(
                    "the readable 'data' of record {position} is not what its payload says: it was altered, or \
                     written by another version; without 'data' the line is imported from its payload",
                    &[("position", &position)]
                )
            );
        }
        Ok(record)
    }
}

/// The payload as protobuf JSON; `None` if this version does not know something in it.
pub fn readable(payload: &[u8]) -> Option<Value> {
    let message = DynamicMessage::decode(descriptors().get_message_by_name(PAYLOAD)?, payload).ok()?;
    serde_json::to_value(&message).ok()
}
