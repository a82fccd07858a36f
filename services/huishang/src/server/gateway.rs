//! A process that has the HTTP door and no service: it knows who calls, and passes calls on. It needs no journal, and
//! keeps nothing but its access log.

use super::door::http_door;
use super::entrance::{bind, identity, passing_on, tls};
use console::Forward;
use service_kit::Tasks;
use service_kit::access_log::AccessLog;
use service_kit::config::Config;
use service_kit::readiness::Readiness;
use service_kit::serve::{self, ServerOptions};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// The name under which its readiness is asked for.
const NAME: &str = "console";

/// A gateway that is ready to serve, with its address bound.
pub struct Gateway {
    /// Where it listens.
    pub address: SocketAddr,
    listener: TcpListener,
    server: ServerOptions,
    routes: Routes,
    tasks: Tasks,
}

impl Gateway {
    /// Binds the address and reads keys and certificates; nothing is served yet.
    pub async fn build(
        config: &Config,
        forward: Forward,
        stop: CancellationToken,
    ) -> anyhow::Result<Gateway> {
        let listener = bind(config).await?;
        let tasks = Tasks::from(stop);
        let identity = identity(config, &tasks)?;
        let http = http_door(config, identity.verifier())?;
        let server = ServerOptions {
            tls: tls(config, true, &tasks)?,
            identity,
            limits: config.limits.clone(),
            readiness: Readiness::of_a_gateway(NAME),
            kit: None,
            http: Some(http),
            access_log: AccessLog::start(&config.access_log)?,
        };
        let routes = passing_on(Routes::default(), forward);
        Ok(Gateway { address: listener.local_addr()?, listener, server, routes, tasks })
    }

    /// Serves until the stop signal.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address, services = ?[NAME], "serving");
        let access_log = self.server.access_log.clone();
        let served = serve::serve(self.listener, self.routes, self.server, &self.tasks).await;
        self.tasks.ended().await;
        access_log.flush().await;
        served.map_err(|error| anyhow::anyhow!(error))
    }
}
