//! The gRPC request that an HTTP request stands for.

use crate::binding::{self, Parts};
use crate::limits::JSON_REQUEST_BYTES_MAX;
use crate::messages::{PREFIX_BYTES, enveloped};
use crate::route::Rpc;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use futures::stream;
use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use proto::Invalid;
use tonic::Status;
use tonic::body::Body;

/// How the request's message is written.
#[derive(Debug)]
pub(crate) enum Written {
    /// In the path, the query string and the body, as `google.api.http` says.
    ByRoute(Parts),
    /// In the body, as the only thing there.
    Body,
    /// In the body, with a prefix, as in the streams of Connect.
    Enveloped,
    /// In this query string of Connect.
    Query(String),
}

/// What of an HTTP request concerns the rpc and not the form of its message.
const PASSED_ON: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("grpc-timeout"),
];
const CONNECT_TIMEOUT: &str = "connect-timeout-ms";

/// The gRPC request. Its message is read only when it is asked for: whoever may not call the rpc is refused before, and
/// what arrives slowly has a limit like that of any other request.
pub(crate) fn to_grpc(
    rpc: &'static Rpc,
    written: Written,
    request: Request<Body>,
) -> Result<Request<Body>, Status> {
    let (mut head, body) = request.into_parts();
    head.uri = Uri::try_from(format!("/{}", rpc.contract.path))
        .map_err(|error| Status::internal(error.to_string()))?;
    head.method = http::Method::POST;
    head.version = Version::HTTP_2;
    head.headers = headers(&head.headers)?;
    let message = async move {
        let message = read(rpc, &written, body).await?;
        Ok::<_, Status>(Frame::data(enveloped(0, &message.encode_to_vec())))
    };
    Ok(Request::from_parts(head, Body::new(StreamBody::new(stream::once(message)))))
}

fn headers(given: &HeaderMap) -> Result<HeaderMap, Status> {
    let mut headers = HeaderMap::new();
    for name in &PASSED_ON {
        for value in given.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    if let Some(value) = given.get(CONNECT_TIMEOUT) {
        headers.insert("grpc-timeout", timeout(value)?);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    Ok(headers)
}

/// The time that a caller waits, from milliseconds of at most 10 digits to what gRPC says with at most 8.
fn timeout(millis: &HeaderValue) -> Result<HeaderValue, Status> {
    const DIGITS_MAX: usize = 10;
    const GRPC_DIGITS_MAX: usize = 8;
    let text = millis.to_str().unwrap_or_default();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let millis: Option<u64> = text.parse().ok().filter(|_| is_number && text.len() <= DIGITS_MAX);
    let millis = millis.ok_or_else(|| {
        let why = format!("must be milliseconds of at most {DIGITS_MAX} digits, and is {text:?}");
        Status::from(Invalid::field(CONNECT_TIMEOUT, why))
    })?;
    let grpc = match millis.to_string().len() {
        0..=GRPC_DIGITS_MAX => format!("{millis}m"),
        _ => format!("{}S", millis / 1000),
    };
    HeaderValue::try_from(grpc).map_err(|error| Status::internal(error.to_string()))
}

async fn read(rpc: &Rpc, written: &Written, body: Body) -> Result<DynamicMessage, Status> {
    let message = match written {
        Written::Query(query) => binding::whole(rpc, &message_in(query)?),
        written => {
            let bytes = collect(body).await?;
            match written {
                Written::ByRoute(parts) => binding::by_route(rpc, parts, &bytes),
                Written::Enveloped => binding::whole(rpc, only_message(&bytes)?),
                Written::Body | Written::Query(_) => binding::whole(rpc, &bytes),
            }
        }
    };
    Ok(message?)
}

async fn collect(body: Body) -> Result<Bytes, Status> {
    match Limited::new(body, JSON_REQUEST_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Status::out_of_range(format!("the request is larger than {JSON_REQUEST_BYTES_MAX} bytes")))
        }
        Err(error) => Err(Status::cancelled(format!("the request did not arrive as a whole: {error}"))),
    }
}

/// The one message in the body of a request in a stream of Connect.
fn only_message(body: &[u8]) -> Result<&[u8], Status> {
    let invalid = |why: &str| Err(Invalid::value(why).into());
    match body.split_first_chunk::<PREFIX_BYTES>() {
        Some((&[0, a, b, c, d], message)) if message.len() == u32::from_be_bytes([a, b, c, d]) as usize => {
            Ok(message)
        }
        Some((&[0, ..], _)) => invalid("the request has not exactly one message of the length that it says"),
        Some(_) => Err(Status::unimplemented("compressed requests are not accepted")),
        None => invalid("the request has no message"),
    }
}

/// The message in a query string of Connect: `encoding=json&message=…`, with `base64=1` in that form.
fn message_in(query: &str) -> Result<Vec<u8>, Status> {
    let (mut message, mut is_base64, mut encoding) = (None, false, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "message" => message = Some(value.into_owned()),
            "base64" => is_base64 = value == "1",
            "encoding" => encoding = Some(value.into_owned()),
            "compression" if !value.is_empty() && value != "identity" => {
                return Err(Status::unimplemented("compressed requests are not accepted"));
            }
            _ => {}
        }
    }
    if encoding.as_deref() != Some("json") {
        return Err(Invalid::field("encoding", "must be json in the query string").into());
    }
    let message = message.ok_or_else(|| Invalid::field("message", "is missing in the query string"))?;
    match is_base64 {
        false => Ok(message.into_bytes()),
        true => base64_url(&message)
            .map_err(|error| Invalid::field("message", format!("is no base64: {error}")).into()),
    }
}

fn base64_url(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&URL_SAFE, ANY_PADDING).decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_a_query_string_is_json_plain_or_in_base64() {
        let read = |query: &str| message_in(query).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(read("connect=v1&encoding=json&message=%7B%7D").unwrap(), "{}");
        for padded in ["e30=", "e30"] {
            assert_eq!(read(&format!("encoding=json&base64=1&message={padded}")).unwrap(), "{}");
        }
        for wrong in
            ["message={}", "encoding=proto&message=", "encoding=json", "encoding=json&base64=1&message=!"]
        {
            assert_eq!(read(wrong).unwrap_err().code(), tonic::Code::InvalidArgument, "{wrong}");
        }
    }

    #[test]
    fn a_stream_is_asked_for_with_exactly_one_message() {
        assert_eq!(only_message(&enveloped(0, b"{}")).unwrap(), b"{}");
        let two = [enveloped(0, b"{}"), enveloped(0, b"{}")].concat();
        for wrong in [&two[..], &enveloped(0, b"{}")[..6], b"", b"{}"] {
            assert!(only_message(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(only_message(&enveloped(1, b"{}")).unwrap_err().code(), tonic::Code::Unimplemented);
    }

    #[test]
    fn a_time_in_milliseconds_is_what_grpc_can_say() {
        let said = |text: &str| {
            timeout(&HeaderValue::from_str(text).unwrap()).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(said("1500").unwrap(), "1500m");
        assert_eq!(said("9999999999").unwrap(), "9999999S");
        for wrong in ["", "-1", "1s", "12345678901"] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
    }
}
