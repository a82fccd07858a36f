//! A log that was replaced by an old copy: detected before anything is served, and used only if that is accepted.
//!
//! A ledger on NATS whose log merely has fewer records than the stream catches up, which is normal. So records
//! that are known to have existed are looked for in the stream as well.

use crate::language::{current, say};
use anyhow::Context as _;
use domain::ledger::custody::{Command, Custody};
use domain::{Actor, Uuid};
use event_log::EventLog;
use journal::nats::{Contradiction, LedgerError, NatsJournal};
use journal::payload;
use journal::witness::{Acceptance, Witness};
use ledger::{Evidence, Signing};
use service_kit::checkpoint::{Checkpoint, Past};
use service_kit::{CommandContext, Kit, view};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// Time between two looks at whether a ledger has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Compares a log with what the files beside it show of its past.
pub struct StalenessCheck<'a> {
    signing: &'a Signing,
    views: Vec<(PathBuf, Past)>,
}

impl<'a> StalenessCheck<'a> {
    /// Compares with the last signed head and with the views in the data directory.
    pub fn new(signing: &'a Signing, data: &Path) -> StalenessCheck<'a> {
        StalenessCheck { signing, views: view::pasts(&data.join("views")) }
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
        let (expected, end) = (self.expected_records(log)?, stream.last_position().await?);
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
        let reachable = self.expected_records(log)?.min(stream.last_position().await?);
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
    fn expected_records(&self, log: &EventLog) -> anyhow::Result<u64> {
        let signed = self.signing.stored_head()?.map_or(0, |head| head.size);
        let known = self.known_to_views(log)?.into_iter().map(|(_, last)| last.position);
        Ok(known.chain([signed]).max().unwrap_or(0))
    }

    /// The last record that each view knows, unless it was accepted before that this one is lost.
    fn known_to_views(&self, log: &EventLog) -> anyhow::Result<Vec<(&Path, Checkpoint)>> {
        let acceptances = acceptances(log)?;
        let known = self.views.iter().filter(|(_, past)| !past.is_given_up(&acceptances));
        Ok(known.filter_map(|(file, past)| Some((file.as_path(), past.last()?))).collect())
    }

    /// What shows that the log had more records, or different ones; of several, what knows of the most.
    fn evidence(&self, log: &EventLog) -> anyhow::Result<Option<Evidence>> {
        let mut found: Vec<Evidence> = self.signing.find_contradiction(log)?.into_iter().collect();
        for (file, last) in self.known_to_views(log)? {
            if !contains(log, &last)? {
                let had = last.position;
                let what = format!("the view {} has projected a different record {had}", file.display());
                found.push(Evidence { had, what });
            }
        }
        Ok(found.into_iter().max_by_key(|evidence| evidence.had))
    }
}

/// What the files in a data directory know of the history, for the process of this name.
pub fn witness(data: &Path, name: &str) -> Option<Witness> {
    let pasts = view::pasts(&data.join("views")).into_iter();
    let known = pasts.filter_map(|(file, past)| Some((past.last()?, file, past.accepted)));
    let (last, file, accepted) = known.max_by_key(|(last, ..)| last.position)?;
    let Checkpoint { position, command_id } = last;
    let name = format!("{name} ({})", file.display());
    Some(Witness { position, command_id, accepted, is_live: false, name })
}

/// The acceptances in a log.
fn acceptances(log: &EventLog) -> anyhow::Result<Vec<Acceptance>> {
    let records = log.read_stream(&Acceptance::stream().to_string(), 0, usize::MAX)?;
    let records =
        records.iter().map(|record| payload::decode(record.position, &record.stream, &record.payload));
    let records: Vec<journal::Record> = records.collect::<Result<_, _>>()?;
    Ok(records.iter().filter_map(Acceptance::of).collect())
}

/// Whether the log has the record of a checkpoint.
fn contains(log: &EventLog, checkpoint: &Checkpoint) -> anyhow::Result<bool> {
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
    anyhow::anyhow!(say(
        "the log in {dir} is stale: it has {records} records, and had {had}: {what}. Put back the newest copy, a \
         backup or another ledger's; --accept-stale continues without what is missing, and records that",
        &[
            ("dir", &log.dir().display()),
            ("records", &log.head().position),
            ("had", &evidence.had),
            ("what", &current().fault(&evidence.what)),
        ]
    ))
}

/// Records in the log, until the process stops, what other processes know and an operator has accepted as lost.
pub async fn record_contradictions(
    kit: Kit,
    log: EventLog,
    mut contradictions: UnboundedReceiver<Contradiction>,
) {
    let mut accepted = 0;
    let stop = kit.stop().clone();
    while let Some(Some(Contradiction { had, what })) = stop.run_until_cancelled(contradictions.recv()).await
    {
        // A process repeats its probe until it is confirmed.
        if had <= accepted {
            continue;
        }
        match record_accepted(&kit, Evidence { had, what }, log.head().position).await {
            Ok(()) => accepted = had,
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the acceptance is not recorded yet"),
        }
    }
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
