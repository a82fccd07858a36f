//! The door: every request passes it with an identity, or not at all.

use super::{Access, Verifier};
use domain::{Actor, Role};
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// The identity of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// Lets requests through that carry a valid token whose roles may call the rpc. Health checks and
/// reflection, which tell nothing of the realm's matters, are open.
#[derive(Clone)]
pub struct IdentityLayer {
    verifier: Arc<Verifier>,
    access: Access,
}

impl IdentityLayer {
    /// A door with these keys and this table.
    pub fn new(verifier: Verifier, access: Access) -> IdentityLayer {
        IdentityLayer { verifier: Arc::new(verifier), access }
    }

    fn admit(&self, request: &http::Request<Body>) -> Result<Option<Caller>, Status> {
        let path = request.uri().path().trim_start_matches('/');
        if path.starts_with("grpc.health.") || path.starts_with("grpc.reflection.") {
            return Ok(None);
        }
        let token = request
            .headers()
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| Status::unauthenticated("no token; send 'authorization: Bearer <JWT>'"))?;
        let actor = self
            .verifier
            .verify(token.trim())
            .map_err(|why| Status::unauthenticated(format!("the token is not taken: {why}")))?;
        // An rpc that nobody may call need not be told from one that is not there.
        let roles = self.access.roles(path).ok_or_else(|| Status::unimplemented(format!("no rpc {path}")))?;
        if !roles.iter().any(|&role| actor.is(role)) {
            let names =
                |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Status::permission_denied(format!(
                "{path} is for {}; the token's roles are: {}",
                names(roles),
                names(&actor.roles)
            )));
        }
        Ok(Some(Caller(actor)))
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Door<S>;
    fn layer(&self, inner: S) -> Door<S> {
        Door { inner, layer: self.clone() }
    }
}

/// The service behind the door.
#[derive(Clone)]
pub struct Door<S> {
    inner: S,
    layer: IdentityLayer,
}

impl<S> Service<http::Request<Body>> for Door<S>
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
        match self.layer.admit(&request) {
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
