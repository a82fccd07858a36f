//! Sealing and opening the personal values of an encoded payload.
//!
//! A sealed value takes the place of its field: it is a field of type bytes whose number is that of the value plus
//! [`SEALED_OFFSET`]. Whoever has no keys sees a message without its personal values, as protobuf passes over fields
//! that it does not know. Everything else keeps its bytes.

use super::key::{Key, ValueKey};
use domain::{ERASED_PREFIX, PROCESS_PREFIX, Uuid};
use proto::personal::{Content, Layout, Layouts, Owner};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is added to a field's number for its sealed form. No message of ours has fields so high.
const SEALED_OFFSET: u32 = 10_000;

const LENGTH_DELIMITED: u64 = 2;
/// The numbers of an `Any`'s fields.
const TYPE_URL: u32 = 1;
const VALUE: u32 = 2;

/// The bytes are no protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload is not a protobuf message")]
pub(super) struct Malformed;

/// A field of an encoded message.
struct Field<'a> {
    number: u32,
    /// All its bytes.
    whole: &'a [u8],
    /// What is in it, if its length precedes it.
    value: Option<&'a [u8]>,
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    prost::encoding::decode_varint(bytes).map_err(|_| Malformed)
}

fn skip<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], Malformed> {
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    let (skipped, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
    *bytes = rest;
    Ok(skipped)
}

/// Takes the first field from a message.
fn next_field<'a>(message: &mut &'a [u8]) -> Result<Option<Field<'a>>, Malformed> {
    let all = *message;
    if all.is_empty() {
        return Ok(None);
    }
    let key = varint(message)?;
    let value = match key & 7 {
        0 => varint(message).map(|_| None)?,
        1 => skip(message, 8).map(|_| None)?,
        LENGTH_DELIMITED => {
            let length = varint(message)?;
            Some(skip(message, length)?)
        }
        5 => skip(message, 4).map(|_| None)?,
        _ => return Err(Malformed),
    };
    let number = u32::try_from(key >> 3).map_err(|_| Malformed)?;
    Ok(Some(Field { number, whole: &all[..all.len() - message.len()], value }))
}

