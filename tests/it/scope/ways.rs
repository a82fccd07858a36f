//! The ways to call an rpc. Whatever the way, what is answered is read back into what gRPC would have answered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use proto::contract::{descriptors, rpc};
use serde_json::{Map, Value};
use std::sync::LazyLock;
use tests::{Client, HttpAnswer, HttpClient};
use tonic::{Code, Status};

/// A way to call an rpc.
#[derive(Clone)]
pub enum Way {
    Grpc(Client),
    /// By name, with JSON in the body.
    Connect(HttpClient),
    /// By the path of `google.api.http`.
    Rest(HttpClient),
}

impl Way {
    /// Calls an rpc that answers with one message. None if this request cannot be made this way.
    pub async fn call(
        &self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Option<Result<DynamicMessage, Status>> {
        match self {
            Way::Grpc(client) => Some(client.call_by_descriptor(method, request).await),
            Way::Connect(http) => {
                let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
                let answer = http.post(&path, &json(request)).await.expect("there is an answer");
                Some(read(method, &answer, connect_status))
            }
            Way::Rest(http) => {
                let (path, body) = rest(method, request)?;
                let answer = match body {
                    Some(body) => http.post(&path, &body).await,
                    None => http.get(&path).await,
                };
                Some(read(method, &answer.expect("there is an answer"), rest_status))
            }
        }
    }
}

fn json(message: &DynamicMessage) -> Value {
    serde_json::to_value(message).expect("a message is JSON")
}

/// The path and the body of a request. None if a field in the path is not set.
fn rest(method: &MethodDescriptor, request: &DynamicMessage) -> Option<(String, Option<Value>)> {
    let contract = rpc(&format!("{}/{}", method.parent_service().full_name(), method.name()))?;
    let route = contract.route.as_ref()?;
    let Value::Object(mut fields) = json(request) else { return None };
    let mut path = route.path.clone();
    for field in method.input().fields() {
        let place = format!("{{{}}}", field.name());
        if path.contains(&place) {
            let text = text(&fields.remove(field.json_name())?);
            path = path.replace(&place, &encoded(&text));
        }
    }
    if route.has_body {
        return Some((path, Some(Value::Object(fields))));
    }
    let mut query = Vec::new();
    flatten("", fields, &mut query);
    Some((if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }, None))
}

fn flatten(within: &str, fields: Map<String, Value>, query: &mut Vec<String>) {
    for (name, value) in fields {
        let name = format!("{within}{name}");
        match value {
            Value::Object(inner) => flatten(&format!("{name}."), inner, query),
            Value::Array(values) => query.extend(values.iter().map(|value| parameter(&name, value))),
            value => query.push(parameter(&name, &value)),
        }
    }
}

fn parameter(name: &str, value: &Value) -> String {
    format!("{name}={}", encoded(&text(value)))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What an answer says. Its status must be that of the code.
fn read(
    method: &MethodDescriptor,
    answer: &HttpAnswer,
    status: impl Fn(&Value) -> Status,
) -> Result<DynamicMessage, Status> {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    if answer.status == 200 {
        let message = DynamicMessage::deserialize(method.output(), answer.json());
        return Ok(message.expect("an answer is its message, and nothing else"));
    }
    let status = status(&answer.json());
    assert_eq!(answer.status, http_status(status.code()), "{}", answer.text());
    Err(status)
}

fn connect_status(json: &Value) -> Status {
    let code = json["code"].as_str().unwrap_or_default();
    let code = (1..17).map(Code::from).find(|one| connect_name(*one) == code).expect("a code of Connect");
    let details = json["details"].as_array().cloned().unwrap_or_default().into_iter();
    let details = details.map(|detail| prost_types::Any {
        type_url: format!("type.googleapis.com/{}", detail["type"].as_str().unwrap_or_default()),
        value: STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap_or_default()).expect("base64"),
    });
    let message = json["message"].as_str().unwrap_or_default().to_owned();
    let details: Vec<_> = details.collect();
    let bytes =
        tonic_types::pb::Status { code: code as i32, message: message.clone(), details: details.clone() };
    let bytes = if details.is_empty() { Vec::new() } else { bytes.encode_to_vec() };
    Status::with_details(code, message, bytes.into())
}

fn rest_status(json: &Value) -> Status {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        let mut pool = descriptors().clone();
        pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET).expect("they are complete");
        pool
    });
    let kind = POOL.get_message_by_name("google.rpc.Status").expect("it is there");
    let status = DynamicMessage::deserialize(kind, json.clone()).expect("it is google.rpc.Status");
    let code = json["code"].as_i64().unwrap_or_default() as i32;
    let has_details = json["details"].as_array().is_some_and(|details| !details.is_empty());
    let bytes = if has_details { status.encode_to_vec() } else { Vec::new() };
    Status::with_details(Code::from(code), json["message"].as_str().unwrap_or_default(), bytes.into())
}

fn connect_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

fn http_status(code: Code) -> u16 {
    match code {
        Code::Ok => 200,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::AlreadyExists | Code::Aborted => 409,
        Code::ResourceExhausted => 429,
        Code::Cancelled => 499,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::DeadlineExceeded => 504,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
    }
}
