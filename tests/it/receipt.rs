//! A receipt proves, without the log, what was in it.

use crate::commands::{ensure_failed, json, offline, register, text};
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use tests::{Mode, Sandbox, department_stream};

async fn a_receipt_is_checked_without_the_log(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let positions = register(&clerk, 0..5).await?;
    let key = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["key"].clone();
    let key = key.as_str().unwrap_or_default().to_owned();
    let file = sandbox.folder().join("receipt.tlog-proof");
    let given = sandbox.run("auditor", &["log", "receipt", &positions["D3"].to_string()])?;
    std::fs::write(&file, &given.stdout)?;
    ensure_failed(&sandbox.run("auditor", &["log", "receipt", "9"])?, 3, "the log ends at position 5")?;

    // The log has only grown since it had three records; the proof begins with what was kept.
    let consistency = |flags: &[&str]| {
        sandbox.run("auditor", &[&["log", "consistency", "--old-size", "3"], flags].concat())
    };
    let proven = json(&consistency(&["--json"])?)?;
    ensure!(proven["consistent"] == true && proven["oldRootKept"] == false, "{proven}");
    let root = proven["oldRoot"].as_str().unwrap_or_default();
    ensure!(json(&consistency(&["--old-root", root, "--json"])?)?["oldRootKept"] == true);
    ensure_failed(&consistency(&["--old-root", &"0".repeat(64)])?, 1, "has not only grown")?;
    let kept = sandbox.folder().join("kept");
    let signed = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["signedHead"].clone();
    std::fs::write(&kept, signed.as_str().unwrap_or_default())?;
    let since = ["log", "consistency", "--old-head", text(&kept), "--key", &key];
    ensure!(sandbox.run("auditor", &since)?.status.success());

    for name in sandbox.process_names() {
        sandbox.process(&name).kill()?;
    }
    let check = |key: &str| offline(&["log", "check-receipt", text(&file), "--key", key, "--json"]);
    let record = json(&check(&key)?)?;
    ensure!(record["position"] == positions["D3"] && record["stream"] == department_stream("D3"), "{record}");

    let another = key.replace("huishang/main", "huishang/maim");
    ensure_failed(&check(&another)?, 2, "--key")?;
    let receipt = std::fs::read_to_string(&file)?;
    for more in ["and more", "\n\nanother paragraph\n"] {
        std::fs::write(&file, format!("{receipt}{more}"))?;
        ensure_failed(&check(&key)?, 1, "it is not a valid signed head")?;
    }
    std::fs::write(&file, receipt.replacen("index 3", "index 2", 1))?;
    ensure_failed(&check(&key)?, 1, "does not prove that the record is in the log")?;
    std::fs::write(&file, "something else")?;
    ensure_failed(&check(&key)?, 1, "it is not a valid receipt")?;
    Ok(())
}
in_both_modes!(a_receipt_is_checked_without_the_log);