fn put(number: u32, value: &[u8], out: &mut Vec<u8>) {
    prost::encoding::encode_varint(u64::from(number) << 3 | LENGTH_DELIMITED, out);
    prost::encoding::encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// What is done with the fields of a message that matter.
trait Change {
    /// Writes a field of a message with this layout, if it is changed; returns whether it was.
    fn change(
        &mut self,
        layout: &Layout,
        message: &[u8],
        field: &Field<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Malformed>;
}

/// Writes a message with the changes made in it and in the messages within it.
fn rewrite(
    layout: &Layout,
    message: &[u8],
    change: &mut impl Change,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    if layout.is_empty() {
        out.extend_from_slice(message);
        return Ok(());
    }
    let mut rest = message;
    while let Some(field) = next_field(&mut rest)? {
        if change.change(layout, message, &field, out)? {
            continue;
        }
        let content = layout.iter().find(|(number, _)| *number == field.number).map(|(_, content)| content);
        let mut inner = Vec::new();
        match (content, field.value) {
            (Some(Content::Message(index)), Some(value)) => {
                rewrite(Layouts::get().at(*index), value, change, &mut inner)?;
                put(field.number, &inner, out);
            }
            (Some(Content::Event), Some(value)) => {
                rewrite_event(value, change, &mut inner)?;
                put(field.number, &inner, out);
            }
            _ => out.extend_from_slice(field.whole),
        }
    }
    Ok(())
}

/// Writes an event's `Any`; an event that this version does not know, or cannot read, stays as it is.
fn rewrite_event(event: &[u8], change: &mut impl Change, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let url = value_of(event, TYPE_URL)?.and_then(|url| str::from_utf8(url).ok()).unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or_default();
    let layout = Layouts::get().of_type(name).filter(|layout| !layout.is_empty());
    let Some(layout) = layout else {
        out.extend_from_slice(event);
        return Ok(());
    };
    let mut rest = event;
    while let Some(field) = next_field(&mut rest)? {
        match field.value.filter(|_| field.number == VALUE) {
            Some(value) => {
                let mut inner = Vec::with_capacity(value.len() + 64);
                match rewrite(layout, value, change, &mut inner) {
                    Ok(()) => put(VALUE, &inner, out),
                    Err(Malformed) => out.extend_from_slice(field.whole),
                }
            }
            None => out.extend_from_slice(field.whole),
        }
    }
    Ok(())
}

/// The value of the first field with this number.
fn value_of(mut message: &[u8], number: u32) -> Result<Option<&[u8]>, Malformed> {
    while let Some(field) = next_field(&mut message)? {
        if field.number == number {
            return Ok(field.value);
        }
    }
    Ok(None)
}

/// Whether a name is that of a process of ours, which is nobody.
pub(super) fn is_process(name: &str) -> bool {
    name.starts_with(PROCESS_PREFIX)
}

struct Sealing<'a, F> {
    author: Option<&'a str>,
    key_of: F,
    missing: BTreeSet<String>,
}

impl<'a, F: FnMut(&str) -> Option<Arc<Key>>> Change for Sealing<'a, F> {
    fn change(
        &mut self,
        layout: &Layout,
        message: &[u8],
        field: &Field<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Malformed> {
        let content = layout.iter().find(|(number, _)| *number == field.number).map(|(_, content)| content);
        let (Some(Content::Personal { owner, place, .. }), Some(value)) = (content, field.value) else {
            return Ok(false);
        };
        let name = match owner {
            Owner::Author => self.author,
            Owner::Named => str::from_utf8(value).ok(),
            Owner::NamedIn(number) => value_of(message, *number)?.and_then(|name| str::from_utf8(name).ok()),
        };
        let Some(name) = name.filter(|name| !is_process(name)) else { return Ok(false) };
        match (self.key_of)(name) {
            Some(key) => put(field.number + SEALED_OFFSET, &key.seal(place, value), out),
            None => drop(self.missing.insert(name.to_owned())),
        }
        Ok(true)
    }
}

/// Seals the personal values of a payload whose command was issued by `author`; by nobody, if a process issued it
/// on its own. Fails with the names of the persons for whom there is no key.
pub(super) fn seal(
    payload: &[u8],
    author: Option<&str>,
    key_of: impl FnMut(&str) -> Option<Arc<Key>>,
) -> Result<Vec<u8>, BTreeSet<String>> {
    let mut sealing = Sealing { author, key_of, missing: BTreeSet::new() };
    let mut sealed = Vec::with_capacity(payload.len() + 256);
    // What was encoded just now is a message.
    let rewritten = rewrite(Layouts::get().payload(), payload, &mut sealing, &mut sealed);
    debug_assert_eq!(rewritten, Ok(()));
    if sealing.missing.is_empty() { Ok(sealed) } else { Err(sealing.missing) }
}

/// A payload whose values were opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// The payload with its personal values, or with a pseudonym in the place of each that cannot be opened.
    pub payload: Vec<u8>,
    /// The keys of those.
    pub missing: BTreeSet<Uuid>,
}

struct Opening<F> {
    reader: Reader,
    /// The key of a sealed value with this key's id.
    key: F,
    missing: BTreeSet<Uuid>,
}

impl<F: FnMut(Uuid, &[u8]) -> Option<ValueKey>> Change for Opening<F> {
    fn change(
        &mut self,
        layout: &Layout,
        _message: &[u8],
        field: &Field<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Malformed> {
        let Some(number) = field.number.checked_sub(SEALED_OFFSET) else { return Ok(false) };
        let content = layout.iter().find(|(known, _)| *known == number).map(|(_, content)| content);
        let (Some(Content::Personal { place, is_text, is_entrusted, .. }), Some(sealed)) =
            (content, field.value)
        else {
            return Ok(false);
        };
        if *is_entrusted && self.reader == Reader::OfTheLog {
            return Ok(false);
        }
        let Some(id) = Key::id_in(sealed) else { return Ok(false) };
        match (self.key)(id, sealed).and_then(|key| key.open(place, sealed)) {
            Some(value) => put(number, &value, out),
            None => {
                self.missing.insert(id);
                if *is_text {
                    put(number, pseudonym(id).as_bytes(), out);
                }
            }
        }
        Ok(true)
    }
}

/// What stands in the place of a text that cannot be opened: the same for everything that was sealed with one key,
/// so that it still shows what one person did. It is valid wherever a text, a line or a code is.
pub fn pseudonym(key_id: Uuid) -> String {
    format!("{ERASED_PREFIX}{:.8}", key_id.simple().to_string())
}

/// For whom values are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// What makes use of them.
    Service,
    /// Somebody who reads the log: secrets that were entrusted to Huishang stay sealed.
    OfTheLog,
}

/// Opens the personal values of a payload, each with the key that is found for it.
pub(super) fn open(
    payload: &[u8],
    reader: Reader,
    key: impl FnMut(Uuid, &[u8]) -> Option<ValueKey>,
) -> Result<Opened, Malformed> {
    let mut opening = Opening { reader, key, missing: BTreeSet::new() };
    let mut opened = Vec::with_capacity(payload.len());
    rewrite(Layouts::get().payload(), payload, &mut opening, &mut opened)?;
    Ok(Opened { payload: opened, missing: opening.missing })
}

/// Collects the keys that sealed values name, and changes nothing.
struct Naming(BTreeSet<Uuid>);

impl Change for Naming {
    fn change(
        &mut self,
        layout: &Layout,
        _message: &[u8],
        field: &Field<'_>,
        _out: &mut Vec<u8>,
    ) -> Result<bool, Malformed> {
        let names_key = |(number, content): &(u32, Content)| match content {
            Content::Personal { .. } => field.number == number + SEALED_OFFSET,
            Content::Sealed => field.number == *number,
            Content::Message(_) | Content::Event => false,
        };
        if layout.iter().any(names_key) {
            self.0.extend(field.value.and_then(Key::id_in));
        }
        Ok(false)
    }
}

/// The ids of the keys with which a payload was sealed, and of those with which something in it was sealed before.
pub fn key_ids(payload: &[u8]) -> BTreeSet<Uuid> {
    let mut naming = Naming(BTreeSet::new());
    let read = rewrite(Layouts::get().payload(), payload, &mut naming, &mut Vec::new());
    read.map(|()| naming.0).unwrap_or_default()
}

#[cfg(test)]
mod tests;
