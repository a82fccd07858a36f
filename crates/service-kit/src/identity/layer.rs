//! Authentication: a request passes with an identity whose roles may call the rpc, or not at all.

use super::sign_out::{Session, Vouchers};
use super::token::{Refusal, Verified};
use super::verifier::Verifier;
use crate::Tasks;
use crate::error::refusal;
use domain::{Actor, Role, Timestamp};
use futures::future::{BoxFuture, Either};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use proto::api::v1::Reason;
use proto::contract::{self, RpcContract};
use std::fmt;
use std::future::Ready;
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

/// The certificate that the client of a connection has shown, in the extensions of its requests.
#[derive(Debug, Clone)]
pub(crate) struct ClientCertificate {
    /// The DNS names and URIs that it was issued to.
    names: Arc<[String]>,
    /// When it expires, in seconds since 1970.
    expires: f64,
}

impl ClientCertificate {
    /// A certificate that was issued to these names, and expires then.
    pub(crate) fn new(names: Vec<String>, expires_at: Timestamp) -> ClientCertificate {
        ClientCertificate { names: names.into(), expires: expires_at.as_second() as f64 }
    }
}

/// What identifies the caller of a call that is answered with a stream, in its extensions: it is looked at again while
/// the stream lasts.
#[derive(Clone)]
pub(crate) struct Credential {
    shown: Shown,
    verifier: Arc<Verifier>,
    /// Whom it identified when the call began.
    actor: Actor,
    rpc: &'static RpcContract,
    session: Session,
}

#[derive(Clone)]
enum Shown {
    Token(Arc<str>),
    Certificate(ClientCertificate),
}

impl Credential {
    /// Whom it identifies. Refuses what is not accepted any more: it has expired, its key or its entry was withdrawn, or it
    /// identifies somebody of another department, or whose roles do not allow the call.
    pub(crate) fn verify(&self) -> Result<Actor, Status> {
        let verified = match &self.shown {
            Shown::Token(token) => self.verifier.verify(token).map_err(|why| invalid(&why))?,
            Shown::Certificate(certificate) => {
                let verified = self.verifier.by_certificate(&certificate.names, certificate.expires);
                verified.ok_or_else(token_missing)?
            }
        };
        check_roles(self.rpc, &verified.actor)?;
        if verified.actor.department != self.actor.department || verified.actor.roles != self.actor.roles {
            return Err(invalid("its roles or its department are not what they were"));
        }
        Ok(verified.actor)
    }

    /// The session in which it was shown.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }
}

/// The refusal of a token whose session has ended.
pub(crate) fn ended() -> Status {
    invalid("its holder has signed out")
}

/// Lets requests through whose caller is known and may call the rpc: by a valid token or, without one, by the
/// certificate of the connection. Health checks and reflection, which reveal nothing of the realm's matters, are open; so
/// are rpcs whose request has a secret, which their service checks.
#[derive(Clone)]
pub struct IdentityLayer {
    verifier: Arc<Verifier>,
    /// Which authentication (`acr`) rpcs with step-up need; empty if any will do.
    step_up: Arc<[String]>,
}

/// Why a request does not pass.
#[derive(Debug)]
enum Refused {
    /// Not now, but perhaps once the keys of the issuer have been read again.
    UnknownKey(Status),
    /// Not at all.
    Finally(Status),
}

impl From<Status> for Refused {
    fn from(status: Status) -> Refused {
        Refused::Finally(status)
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Status {
        match refused {
            Refused::UnknownKey(status) | Refused::Finally(status) => status,
        }
    }
}

impl IdentityLayer {
    /// A layer that accepts tokens which these keys vouch for. Who may call what is in the protos. An rpc that needs
    /// step-up is open only to tokens with one of these `acr`, if there are any.
    pub fn new(verifier: Verifier, step_up: Vec<String>) -> IdentityLayer {
        IdentityLayer { verifier: Arc::new(verifier), step_up: step_up.into() }
    }

    /// What checks tokens.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Reads issuers and public keys again when they change, and on SIGHUP, until the stop.
    pub fn watch_keys(&self, tasks: &Tasks) -> std::io::Result<()> {
        self.verifier.watch(tasks)
    }

    fn authenticate(&self, request: &http::Request<Body>) -> Result<http::Extensions, Refused> {
        let path = request.uri().path().trim_start_matches('/');
        if path.starts_with("grpc.health.") || path.starts_with("grpc.reflection.") {
            return Ok(http::Extensions::new());
        }
        // A secret in the request is enough; whoever shows a token nevertheless is held to it.
        if contract::rpc(path).is_some_and(|rpc| rpc.by_secret)
            && !request.headers().contains_key(AUTHORIZATION)
        {
            let mut extensions = http::Extensions::new();
            extensions.insert(Vouchers::new(self.verifier.clone()));
            return Ok(extensions);
        }
        let (Verified { actor, acr, session }, shown) = self.identify(request)?;
        if let Some(note) = request.extensions().get::<CallerNote>() {
            note.0.get_or_init(|| actor.clone());
        }
        // An rpc that nobody may call is like one that does not exist.
        let rpc = contract::rpc(path).ok_or_else(|| Status::unimplemented(format!("no rpc {path}")))?;
        check_roles(rpc, &actor)?;
        self.check_step_up(rpc, acr.as_deref())?;
        let mut extensions = http::Extensions::new();
        if rpc.streams {
            let (verifier, actor, session) = (self.verifier.clone(), actor.clone(), session.clone());
            extensions.insert(Credential { shown, verifier, actor, rpc, session });
        }
        extensions.insert(Caller(actor));
        extensions.insert(session);
        if rpc.by_secret {
            extensions.insert(Vouchers::new(self.verifier.clone()));
        }
        Ok(extensions)
    }

