//! Authentication: a request passes with an identity whose roles may call the rpc, or not at all.

use super::Verifier;
use crate::Tasks;
use crate::error::refusal;
use domain::{Actor, Role};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use proto::api::v1::Reason;
use proto::contract;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tower::{Layer, Service};

tokio::task_local! {
    static CALLER: Arc<str>;
}

/// The identity of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

impl Caller {
    /// Answers a call of this caller; see [`Caller::of_this_call`].
    pub(crate) async fn calling<F: Future>(&self, answering: F) -> F::Output {
        CALLER.scope(Arc::from(self.0.subject.as_str()), answering).await
    }

    /// The subject of the token whose call this task answers; empty where the process acts by itself.
    pub(crate) fn of_this_call() -> Arc<str> {
        CALLER.try_with(Arc::clone).unwrap_or_default()
    }
}

/// Where authentication notes who calls, in a request's extensions, for those outside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerNote(Arc<OnceLock<Actor>>);

impl CallerNote {
    /// Who calls, once that is known.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.0.get()
    }
}

/// The token of a call that is answered with a stream, in its extensions: it is looked at again while the stream
/// lasts.
#[derive(Clone)]
pub(crate) struct Bearer {
    token: Arc<str>,
    verifier: Arc<Verifier>,
}

impl Bearer {
    /// Refuses a token that is not accepted any more: it has expired, or its key was withdrawn.
    pub(crate) fn check(&self) -> Result<(), Status> {
        self.verifier.verify(&self.token).map(drop).map_err(|why| invalid(&why))
    }
}

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

    /// Reads the public keys again when their file changes, and on SIGHUP, until the stop.
    pub fn watch_keys(&self, tasks: &Tasks) -> std::io::Result<()> {
        self.verifier.watch(tasks)
    }

    fn authenticate(
        &self,
        request: &http::Request<Body>,
    ) -> Result<Option<(Caller, Option<Bearer>)>, Status> {
        let path = request.uri().path().trim_start_matches('/');
        if path.starts_with("grpc.health.") || path.starts_with("grpc.reflection.") {
            return Ok(None);
        }
        let token = bearer_token(request.headers())?;
        let actor = self.verifier.verify(token).map_err(|why| invalid(&why))?;
        if let Some(note) = request.extensions().get::<CallerNote>() {
            note.0.get_or_init(|| actor.clone());
        }
        // An rpc that nobody may call is like one that does not exist.
        let rpc = contract::rpc(path).ok_or_else(|| Status::unimplemented(format!("no rpc {path}")))?;
        let roles = &rpc.roles;
        if !roles.iter().any(|&role| actor.is(role)) {
            let names =
                |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            let held = match actor.roles.is_empty() {
                true => "the token has no role that is known here".to_owned(),
                false => format!("the token's roles are: {}", names(&actor.roles)),
            };
            return Err(refusal(
                Reason::RoleRequired,
                format!("{path} is for {}; {held}", names(roles)),
                [("rpc", path.to_owned()), ("roles", names(roles))],
            ));
        }
        let bearer = || Bearer { token: token.into(), verifier: self.verifier.clone() };
        Ok(Some((Caller(actor), rpc.streams.then(bearer))))
    }
}

/// The token of a request (RFC 6750): the name of the scheme may be written in capitals or not.
fn bearer_token(headers: &HeaderMap) -> Result<&str, Status> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next().map(|value| value.to_str().unwrap_or_default());
    if values.next().is_some() {
        return Err(invalid("there are several headers 'authorization'"));
    }
    let token = first.and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
    });
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        let status = refusal(Reason::TokenMissing, "no token; send 'authorization: Bearer <JWT>'", []);
        challenged(status, "Bearer realm=\"huishang\"")
    })
}

fn invalid(why: &str) -> Status {
    let status = refusal(Reason::TokenInvalid, format!("the token is not accepted: {why}"), []);
    challenged(status, "Bearer realm=\"huishang\", error=\"invalid_token\"")
}

/// Adds what RFC 6750 has a server answer to whoever is not authenticated.
fn challenged(mut status: Status, challenge: &'static str) -> Status {
    status.metadata_mut().insert("www-authenticate", MetadataValue::from_static(challenge));
    status
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
            Ok(authenticated) => {
                if let Some((caller, bearer)) = authenticated {
                    request.extensions_mut().insert(caller);
                    bearer.map(|bearer| request.extensions_mut().insert(bearer));
                }
                futures::future::Either::Left(self.inner.call(request))
            }
            Err(status) => futures::future::Either::Right(std::future::ready(Ok(status.into_http()))),
        }
    }
}

#[cfg(test)]
mod tests;
