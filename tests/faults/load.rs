//! Load for fault tests: callers that register departments and retry until they get a response.

use anyhow::{Context as _, ensure};
use domain::Role;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tests::{Client, Sandbox, department_stream, let_pass, registration};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Time within which every call must return: the service's own request timeout, plus time for the response.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

/// Running callers.
pub struct Load {
    callers: JoinSet<anyhow::Result<BTreeMap<String, u64>>>,
    acknowledged: watch::Sender<u64>,
    stop: CancellationToken,
}

impl Load {
    /// Starts the callers.
    pub fn start(clerk: &Client, callers: u64) -> Load {
        let (acknowledged, stop) = (watch::Sender::new(0), CancellationToken::new());
        let mut load = Load { callers: JoinSet::new(), acknowledged, stop };
        for caller in 0..callers {
            load.callers.spawn(call(clerk.clone(), caller, load.acknowledged.clone(), load.stop.clone()));
        }
        load
    }

    /// Waits until `count` more commands are acknowledged.
    pub async fn more(&self, count: u64, within: Duration) -> anyhow::Result<()> {
        let mut acknowledged = self.acknowledged.subscribe();
        let goal = *acknowledged.borrow() + count;
        let reached = tokio::time::timeout(within, acknowledged.wait_for(|&now| now >= goal)).await;
        reached.context("no more commands are acknowledged")?.map(drop).context("the callers have ended")
    }

    /// Lets each caller finish its current command, then checks that every acknowledged command is in the log
    /// exactly once, at the position of its response.
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
    acknowledged: watch::Sender<u64>,
    stop: CancellationToken,
) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut mine = BTreeMap::new();
    while !stop.is_cancelled() {
        let code = format!("C{caller}N{}", mine.len());
        let request = registration(&code, &code);
        let position = loop {
            let began = Instant::now();
            let answer = tokio::time::timeout(CALL_TIMEOUT, clerk.call(request.clone())).await;
            match answer {
                Err(_) => anyhow::bail!("a call did not return within {CALL_TIMEOUT:?}"),
                Ok(Ok(answer)) => break answer.position,
                Ok(Err(status)) => {
                    ensure!(
                        !matches!(status.code(), tonic::Code::Internal | tonic::Code::DataLoss),
                        "{code} after {:?}: {status}",
                        began.elapsed()
                    );
                    let_pass(Duration::from_millis(50)).await;
                }
            }
        };
        mine.insert(code, position);
        acknowledged.send_modify(|acknowledged| *acknowledged += 1);
    }
    Ok(mine)
}

/// Checks that every acknowledged command is in the ledger exactly once, at the position of its response, and that
/// the log is valid.
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
