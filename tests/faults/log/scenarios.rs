//! Scenarios: sequences of operations on a log, during which faults are injected.

use super::disk;
use super::workload::{Acknowledged, Caller};
use anyhow::ensure;
use event_log::AppendError;
use std::path::Path;

/// Slightly fewer records than are needed for the index to be written.
const RECORDS_BEFORE_INDEX_RUN: u64 = 16_300;

/// Uses every operation of a log: creates it, appends commits in every way, closes and reopens it.
pub async fn all_operations(dir: &Path) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, 0)?;
    caller.one_by_one(16).await?;
    caller.together(64).await?;
    caller.ordered(20).await?;
    let mut caller = Caller::open(dir, caller.close().await)?;
    caller.together(64).await?;
    caller.one_by_one(6).await?;
    caller.together(40).await?;
    let mut caller = Caller::open(dir, caller.close().await)?;
    caller.ordered(30).await?;
    caller.one_by_one(4).await?;
    caller.close().await;
    Ok(())
}

/// Recovers a log, appends a few commits, and closes it. Their numbers are above those of [`all_operations`].
pub async fn after_recovery(dir: &Path) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, 5_000)?;
    caller.one_by_one(3).await?;
    caller.together(16).await?;
    caller.close().await;
    Ok(())
}

/// Fills a log with almost as many records as are written to the index at once. Returns the number of the next
/// commit, and the acknowledged commits.
pub async fn long(dir: &Path) -> anyhow::Result<(u64, Vec<Acknowledged>)> {
    let mut caller = Caller::open(dir, 0)?;
    while caller.position() < RECORDS_BEFORE_INDEX_RUN {
        caller.ordered(40).await?;
    }
    let acknowledged = caller.acknowledged().to_vec();
    Ok((caller.close().await, acknowledged))
}

/// Continues [`long`]: the index is written, and read when the log is reopened.
pub async fn with_a_full_run(dir: &Path, next: u64) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, next)?;
    for _ in 0..4 {
        caller.together(64).await?;
    }
    let mut caller = Caller::open(dir, caller.close().await)?;
    caller.one_by_one(3).await?;
    caller.close().await;
    Ok(())
}

/// Appends a few hundred records, closes the log, calls `half`, and appends a few thousand more. Returns the
/// acknowledged commits.
pub async fn in_two_halves(dir: &Path, half: impl FnOnce()) -> anyhow::Result<Vec<Acknowledged>> {
    let mut caller = Caller::open(dir, 0)?;
    caller.ordered(300).await?;
    let mut acknowledged = caller.acknowledged().to_vec();
    let mut caller = Caller::open(dir, caller.close().await)?;
    caller.ordered(64).await?;
    acknowledged.extend_from_slice(caller.acknowledged());
    let next = caller.close().await;
    half();
    let mut caller = Caller::open(dir, next)?;
    for _ in 0..25 {
        caller.ordered(60).await?;
        caller.ordered(10).await?;
    }
    acknowledged.extend_from_slice(caller.acknowledged());
    let mut caller = Caller::open(dir, caller.close().await)?;
    caller.one_by_one(5).await?;
    acknowledged.extend_from_slice(caller.acknowledged());
    caller.close().await;
    Ok(acknowledged)
}

/// A short scenario with a little of everything, so that a fault can be injected at each of its calls. Once the
/// storage has failed, the log must refuse further appends, and the scenario ends.
pub async fn short(dir: &Path) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, 0)?;
    let appended = some_of_everything(&mut caller).await;
    if appended.is_err() {
        ensure!(caller.is_refused().await, NOT_REFUSED);
    }
    let next = caller.close().await;
    appended?;
    if disk::has_failed() {
        return Ok(());
    }
    let mut caller = Caller::open(dir, next)?;
    let appended = caller.one_by_one(3).await;
    if appended.is_err() {
        ensure!(caller.is_refused().await, NOT_REFUSED);
    }
    caller.close().await;
    Ok(appended?)
}

/// Error of [`short`] for a log that accepts appends after its storage has failed.
pub const NOT_REFUSED: &str = "the log accepts appends although its storage has failed";

async fn some_of_everything(caller: &mut Caller) -> Result<(), AppendError> {
    caller.one_by_one(5).await?;
    caller.together(16).await?;
    caller.ordered(14).await
}
