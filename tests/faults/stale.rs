//! A ledger whose log was replaced by an older copy.

use anyhow::ensure;
use domain::Role;
use std::path::Path;
use std::process::Command;
use tests::{Mode, Sandbox};

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    ensure!(Command::new("cp").arg("-a").arg(from).arg(to).status()?.success());
    Ok(())
}

/// Runs a deployment, stops the ledger's process, replaces the log by an older copy, and returns the sandbox.
async fn with_older_log(mode: Mode) -> anyhow::Result<Sandbox> {
    let mut sandbox = Sandbox::start(mode)?;
    let process = sandbox.process_of("ledger");
    let log = sandbox.data_of("ledger").join("log");
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for number in 0..5 {
        clerk.register_department(&format!("D{number}")).await?;
    }
    sandbox.process(process).terminate()?;
    let older = sandbox.folder().join("older");
    copy(&log, &older)?;
    sandbox.start_process(process)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for number in 5..9 {
        let code = format!("D{number}");
        while clerk.register_department(&code).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
    sandbox.process(process).terminate()?;
    std::fs::remove_dir_all(&log)?;
    copy(&older, &log)?;
    Ok(sandbox)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_log_is_refused_unless_accepted_which_is_recorded() -> anyhow::Result<()> {
    let mut sandbox = with_older_log(Mode::Embedded).await?;
    // Even without a signed head, the views have seen more records.
    let signed = sandbox.data_of("ledger").join("signed-head");
    let elsewhere = sandbox.folder().join("signed-elsewhere");
    for missing in [false, true] {
        if missing {
            std::fs::rename(&signed, &elsewhere)?;
        }
        let refusal = sandbox.start_process("up").expect_err("the log is stale").to_string();
        ensure!(refusal.contains("is stale: it has 5 records, and had 9"), "{refusal}");
        ensure!(refusal.contains("--accept-stale"), "{refusal}");
    }
    std::fs::rename(&elsewhere, &signed)?;

    sandbox.set_flags("up", &["--accept-stale"]);
    sandbox.start_process("up")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    ensure!(clerk.register_department("NEW").await? == 7);
    let log = sandbox.client(Role::Auditor, None).await?.whole_log().await?;
    ensure!(log[5].types == ["huishang.ledger.events.v1.StaleLogAccepted"], "{:?}", log[5]);
    // From then on the log is valid, and the flag is no longer needed.
    sandbox.set_flags("up", &[]);
    sandbox.process("up").terminate()?;
    sandbox.start_process("up")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_lags_behind_catches_up_from_the_stream() -> anyhow::Result<()> {
    let mut sandbox = with_older_log(Mode::Distributed).await?;
    sandbox.start_process("ledger")?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    ensure!(auditor.whole_log().await?.len() == 9);
    ensure!(auditor.verify_log().await? == 9);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_ledger_is_refused_if_the_stream_is_equally_old() -> anyhow::Result<()> {
    let mut sandbox = with_older_log(Mode::Distributed).await?;
    sandbox.process("nats").kill()?;
    std::fs::remove_dir_all(sandbox.folder().join("nats"))?;
    sandbox.start_process("nats")?;
    let refusal = sandbox.start_process("ledger").expect_err("both are stale").to_string();
    ensure!(refusal.contains("is stale: it has 5 records, and had 9"), "{refusal}");
    Ok(())
}
