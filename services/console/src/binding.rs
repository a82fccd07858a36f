//! The message that an HTTP request stands for: what is in its path, its query and its body.

use crate::json;
use crate::limits::FIELD_PATH_NAMES_MAX;
use crate::route::Rpc;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use proto::Invalid;
use serde_json::{Map, Value};

/// What of a request is not its body.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Fields in the path, by their names in the proto.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The query, as it was sent.
    pub(crate) query: String,
}

/// The message of a request by `google.api.http`: the fields in the path and, for a query, those in the query string;
/// for a command, its body has the others.
pub(crate) fn by_route(rpc: &Rpc, parts: &Parts, body: &[u8]) -> Result<DynamicMessage, Invalid> {
    let kind = rpc.method.input();
    let has_body = rpc.contract.route.as_ref().is_some_and(|route| route.has_body);
    let mut fields = if has_body { object(body)? } else { Map::new() };
    for (name, text) in url::form_urlencoded::parse(parts.query.as_bytes()) {
        if has_body {
            return Err(Invalid::field(&name, "is not accepted in the query string; put it into the body"));
        }
        set(&mut fields, &kind, &name, &text)?;
    }
    for (name, text) in &parts.variables {
        set_from_path(&mut fields, &kind, name, text)?;
    }
    json::read(kind, Value::Object(fields))
}

/// The message of a request whose body, or whose query in the Connect protocol, is all of it.
pub(crate) fn whole(rpc: &Rpc, json: &[u8]) -> Result<DynamicMessage, Invalid> {
    json::read(rpc.method.input(), Value::Object(object(json)?))
}

/// A JSON object; nothing stands for an empty one.
fn object(json: &[u8]) -> Result<Map<String, Value>, Invalid> {
    if json.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Invalid::value("the request is no JSON object")),
        Err(error) => Err(Invalid::value(format!("the request is no JSON: {error}"))),
    }
}

/// Sets a field that a query parameter names, such as `stage`, or `range.startsOn` for one within another. Given
/// several times, a repeated field has as many values.
fn set(
    fields: &mut Map<String, Value>,
    kind: &MessageDescriptor,
    path: &str,
    text: &str,
) -> Result<(), Invalid> {
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > FIELD_PATH_NAMES_MAX {
        let why = format!("has {} names, and at most {FIELD_PATH_NAMES_MAX} are accepted", names.len());
        return Err(Invalid::field(path, why));
    }
    set_within(fields, kind, &names, text).map_err(|why| Invalid::field(path, why))
}

fn set_within(
    fields: &mut Map<String, Value>,
    kind: &MessageDescriptor,
    names: &[&str],
    text: &str,
) -> Result<(), String> {
    let Some((name, inner)) = names.split_first() else { return Ok(()) };
    let field = field(kind, name).ok_or("is no field of the request")?;
    let key = field.json_name().to_owned();
    if !inner.is_empty() {
        let within = field.kind();
        let within = within.as_message().filter(|_| !field.is_list() && !field.is_map());
        let within = within.ok_or("has no fields of its own")?;
        let inner_fields = fields.entry(key).or_insert_with(|| Value::Object(Map::new()));
        let inner_fields = inner_fields.as_object_mut().ok_or("is set as a whole and in part")?;
        return set_within(inner_fields, within, inner, text);
    }
    let value = value(&field, text)?;
    if field.is_list() {
        let list = fields.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().ok_or("is set in two ways")?.push(value);
        return Ok(());
    }
    match fields.insert(key, value) {
        None => Ok(()),
        Some(_) => Err("is given twice".to_owned()),
    }
}

/// Sets a field that the path names. A body may repeat it, and not contradict it.
fn set_from_path(
    fields: &mut Map<String, Value>,
    kind: &MessageDescriptor,
    name: &str,
    text: &str,
) -> Result<(), Invalid> {
    let field = field(kind, name).ok_or_else(|| Invalid::field(name, "is no field of the request"))?;
    let value = value(&field, text).map_err(|why| Invalid::field(name, why))?;
    for given in [field.name(), field.json_name()].iter().filter_map(|key| fields.remove(*key)) {
        let given = match given {
            Value::String(given) => given,
            other => other.to_string(),
        };
        if given != text {
            return Err(Invalid::field(name, "is another one in the body than in the path"));
        }
    }
    fields.insert(field.json_name().to_owned(), value);
    Ok(())
}

