//! What a service answers, as HTTP has it.

use crate::json;
use crate::limits::{SSE_HEARTBEAT_INTERVAL, SSE_RETRY_MILLIS};
use crate::messages::{Messages, enveloped};
use crate::refused;
use crate::route::Rpc;
use crate::wanted::Wanted;
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use serde_json::Value;
use tonic::Status;
use tonic::body::Body;

/// The flag of the message that ends a stream of Connect.
const END_OF_STREAM: u8 = 2;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// As `google.api.http` says; a stream is JSON lines, or server-sent events for those who want them.
    ByRoute(Wanted),
    /// As a unary call of Connect.
    Connect,
    /// As a stream of Connect.
    ConnectStream,
}

impl Writing {
    /// The answer to a call that is refused.
    pub(crate) fn refusal(self, status: &Status) -> Response<Body> {
        match self {
            Writing::ByRoute(wanted) => refused::by_route(status, wanted),
            Writing::Connect => refused::connect(status),
            Writing::ConnectStream => {
                let end = enveloped(END_OF_STREAM, self.end(Err(status)).as_bytes());
                ok("application/connect+json", Body::new(Full::from(end)))
            }
        }
    }

    /// What stands at the end of a stream.
    fn end(self, outcome: Result<(), &Status>) -> String {
        match (self, outcome) {
            (Writing::ConnectStream, Err(status)) => {
                serde_json::json!({"error": refused::connect_error(status)}).to_string()
            }
            (Writing::ByRoute(wanted), Err(status)) if wanted.events => {
                format!("event: error\ndata: {}\n\n", refused::status_json(status, wanted.language))
            }
            (Writing::ByRoute(wanted), Err(status)) => {
                let status = refused::status_json(status, wanted.language);
                format!("{}\n", serde_json::json!({"error": status}))
            }
            (Writing::ConnectStream, Ok(())) => "{}".to_owned(),
            _ => String::new(),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Writing::ConnectStream => "application/connect+json",
            Writing::ByRoute(wanted) if wanted.events => "text/event-stream",
            Writing::ByRoute(_) => "application/x-ndjson",
            Writing::Connect => "application/json",
        }
    }

    /// One message of a stream.
    fn message(self, json: &[u8]) -> Bytes {
        match self {
            Writing::ConnectStream => enveloped(0, json),
            Writing::ByRoute(wanted) if wanted.events => {
                let id = position(json).map_or_else(String::new, |position| format!("id: {position}\n"));
                [id.as_bytes(), b"data: ", json, b"\n\n"].concat().into()
            }
            _ => [b"{\"result\":", json, b"}\n"].concat().into(),
        }
    }

    fn has_heartbeat(self) -> bool {
        matches!(self, Writing::ByRoute(wanted) if wanted.events)
    }
}

/// The position of the record that a message of a stream is about.
fn position(json: &[u8]) -> Option<String> {
    let message: Value = serde_json::from_slice(json).ok()?;
    ["position", "record", "event"].iter().find_map(|name| match message.get(name)? {
        Value::String(position) => Some(position.clone()),
        inner => Some(inner.get("position")?.as_str()?.to_owned()),
    })
}

/// The answer to a unary call.
pub(crate) async fn unary(rpc: &Rpc, answered: Response<Body>) -> Result<Response<Body>, Status> {
    let mut messages = Messages::of(answered)?;
    let missing = || Status::internal("there is no answer");
    let message = messages.next().await?.ok_or_else(missing)?;
    if messages.next().await?.is_some() {
        return Err(Status::internal("there are several answers"));
    }
    let json =
        Json { text: json::write(rpc.method.output(), &message)?, _answer: messages.into_last_piece() };
    Ok(ok("application/json", Body::new(Full::new(Bytes::from_owner(json)))))
}

/// The JSON of an answer. With it is kept what was answered, which is what keeps the call among those under way until
/// its last byte has left the process.
struct Json {
    text: Vec<u8>,
    _answer: Bytes,
}

impl AsRef<[u8]> for Json {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// The answers of a call that streams.
pub(crate) fn streamed(
    rpc: &'static Rpc,
    answered: Response<Body>,
    writing: Writing,
) -> Result<Response<Body>, Status> {
    let messages = Messages::of(answered)?;
    let begin = writing.has_heartbeat().then(|| Bytes::from(format!("retry: {SSE_RETRY_MILLIS}\n\n")));
    let pieces = stream::iter(begin).chain(pieces(rpc, messages, writing));
    let frames = pieces.map(|piece| Ok::<_, Status>(Frame::data(piece)));
    Ok(ok(writing.media_type(), Body::new(StreamBody::new(frames))))
}

fn pieces(rpc: &'static Rpc, messages: Messages, writing: Writing) -> impl Stream<Item = Bytes> + Send {
    stream::unfold(Some(messages), move |messages| async move {
        let mut messages = messages?;
        let next = match writing.has_heartbeat() {
            true => match tokio::time::timeout(SSE_HEARTBEAT_INTERVAL, messages.next()).await {
                Ok(next) => next,
                Err(_) => return Some((Bytes::from_static(b":\n\n"), Some(messages))),
            },
            false => messages.next().await,
        };
        let shown = match next {
            Ok(Some(message)) => json::write(rpc.method.output(), &message).map(Some),
            Ok(None) => Ok(None),
            Err(status) => Err(status),
        };
        Some(match shown {
            Ok(Some(json)) => (writing.message(&json), Some(messages)),
            Ok(None) => (ended(writing, Ok(())), None),
            Err(status) => (ended(writing, Err(&status)), None),
        })
    })
}

fn ended(writing: Writing, outcome: Result<(), &Status>) -> Bytes {
    let end = writing.end(outcome);
    match writing {
        Writing::ConnectStream => enveloped(END_OF_STREAM, end.as_bytes()),
        _ => end.into(),
    }
}

fn ok(media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    refused::never_cached(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::Language;

    const EVENTS: Writing =
        Writing::ByRoute(Wanted { problem: false, events: true, language: Language::English });

    #[test]
    fn an_event_has_the_position_of_its_record_as_its_id() {
        let json = br#"{"record":{"position":"42","stream":"a.b"}}"#;
        let event = EVENTS.message(json);
        assert_eq!(event, [b"id: 42\ndata: ".as_slice(), json, b"\n\n"].concat());
        assert!(EVENTS.message(br#"{"verified":"3"}"#).starts_with(b"data: "), "it has none");
    }

    #[test]
    fn a_stream_of_connect_ends_with_its_outcome() {
        let end = ended(Writing::ConnectStream, Ok(()));
        assert_eq!(&end[..], b"\x02\x00\x00\x00\x02{}");
        let refused = ended(Writing::ConnectStream, Err(&Status::data_loss("it is damaged")));
        assert!(refused.ends_with(br#""message":"it is damaged"}}"#), "{refused:?}");
    }
}
