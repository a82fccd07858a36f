//! Closed-loop load: a number of workers, each with one operation under way.

use crate::measure::{Sample, cpu_time};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Has `workers` repeat an operation for a fifth of `time` unmeasured and for `time` measured. `operation` is
/// given the worker's number and how many operations that worker did before. CPU is counted for this process,
/// which makes the load, and for `processes`, which bear it.
pub async fn closed_loop<O, F>(
    workers: usize,
    time: Duration,
    processes: &[u32],
    operation: O,
) -> anyhow::Result<Sample>
where
    O: Fn(usize, u64) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let begin = Instant::now() + time / 5;
    let end = begin + time;
    let mut running = JoinSet::new();
    for worker in 0..workers {
        let operation = operation.clone();
        running.spawn(async move {
            let mut times = Vec::new();
            for number in 0.. {
                let started = Instant::now();
                if started >= end {
                    break;
                }
                operation(worker, number).await?;
                let ended = Instant::now();
                if ended >= begin && ended < end {
                    times.push(ended - started);
                }
            }
            anyhow::Ok(times)
        });
    }
    let involved: Vec<u32> = processes.iter().copied().chain([std::process::id()]).collect();
    tokio::time::sleep_until(begin).await;
    let before = cpu_time(&involved)?;
    tokio::time::sleep_until(end).await;
    let used = cpu_time(&involved)?.saturating_sub(before);
    let mut times = Vec::new();
    while let Some(ended) = running.join_next().await {
        times.extend(ended??);
    }
    anyhow::ensure!(!times.is_empty(), "no operation ended within {time:?}; measure longer");
    times.sort_unstable();
    Ok(Sample {
        rate: times.len() as f64 / time.as_secs_f64(),
        p50: times[times.len() / 2],
        cpu: used / u32::try_from(times.len()).unwrap_or(u32::MAX),
    })
}
