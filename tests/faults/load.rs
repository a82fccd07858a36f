//! Callers who register departments and repeat what was not answered, while something breaks.

use anyhow::ensure;
use domain::Role;
use proto::scheduling::events::v1::{DepartmentKind, DepartmentLevel, DepartmentProfile};
use proto::scheduling::v1::RegisterDepartmentRequest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::{Client, Sandbox, department_stream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Time after which a call must have been answered in some way: the service's own limit of a request, and
/// time for the answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(35);

/// Callers under way.
pub struct Load {
    callers: JoinSet<anyhow::Result<BTreeMap<String, u64>>>,
    acknowledged: Arc<AtomicU64>,
    stop: CancellationToken,
}

impl Load {
    /// Starts so many callers.
    pub fn start(clerk: &Client, callers: u64) -> Load {
        let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let mut load = Load { callers: JoinSet::new(), acknowledged, stop };
        for caller in 0..callers {
            load.callers.spawn(call(clerk.clone(), caller, load.acknowledged.clone(), load.stop.clone()));
        }
        load
    }

    /// Waits until so many more commands are acknowledged.
    pub async fn more(&self, count: u64, within: Duration) -> anyhow::Result<()> {
        let (goal, begun) = (self.acknowledged.load(Ordering::Acquire) + count, Instant::now());
        while self.acknowledged.load(Ordering::Acquire) < goal {
            ensure!(begun.elapsed() < within, "nothing is acknowledged any more");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Lets each caller finish what it has begun, and sees that every acknowledged command is in the log
    /// exactly once, where its answer said.
    pub async fn all_there(mut self, sandbox: &Sandbox) -> anyhow::Result<usize> {
        self.stop.cancel();
        let mut done = BTreeMap::new();
        while let Some(caller) = self.callers.join_next().await {
            done.extend(caller??);
        }
        all_there(sandbox, &done).await?;
        Ok(done.len())
    }
}

async fn call(
    clerk: Client,
    caller: u64,
    acknowledged: Arc<AtomicU64>,
    stop: CancellationToken,
) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut mine = BTreeMap::new();
    while !stop.is_cancelled() {
        let code = format!("C{caller}N{}", mine.len());
        let request = register(&code);
        let position = loop {
            let began = Instant::now();
            let answer = tokio::time::timeout(ANSWERED_WITHIN, clerk.call(request.clone())).await;
            match answer {
                Err(_) => anyhow::bail!("a call was not answered within {ANSWERED_WITHIN:?}"),
                Ok(Ok(answer)) => break answer.position,
                Ok(Err(status)) => {
                    ensure!(
                        !matches!(status.code(), tonic::Code::Internal | tonic::Code::DataLoss),
                        "{code} after {:?}: {status}",
                        began.elapsed()
                    );
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        mine.insert(code, position);
        acknowledged.fetch_add(1, Ordering::Release);
    }
    Ok(mine)
}

fn register(code: &str) -> RegisterDepartmentRequest {
    RegisterDepartmentRequest {
        command_id: Client::command_id(),
        profile: Some(DepartmentProfile {
            code: code.into(),
            name: code.into(),
            parent: None,
            level: DepartmentLevel::Municipal.into(),
            region: None,
            kind: DepartmentKind::Agency.into(),
        }),
    }
}

/// Every acknowledged command is in the ledger once, where its answer said; and the log holds.
pub async fn all_there(sandbox: &Sandbox, done: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let log = auditor.whole_log().await?;
    let mut places: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for record in &log {
        places.entry(&record.stream).or_default().push(record.position);
    }
    for (code, position) in done {
        let found = places.get(department_stream(code).as_str());
        ensure!(found == Some(&vec![*position]), "{code} was acknowledged at {position} and is at {found:?}");
    }
    ensure!(auditor.verify_log().await? == log.len() as u64);
    Ok(())
}