fn field(kind: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    kind.get_field_by_name(name).or_else(|| kind.get_field_by_json_name(name))
}

/// The JSON of a text in a query or a path. Numbers, enums, bytes and moments are texts in JSON too.
fn value(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    match field.kind() {
        _ if field.is_map() => Err("cannot be set by a query".to_owned()),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(format!("must be true or false, and is {text:?}")),
        },
        Kind::Message(kind) if !kind.full_name().starts_with("google.protobuf.") => {
            Err("is a message; name a field in it, as in a.b".to_owned())
        }
        Kind::Enum(_) => {
            let number: Result<i32, _> = text.parse();
            Ok(number.map_or_else(|_| Value::from(text), Value::from))
        }
        _ => Ok(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Found, by_route as find};

    fn bind(method: &str, path: &str, query: &str, body: &str) -> Result<String, Invalid> {
        let Found::Rpc(rpc, variables) = find(method, path) else { panic!("no rpc at {path}") };
        let message = by_route(rpc, &Parts { variables, query: query.to_owned() }, body.as_bytes())?;
        Ok(serde_json::to_value(&message).unwrap().to_string())
    }

    fn fault(method: &str, path: &str, query: &str, body: &str) -> String {
        bind(method, path, query, body).expect_err("it is refused").to_string()
    }

    #[test]
    fn a_query_fills_fields_of_every_kind_by_either_name() {
        let query = "at_least_position=18446744073709551615&pageSize=10&bodyCode=%E6%B0%B4+B&stage=SESSION_STAGE_ADMITTED";
        let json = bind("GET", "/v1/sessions", query, "").unwrap();
        let expected = r#"{"atLeastPosition":"18446744073709551615","bodyCode":"水 B","pageSize":10,"stage":"SESSION_STAGE_ADMITTED"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_body_has_what_the_path_has_not() {
        let json = bind("POST", "/v1/sessions/7f:return", "", r#"{"commandId":"c","reason":"r"}"#).unwrap();
        assert_eq!(json, r#"{"commandId":"c","reason":"r","sessionId":"7f"}"#);
        let same = r#"{"session_id":"7f"}"#;
        assert!(bind("POST", "/v1/sessions/7f:return", "", same).is_ok());
        let other = fault("POST", "/v1/sessions/7f:return", "", r#"{"sessionId":"8"}"#);
        assert_eq!(other, "session_id is another one in the body than in the path");
        let number = bind("POST", "/v1/dockets/d/topics/2:open", "", r#"{"topicNumber":2}"#).unwrap();
        assert!(number.contains(r#""topicNumber":2"#), "{number}");
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_name() {
        for (query, said) in [
            ("nothing=1", "nothing is no field of the request"),
            ("pageSize=1&page_size=2", "page_size is given twice"),
            ("bodyCode.a=1", "bodyCode.a has no fields of its own"),
            ("a.a.a.a.a.a.a.a.a=1", "a.a.a.a.a.a.a.a.a has 9 names, and at most 8 are accepted"),
        ] {
            assert_eq!(fault("GET", "/v1/sessions", query, ""), said);
        }
        let said = fault("GET", "/v1/sessions", "pageSize=many", "");
        assert!(said.starts_with("the request is no such message: "), "{said}");
        let said = fault("GET", "/v1/log/records", "follow=yes", "");
        assert_eq!(said, "follow must be true or false, and is \"yes\"");
        let said = fault("POST", "/v1/rooms", "validateOnly=true", "{}");
        assert_eq!(said, "validateOnly is not accepted in the query string; put it into the body");
        for (body, said) in [
            ("[]", "the request is no JSON object"),
            ("{", "the request is no JSON: EOF while parsing an object at line 1 column 1"),
        ] {
            assert_eq!(fault("POST", "/v1/rooms", "", body), said);
        }
        let said = fault("POST", "/v1/rooms", "", r#"{"colour":"red"}"#);
        assert!(said.contains("colour"), "{said}");
    }
}
