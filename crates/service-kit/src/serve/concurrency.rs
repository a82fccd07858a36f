//! The limit on requests under way: a further one is refused at once.

use crate::error::refusal;
use crate::limits::RETRY_PAUSE;
use futures::future::{BoxFuture, Either, FutureExt as _, Ready, ready};
use proto::api::v1::Reason;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic_types::StatusExt as _;
use tower::{Layer, Service};

/// Admits up to a number of requests at once; further ones are refused with `RESOURCE_EXHAUSTED` and the time
/// to wait. A server stream counts until it has begun. Health checks always pass: a busy server is not
/// unhealthy.
#[derive(Clone)]
pub(super) struct ConcurrencyLimitLayer {
    permits: Arc<Semaphore>,
    /// Made once, so that a refusal costs next to nothing.
    refusal: Status,
}

impl ConcurrencyLimitLayer {
    pub(super) fn new(requests_at_once_max: usize) -> ConcurrencyLimitLayer {
        let why = format!(
            "{requests_at_once_max} requests are under way; try again in a moment, with the same command id"
        );
        ConcurrencyLimitLayer {
            permits: Arc::new(Semaphore::new(requests_at_once_max)),
            refusal: exhausted(
                Reason::TooManyRequests,
                why,
                ("max", requests_at_once_max.to_string()),
                RETRY_PAUSE,
            ),
        }
    }
}

/// The status for exceeding a limit, with the time to wait as a `RetryInfo`.
pub(super) fn exhausted(
    reason: Reason,
    why: String,
    detail: (&'static str, String),
    wait: Duration,
) -> Status {
    let status = refusal(reason, why, [detail]);
    let mut details = status.get_error_details();
    details.set_retry_info(Some(wait));
    Status::with_error_details(status.code(), status.message(), details)
}

impl<S> Layer<S> for ConcurrencyLimitLayer {
    type Service = ConcurrencyLimit<S>;
    fn layer(&self, inner: S) -> ConcurrencyLimit<S> {
        ConcurrencyLimit { inner, layer: self.clone() }
    }
}

/// A service with a limit on requests under way.
#[derive(Clone)]
pub(super) struct ConcurrencyLimit<S> {
    inner: S,
    layer: ConcurrencyLimitLayer,
}

impl<S> Service<http::Request<Body>> for ConcurrencyLimit<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future =
        Either<BoxFuture<'static, Result<Self::Response, S::Error>>, Ready<Result<Self::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path().starts_with("/grpc.health.") {
            return Either::Left(self.inner.call(request).boxed());
        }
        match self.layer.permits.clone().try_acquire_owned() {
            Ok(permit) => {
                let answering = self.inner.call(request);
                Either::Left(
                    async move {
                        let answer = answering.await;
                        drop(permit);
                        answer
                    }
                    .boxed(),
                )
            }
            Err(_) => Either::Right(ready(Ok(self.layer.refusal.clone().into_http()))),
        }
    }
}
