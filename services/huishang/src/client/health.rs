//! `huishang health`: asks a running process whether it lives or does its work, for `HEALTHCHECK` and scripts.

use super::options::Server;
use crate::stdout::print_line;
use client::{Address, ConnectError, Tls, connect, root_cause};
use service_kit::serve::READY;
use std::error::Error as _;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Time for the answer of one process.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// `huishang health`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Asks whether the process answers: one that does not should be restarted
    #[arg(long, conflicts_with = "ready")]
    pub live: bool,
    /// Asks whether it carries out commands and its views follow: this is the default
    #[arg(long)]
    pub ready: bool,
    /// Where it listens; of several addresses, all must serve.
    #[command(flatten)]
    pub server: Server,
}

/// The process does not serve, or does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{server} {why}")]
pub struct NotServing {
    server: String,
    why: String,
}

/// Asks, and prints one line; fails with [`NotServing`].
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (service, state) = if arguments.live { ("", "live") } else { (READY, "ready") };
    let (addresses, tls) = (arguments.server.addresses()?, arguments.server.tls()?);
    for address in addresses.processes() {
        let asked = tokio::time::timeout(ANSWER_TIMEOUT, ask(address, &tls, service)).await;
        let why = match asked {
            Ok(Ok(ServingStatus::Serving)) => continue,
            Ok(Ok(_)) => format!("is not {state}; its log says why"),
            Ok(Err(why)) => format!("cannot be asked: {why}"),
            Err(_) => format!("did not answer within {} s", ANSWER_TIMEOUT.as_secs()),
        };
        return Err(NotServing { server: address.to_string(), why }.into());
    }
    print_line(state)
}

async fn ask(address: &Address, tls: &Tls, service: &str) -> Result<ServingStatus, String> {
    let channel = connect(address, tls).await.map_err(|error| match error {
        ConnectError::Unreachable { why, .. } | ConnectError::Unusable { why, .. } => why,
        ConnectError::Untrusted { why, .. } => format!("its certificate is not trusted: {why}"),
    })?;
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| match status.source() {
        Some(cause) => root_cause(cause),
        None => status.message().to_owned(),
    })
}
