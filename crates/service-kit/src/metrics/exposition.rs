//! Where metrics are fetched: `GET /metrics` on a listener of its own, in the text format of Prometheus.

use super::calls;
use super::catalogue::{ALL, BUILD_INFO, Kind};
use crate::accept;
use crate::limits::{SCRAPE_TIMEOUT, SCRAPES_AT_ONCE_MAX, UPKEEP_INTERVAL};
use crate::version;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// The content type of Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Where metrics are.
const PATH: &str = "/metrics";

/// Why metrics cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The address cannot be listened on.
    #[error("metrics.listen: cannot listen on {address}: {error}; choose another address or leave it out")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The catalogue is wrong.
    #[error("the catalogue of metrics: {0}")]
    Catalogue(#[from] BuildError),
    /// Something else in this process records metrics already.
    #[error("metrics are recorded already in this process")]
    Started,
}

/// Begins recording, and serves what is recorded at `http://<listen>/metrics` until `stop`. Returns the address. What
/// was measured before, and every handle that was kept before, records nothing, so this comes first.
#[expect(clippy::disallowed_methods, reason = "metrics are served until the process ends")]
pub async fn start(listen: SocketAddr, stop: CancellationToken) -> Result<SocketAddr, MetricsError> {
    let refused = |error| MetricsError::Listen { address: listen, error };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let recorded = record()?;
    tracing::info!(%address, "metrics are served");
    tokio::spawn(upkeep(recorded.clone(), stop.clone()));
    tokio::spawn(serve(listener, recorded, stop));
    Ok(address)
}

fn record() -> Result<PrometheusHandle, MetricsError> {
    let mut builder = PrometheusBuilder::new();
    for metric in ALL {
        if let Kind::Histogram(buckets) = metric.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)?;
        }
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Started)?;
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => describe_histogram!(metric.name, metric.help),
        }
    }
    BUILD_INFO.gauge(&[version::VERSION, version::COMMIT.unwrap_or("unknown")]).set(1.0);
    calls::register();
    Ok(handle)
}

/// Sorts what histograms have taken in into their buckets, so that it does not pile up while nobody asks.
async fn upkeep(recorded: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(UPKEEP_INTERVAL)).await.is_some() {
        recorded.run_upkeep();
    }
}

#[expect(clippy::disallowed_methods, reason = "an answer has a time of its own")]
async fn serve(listener: TcpListener, recorded: PrometheusHandle, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(SCRAPES_AT_ONCE_MAX));
    while let Some((socket, _)) = accept::next(&listener, &stop).await {
        // Without a place the connection is closed at once.
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let recorded = recorded.clone();
        tokio::spawn(async move {
            let _ = tokio::time::timeout(SCRAPE_TIMEOUT, answer(socket, recorded)).await;
            drop(place);
        });
    }
}

/// Answers one request, and closes the connection.
async fn answer(socket: TcpStream, recorded: PrometheusHandle) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(request.method(), request.uri().path(), &recorded);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SCRAPE_TIMEOUT).keep_alive(false);
    if let Err(error) = http.serve_connection(TokioIo::new(socket), service).await {
        tracing::debug!(%error, "a scrape broke off");
    }
}

fn respond(method: &Method, path: &str, recorded: &PrometheusHandle) -> Response<Full<Bytes>> {
    let text = |status: StatusCode, text: String| {
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(TEXT_FORMAT));
        response
    };
    match (path, method) {
        (PATH, &Method::GET) => text(StatusCode::OK, recorded.render()),
        (PATH, _) => {
            let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, format!("GET {PATH}\n"));
            refused.headers_mut().insert(ALLOW, http::HeaderValue::from_static("GET"));
            refused
        }
        _ => text(StatusCode::NOT_FOUND, format!("metrics are at {PATH}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metrics_are_there_and_can_only_be_read() {
        let recorded = PrometheusBuilder::new().build_recorder().handle();
        for (method, path, status) in [
            (Method::GET, "/metrics", StatusCode::OK),
            (Method::POST, "/metrics", StatusCode::METHOD_NOT_ALLOWED),
            (Method::GET, "/", StatusCode::NOT_FOUND),
            (Method::GET, "/metrics/../keys", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(respond(&method, path, &recorded).status(), status, "{method} {path}");
        }
    }
}
