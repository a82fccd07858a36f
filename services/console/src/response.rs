//! What a service answers, as HTTP has it.

use crate::asker::Asker;
use crate::csv;
use crate::json;
use crate::limits::{SSE_HEARTBEAT_INTERVAL, SSE_RETRY_MILLIS};
use crate::messages::{Messages, enveloped};
use crate::refused;
use crate::route::Rpc;
use crate::table::{self, Form, Table};
use crate::wanted::Wanted;
use crate::xlsx::{self, About};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use http::{HeaderValue, Response, Uri};
use http_body::Frame;
use http_body_util::{Full, StreamBody};
use proto::directory::v1::GetCalendarRequest;
use proto::ledger::v1::GetHeadRequest;
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

    /// Whether a list is to come as a workbook.
    pub(crate) fn is_workbook(self) -> bool {
        matches!(self, Writing::ByRoute(Wanted { table: Some(Form::Xlsx), .. }))
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

/// What a table needs to know beside its rows.
pub(crate) struct Around {
    pub(crate) asker: Asker,
    pub(crate) console_url: String,
    /// The zone of moments while no calendar is defined.
    pub(crate) time_zone: String,
}

/// The answer to a unary call that was sent to this URI.
pub(crate) async fn unary(
    rpc: &Rpc,
    answered: Response<Body>,
    writing: Writing,
    uri: &Uri,
    around: Option<Around>,
) -> Result<Response<Body>, Status> {
    let mut messages = Messages::of(answered)?;
    let missing = || Status::internal("there is no answer");
    let message = messages.next().await?.ok_or_else(missing)?;
    if messages.next().await?.is_some() {
        return Err(Status::internal("there are several answers"));
    }
    let (kind, answer) = (rpc.method.output(), messages.into_last_piece());
    let wanted = match writing {
        Writing::ByRoute(Wanted { table: Some(form), language, .. }) => {
            table::rows_of(&kind).map(|rows| (form, rows, language))
        }
        _ => None,
    };
    let Some((form, rows, language)) = wanted else {
        let shown = Shown { text: json::write(kind, &message)?, _answer: answer };
        return Ok(ok("application/json", Body::new(Full::new(Bytes::from_owner(shown)))));
    };
    let table = Table::read(&rows, &message, language)?;
    let text = match form {
        Form::Csv => csv::write(&table),
        Form::Xlsx => xlsx::write(&table, &about(uri, around).await)?,
    };
    let shown = Shown { text, _answer: answer };
    let mut response = ok(form.media_type(), Body::new(Full::new(Bytes::from_owner(shown))));
    let name = format!("attachment; filename=\"{}\"", form.file_of(&table));
    let token = Some(&table.next_page_token).filter(|token| !token.is_empty());
    let next = token.map(|token| format!("<{}>; rel=\"next\"", next_page(uri, token)));
    for (header, value) in [(CONTENT_DISPOSITION, Some(name)), (LINK, next)] {
        let value = value.and_then(|value| HeaderValue::try_from(value).ok());
        value.into_iter().for_each(|value| drop(response.headers_mut().insert(&header, value)));
    }
    Ok(response)
}

/// How a table was counted that was asked for by this URI.
async fn about(uri: &Uri, around: Option<Around>) -> About {
    let filters = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let paging = ["pageSize", "page_size", "pageToken", "page_token"];
    let filters = filters.filter(|(name, _)| !paging.contains(&&**name));
    let filters = filters.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let about =
        About { asked: uri.path().to_owned(), filters, time_zone: "UTC".to_owned(), ..About::default() };
    let Some(Around { asker, console_url, time_zone }) = around else { return about };
    // Not everybody may know either.
    let head = asker.ask(GetHeadRequest::default()).await.ok();
    let calendar = asker.ask(GetCalendarRequest::default()).await.ok().and_then(|answer| answer.calendar);
    let time_zone = calendar.map_or(time_zone, |calendar| calendar.time_zone);
    let is_past = about.filters.iter().any(|(name, _)| name.starts_with("asOf") || name.starts_with("as_of"));
    About { head, time_zone, console_url, is_past, ..about }
}

/// Where the page after this one is.
fn next_page(uri: &Uri, token: &str) -> String {
    let given = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let kept = given.filter(|(name, _)| name != "pageToken" && name != "page_token");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept).append_pair("pageToken", token);
    format!("{}?{}", uri.path(), query.finish())
}

/// What is shown of an answer. With it is kept what was answered, which is what keeps the call among those under way until
/// its last byte has left the process.
struct Shown {
    text: Vec<u8>,
    _answer: Bytes,
}

impl AsRef<[u8]> for Shown {
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
    use futures::executor::block_on;
    use http_body_util::BodyExt as _;
    use std::sync::Arc;

    const EVENTS: Writing =
        Writing::ByRoute(Wanted { problem: false, events: true, table: None, language: Language::English });

    #[test]
    fn the_next_page_of_a_table_has_the_same_filters() {
        let uri = Uri::from_static("/v1/sessions?text=a%20b&pageToken=old");
        assert_eq!(next_page(&uri, "n=1"), "/v1/sessions?text=a+b&pageToken=n%3D1");
    }

    #[test]
    fn an_event_has_the_position_of_its_record_as_its_id() {
        let json = br#"{"record":{"position":"42","stream":"a.b"}}"#;
        let event = EVENTS.message(json);
        assert_eq!(event, [b"id: 42\ndata: ".as_slice(), json, b"\n\n"].concat());
        assert!(EVENTS.message(br#"{"verified":"3"}"#).starts_with(b"data: "), "it has none");
    }

    #[test]
    fn a_call_is_under_way_until_its_answer_has_left_the_process() {
        /// A piece of an answer that keeps the call's place.
        struct Piece(Bytes, #[expect(dead_code, reason = "it is there to be kept")] Arc<()>);
        impl AsRef<[u8]> for Piece {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        let place = Arc::new(());
        let kept = Arc::downgrade(&place);
        let piece = Frame::data(Bytes::from_owner(Piece(enveloped(0, b""), place)));
        let mut trailers = http::HeaderMap::new();
        Status::new(tonic::Code::Ok, "").add_header(&mut trailers).unwrap();
        let frames = [Ok::<_, Status>(piece), Ok(Frame::trailers(trailers))];
        let answered = Response::new(Body::new(StreamBody::new(stream::iter(frames))));
        let rpc = crate::route::by_name("/huishang.ledger.v1.LedgerService/GetHead").unwrap();
        let answer = block_on(unary(rpc, answered, Writing::Connect, &Uri::default(), None)).unwrap();
        let json = block_on(answer.into_body().frame()).unwrap().unwrap().into_data().unwrap();
        assert_eq!(json, "{}");
        assert!(kept.upgrade().is_some(), "the connection still has it");
        drop(json);
        assert!(kept.upgrade().is_none());
    }

    #[test]
    fn a_stream_of_connect_ends_with_its_outcome() {
        let end = ended(Writing::ConnectStream, Ok(()));
        assert_eq!(&end[..], b"\x02\x00\x00\x00\x02{}");
        let refused = ended(Writing::ConnectStream, Err(&Status::data_loss("it is damaged")));
        assert!(refused.ends_with(br#""message":"it is damaged"}}"#), "{refused:?}");
    }
}
