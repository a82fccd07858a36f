//! How long and how much is measured: from the environment, each with a default for a full run.

use std::path::PathBuf;
use std::time::Duration;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time that one measurement takes, after its warm-up.
    pub time: Duration,
    /// How often each measurement is taken.
    pub rounds: usize,
    /// Events in the logs that are replayed, opened and weighed.
    pub events: u64,
    /// Where everything is written. It must be a disk: what a memory file system calls durable is not.
    pub folder: PathBuf,
}

impl Settings {
    /// Reads `BENCH_SECONDS`, `BENCH_ROUNDS`, `BENCH_EVENTS` and
    /// `BENCH_DIR`.
    pub fn read() -> anyhow::Result<Settings> {
        let folder = std::env::var_os("BENCH_DIR").map(PathBuf::from);
        Ok(Settings {
            time: Duration::from_secs_f64(number("BENCH_SECONDS")?.unwrap_or(5.0)),
            rounds: number("BENCH_ROUNDS")?.map_or(5, |rounds| rounds as usize).max(1),
            events: number("BENCH_EVENTS")?.map_or(1_000_000, |events| events as u64),
            folder: folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR"))),
        })
    }
}

fn number(name: &str) -> anyhow::Result<Option<f64>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    let number = text.to_str().and_then(|text| text.replace('_', "").parse().ok());
    number.map(Some).ok_or_else(|| anyhow::anyhow!("{name} is {text:?}; give a number"))
}
