//! Measurements that alternate, so that what disturbs the machine disturbs all of them alike.

use anyhow::Context as _;
use futures::future::BoxFuture;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A tick of `/proc/<pid>/stat`: `USER_HZ` is 100 on every Linux that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Operations in a second.
    pub rate: f64,
    /// Half of the operations took no longer.
    pub p50: Duration,
    /// User and system time of all processes involved, for one operation.
    pub cpu: Duration,
}

/// Something that is measured again and again.
pub struct Case<'a> {
    /// What it is called in the table.
    pub name: &'static str,
    take: Box<dyn Fn() -> BoxFuture<'a, anyhow::Result<Sample>> + 'a>,
}

impl<'a> Case<'a> {
    /// A case that this closure measures once whenever it is called.
    pub fn new(
        name: &'static str,
        take: impl Fn() -> BoxFuture<'a, anyhow::Result<Sample>> + 'a,
    ) -> Case<'a> {
        Case { name, take: Box::new(take) }
    }
}

/// Measures the cases in turn, in `rounds` rounds; returns a series for each case. Each round begins
/// with another case, as it can matter what ran before.
pub async fn alternate(rounds: usize, cases: &[Case<'_>]) -> anyhow::Result<Vec<Vec<Sample>>> {
    let mut series = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..rounds {
        for turn in 0..cases.len() {
            let at = (round + turn) % cases.len();
            let case = &cases[at];
            let sample = (case.take)().await.with_context(|| format!("measuring {}", case.name))?;
            eprintln!(
                "  {:<24} {:>9.0}/s  p50 {:>9.1?}  CPU {:>7.1?}",
                case.name, sample.rate, sample.p50, sample.cpu
            );
            series[at].push(sample);
        }
    }
    Ok(series)
}

/// The median, the least and the greatest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Spread {
    /// Of at least one number.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Spread { median, least: sorted[0], greatest: sorted[sorted.len() - 1] }
    }
}

/// What processes have used so far, in user and system mode. One that has ended counts nothing.
pub fn cpu_time(processes: &[u32]) -> anyhow::Result<Duration> {
    let mut ticks = 0;
    for process in processes {
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields = after_name.split_whitespace().skip(11).take(2);
        ticks += fields.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    }
    Ok(TICK * ticks)
}

/// The memory of a process that is in RAM, in bytes.
pub fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process has memory")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

/// What the files in a directory take on the disk, in bytes.
pub fn disk_bytes(dir: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
