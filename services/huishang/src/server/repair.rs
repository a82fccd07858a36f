//! `huishang ledger repair`: makes JetStream's stream equal to the log again, while the ledger is not running.

use super::own_log::open_log;
use super::storage::nats;
use crate::archive::progress;
use crate::language::{current, say, text};
use crate::settings::Location;
use crate::stdout::print_text;
use anyhow::Context as _;
use event_log::{OpenError, hex};
use journal::nats::repair::{Findings, Foreign, Repair, RepairError, State};
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Foreign records that are listed, at most.
const LISTED_RECORDS_MAX: usize = 20;

/// `huishang ledger repair`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The URL of NATS: nats://HOST:PORT
    #[arg(long, env = "HUISHANG_JOURNAL", hide_env_values = true, value_name = "URL")]
    pub journal: Option<String>,
    /// Where the ledger's log and the settings are.
    #[command(flatten)]
    pub location: Location,
    /// The deployment's name [default: main]
    #[arg(long, env = "HUISHANG_REALM", value_name = "NAME")]
    pub realm: Option<String>,
    /// Also repairs a stream that differs from the log: deletes and recreates it. Records that only the stream
    /// had, which no ledger committed, are first saved to a file
    #[arg(long)]
    pub replace_stream: bool,
    /// Only reports what was found and what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Why a repair was refused; each reason has its own exit code.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no log.
    #[error(
        "{}",
        say("there is no log in {dir}; name the ledger's directory with --data", &[("dir", &.0.display())])
    )]
    NoLog(PathBuf),
    /// The log is in use.
    #[error("{}", say("{why}; stop the ledger first", &[("why", &current().fault(.0))]))]
    LogInUse(String),
    /// Records would be lost.
    #[error(
        "{}",
        text(
            "the stream differs from the log; with --replace-stream it is recreated from the log, and the records \
             that only the stream has are saved to a file"
        )
    )]
    Diverged,
    /// Another ledger is running.
    #[error("{0}")]
    LedgerRunning(String),
    /// The broker cannot be reached.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Refusal::NoLog(_) => 3,
            Refusal::Diverged => 4,
            Refusal::LogInUse(_) | Refusal::LedgerRunning(_) => 6,
            Refusal::Unavailable(_) => 7,
        }
    }
}

/// Examines the stream, reports what was found, and repairs it.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = arguments.location.load_with(arguments.journal.as_deref(), arguments.realm.as_ref())?;
    let dir = config.data.join("log");
    if !dir.is_dir() {
        return Err(Refusal::NoLog(dir).into());
    }
    let log = open_log(&config).map_err(|error| match error.downcast_ref::<OpenError>() {
        Some(locked @ OpenError::Locked { .. }) => Refusal::LogInUse(locked.to_string()).into(),
        _ => error,
    })?;
    let repair = Repair::connect(nats(&config)?, log.clone()).await.map_err(refusal)?;
    let bar = progress::records(text("comparing"), log.head().position);
    let findings = repair.examine(|compared| bar.set_position(compared)).await.map_err(refusal)?;
    bar.finish_and_clear();
    print_text(&report(&findings))?;
    if !arguments.dry_run {
        apply(&repair, &findings, arguments.replace_stream, &config.data).await?;
    }
    log.close().await;
    Ok(())
}

async fn apply(repair: &Repair, findings: &Findings, replace: bool, data: &Path) -> anyhow::Result<()> {
    let bar = progress::records(text("restoring"), findings.head);
    let progress = |reached| bar.set_position(reached);
    match findings.state {
        State::Complete => return Ok(()),
        State::Recreated => repair.adopt(findings).await.map_err(refusal)?,
        State::Truncated => repair.restore_tail(findings, progress).await.map_err(refusal)?,
        State::Diverged if !replace => return Err(Refusal::Diverged.into()),
        State::Diverged => {
            if let Some(file) = save(&findings.foreign, data)? {
                print_text(&say(
                    "saved the records that only the stream has to {file}",
                    &[("file", &file.display())],
                ))?;
            }
            repair.replace_stream(findings, progress).await.map_err(refusal)?;
        }
    }
    bar.finish_and_clear();
    print_text(&say(
        "the stream has all {records} records of the log; start the ledger",
        &[("records", &findings.head)],
    ))
}

fn refusal(error: RepairError) -> anyhow::Error {
    match error {
        RepairError::LedgerRunning(_) => Refusal::LedgerRunning(error.to_string()).into(),
        RepairError::Connect(_) | RepairError::Broker(_) => Refusal::Unavailable(error.to_string()).into(),
        other => other.into(),
    }
}

/// What was found and what is to be done, for people.
fn report(findings: &Findings) -> String {
    let Findings { end, head, equal_up_to, .. } = findings;
    let mut lines = vec![match (findings.stream_exists, end) {
        (false, _) => text("there is no stream").to_owned(),
        (true, 0) => say("the stream is empty, the log has positions 1 to {head}", &[("head", head)]),
        (true, _) => say(
            "the stream has positions 1 to {end}, the log 1 to {head}; they are equal up to {equal}",
            &[("end", end), ("head", head), ("equal", equal_up_to)],
        ),
    }];
    if findings.same_stream == Some(false) {
        lines.push(
            text("it is not the stream that the log followed: that one was deleted, and this one created")
                .into(),
        );
    }
    lines.extend(findings.foreign.iter().take(LISTED_RECORDS_MAX).map(foreign_record));
    if let Some(more) = findings.foreign.len().checked_sub(LISTED_RECORDS_MAX).filter(|more| *more > 0) {
        lines.push(say("  and {more} more", &[("more", &more)]));
    }
    if let (Some(first), Some(last)) = (findings.unreadable.first(), findings.unreadable.last()) {
        let count = findings.unreadable.len();
        lines.push(say(
            "  {count} positions from {first} to {last} cannot be read",
            &[("count", &count), ("first", first), ("last", last)],
        ));
    }
    lines.push(match findings.state {
        State::Complete if end > head => say(
            "no repair is needed; the ledger appends {first} to {end} when it starts",
            &[("first", &(head + 1)), ("end", end)],
        ),
        State::Complete => text("no repair is needed").into(),
        State::Recreated => text("it has all records of the log: the log will follow it").into(),
        State::Truncated => {
            say("to be restored: {first} to {head}", &[("first", &(end + 1)), ("head", head)])
        }
        State::Diverged => say("to be recreated from the log: 1 to {head}", &[("head", head)]),
    });
    lines.join("\n")
}

fn foreign_record(foreign: &Foreign) -> String {
    let content = match foreign.command_id {
        Some(id) => say("{types}, command {id}", &[("types", &foreign.types.join(" ")), ("id", &id)]),
        None => say("{bytes} bytes that are not a record", &[("bytes", &foreign.payload.len())]),
    };
    say(
        "  position {position} is not the log's: {stream} {content}",
        &[("position", &foreign.position), ("stream", &foreign.stream), ("content", &content)],
    )
}

/// Writes the records that only the stream has to a new file, one JSON object per line.
#[expect(clippy::disallowed_methods, reason = "a file is named after the machine's clock")]
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
            "commandId": record.command_id.map(|id| id.to_string()),
            "payload": hex::encode(&record.payload),
        });
        writeln!(file, "{line}")?;
    }
    file.sync_all()?;
    Ok(Some(path))
}
