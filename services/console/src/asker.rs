//! Who asks the stack behind the door: for a page, for a table, or for whoever shows a secret.

use crate::messages::{Messages, enveloped};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, TE};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::Full;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;
use tower::util::BoxCloneService;

/// What answers rpcs.
pub(crate) type Stack = BoxCloneService<Request<Body>, Response<Body>, Infallible>;

/// Somebody who asks, by their token or without one.
pub(crate) struct Asker {
    stack: Mutex<Stack>,
    /// Those of the request that came in: the connection that it came by, among others.
    extensions: http::Extensions,
    authorization: Option<HeaderValue>,
}

impl Asker {
    pub(crate) fn new(
        stack: Stack,
        extensions: http::Extensions,
        authorization: Option<HeaderValue>,
    ) -> Asker {
        Asker { stack: Mutex::new(stack), extensions, authorization }
    }

    /// Asks an rpc whose messages are known at compile time.
    pub(crate) async fn ask<R: proto::Rpc>(&self, request: R) -> Result<R::Response, Status> {
        let answer = self.call(R::PATH, request.encode_to_vec()).await?;
        prost::Message::decode(answer)
            .map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }

    /// The bytes of the only answer.
    pub(crate) async fn call(&self, path: &str, message: Vec<u8>) -> Result<Bytes, Status> {
        let mut messages = Messages::of(self.send(path, message).await?)?;
        let message = messages.next().await?.ok_or_else(|| Status::internal("there is no answer"))?;
        match messages.next().await? {
            None => Ok(message),
            Some(_) => Err(Status::internal("there are several answers")),
        }
    }

    pub(crate) async fn send(&self, path: &str, message: Vec<u8>) -> Result<Response<Body>, Status> {
        let stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = Request::builder()
            .method("POST")
            .version(Version::HTTP_2)
            .uri(path)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Body::new(Full::new(enveloped(0, &message))));
        let mut request = request.map_err(|error| Status::internal(error.to_string()))?;
        *request.extensions_mut() = self.extensions.clone();
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let Ok(answered) = stack.oneshot(request).await;
        Ok(answered)
    }
}

/// The host that a request addresses, with its port; empty if it names none.
pub(crate) fn host_of(head: &http::request::Parts) -> String {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    host.or_else(|| head.uri.authority().map(ToString::to_string)).unwrap_or_default()
}

/// Where the pages are, as a request addresses them; empty if that cannot be part of an address.
pub(crate) fn console_url(head: &http::request::Parts, is_https: bool) -> String {
    let host = host_of(head);
    let is_host = |character: char| character.is_ascii_alphanumeric() || ".-:[]".contains(character);
    match !host.is_empty() && host.len() <= 255 && host.chars().all(is_host) {
        true => format!("{}://{host}", if is_https { "https" } else { "http" }),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_none_is_no_part_of_a_link() {
        let of = |host: &'static str| {
            let request = Request::builder().uri("/calendars/a.ics").header(HOST, host);
            console_url(&request.body(()).unwrap().into_parts().0, true)
        };
        assert_eq!(of("huishang.example:7443"), "https://huishang.example:7443");
        assert_eq!(of("[::1]:7400"), "https://[::1]:7400");
        assert_eq!(of("evil.example/\" x"), "");
    }
}
