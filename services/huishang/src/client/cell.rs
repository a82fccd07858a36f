//! A protobuf value as a short text for people.

use super::descriptors::{
    case_word, is_any, is_choice, is_optional, is_timestamp, is_well_known, label, packed, unpack, value_word,
};
use super::{identified, moment};
use crate::language::{current, say, text};
use client::language::fill;
use client::with_moments;
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, SerializeOptions, Value};
use serde::Serialize as _;
use std::collections::BTreeMap;

/// Characters up to which the values of a message are joined without spaces.
const JOINED_CHARS_MAX: usize = 40;

/// How values are shown.
#[derive(Debug, Clone)]
pub struct Style {
    /// The time zone of moments.
    pub zone: TimeZone,
    /// Whether moments are shown with their offset.
    pub offsets: bool,
    /// Characters that are shown of an id.
    pub id_chars: usize,
}

/// A field of a message; empty if it is not set.
pub fn field(message: &DynamicMessage, field: &FieldDescriptor, style: &Style) -> String {
    if (is_optional(field) || field.kind().as_message().is_some()) && !message.has_field(field) {
        return String::new();
    }
    let id_chars = if identified::is_id(field) { style.id_chars } else { identified::WHOLE };
    let value = value(&field.kind(), &message.get_field(field), &Style { id_chars, ..style.clone() });
    if let Some(refusal) = refusal(message, field, style) {
        return refusal;
    }
    current().said(field, value)
}

/// The message of a refusal that an answer carries beside its reason and details, in the reader's language and zone.
fn refusal(message: &DynamicMessage, field: &FieldDescriptor, style: &Style) -> Option<String> {
    if field.name() != "message" {
        return None;
    }
    let told = |name: &str| Some(message.get_field_by_name(name)?.as_str()?.to_owned());
    let (reason, in_english) = (told("reason")?, told("message")?);
    let details = message.get_field_by_name("details")?.as_list()?.to_vec();
    let text =
        |detail: &DynamicMessage, name: &str| Some(detail.get_field_by_name(name)?.as_str()?.to_owned());
    let pair = |detail: &Value| {
        let detail = detail.as_message()?;
        Some((text(detail, "key")?, text(detail, "value")?))
    };
    let details: Vec<(String, String)> = details.iter().filter_map(pair).collect();
    let details: BTreeMap<&str, &str> =
        details.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let sentence = current().reason(message.descriptor().package_name(), &reason, &details);
    let shown = |moment| moment::shown(moment, &style.zone, style.offsets);
    let sentence = with_moments(sentence.unwrap_or(in_english), details.into_values(), shown);
    Some(printable(&sentence))
}

/// A value, in the form that flags accept, where there is one.
fn value(kind: &Kind, value: &Value, style: &Style) -> String {
    match value {
        Value::Bool(true) => text("yes").into(),
        Value::Bool(false) => text("no").into(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) => decimal(f64::from(*number)),
        Value::F64(number) => decimal(*number),
        Value::String(string) if string.len() == identified::WHOLE && string.is_ascii() => {
            printable(&string[..style.id_chars])
        }
        Value::String(string) => printable(string),
        Value::Bytes(bytes) => event_log::hex::encode(bytes),
        Value::EnumNumber(0) => String::new(),
        Value::EnumNumber(number) => match kind.as_enum().and_then(|choice| choice.get_value(*number)) {
            Some(value) => value_word(&value),
            None => number.to_string(),
        },
        Value::Message(message) => self::message(message, style),
        Value::List(values) => list(values.iter().map(|value| self::value(kind, value, style)).collect()),
        Value::Map(map) => {
            let mut cells: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    let kind = kind.as_message().map(|entry| entry.map_entry_value_field().kind());
                    let cell = kind.map(|kind| self::value(&kind, value, style)).unwrap_or_default();
                    format!("{}={cell}", key_text(key))
                })
                .collect();
            cells.sort();
            cells.join(", ")
        }
    }
}

