//! Half-open connections between a service, the broker and the ledger: nothing is forwarded, but nothing is
//! closed. After healing, every acknowledged command is in the log exactly once, and no call hangs longer than the
//! service's own timeout.
//!
//! `FAULTS_SEED=7 FAULTS_ROUNDS=20 cargo test -p tests --test faults partition` repeats a run, with more rounds;
//! each cuts off one or both of the processes, and heals.

use crate::load::Load;
use crate::seed::{Random, seed, setting};
use domain::Role;
use std::time::Duration;
use tests::{Mode, Proxy, Sandbox, let_pass};

/// Number of concurrent callers.
const CALLERS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_lose_and_duplicate_nothing() -> anyhow::Result<()> {
    let (seed, rounds): (u64, u64) = (seed(), setting("FAULTS_ROUNDS", 2));
    eprintln!("FAULTS_SEED={seed} FAULTS_ROUNDS={rounds} repeats this partition");
    let mut chance = Random::new(seed, 0);
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let broker = sandbox.nats_url().trim_start_matches("nats://").parse()?;
    let proxies = [Proxy::to(broker).await?, Proxy::to(broker).await?];
    for (proxy, name) in proxies.iter().zip(["directory", "ledger"]) {
        sandbox.set_nats_url(name, format!("nats://{}", proxy.address()));
        sandbox.restart(name)?;
    }
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let load = Load::start(&clerk, CALLERS);
    for _ in 0..rounds {
        load.more(20, Duration::from_secs(60)).await?;
        let cut: Vec<&Proxy> = match chance.below(3) {
            0 => vec![&proxies[0]],
            1 => vec![&proxies[1]],
            _ => proxies.iter().collect(),
        };
        cut.iter().for_each(|proxy| proxy.cut());
        // Both shorter and longer than the time after which either side notices.
        let_pass(Duration::from_millis(200 + chance.below(7800))).await;
        cut.iter().for_each(|proxy| proxy.heal());
        load.more(20, Duration::from_secs(60)).await?;
    }
    let acknowledged = load.all_there(&sandbox).await?;
    eprintln!("{acknowledged} commands acknowledged, all there");
    Ok(())
}
