//! `huishang health`: asks a running process whether it lives or does its work, for `HEALTHCHECK` and scripts.

use crate::stdout::print_line;
use service_kit::config::without_credentials;
use service_kit::serve::READY;
use std::time::Duration;
use tonic::transport::Endpoint;
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
    /// Where it listens: a URL, or 'directory=URL,scheduling=URL,…', of which all must serve
    #[arg(
        long,
        env = "HUISHANG_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:7400",
        value_name = "URL"
    )]
    pub server: String,
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
    for server in arguments.server.split(',') {
        let address = server.split_once("=http").map_or(server, |(name, _)| &server[name.len() + 1..]).trim();
        let shown = without_credentials(address);
        let asked = tokio::time::timeout(ANSWER_TIMEOUT, ask(address, service)).await;
        let why = match asked {
            Ok(Ok(ServingStatus::Serving)) => continue,
            Ok(Ok(_)) => format!("is not {state}; its log says why"),
            Ok(Err(why)) => format!("cannot be asked: {why}"),
            Err(_) => format!("did not answer within {} s", ANSWER_TIMEOUT.as_secs()),
        };
        return Err(NotServing { server: shown, why }.into());
    }
    print_line(state)
}

async fn ask(address: &str, service: &str) -> Result<ServingStatus, String> {
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| error.to_string())?;
    let channel = endpoint.connect().await.map_err(|error| {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        cause.to_string()
    })?;
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.message().to_owned())
}
