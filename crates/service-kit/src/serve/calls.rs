//! What a process says about the calls that it gets: metrics of all of them, one line in its log for each that was
//! refused or failed, and, for debugging, one for each other. Neither tokens nor what requests contain are logged.

mod access;
mod repeats;

use super::connection::Connection;
use crate::Tasks;
use crate::access_log::{AccessLog, Entry, Event, ShownLabel};
use crate::error::code_name;
use crate::identity::CallerNote;
use crate::metrics::CallMetrics;
use crate::traces::{self, Span};
pub(super) use access::AccessNote;
use access::AccessObserver;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};
use proto::contract;
use repeats::{Kind, Repeats};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};
use tracing::{Instrument as _, Level};

/// What the filter of the log calls these lines.
const TARGET: &str = "calls";
/// The header with the trace context of a request.
const TRACEPARENT: &str = "traceparent";

/// Counts calls and logs them. It is the outermost layer, so that it hears of what each of the others refuses.
#[derive(Clone)]
pub(super) struct CallLayer {
    repeats: Arc<Repeats>,
    access: AccessObserver,
}

impl CallLayer {
    pub(super) fn new(access_log: AccessLog, tasks: &Tasks) -> CallLayer {
        let repeats = Arc::new(Repeats::default());
        tasks.spawn(repeats.clone().report_until(access_log.clone(), tasks.stop().clone()));
        CallLayer { repeats, access: AccessObserver::new(access_log) }
    }

    /// The log of connections, which counts together with this one.
    pub(super) fn of_connections(&self) -> ConnectionLog {
        ConnectionLog(self.repeats.clone())
    }
}

/// Logs connections that are not accepted, beside the calls.
#[derive(Clone)]
pub(super) struct ConnectionLog(Arc<Repeats>);

impl ConnectionLog {
    /// Logs that the connection of a peer was refused, and why; counts when that happens often.
    pub(super) fn refused(&self, peer: IpAddr, reason: &str, why: &str) {
        let kind = Kind {
            rpc: "connection".to_owned(),
            code: Code::Unauthenticated,
            reason: reason.to_owned(),
            subject: String::new(),
        };
        if self.0.has_its_own_line(&kind) {
            tracing::info!(target: TARGET, rpc = kind.rpc, reason, %peer, why, "a connection was refused");
        }
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = Watched<S>;
    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, layer: self.clone() }
    }
}

/// A service whose calls are counted and logged.
#[derive(Clone)]
pub(super) struct Watched<S> {
    inner: S,
    layer: CallLayer,
}

impl<S> Service<http::Request<Body>> for Watched<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let mut call = Call::begin(&mut request, self.layer.clone());
        let lines = traces::of_log_lines(call.traceparent());
        let answering = lines.in_scope(|| self.inner.call(request)).instrument(lines);
        Box::pin(async move {
            let response = answering.await?;
            let refused = Status::from_header_map(response.headers());
            let shown = response.extensions().get::<ShownLabel>().copied();
            call.note_access(refused.as_ref().map_or(Code::Ok, Status::code), shown);
            match refused {
                Some(status) => call.end(&status),
                None => return Ok(response.map(|body| Body::new(LoggedBody { body, call }))),
            }
            Ok(response)
        })
    }
}

/// A call under way.
struct Call {
    uri: Uri,
    caller: CallerNote,
    peer: Option<IpAddr>,
    traceparent: Option<HeaderValue>,
    span: Span,
    metrics: &'static CallMetrics,
    began: Instant,
    layer: CallLayer,
    accessed: AccessNote,
    /// Distinguishes one token from another, where that is of interest.
    token: Option<u64>,
    ended: bool,
}

impl Call {
    fn begin(request: &mut http::Request<Body>, layer: CallLayer) -> Call {
        let caller = CallerNote::default();
        request.extensions_mut().insert(caller.clone());
        let accessed = AccessNote::default();
        if layer.access.is_on() {
            request.extensions_mut().insert(accessed.clone());
        }
        let span = begin_span(request);
        let connection = request.extensions().get::<Arc<Connection>>();
        let metrics = CallMetrics::of(request.uri().path().trim_start_matches('/'));
        metrics.begin();
        Call {
            peer: connection.map(|connection| connection.address()),
            traceparent: request.headers().get(TRACEPARENT).cloned(),
            uri: request.uri().clone(),
            span,
            caller,
            metrics,
            began: Instant::now(),
            token: layer.access.digest_of_token(request.headers()),
            accessed,
            layer,
            ended: false,
        }
    }

    fn end(&mut self, status: &Status) {
        self.ended = true;
        self.metrics.end(status.code(), self.began.elapsed());
        match status.code() {
            Code::Ok => {
                self.log_success("answered");
                self.span.end_call(status, "");
            }
            _ => self.log_refusal(status),
        }
    }

