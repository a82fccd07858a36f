//! A log that was put back from an old copy: noticed before anything is served, and gone on with only when told.
//!
//! A ledger behind NATS that is merely behind catches up from JetStream, which is nothing unusual; so what is
//! known to have been there is looked for in the stream as well.

use anyhow::{Context as _, bail};
use domain::ledger::custody::{Command, Custody};
use domain::{Actor, Uuid};
use event_log::EventLog;
use journal::nats::{LedgerError, NatsJournal};
use ledger::{Evidence, Signing};
use service_kit::checkpoint::Checkpoint;
use service_kit::handle::{Kit, Order};
use service_kit::view;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What a process knows of the past of its log from beside it.
pub struct Witnesses<'a> {
    signing: &'a Signing,
    views: Vec<(PathBuf, Checkpoint)>,
}

impl<'a> Witnesses<'a> {
    /// The signed head that was kept, and the read models in the data directory.
    pub fn new(signing: &'a Signing, data: &Path) -> Witnesses<'a> {
        Witnesses { signing, views: view::checkpoints(&data.join("views")) }
    }

    /// How many records the log is known to have had.
    fn had(&self) -> anyhow::Result<u64> {
        let signed = self.signing.kept()?.map_or(0, |head| head.size);
        Ok(self.views.iter().map(|(_, at)| at.position).chain([signed]).max().unwrap_or(0))
    }

    /// Whether the log has less than that, or something else.
    fn contradict(&self, log: &EventLog) -> anyhow::Result<Option<Evidence>> {
        if let Some(evidence) = self.signing.contradicted(log)? {
            return Ok(Some(evidence));
        }
        let head = log.head().position;
        for (file, at) in &self.views {
            let same = match at.position {
                0 => true,
                position if position > head => false,
                position => {
                    log.read(position - 1, 1)?.first().is_some_and(|record| record.commit_id == at.commit_id)
                }
            };
            if !same {
                let what =
                    format!("the read model {} has seen another record {}", file.display(), at.position);
                return Ok(Some(Evidence { had: at.position, what }));
            }
        }
        Ok(None)
    }

    /// Before a ledger follows the stream: refuses a log that is stale together with the stream.
    pub async fn before_following(
        &self,
        log: &EventLog,
        stream: &NatsJournal,
        accept: bool,
    ) -> anyhow::Result<()> {
        let (had, end) = (self.had()?, stream.last().await?);
        if had <= log.head().position.max(end) || accept {
            return Ok(());
        }
        let what = format!("{had} records are known to have been there, and the stream has {end}");
        refuse(&Evidence { had, what }, log)
    }

    /// Waits for what the stream has of the log, and refuses a log that is stale even so. Answers with what
    /// was accepted.
    pub async fn hear(
        &self,
        log: &EventLog,
        stream: Option<(&NatsJournal, &JoinHandle<Result<(), LedgerError>>)>,
        accept: bool,
    ) -> anyhow::Result<Option<Evidence>> {
        if let Some((stream, ledger)) = stream {
            let reach = self.had()?.min(stream.last().await?);
            let mut head = log.watch_position();
            let caught_up = head.wait_for(|position| *position >= reach);
            tokio::select! {
                reached = caught_up => drop(reached.context("the log ended")?),
                // What ended it is told by whoever waits for it.
                () = ended(ledger) => return Ok(None),
            }
        }
        match self.contradict(log)? {
            Some(evidence) if accept => Ok(Some(evidence)),
            Some(evidence) => refuse(&evidence, log).map(|()| None),
            None => Ok(None),
        }
    }
}

async fn ended<T>(task: &JoinHandle<T>) {
    while !task.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn refuse(evidence: &Evidence, log: &EventLog) -> anyhow::Result<()> {
    bail!(
        "the log in {} is stale: it has {} records, and had {}: {}. Put back the newest copy, a backup or \
         another ledger's; --accept-stale goes on without what is missing, and records that",
        log.dir().display(),
        log.head().position,
        evidence.had,
        evidence.what,
    )
}

/// Records in the log that it goes on although it had more.
pub async fn record(kit: &Kit, evidence: Evidence, has: u64) -> anyhow::Result<()> {
    let command_id = Uuid::now_v7();
    let order = Order {
        command_id,
        digest: Default::default(),
        actor: Actor::process("accept-stale"),
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
    };
    tracing::warn!(had = evidence.had, has, evidence = evidence.what, "a stale log is accepted");
    let accept = Command::AcceptStaleLog { had: evidence.had, has, evidence: evidence.what };
    let recorded = kit.execute::<Custody>(&order, Custody::log_id(), accept).await;
    recorded.map(drop).context("recording that a stale log is accepted")
}
