//! Authentication: a request passes with an identity whose roles may call the rpc, or not at all.

use super::Verifier;
use crate::error::refusal;
use domain::{Actor, Role};
use proto::api::v1::Reason;
use proto::contract;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// The identity of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// Lets requests through that carry a valid token whose roles may call the rpc. Health checks and
/// reflection, which reveal nothing of the realm's matters, are open.
#[derive(Clone)]
pub struct IdentityLayer {
    verifier: Arc<Verifier>,
}

impl IdentityLayer {
    /// A layer that accepts tokens which these keys vouch for. Who may call what is in the protos.
    pub fn new(verifier: Verifier) -> IdentityLayer {
        IdentityLayer { verifier: Arc::new(verifier) }
    }

    fn authenticate(&self, request: &http::Request<Body>) -> Result<Option<Caller>, Status> {
        let path = request.uri().path().trim_start_matches('/');
        if path.starts_with("grpc.health.") || path.starts_with("grpc.reflection.") {
            return Ok(None);
        }
        let token = request
            .headers()
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| {
                refusal(Reason::TokenMissing, "no token; send 'authorization: Bearer <JWT>'", [])
            })?;
        let actor = self
            .verifier
            .verify(token.trim())
            .map_err(|why| refusal(Reason::TokenInvalid, format!("the token is not accepted: {why}"), []))?;
        // An rpc that nobody may call is like one that does not exist.
        let rpc = contract::rpc(path).ok_or_else(|| Status::unimplemented(format!("no rpc {path}")))?;
        let roles = &rpc.roles;
        if !roles.iter().any(|&role| actor.is(role)) {
            let names =
                |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            return Err(refusal(
                Reason::RoleRequired,
                format!("{path} is for {}; the token's roles are: {}", names(roles), names(&actor.roles)),
                [("rpc", path.to_owned()), ("roles", names(roles))],
            ));
        }
        Ok(Some(Caller(actor)))
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Authenticated<S>;
    fn layer(&self, inner: S) -> Authenticated<S> {
        Authenticated { inner, layer: self.clone() }
    }
}

/// A service whose callers are authenticated.
#[derive(Clone)]
pub struct Authenticated<S> {
    inner: S,
    layer: IdentityLayer,
}

impl<S> Service<http::Request<Body>> for Authenticated<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = futures::future::Either<S::Future, std::future::Ready<Result<Self::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        match self.layer.authenticate(&request) {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                futures::future::Either::Left(self.inner.call(request))
            }
            Err(status) => futures::future::Either::Right(std::future::ready(Ok(status.into_http()))),
        }
    }
}
