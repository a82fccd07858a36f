//! The demo's story, against whole installations, undisturbed, and while processes are killed.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use std::process::{Child, Command, Output, Stdio};
use tests::{Mode, Sandbox, huishang};

pub fn play(sandbox: &Sandbox) -> anyhow::Result<Child> {
    Command::new(huishang())
        .args(["demo", "--server", &sandbox.server(), "--signing-key"])
        .arg(sandbox.signing_key())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("the demo starts")
}

pub fn printed_by(output: &Output) -> anyhow::Result<String> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the story failed: {errors}\n{printed}");
    Ok(printed)
}

async fn the_story_runs_to_its_end(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let printed = printed_by(&play(&sandbox)?.wait_with_output()?)?;
    for reason in [
        "RULE_BROKEN",
        "NO_QUORUM",
        "DECISION_NOT_EXECUTABLE",
        "ROOM_TAKEN",
        "OWN_WORK",
        "DUE_AFTER_PARENT",
        "SUB_ITEMS_OPEN",
        "NOT_ENTITLED_TO_VOTE",
        "AMENDMENT_SECONDED",
        "AMENDMENT_RESOLVED",
    ] {
        ensure!(printed.contains(reason), "no refusal by {reason} in:\n{printed}");
    }
    ensure!(printed.contains("\n    LINJIANG-JOINT-2027-0004/1.2"), "no third tier in:\n{printed}");
    for said in [
        "■ Minutes: Works on Willow Lane",
        "■ Works on Willow Lane 柳巷施工会商会议纪要",
        "Moved by: CITY-ROADS.",
    ] {
        ensure!(printed.contains(said), "{said} is not in:\n{printed}");
    }
    ensure!(printed.contains("all verified"), "no verified log in:\n{printed}");
    Ok(())
}
in_both_modes!(the_story_runs_to_its_end);

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
    let printed = printed_by(&playing.wait_with_output()?)?;
    ensure!(printed.contains("all verified"), "no verified log in:\n{printed}");
    Ok(())
}
in_both_modes!(the_story_survives_every_process);
