//! A recorded history of clients, while every process is killed again and again in random order.
//!
//! Several clients write to a few streams they share, and repeat a command for as long as they have no answer.
//! In the end: every acknowledged command is in the log exactly once, where its answer said; every other at most
//! once; each stream's history is linearizable, by the checker of the `stateright` crate; and the read model
//! is what the log tells.
//!
//! `FAULTS_SEED=7 FAULTS_ROUNDS=20 cargo test -p tests --test faults history` repeats a run and
//! makes it longer: in a round, every process is killed once.

mod linear;

use crate::seed::{self, Random, command, setting};
use anyhow::{Context as _, ensure};
use domain::Role;
use prost::Message as _;
use proto::ledger::v1::{GetRecordRequest, Record};
use proto::scheduling::events::v1::{
    DepartmentKind, DepartmentLevel, DepartmentProfile, DepartmentRegistered,
};
use proto::scheduling::v1::{ListDepartmentsRequest, RegisterDepartmentRequest};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tests::{Client, Mode, Sandbox, department_stream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::Code;

/// Clients at the same time.
const CLIENTS: u64 = 8;
/// Streams that they share.
const STREAMS: u64 = 4;
/// Acknowledged commands between two kills.
const COMMANDS_BETWEEN_KILLS: u64 = 30;
/// Acknowledged commands of one client that it reads back from the ledger: one in so many.
const READ_BACK_ONE_IN: u64 = 8;

/// One command, from before its first try to after its last.
#[derive(Debug, Clone)]
pub struct Operation {
    client: u64,
    command_id: String,
    stream: String,
    /// Its place among all beginnings and ends, taken just before it was sent first.
    began: u64,
    /// The same, taken just after the answer came, and the position that the answer told.
    ended: Option<(u64, u64)>,
}

/// What all clients of a run share.
struct Run {
    moments: AtomicU64,
    acknowledged: watch::Sender<u64>,
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_done_twice_embedded() -> anyhow::Result<()> {
    a_history_holds(Mode::Embedded).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_done_twice_distributed() -> anyhow::Result<()> {
    a_history_holds(Mode::Distributed).await
}

async fn a_history_holds(mode: Mode) -> anyhow::Result<()> {
    let (seed, rounds) = (seed::seed(), setting("FAULTS_ROUNDS", 1));
    let again = command("history", &[("SEED", seed), ("ROUNDS", rounds)]);
    eprintln!("{mode:?}: {again}");
    let mut sandbox = Sandbox::start(mode)?;
    let run = Arc::new(Run {
        moments: AtomicU64::new(0),
        acknowledged: watch::Sender::new(0),
        over: AtomicBool::new(false),
    });
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let clerk = sandbox.client(Role::Clerk, None).await?;
        clients.spawn(write_until_over(clerk, run.clone(), client, Random::new(seed, client + 1)));
    }
    let killed = kill_everything(&mut sandbox, &run, &mut Random::new(seed, 0), rounds).await;
    run.over.store(true, Ordering::Release);
    let mut operations = Vec::new();
    while let Some(done) = clients.join_next().await {
        operations.extend(done??);
    }
    killed?;
    verify(&sandbox, &operations).await.with_context(|| again)
}

/// Kills every process once in a round, in random order, each after some more commands were acknowledged.
async fn kill_everything(
    sandbox: &mut Sandbox,
    run: &Run,
    chance: &mut Random,
    rounds: u64,
) -> anyhow::Result<()> {
    for _ in 0..rounds {
        let mut names = sandbox.process_names();
        if sandbox.mode() == Mode::Embedded {
            names = vec![names[0].clone(); 5];
        }
        shuffle(&mut names, chance);
        for name in names {
            let mut acknowledged = run.acknowledged.subscribe();
            let enough = *acknowledged.borrow() + COMMANDS_BETWEEN_KILLS;
            let waiting = acknowledged.wait_for(|&acknowledged| acknowledged >= enough);
            let waited = tokio::time::timeout(Duration::from_secs(120), waiting).await;
            waited
                .with_context(|| format!("nothing more was acknowledged before {name} was to be killed"))??;
            sandbox.restart(&name)?;
        }
    }
    Ok(())
}

/// Each order is as likely as any other (Fisher and Yates).
fn shuffle(names: &mut [String], chance: &mut Random) {
    for last in (1..names.len()).rev() {
        names.swap(last, chance.below(last as u64 + 1) as usize);
    }
}

async fn write_until_over(
    clerk: Client,
    run: Arc<Run>,
    client: u64,
    mut chance: Random,
) -> anyhow::Result<Vec<Operation>> {
    let mut operations = Vec::new();
    while !run.over.load(Ordering::Acquire) {
        let code = format!("S{}", chance.below(STREAMS));
        let command_id = Client::command_id();
        let request = RegisterDepartmentRequest {
            command_id: command_id.clone(),
            profile: Some(profile(&code, &command_id)),
        };
        let began = run.moments.fetch_add(1, Ordering::AcqRel);
        let position = until_answered(&clerk, &run, request).await?;
        let ended = position.map(|position| (run.moments.fetch_add(1, Ordering::AcqRel), position));
        operations.push(Operation {
            client,
            command_id: command_id.clone(),
            stream: department_stream(&code),
            began,
            ended,
        });
        if let Some(position) = position {
            run.acknowledged.send_modify(|acknowledged| *acknowledged += 1);
            if chance.one_in(READ_BACK_ONE_IN) {
                read_back(&clerk, &run, position, &command_id).await?;
            }
        }
    }
    Ok(operations)
}

/// Repeats the command, with its id, until there is an answer; none when the run is over before.
async fn until_answered(
    clerk: &Client,
    run: &Run,
    request: RegisterDepartmentRequest,
) -> anyhow::Result<Option<u64>> {
    loop {
        match clerk.call(request.clone()).await {
            Ok(answer) => return Ok(Some(answer.position)),
            Err(status) if passes(&status) => {
                if run.over.load(Ordering::Acquire) {
                    return Ok(None);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(status) => return Err(status).context("a command that nothing speaks against"),
        }
    }
}

/// What a client may take for "ask again": the process went away, before or in the middle of the call.
fn passes(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted)
}

/// What was acknowledged can be read from the ledger at once.
async fn read_back(clerk: &Client, run: &Run, position: u64, command_id: &str) -> anyhow::Result<()> {
    loop {
        match clerk.call(GetRecordRequest { position }).await {
            Ok(answer) => {
                let record = answer.record.context("an answer without its record")?;
                ensure!(commit_id(&record)? == command_id, "another record is at position {position}");
                return Ok(());
            }
            Err(status) if passes(&status) && !run.over.load(Ordering::Acquire) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(status) if passes(&status) => return Ok(()),
            Err(status) => {
                return Err(status).with_context(|| format!("position {position} was acknowledged"));
            }
        }
    }
}

/// A profile whose name is the command's own.
fn profile(code: &str, name: &str) -> DepartmentProfile {
    DepartmentProfile {
        code: code.into(),
        name: name.into(),
        parent: None,
        level: DepartmentLevel::Municipal.into(),
        region: None,
        kind: DepartmentKind::Agency.into(),
    }
}

fn commit_id(record: &Record) -> anyhow::Result<String> {
    let envelope = record.payload.as_ref().and_then(|payload| payload.envelope.as_ref());
    Ok(envelope.context("a record without envelope")?.commit_id.clone())
}

async fn verify(sandbox: &Sandbox, operations: &[Operation]) -> anyhow::Result<()> {
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let head = auditor.call_patiently(proto::ledger::v1::GetHeadRequest {}).await?.position;
    let log = auditor.whole_log().await?;
    ensure!(log.len() as u64 == head, "{} of {head} records were read", log.len());
    ensure!(auditor.verify_log().await? == head);
    let places = places(&log)?;
    for operation in operations {
        let found = places.get(&operation.command_id).map(Vec::as_slice).unwrap_or_default();
        ensure!(found.len() <= 1, "{} was done {} times: {operation:?}", operation.command_id, found.len());
        if let Some((_, told)) = operation.ended {
            ensure!(found.iter().map(|place| place.at).eq([told]), "{operation:?} is at {found:?}");
        }
    }
    linear::check(operations, &places)?;
    the_read_model_is_what_the_log_tells(&auditor, &log, head).await?;
    let unanswered = operations.iter().filter(|operation| operation.ended.is_none()).count();
    eprintln!("{} commands, {unanswered} of them without an answer; {head} records hold", operations.len());
    Ok(())
}

/// Where a command stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The record before it in the stream; 0 for the first.
    after: u64,
    /// Its own record.
    at: u64,
}

/// Command id → where the log has it.
fn places(log: &[Record]) -> anyhow::Result<BTreeMap<String, Vec<Place>>> {
    let mut last = BTreeMap::new();
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for record in log {
        let after = last.insert(&record.stream, record.position).unwrap_or(0);
        places.entry(commit_id(record)?).or_default().push(Place { after, at: record.position });
    }
    Ok(places)
}

async fn the_read_model_is_what_the_log_tells(
    auditor: &Client,
    log: &[Record],
    head: u64,
) -> anyhow::Result<()> {
    let mut told = BTreeMap::new();
    for event in log.iter().filter_map(|record| record.payload.as_ref()).flat_map(|payload| &payload.events) {
        let profile = DepartmentRegistered::decode(event.value.as_slice())?.profile.context("a profile")?;
        told.insert(profile.code, profile.name);
    }
    let request = ListDepartmentsRequest { at_least_position: head, ..Default::default() };
    let listed = auditor.call_patiently(request).await?.departments;
    let shown: BTreeMap<String, String> =
        listed.into_iter().map(|listed| (listed.code, listed.name)).collect();
    ensure!(shown == told, "the view shows {shown:?}, the log tells {told:?}");
    Ok(())
}
