//! Rpcs, messages and comments of the protos, from the descriptors in the binary.

use crate::language::current;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::Language;
use domain::Role;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor, FieldDescriptor, Kind,
    MessageDescriptor, MethodDescriptor, Value,
};
use proto::contract::{self, joined_comment};

/// The prefix of all our packages.
const PACKAGE: &str = "huishang.";

/// Everything in `proto/`.
pub fn pool() -> &'static DescriptorPool {
    proto::contract::descriptors()
}

/// The rpc with a short path such as `scheduling.v1.SchedulingService/GetSession`.
pub fn method(rpc: &str) -> Option<MethodDescriptor> {
    let (service, name) = rpc.split_once('/')?;
    pool().get_service_by_name(&format!("{PACKAGE}{service}"))?.methods().find(|method| method.name() == name)
}

/// The short name of the service that has an rpc: `scheduling` for `scheduling.v1.…`.
pub fn service(rpc: &str) -> &str {
    rpc.split('.').next().unwrap_or(rpc)
}

/// The comment above a field.
pub fn field_comment(field: &FieldDescriptor) -> String {
    joined_comment(&field.parent_message().parent_file(), field.path())
}

/// What a field is, in the language that is spoken.
pub fn field_help(field: &FieldDescriptor) -> String {
    let comment = field_comment(field);
    current().help(&comment).map_or(comment, str::to_owned)
}

/// What an rpc does, in the language that is spoken.
pub fn method_help(method: &MethodDescriptor) -> String {
    let comment = || joined_comment(&method.parent_service().parent_file(), method.path());
    current().command_help(method).map_or_else(comment, str::to_owned)
}

/// What an enum's value means, in the language that is spoken.
pub fn value_help(value: &EnumValueDescriptor) -> String {
    let comment = || joined_comment(&value.parent_enum().parent_file(), value.path());
    current().value(value).map_or_else(comment, str::to_owned)
}

/// Labels that are shorter than the names of their fields, so that the board fits a terminal.
const SHORT_LABELS: [(&str, &str); 2] =
    [("unacknowledged", "not ackn."), ("awaiting_acceptance", "to accept")];

/// The name of a field, in the language that is spoken.
pub fn label(field: &FieldDescriptor) -> String {
    let short = || SHORT_LABELS.iter().find(|(name, _)| *name == field.name()).map(|(_, short)| *short);
    let label = current().label(field).or_else(short);
    label.map_or_else(|| field.name().replace('_', " "), str::to_owned)
}

/// The field of a message; both are named by the code that asks.
fn field_of(message: &str, field: &str) -> FieldDescriptor {
    let message = pool().get_message_by_name(message).expect("a message of the protos");
    message.get_field_by_name(field).expect("a field of the message")
}

/// The name of a message's field, in the language that is spoken.
pub fn label_of(message: &str, field: &str) -> String {
    label(&field_of(message, field))
}

/// What a service says in a message's field, in the language that is spoken.
pub fn said(message: &str, field: &str, sentence: String) -> String {
    current().said(&field_of(message, field), sentence)
}

/// The word for a case of a choice, in the language that is spoken.
pub fn case_word(case: &FieldDescriptor) -> String {
    current().label(case).map_or_else(|| kebab(case.name()), str::to_owned)
}

/// The word for an enum's value, in the language that is spoken.
pub fn value_word(value: &EnumValueDescriptor) -> String {
    current().value(value).map_or_else(|| short_name(value), str::to_owned)
}

/// The word for the number of an enum, in the language that is spoken.
pub fn value_of(kind: &str, number: i32) -> String {
    let value = pool().get_enum_by_name(kind).and_then(|kind| kind.get_value(number));
    value.map_or_else(|| number.to_string(), |value| value_word(&value))
}

/// Whether a text is the word for an enum's value, in any language.
pub fn is_word_for(value: &EnumValueDescriptor, text: &str) -> bool {
    short_name(value) == kebab(text)
        || value.name().eq_ignore_ascii_case(text)
        || Language::Chinese.value(value) == Some(text)
}

