//! A ledger whose log was replaced by an older copy.

use anyhow::ensure;
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use std::path::Path;
use std::process::Command;
use tests::{Mode, Sandbox, until};

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
    // A view has seen all of them.
    clerk.call(ListDepartmentsRequest { at_least_position: 9, ..Default::default() }).await?;
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

#[tokio::test(flavor = "multi_thread")]
async fn what_an_installation_must_have_had_is_not_made_anew_without_a_word() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("WATER").await?;
    sandbox.process("up").terminate()?;
    let data = sandbox.data_of("ledger");
    let (log, key, head) = (data.join("log"), data.join("keys/ledger-key.pem"), data.join("signed-head"));

    // Given a log without its key and its signed head: it is served, and the new key is told.
    std::fs::remove_file(&key)?;
    std::fs::remove_file(&head)?;
    sandbox.start_process("up")?;
    let written = sandbox.process("up").log();
    ensure!(written.contains("a new key signs the heads of this log from now on"), "{written}");
    sandbox.process("up").terminate()?;

    // Given no log, key and head, but views that have seen records: nothing is made.
    std::fs::remove_dir_all(&log)?;
    std::fs::remove_file(&key)?;
    std::fs::remove_file(&head)?;
    let refusal = sandbox.start_process("up").expect_err("the log is missing").to_string();
    ensure!(refusal.contains("the log is missing: ") && refusal.contains("views/"), "{refusal}");
    ensure!(!log.exists() && !key.exists(), "nothing was created");

    // Given neither log nor views, but the key of an earlier log: a new one begins, and that is told.
    std::fs::remove_dir_all(data.join("views"))?;
    std::fs::write(&key, std::fs::read(sandbox.signing_key())?)?;
    sandbox.start_process("up")?;
    let written = sandbox.process("up").log();
    ensure!(
        written.contains("the log is empty, although the key that signs its heads was there"),
        "{written}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_that_takes_over_what_the_broker_has_says_so() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.client(Role::Clerk, None).await?.register_department("WATER").await?;
    sandbox.process("ledger").kill()?;
    std::fs::remove_dir_all(sandbox.data_of("ledger"))?;
    sandbox.start_process("ledger")?;
    let written = sandbox.process("ledger").log();
    ensure!(written.contains("the log is empty, and takes over what the broker has"), "{written}");
    let auditor = sandbox.client(Role::Auditor, None).await?;
    until("the record in the new log", async || {
        auditor.whole_log().await.ok().filter(|records| records.len() == 1).map(drop)
    })
    .await;
    Ok(())
}
