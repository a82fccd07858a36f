//! The gRPC server around the services: limits, identity, health, reflection, drain.

use crate::config::Limits;
use crate::identity::{Caller, IdentityLayer};
use crate::limits::{
    CONNECTION_WINDOW_BYTES, DRAIN_TIMEOUT, HEADER_BYTES_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT,
    REQUEST_BYTES_MAX, REQUEST_TIMEOUT, STREAMS_PER_CONNECTION_MAX,
};
use crate::{Kit, Order};
use domain::{Actor, Uuid};
use prost::Message;
use proto::{Invalid, Wire};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Request, Status};

mod connection;
mod gate;
mod health;
mod rate;

impl Kit {
    /// Takes a command's request apart: its order (id, issuer, digest, trace) and its message.
    pub fn order<M: Message + Clone>(
        &self,
        request: Request<M>,
        command_id: fn(&M) -> &str,
    ) -> Result<(Order, M), Status> {
        let actor = caller(&request)?;
        let traceparent =
            request.metadata().get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let message = request.into_inner();
        let command_id =
            Uuid::from_wire(command_id(&message).to_owned()).map_err(|fault| fault.within("command_id"))?;
        let order = Order {
            command_id,
            digest: Sha256::digest(message.encode_to_vec()).into(),
            actor,
            causation_id: None,
            correlation_id: command_id,
            traceparent,
        };
        Ok((order, message))
    }
}

/// The identity that the door gave a request.
pub fn caller<M>(request: &Request<M>) -> Result<Actor, Status> {
    let Caller(actor) =
        request.extensions().get::<Caller>().ok_or_else(|| Status::unauthenticated("no identity"))?;
    Ok(actor.clone())
}

/// Reads one field of a request.
pub fn read<T: Wire<W>, W>(field: &str, wire: W) -> Result<T, Invalid> {
    T::from_wire(wire).map_err(|fault| fault.within(field))
}

/// What stands around the services of a process.
pub struct Edge {
    /// Who may call.
    pub identity: IdentityLayer,
    /// How much is taken.
    pub limits: Limits,
    /// Whether commands are taken; the health of the services follows it.
    pub takes_commands: watch::Receiver<bool>,
}

/// Serves the routes on the listener until `stop`, then lets requests under way end, for at most
/// [`DRAIN_TIMEOUT`].
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    names: &[&'static str],
    edge: Edge,
    stop: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let health = health::service(names, edge.takes_commands, stop.clone()).await;
    let routes = routes.add_service(health).add_service(reflection);
    let draining = stop.clone();
    let server = Server::builder()
        .layer(gate::GateLayer::new(edge.limits.requests_at_once_max))
        .layer(edge.identity)
        .layer(rate::RateLayer::new(edge.limits.caller_requests_per_second_max, stop.clone()))
        .timeout(REQUEST_TIMEOUT)
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .initial_stream_window_size(REQUEST_BYTES_MAX as u32)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(
            connection::accept(listener, edge.limits.connections_max),
            async move { draining.cancelled().await },
        );
    tokio::select! {
        served = server => served?,
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN_TIMEOUT).await } => {
            tracing::warn!("requests were still under way after the drain time");
        }
    }
    Ok(())
}
