//! Answers of the pages.

use super::frame::Frame;
use super::limits::FORM_BYTES_MAX;
use super::preferences::Preferences;
use super::words::Words;
use crate::refused;
use askama::Template;
use client::Refusal;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, VARY,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use tonic::body::Body;
use tonic::{Code, Status};

/// Pages load what is ours, and nothing else.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody is signed in, or not any more.
    SignIn,
    /// There is nothing at this address.
    NotFound,
    /// The form did not come from a page of ours.
    Forged,
    /// The form is larger than any of ours, or did not arrive as a whole.
    TooLarge,
    /// The address asks for something that cannot be read, or shown: why, in the reader's language.
    Unreadable(String),
    /// An rpc refused.
    Refused(Box<Status>),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        match status.code() {
            Code::Unauthenticated if Refusal::of(&status).reason() != Some("STEP_UP_REQUIRED") => {
                Failure::SignIn
            }
            _ => Failure::Refused(Box::new(status)),
        }
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    sentence: String,
    reason: Option<String>,
}

impl Failure {
    /// What a rule refused, to be shown beside the form that asked for it, and the code of that answer.
    pub(super) fn refusal(status: Status) -> Result<(StatusCode, Status), Failure> {
        let code = refused::http_status(status.code());
        match Failure::from(status) {
            Failure::Refused(status) => Ok((code, *status)),
            other => Err(other),
        }
    }

    /// The page that says so, for somebody who is signed in or not.
    pub(super) fn page(&self, preferences: Preferences, path: &str) -> Response<Body> {
        let words = Words(preferences.language);
        let (status, sentence, reason) = match self {
            Failure::SignIn => return to_sign_in(path),
            Failure::NotFound => {
                (StatusCode::NOT_FOUND, words.t("There is nothing at this address.").to_owned(), None)
            }
            Failure::Forged => {
                let sentence = words
                    .t("The form is not from a page of this session. Open the page again, and repeat it.");
                (StatusCode::FORBIDDEN, sentence.to_owned(), None)
            }
            Failure::TooLarge => {
                let sentence = words.say("A form has at most {n} bytes.", &[("n", &FORM_BYTES_MAX)]);
                (StatusCode::PAYLOAD_TOO_LARGE, sentence, None)
            }
            Failure::Unreadable(sentence) => (StatusCode::BAD_REQUEST, sentence.clone(), None),
            Failure::Refused(status) => {
                let sentence = refused::sentence(status, preferences.language);
                let reason = Refusal::of(status).reason().map(str::to_owned);
                (refused::http_status(status.code()), sentence, reason)
            }
        };
        let frame = Frame::bare(preferences, words.t("This cannot be shown"), path);
        let mut response = html(&FailurePage { frame, sentence, reason });
        *response.status_mut() = status;
        response
    }
}

/// A page.
pub(super) fn html(page: &impl Template) -> Response<Body> {
    match page.render() {
        Ok(text) => with_headers(text.into_bytes(), "text/html; charset=utf-8"),
        Err(error) => {
            let mut response = with_headers(
                format!("the page cannot be written: {error}").into(),
                "text/plain; charset=utf-8",
            );
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// An answer to a program: JSON, or nothing.
pub(super) fn with_status(status: StatusCode, json: serde_json::Value) -> Response<Body> {
    let text = if json.is_null() { String::new() } else { json.to_string() };
    let mut response = with_headers(text.into_bytes(), "application/json");
    *response.status_mut() = status;
    response
}

/// A file that is kept, and not shown.
pub(super) fn file(bytes: Vec<u8>, media_type: &str, name: &str) -> Response<Body> {
    let mut response = with_headers(bytes, media_type);
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    response
}

fn with_headers(bytes: Vec<u8>, media_type: &str) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(bytes)));
    let headers = response.headers_mut();
    let unknown = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(media_type).unwrap_or(unknown));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    protect(response)
}

/// Adds what keeps a page to itself.
pub(super) fn protect(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Another page is to be loaded.
pub(super) fn see_other(path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/today"));
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The same form is to be sent to another page.
pub(super) fn send_there(path: &str) -> Response<Body> {
    let mut response = see_other(path);
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response
}

/// The page for signing in is to be loaded, and then this one.
fn to_sign_in(path: &str) -> Response<Body> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("to", path);
    see_other(&format!("/sign-in?{}", query.finish()))
}
