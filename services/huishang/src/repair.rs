//! `huishang ledger repair`: makes JetStream's stream the log's again, while the ledger does not run.

use crate::archive::progress;
use crate::args::Place;
use crate::node;
use crate::page::say;
use anyhow::Context as _;
use event_log::{OpenError, hex};
use journal::nats::repair::{Findings, Foreign, Repair, RepairError, State};
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Records named one by one, at most.
const NAMED_RECORDS_MAX: usize = 20;

/// `huishang ledger repair`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the stream is: nats://HOST:PORT
    #[arg(long, env = "HUISHANG_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// Where the ledger's log is, and how the installation is set.
    #[command(flatten)]
    pub place: Place,
    /// The installation's name [default: main]
    #[arg(long, env = "HUISHANG_REALM", value_name = "NAME")]
    pub realm: Option<String>,
    /// Also repairs a stream that holds something else than the log: deletes it and makes it anew. What it
    /// held and no ledger committed is saved to a file first
    #[arg(long)]
    pub replace_stream: bool,
    /// Only says what was found and what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Why a repair was not made; each with an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no log.
    #[error("there is no log in {}; name the ledger's directory with --data", .0.display())]
    NoLog(PathBuf),
    /// The ledger runs.
    #[error("{0}; stop the ledger first")]
    Open(String),
    /// What is there would be lost.
    #[error(
        "the stream holds something else than the log; with --replace-stream it is made anew from the log, and what \
         only the stream has is saved to a file"
    )]
    Different,
    /// Another ledger runs.
    #[error("{0}")]
    LedgerRuns(String),
    /// The broker is away.
    #[error("{0}")]
    Away(String),
}

impl Refusal {
    /// What the process ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Refusal::NoLog(_) => 3,
            Refusal::Different => 4,
            Refusal::Open(_) | Refusal::LedgerRuns(_) => 6,
            Refusal::Away(_) => 7,
        }
    }
}

/// Looks, says what was found, and repairs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = arguments.place.load_with(arguments.journal.as_deref(), arguments.realm.as_ref())?;
    let dir = config.data.join("log");
    if !dir.is_dir() {
        return Err(Refusal::NoLog(dir).into());
    }
    let log = node::open_log(&config).map_err(|error| match error.downcast_ref::<OpenError>() {
        Some(locked @ OpenError::Locked { .. }) => Refusal::Open(locked.to_string()).into(),
        _ => error,
    })?;
    let repair = Repair::connect(node::nats(&config)?, log.clone()).await.map_err(refused)?;
    let bar = progress::records("comparing", log.head().position);
    let findings = repair.examine(|compared| bar.set_position(compared)).await.map_err(refused)?;
    bar.finish_and_clear();
    say(&told(&findings))?;
    if !arguments.dry_run {
        mend(&repair, &findings, arguments.replace_stream, &config.data).await?;
    }
    log.close().await;
    Ok(())
}

async fn mend(repair: &Repair, findings: &Findings, replace: bool, data: &Path) -> anyhow::Result<()> {
    let bar = progress::records("putting back", findings.head);
    let progress = |reached| bar.set_position(reached);
    match findings.state {
        State::Whole => return Ok(()),
        State::OtherStream => repair.adopt(findings).await.map_err(refused)?,
        State::Short => repair.put_back(findings, progress).await.map_err(refused)?,
        State::Different if !replace => return Err(Refusal::Different.into()),
        State::Different => {
            if let Some(file) = save(&findings.foreign, data)? {
                say(&format!("saved what only the stream has to {}", file.display()))?;
            }
            repair.replace(findings, progress).await.map_err(refused)?;
        }
    }
    bar.finish_and_clear();
    say(&format!("the stream has all {} records of the log; start the ledger", findings.head))
}

fn refused(error: RepairError) -> anyhow::Error {
    match error {
        RepairError::LedgerRuns(_) => Refusal::LedgerRuns(error.to_string()).into(),
        RepairError::Connect(_) | RepairError::Broker(_) => Refusal::Away(error.to_string()).into(),
        other => other.into(),
    }
}

/// What was found, in plain words.
fn told(findings: &Findings) -> String {
    let Findings { end, head, same_up_to, .. } = findings;
    let mut lines = vec![match findings.stream_exists {
        false => "there is no stream".to_owned(),
        true => format!(
            "the stream has positions 1 to {end}, the log 1 to {head}; they are equal up to {same_up_to}"
        ),
    }];
    if findings.same_stream == Some(false) {
        lines.push("it is another stream than the one that the log followed: it was made anew".into());
    }
    for foreign in findings.foreign.iter().take(NAMED_RECORDS_MAX) {
        let what = match foreign.commit_id {
            Some(id) => format!("{}, commit {id}", foreign.types.join(" ")),
            None => format!("{} bytes that are no record", foreign.payload.len()),
        };
        lines.push(format!("  position {} is not the log's: {} {what}", foreign.position, foreign.stream));
    }
    if let Some(more) = findings.foreign.len().checked_sub(NAMED_RECORDS_MAX).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    if let (Some(first), Some(last)) = (findings.unreadable.first(), findings.unreadable.last()) {
        let count = findings.unreadable.len();
        lines.push(format!("  {count} positions from {first} to {last} cannot be read"));
    }
    lines.push(match findings.state {
        State::Whole if end > head => {
            format!("nothing is to be repaired; a ledger that starts takes {} to {end}", head + 1)
        }
        State::Whole => "nothing is to be repaired".into(),
        State::OtherStream => "it has all that the log has: the log will follow it".into(),
        State::Short => format!("to be put back: {} to {head}", end + 1),
        State::Different => format!("to be made anew from the log: 1 to {head}"),
    });
    lines.join("\n")
}

/// Writes what only the stream has to a new file, a line of JSON for each record.
fn save(foreign: &[Foreign], data: &Path) -> anyhow::Result<Option<PathBuf>> {
    if foreign.is_empty() {
        return Ok(None);
    }
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let path = data.join(format!("thrown-away-{now}.jsonl"));
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| path.display().to_string())?;
    for record in foreign {
        let line = json!({
            "position": record.position,
            "stream": record.stream,
            "types": record.types,
            "commitId": record.commit_id.map(|id| id.to_string()),
            "payload": hex::digits(&record.payload),
        });
        writeln!(file, "{line}")?;
    }
    file.sync_all()?;
    Ok(Some(path))
}