/// Words side by side; texts each on a line with its number.
fn list(cells: Vec<String>) -> String {
    if cells.iter().all(|cell| !cell.contains('\n') && cell.chars().count() <= JOINED_CHARS_MAX) {
        return cells.join(", ");
    }
    if let [cell] = &cells[..] {
        return cell.clone();
    }
    (1..).zip(cells).map(|(number, cell)| format!("{number}. {cell}")).collect::<Vec<_>>().join("\n")
}

/// A text with everything escaped that would steer the terminal or turn the reading direction: it may come from
/// anybody who ever wrote to the log.
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

/// A number with at most two decimal places.
fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn key_text(key: &prost_reflect::MapKey) -> String {
    use prost_reflect::MapKey;
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => printable(key),
    }
}

fn message(message: &DynamicMessage, style: &Style) -> String {
    let descriptor = message.descriptor();
    if is_timestamp(&descriptor) {
        return moment::text(message, &style.zone, style.offsets).unwrap_or_default();
    }
    if is_well_known(&descriptor) {
        return json(message);
    }
    if is_choice(&descriptor) {
        let Some((case, value)) = message.fields().next() else { return String::new() };
        let word = case_word(&case);
        if word.contains("{value}") {
            return fill(&word, |_| Some(self::value(&case.kind(), value, style)));
        }
        let rest = match value.as_message().filter(|inner| !is_timestamp(&inner.descriptor())) {
            Some(inner) => named(inner, style),
            None => format!(":{}", self::value(&case.kind(), value, style)),
        };
        return word + &rest;
    }
    let cells: Vec<String> = descriptor.fields().map(|field| self::field(message, &field, style)).collect();
    let joined = cells.join(":").trim_end_matches(':').to_owned();
    if joined.chars().count() <= JOINED_CHARS_MAX { joined } else { cells.join(" ").trim_end().to_owned() }
}

/// The values of a choice's case with their names.
fn named(message: &DynamicMessage, style: &Style) -> String {
    let fields = message.descriptor().fields().collect::<Vec<_>>();
    let shown = fields.iter().map(|field| (label(field), self::field(message, field, style)));
    let shown: Vec<String> = shown
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| format!("{label} {value}"))
        .collect();
    if shown.is_empty() { String::new() } else { say(" ({values})", &[("values", &shown.join(text(", ")))]) }
}

/// A message in protobuf JSON on one line, including empty fields.
pub fn json(message: &DynamicMessage) -> String {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::new(&mut bytes);
    let options = SerializeOptions::new().skip_default_fields(false);
    match message.serialize_with_options(&mut writer, &options) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => json_in_part(message).to_string(),
    }
}

/// A message that contains one of a type that this program does not know: that one is shown as bytes, everything
/// else as usual.
fn json_in_part(message: &DynamicMessage) -> serde_json::Value {
    if is_any(&message.descriptor()) && unpack(message).is_none() {
        let (url, bytes) = packed(message);
        return serde_json::json!({ "@type": url, "value": bytes });
    }
    let whole = |message: &DynamicMessage| match message.serialize(serde_json::value::Serializer) {
        Ok(value) => value,
        Err(_) => json_in_part(message),
    };
    let mut object = serde_json::Map::new();
    for field in message.descriptor().fields().filter(|field| message.has_field(field)) {
        let value = match &*message.get_field(&field) {
            Value::Message(inner) => whole(inner),
            Value::List(items) if items.iter().all(|item| item.as_message().is_some()) => {
                items.iter().filter_map(Value::as_message).map(&whole).collect()
            }
            _ => {
                let mut alone = DynamicMessage::new(message.descriptor());
                alone.set_field(&field, message.get_field(&field).into_owned());
                // A value without a JSON form, such as a moment out of range, is left empty.
                let alone = alone.serialize(serde_json::value::Serializer).unwrap_or_default();
                alone[field.json_name()].clone()
            }
        };
        object.insert(field.json_name().to_owned(), value);
    }
    object.into()
}
