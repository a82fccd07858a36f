//! What stands in the place of services that run in other processes: it passes calls on to them.

use bytes::Bytes;
use client::{Connections, root_cause};
use futures::future::{BoxFuture, FutureExt as _};
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body::Body as HttpBody;
use proto::contract;
use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::{Service, ServiceExt as _};

/// Passes calls on to the services of an installation, with their callers' tokens.
#[derive(Clone)]
pub struct Forward(Connections);

impl Forward {
    /// Passes calls on by these connections.
    pub fn new(connections: Connections) -> Forward {
        Forward(connections)
    }

    async fn pass_on(self, request: Request<Body>) -> Result<Response<Body>, Status> {
        // Without a token, a service would take the certificate of this process for its caller's.
        let path = request.uri().path().to_owned();
        let by_secret = contract::rpc(path.trim_start_matches('/')).is_some_and(|rpc| rpc.by_secret);
        if !by_secret && !request.headers().contains_key(AUTHORIZATION) {
            return Err(token_needed());
        }
        let elsewhere = |_| Status::unimplemented(format!("{path} is answered by each process for itself"));
        let channel = self.0.for_rpc(&path).map_err(elsewhere)?;
        let answered = channel.oneshot(request).await;
        answered.map_err(|error| Status::unavailable(format!("{}; try again", root_cause(&error))))
    }
}

fn token_needed() -> Status {
    let why = "a token is needed here: a certificate is shown to the service itself, and not to who passes on a call";
    let none = HashMap::<String, String>::new();
    let details = ErrorDetails::with_error_info("TOKEN_MISSING", "huishang.api.v1", none);
    Status::with_error_details(Code::Unauthenticated, why, details)
}

impl<B> Service<Request<B>> for Forward
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let forwarding = self.clone().pass_on(request.map(Body::new));
        async move { Ok(forwarding.await.unwrap_or_else(Status::into_http)) }.boxed()
    }
}
