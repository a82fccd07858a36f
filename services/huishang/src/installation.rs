//! A whole installation as its clients meet it: desks with an identity each, over gRPC alone.

use crate::client::connection::Options;
use crate::token;
use anyhow::Context as _;
use domain::Role;
use proto::Rpc;
use proto::ledger::v1 as ledger;
use service_kit::config::Config;
use service_kit::identity::SigningKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use uuid::Uuid;

/// Time over which a command is repeated, under its one id, while a service is away.
const PATIENCE: Duration = Duration::from_secs(60);
/// Hours for which a desk's token holds.
const TOKEN_HOURS: u32 = 4;

/// The services, each at its address.
#[derive(Clone)]
pub struct Installation {
    channels: Arc<BTreeMap<&'static str, Channel>>,
    key: Arc<SigningKey>,
    config: Arc<Config>,
}

impl Installation {
    /// The installation that the options point at; `config` names issuer and audience of its tokens.
    pub fn new(options: &Options, key: SigningKey, config: Config) -> anyhow::Result<Installation> {
        Ok(Installation {
            channels: Arc::new(channels(options)?),
            key: Arc::new(key),
            config: Arc::new(config),
        })
    }

    /// A desk for whoever holds this token, such as `Bearer …`.
    pub fn desk_with(options: &Options, token: MetadataValue<Ascii>) -> anyhow::Result<Desk> {
        Ok(Desk { channels: Arc::new(channels(options)?), token })
    }

    /// A desk for somebody in this role who speaks for this department.
    pub fn desk(&self, role: Role, department: Option<&str>) -> anyhow::Result<Desk> {
        let subject = format!("{}@{}", role.as_str(), department.unwrap_or(&self.config.realm));
        let token = token::sign(&self.key, &self.config, &subject, department, &[role], TOKEN_HOURS)?;
        let token = format!("Bearer {token}").parse().context("a token is ASCII")?;
        Ok(Desk { channels: self.channels.clone(), token })
    }
}

/// A channel to each service; it connects when it is used, and again when it broke.
fn channels(options: &Options) -> anyhow::Result<BTreeMap<&'static str, Channel>> {
    let mut channels = BTreeMap::new();
    for service in ["scheduling", "deliberation", "resolution", "followup", "ledger"] {
        let address = options.address(service)?;
        channels.insert(service, Endpoint::from_shared(address)?.connect_lazy());
    }
    Ok(channels)
}

/// Somebody's place to work: what is called from here is called in their name.
#[derive(Clone)]
pub struct Desk {
    channels: Arc<BTreeMap<&'static str, Channel>>,
    token: MetadataValue<Ascii>,
}

impl Desk {
    /// Calls a unary rpc. While the service is away the same request is sent again, which is safe
    /// because its command id is the same.
    pub async fn call<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match self.call_once(message.clone()).await {
                Err(status) if passes(&status) && tokio::time::Instant::now() < deadline => {
                    tracing::debug!(%status, path = R::PATH, "calling again");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                answered => return answered,
            }
        }
    }

    async fn call_once<R: Rpc>(&self, message: R) -> Result<R::Response, Status> {
        let mut client = tonic::client::Grpc::new(self.channel(R::PATH)?);
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

    /// The channel of the service whose package the path names.
    fn channel(&self, path: &str) -> Result<Channel, Status> {
        let context = path.trim_start_matches("/huishang.").split('.').next().unwrap_or_default();
        self.channels
            .get(context)
            .cloned()
            .ok_or_else(|| Status::unimplemented(format!("no service for {path}")))
    }

    /// Waits until a stream has a record behind `after`, and answers with its position.
    pub async fn wait_for_record(&self, stream: &str, after: u64) -> anyhow::Result<u64> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let wait = tokio::time::timeout_at(deadline, self.first_record(stream, after));
            match wait.await.with_context(|| format!("nothing happened on stream {stream}"))? {
                Ok(Some(position)) => return Ok(position),
                Ok(None) => {}
                Err(status) if passes(&status) => tokio::time::sleep(Duration::from_millis(200)).await,
                Err(status) => return Err(status.into()),
            }
        }
    }

    async fn first_record(&self, stream: &str, after: u64) -> Result<Option<u64>, Status> {
        let mut client =
            ledger::ledger_service_client::LedgerServiceClient::new(self.channel("/huishang.ledger.")?);
        let request = ledger::ReadRecordsRequest {
            after,
            stream: stream.to_owned(),
            follow: true,
            ..Default::default()
        };
        let mut records = client.read_records(self.request(request)).await?.into_inner();
        Ok(records.message().await?.and_then(|answer| answer.record).map(|record| record.position))
    }
}

impl Desk {
    /// Has the ledger verify its whole log; answers with the verdict.
    pub async fn verify_log(&self) -> Result<ledger::VerifyLogResponse, Status> {
        let mut client =
            ledger::ledger_service_client::LedgerServiceClient::new(self.channel("/huishang.ledger.")?);
        let mut answers = client.verify_log(self.request(ledger::VerifyLogRequest {})).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            if answer.done {
                return Ok(answer);
            }
        }
        Err(Status::data_loss("the verification ended without a verdict"))
    }
}

/// Whether a status may pass by itself. A connection that broke in the middle of a call comes as
/// `UNKNOWN` or `CANCELLED`.
fn passes(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted)
}

/// A new command id.
pub fn command_id() -> String {
    Uuid::now_v7().to_string()
}

/// Where command ids come from.
pub struct Ids {
    seed: Uuid,
    used: AtomicU32,
}

impl Ids {
    /// Ids that were never used.
    pub fn new() -> Ids {
        Ids::from(Uuid::now_v7())
    }

    /// Ids that follow from a seed, one after the other: whoever takes the same steps again from the
    /// same seed repeats commands, and has no second effect.
    pub fn from(seed: Uuid) -> Ids {
        Ids { seed, used: AtomicU32::new(0) }
    }

    /// The next id.
    pub fn next(&self) -> String {
        let step = self.used.fetch_add(1, Ordering::Relaxed);
        domain::aggregate::derived_id(self.seed, &[&step.to_string()]).to_string()
    }
}
