//! Reading a protobuf value from an argument.

use super::descriptors::{
    choices, field_comment, is_choice, is_timestamp, is_well_known, is_word_for, kebab, short_name,
};
use super::moment;
use crate::language::say;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use std::io::Read as _;

/// Bytes of a file that a flag names, at most: more than any request may have.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Reads one value of this kind; the error is a sentence.
pub fn read(kind: &Kind, text: &str) -> Result<Value, String> {
    fn number<T: std::str::FromStr>(text: &str) -> Result<T, String>
    where
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|_| say("\"{text}\" is not a valid number", &[("text", &text)]))
    }
    /// A number that cannot be negative.
    fn count<T: std::str::FromStr>(text: &str) -> Result<T, String>
    where
        T::Err: std::fmt::Display,
    {
        match text.parse::<i128>() {
            Ok(negative) if negative < 0 => {
                Err(say("{number} is negative; a number from 0 on is needed", &[("number", &text)]))
            }
            _ => number(text),
        }
    }
    match kind {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _ => Err(say("\"{text}\" is neither true nor false", &[("text", &text)])),
        },
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(text).map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(text).map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => count(text).map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => count(text).map(Value::U64),
        Kind::Float => number(text).map(Value::F32),
        Kind::Double => number(text).map(Value::F64),
        Kind::Bytes => bytes(text).map(|bytes| Value::Bytes(bytes.into())),
        Kind::Enum(choice) => {
            let known = choices(choice);
            let value = known.iter().find(|value| is_word_for(value, text));
            let words = || known.iter().map(short_name).collect::<Vec<_>>().join(", ");
            value.map(|value| Value::EnumNumber(value.number())).ok_or_else(|| none_of(text, &words()))
        }
        Kind::Message(message) => self::message(message, text).map(Value::Message),
    }
}

/// Bytes: hexadecimal digits, or those of a file with `@` in front of its name.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let Some(file) = text.strip_prefix('@') else { return hexadecimal(text) };
    let unreadable =
        |why: &dyn std::fmt::Display| say("{file} cannot be read: {why}", &[("file", &file), ("why", why)]);
    let opened = std::fs::File::open(file).map_err(|why| unreadable(&why))?;
    let mut bytes = Vec::new();
    // What is no file of a disk has no size that is known before.
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|why| unreadable(&why))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(say("{file} has more than {max} bytes", &[("file", &file), ("max", &FILE_BYTES_MAX)]));
    }
    Ok(bytes)
}

fn none_of(text: &str, words: &str) -> String {
    say("\"{text}\" is not one of {values}", &[("text", &text), ("values", &words)])
}

/// Reads a message: a moment, a choice `case:value`, pairs `key=value,key=value`, the values in order
/// `value:value`, or protobuf JSON.
fn message(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    if is_timestamp(message) {
        return moment::read(message, text);
    }
    if text.trim_start().starts_with('{') || is_well_known(message) {
        return json(message, text);
    }
    if is_choice(message) {
        return case(message, text);
    }
    if text.is_empty() && message.fields().len() == 0 {
        return Ok(DynamicMessage::new(message.clone()));
    }
    if text.contains('=') { pairs(message, text) } else { in_order(message, text) }
}

/// Reads a message in protobuf JSON.
pub fn json(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read =
        DynamicMessage::deserialize(message.clone(), &mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(read)
}

fn case(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let end = text.find([':', '=']).unwrap_or(text.len());
    let (name, rest) = (&text[..end], text.get(end + 1..).unwrap_or_default());
    let field = find(message, name).ok_or_else(|| {
        let cases: Vec<String> = message.fields().map(|field| kebab(field.name())).collect();
        none_of(name, &cases.join(", "))
    })?;
    let value = read(&field.kind(), rest).map_err(|why| format!("{}: {why}", kebab(field.name())))?;
    let mut read = DynamicMessage::new(message.clone());
    read.set_field(&field, value);
    Ok(read)
}

/// The values in the order of the fields; optional ones and lists at the end may be left out. A list of messages has the rest:
/// what comes after it is given by its key.
fn in_order(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    let has_the_rest = |field: &FieldDescriptor| field.is_list() && matches!(field.kind(), Kind::Message(_));
    if let Some(last) = fields.iter().position(has_the_rest) {
        fields.truncate(last + 1);
    }
    let optional = |field: &&FieldDescriptor| {
        field.is_list() || field.containing_oneof().is_some_and(|one| one.is_synthetic())
    };
    let needed = fields.len() - fields.iter().rev().take_while(optional).count();
    let parts = parts(&fields, text);
    if parts.len() < needed {
        let keys: Vec<String> = message.fields().map(|field| format!("{}=…", kebab(field.name()))).collect();
        return Err(say(
            "\"{text}\" is not of the form {form}",
            &[("text", &text), ("form", &keys.join(","))],
        ));
    }
    let mut read = DynamicMessage::new(message.clone());
    for (field, part) in message.fields().zip(parts) {
        set(&mut read, &field, part)?;
    }
    Ok(read)
}

/// Splits at colons: a part for each field, in which a message in order has as many as it has values. The last has the rest.
fn parts<'a>(fields: &[FieldDescriptor], text: &'a str) -> Vec<&'a str> {
    let (mut parts, mut rest) = (Vec::new(), Some(text));
    for (nth, field) in fields.iter().enumerate() {
        let Some(left) = rest else { break };
        let is_in_order = !left.split(':').next().unwrap_or_default().contains(['=', '{']);
        let values = if is_in_order { values(field) } else { 1 };
        let end = left.match_indices(':').nth(values - 1).filter(|_| nth + 1 < fields.len());
        parts.push(end.map_or(left, |(end, _)| &left[..end]));
        rest = end.map(|(end, _)| &left[end + 1..]);
    }
    parts
}

