//! Tenfold overload: the server keeps working at capacity, refuses the rest immediately, and its memory stays
//! bounded.
//!
//! `FAULTS_SECONDS` sets the duration of the overload; `FAULTS_SEED` repeats a mix of calls.

use crate::seed::{Random, seed, setting};
use anyhow::ensure;
use domain::Role;
use proto::directory::v1::{ListDepartmentsRequest, ListDepartmentsResponse};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tests::{Client, Mode, Sandbox, SandboxConfig, let_pass};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Capacity of the server: requests that it handles concurrently.
const CAPACITY: u64 = 48;
/// Overload, as a multiple of the capacity.
const TIMES: u64 = 10;
/// Number of connections used for it.
const CONNECTIONS: u64 = 16;
/// Default duration of each phase, in seconds.
const SECONDS: u64 = 3;
/// Maximum resident memory of the server during the overload.
const RESIDENT_BYTES_MAX: u64 = 300 << 20;
/// Minimum number of successful calls during the overload, in percent of those at capacity. Alone, and not
/// optimized, it is about half; beside other tests one fourth was seen. A server that collapses does nearly nothing.
const SUCCESSES_PERCENT_MIN: u64 = 10;

fn limits(names: &[(&'static str, u64)]) -> SandboxConfig {
    let settings = names.iter().map(|(name, value)| (*name, value.to_string())).collect();
    SandboxConfig { settings, ..SandboxConfig::default() }
}

/// Outcomes of the calls of one phase.
#[derive(Debug, Default)]
struct Outcome {
    succeeded: AtomicU64,
    refused: AtomicU64,
    failed: std::sync::Mutex<BTreeMap<String, u64>>,
}

impl Outcome {
    fn note(&self, answer: &Result<(), Status>) {
        match answer {
            Ok(()) => drop(self.succeeded.fetch_add(1, Ordering::Relaxed)),
            Err(status) if status.code() == Code::ResourceExhausted => {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            Err(status) => *self.failed.lock().unwrap().entry(status.to_string()).or_default() += 1,
        }
    }
}

/// Runs callers with one call in flight each, for this time. A refused caller waits for the requested delay.
async fn load(clients: &[Client], callers: u64, time: Duration, seed: u64) -> anyhow::Result<Outcome> {
    let outcome = Arc::new(Outcome::default());
    let over = Arc::new(AtomicBool::new(false));
    let mut calling = JoinSet::new();
    for caller in 0..callers {
        let client = clients[caller as usize % clients.len()].clone();
        let (outcome, over) = (outcome.clone(), over.clone());
        let mut chance = Random::new(seed, caller);
        calling.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let answer = if chance.one_in(4) {
                    client
                        .call(ListDepartmentsRequest { page_size: 20, ..Default::default() })
                        .await
                        .map(drop)
                } else {
                    client.register_department(&format!("D{}", chance.below(100_000))).await.map(drop)
                };
                outcome.note(&answer);
                if let Err(status) = answer {
                    let pause = status.get_details_retry_info().and_then(|info| info.retry_delay);
                    let_pass(pause.unwrap_or(Duration::from_millis(10))).await;
                }
            }
        });
    }
    let_pass(time).await;
    over.store(true, Ordering::Relaxed);
    while let Some(done) = calling.join_next().await {
        done?;
    }
    Ok(Arc::into_inner(outcome).expect("all callers are done"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_server_works_at_capacity_and_refuses_the_rest() -> anyhow::Result<()> {
    let seed = seed();
    let time = Duration::from_secs(setting("FAULTS_SECONDS", SECONDS));
    let config = limits(&[
        ("HUISHANG_LIMITS__REQUESTS_AT_ONCE_MAX", CAPACITY),
        // One caller stands for many.
        ("HUISHANG_LIMITS__CALLER_SHARE_PERCENT", 100),
    ]);
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(sandbox.client(Role::Clerk, None).await?);
    }
    load(&clients, CAPACITY, time / 3, seed).await?;
    let peak = load(&clients, CAPACITY, time, seed + 1_000).await?;
    let overloaded = load(&clients, TIMES * CAPACITY, time, seed + 2_000).await?;
    let resident = sandbox.process("up").peak_resident_bytes()?;

    let (at_peak, at_most) = (peak.succeeded.into_inner(), overloaded.succeeded.into_inner());
    let percent = at_most * 100 / at_peak;
    eprintln!(
        "seed {seed}, {} s: {at_peak} calls succeeded at {CAPACITY} at once; {at_most} at {} at once, which is {percent} %; \
         {} were refused; at most {} MiB resident",
        time.as_secs(),
        TIMES * CAPACITY,
        overloaded.refused.load(Ordering::Relaxed),
        resident >> 20,
    );
    ensure!(peak.failed.lock().unwrap().is_empty(), "{:?}", peak.failed);
    ensure!(overloaded.failed.lock().unwrap().is_empty(), "only refusals: {:?}", overloaded.failed);
    ensure!(overloaded.refused.into_inner() > 0, "the server was not overloaded");
    ensure!(percent >= SUCCESSES_PERCENT_MIN, "{percent} % of the peak");
    ensure!(resident < RESIDENT_BYTES_MAX, "{} MiB", resident >> 20);
    clients[0].register_department("AFTERWARDS").await?;
    let (_, status) = sandbox.process("up").terminate()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runaway_caller_is_throttled_and_others_are_served() -> anyhow::Result<()> {
    let config = limits(&[("HUISHANG_LIMITS__CALLER_REQUESTS_PER_SECOND_MAX", 20)]);
    let sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let runaway = sandbox.client(Role::Clerk, Some("FAST")).await?;
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let runaway = runaway.clone();
        calls.spawn(async move { runaway.call(ListDepartmentsRequest::default()).await });
    }
    let answers: Vec<Result<ListDepartmentsResponse, Status>> = calls.join_all().await;
    let refused: Vec<&Status> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    ensure!(answers.len() - refused.len() >= 20, "{} of {} were refused", refused.len(), answers.len());
    ensure!(!refused.is_empty(), "200 at once are more than 20 in a second");
    for status in refused {
        ensure!(status.code() == Code::ResourceExhausted, "{status}");
        let info = status.get_details_retry_info();
        ensure!(info.and_then(|info| info.retry_delay).is_some(), "it has a retry delay: {status}");
    }
    sandbox.client(Role::Clerk, Some("SLOW")).await?.register_department("A").await?;
    Ok(())
}
