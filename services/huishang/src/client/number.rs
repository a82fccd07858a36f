//! Numbers in place of ids: people write `2027-0003/2`, services expect the UUID.

use super::commands::Noun;
use super::descriptors;
use super::flags::Flag;
use client::{Answer, Client};
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use tonic::{Code, Status};
use uuid::Uuid;

/// The field for a number, in requests that accept one.
const NUMBER: &str = "number";

/// What was given in place of an id, unless it is an id.
pub fn given(flags: &[Flag], request: &DynamicMessage) -> Option<String> {
    let flag = flags.iter().find(|flag| flag.positional)?;
    let value = request.get_field_by_name(&flag.wire_path())?;
    let text = value.as_str()?;
    (!text.is_empty() && Uuid::parse_str(text).is_err()).then(|| text.to_owned())
}

/// Replaces a number with the id, which the noun's service looks up; if the request has a field for the number, it is
/// moved there instead.
pub async fn resolve(
    noun: &Noun,
    flags: &[Flag],
    request: &mut DynamicMessage,
    client: &Client,
) -> Result<(), Status> {
    let Some(number) = given(flags, request) else { return Ok(()) };
    let Some(flag) = flags.iter().find(|flag| flag.positional) else { return Ok(()) };
    if request.descriptor().get_field_by_name(NUMBER).is_some() {
        request.clear_field_by_name(&flag.wire_path());
        request.set_field_by_name(NUMBER, Value::String(number));
        return Ok(());
    }
    let Some(method) = descriptors::method(noun.by_number) else { return Ok(()) };
    let mut query = DynamicMessage::new(method.input());
    query.set_field_by_name(NUMBER, Value::String(number.clone()));
    let answer = match client.call_reflective(&method, &query).await {
        Err(status) if status.code() == Code::NotFound => {
            return Err(Status::not_found(format!("there is nothing with the number or id {number:?}")));
        }
        answer => answer?,
    };
    let id = match answer {
        Answer::One(answer) => id_of(&answer, noun.id),
        Answer::Many(_) => None,
    };
    let id = id.ok_or_else(|| Status::internal("the answer has no id"))?;
    request.set_field_by_name(&flag.wire_path(), Value::String(id));
    Ok(())
}

/// The id of the resource in an answer.
fn id_of(answer: &DynamicMessage, id_field: &str) -> Option<String> {
    let id =
        |(_, value): (_, &Value)| Some(value.as_message()?.get_field_by_name(id_field)?.as_str()?.to_owned());
    answer.fields().find_map(id)
}
