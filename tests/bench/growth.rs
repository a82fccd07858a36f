//! What grows with the log, and what does not: rate, memory, disk, the time to open.

use crate::disk;
use crate::measure::{disk_bytes, resident_bytes};
use crate::report::{self, megabytes, rate, time};
use crate::settings::Settings;
use anyhow::Context as _;
use bytes::Bytes;
use event_log::{Append, EventLog, Expected, NewRecord, Options};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The argument with which this binary is the process whose growth is measured.
pub const ARGUMENT: &str = "grow";

const IN_FLIGHT: usize = 512;
/// Events and streams of each line.
const LINES: [(u64, u64); 4] =
    [(10_000, 1_000), (100_000, 10_000), (1_000_000, 100_000), (1_000_000, 1_000_000)];

/// Prints a line for each size; `more` are further numbers of events.
pub fn print(settings: &Settings, more: &[u64]) -> anyhow::Result<()> {
    let further = more.iter().map(|&events| (events, events.div_ceil(10)));
    let mut lines = Vec::new();
    for (events, streams) in LINES.into_iter().chain(further) {
        if events > settings.events.max(more.iter().copied().max().unwrap_or_default()) {
            continue;
        }
        eprintln!("  {events} events in {streams} streams");
        let grown = in_a_process(&settings.folder, events, streams)?;
        let micros = |name: &str| time(Duration::from_secs_f64(number(&grown, name)));
        lines.push(vec![
            events.to_string(),
            streams.to_string(),
            rate(number(&grown, "rate")),
            megabytes(number(&grown, "resident")),
            format!("{:.2}", number(&grown, "disk_per_byte")),
            micros("open_seconds"),
            megabytes(number(&grown, "resident_opened")),
        ]);
    }
    let heads = ["events", "streams", "appends", "memory", "disk / payload", "opening", "memory, opened"];
    report::print(&heads, lines);
    Ok(())
}

fn number(grown: &Value, name: &str) -> f64 {
    grown[name].as_f64().unwrap_or(f64::NAN)
}

fn in_a_process(root: &Path, events: u64, streams: u64) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir_in(root)?;
    let output = Command::new(std::env::current_exe()?)
        .args([ARGUMENT, &events.to_string(), &streams.to_string()])
        .arg(folder.path())
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{error}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs as that process: grows a log, opens it again, and prints what that took.
#[expect(clippy::print_stdout, reason = "it is what the parent process reads")]
pub async fn grow(events: u64, streams: u64, folder: &Path) -> anyhow::Result<()> {
    let dir = folder.join("log");
    let (log, _) = EventLog::open(Options::new(&dir))?;
    let begun = Instant::now();
    append(&log, events, streams).await?;
    let rate = events as f64 / begun.elapsed().as_secs_f64();
    let resident = resident_bytes(std::process::id())?;
    log.close().await;
    let disk = disk_bytes(&dir)?;
    let begun = Instant::now();
    let (log, _) = EventLog::open(Options::new(&dir))?;
    let open_seconds = begun.elapsed().as_secs_f64();
    let resident_opened = resident_bytes(std::process::id())?;
    log.close().await;
    let disk_per_byte = disk as f64 / (events as f64 * disk::PAYLOAD_BYTES as f64);
    println!(
        "{}",
        json!({ "rate": rate, "resident": resident, "disk_per_byte": disk_per_byte,
            "open_seconds": open_seconds, "resident_opened": resident_opened })
    );
    Ok(())
}

async fn append(log: &EventLog, events: u64, streams: u64) -> anyhow::Result<()> {
    let (next, payload) = (Arc::new(AtomicU64::new(0)), Bytes::from(vec![0x5A; disk::PAYLOAD_BYTES]));
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (log, next, payload) = (log.clone(), next.clone(), payload.clone());
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= events {
                    return anyhow::Ok(());
                }
                let stream = Uuid::new_v5(&Uuid::NAMESPACE_OID, &(number % streams).to_be_bytes());
                let record = NewRecord {
                    stream: format!("bench.growth.{stream}"),
                    expected: Expected::Any,
                    types: vec!["huishang.directory.events.v1.DepartmentRegistered".to_owned()],
                    payload: payload.clone(),
                    salt: [7; 16],
                };
                let append = Append { command_id: Uuid::now_v7(), time_micros: 0, records: vec![record] };
                log.append(append).await.context("growing")?;
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}
