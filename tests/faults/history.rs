//! The recorded history of several clients, while all processes are repeatedly killed in random order.
//!
//! The clients write to a few shared streams, and retry each command until they get a response. At the end, every
//! acknowledged command is in the log exactly once, at the position of its response; every other command at most
//! once; each stream's history is linearizable according to the checker of the `stateright` crate; and the view
//! matches the log.
//!
//! `FAULTS_SEED=7 FAULTS_ROUNDS=20 cargo test -p tests --test faults history` repeats a run, with more rounds; in
//! each, every process is killed once.

mod linear;

use crate::seed::{self, Random, command, setting};
use anyhow::{Context as _, ensure};
use domain::Role;
use prost::Message as _;
use proto::directory::events::v1::DepartmentRegistered;
use proto::directory::v1::{ListDepartmentsRequest, RegisterDepartmentRequest};
use proto::ledger::v1::{GetRecordRequest, Record};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tests::{Client, Mode, Sandbox, department_stream, let_pass, registration};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::Code;

/// Number of concurrent clients.
const CLIENTS: u64 = 8;
/// Number of shared streams.
const STREAMS: u64 = 4;
/// Number of acknowledged commands between two kills.
const COMMANDS_BETWEEN_KILLS: u64 = 30;
/// A client reads back one in this many of its acknowledged commands from the ledger.
const READ_BACK_ONE_IN: u64 = 8;

/// A command, from before its first attempt to after its last.
#[derive(Debug, Clone)]
pub struct Operation {
    client: u64,
    command_id: String,
    stream: String,
    /// Logical time just before the first attempt.
    began: u64,
    /// Logical time just after the response, and the position in the response.
    ended: Option<(u64, u64)>,
}

/// State shared by all clients of a run.
struct Run {
    moments: AtomicU64,
    acknowledged: watch::Sender<u64>,
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_duplicated_embedded() -> anyhow::Result<()> {
    check_history(Mode::Embedded).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_duplicated_distributed() -> anyhow::Result<()> {
    check_history(Mode::Distributed).await
}

async fn check_history(mode: Mode) -> anyhow::Result<()> {
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
        let clerk = sandbox.client(Role::Operator, None).await?;
        let auditor = sandbox.client(Role::Auditor, None).await?;
        clients.spawn(write_until_over([clerk, auditor], run.clone(), client, Random::new(seed, client + 1)));
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

/// Kills every process once per round, in random order, each after some more commands have been acknowledged.
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
                .with_context(|| format!("no further commands were acknowledged before killing {name}"))??;
            sandbox.restart(&name)?;
        }
    }
    Ok(())
}

/// Shuffles uniformly (Fisher–Yates).
fn shuffle(names: &mut [String], chance: &mut Random) {
    for last in (1..names.len()).rev() {
        names.swap(last, chance.below(last as u64 + 1) as usize);
    }
}

async fn write_until_over(
    [clerk, auditor]: [Client; 2],
    run: Arc<Run>,
    client: u64,
    mut chance: Random,
) -> anyhow::Result<Vec<Operation>> {
    let mut operations = Vec::new();
    while !run.over.load(Ordering::Acquire) {
        let code = format!("S{}", chance.below(STREAMS));
        let command_id = client::command_id();
        let request =
            RegisterDepartmentRequest { command_id: command_id.clone(), ..registration(&code, &command_id) };
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
                read_back(&auditor, &run, position, &command_id).await?;
            }
        }
    }
    Ok(operations)
}

/// Retries the command, with the same id, until there is a response; `None` if the run ends first.
async fn until_answered(
    clerk: &Client,
    run: &Run,
    request: RegisterDepartmentRequest,
) -> anyhow::Result<Option<u64>> {
    loop {
        match clerk.call(request.clone()).await {
            Ok(answer) => return Ok(Some(answer.position)),
            Err(status) if is_transient(&status) => {
                if run.over.load(Ordering::Acquire) {
                    return Ok(None);
                }
                let_pass(Duration::from_millis(20)).await;
            }
            Err(status) => return Err(status).context("a valid command was refused"),
        }
    }
}

/// Returns whether a client may retry: the process was killed before or during the call.
fn is_transient(status: &tonic::Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted)
}

/// Checks that an acknowledged command can be read from the ledger immediately.
async fn read_back(auditor: &Client, run: &Run, position: u64, command_id: &str) -> anyhow::Result<()> {
    loop {
        match auditor.call(GetRecordRequest { position }).await {
            Ok(answer) => {
                let record = answer.record.context("the response has no record")?;
                ensure!(id_of_command(&record)? == command_id, "another record is at position {position}");
                return Ok(());
            }
            Err(status) if is_transient(&status) && !run.over.load(Ordering::Acquire) => {
                let_pass(Duration::from_millis(20)).await;
            }
            Err(status) if is_transient(&status) => return Ok(()),
            Err(status) => {
                return Err(status).with_context(|| format!("position {position} was acknowledged"));
            }
        }
    }
}

fn id_of_command(record: &Record) -> anyhow::Result<String> {
    Ok(record.envelope.as_ref().context("the record has no envelope")?.command_id.clone())
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
        ensure!(
            found.len() <= 1,
            "{} was executed {} times: {operation:?}",
            operation.command_id,
            found.len()
        );
        if let Some((_, position)) = operation.ended {
            ensure!(found.iter().map(|place| place.at).eq([position]), "{operation:?} is at {found:?}");
        }
    }
    linear::check(operations, &places)?;
    check_view(&auditor, &log, head).await?;
    let unanswered = operations.iter().filter(|operation| operation.ended.is_none()).count();
    eprintln!(
        "{} commands, {unanswered} of them without a response; {head} records are valid",
        operations.len()
    );
    Ok(())
}

/// Position of a command's record, and of its predecessor in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Position of the previous record of the stream; 0 for the first.
    after: u64,
    /// Position of the record.
    at: u64,
}

/// Returns the places of each command in the log, by command id.
fn places(log: &[Record]) -> anyhow::Result<BTreeMap<String, Vec<Place>>> {
    let mut last = BTreeMap::new();
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for record in log {
        let after = last.insert(&record.stream, record.position).unwrap_or(0);
        places.entry(id_of_command(record)?).or_default().push(Place { after, at: record.position });
    }
    Ok(places)
}

async fn check_view(auditor: &Client, log: &[Record], head: u64) -> anyhow::Result<()> {
    let mut expected = BTreeMap::new();
    for event in log.iter().flat_map(|record| &record.events) {
        let profile = DepartmentRegistered::decode(event.value.as_slice())?.profile.context("a profile")?;
        expected.insert(profile.code, profile.name);
    }
    let request = ListDepartmentsRequest { at_least_position: head, ..Default::default() };
    let listed = auditor.call_patiently(request).await?.departments;
    let shown: BTreeMap<String, String> =
        listed.into_iter().map(|listed| (listed.code, listed.name)).collect();
    ensure!(shown == expected, "the view contains {shown:?}, but the log {expected:?}");
    Ok(())
}
