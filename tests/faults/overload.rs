//! Ten times more than it can do: what can be done is done, the rest is refused at once, memory stays bounded;
//! and connections that do nothing are closed.
//!
//! `FAULTS_SECONDS` makes the overload last longer; `FAULTS_SEED` repeats a mix of calls.

use crate::seed::{Random, seed, setting};
use anyhow::ensure;
use domain::Role;
use futures::stream;
use proto::Rpc as _;
use proto::scheduling::v1::{
    ListDepartmentsRequest, ListDepartmentsResponse, RegisterDepartmentRequest, RegisterDepartmentResponse,
};
use service_kit::limits::{HANDSHAKE_TIMEOUT, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, REQUEST_TIMEOUT};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tests::{Client, Mode, Sandbox, SandboxConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Requests that the server takes at once: its capacity.
const CAPACITY: u64 = 48;
/// How much more is asked of it.
const TIMES: u64 = 10;
/// Connections over which that is asked.
const CONNECTIONS: u64 = 16;
/// How long each phase lasts unless the environment says otherwise.
const SECONDS: u64 = 3;
/// What the server may take of memory while it is overloaded.
const RESIDENT_BYTES_MAX: u64 = 300 << 20;
/// Of the calls that succeed at its capacity, how many per cent must under overload. On a quiet machine
/// it is 80 and more; a machine that builds something at the same time tells little.
const SUCCESSES_PERCENT_MIN: u64 = 30;

fn limits(names: &[(&'static str, u64)]) -> SandboxConfig {
    let settings = names.iter().map(|(name, value)| (*name, value.to_string())).collect();
    SandboxConfig { settings, ..SandboxConfig::default() }
}

/// What became of the calls of one phase.
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

/// So many callers, each with one call under way, until the time is over. Who is refused waits as it is told.
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
                    tokio::time::sleep(pause.unwrap_or(Duration::from_millis(10))).await;
                }
            }
        });
    }
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    while let Some(done) = calling.join_next().await {
        done?;
    }
    Ok(Arc::into_inner(outcome).expect("all callers are done"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_server_does_what_it_can_and_refuses_the_rest() -> anyhow::Result<()> {
    let seed = seed();
    let time = Duration::from_secs(setting("FAULTS_SECONDS", SECONDS));
    let config = limits(&[("HUISHANG_LIMITS__REQUESTS_AT_ONCE_MAX", CAPACITY)]);
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
    ensure!(overloaded.refused.into_inner() > 0, "it was no overload");
    ensure!(percent >= SUCCESSES_PERCENT_MIN, "{percent} % of the peak");
    ensure!(resident < RESIDENT_BYTES_MAX, "{} MiB", resident >> 20);
    clients[0].register_department("AFTERWARDS").await?;
    let (_, status) = sandbox.process("up").terminate()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_runs_away_is_told_to_wait_and_the_others_are_served() -> anyhow::Result<()> {
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
        ensure!(info.and_then(|info| info.retry_delay).is_some(), "it says when to ask again: {status}");
    }
    sandbox.client(Role::Clerk, Some("SLOW")).await?.register_department("A").await?;
    Ok(())
}

/// What every HTTP/2 client begins with, and settings that change nothing.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(sandbox: &Sandbox) -> anyhow::Result<TcpStream> {
    Ok(TcpStream::connect(sandbox.server().replace("http://", "")).await?)
}

/// Waits until the other side has closed; what it says before does not matter.
async fn closed(mut connection: TcpStream, within: Duration) -> anyhow::Result<()> {
    let mut said = Vec::new();
    // An error is a close as well.
    let _ = tokio::time::timeout(within, connection.read_to_end(&mut said)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_do_nothing_are_closed() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    // One that says the first word letter by letter.
    let mut slow = connect(&sandbox).await?;
    let (slow_reading, mut slow_writing) = slow.split();
    let slowly = async {
        for byte in HELLO {
            if slow_writing.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(HANDSHAKE_TIMEOUT / 8).await;
        }
    };
    let ended = async {
        let mut said = Vec::new();
        let mut reading = slow_reading;
        let _ = reading.read_to_end(&mut said).await;
    };
    let slow_ends = tokio::time::timeout(HANDSHAKE_TIMEOUT * 3, async {
        tokio::select! {
            () = slowly => anyhow::bail!("it could say all of it"),
            () = ended => Ok(()),
        }
    });
    // One that greets and then answers no ping; one that stops within the head of a request.
    let mut dumb = connect(&sandbox).await?;
    dumb.write_all(HELLO).await?;
    let mut cut_short = connect(&sandbox).await?;
    cut_short.write_all(HELLO).await?;
    cut_short.write_all(&[0, 1, 0, 1, 4, 0, 0, 0, 1, 0x82]).await?;
    let limit = (KEEPALIVE_INTERVAL + KEEPALIVE_TIMEOUT) * 2;
    let (slow_ends, dumb_ends, cut_short_ends) =
        tokio::join!(slow_ends, closed(dumb, limit), closed(cut_short, limit));
    slow_ends??;
    dumb_ends?;
    cut_short_ends?;
    sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_are_allowed_are_closed_at_once() -> anyhow::Result<()> {
    const MOST: u64 = 4;
    let config = limits(&[("HUISHANG_LIMITS__CONNECTIONS_MAX", MOST)]);
    let sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let mut open = Vec::new();
    for _ in 0..MOST {
        let mut connection = connect(&sandbox).await?;
        connection.write_all(HELLO).await?;
        // Its greeting shows that the server has it.
        connection.read_u8().await?;
        open.push(connection);
    }
    closed(connect(&sandbox).await?, HANDSHAKE_TIMEOUT / 2).await?;
    open.pop();
    // The place is free again when the server has seen the end.
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.call_patiently(proto::scheduling::v1::ListRoomsRequest::default()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_ended_and_gives_its_place_back() -> anyhow::Result<()> {
    const PLACES: u64 = 2;
    let config = limits(&[("HUISHANG_LIMITS__REQUESTS_AT_ONCE_MAX", PLACES)]);
    let sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let mut halves = JoinSet::new();
    for _ in 0..PLACES {
        let clerk = clerk.clone();
        halves.spawn(async move {
            // Again while the questions below have the place.
            loop {
                let nothing = stream::pending::<RegisterDepartmentRequest>();
                let path = RegisterDepartmentRequest::PATH;
                match clerk.begin::<_, RegisterDepartmentResponse>(path, nothing).await {
                    Err(status) if status.code() == Code::ResourceExhausted => {}
                    answered => return answered,
                }
            }
        });
    }
    // While they hold all places, others are refused at once.
    let all_held = async {
        loop {
            match clerk.call(ListDepartmentsRequest::default()).await {
                Err(status) if status.code() == Code::ResourceExhausted => return anyhow::Ok(()),
                answered => drop(answered?),
            }
        }
    };
    tokio::time::timeout(REQUEST_TIMEOUT / 2, all_held).await??;
    let ended = tokio::time::timeout(REQUEST_TIMEOUT * 2, halves.join_all()).await?;
    for answer in ended {
        let status = answer.expect_err("it never was a request");
        ensure!(matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded), "{status}");
    }
    clerk.register_department("A").await?;
    Ok(())
}
