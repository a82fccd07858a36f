//! The demo's story, against whole installations, undisturbed and disturbed.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use std::process::{Child, Command, Output, Stdio};
use tests::{Mode, Sandbox, huishang};

fn play(sandbox: &Sandbox) -> anyhow::Result<Child> {
    Command::new(huishang())
        .args(["demo", "--server", &sandbox.server(), "--signing-key"])
        .arg(sandbox.signing_key())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("the demo starts")
}

fn played(output: &Output) -> anyhow::Result<String> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the story did not end well: {errors}\n{said}");
    Ok(said)
}

async fn the_story_is_told(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let said = played(&play(&sandbox)?.wait_with_output()?)?;
    for reason in [
        "RULE_BROKEN",
        "NO_QUORUM",
        "DECISION_NOT_EXECUTABLE",
        "ROOM_TAKEN",
        "ACCEPTED_OWN_WORK",
        "NOT_ENTITLED",
    ] {
        ensure!(said.contains(reason), "no refusal by {reason} in:\n{said}");
    }
    ensure!(said.contains("all verified"), "no verified log in:\n{said}");
    Ok(())
}
in_both_modes!(the_story_is_told);

/// Kills every process of the installation once while the story is played, each when the one before
/// serves again, and expects the story to end as if nothing had happened.
async fn the_story_survives_every_process(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let mut playing = play(&sandbox)?;
    let mut log = sandbox.follow_log().await?;
    for name in sandbox.process_names() {
        // Some steps lie between two kills, so that each hits another part of the story.
        log.wait_for_more(25).await?;
        ensure!(playing.try_wait()?.is_none(), "the story ended before {name} was killed");
        sandbox.restart(&name)?;
        log = sandbox.follow_log().await?;
    }
    let said = played(&playing.wait_with_output()?)?;
    ensure!(said.contains("all verified"), "no verified log in:\n{said}");
    Ok(())
}
in_both_modes!(the_story_survives_every_process);