    /// Notes in the access log what is of interest there, once it is known how the call is answered.
    fn note_access(&self, code: Code, shown: Option<ShownLabel>) {
        let (access, actor) = (&self.layer.access, self.caller.actor());
        if let Some(actor) = actor.filter(|_| access.is_first_call_with(self.token)) {
            let entry = self.entry(Event::TokenAccepted, Code::Ok);
            access.log.note(&entry.by(Some(actor)));
        }
        if let Some(accessed) = self.accessed.get() {
            let entry = self.entry(Event::Accessed, code).by(actor);
            let label = shown.map(|ShownLabel(label)| label.as_str());
            access.log.note(&Entry { accessed: Some(accessed), label, ..entry });
        }
    }

    fn entry(&self, event: Event, code: Code) -> Entry<'_> {
        Entry { peer: self.peer, trace_id: self.trace_id(), ..Entry::new(event, self.rpc(), code_name(code)) }
    }

    fn log_success(&self, outcome: &str) {
        if !tracing::enabled!(target: TARGET, Level::DEBUG) {
            return;
        }
        let actor = self.caller.actor();
        tracing::debug!(
            target: TARGET,
            rpc = self.rpc(),
            subject = actor.map(|actor| actor.subject.as_str()),
            department = actor.and_then(|actor| actor.department.as_ref()).map(|code| code.as_str()),
            duration_ms = self.duration_ms(),
            trace_id = self.trace_id(),
            "{outcome}"
        );
    }

    fn log_refusal(&mut self, status: &Status) {
        let details = status.get_error_details();
        let actor = self.caller.actor();
        let kind = Kind {
            rpc: self.rpc().to_owned(),
            code: status.code(),
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            subject: actor.map(|actor| actor.subject.clone()).unwrap_or_default(),
        };
        CallMetrics::refuse(&kind.reason);
        self.span.end_call(status, &kind.reason);
        if !self.layer.repeats.has_its_own_line(&kind) {
            return;
        }
        if let Some(event) = access::event_of_refusal(kind.code) {
            let entry = self.entry(event, kind.code).by(actor);
            self.layer.access.log.note(&Entry { reason: kind.reason(), ..entry });
        }
        tracing::info!(
            target: TARGET,
            rpc = kind.rpc,
            code = code_name(kind.code),
            reason = kind.reason(),
            subject = kind.subject(),
            department = actor.and_then(|actor| actor.department.as_ref()).map(|code| code.as_str()),
            peer = self.peer.filter(|_| actor.is_none()).map(|peer| peer.to_string()),
            duration_ms = self.duration_ms(),
            trace_id = self.trace_id(),
            why = is_about_no_matter(status.code()).then(|| status.message()),
            "not carried out"
        );
    }

    /// Its name, if there is such an rpc. Whoever has no token could otherwise write anything into the log.
    fn rpc(&self) -> &str {
        let path = self.uri.path().trim_start_matches('/');
        match contract::rpc(path) {
            Some(rpc) => &rpc.path,
            None if path == "grpc.health.v1.Health/Check" || path == "grpc.health.v1.Health/Watch" => path,
            None if path.starts_with("grpc.reflection.") => "grpc.reflection",
            None => "unknown",
        }
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The trace that the call belongs to (W3C Trace Context).
    fn trace_id(&self) -> Option<&str> {
        traces::trace_id(self.traceparent()?)
    }

    fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_ref()?.to_str().ok()
    }
}

/// Begins the span of a call, in which everything happens that the request causes from here on: it names the span as
/// its parent.
fn begin_span(request: &mut http::Request<Body>) -> Span {
    let headers = request.headers();
    let traceparent = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let rpc = contract::rpc(request.uri().path().trim_start_matches('/'));
    let Some(rpc) = rpc else { return Span::default() };
    let span = Span::of_call(&rpc.path, traceparent);
    if let Some(own) = span.traceparent().and_then(|own| HeaderValue::try_from(own).ok()) {
        request.headers_mut().insert(TRACEPARENT, own);
    }
    span
}

/// A call that ends without an answer: the caller went away, or the process stops.
impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.metrics.end(Code::Cancelled, self.began.elapsed());
            self.log_success("the caller did not wait for the end");
        }
    }
}

/// Whether the sentence of such a status speaks of the token, the load or the journal. That of any other may repeat
/// what the request says.
fn is_about_no_matter(code: Code) -> bool {
    matches!(
        code,
        Code::Unauthenticated | Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded
    )
}

/// A body that says at its end how the call ended.
struct LoggedBody {
    body: Body,
    call: Call,
}

impl LoggedBody {
    fn end(&mut self, trailers: &HeaderMap) {
        let status = Status::from_header_map(trailers).unwrap_or_else(|| Status::new(Code::Ok, ""));
        self.call.end(&status);
    }
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(trailers);
                }
            }
            Some(Err(status)) => self.call.end(status),
            None if self.call.ended => {}
            None => self.end(&HeaderMap::new()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
