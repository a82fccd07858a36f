//! A younger history: the broker and a ledger have lost everything, and the services know more than they do.

use anyhow::{Context as _, ensure};
use client::SERVICES;
use domain::Role;
use std::process::Command;
use std::time::Duration;
use tests::{Mode, Sandbox, huishang, until_blocking};

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a deployment with two ledgers, one of which commits. Then the first ledger and the broker lose all that
/// they had, and start again with the directory; the second ledger, which has everything, is not there.
async fn with_lost_history() -> anyhow::Result<Sandbox> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.start_process("ledger-2")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for number in 0..3 {
        clerk.register_department(&format!("D{number}")).await?;
    }
    sandbox.run("clerk", &["department", "list", "--at-least-position", "3"])?;
    second_ledger_has(&sandbox, 3)?;
    for name in ["ledger-2"].into_iter().chain(SERVICES) {
        sandbox.process(name).terminate()?;
    }
    sandbox.process("nats").kill()?;
    for lost in ["nats", "ledger", "scheduling"] {
        std::fs::remove_dir_all(sandbox.folder().join(lost))?;
    }
    for name in ["nats", "ledger", "scheduling", "directory"] {
        sandbox.start_process(name)?;
    }
    Ok(sandbox)
}

fn second_ledger_has(sandbox: &Sandbox, records: u64) -> anyhow::Result<()> {
    until_blocking("a second ledger with all records", || {
        let verified = Command::new(huishang())
            .args(["log", "verify", "--as", "auditor", "--server"])
            .arg(format!("ledger={}", sandbox.server_of("ledger-2")))
            .arg("--data")
            .arg(sandbox.folder())
            .output();
        let is_whole = |stdout: Vec<u8>| {
            String::from_utf8_lossy(&stdout).contains(&format!("all {records} records")).then_some(())
        };
        verified.map(|output| is_whole(output.stdout)).transpose()
    })?;
    Ok(())
}

/// The second ledger finds another stream than the one that it followed, and ends.
fn second_ledger_ends(sandbox: &mut Sandbox) -> anyhow::Result<()> {
    sandbox.start_process("ledger-2")?;
    let second = sandbox.process("ledger-2");
    ensure!(!second.wait_for_end(PATIENCE)?.success());
    ensure!(second.log().contains("the stream was replaced") && second.log().contains("ledger repair"));
    Ok(())
}

/// Waits until a process has logged a text.
fn logged(sandbox: &mut Sandbox, name: &str, text: &str) {
    let what = format!("a line of {name} with {text:?}");
    until_blocking(&what, || sandbox.process(name).log().contains(text).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_younger_history_is_refused_by_everybody_until_the_older_one_is_back() -> anyhow::Result<()> {
    let mut sandbox = with_lost_history().await?;
    // Who knows what, and the two ways out.
    for name in ["ledger", "directory", "scheduling"] {
        for text in [
            "directory@",
            "knows record 3",
            "this history ends at position 0",
            "ledger repair",
            "--accept-stale",
        ] {
            logged(&mut sandbox, name, text);
        }
    }
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let refused = clerk.register_department("NEW").await.expect_err("nothing is built on a younger history");
    ensure!(refused.code() == tonic::Code::Unavailable, "{refused}");
    let auditor = sandbox.client(Role::Auditor, None).await?;
    ensure!(auditor.whole_log().await?.is_empty());

    // The ledger with the older history brings it back.
    second_ledger_ends(&mut sandbox)?;
    sandbox.process("ledger").terminate()?;
    let repaired = Command::new(huishang())
        .args(["ledger", "repair", "--journal", sandbox.nats_url(), "--data"])
        .arg(sandbox.folder().join("ledger-2"))
        .output()?;
    ensure!(repaired.status.success(), "{}", String::from_utf8_lossy(&repaired.stderr));
    sandbox.start_process("ledger-2")?;
    sandbox.start_process("ledger")?;
    let position = loop {
        match clerk.register_department("NEW").await {
            Ok(position) => break position,
            Err(status) => ensure!(status.code() == tonic::Code::Unavailable, "{status}"),
        }
    };
    ensure!(position == 4, "{position}");
    // This ledger need not be the one whose acknowledgement counted; it has everything soon.
    auditor.follow(0).await?.wait_for_more(4).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_younger_history_that_an_operator_accepts_is_followed_and_says_so() -> anyhow::Result<()> {
    let mut sandbox = with_lost_history().await?;
    logged(&mut sandbox, "ledger", "knows record 3");
    sandbox.process("ledger").terminate()?;
    sandbox.set_flags("ledger", &["--accept-stale"]);
    sandbox.start_process("ledger")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let position = loop {
        match clerk.register_department("NEW").await {
            Ok(position) => break position,
            Err(status) => ensure!(status.code() == tonic::Code::Unavailable, "{status}"),
        }
    };
    let log = sandbox.client(Role::Auditor, None).await?.whole_log().await?;
    let accepted = log.first().context("the acceptance comes first")?;
    ensure!(accepted.types == ["huishang.ledger.events.v1.StaleLogAccepted"], "{accepted:?}");

    // The acceptance holds without the flag, and the view shows the history that was accepted.
    sandbox.set_flags("ledger", &[]);
    sandbox.process("ledger").terminate()?;
    sandbox.start_process("ledger")?;
    sandbox.restart("directory")?;
    let listed =
        sandbox.run("clerk", &["department", "list", "--at-least-position", &position.to_string()])?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    ensure!(listed.contains("NEW") && !listed.contains("D0"), "{listed}");
    // The other ledger has no part in it, and does not disturb it.
    second_ledger_ends(&mut sandbox)?;
    clerk.register_department("AND-ON").await?;
    Ok(())
}
