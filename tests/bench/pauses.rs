//! How long a caller who repeats waits at most while a part of an installation over NATS fails: from one acknowledged
//! command to the next.

use crate::command::measured;
use crate::report::{Line, Target};
use crate::settings::Settings;
use anyhow::Context as _;
use domain::Role;
use std::time::{Duration, Instant};
use tests::{Client, Mode, Sandbox, SandboxConfig, let_pass};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Pause of a caller before it repeats.
const REPEAT_PAUSE: Duration = Duration::from_millis(20);
/// Time in which nothing fails yet.
const UNDISTURBED: Duration = Duration::from_secs(2);
/// Time in which what failed is noticed and mended.
const OBSERVED: Duration = Duration::from_secs(35);

/// Registers departments, one after another; returns the longest time from one acknowledged command to the next.
async fn register_until(clerk: Client, stop: CancellationToken) -> Duration {
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    for number in 0_u64.. {
        let request = measured(&format!("P{number:06}"));
        while clerk.call(request.clone()).await.is_err() && !stop.is_cancelled() {
            let_pass(REPEAT_PAUSE).await;
        }
        longest = longest.max(last.elapsed());
        last = Instant::now();
        if stop.is_cancelled() {
            break;
        }
    }
    longest
}

/// The longest pause after something was done to an installation.
async fn after(
    sandbox: &mut Sandbox,
    fail: impl AsyncFnOnce(&mut Sandbox) -> anyhow::Result<()>,
) -> anyhow::Result<Duration> {
    let token = sandbox.token_of(Role::Operator, None)?;
    let clerk = sandbox.client_with_token(&token).await?;
    clerk.call_patiently(measured("FIRST")).await?;
    let (mut caller, stop) = (JoinSet::new(), CancellationToken::new());
    caller.spawn(register_until(clerk, stop.clone()));
    let_pass(UNDISTURBED).await;
    fail(sandbox).await?;
    let_pass(OBSERVED).await;
    stop.cancel();
    Ok(caller.join_next().await.context("there is a caller")??)
}

fn start(brokers: usize) -> anyhow::Result<Sandbox> {
    Sandbox::start_with(
        Mode::Distributed,
        SandboxConfig { clock: "system".to_owned(), brokers, ..SandboxConfig::default() },
    )
}

/// A line with the longest pause of some rounds.
fn line(case: &str, pauses: &[Duration], at_most: f64, target: &str) -> Line {
    let longest = pauses.iter().max().copied().unwrap_or_default();
    let each: Vec<String> = pauses.iter().map(|pause| format!("{:.1} s", pause.as_secs_f64())).collect();
    Line {
        case: case.to_owned(),
        measured: format!("{:.1} s", longest.as_secs_f64()),
        reference: each.join(", "),
        target: target.to_owned(),
        verdict: Target::AtMost(at_most).verdict(longest.as_secs_f64()),
        ..Line::default()
    }
}

pub async fn of_a_caller(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let (mut leaders, mut ledgers, mut services) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.rounds {
        let mut sandbox = start(3)?;
        leaders.push(after(&mut sandbox, async |sandbox| kill_leader(sandbox).await).await?);
        let mut sandbox = start(1)?;
        sandbox.start_process("ledger-2")?;
        let killed = async |sandbox: &mut Sandbox| sandbox.process("ledger").kill();
        ledgers.push(after(&mut sandbox, killed).await?);
        let restarted = async |sandbox: &mut Sandbox| sandbox.restart("directory");
        services.push(after(&mut sandbox, restarted).await?);
        eprintln!("  leader {leaders:.1?}  ledger {ledgers:.1?}  service {services:.1?}");
    }
    Ok(vec![
        line("longest pause, the leading one of three brokers is killed", &leaders, 5.0, "≤ 5 s"),
        line("longest pause, one of two ledgers is killed", &ledgers, 0.5, "none"),
        line("longest pause, a service is killed and restarted", &services, 1.0, "≤ 1 s"),
    ])
}

/// Kills the broker that leads the realm's stream.
async fn kill_leader(sandbox: &mut Sandbox) -> anyhow::Result<()> {
    let client = async_nats::connect(sandbox.nats_url()).await?;
    let stream = async_nats::jetstream::new(client).get_stream("huishang-main").await?;
    let cluster = stream.cached_info().cluster.clone().context("the stream is clustered")?;
    let leader = cluster.leader.context("the stream has a leader")?;
    // The process of the first broker has no number.
    let name = leader.replace("broker-", "nats-").replace("nats-1", "nats");
    sandbox.process(&name).kill()
}
