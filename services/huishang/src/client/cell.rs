//! A protobuf value as a short text for people.

use super::descriptors::{
    case_word, is_any, is_choice, is_optional, is_timestamp, is_well_known, packed, unpack, value_word,
};
use crate::language::{current, text};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, SerializeOptions, Value};
use serde::Serialize as _;

/// A field of a message; empty if it is not set.
pub fn field(message: &DynamicMessage, field: &FieldDescriptor, zone: &TimeZone) -> String {
    if (is_optional(field) || field.kind().as_message().is_some()) && !message.has_field(field) {
        return String::new();
    }
    current().said(field, value(&field.kind(), &message.get_field(field), zone))
}

/// A value, in the form that flags accept, where there is one.
pub fn value(kind: &Kind, value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Bool(true) => text("yes").into(),
        Value::Bool(false) => text("no").into(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) => decimal(f64::from(*number)),
        Value::F64(number) => decimal(*number),
        Value::String(string) => printable(string),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::EnumNumber(0) => String::new(),
        Value::EnumNumber(number) => match kind.as_enum().and_then(|choice| choice.get_value(*number)) {
            Some(value) => value_word(&value),
            None => number.to_string(),
        },
        Value::Message(message) => self::message(message, zone),
        Value::List(values) => {
            let cells: Vec<String> = values.iter().map(|value| self::value(kind, value, zone)).collect();
            cells.join(", ")
        }
        Value::Map(map) => {
            let mut cells: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    let kind = kind.as_message().map(|entry| entry.map_entry_value_field().kind());
                    let cell = kind.map(|kind| self::value(&kind, value, zone)).unwrap_or_default();
                    format!("{}={cell}", key_text(key))
                })
                .collect();
            cells.sort();
            cells.join(", ")
        }
    }
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
        MapKey::String(key) => key.clone(),
    }
}

fn message(message: &DynamicMessage, zone: &TimeZone) -> String {
    let descriptor = message.descriptor();
    if is_timestamp(&descriptor) {
        return moment(message, zone).unwrap_or_default();
    }
    if is_well_known(&descriptor) {
        return json(message);
    }
    if is_choice(&descriptor) {
        let Some((case, value)) = message.fields().next() else { return String::new() };
        let rest = self::value(&case.kind(), value, zone);
        let case = case_word(&case);
        return if rest.is_empty() { case } else { format!("{case}:{rest}") };
    }
    let cells = descriptor.fields().map(|field| self::field(message, &field, zone));
    cells.collect::<Vec<_>>().join(":").trim_end_matches(':').to_owned()
}

/// A moment in the local time zone, with its offset, so that a flag accepts it as it is.
fn moment(message: &DynamicMessage, zone: &TimeZone) -> Option<String> {
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    let moment = Timestamp::new(seconds, nanos).ok()?.to_zoned_datetime(zone.clone());
    let form = if moment.second() == 0 { "%Y-%m-%d %H:%M%:z" } else { "%Y-%m-%d %H:%M:%S%:z" };
    Some(moment.strftime(form).to_string())
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
