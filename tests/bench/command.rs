//! The command that is measured: a department is registered, again and again under another name.
//!
//! The event's record has a payload of 512 bytes. Every worker has [`STREAMS_PER_WORKER`] departments of
//! its own, each a stream, and goes round them; every command has an id and a name that never were.

use crate::load::closed_loop;
use crate::measure::Sample;
use domain::Role;
use proto::Rpc as _;
use proto::directory::v1::{RegisterDepartmentRequest, RegisterDepartmentResponse};
use std::sync::Arc;
use std::time::Duration;
use tests::{Client, Process, Sandbox, registration};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

/// Connections that a load is spread over, at most.
const CONNECTIONS_MAX: usize = 8;
/// Streams that a worker goes round.
const STREAMS_PER_WORKER: u64 = 16;
/// Characters, each of three bytes, after the id in a name: so the record's payload has 512 bytes.
const NAME_FILLING_CHARS: usize = 76;

/// A department's registration with a new name, whose event has the size that is measured.
pub fn measured(code: &str) -> RegisterDepartmentRequest {
    registration(code, &format!("{} {}", Client::command_id(), "会".repeat(NAME_FILLING_CHARS)))
}

/// Where commands go: a server of ours, or the echo.
#[derive(Clone)]
pub struct Target {
    channels: Arc<[Channel]>,
    token: MetadataValue<Ascii>,
    processes: Arc<[u32]>,
}

impl Target {
    /// The echo. It receives the same token, and ignores it.
    pub fn echo(process: &Process, address: &str, like: &Target) -> anyhow::Result<Target> {
        Ok(Target {
            channels: channels(&format!("http://{address}"))?,
            token: like.token.clone(),
            processes: Arc::new([process.id()]),
        })
    }

    /// An installation.
    pub fn installation(sandbox: &mut Sandbox) -> anyhow::Result<Target> {
        let token = sandbox.token_of(Role::Clerk, None)?;
        let server = sandbox.server_of("directory");
        let names = sandbox.process_names();
        Ok(Target {
            channels: channels(&server)?,
            token: format!("Bearer {token}").parse()?,
            processes: names.iter().map(|name| sandbox.process(name).id()).collect(),
        })
    }

    /// Sends commands, with `in_flight` of them under way, and waits for the answer to each.
    pub async fn load<Answer>(&self, in_flight: usize, time: Duration) -> anyhow::Result<Sample>
    where
        Answer: prost::Message + Default + 'static,
    {
        let target = self.clone();
        closed_loop(in_flight, time, &self.processes, move |worker, number| {
            let target = target.clone();
            async move { target.send::<Answer>(worker, number).await }
        })
        .await
    }

    async fn send<Answer>(&self, worker: usize, number: u64) -> anyhow::Result<()>
    where
        Answer: prost::Message + Default + 'static,
    {
        let code = format!("W{worker:03}.{:02}", number % STREAMS_PER_WORKER);
        let mut request = tonic::Request::new(measured(&code));
        request.metadata_mut().insert("authorization", self.token.clone());
        let mut client = tonic::client::Grpc::new(self.channels[worker % self.channels.len()].clone());
        client.ready().await?;
        let codec = ProstCodec::<RegisterDepartmentRequest, Answer>::default();
        let path = PathAndQuery::from_static(RegisterDepartmentRequest::PATH);
        client.unary(request, path, codec).await?;
        Ok(())
    }
}

/// What an installation answers with.
pub type Registered = RegisterDepartmentResponse;
/// What the echo answers with.
pub type Echoed = RegisterDepartmentRequest;

fn channels(server: &str) -> anyhow::Result<Arc<[Channel]>> {
    let endpoint = Endpoint::from_shared(server.to_owned())?.tcp_nodelay(true);
    Ok((0..CONNECTIONS_MAX).map(|_| endpoint.connect_lazy()).collect())
}
