//! Connections that carry nothing any more and are not closed, between a service, the broker and the ledger.
//! After healing every acknowledged command is in the log exactly once, and no call hangs for longer than a
//! service's own limit.
//!
//! `FAULTS_SEED=7 FAULTS_ROUNDS=20 cargo test -p tests --test faults partition` repeats a run
//! and makes it longer: a round cuts off one of the processes, or both, and heals.

use crate::load::Load;
use crate::seed::{Random, seed, setting};
use domain::Role;
use std::time::Duration;
use tests::{Mode, Proxy, Sandbox};

/// Callers at the same time.
const CALLERS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_connections_fall_silent() -> anyhow::Result<()> {
    let (seed, rounds): (u64, u64) = (seed(), setting("FAULTS_ROUNDS", 2));
    eprintln!("FAULTS_SEED={seed} FAULTS_ROUNDS={rounds} repeats this partition");
    let mut chance = Random::new(seed, 0);
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let broker = sandbox.nats_url().trim_start_matches("nats://").parse()?;
    let ways = [Proxy::to(broker).await?, Proxy::to(broker).await?];
    for (way, name) in ways.iter().zip(["scheduling", "ledger"]) {
        sandbox.reach_nats_by(name, format!("nats://{}", way.address()));
        sandbox.restart(name)?;
    }
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let load = Load::start(&clerk, CALLERS);
    for _ in 0..rounds {
        load.more(20, Duration::from_secs(60)).await?;
        let cut: Vec<&Proxy> = match chance.below(3) {
            0 => vec![&ways[0]],
            1 => vec![&ways[1]],
            _ => ways.iter().collect(),
        };
        cut.iter().for_each(|way| way.cut());
        // Longer or shorter than the time after which either side notices.
        tokio::time::sleep(Duration::from_millis(200 + chance.below(7800))).await;
        cut.iter().for_each(|way| way.heal());
        load.more(20, Duration::from_secs(60)).await?;
    }
    let acknowledged = load.all_there(&sandbox).await?;
    eprintln!("{acknowledged} commands acknowledged, all there");
    Ok(())
}