/// How many values a field has when they are given in order.
fn values(field: &FieldDescriptor) -> usize {
    match field.kind() {
        Kind::Message(inner)
            if !field.is_list() && !is_timestamp(&inner) && !is_choice(&inner) && !is_well_known(&inner) =>
        {
            inner.fields().map(|field| values(&field)).sum::<usize>().max(1)
        }
        _ => 1,
    }
}

fn pairs(message: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let mut read = DynamicMessage::new(message.clone());
    for piece in pieces(message, text) {
        let (key, value) = match piece.split_once('=') {
            Some((key, value)) => (key.trim(), value),
            None => (piece.trim(), "true"),
        };
        let field = find(message, key).ok_or_else(|| {
            let keys: Vec<String> = message.fields().map(|field| kebab(field.name())).collect();
            say(
                "there is no key \"{key}\"; the keys are {keys}",
                &[("key", &key), ("keys", &keys.join(", "))],
            )
        })?;
        set(&mut read, &field, value)?;
    }
    Ok(read)
}

/// Splits at commas that are followed by another key, so that a text may contain commas.
fn pieces<'a>(message: &MessageDescriptor, text: &'a str) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (comma, _) in text.match_indices(',') {
        let rest = &text[comma + 1..];
        let word = rest.split([',', '=']).next().unwrap_or_default();
        let pair = rest[word.len()..].starts_with('=');
        let is_like_key = !word.trim().is_empty()
            && word.trim().bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            });
        let flag = || find(message, word.trim()).is_some_and(|field| field.kind() == Kind::Bool);
        if is_like_key && (pair || flag()) {
            pieces.push(&text[start..comma]);
            start = comma + 1;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn set(message: &mut DynamicMessage, field: &FieldDescriptor, text: &str) -> Result<(), String> {
    let within = |why: String| format!("{}: {why}", kebab(field.name()));
    if !field.is_list() {
        message.set_field(field, read(&field.kind(), text).map_err(within)?);
        return Ok(());
    }
    let values = text
        .split('+')
        .filter(|part| !part.is_empty())
        .map(|part| read(&field.kind(), part))
        .collect::<Result<Vec<Value>, String>>()
        .map_err(within)?;
    if let Value::List(list) = message.get_field_mut(field) {
        list.extend(values);
    }
    Ok(())
}

fn find(message: &MessageDescriptor, key: &str) -> Option<FieldDescriptor> {
    message.fields().find(|field| field.name() == key || kebab(field.name()) == key)
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, String> {
    let bad = || say("\"{text}\" is not an even number of hexadecimal digits", &[("text", &text)]);
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return Err(bad());
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| bad()))
        .collect()
}

/// An example of a message, in the form that [`read`] accepts.
pub fn example(message: &MessageDescriptor) -> String {
    let samples: Vec<String> =
        message.fields().map(|field| format!("{}={}", kebab(field.name()), sample(&field))).collect();
    samples.join(",")
}

/// An example of a field's value.
pub fn sample(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::String => commented_example(field).unwrap_or_else(|| field.name().to_uppercase()),
        Kind::Bool => "true".into(),
        Kind::Bytes => "9f86".into(),
        Kind::Enum(choice) => choices(&choice).first().map(short_name).unwrap_or_default(),
        Kind::Message(message) if is_timestamp(&message) => "2027-03-01T09:00:00+08:00".into(),
        Kind::Message(message) if is_choice(&message) => {
            cases(&message).into_iter().next().unwrap_or_default()
        }
        Kind::Message(message) if !is_well_known(&message) => {
            message.fields().map(|field| sample(&field)).collect::<Vec<_>>().join(":")
        }
        Kind::Message(_) => "{}".into(),
        _ => "1".into(),
    }
}

/// The example in a field's comment, after "such as", if it begins with a digit.
fn commented_example(field: &FieldDescriptor) -> Option<String> {
    let comment = field_comment(field);
    let word = comment.split_once("such as ")?.1.split_whitespace().next()?;
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    word.starts_with(|first: char| first.is_ascii_digit()).then(|| word.to_owned())
}

/// Every case of a choice, each with an example of its value.
pub fn cases(message: &MessageDescriptor) -> Vec<String> {
    let case = |field: FieldDescriptor| {
        let value = sample(&field);
        if value.is_empty() { kebab(field.name()) } else { format!("{}:{value}", kebab(field.name())) }
    };
    message.fields().map(case).collect()
}
