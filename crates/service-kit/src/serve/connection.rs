//! Connections: each is served in a task of its own, and closed when it brings no token in time.

use super::arrival::{Arrival, arrive};
use super::calls::ConnectionLog;
use super::connections::{Admittance, Connections};
use super::stream::{StreamExecutor, until_over};
use super::tls::Tls;
use super::unread;
use crate::accept;
use crate::config::Limits;
use crate::error::refusal;
use crate::limits::{
    CLOSE_TIMEOUT, CONNECTION_WINDOW_BYTES, HEADER_BYTES_MAX, HTTP1_BUFFER_BYTES_MAX, HTTP1_IDLE_TIMEOUT,
    KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, OPEN_REQUESTS_AT_ONCE_MAX, REQUEST_BYTES_MAX, RETRY_PAUSE,
};
use crate::places::exhausted;
use domain::Actor;
use futures::TryFutureExt as _;
use futures::future::Either;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use proto::api::v1::Reason;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tower::{Service, ServiceExt as _};

/// What serves the requests of connections.
pub(super) trait Requests:
    Service<Request<Body>, Response = http::Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Requests for S where
    S: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Which versions of HTTP are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// HTTP/2, which gRPC runs on.
    Two,
    /// HTTP/1.1 too.
    OneAndTwo,
}

/// Serves connections, with TLS if there is one, until `stop`, and then waits until the last request is answered.
pub(super) async fn serve(
    listener: TcpListener,
    versions: Versions,
    tls: Option<Arc<Tls>>,
    log: ConnectionLog,
    limits: &Limits,
    requests: impl Requests,
    stop: CancellationToken,
) {
    let (connections, tasks) = (Connections::new(limits), TaskTracker::new());
    let unknown_timeout = Duration::from_secs(limits.unknown_connection_seconds_max.into());
    let stall_timeout = Duration::from_secs(limits.answer_stall_seconds_max.into());
    let http = http(limits, versions, StreamExecutor { stall_timeout, tasks: tasks.clone() });
    let serving = Serving { http, tls, log, stop, unknown_timeout, stall_timeout };
    while let Some((socket, peer)) = accept::next(&listener, &serving.stop).await {
        let connection = Connection::new(peer.ip(), connections.enter(peer.ip()));
        tasks.spawn(serving.clone().run(socket, connection, requests.clone()));
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

fn http(limits: &Limits, versions: Versions, executor: StreamExecutor) -> auto::Builder<StreamExecutor> {
    let mut http = auto::Builder::new(executor);
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HTTP1_IDLE_TIMEOUT)
        .max_buf_size(HTTP1_BUFFER_BYTES_MAX);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.connection_requests_at_once_max)
        .initial_stream_window_size(REQUEST_BYTES_MAX as u32)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(HEADER_BYTES_MAX)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    match versions {
        Versions::Two => http.http2_only(),
        Versions::OneAndTwo => http,
    }
}

/// A connection, as its requests see it.
pub(super) struct Connection {
    address: IpAddr,
    admittance: Admittance,
    /// Requests without a token that are under way on it.
    anybody: Arc<Semaphore>,
}

impl Connection {
    fn new(address: IpAddr, admittance: Admittance) -> Connection {
        let anybody = Arc::new(Semaphore::new(OPEN_REQUESTS_AT_ONCE_MAX));
        Connection { address, admittance, anybody }
    }

    /// The address of the peer.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// Admits a request of this caller, which makes the connection known.
    pub(super) fn admit(&self, caller: &Actor) -> Result<(), Status> {
        self.admittance.admit(&caller.subject)
    }

    /// Admits a request that needs no token, for as long as the permit is kept.
    pub(super) fn admit_anybody(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.anybody.clone().try_acquire_owned().map_err(|_| {
            let max = OPEN_REQUESTS_AT_ONCE_MAX.to_string();
            let why = format!("{max} requests without a token are under way on this connection");
            exhausted(Reason::TooManyRequests, why, ("max", max), RETRY_PAUSE)
        })
    }
}

/// How connections are served.
#[derive(Clone)]
struct Serving {
    http: auto::Builder<StreamExecutor>,
    tls: Option<Arc<Tls>>,
    log: ConnectionLog,
    stop: CancellationToken,
    unknown_timeout: Duration,
    stall_timeout: Duration,
}

impl Serving {
    async fn run(self, socket: TcpStream, connection: Connection, requests: impl Requests) {
        let token_due = Instant::now() + self.unknown_timeout;
        let arrival = tokio::select! {
            arrival = arrive(socket, self.tls.as_deref()) => arrival,
            () = connection.admittance.displaced() => return,
            () = tokio::time::sleep_until(token_due) => return,
            () = self.stop.cancelled() => return,
        };
        let arrival = match arrival {
            Ok(arrival) => arrival,
            Err(why) => return self.log.refused(connection.address, "TLS_FAILED", &why),
        };
        if arrival.lacks_tls {
            self.log.refused(connection.address, "TLS_REQUIRED", "it speaks no TLS");
        }
        // Over HTTP/1.1, a connection is what a stream is over HTTP/2: it ends when its client does not read.
        until_over(self.serve(arrival, Arc::new(connection), token_due, requests), self.stall_timeout).await;
    }

    async fn serve(
        &self,
        arrival: Arrival,
        connection: Arc<Connection>,
        token_due: Instant,
        requests: impl Requests,
    ) {
        let Arrival { io, lacks_tls, certificate } = arrival;
        let of = connection.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            if lacks_tls {
                return Either::Left(std::future::ready(Ok(tls_required(&request))));
            }
            let (request, reading) = unread::noted(request);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(of.clone());
            if let Some(certificate) = &certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            let answering = requests.clone().oneshot(request);
            Either::Right(answering.map_ok(|response| reading.answered(response)))
        });
        let mut served = pin!(self.http.serve_connection(TokioIo::new(io), service));
        let ended = tokio::select! {
            ended = &mut served => ended,
            // Its place is another's by now.
            () = connection.admittance.displaced() => return,
            () = unknown_for_too_long(&connection, token_due) => {
                tracing::debug!("a connection is closed: it has brought no valid token");
                served.as_mut().graceful_shutdown();
                tokio::time::timeout(CLOSE_TIMEOUT, served).await.unwrap_or(Ok(()))
            }
            () = self.stop.cancelled() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// What is answered to whoever speaks no TLS where it is spoken.
fn tls_required(request: &Request<Incoming>) -> http::Response<Body> {
    let status = refusal(Reason::TlsRequired, "TLS is spoken here; use https:// in the address", []);
    if is_grpc(request.headers()) {
        return status.into_http();
    }
    let mut response = http::Response::new(Body::new(Full::from(format!("{}\n", status.message()))));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Whether a request or an answer is one of gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

async fn unknown_for_too_long(connection: &Connection, token_due: Instant) {
    tokio::time::sleep_until(token_due).await;
    if connection.admittance.is_known() {
        std::future::pending().await
    }
}
