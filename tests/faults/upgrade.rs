//! An installation over NATS that is upgraded process by process under load, and taken back: both versions run side by
//! side, and no acknowledged command is lost or executed twice.
//!
//! `UPGRADE_FROM=COMMIT cargo test -p tests --test faults upgrade` builds the older version from that commit, into
//! `target/upgrade`. Without the variable nothing is run, as the build takes minutes.

use crate::load::Load;
use anyhow::{Context as _, ensure};
use domain::Role;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tests::{Mode, Sandbox, cargo, huishang, root};

/// Number of concurrent callers.
const CALLERS: u64 = 8;
/// Commands acknowledged between two restarts.
const COMMANDS: u64 = 20;
/// Time in which they must be acknowledged.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_upgraded_and_taken_back_process_by_process() -> anyhow::Result<()> {
    let Ok(commit) = std::env::var("UPGRADE_FROM") else {
        // Past the capture of what tests print.
        writeln!(
            std::io::stderr(),
            "NOT RUN: the rolling upgrade; UPGRADE_FROM=COMMIT names the older version"
        )?;
        return Ok(());
    };
    let (older, newer) = (build(&commit)?, huishang());
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let processes: Vec<String> =
        sandbox.process_names().into_iter().filter(|name| !name.starts_with("nats")).collect();
    roll(&mut sandbox, &processes, &older, None).await?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let load = Load::start(&clerk, CALLERS);
    load.more(COMMANDS, PATIENCE).await?;
    roll(&mut sandbox, &processes, &newer, Some(&load)).await?;
    roll(&mut sandbox, &processes, &older, Some(&load)).await?;
    let acknowledged = load.all_there(&sandbox).await?;
    writeln!(std::io::stderr(), "{acknowledged} commands acknowledged, all there")?;
    Ok(())
}

/// Restarts one process after the other with a program; under load, each time more commands are acknowledged.
async fn roll(
    sandbox: &mut Sandbox,
    processes: &[String],
    program: &Path,
    load: Option<&Load>,
) -> anyhow::Result<()> {
    for name in processes {
        sandbox.set_program(name, program);
        sandbox.restart(name)?;
        if let Some(load) = load {
            load.more(COMMANDS, PATIENCE)
                .await
                .with_context(|| format!("{name} is {}", program.display()))?;
        }
    }
    Ok(())
}

/// Builds the program of a commit, apart from this one.
fn build(commit: &str) -> anyhow::Result<PathBuf> {
    let folder = root().join("target/upgrade");
    let checkout = folder.join("source");
    if checkout.exists() {
        std::fs::remove_dir_all(&checkout)?;
    }
    std::fs::create_dir_all(&checkout)?;
    let script = "git archive \"$0\" | tar -x -C \"$1\"";
    let unpacked =
        Command::new("sh").args(["-ec", script, commit]).arg(&checkout).current_dir(root()).status()?;
    ensure!(unpacked.success() && checkout.join("Cargo.toml").exists(), "there is no commit {commit}");
    let target = folder.join("target");
    let built = cargo(&checkout)
        .args(["build", "--quiet", "--package", "huishang", "--target-dir"])
        .arg(&target)
        .status()?;
    ensure!(built.success(), "{commit} does not build");
    Ok(target.join("debug/huishang"))
}
