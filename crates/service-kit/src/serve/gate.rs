//! The gate: so many requests at once and no more; who comes on top is told so at once.

use crate::limits::RETRY_PAUSE;
use futures::future::{BoxFuture, Either, FutureExt as _, Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::{Layer, Service};

/// Lets so many requests in; further ones are refused with `RESOURCE_EXHAUSTED` and the time to wait. A
/// server stream counts until it has begun. Health checks pass always: a server that has much to do is not
/// ill.
#[derive(Clone)]
pub(super) struct GateLayer {
    places: Arc<Semaphore>,
    /// Made once, so that a refusal costs next to nothing.
    refusal: Status,
}

impl GateLayer {
    pub(super) fn new(requests_at_once_max: usize) -> GateLayer {
        let why = format!(
            "{requests_at_once_max} requests are under way; ask again in a moment, with the same command id"
        );
        GateLayer {
            places: Arc::new(Semaphore::new(requests_at_once_max)),
            refusal: refusal(why, RETRY_PAUSE),
        }
    }
}

/// More than is taken: `RESOURCE_EXHAUSTED`, with the time to wait as a `RetryInfo`.
pub(super) fn refusal(why: String, wait: Duration) -> Status {
    Status::with_error_details(Code::ResourceExhausted, why, ErrorDetails::with_retry_info(Some(wait)))
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;
    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, layer: self.clone() }
    }
}

/// The service behind the gate.
#[derive(Clone)]
pub(super) struct Gate<S> {
    inner: S,
    layer: GateLayer,
}

impl<S> Service<http::Request<Body>> for Gate<S>
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
        match self.layer.places.clone().try_acquire_owned() {
            Ok(place) => {
                let answering = self.inner.call(request);
                Either::Left(
                    async move {
                        let answer = answering.await;
                        drop(place);
                        answer
                    }
                    .boxed(),
                )
            }
            Err(_) => Either::Right(ready(Ok(self.layer.refusal.clone().into_http()))),
        }
    }
}
