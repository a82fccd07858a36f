//! Admission: which requests are worked on, and what they may hold meanwhile.

use super::answer::Answer;
use super::calls::AccessNote;
use super::connection::Connection;
use super::standing::Standing;
use super::stream::Reader;
use crate::Kit;
use crate::config::Limits;
use crate::identity::{Caller, Credential, Session};
use crate::limits::{
    OPEN_REQUEST_BYTES_MAX, REFLECTION_TIMEOUT, REFLECTIONS_AT_ONCE_MAX, REQUEST_BYTES_MAX,
    SECRET_REQUESTS_AT_ONCE_MAX,
};
use crate::places::{Place, Places};
use bytes::{Bytes, BytesMut};
use domain::Actor;
use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use proto::contract::{self, RpcContract};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Length of what precedes a message in a gRPC body, in bytes.
const MESSAGE_PREFIX_BYTES: usize = 5;

/// Admits requests up to a number at once, and up to a share of it for one caller; refuses further ones with
/// `RESOURCE_EXHAUSTED` and the time to wait. It comes after authentication.
///
/// - A request takes a place in its caller's share when it begins, and one of the places for work only when it is
///   there as a whole, so a request that does not arrive keeps nobody from working.
/// - The place is kept until the last byte of the answer has left the process, and what is held for one caller
///   meanwhile is limited in bytes.
/// - Health checks always pass: a busy server is not unhealthy.
#[derive(Clone)]
pub(super) struct AdmissionLayer(Arc<Admission>);

struct Admission {
    requests: Places,
    reflections: Places,
    by_secret: Places,
    standing: Standing,
    request_timeout: Duration,
}

impl AdmissionLayer {
    pub(super) fn new(limits: &Limits, kit: Option<Kit>) -> AdmissionLayer {
        let share = limits.caller_share_percent;
        let bytes_max = limits.caller_memory_mib_max.saturating_mul(1 << 20);
        let requests = Places::new("requests", limits.requests_at_once_max, share).with_bytes_max(bytes_max);
        AdmissionLayer(Arc::new(Admission {
            requests,
            reflections: Places::new("questions to the reflection", REFLECTIONS_AT_ONCE_MAX, 100),
            by_secret: Places::new("requests by secret", SECRET_REQUESTS_AT_ONCE_MAX, 100),
            standing: Standing::new(kit),
            request_timeout: Duration::from_secs(limits.request_body_seconds_max.into()),
        }))
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admitted<S>;
    fn layer(&self, inner: S) -> Admitted<S> {
        Admitted { inner, admission: self.0.clone() }
    }
}

/// A service whose requests are admitted.
#[derive(Clone)]
pub(super) struct Admitted<S> {
    inner: S,
    admission: Arc<Admission>,
}

impl<S> Service<Request<Body>> for Admitted<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (inner, admission) = (self.inner.clone(), self.admission.clone());
        let inner = std::mem::replace(&mut self.inner, inner);
        async move { Ok(admission.answer(inner, request).await.unwrap_or_else(Status::into_http)) }.boxed()
    }
}

impl Admission {
    async fn answer<S>(&self, mut service: S, request: Request<Body>) -> Result<Response<Body>, Status>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let Some(calling) = request.extensions().get::<Caller>().cloned() else {
            return self.answer_anybody(service, request).await;
        };
        let Caller(caller) = &calling;
        if let Some(connection) = request.extensions().get::<Arc<Connection>>() {
            connection.admit(caller)?;
        }
        // Authentication lets no request pass whose rpc is not in the contract.
        let rpc = contract::rpc(request.uri().path().trim_start_matches('/'));
        let mut place = self.requests.reserve(caller)?;
        let request = self.whole(request, &mut place, rpc).await?;
        place.begin(caller)?;
        let session = request.extensions().get::<Session>();
        let session = session.filter(|_| !rpc.is_some_and(|rpc| rpc.after_sign_out));
        self.standing.check(caller, session).await?;
        let credential = request.extensions().get::<Credential>().cloned();
        let Ok(response) = calling.calling(service.call(request)).await;
        let (head, body) = response.into_parts();
        let body = match credential {
            Some(credential) => {
                let standing = self.standing.clone();
                Answer::stream(body, place, move || standing.clone().check_again(credential.clone()).boxed())
            }
            None => Answer::unary(body, place).await?,
        };
        Ok(Response::from_parts(head, body))
    }

    /// Answers what needs no token: health checks, reflection, and what a secret in the request is enough for.
    async fn answer_anybody<S>(
        &self,
        mut service: S,
        request: Request<Body>,
    ) -> Result<Response<Body>, Status>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
        S::Future: Send,
    {
        let path = request.uri().path();
        let is_health = path.starts_with("/grpc.health.");
        let is_by_secret = contract::rpc(path.trim_start_matches('/')).is_some();
        let on_connection = match request.extensions().get::<Arc<Connection>>() {
            Some(connection) => Some(connection.admit_anybody()?),
            None => None,
        };
        let anybody = Actor::process("anybody");
        let place = match (is_health, is_by_secret) {
            (true, _) => None,
            (false, true) => Some(self.by_secret.take(&anybody)?),
            (false, false) => {
                Reader::of_this_stream().is_served_for(REFLECTION_TIMEOUT);
                Some(self.reflections.take(&anybody)?)
            }
        };
        let request = request.map(|body| match is_by_secret {
            true => small(body),
            false => body,
        });
        let Ok(response) = service.call(request).await;
        // Both are kept until the answer is done, which for a watched health is when the watcher leaves.
        Ok(response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _kept = (&on_connection, &place);
                frame
            }))
        }))
    }

    /// Waits until a request is there as a whole.
    async fn whole(
        &self,
        request: Request<Body>,
        place: &mut Place,
        rpc: Option<&RpcContract>,
    ) -> Result<Request<Body>, Status> {
        let (head, body) = request.into_parts();
        let collected = tokio::time::timeout(self.request_timeout, collect(body, place)).await;
        let bytes = collected.map_err(|_| {
            let seconds = self.request_timeout.as_secs();
            Status::cancelled(format!("the request did not arrive as a whole within {seconds} s"))
        })??;
        if let Some(note) = head.extensions.get::<AccessNote>() {
            note.set(rpc.and_then(|rpc| rpc.accessed(bytes.get(MESSAGE_PREFIX_BYTES..)?)));
        }
        Ok(Request::from_parts(head, Body::new(Full::new(bytes))))
    }
}

/// The body of a request without a token, which is refused when it is large.
fn small(body: Body) -> Body {
    let too_large =
        |_| Status::out_of_range(format!("the request is larger than {OPEN_REQUEST_BYTES_MAX} bytes"));
    Body::new(Limited::new(body, MESSAGE_PREFIX_BYTES + OPEN_REQUEST_BYTES_MAX).map_err(too_large))
}

/// Takes in the body of a request, which holds its bytes in the caller's memory.
async fn collect(mut body: Body, place: &mut Place) -> Result<Bytes, Status> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if bytes.len() + data.len() > MESSAGE_PREFIX_BYTES + REQUEST_BYTES_MAX {
            let why = format!("the request is larger than {REQUEST_BYTES_MAX} bytes");
            return Err(Status::out_of_range(why));
        }
        place.hold(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}
