//! A refusal as HTTP has it: `google.rpc.Status`, a problem of RFC 9457, or an error of the Connect protocol.

use crate::json;
use crate::wanted::Wanted;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use client::{Language, Refusal};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use prost::Message as _;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tonic::body::Body;
use tonic::{Code, Status};

/// The domain of the reasons that belong to no context.
const PLATFORM: &str = "huishang.api.v1";

/// The answer to a call by `google.api.http` that is refused.
pub(crate) fn by_route(status: &Status, wanted: Wanted) -> Response<Body> {
    let (media_type, body) = match wanted.problem {
        true => ("application/problem+json", problem(status, wanted.language)),
        false => ("application/json", status_json(status, wanted.language)),
    };
    answer(status, media_type, &body)
}

/// The answer to a unary call of Connect that is refused.
pub(crate) fn connect(status: &Status) -> Response<Body> {
    answer(status, "application/json", &connect_error(status))
}

/// An error of the Connect protocol.
pub(crate) fn connect_error(status: &Status) -> Value {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    let details = details.into_iter().map(|detail| {
        let kind = detail.type_url.rsplit('/').next().unwrap_or_default();
        json!({"type": kind, "value": STANDARD_NO_PAD.encode(&detail.value)})
    });
    json!({
        // Connect writes it in the American way.
        "code": code_name(status.code()).to_lowercase().replace("cancelled", "canceled"),
        "message": status.message(),
        "details": details.collect::<Vec<_>>(),
    })
}

/// `google.rpc.Status` as JSON. Its message is in English; who reads another language finds the sentence among the
/// details, as `google.rpc.LocalizedMessage`.
pub(crate) fn status_json(status: &Status, language: Language) -> Value {
    let mut shown =
        json!({"code": status.code() as i32, "message": status.message(), "details": shown_details(status)});
    if let (Language::Chinese, Some(details)) = (language, shown["details"].as_array_mut()) {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
            "locale": "zh-CN",
            "message": sentence(status, language),
        }));
    }
    shown
}

fn problem(status: &Status, language: Language) -> Value {
    let refusal = Refusal::of(status);
    let mut problem = Map::new();
    let mut add = |name: &str, value: Value| problem.insert(name.to_owned(), value);
    let code = code_name(status.code());
    let kind = match (refusal.domain(), refusal.reason()) {
        (Some(domain), Some(reason)) => format!("urn:huishang:reason:{domain}:{reason}"),
        _ => "about:blank".to_owned(),
    };
    add("type", kind.into());
    add("title", refusal.reason().unwrap_or(code).into());
    add("status", http_status(status.code()).as_u16().into());
    add("detail", sentence(status, language).into());
    add("code", code.into());
    if let (Some(domain), Some(reason)) = (refusal.domain(), refusal.reason()) {
        add("domain", domain.into());
        add("reason", reason.into());
        add("figures", json!(refusal.details()));
    }
    let violations = refusal.violations();
    if !violations.is_empty() {
        let violation = |description: &str, field: &str| json!({"field": field, "description": language.fault(description)});
        add("violations", violations.iter().map(|one| violation(&one.description, &one.field)).collect());
    }
    Value::Object(problem)
}

/// What a refusal says to a person.
pub(crate) fn sentence(status: &Status, language: Language) -> String {
    let (refusal, message) = (Refusal::of(status), status.message());
    let (domain, reason) = (refusal.domain().unwrap_or_default(), refusal.reason().unwrap_or_default());
    let figures = refusal.details();
    match language.reason(domain, reason, &figures) {
        // Without figures, the service's own sentence says more.
        Some(sentence) if figures.is_empty() && domain == PLATFORM => {
            format!("{sentence}（{}）", language.fault(message))
        }
        Some(sentence) => sentence,
        None => language.fault(message).into_owned(),
    }
}

fn answer(status: &Status, media_type: &'static str, body: &Value) -> Response<Body> {
    let body = Body::new(http_body_util::Full::from(body.to_string()));
    let mut response = Response::new(body);
    *response.status_mut() = http_status(status.code());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    never_cached(headers);
    if let Some(challenge) = status.metadata().get(WWW_AUTHENTICATE.as_str()) {
        let challenge = HeaderValue::from_bytes(challenge.as_encoded_bytes());
        challenge.into_iter().for_each(|challenge| drop(headers.insert(WWW_AUTHENTICATE, challenge)));
    }
    if let Some(pause) = Refusal::of(status).retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(pause)));
    }
    response
}

/// Has an answer kept by nobody: it is for one caller.
pub(crate) fn never_cached(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language, authorization"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
}

fn whole_seconds(pause: Duration) -> u64 {
    pause.as_secs() + u64::from(pause.subsec_nanos() > 0)
}

/// The details as JSON; none if they are of kinds that are not known here.
fn shown_details(status: &Status) -> Value {
    let shown = json::status_kind().and_then(|kind| json::write(kind, status.details()).ok());
    let shown: Option<Value> = shown.and_then(|json| serde_json::from_slice(&json).ok());
    shown.and_then(|mut shown| shown.get_mut("details").map(Value::take)).unwrap_or_else(|| json!([]))
}

/// The status of HTTP that stands for a code, as `google.rpc.Code` and Connect say.
pub(crate) fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // "Client closed request", which is not registered.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The name of a code, as `google.rpc.Code` has it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic_types::{ErrorDetails, StatusExt as _};

    fn no_quorum() -> Status {
        let figures = [("departments", "2"), ("needed", "2"), ("present", "1")];
        let figures: HashMap<String, String> =
            figures.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let mut details = ErrorDetails::with_error_info("NO_QUORUM", "huishang.deliberation.v1", figures);
        details.set_retry_info(Some(Duration::from_millis(1200)));
        Status::with_error_details(Code::FailedPrecondition, "1 of 2 are present", details)
    }

    #[test]
    fn a_refusal_is_a_status_with_its_details() {
        let json = status_json(&no_quorum(), Language::English);
        assert_eq!((&json["code"], &json["message"]), (&json!(9), &json!("1 of 2 are present")));
        let info = &json["details"][1];
        assert_eq!(info["@type"], "type.googleapis.com/google.rpc.ErrorInfo", "{json}");
        assert_eq!((&info["reason"], &info["metadata"]["present"]), (&json!("NO_QUORUM"), &json!("1")));
    }

    #[test]
    fn a_problem_has_the_reason_the_figures_and_a_sentence_in_the_callers_language() {
        let json = problem(&no_quorum(), Language::Chinese);
        assert_eq!(json["type"], "urn:huishang:reason:huishang.deliberation.v1:NO_QUORUM");
        assert_eq!((&json["status"], &json["figures"]["needed"]), (&json!(400), &json!("2")));
        let sentence = json["detail"].as_str().unwrap();
        assert!(sentence.contains('到') && sentence.contains('2'), "{sentence}");
        assert_eq!(problem(&no_quorum(), Language::English)["detail"], "1 of 2 are present");
    }

    #[test]
    fn an_error_of_connect_has_the_details_as_they_are() {
        let json = connect_error(&no_quorum());
        assert_eq!(json["code"], "failed_precondition");
        assert_eq!(json["details"][1]["type"], "google.rpc.ErrorInfo");
        let bytes = STANDARD_NO_PAD.decode(json["details"][1]["value"].as_str().unwrap()).unwrap();
        assert!(bytes.windows(9).any(|part| part == b"NO_QUORUM"));
    }

    #[test]
    fn when_to_try_again_is_said_in_whole_seconds() {
        assert_eq!(connect(&no_quorum()).headers()[RETRY_AFTER], "2");
    }
}
