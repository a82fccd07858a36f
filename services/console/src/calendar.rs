//! Calendars, at their secret addresses: what programs read that can show no token.
//!
//! The secret is in the path, as such programs keep nothing but an address. The path is looked at here, before anything
//! that logs or measures, and what is asked further on has it within the message.

use crate::asker::{Asker, Stack, console_url};
use crate::refused;
use crate::wanted::Wanted;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use proto::delivery::v1::{ReadCalendarFeedRequest, ReadCalendarFeedResponse};
use tonic::body::Body;
use tonic::{Code, Status};

/// Bytes of a secret, at most; what is longer is none.
const SECRET_BYTES_MAX: usize = 128;

/// The secret in a path such as `/calendars/….ics`.
pub(crate) fn secret_in(path: &str) -> Option<&str> {
    let secret = path.strip_prefix("/calendars/")?.strip_suffix(".ics")?;
    (!secret.is_empty() && secret.len() <= SECRET_BYTES_MAX && !secret.contains('/')).then_some(secret)
}

/// Answers a request for the calendar with this secret.
pub(crate) async fn answer(
    stack: Stack,
    request: Request<Body>,
    secret: String,
    is_https: bool,
) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let wanted = Wanted::read(request.headers());
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let is_head = request.method() == Method::HEAD;
    match read(stack, request, secret, is_https).await {
        Ok(calendar) => written(calendar, known.as_ref(), is_head),
        Err(status) if status.code() == Code::NotFound => nothing(),
        Err(status) => refused::by_route(&status, wanted),
    }
}

async fn read(
    stack: Stack,
    request: Request<Body>,
    secret: String,
    is_https: bool,
) -> Result<ReadCalendarFeedResponse, Status> {
    let query = request.uri().query().unwrap_or_default();
    let tasks = url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "tasks" && matches!(&*value, "1" | "true"));
    let (head, _) = request.into_parts();
    let asked = ReadCalendarFeedRequest { secret, tasks, console_url: console_url(&head, is_https) };
    Asker::new(stack, head.extensions, None).ask(asked).await
}

fn written(calendar: ReadCalendarFeedResponse, known: Option<&HeaderValue>, is_head: bool) -> Response<Body> {
    let etag = format!("\"{}\"", calendar.etag);
    let is_known = known.and_then(|known| known.to_str().ok()).is_some_and(|known| {
        known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
    });
    let body = match is_known || is_head {
        true => Body::empty(),
        false => Body::new(Full::new(Bytes::from(calendar.icalendar))),
    };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"huishang.ics\""));
    guard(headers);
    response
}

/// What an address answers that leads nowhere: the same for one that never did and one that was revoked.
fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from("There is no calendar at this address.\n")));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    guard(response.headers_mut());
    response
}

/// Keeps the address, and what is there, from going elsewhere.
fn guard(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_part_of_a_path() {
        assert_eq!(secret_in("/calendars/abc-_1.ics"), Some("abc-_1"));
        for other in ["/calendars", "/calendars/", "/calendars/.ics", "/calendars/a/b.ics", "/calendars/abc"]
        {
            assert_eq!(secret_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_calendar_that_is_known_is_not_sent_again() {
        let calendar = || ReadCalendarFeedResponse { icalendar: "BEGIN:VCALENDAR".into(), etag: "0a".into() };
        let answered = |known: &'static str| {
            written(calendar(), Some(&HeaderValue::from_static(known)), false).status().as_u16()
        };
        assert_eq!(
            ["\"0a\"", "\"1b\", W/\"0a\"", "*", "\"1b\"", "0a"].map(answered),
            [304, 304, 304, 200, 200]
        );
    }
}
