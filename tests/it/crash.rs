//! A process that is killed loses nothing that it acknowledged, and one that is asked to end ends.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tests::{Mode, Sandbox, huishang};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Times that the server is killed.
const KILLS: usize = 3;
/// Acknowledged commands between two kills.
const COMMANDS_BETWEEN: u32 = 150;
/// Callers at the same time.
const CALLERS: u32 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_no_acknowledged_command() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let mut acknowledged = BTreeSet::new();
    let numbers = Arc::new(AtomicU32::new(0));
    for _ in 0..KILLS {
        let clerk = sandbox.client(Role::Clerk, None).await?;
        let done = watch::Sender::new(0);
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (clerk, numbers, done) = (clerk.clone(), numbers.clone(), done.clone());
            callers.spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let code = format!("D{}", numbers.fetch_add(1, Ordering::Relaxed));
                    match clerk.register_department(&code).await {
                        Ok(position) => mine.push((position, code)),
                        Err(_) => return mine,
                    }
                    done.send_modify(|done| *done += 1);
                }
            });
        }
        done.subscribe().wait_for(|&done| done >= COMMANDS_BETWEEN).await?;
        sandbox.process("up").kill()?;
        acknowledged.extend(callers.join_all().await.into_iter().flatten());
        sandbox.start_process("up")?;
    }

    let auditor = sandbox.client(Role::Auditor, None).await?;
    let log = auditor.whole_log().await?;
    for (position, code) in &acknowledged {
        let record = &log[*position as usize - 1];
        ensure!(record.position == *position);
        let stream = tests::department_stream(code);
        ensure!(record.stream == stream, "{code} was acknowledged at {position}, which has {record:?}");
    }
    ensure!(auditor.verify_log().await? == log.len() as u64);
    Ok(())
}

#[test]
fn a_process_whose_standard_error_is_closed_ends_when_asked() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut process = Command::new(huishang())
        .args(["up", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(process.stderr.take().context("standard error")?).lines();
    while !lines.next().context("it ended")??.contains("serving") {}
    drop(lines);
    let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status()?;
    ensure!(asked.success() && process.wait()?.success());
    Ok(())
}

async fn a_process_ends_within_seconds_when_asked(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.register_department("OFFICE").await?;
    // A reader that would follow for ever must not keep it from ending.
    let _log = sandbox.follow_log().await?;
    for name in sandbox.process_names() {
        let (took, status) = sandbox.process(&name).terminate()?;
        ensure!(took < Duration::from_secs(10), "{name} took {took:?}");
        ensure!(status.success() || name == "nats", "{name} ended with {status}");
    }
    Ok(())
}
in_both_modes!(a_process_ends_within_seconds_when_asked);
