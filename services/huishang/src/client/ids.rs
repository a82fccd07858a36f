//! What people write in place of an id: its beginning, or a number such as `FLOOD-2027-0003/2`.

use super::cell::printable;
use super::commands::{self, Entry};
use super::descriptors::{self, messages};
use super::error::Error;
use super::flags::Flag;
use super::identified::{Identified, WHOLE, of_field};
use crate::language::say;
use client::{Answer, Client};
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use proto::ledger::v1::GetHeadRequest;
use tonic::{Code, Status};
use uuid::Uuid;

/// The field for a number, in requests that accept one.
const NUMBER: &str = "number";
/// Characters of an id that have to be given at least.
const GIVEN_MIN: usize = 4;
/// Ids that are shown when one was meant and several begin like it.
const CANDIDATES_MAX: u32 = 10;

/// Whether a request has something in place of an id.
pub fn are_given_otherwise(flags: &[Flag], request: &DynamicMessage) -> bool {
    flags.iter().any(|flag| {
        let [field] = &flag.path[..] else { return false };
        !given(field.name(), &mut request.get_field(field).into_owned()).is_empty()
    })
}

/// What was given in place of ids, in a field or in the messages that it has.
fn given<'a>(field: &str, value: &'a mut Value) -> Vec<(&'static Identified, &'a mut String)> {
    match value {
        Value::String(text) => {
            let is_id = text.is_empty() || text == "-" || Uuid::parse_str(text).is_ok();
            of_field(field).filter(|_| !is_id).map(|identified| (identified, text)).into_iter().collect()
        }
        Value::List(values) => values.iter_mut().flat_map(|value| given(field, value)).collect(),
        Value::Message(message) => {
            message.fields_mut().flat_map(|(field, value)| given(field.name(), value)).collect()
        }
        _ => vec![],
    }
}

/// Replaces what was given in place of ids with the ids. A number is moved to the request's own field for it, if there
/// is one.
pub async fn resolve(flags: &[Flag], request: &mut DynamicMessage, client: &Client) -> Result<(), Error> {
    let mut at_least = None;
    for flag in flags {
        let [field] = &flag.path[..] else { continue };
        let mut value = request.get_field(field).into_owned();
        let mut number = None;
        for (identified, text) in given(field.name(), &mut value) {
            let at_least = match at_least {
                Some(position) => position,
                None => *at_least.insert(newest(client).await),
            };
            let lookup = Lookup { identified, text, at_least, client };
            let mut found = None;
            if is_beginning(text) {
                found = lookup.by_beginning(&flag.display_name()).await?;
            }
            if found.is_none() && flag.positional && request.descriptor().get_field_by_name(NUMBER).is_some()
            {
                number = Some(std::mem::take(text));
                continue;
            }
            if found.is_none() {
                found = lookup.by_number().await?;
            }
            *text = found.ok_or_else(|| lookup.nothing(&flag.display_name()))?;
        }
        if let Some(number) = number {
            request.clear_field(field);
            request.set_field_by_name(NUMBER, Value::String(number));
        } else if request.has_field(field) {
            request.set_field(field, value);
        }
    }
    Ok(())
}

/// The position of the log's head, so that what was written before is found; 0 if it cannot be learned.
async fn newest(client: &Client) -> u64 {
    client.call(GetHeadRequest {}).await.map_or(0, |head| head.position)
}

/// Whether a text can be the beginning of an id.
fn is_beginning(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    (GIVEN_MIN..WHOLE).contains(&text.len()) && text.bytes().enumerate().all(fits)
}

/// The search for an id.
struct Lookup<'a> {
    identified: &'static Identified,
    text: &'a str,
    at_least: u64,
    client: &'a Client,
}

