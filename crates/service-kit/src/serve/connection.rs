//! Connections: each is served in a task of its own, and closed when it brings no token in time.

use super::connections::{Admittance, Connections};
use super::stream::StreamExecutor;
use crate::accept;
use crate::config::Limits;
use crate::limits::{
    CLOSE_TIMEOUT, CONNECTION_WINDOW_BYTES, HEADER_BYTES_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT,
    OPEN_REQUESTS_AT_ONCE_MAX, REQUEST_BYTES_MAX, RETRY_PAUSE,
};
use crate::places::exhausted;
use domain::Actor;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use proto::api::v1::Reason;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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

/// Serves connections until `stop`, and then waits until the last request is answered.
pub(super) async fn serve(
    listener: TcpListener,
    limits: &Limits,
    requests: impl Requests,
    stop: CancellationToken,
) {
    let (connections, tasks) = (Connections::new(limits), TaskTracker::new());
    let unknown_timeout = Duration::from_secs(limits.unknown_connection_seconds_max.into());
    let http = http2(limits, tasks.clone());
    while let Some((socket, peer)) = accept::next(&listener, &stop).await {
        let address = peer.ip();
        let connection = Connection {
            address,
            admittance: connections.enter(address),
            anybody: Arc::new(Semaphore::new(OPEN_REQUESTS_AT_ONCE_MAX)),
        };
        let serving = Serving { http: http.clone(), stop: stop.clone(), unknown_timeout };
        tasks.spawn(serving.run(socket, Arc::new(connection), requests.clone()));
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

fn http2(limits: &Limits, tasks: TaskTracker) -> http2::Builder<StreamExecutor> {
    let stall_timeout = Duration::from_secs(limits.answer_stall_seconds_max.into());
    let mut http = http2::Builder::new(StreamExecutor { stall_timeout, tasks });
    http.timer(TokioTimer::new())
        .max_concurrent_streams(limits.connection_requests_at_once_max)
        .initial_stream_window_size(REQUEST_BYTES_MAX as u32)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(HEADER_BYTES_MAX)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    http
}

/// A connection, as its requests see it.
pub(super) struct Connection {
    address: IpAddr,
    admittance: Admittance,
    /// Requests without a token that are under way on it.
    anybody: Arc<Semaphore>,
}

impl Connection {
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

/// How one connection is served.
struct Serving {
    http: http2::Builder<StreamExecutor>,
    stop: CancellationToken,
    unknown_timeout: Duration,
}

impl Serving {
    async fn run(self, socket: TcpStream, connection: Arc<Connection>, requests: impl Requests) {
        let of = connection.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(of.clone());
            requests.clone().oneshot(request)
        });
        let mut served = pin!(self.http.serve_connection(TokioIo::new(socket), service));
        let ended = tokio::select! {
            ended = &mut served => ended,
            // Its place is another's by now.
            () = connection.admittance.displaced() => return,
            () = self.unknown_for_too_long(&connection) => {
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

    async fn unknown_for_too_long(&self, connection: &Connection) {
        tokio::time::sleep(self.unknown_timeout).await;
        if connection.admittance.is_known() {
            std::future::pending().await
        }
    }
}
