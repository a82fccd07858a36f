//! The command that is measured: a department is registered, again and again under another name.
//!
//! The event's record has a payload of 512 bytes. Every worker has [`STREAMS_PER_WORKER`] departments of
//! its own, each a stream, and goes round them; every command has an id and a name that never were.

use crate::load::closed_loop;
use crate::measure::Sample;
use client::{Addresses, Client as Caller, Connections, Tls, Token};
use domain::Role;
use proto::Rpc as _;
use proto::directory::v1::{RegisterDepartmentRequest, RegisterDepartmentResponse};
use std::sync::Arc;
use std::time::Duration;
use tests::{Process, Sandbox, registration};

/// Connections that a load is spread over, at most.
const CONNECTIONS_MAX: usize = 8;
/// Streams that a worker goes round.
const STREAMS_PER_WORKER: u64 = 16;
/// Characters, each of three bytes, after the id in a name: so the record's payload has 512 bytes.
const NAME_FILLING_CHARS: usize = 76;

/// A department's registration with a new name, whose event has the size that is measured.
pub fn measured(code: &str) -> RegisterDepartmentRequest {
    registration(code, &format!("{} {}", client::command_id(), "会".repeat(NAME_FILLING_CHARS)))
}

/// Where commands go: a server of ours, or the echo.
#[derive(Clone)]
pub struct Target {
    callers: Arc<[Caller]>,
    token: Token,
    processes: Arc<[u32]>,
}

impl Target {
    /// The echo. It receives the same token, and ignores it.
    pub fn echo(process: &Process, address: &str, like: &Target) -> anyhow::Result<Target> {
        Ok(Target {
            callers: callers(address, &like.token)?,
            token: like.token.clone(),
            processes: Arc::new([process.id()]),
        })
    }

    /// An installation.
    pub fn installation(sandbox: &mut Sandbox) -> anyhow::Result<Target> {
        let token = sandbox.token_of(Role::Operator, None)?;
        let server = sandbox.server_of("directory");
        let names = sandbox.process_names();
        let token = Token::bearer(&token)?;
        Ok(Target {
            callers: callers(&server, &token)?,
            token,
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

    /// Has so many workers send so many commands each, one after another.
    pub async fn repeat<Answer>(&self, workers: usize, each: u64) -> anyhow::Result<()>
    where
        Answer: prost::Message + Default + 'static,
    {
        let worker = |worker| async move {
            for number in 0..each {
                self.send::<Answer>(worker, number).await?;
            }
            anyhow::Ok(())
        };
        futures::future::try_join_all((0..workers).map(worker)).await.map(drop)
    }

    async fn send<Answer>(&self, worker: usize, number: u64) -> anyhow::Result<()>
    where
        Answer: prost::Message + Default + 'static,
    {
        let code = format!("W{worker:03}.{:02}", number % STREAMS_PER_WORKER);
        let caller = &self.callers[worker % self.callers.len()];
        caller.call_at::<_, Answer>(RegisterDepartmentRequest::PATH, measured(&code)).await?;
        Ok(())
    }
}

/// What an installation answers with.
pub type Registered = RegisterDepartmentResponse;
/// What the echo answers with.
pub type Echoed = RegisterDepartmentRequest;

/// Callers with the same token, each with a connection of its own.
fn callers(server: &str, token: &Token) -> anyhow::Result<Arc<[Caller]>> {
    let addresses: Addresses = server.parse()?;
    let connect = |_| {
        let connections = Connections::lazy(&addresses, &Tls::default())?;
        Ok(Caller::new(connections, Some(token.clone())))
    };
    (0..CONNECTIONS_MAX).map(connect).collect()
}
