//! The examples, run as their readers would run them: against a server that was just installed, with what
//! they obtain by themselves.

use anyhow::{Context as _, ensure};
use std::path::PathBuf;
use std::process::Command;
use tests::{Mode, Sandbox, SandboxConfig, huishang, root};

/// Runs an example against an installation; returns what it printed.
fn run(example: &str, sandbox: &Sandbox) -> anyhow::Result<String> {
    let script = root().join("examples").join(example).join("run");
    let mut command = Command::new(&script);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUISHANG_") {
            command.env_remove(name);
        }
    }
    // Where the development key is, which `huishang token` signs with.
    command.env("HUISHANG_DATA", sandbox.folder()).env("HUISHANG_SERVER", sandbox.server());
    let binary = huishang();
    let mut places: Vec<PathBuf> = binary.parent().map(PathBuf::from).into_iter().collect();
    if example == "typescript" {
        places.push(node()?);
    }
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    command.env("PATH", std::env::join_paths(places)?);

    let output = command.output().with_context(|| format!("{} cannot be run", script.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{example}: {}\n{printed}\n{errors}", output.status);
    Ok(printed)
}

/// Whether these lines are among those printed, in their order.
fn ensure_printed(printed: &str, expected: &[&str]) -> anyhow::Result<()> {
    let mut lines = printed.lines();
    for line in expected {
        ensure!(
            lines.any(|other| other.contains(line)),
            "not printed, or not in this order: {line}\n{printed}"
        );
    }
    Ok(())
}

#[test]
fn the_python_client_takes_a_matter_its_whole_way() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let printed = run("python", &sandbox)?;
    ensure_printed(
        &printed,
        &["validate_only", "refused, NO_QUORUM", "aborted, CHANGED_SINCE", "ACKNOWLEDGED", "tlog-proof"],
    )?;
    ensure!(printed.ends_with("Item STREETS-2027-0001/1 is ACCEPTED.\n"), "{printed}");

    // The clock of the rehearsal stands still, and the end of the first session freed its room.
    let printed = run("python", &sandbox)?;
    ensure_printed(&printed, &["NO_QUORUM"])?;
    ensure!(printed.ends_with("Item STREETS-2027-0002/1 is ACCEPTED.\n"), "{printed}");
    Ok(())
}

#[test]
fn clients_by_http_need_no_package() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let printed = run("http", &sandbox)?;
    let story =
        ["SESSION_STAGE_CONVENED", "refused, NO_QUORUM: 1 present", "DOCKET_STAGE_OPEN", "DocketOpened"];
    ensure_printed(&printed, &story)?;
    // Once more in TypeScript.
    ensure_printed(&run("typescript", &sandbox)?, &story)
}

/// Where Node.js is: on this machine, or where it is obtained.
fn node() -> anyhow::Result<PathBuf> {
    let output = Command::new(root().join("tests/npm")).arg("node").output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

#[test]
fn a_reflective_client_takes_a_matter_its_whole_way() -> anyhow::Result<()> {
    let system_clock = SandboxConfig { clock: "system".into(), ..SandboxConfig::default() };
    let sandbox = Sandbox::start_with(Mode::Embedded, system_clock)?;
    let printed = run("reflective", &sandbox)?;
    ensure_printed(
        &printed,
        &["huishang.scheduling.v1.SchedulingService", "failed_precondition", "tlog-proof"],
    )?;
    ensure!(printed.ends_with("/1: ITEM_STAGE_ACCEPTED\n"), "{printed}");
    Ok(())
}