    fn identify(&self, request: &http::Request<Body>) -> Result<(Verified, Shown), Refused> {
        let token = match bearer_token(request.headers()) {
            Ok(token) => token,
            Err(status) => return self.by_certificate(request).ok_or(Refused::Finally(status)),
        };
        match self.verifier.verify(token) {
            Ok(verified) => Ok((verified, Shown::Token(token.into()))),
            Err(Refusal::UnknownKey(why)) => Err(Refused::UnknownKey(invalid(&why))),
            Err(Refusal::Invalid(why)) => Err(Refused::Finally(invalid(&why))),
        }
    }

    fn by_certificate(&self, request: &http::Request<Body>) -> Option<(Verified, Shown)> {
        if request.headers().contains_key(AUTHORIZATION) {
            return None;
        }
        let certificate = request.extensions().get::<ClientCertificate>()?;
        let verified = self.verifier.by_certificate(&certificate.names, certificate.expires)?;
        Some((verified, Shown::Certificate(certificate.clone())))
    }

    /// RFC 9470: whoever was not authenticated well enough may come back with another token.
    fn check_step_up(&self, rpc: &RpcContract, acr: Option<&str>) -> Result<(), Status> {
        let is_enough = |acr: &str| self.step_up.iter().any(|needed| needed == acr);
        if !rpc.step_up || self.step_up.is_empty() || acr.is_some_and(is_enough) {
            return Ok(());
        }
        let needed = self.step_up.join(" ");
        let why = format!("{} needs another sign-in: a token whose acr is one of: {needed}", rpc.path);
        let details = [("rpc", rpc.path.clone()), ("acr_values", needed)];
        let status = refusal(Reason::StepUpRequired, why, details);
        Err(challenged(status, "Bearer realm=\"huishang\", error=\"insufficient_user_authentication\""))
    }
}

fn check_roles(rpc: &RpcContract, actor: &Actor) -> Result<(), Status> {
    let (path, roles) = (&rpc.path, &rpc.roles);
    if let Some(combined) = actor.combined_administrators() {
        let roles = role_names(&combined);
        let why =
            format!("the administrators are three separate people, and these roles are combined: {roles}");
        return Err(refusal(Reason::RolesCombined, why, [("roles", roles)]));
    }
    if roles.iter().any(|&role| actor.is(role)) {
        return Ok(());
    }
    let held = match actor.roles.is_empty() {
        true => "the token has no role that is known here".to_owned(),
        false => format!("the token's roles are: {}", role_names(&actor.roles)),
    };
    Err(refusal(
        Reason::RoleRequired,
        format!("{path} is for {}; {held}", role_names(roles)),
        [("rpc", path.clone()), ("roles", role_names(roles))],
    ))
}

fn role_names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
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
    token.filter(|token| !token.is_empty()).ok_or_else(token_missing)
}

fn token_missing() -> Status {
    let status = refusal(Reason::TokenMissing, "no token; send 'authorization: Bearer <JWT>'", []);
    challenged(status, "Bearer realm=\"huishang\"")
}

fn invalid(why: impl fmt::Display) -> Status {
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
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Either<
        Either<S::Future, Ready<Result<Self::Response, S::Error>>>,
        BoxFuture<'static, Result<Self::Response, S::Error>>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        match self.layer.authenticate(&request) {
            Ok(authenticated) => {
                request.extensions_mut().extend(authenticated);
                Either::Left(Either::Left(self.inner.call(request)))
            }
            Err(Refused::Finally(status)) => {
                Either::Left(Either::Right(std::future::ready(Ok(status.into_http()))))
            }
            Err(Refused::UnknownKey(_)) => {
                let token = bearer_token(request.headers()).unwrap_or_default().to_owned();
                // The one that was found ready is used.
                let next = self.inner.clone();
                let (mut inner, layer) = (std::mem::replace(&mut self.inner, next), self.layer.clone());
                Either::Right(Box::pin(async move {
                    layer.verifier.reread_for(&token).await;
                    match layer.authenticate(&request) {
                        Ok(authenticated) => {
                            request.extensions_mut().extend(authenticated);
                            inner.call(request).await
                        }
                        Err(refused) => Ok(Status::from(refused).into_http()),
                    }
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
