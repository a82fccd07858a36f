//! A whole deployment, seen from outside: clients with their own identities, over gRPC only.

use crate::client::connection::{Options, SERVICES};
use crate::token;
use anyhow::Context as _;
use domain::Role;
use proto::Rpc;
use proto::ledger::v1 as ledger;
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use service_kit::config::Config;
use service_kit::identity::SigningKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use uuid::Uuid;

/// How long a call is retried while a service is unavailable.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);
/// Time between two attempts.
const RETRY_DELAY: Duration = Duration::from_millis(200);
/// Validity of a client's token, in hours.
const TOKEN_HOURS: u32 = 4;
/// The service that has the log.
const LEDGER: &str = "ledger";

/// The services, each at its address.
#[derive(Clone)]
pub struct Deployment {
    channels: Arc<BTreeMap<&'static str, Channel>>,
    key: Arc<SigningKey>,
    config: Arc<Config>,
}

impl Deployment {
    /// The deployment at the addresses in the options; `config` has the issuer and audience of its tokens.
    pub fn new(options: &Options, key: SigningKey, config: Config) -> anyhow::Result<Deployment> {
        Ok(Deployment {
            channels: Arc::new(channels(options)?),
            key: Arc::new(key),
            config: Arc::new(config),
        })
    }

    /// A client with a role, which acts for a department if one is given.
    pub fn client(&self, role: Role, department: Option<&str>) -> anyhow::Result<Client> {
        let subject = format!("{}@{}", role.as_str(), department.unwrap_or(&self.config.realm));
        let token = token::sign(&self.key, &self.config, &subject, department, &[role], TOKEN_HOURS)?;
        let token = format!("Bearer {token}").parse().context("a token is ASCII")?;
        Ok(Client { channels: self.channels.clone(), token })
    }
}

/// A channel to each service; it connects on first use, and reconnects when the connection broke.
fn channels(options: &Options) -> anyhow::Result<BTreeMap<&'static str, Channel>> {
    let mut channels = BTreeMap::new();
    for service in SERVICES {
        let address = options.address(service)?;
        channels.insert(service, Endpoint::from_shared(address)?.connect_lazy());
    }
    Ok(channels)
}

/// A client of every service, with one identity.
#[derive(Clone)]
pub struct Client {
    channels: Arc<BTreeMap<&'static str, Channel>>,
    token: MetadataValue<Ascii>,
}

impl Client {
    /// A client with this token, such as `Bearer …`.
    pub fn with_token(options: &Options, token: MetadataValue<Ascii>) -> anyhow::Result<Client> {
        Ok(Client { channels: Arc::new(channels(options)?), token })
    }

    /// Calls a unary rpc. While the service is unavailable the same request is sent again, which is safe because
    /// it has the same command id.
    pub async fn call<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let deadline = Instant::now() + RETRY_TIMEOUT;
        loop {
            match self.call_once(message.clone()).await {
                Err(status) if is_transient(&status) && Instant::now() < deadline => {
                    tracing::debug!(%status, path = R::PATH, "calling again");
                    tokio::time::sleep(RETRY_DELAY).await;
                }
                answered => return answered,
            }
        }
    }

    async fn call_once<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let service = R::PATH.trim_start_matches("/huishang.").split('.').next().unwrap_or_default();
        let mut client = tonic::client::Grpc::new(self.channel(service)?);
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static(R::PATH);
        let codec = ProstCodec::<R, R::Response>::default();
        Ok(client.unary(self.request(message), path, codec).await?.into_inner())
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    fn channel(&self, service: &str) -> Result<Channel, Status> {
        let channel = self.channels.get(service).cloned();
        channel.ok_or_else(|| Status::unimplemented(format!("there is no service {service:?}")))
    }

    fn ledger(&self) -> Result<LedgerServiceClient<Channel>, Status> {
        Ok(LedgerServiceClient::new(self.channel(LEDGER)?))
    }

    /// Waits until a stream has a record after a position; returns the record's position.
    pub async fn wait_for_record(&self, stream: &str, after_position: u64) -> anyhow::Result<u64> {
        let deadline = Instant::now() + RETRY_TIMEOUT;
        loop {
            let record = tokio::time::timeout_at(deadline, self.next_record(stream, after_position));
            match record.await.with_context(|| format!("no new record on stream {stream}"))? {
                Ok(Some(position)) => return Ok(position),
                Ok(None) => {}
                Err(status) if is_transient(&status) => tokio::time::sleep(RETRY_DELAY).await,
                Err(status) => return Err(status.into()),
            }
        }
    }

    async fn next_record(&self, stream: &str, after_position: u64) -> Result<Option<u64>, Status> {
        let request = ledger::ReadRecordsRequest {
            after_position,
            stream: Some(stream.to_owned()),
            follow: true,
            ..Default::default()
        };
        let mut records = self.ledger()?.read_records(self.request(request)).await?.into_inner();
        Ok(records.message().await?.and_then(|answer| answer.record).map(|record| record.position))
    }

    /// Has the ledger verify its whole log; returns the last answer.
    pub async fn verify_log(&self) -> Result<ledger::VerifyLogResponse, Status> {
        let request = self.request(ledger::VerifyLogRequest {});
        let mut answers = self.ledger()?.verify_log(request).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            if answer.done {
                return Ok(answer);
            }
        }
        Err(Status::data_loss("the verification ended without a result"))
    }
}

/// Whether a retry may succeed. A connection that broke during a call is reported as `UNKNOWN` or `CANCELLED`.
fn is_transient(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted)
}

/// A new command id.
pub fn command_id() -> String {
    Uuid::now_v7().to_string()
}

/// A sequence of command ids.
pub struct CommandIds {
    seed: Uuid,
    used: AtomicU32,
}

impl CommandIds {
    /// Ids that were never used.
    pub fn unique() -> CommandIds {
        CommandIds::derived_from(Uuid::now_v7())
    }

    /// Ids that follow from a seed: whoever takes the same steps with the same seed repeats the same commands,
    /// which has no further effect.
    pub fn derived_from(seed: Uuid) -> CommandIds {
        CommandIds { seed, used: AtomicU32::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> String {
        let step = self.used.fetch_add(1, Ordering::Relaxed);
        domain::aggregate::derived_id(self.seed, &[&step.to_string()]).to_string()
    }
}
