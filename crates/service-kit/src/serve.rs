//! The gRPC server around the services: limits, identity, health, reflection, drain.

use crate::identity::{Caller, IdentityLayer};
use crate::limits::{
    CONNECTIONS_MAX, DRAIN_TIMEOUT, HEADER_BYTES_MAX, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, REQUEST_TIMEOUT,
    STREAMS_PER_CONNECTION_MAX,
};
use crate::{Kit, Order};
use domain::{Actor, Uuid};
use futures::StreamExt as _;
use prost::Message;
use proto::{Invalid, Wire};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Request, Status};

mod connection;
mod gate;

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

/// Serves the routes on the listener until `stop`, then lets requests under way end, for at most
/// [`DRAIN_TIMEOUT`].
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    names: &[&'static str],
    identity: IdentityLayer,
    stop: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (health, health_service) = tonic_health::server::health_reporter();
    for name in names {
        health.set_service_status(*name, tonic_health::ServingStatus::Serving).await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let routes = routes.add_service(health_service).add_service(reflection);

    // A connection holds a permit while it is open, so that at most CONNECTIONS_MAX are.
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let incoming = TcpListenerStream::new(listener).then(move |accepted| {
        let permits = permits.clone();
        async move {
            let permit = permits.acquire_owned().await.map_err(std::io::Error::other)?;
            let connection = accepted?;
            connection.set_nodelay(true)?;
            Ok::<_, std::io::Error>(connection::Held::new(connection, permit))
        }
    });
    let draining = stop.clone();
    let server = Server::builder()
        .layer(gate::GateLayer::new())
        .layer(identity)
        .timeout(REQUEST_TIMEOUT)
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async move { draining.cancelled().await });
    tokio::select! {
        served = server => served?,
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN_TIMEOUT).await } => {
            tracing::warn!("requests were still under way after the drain time");
        }
    }
    Ok(())
}
