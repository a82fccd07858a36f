//! What a past costs: the time to open, memory, disk.

use crate::history;
use crate::measure::{Case, Sample, Spread, alternate, disk_bytes, resident_bytes};
use crate::report::{self, Line, megabytes, spread, time};
use crate::settings::Settings;
use anyhow::Context as _;
use domain::Role;
use event_log::{EventLog, Options};
use futures::FutureExt as _;
use journal::personal::Keys;
use proto::{deliberation::v1 as deliberation, directory::v1 as directory, followup::v1 as followup};
use proto::{resolution::v1 as resolution, scheduling::v1 as scheduling};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::{Client, Mode, Sandbox, SandboxConfig};
use tonic::{Code, Status};

/// Events in the log that opening is compared with.
const FEW_EVENTS: u64 = 10_000;
/// Time in which a process that has nothing to do comes to rest.
const REST: Duration = Duration::from_secs(3);
/// Time that the views may take to go through the past.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(900);

/// Opening after a clean stop, and the bytes on the disk.
pub async fn of_a_log(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let (few, many) = (folder.path().join("few"), folder.path().join("many"));
    let keys = Keys::in_memory();
    history::write(&few, &keys, FEW_EVENTS, history::of_departments).await?;
    let payload_bytes = history::write(&many, &keys, settings.events, history::of_departments).await?;
    let cases =
        [Case::new("opening many", || open(&many).boxed()), Case::new("opening few", || open(&few).boxed())];
    let series = alternate(settings.rounds, &cases).await?;
    let seconds = |sample: &Sample| sample.p50.as_secs_f64();
    let (many_took, few_took) = (report::median(&series[0], seconds), report::median(&series[1], seconds));
    let ratio = report::ratios(&series[0], &series[1], seconds);
    let shown = |seconds| time(Duration::from_secs_f64(seconds));
    let per_byte = disk_bytes(&many)? as f64 / payload_bytes as f64;
    Ok(vec![
        Line {
            case: format!("opening {} events after a clean stop", settings.events),
            measured: shown(many_took),
            target: "≤ 1 s".to_owned(),
            verdict: report::Target::AtMost(1.0).verdict(many_took),
            ..Line::default()
        },
        Line {
            case: "the same, against a short history".to_owned(),
            measured: shown(many_took),
            reference: format!("{FEW_EVENTS} events {}", shown(few_took)),
            ratio: spread(ratio),
            target: "no longer than twice".to_owned(),
            verdict: report::Target::AtMost(2.0).verdict(ratio.median),
            ..Line::default()
        },
        Line {
            case: format!("disk for a byte of payload, {} events", settings.events),
            measured: format!("{per_byte:.2} bytes"),
            reference: format!("payloads of {} bytes", payload_bytes / settings.events),
            target: "≤ 2.0".to_owned(),
            verdict: report::Target::AtMost(2.0).verdict(per_byte),
            ..Line::default()
        },
    ])
}

async fn open(dir: &Path) -> anyhow::Result<Sample> {
    let begun = Instant::now();
    let (log, _) = EventLog::open(Options::new(dir))?;
    let took = begun.elapsed();
    log.close().await;
    Ok(Sample { rate: 1.0 / took.as_secs_f64(), p50: took, cpu: Duration::ZERO })
}

/// The memory of `huishang up`, at rest: fresh, and with a past that all views have projected.
#[expect(clippy::disallowed_methods, reason = "the memory of a process is that of a process at rest")]
pub async fn of_a_process(settings: &Settings) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut fresh = Vec::new();
    let config = SandboxConfig { clock: "system".to_owned(), ..SandboxConfig::default() };
    for _ in 0..settings.rounds {
        let mut sandbox = Sandbox::start_with(Mode::Embedded, config.clone())?;
        tokio::time::sleep(REST).await;
        fresh.push(resident_bytes(sandbox.process("up").id())? as f64);
    }
    lines.push(memory("memory of `huishang up`, fresh".to_owned(), Spread::of(fresh), 60e6));

    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    sandbox.process("up").terminate()?;
    for derived in ["log", "views"] {
        std::fs::remove_dir_all(sandbox.folder().join(derived))?;
    }
    std::fs::remove_file(sandbox.folder().join("signed-head"))?;
    let keys = Keys::open(&sandbox.folder().join("personal-keys"))?;
    history::write(&sandbox.folder().join("log"), &keys, settings.events, history::of_departments).await?;
    sandbox.start_process("up")?;
    caught_up(&sandbox.client(Role::Auditor, None).await?, settings.events).await?;
    let mut used = Vec::new();
    for _ in 0..settings.rounds {
        tokio::time::sleep(REST).await;
        used.push(resident_bytes(sandbox.process("up").id())? as f64);
    }
    let case = format!("memory of `huishang up`, {} events", settings.events);
    lines.push(memory(case, Spread::of(used), 300e6));
    Ok(lines)
}

fn memory(case: String, bytes: Spread, most: f64) -> Line {
    Line {
        case,
        measured: megabytes(bytes.median),
        ratio: format!("({}–{})", megabytes(bytes.least), megabytes(bytes.greatest)),
        target: format!("≤ {}", megabytes(most)),
        verdict: report::Target::AtMost(most).verdict(bytes.median),
        ..Line::default()
    }
}

/// Waits until every view has reached a position.
async fn caught_up(client: &Client, at_least_position: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + CATCH_UP_TIMEOUT;
    loop {
        let departments =
            directory::ListDepartmentsRequest { at_least_position, page_size: 1, ..Default::default() };
        let rooms = scheduling::ListRoomsRequest { at_least_position, ..Default::default() };
        let dockets = deliberation::ListDocketsRequest { at_least_position, ..Default::default() };
        let resolutions = resolution::ListResolutionsRequest { at_least_position, ..Default::default() };
        let board = followup::GetBoardRequest { at_least_position, ..Default::default() };
        let reached: Result<(), Status> = async {
            client.call(departments).await?;
            client.call(rooms).await?;
            client.call(dockets).await?;
            client.call(resolutions).await?;
            client.call(board).await?;
            Ok(())
        }
        .await;
        match reached {
            Err(status) if status.code() == Code::Unavailable && Instant::now() < deadline => {}
            other => return other.context("the views"),
        }
    }
}
