//! Witnesses cosign the heads of the log, which is then proven to be the same for everybody.

use crate::commands::{ensure_failed, json, offline, register, text};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::GetSignedHeadRequest;
use serde_json::Value;
use std::path::Path;
use tests::{Client, Mode, Sandbox, SandboxConfig, Witness, until};

/// A folder with the file of witnesses, and settings that name it.
fn settings(witnesses: &[&Witness]) -> anyhow::Result<(tempfile::TempDir, SandboxConfig)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("witnesses.toml");
    let entries: Vec<String> = witnesses.iter().map(|witness| witness.entry()).collect();
    std::fs::write(&file, entries.concat())?;
    let settings = vec![
        ("HUISHANG_LEDGER__WITNESSES_FILE", file.to_string_lossy().into_owned()),
        ("HUISHANG_LEDGER__WITNESS_INTERVAL_SECONDS", "1".to_owned()),
    ];
    Ok((folder, SandboxConfig { settings, ..SandboxConfig::default() }))
}

/// Waits until a head with this many records is cosigned.
async fn cosigned(auditor: &Client, records: u64) -> anyhow::Result<String> {
    let size = format!("\n{records}\n");
    let shown = until("such a head", async || {
        let heads = auditor.call(GetSignedHeadRequest {}).await.ok()?.cosigned_heads;
        heads.into_iter().find(|head| head.contains(&size))
    });
    Ok(shown.await)
}

fn verify(sandbox: &Sandbox, witnesses: &[&str]) -> anyhow::Result<std::process::Output> {
    let flags = witnesses.iter().flat_map(|key| ["--witness", *key]);
    let arguments: Vec<&str> = ["log", "verify", "--json"].into_iter().chain(flags).collect();
    sandbox.run("auditor", &arguments)
}

in_both_modes!(a_log_that_grows_is_cosigned_and_its_receipts_are);

async fn a_log_that_grows_is_cosigned_and_its_receipts_are(mode: Mode) -> anyhow::Result<()> {
    // Given two witnesses, of which one knows the log
    let (knows, does_not) = (Witness::start("witness.example/a")?, Witness::start("witness.example/b")?);
    let (_folder, config) = settings(&[&knows, &does_not])?;
    let mut sandbox = Sandbox::start_with(mode, config)?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let log_key = auditor.call(GetSignedHeadRequest {}).await?.key;
    knows.add_log(&log_key)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    register(&clerk, 0..3).await?;
    cosigned(&auditor, 3).await?;
    // When the log grows, then what it has now is cosigned as well,
    register(&clerk, 3..8).await?;
    cosigned(&auditor, 8).await?;
    let verified = json(&verify(&sandbox, &[knows.key()])?)?;
    ensure!(verified["cosigned"][0]["records"] == 8, "{verified}");
    // the other witness is missed, and the ledger's log says what to do about it.
    ensure_failed(&verify(&sandbox, &[knows.key(), does_not.key()])?, 1, "has cosigned no head of this log")?;
    let ledger = sandbox.process_of("ledger");
    sandbox.process(ledger).wait_for_log("whoever runs it must add this log");

    // A receipt is of a head that was cosigned, and says so without server and witness.
    let file = sandbox.folder().join("receipt");
    std::fs::write(&file, sandbox.run("auditor", &["log", "receipt", "5"])?.stdout)?;
    let check = |witness: &str| {
        offline(&["log", "check-receipt", text(&file), "--key", &log_key, "--witness", witness, "--json"])
    };
    let checked = json(&check(knows.key())?)?;
    ensure!(checked["cosigned"][0]["witness"] == "witness.example/a", "{checked}");
    ensure_failed(&check(does_not.key())?, 1, "has cosigned no head")?;

    // After a restart, what was cosigned is shown before the witness is asked again.
    drop(knows);
    sandbox.restart(ledger)?;
    let heads = auditor.call_patiently(GetSignedHeadRequest {}).await?.cosigned_heads;
    ensure!(heads.len() == 1 && heads[0].contains("\n8\n"), "{heads:?}");
    Ok(())
}

/// Copies a folder with what is below it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    ensure!(copied.success(), "{} is copied", from.display());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_put_back_is_contradicted_by_its_witness() -> anyhow::Result<()> {
    let witness = Witness::start("witness.example/a")?;
    let (folder, config) = settings(&[&witness])?;
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    witness.add_log(&auditor.call(GetSignedHeadRequest {}).await?.key)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    register(&clerk, 0..3).await?;
    cosigned(&auditor, 3).await?;
    // Given a copy of everything that the ledger has on its disks
    sandbox.process("up").terminate()?;
    let old = folder.path().join("old");
    copy(sandbox.folder(), &old)?;
    sandbox.start_process("up")?;
    clerk.call_patiently(tests::registration("D3", "D3")).await?;
    cosigned(&auditor, 4).await?;
    sandbox.process("up").terminate()?;
    // When it is put back, and nothing on the machine shows that there was more
    for name in ["log", "signed-head", "views", "cosigned-heads", "personal-keys"] {
        let path = sandbox.folder().join(name);
        if path.is_dir() {
            std::fs::remove_dir_all(&path)?;
        }
        copy(&old.join(name), sandbox.folder())?;
    }
    sandbox.start_process("up")?;
    clerk.call_patiently(tests::registration("E0", "E0")).await?;
    // Then the witness knows: first that this history has another record, and nothing of it is cosigned.
    let contradicted = until("an error", async || {
        let log = sandbox.process("up").log();
        log.lines().find(|line| line.contains("a witness contradicts the log")).map(str::to_owned)
    });
    let line: Value = serde_json::from_str(&contradicted.await).context("a line of JSON")?;
    ensure!(line["level"] == "ERROR" && line["witness"] == "witness.example/a", "{line}");
    Ok(())
}