impl Lookup<'_> {
    async fn by_beginning(&self, flag: &str) -> Result<Option<String>, Error> {
        let answer = self.ask(self.identified.list, |query| {
            query.set_field_by_name("id_prefix", Value::String(self.text.to_owned()));
            query.set_field_by_name("page_size", Value::U32(CANDIDATES_MAX));
        });
        let Some(answer) = answer.await.map_err(Error::from_status)? else { return Ok(None) };
        let rows: Vec<DynamicMessage> = answer.fields().flat_map(|(_, value)| messages(value)).collect();
        match &rows[..] {
            [] => Ok(None),
            [row] => Ok(string(row, self.identified.field)),
            several => Err(self.ambiguous(flag, several)),
        }
    }

    async fn by_number(&self) -> Result<Option<String>, Error> {
        if self.identified.by_number.is_empty() {
            return Ok(None);
        }
        let answer = self.ask(self.identified.by_number, |query| {
            query.set_field_by_name(NUMBER, Value::String(self.text.to_owned()));
        });
        match answer.await {
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(Error::from_status(status)),
            Ok(None) => Ok(None),
            Ok(Some(answer)) => {
                let id = |(_, value): (_, &Value)| string(value.as_message()?, self.identified.field);
                Ok(answer.fields().find_map(id))
            }
        }
    }

    async fn ask(
        &self,
        rpc: &str,
        fill: impl FnOnce(&mut DynamicMessage),
    ) -> Result<Option<DynamicMessage>, Status> {
        let Some(method) = descriptors::method(rpc) else { return Ok(None) };
        let mut query = DynamicMessage::new(method.input());
        query.set_field_by_name("at_least_position", Value::U64(self.at_least));
        fill(&mut query);
        match self.client.call_reflective(&method, &query).await? {
            Answer::One(answer) => Ok(Some(answer)),
            Answer::Many(_) => Ok(None),
        }
    }

    fn ambiguous(&self, flag: &str, rows: &[DynamicMessage]) -> Error {
        let mut fault = say(
            "{flag} {text}: several ids begin like this; give more of one:",
            &[("flag", &flag), ("text", &self.text)],
        );
        for row in rows {
            let words =
                [self.identified.field, NUMBER, "title"].into_iter().filter_map(|name| string(row, name));
            fault.push_str(&format!("\n  {}", printable(&words.collect::<Vec<_>>().join("  "))));
        }
        Error::Usage(fault)
    }

    /// There is nothing with this id or number.
    fn nothing(&self, flag: &str) -> Error {
        let has_number = !self.identified.by_number.is_empty();
        if !has_number && !is_beginning(self.text) {
            return Error::Usage(say(
                "{flag} \"{text}\" is no id: a UUID, or its first {min} or more characters",
                &[("flag", &flag), ("text", &printable(self.text)), ("min", &GIVEN_MIN)],
            ));
        }
        let text = printable(self.text);
        let list = commands::table().iter().find(|entry| entry.rpc == self.identified.list);
        let list = list.map(Entry::words).unwrap_or_default();
        let fault = match has_number {
            true => say(
                "there is nothing with the number or id \"{text}\"; '{list}' shows what there is",
                &[("text", &text), ("list", &list)],
            ),
            false => say(
                "there is nothing with the id that begins with \"{text}\"; '{list}' shows what there is",
                &[("text", &text), ("list", &list)],
            ),
        };
        Error::from_status(Status::not_found(fault))
    }
}

fn string(message: &DynamicMessage, field: &str) -> Option<String> {
    Some(message.get_field_by_name(field)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::identified::IDENTIFIED;
    use super::*;

    #[test]
    fn what_commands_accept_in_place_of_an_id_can_be_looked_up() {
        for Identified { field, list, by_number } in IDENTIFIED {
            let list = descriptors::method(list).expect("an rpc").input();
            assert!(list.get_field_by_name("id_prefix").is_some(), "{field}");
            let by_number = descriptors::method(by_number).map(|rpc| rpc.input());
            assert!(by_number.is_none_or(|query| query.get_field_by_name(NUMBER).is_some()), "{field}");
        }
        assert_eq!(of_field("into_session_id").map(|found| found.field), Some("session_id"));
        assert_eq!(of_field("carried_over_item_ids").map(|found| found.field), Some("item_id"));
        assert!(of_field("command_id").is_none() && of_field("xsession_id").is_none());
    }

    #[test]
    fn a_beginning_is_told_from_a_number() {
        for beginning in ["0190", "0190a3f2", "0190a3f2-", "0190A3F2-0000-7000-8000-00000000000"] {
            assert!(is_beginning(beginning), "{beginning}");
        }
        for other in ["019", "2027-0003", "FACE-2027-0001", "0190a3f2-0000-7000-8000-000000000001", "0190/1"]
        {
            assert!(!is_beginning(other), "{other}");
        }
    }
}
