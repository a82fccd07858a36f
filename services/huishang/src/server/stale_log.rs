//! A log that was replaced by an old copy: detected before anything is served, and used only if that is accepted.
//!
//! A ledger on NATS whose log merely has fewer records than the stream catches up, which is normal. So records
//! that are known to have existed are looked for in the stream as well.

use anyhow::Context as _;
use domain::ledger::custody::{Command, Custody};
use domain::{Actor, Uuid};
use event_log::EventLog;
use journal::nats::{LedgerError, NatsJournal};
use ledger::{Evidence, Signing};
use service_kit::checkpoint::Checkpoint;
use service_kit::{CommandContext, Kit, view};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Time between two looks at whether a ledger has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Compares a log with what the files beside it show of its past.
pub struct StalenessCheck<'a> {
    signing: &'a Signing,
    views: Vec<(PathBuf, Checkpoint)>,
}

impl<'a> StalenessCheck<'a> {
    /// Compares with the last signed head and with the views in the data directory.
    pub fn new(signing: &'a Signing, data: &Path) -> StalenessCheck<'a> {
        StalenessCheck { signing, views: view::checkpoints(&data.join("views")) }
    }

    /// Refuses a stale log; returns the evidence if a stale log is accepted.
    pub fn check(&self, log: &EventLog, accept: bool) -> anyhow::Result<Option<Evidence>> {
        match self.evidence(log)? {
            Some(evidence) if !accept => Err(refusal(&evidence, log)),
            evidence => Ok(evidence),
        }
    }

    /// Refuses a log that is stale together with its stream, before a ledger follows that stream.
    pub async fn check_before_following(
        &self,
        log: &EventLog,
        stream: &NatsJournal,
        accept: bool,
    ) -> anyhow::Result<()> {
        let (expected, end) = (self.expected_records()?, stream.last_position().await?);
        if expected <= log.head().position.max(end) || accept {
            return Ok(());
        }
        let what = format!("{expected} records are known to have existed, and the stream has {end}");
        Err(refusal(&Evidence { had: expected, what }, log))
    }

    /// Waits until the log has caught up with the stream as far as it is known to have been, then checks it.
    pub async fn check_after_catch_up(
        &self,
        log: &EventLog,
        stream: &NatsJournal,
        ledger: &JoinHandle<Result<(), LedgerError>>,
        accept: bool,
    ) -> anyhow::Result<Option<Evidence>> {
        let reachable = self.expected_records()?.min(stream.last_position().await?);
        let mut head = log.watch_position();
        let caught_up = head.wait_for(|position| *position >= reachable);
        tokio::select! {
            reached = caught_up => drop(reached.context("the log was closed")?),
            // Whoever waits for the ledger reports why it ended.
            () = ended(ledger) => return Ok(None),
        }
        self.check(log, accept)
    }

    /// How many records the log is known to have had.
    fn expected_records(&self) -> anyhow::Result<u64> {
        let signed = self.signing.stored_head()?.map_or(0, |head| head.size);
        Ok(self.views.iter().map(|(_, checkpoint)| checkpoint.position).chain([signed]).max().unwrap_or(0))
    }

    /// What shows that the log had more records, or different ones.
    fn evidence(&self, log: &EventLog) -> anyhow::Result<Option<Evidence>> {
        if let Some(evidence) = self.signing.find_contradiction(log)? {
            return Ok(Some(evidence));
        }
        for (file, checkpoint) in &self.views {
            if !contains(log, checkpoint)? {
                let had = checkpoint.position;
                let what = format!("the view {} has projected a different record {had}", file.display());
                return Ok(Some(Evidence { had, what }));
            }
        }
        Ok(None)
    }
}

/// Whether the log has the record of a checkpoint.
fn contains(log: &EventLog, checkpoint: &Checkpoint) -> anyhow::Result<bool> {
    if checkpoint.position == 0 {
        return Ok(true);
    }
    if checkpoint.position > log.head().position {
        return Ok(false);
    }
    let found = log.read(checkpoint.position - 1, 1)?;
    Ok(found.first().is_some_and(|record| record.command_id == checkpoint.command_id))
}

async fn ended<T>(task: &JoinHandle<T>) {
    while !task.is_finished() {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn refusal(evidence: &Evidence, log: &EventLog) -> anyhow::Error {
    anyhow::anyhow!(
        "the log in {} is stale: it has {} records, and had {}: {}. Put back the newest copy, a backup or another \
         ledger's; --accept-stale continues without what is missing, and records that",
        log.dir().display(),
        log.head().position,
        evidence.had,
        evidence.what,
    )
}

/// Records in the log that it is used although it had more records than it has.
pub async fn record_accepted(kit: &Kit, evidence: Evidence, actual_records: u64) -> anyhow::Result<()> {
    let Evidence { had: expected_records, what: evidence } = evidence;
    let context = CommandContext::new(Uuid::now_v7(), Default::default(), Actor::process("accept-stale"));
    tracing::warn!(expected_records, actual_records, evidence, "a stale log is accepted");
    let command = Command::AcceptStaleLog { expected_records, actual_records, evidence };
    let recorded = kit.execute::<Custody>(&context, Custody::log_id(), command).await;
    recorded.map(drop).context("recording that a stale log is accepted")
}