/// A role as tokens name it, preceded by its name in the language that is spoken.
pub fn role_word(role: Role) -> String {
    let roles = pool().get_enum_by_name("huishang.api.v1.Role");
    let value =
        roles.and_then(|roles| choices(&roles).into_iter().find(|value| short_name(value) == role.as_str()));
    match value.and_then(|value| current().value(&value)) {
        Some(word) => format!("{word} {}", role.as_str()),
        None => role.as_str().to_owned(),
    }
}

/// The first sentence of a comment, without its period.
pub fn first_sentence(comment: &str) -> String {
    let paragraph = comment.split("\n\n").next().unwrap_or_default();
    let end = [". ", "。"].into_iter().filter_map(|end| paragraph.find(end)).min();
    paragraph[..end.unwrap_or(paragraph.len())].trim_end_matches('.').to_owned()
}

/// Whether a message is a moment.
pub fn is_timestamp(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.protobuf.Timestamp"
}

/// Whether a message has a special form in protobuf JSON.
pub fn is_well_known(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf"
}

/// Whether a message contains a message of any type.
pub fn is_any(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.protobuf.Any"
}

/// The message in an `Any`, if its type is known.
pub fn unpack(any: &DynamicMessage) -> Option<DynamicMessage> {
    let url = any.get_field_by_name("type_url")?;
    let message = pool().get_message_by_name(url.as_str()?.rsplit('/').next()?)?;
    DynamicMessage::decode(message, any.get_field_by_name("value")?.as_bytes()?.clone()).ok()
}

/// The type URL of an `Any`, and its bytes in Base64, as in protobuf JSON.
pub fn packed(any: &DynamicMessage) -> (String, String) {
    let value = any.get_field_by_name("value");
    let bytes = value.as_deref().and_then(Value::as_bytes).map(|bytes| STANDARD.encode(bytes));
    let url = any.get_field_by_name("type_url");
    let url = url.as_deref().and_then(Value::as_str).map(str::to_owned);
    (url.unwrap_or_default(), bytes.unwrap_or_default())
}

/// Whether a message is a choice: all its fields are cases of one oneof.
pub fn is_choice(message: &MessageDescriptor) -> bool {
    let mut oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    match (oneofs.next(), oneofs.next()) {
        (Some(oneof), None) => oneof.fields().len() == message.fields().len(),
        _ => false,
    }
}

/// Whether a message is small enough to be shown as its values in order, with colons between them.
pub fn is_compact(message: &MessageDescriptor) -> bool {
    let scalar =
        |field: &FieldDescriptor| !field.is_list() && !field.is_map() && field.kind().as_message().is_none();
    !is_well_known(message) && message.fields().len() <= 3 && message.fields().all(|field| scalar(&field))
}

/// The type of a field with at most one plain message, whose fields can be shown in its place; `None` for moments,
/// choices, lists and scalars.
pub fn nested(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(message)
            if !field.is_list() && !field.is_map() && !is_well_known(&message) && !is_choice(&message) =>
        {
            Some(message)
        }
        _ => None,
    }
}

/// Whether a field was declared `optional`.
pub fn is_optional(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().proto3_optional()
}

/// The word for an enum's value on the command line: `SESSION_KIND_CASE` is `case`.
pub fn short_name(value: &EnumValueDescriptor) -> String {
    kebab(&contract::value_name(value))
}

/// The values of an enum that can be chosen: all but the unspecified one.
pub fn choices(choice: &EnumDescriptor) -> Vec<EnumValueDescriptor> {
    choice.values().filter(|value| value.number() != 0).collect()
}

/// `page_size` as `page-size`.
pub fn kebab(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// The fields of a message, in the order of their numbers.
pub fn fields(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    fields
}

/// The messages in a list.
pub fn messages(list: &Value) -> Vec<DynamicMessage> {
    let values = list.as_list().unwrap_or_default();
    values.iter().filter_map(|value| value.as_message().cloned()).collect()
}
