//! Append benchmark: `cargo run --release -p event-log --example append [records] [directory] [in flight]...`.
//!
//! Each task appends records of 512 bytes to a stream of its own, one after another, at the expected position;
//! `in flight` is the number of tasks. CPU time is that of the whole process, including the tasks. The last
//! lines report the speed of reading, reopening and verifying the log.

use bytes::Bytes;
use event_log::{Append, EventLog, Expected, NewRecord, Options, durable};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, process};
use uuid::Uuid;

const PAYLOAD_BYTES: usize = 512;
const IN_FLIGHT: &[u64] = &[1, 8, 64, 512];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let records: u64 = env::args().nth(1).map_or(Ok(200_000), |text| text.parse())?;
    let root = env::args().nth(2).map_or_else(env::temp_dir, PathBuf::from);
    let chosen = env::args().skip(3).map(|text| text.parse()).collect::<Result<Vec<u64>, _>>()?;
    let in_flight = if chosen.is_empty() { IN_FLIGHT } else { &chosen };
    let dir = root.join(format!("event-log-append-{}", process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let outcome = runtime.block_on(measure(&dir, records, in_flight));
    fs::remove_dir_all(&dir)?;
    outcome
}

#[expect(clippy::print_stdout, reason = "it is a measurement to be read")]
async fn measure(dir: &Path, records: u64, numbers: &[u64]) -> Result<(), Box<dyn std::error::Error>> {
    let (mut log, _) = EventLog::open(Options::new(dir))?;
    println!("in flight  records/s  CPU/record  syncs  records/group  p50 of an append");
    for &in_flight in numbers {
        let records = if in_flight == 1 { records.min(10_000) } else { records };
        let (cpu, syncs, started) = (cpu_time()?, durable::sync_count(), Instant::now());
        let p50 = append(&log, in_flight, records / in_flight).await?;
        let (elapsed, cpu, syncs) = (started.elapsed(), cpu_time()? - cpu, durable::sync_count() - syncs);
        println!(
            "{in_flight:>9}  {:>9.0}  {:>7.2} us  {syncs:>5}  {:>13.1}  {p50:>10.0?}",
            records as f64 / elapsed.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / records as f64,
            records as f64 / syncs as f64,
        );
    }
    let head = log.head().position;
    for name in ["read", "read again"] {
        let started = Instant::now();
        let mut after = 0;
        while let Some(last) = log.read(after, 4096)?.last() {
            after = last.position;
        }
        println!("{name}: {:.0} records/s", head as f64 / started.elapsed().as_secs_f64());
    }
    let started = Instant::now();
    log.close().await;
    let closed = started.elapsed();
    let bytes = size(dir)?;
    let opened;
    (log, opened) = EventLog::open(Options::new(dir))?;
    println!(
        "{head} records: {:.2} bytes on the disk per byte of payload; closed in {closed:.1?}, opened in {:.1?}",
        bytes as f64 / (head as f64 * PAYLOAD_BYTES as f64),
        opened.elapsed
    );
    let started = Instant::now();
    log.verify(|_| {})?;
    println!("verified: {:.0} records/s", head as f64 / started.elapsed().as_secs_f64());
    log.close().await;
    Ok(())
}

/// Appends the records and returns the median time of an append.
async fn append(log: &EventLog, tasks: u64, each: u64) -> Result<Duration, Box<dyn std::error::Error>> {
    let payload = Bytes::from(vec![0x5A; PAYLOAD_BYTES]);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (log, payload) = (log.clone(), payload.clone());
        running.spawn(async move {
            let stream = format!("scheduling.session.{}", Uuid::new_v4());
            let mut times = Vec::new();
            let mut last = 0;
            for number in 0..each {
                let record = NewRecord {
                    stream: stream.clone(),
                    expected: Expected::At(last),
                    types: vec!["huishang.scheduling.events.v1.SessionScheduled".to_owned()],
                    payload: payload.clone(),
                    salt: [7; 16],
                };
                let command_id = Uuid::from_u64_pair(last, number);
                let started = Instant::now();
                last = log.append(Append { command_id, time_micros: 0, records: vec![record] }).await?.last;
                times.push(started.elapsed());
            }
            Ok::<_, event_log::AppendError>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(task) = running.join_next().await {
        times.extend(task??);
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// Returns the CPU time of all threads of this process, in user and system mode.
fn cpu_time() -> Result<Duration, Box<dyn std::error::Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn size(dir: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
