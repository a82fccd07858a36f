//! A log that is backed up while it grows is verified without a server, and restored after it was lost.

use crate::commands::{ensure_failed, json, offline, register, text};
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::ledger::v1::GetHeadRequest;
use std::path::Path;
use std::process::Output;
use tests::{Mode, Sandbox};

const FIRST_SEGMENT: &str = "00000000000000000001.segment";

fn back_up(sandbox: &Sandbox, dir: &Path) -> anyhow::Result<serde_json::Value> {
    json(&sandbox.run("operator", &["log", "backup", text(dir), "--json"])?)
}

fn verify(dir: &Path) -> anyhow::Result<Output> {
    offline(&["log", "verify", "--backup", text(dir), "--json"])
}

async fn a_lost_log_is_restored_from_its_backup(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let backup = sandbox.folder().join("backup");
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let mut acknowledged = register(&clerk, 0..20).await?;
    let first = back_up(&sandbox, &backup)?;
    ensure!(first["new"] == first["position"], "{first}");

    // The second run is killed in the middle: it leaves a part of a segment.
    acknowledged.extend(register(&clerk, 20..40).await?);
    back_up(&sandbox, &backup)?;
    let (segment, part) = (backup.join(FIRST_SEGMENT), backup.join(format!("{FIRST_SEGMENT}.part")));
    let whole = std::fs::read(&segment)?;
    std::fs::write(&part, &whole[..whole.len() * 2 / 3])?;
    std::fs::remove_file(&segment)?;
    ensure_failed(&verify(&backup)?, 1, "missing")?;
    let last = back_up(&sandbox, &backup)?;
    ensure!(last["new"].as_u64() < Some(20) && !part.exists(), "{last}");

    let key = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["key"].clone();
    let verified = offline(&[
        "log",
        "verify",
        "--backup",
        text(&backup),
        "--json",
        "--key",
        key.as_str().unwrap_or(""),
    ])?;
    let verified = json(&verified)?;
    ensure!(verified["hash"] == last["hash"] && verified["root"] == last["root"], "{verified}");
    ensure!(verified["signed"] == last["position"] && verified["signedHeadChecked"] == true, "{verified}");
    ensure!(json(&verify(&backup)?)?["signedHeadChecked"] == false, "no key was named");

    // Over NATS the broker still has what was acknowledged after the backup.
    if mode == Mode::Distributed {
        acknowledged.extend(register(&clerk, 40..50).await?);
    }
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let before = auditor.call(GetHeadRequest {}).await?;
    let (ledger, data) = (sandbox.process_of("ledger"), sandbox.data_of("ledger"));
    ensure_failed(
        &offline(&["log", "restore", text(&backup), "--data", text(&data)])?,
        2,
        "only where there is none",
    )?;
    sandbox.process(ledger).kill()?;
    match mode {
        Mode::Embedded => std::fs::remove_dir_all(data.join("log"))?,
        Mode::Distributed => std::fs::remove_dir_all(&data)?,
    }
    let restored = json(&offline(&["log", "restore", text(&backup), "--data", text(&data), "--json"])?)?;
    ensure!(restored["root"] == last["root"] && restored["logId"] == first["logId"], "{restored}");
    let key = if mode == Mode::Embedded { "same" } else { "missing" };
    ensure!(restored["ledgerKey"] == key, "{restored}");
    sandbox.start_process(ledger)?;

    let after = register(&clerk, 50..51).await?;
    ensure!(after["D50"] == before.position + 1, "{after:?} after {}", before.position);
    let log = auditor.whole_log().await?;
    ensure!(log[before.position as usize - 1].hash == before.hash, "the log has another history");
    for (code, position) in acknowledged.iter().chain(&after) {
        ensure!(log[*position as usize - 1].stream == tests::department_stream(code), "{code} is lost");
    }
    let grown = match mode {
        Mode::Embedded => back_up(&sandbox, &backup)?,
        // The ledger has lost its key with its directory, and signs with a new one.
        Mode::Distributed => {
            let refused = sandbox.run("operator", &["log", "backup", text(&backup)])?;
            ensure_failed(&refused, 1, "has not signed the head")?;
            let key = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["key"].clone();
            let key = key.as_str().unwrap_or_default();
            json(&sandbox.run("operator", &["log", "backup", text(&backup), "--key", key, "--json"])?)?
        }
    };
    ensure!(grown["position"] == before.position + 1 && grown["logId"] == first["logId"], "{grown}");
    json(&verify(&backup)?)?;
    json(&sandbox.run("auditor", &["log", "verify", "--json"])?)?;
    Ok(())
}
in_both_modes!(a_lost_log_is_restored_from_its_backup);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_of_this_log_is_refused() -> anyhow::Result<()> {
    let (sandbox, other) = (Sandbox::start(Mode::Embedded)?, Sandbox::start(Mode::Embedded)?);
    let (backup, copy) = (sandbox.folder().join("backup"), sandbox.folder().join("copy"));
    register(&sandbox.client(Role::Clerk, None).await?, 0..3).await?;
    register(&other.client(Role::Clerk, None).await?, 0..9).await?;
    let made = back_up(&sandbox, &backup)?;

    let others = other.run("operator", &["log", "backup", text(&backup)])?;
    ensure_failed(&others, 2, "this is a backup of log")?;
    ensure_failed(&sandbox.run("auditor", &["log", "backup", text(&backup)])?, 5, "operator")?;
    let (keys, nowhere) = (sandbox.folder().join("keys"), sandbox.folder().join("nowhere"));
    for no_backup in [&keys, &nowhere] {
        let restored = offline(&["log", "restore", text(no_backup), "--data", text(&copy)])?;
        ensure!(!restored.status.success() && !copy.exists(), "{restored:?}");
    }
    ensure_failed(&verify(&keys)?, 2, "there is no backup")?;

    let head = sandbox.folder().join("backup/head");
    std::fs::write(&head, std::fs::read_to_string(&head)?.replace("position 3", "position 2"))?;
    ensure_failed(&verify(&backup)?, 1, "head: its hash or root for record 2")?;
    std::fs::remove_file(&head)?;
    ensure_failed(&verify(&backup)?, 1, "never finished")?;
    let restored = offline(&["log", "restore", text(&backup), "--data", text(&copy), "--json"])?;
    ensure!(json(&restored)?["root"] == made["root"], "what whole segments hold is restored");
    Ok(())
}
