//! The gRPC server around the services: limits, identity, health, reflection, drain.

use crate::access_log::AccessLog;
use crate::config::Limits;
use crate::error::refusal;
use crate::identity::{Caller, IdentityLayer};
use crate::limits::{DRAIN_TIMEOUT, OPEN_REQUEST_BYTES_MAX};
use crate::readiness::Readiness;
use crate::traces::is_traceparent;
use crate::{CommandContext, Kit, Tasks};
use domain::{Actor, Timestamp, Uuid};
use jiff::SignedDuration;
use proto::api::v1::Reason;
use proto::{CommandRequest, Invalid, Wire};
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Request, Status};
use tower::util::BoxCloneService;
use tower::{ServiceBuilder, ServiceExt as _};

mod admission;
mod answer;
mod arrival;
mod calls;
mod connection;
mod connections;
mod deadline;
mod health;
mod paced;
mod rate;
pub mod responses;
mod standing;
mod stream;
mod tls;
mod unread;

use connection::Versions;
pub use health::READY;
pub(crate) use rate::{Allowances, allowances};
pub use tls::{Tls, TlsError, TlsFiles};

impl Kit {
    /// Takes a command's request apart: its context (id, issuer, digest, trace) and its message.
    pub fn receive<M: CommandRequest>(&self, request: Request<M>) -> Result<(CommandContext, M), Status> {
        let actor = caller(&request)?;
        let traceparent = request.metadata().get("traceparent").and_then(|value| value.to_str().ok());
        let traceparent = traceparent.filter(|text| is_traceparent(text)).map(str::to_owned);
        let mut message = request.into_inner();
        let command_id: Uuid = read("command_id", message.command_id().to_owned())?;
        // The validation of a command and the command itself may have the same id.
        let validate_only = message.take_validate_only();
        let digest = Sha256::digest(message.encode_to_vec()).into();
        let context = CommandContext {
            expected_position: message.expected_position(),
            validate_only,
            traceparent,
            ..CommandContext::new(command_id, digest, actor)
        };
        Ok((context, message))
    }
}

/// The identity that authentication has given a request.
pub fn caller<M>(request: &Request<M>) -> Result<Actor, Status> {
    let Caller(actor) = request
        .extensions()
        .get::<Caller>()
        .ok_or_else(|| refusal(Reason::TokenMissing, "no identity", []))?;
    Ok(actor.clone())
}

/// Reads one field of a request.
pub fn read<T: Wire<W>, W>(field: &str, wire: W) -> Result<T, Invalid> {
    T::from_wire(wire).map_err(|fault| fault.within(field))
}

/// Refuses a time that is too long, or does not end after it begins; what is wrong is with the field of its end.
pub fn check_window(
    end_field: &str,
    from_at: Timestamp,
    until_at: Timestamp,
    days_max: i64,
) -> Result<(), Invalid> {
    let window = until_at.duration_since(from_at);
    if window.is_positive() && window <= SignedDuration::from_hours(24 * days_max) {
        return Ok(());
    }
    Err(Invalid::field(end_field, format!("must be after {from_at} and at most {days_max} days later")))
}

/// What answers the requests of a process, with all that surrounds its services.
pub type Stack = BoxCloneService<http::Request<Body>, http::Response<Body>, Infallible>;

/// Puts before a stack what makes gRPC of other requests.
pub type HttpDoor = Box<dyn FnOnce(Stack) -> Stack + Send>;

/// What surrounds the services of a process.
pub struct ServerOptions {
    /// How connections are encrypted; absent: not at all.
    pub tls: Option<Arc<Tls>>,
    /// Who may call.
    pub identity: IdentityLayer,
    /// How much is accepted.
    pub limits: Limits,
    /// Whether the services do their work; their health follows it.
    pub readiness: Readiness,
    /// What says why a call was not answered in time, and who is not let in any more; none in a process that only passes calls
    /// on.
    pub kit: Option<Kit>,
    /// What serves other requests than those of gRPC, by HTTP/1.1 too; absent: they are not served.
    pub http: Option<HttpDoor>,
    /// Where it is noted who accessed what.
    pub access_log: AccessLog,
}

/// Serves the routes on the listener until the stop, then lets requests that are under way finish, for at most
/// [`DRAIN_TIMEOUT`].
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    options: ServerOptions,
    tasks: &Tasks,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let health = health::service(options.readiness, tasks).await;
    // Older clients, Python's stock one among them, know the alpha version only.
    let (v1, v1alpha) = (reflection().build_v1()?, reflection().build_v1alpha()?);
    let routes = routes
        .add_service(health.max_decoding_message_size(OPEN_REQUEST_BYTES_MAX))
        .add_service(v1.max_decoding_message_size(OPEN_REQUEST_BYTES_MAX))
        .add_service(v1alpha.max_decoding_message_size(OPEN_REQUEST_BYTES_MAX));
    let journal = options.kit.as_ref().map(|kit| kit.journal().clone());
    let answer_time_max = Duration::from_secs(options.limits.answer_seconds_max);
    let calls = calls::CallLayer::new(options.access_log, tasks);
    let connection_log = calls.of_connections();
    let requests = ServiceBuilder::new()
        .layer(calls)
        .layer(options.identity)
        .layer(rate::RateLayer::new(options.limits.caller_requests_per_second_max, tasks))
        .layer(admission::AdmissionLayer::new(&options.limits, options.kit.clone()))
        .layer(deadline::DeadlineLayer::new(answer_time_max, journal))
        .service(routes.prepare());
    let (requests, versions): (Stack, _) = match options.http {
        Some(door) => (paced::paced(door(requests.boxed_clone())), Versions::OneAndTwo),
        None => (requests.boxed_clone(), Versions::Two),
    };
    let (stop, limits) = (tasks.stop(), &options.limits);
    let serving =
        connection::serve(listener, versions, options.tls, connection_log, limits, requests, stop.clone());
    tokio::select! {
        () = serving => {}
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN_TIMEOUT).await } => {
            tracing::warn!("requests were still under way after the drain time");
        }
    }
    Ok(())
}
