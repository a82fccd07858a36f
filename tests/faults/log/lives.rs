//! What a log goes through from its first opening to a close, while faults happen.

use super::disk;
use super::workload::{Acknowledged, Caller};
use anyhow::ensure;
use event_log::AppendError;
use std::path::Path;

/// How many records are just not enough for the index to be written.
const RECORDS_BEFORE_INDEX_RUN: u64 = 16_300;

/// Everything that a log does: it is made, takes commits in every way, is closed and opened.
pub async fn first(dir: &Path) -> anyhow::Result<()> {
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

/// A log that recovers, takes some commits, and is closed. Their numbers are above those of [`first`].
pub async fn after_recovery(dir: &Path) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, 5_000)?;
    caller.one_by_one(3).await?;
    caller.together(16).await?;
    caller.close().await;
    Ok(())
}

/// A log that has almost as many records as are written to the index at once. Answers the commit that comes
/// next, and what was acknowledged.
pub async fn long(dir: &Path) -> anyhow::Result<(u64, Vec<Acknowledged>)> {
    let mut caller = Caller::open(dir, 0)?;
    while caller.position() < RECORDS_BEFORE_INDEX_RUN {
        caller.ordered(40).await?;
    }
    let told = caller.told().to_vec();
    Ok((caller.close().await, told))
}

/// What follows [`long`]: the index is written, and read at opening.
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

/// A life with a little of everything, so that a fault can be tried at each of its calls. When its storage
/// failed, the log must take nothing more, and this life ends.
pub async fn short(dir: &Path) -> anyhow::Result<()> {
    let mut caller = Caller::open(dir, 0)?;
    let appended = some_of_everything(&mut caller).await;
    if appended.is_err() {
        ensure!(caller.is_refused().await, PASSED_OVER);
    }
    let next = caller.close().await;
    appended?;
    if disk::has_failed() {
        return Ok(());
    }
    let mut caller = Caller::open(dir, next)?;
    let appended = caller.one_by_one(3).await;
    if appended.is_err() {
        ensure!(caller.is_refused().await, PASSED_OVER);
    }
    caller.close().await;
    Ok(appended?)
}

/// What [`short`] says when a log goes on after its storage failed.
pub const PASSED_OVER: &str = "the log does not refuse more, though its storage failed";

async fn some_of_everything(caller: &mut Caller) -> Result<(), AppendError> {
    caller.one_by_one(5).await?;
    caller.together(16).await?;
    caller.ordered(14).await
}
