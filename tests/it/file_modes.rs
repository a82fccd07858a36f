//! What is written is for its owner's eyes only, whatever the shell's umask was.

use anyhow::{Context as _, ensure};
use domain::Role;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::{Mode, Process, Sandbox, huishang, until_blocking};

/// A command of ours in a shell that would let everybody read and write.
fn open_handed() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(huishang());
    command
}

/// Everything under a directory, itself included, with its mode.
fn modes(path: &Path, found: &mut Vec<(PathBuf, bool, u32)>) -> anyhow::Result<()> {
    let meta = path.symlink_metadata()?;
    found.push((path.to_owned(), meta.is_dir(), meta.permissions().mode() & 0o777));
    if meta.is_dir() {
        for entry in std::fs::read_dir(path)? {
            modes(&entry?.path(), found)?;
        }
    }
    Ok(())
}

/// Starts a server with this data, and returns its address.
fn start(data: &Path) -> anyhow::Result<(Process, String)> {
    let mut command = open_handed();
    command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data).env("HUISHANG_LOG__FORMAT", "json");
    Process::start("up", &mut command, |line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        (line["message"] == "serving").then(|| line["address"].as_str().unwrap_or_default().to_owned())
    })
}

#[test]
fn what_others_could_read_is_tightened_at_the_next_start() -> anyhow::Result<()> {
    // Given data that was copied, so that everybody can read it
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    start(&data)?.0.terminate()?;
    ensure!(Command::new("chmod").args(["-R", "go+rX"]).arg(&data).status()?.success(), "chmod");
    // When a server starts on it
    let (server, _) = start(&data)?;
    // Then it is its owner's only, and the log says so.
    let mut found = Vec::new();
    for part in ["log", "views", "keys"] {
        modes(&data.join(part), &mut found)?;
    }
    for (path, is_directory, mode) in &found {
        ensure!(*mode == if *is_directory { 0o700 } else { 0o600 }, "{} has mode {mode:o}", path.display());
    }
    ensure!(server.log().contains("others had access"), "{}", server.log());
    Ok(())
}

#[test]
fn files_are_their_owners_only() -> anyhow::Result<()> {
    // Given a server that has recorded something
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (_server, address) = start(&data)?;
    let server = format!("http://{address}");
    let client = |role: Role, arguments: &[&str]| -> anyhow::Result<()> {
        let mut command = open_handed();
        command.args(arguments).args(["--server", &server, "--as", role.as_str(), "--data"]).arg(&data);
        let output = command.output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    let name = ["--code", "A", "--name", "A", "--level", "municipal", "--kind", "agency"];
    client(Role::Clerk, &[&["department", "register"], name.as_slice()].concat())?;
    // And a backup and an export of it
    let (backup, export) = (folder.path().join("backup"), folder.path().join("log.jsonl"));
    client(Role::Operator, &["log", "backup", backup.to_str().context("a path")?])?;
    client(Role::Operator, &["log", "export", export.to_str().context("a path")?])?;
    // When the newest head is signed as well
    until_blocking("a signed head", || data.join("signed-head").exists().then_some(()));
    // Then nobody else can read any of it.
    let mut found = Vec::new();
    for root in [&data, &backup, &export] {
        modes(root, &mut found)?;
    }
    for part in ["log", "views", "keys/ledger-key.pem", "keys/jwks.json", "signed-head"] {
        ensure!(found.iter().any(|(path, ..)| *path == data.join(part)), "{part} is missing in {found:?}");
    }
    for (path, is_directory, mode) in &found {
        let expected = if *is_directory { 0o700 } else { 0o600 };
        ensure!(*mode == expected, "{} has mode {mode:o}", path.display());
    }
    Ok(())
}

/// The shell of this test lets others read what is written.
#[tokio::test]
async fn files_of_each_service_are_its_owners_only() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    let services = sandbox.process_names().into_iter().filter(|name| name != "nats");
    for service in services {
        let mut found = Vec::new();
        modes(&sandbox.folder().join(&service), &mut found)?;
        ensure!(found.iter().any(|(_, is_directory, _)| !is_directory), "{service} writes something");
        for (path, is_directory, mode) in &found {
            let expected = if *is_directory { 0o700 } else { 0o600 };
            ensure!(*mode == expected, "{} has mode {mode:o}", path.display());
        }
    }
    Ok(())
}
