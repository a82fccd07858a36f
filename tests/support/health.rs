//! The health of one service as it changes. Readiness is looked at every so often: it follows what a process
//! answers to commands, and is waited for.

use crate::Sandbox;
use anyhow::Context as _;
use std::time::Duration;
use tonic::Streaming;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// Patience with what must happen within seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The health of one service of the directory's process.
pub struct HealthWatch(Streaming<HealthCheckResponse>);

impl HealthWatch {
    /// Begins to watch; `service` is one of its names, "ready", or empty for the process itself.
    pub async fn begin(sandbox: &Sandbox, service: &str) -> anyhow::Result<HealthWatch> {
        let channel = Endpoint::from_shared(sandbox.server_of("directory"))?.connect().await?;
        let request = HealthCheckRequest { service: service.to_owned() };
        Ok(HealthWatch(HealthClient::new(channel).watch(request).await?.into_inner()))
    }

    /// What it is next: at once what it is now, then whatever it becomes.
    pub async fn next(&mut self) -> anyhow::Result<ServingStatus> {
        Ok(self.0.message().await?.context("the watch ended")?.status())
    }

    /// Waits until it is so.
    pub async fn until(&mut self, expected: ServingStatus) -> anyhow::Result<()> {
        let changes = async {
            while self.next().await? != expected {}
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, changes).await.with_context(|| format!("never {expected:?}"))?
    }
}
