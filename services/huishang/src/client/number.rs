//! A thing's number in place of its id: people say `2027-0003/2`, services want the UUID.

use super::call::{Answer, Call};
use super::descriptors;
use super::flags::Flag;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

/// The field for a number in the requests that take one.
const NUMBER: &str = "number";

/// What somebody gave in the place of an id, when it is none.
pub fn given(flags: &[Flag], request: &DynamicMessage) -> Option<String> {
    let flag = flags.iter().find(|flag| flag.positional)?;
    let value = request.get_field_by_name(&flag.wire_path())?;
    let text = value.as_str()?;
    (!text.is_empty() && Uuid::parse_str(text).is_err()).then(|| text.to_owned())
}

/// Puts the id in the place of the number, asking the service for it; `by_number` is the rpc to ask.
/// A request that takes numbers by itself gets the number where it wants it.
pub async fn resolve(
    by_number: &str,
    flags: &[Flag],
    request: &mut DynamicMessage,
    channel: &Channel,
    token: &MetadataValue<Ascii>,
) -> Result<(), Status> {
    let Some(number) = given(flags, request) else { return Ok(()) };
    let Some(flag) = flags.iter().find(|flag| flag.positional) else { return Ok(()) };
    if request.descriptor().get_field_by_name(NUMBER).is_some() {
        request.clear_field_by_name(&flag.wire_path());
        request.set_field_by_name(NUMBER, Value::String(number));
        return Ok(());
    }
    let Some(method) = descriptors::method(by_number) else { return Ok(()) };
    let mut question = DynamicMessage::new(method.input());
    question.set_field_by_name(NUMBER, Value::String(number.clone()));
    let call = Call { method, request: question, token: token.clone() };
    let answer = match call.make(channel).await {
        Err(status) if status.code() == Code::NotFound => {
            return Err(Status::not_found(format!("nothing has the number or id {number:?}")));
        }
        answer => answer?,
    };
    let id = match answer {
        Answer::One(answer) => id_of(&answer),
        Answer::Many(_) => None,
    };
    let id = id.ok_or_else(|| Status::internal("the answer tells no id"))?;
    request.set_field_by_name(&flag.wire_path(), Value::String(id));
    Ok(())
}

/// The id of the thing that an answer is about.
fn id_of(answer: &DynamicMessage) -> Option<String> {
    let id =
        |(_, value): (_, &Value)| Some(value.as_message()?.get_field_by_name("id")?.as_str()?.to_owned());
    answer.fields().find_map(id)
}
