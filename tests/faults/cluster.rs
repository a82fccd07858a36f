//! A JetStream cluster of three brokers, whose stream leader is killed under load: no acknowledged command is
//! lost or executed twice.
//!
//! `FAULTS_ROUNDS=20 cargo test -p tests --test faults cluster` runs more rounds; in each, the leader is killed
//! once and restarted.

use crate::load::Load;
use crate::seed::setting;
use anyhow::Context as _;
use domain::Role;
use std::time::Duration;
use tests::{Mode, Sandbox, SandboxConfig};

/// Number of concurrent callers.
const CALLERS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_stream_leader_loses_nothing() -> anyhow::Result<()> {
    let rounds: u64 = setting("FAULTS_ROUNDS", 1);
    let mut sandbox =
        Sandbox::start_with(Mode::Distributed, SandboxConfig { brokers: 3, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let load = Load::start(&clerk, CALLERS);
    for _ in 0..rounds {
        load.more(20, Duration::from_secs(60)).await?;
        let leader = leader(&sandbox).await?;
        sandbox.process(&leader).kill()?;
        load.more(20, Duration::from_secs(90)).await.with_context(|| format!("{leader} was killed"))?;
        sandbox.start_process(&leader)?;
        load.more(20, Duration::from_secs(60)).await?;
    }
    let acknowledged = load.all_there(&sandbox).await?;
    eprintln!("{acknowledged} commands acknowledged, all there");
    Ok(())
}

/// Returns the process of the broker that leads the realm's stream.
async fn leader(sandbox: &Sandbox) -> anyhow::Result<String> {
    let client = async_nats::connect(sandbox.nats_url()).await?;
    let stream = async_nats::jetstream::new(client).get_stream("huishang-main").await?;
    let cluster = stream.cached_info().cluster.clone().context("the stream is clustered")?;
    let leader = cluster.leader.context("the stream has a leader")?;
    // The process of the first broker has no number.
    Ok(leader.replace("broker-", "nats-").replace("nats-1", "nats"))
}
