//! `huishang health`: asks a running process whether it lives or does its work, for `HEALTHCHECK` and scripts.

use super::options::Server;
use crate::language::{current, say, text};
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
#[error("{0}")]
pub struct NotServing(String);

/// Asks, and prints one line; fails with [`NotServing`].
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let service = if arguments.live { "" } else { READY };
    let (addresses, tls) = (arguments.server.addresses()?, arguments.server.tls()?);
    for address in addresses.processes() {
        let asked = tokio::time::timeout(ANSWER_TIMEOUT, ask(address, &tls, service)).await;
        let fault = match asked {
            Ok(Ok(ServingStatus::Serving)) => continue,
            Ok(Ok(_)) if arguments.live => {
                say("{server} is not live; its log says why", &[("server", address)])
            }
            Ok(Ok(_)) => say("{server} is not ready; its log says why", &[("server", address)]),
            Ok(Err(why)) => {
                let why = current().fault(&why);
                say("{server} cannot be asked: {why}", &[("server", address), ("why", &why)])
            }
            Err(_) => say(
                "{server} did not answer within {seconds} s",
                &[("server", address), ("seconds", &ANSWER_TIMEOUT.as_secs())],
            ),
        };
        return Err(NotServing(fault).into());
    }
    print_line(if arguments.live { text("live") } else { text("ready") })
}

async fn ask(address: &Address, tls: &Tls, service: &str) -> Result<ServingStatus, String> {
    let channel = connect(address, tls).await.map_err(|error| match error {
        ConnectError::Unreachable { why, .. } | ConnectError::Unusable { why, .. } => why,
        ConnectError::Untrusted { why, .. } => {
            say("its certificate is not trusted: {why}", &[("why", &current().fault(&why))])
        }
    })?;
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| match status.source() {
        Some(cause) => root_cause(cause),
        None => status.message().to_owned(),
    })
}
