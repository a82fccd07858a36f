//! The gate: so many requests at once and no more; who comes on top is told so at once.

use crate::limits::REQUESTS_AT_ONCE_MAX;
use futures::future::{BoxFuture, Either, FutureExt as _, Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Lets [`REQUESTS_AT_ONCE_MAX`] requests in; further ones are refused with `RESOURCE_EXHAUSTED`. A server
/// stream counts until it has begun.
#[derive(Clone)]
pub(super) struct GateLayer(Arc<Semaphore>);

impl GateLayer {
    pub(super) fn new() -> GateLayer {
        GateLayer(Arc::new(Semaphore::new(REQUESTS_AT_ONCE_MAX)))
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;
    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, places: self.0.clone() }
    }
}

/// The service behind the gate.
#[derive(Clone)]
pub(super) struct Gate<S> {
    inner: S,
    places: Arc<Semaphore>,
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
        match self.places.clone().try_acquire_owned() {
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
            Err(_) => {
                let status = Status::resource_exhausted(format!(
                    "{REQUESTS_AT_ONCE_MAX} requests are under way; ask again in a moment, with the same command id"
                ));
                Either::Right(ready(Ok(status.into_http())))
            }
        }
    }
}
