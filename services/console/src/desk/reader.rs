//! Who reads a page: every rpc is asked with their token, on the stack that answers everybody.

use super::Desk;
use super::answer::Failure;
use super::directory::Directory;
use super::moment::Calendar;
use super::preferences::Preferences;
use super::session::{Holder, Session};
use super::words::Words;
use crate::json;
use crate::messages::{Messages, enveloped};
use crate::response::{self, Writing};
use crate::route::{self, Rpc};
use crate::wanted::Wanted;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::Full;
use prost::Message;
use prost_reflect::DynamicMessage;
use proto::directory::v1::GetCalendarRequest;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;
use tower::util::BoxCloneService;

/// What answers rpcs.
pub(crate) type Stack = BoxCloneService<Request<Body>, Response<Body>, Infallible>;

/// Somebody who is signed in and reads a page.
pub(super) struct Reader {
    stack: Mutex<Stack>,
    /// Those of the page's request: the connection that it came by, among others.
    extensions: http::Extensions,
    pub(super) session: Session,
    pub(super) holder: Holder,
    pub(super) preferences: Preferences,
    pub(super) words: Words,
}

/// What most pages name: departments and days.
pub(super) struct Surroundings {
    pub(super) directory: Directory,
    pub(super) calendar: Calendar,
}

impl Reader {
    pub(super) fn new(
        stack: Stack,
        extensions: http::Extensions,
        session: Session,
        preferences: Preferences,
    ) -> Reader {
        let (holder, words) = (session.holder.clone(), Words(preferences.language));
        Reader { stack: Mutex::new(stack), extensions, session, holder, preferences, words }
    }

    /// Asks an rpc whose messages are known at compile time.
    pub(super) async fn ask<R: proto::Rpc>(&self, request: R) -> Result<R::Response, Status> {
        let answer = self.call(R::PATH, request.encode_to_vec()).await?;
        R::Response::decode(answer)
            .map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }

    /// Asks an rpc that is known by its description, with a message from JSON.
    pub(super) async fn command(&self, rpc: &Rpc, message: Value) -> Result<DynamicMessage, Status> {
        let message = json::read(rpc.method.input(), message)?;
        let answer = self.call(&format!("/{}", rpc.contract.path), message.encode_to_vec()).await?;
        DynamicMessage::decode(rpc.method.output(), answer)
            .map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }

    /// Follows what an rpc streams, as server-sent events.
    pub(super) async fn follow<R: proto::StreamingRpc>(&self, request: R) -> Result<Response<Body>, Status> {
        let rpc = route::by_name(R::PATH).ok_or_else(|| Status::unimplemented(R::PATH))?;
        let answered = self.send(R::PATH, request.encode_to_vec()).await?;
        let language = self.preferences.language;
        let wanted = Wanted { problem: false, events: true, table: false, language };
        response::streamed(rpc, answered, Writing::ByRoute(wanted))
    }

    async fn call(&self, path: &str, message: Vec<u8>) -> Result<Bytes, Status> {
        let mut messages = Messages::of(self.send(path, message).await?)?;
        let message = messages.next().await?.ok_or_else(|| Status::internal("there is no answer"))?;
        match messages.next().await? {
            None => Ok(message),
            Some(_) => Err(Status::internal("there are several answers")),
        }
    }

    async fn send(&self, path: &str, message: Vec<u8>) -> Result<Response<Body>, Status> {
        let stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.session.token));
        let mut bearer =
            bearer.map_err(|_| Status::unauthenticated("the token has characters that none has"))?;
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method("POST")
            .version(Version::HTTP_2)
            .uri(path)
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Body::new(Full::new(enveloped(0, &message))));
        let mut request = request.map_err(|error| Status::internal(error.to_string()))?;
        *request.extensions_mut() = self.extensions.clone();
        let Ok(answered) = stack.oneshot(request).await;
        Ok(answered)
    }

    /// The names of departments, and how days are written.
    pub(super) async fn surroundings(&self, desk: &Desk) -> Result<Surroundings, Failure> {
        let (directory, calendar) =
            futures::future::try_join(Directory::read(self), self.ask(GetCalendarRequest::default())).await?;
        let zone = calendar.calendar.map_or_else(|| desk.time_zone.clone(), |calendar| calendar.time_zone);
        Ok(Surroundings { directory, calendar: Calendar::of(&zone) })
    }
}
