//! A log goes out as JSON Lines of CloudEvents, and comes in again as the same log.

use crate::commands::{ensure_failed, json, offline, register, text};
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use std::fs::OpenOptions;
use tests::{Mode, Sandbox};

async fn an_export_is_imported_as_the_same_log(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let path = |name: &str| sandbox.folder().join(name);
    let (file, at_once, rest, copy) =
        (path("log.jsonl"), path("at-once.jsonl"), path("rest.jsonl"), path("copy"));
    let export = |arguments: &[&str]| sandbox.run("operator", &[&["log", "export"], arguments].concat());
    let clerk = sandbox.client(Role::Clerk, None).await?;
    register(&clerk, 0..20).await?;
    let first = json(&export(&[text(&file), "--json"])?)?;
    let lines = std::fs::read_to_string(&file)?;
    let record: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap_or_default())?;
    ensure!(record["type"] == "huishang.directory.events.v1.DepartmentRegistered", "{record}");
    ensure!(record["data"]["events"][0]["profile"]["code"] == "D0", "{record}");

    // It is interrupted in the middle of a line, and resumed when the log has grown.
    OpenOptions::new().write(true).open(&file)?.set_len(lines.len() as u64 / 2)?;
    ensure_failed(&offline(&["log", "import", text(&file), "--data", text(&copy)])?, 1, "log.jsonl, line")?;
    ensure_failed(
        &offline(&["up", "--listen", "127.0.0.1:0", "--data", text(&copy)])?,
        1,
        "only partly restored",
    )?;
    register(&clerk, 20..30).await?;
    let last = json(&export(&[text(&file), "--json"])?)?;
    json(&export(&[text(&at_once), "--json"])?)?;
    ensure!(std::fs::read(&file)? == std::fs::read(&at_once)?, "the two exports differ");
    ensure!(export(&["-"])?.stdout == std::fs::read(&at_once)?, "the export to standard output differs");

    let imported = json(&offline(&["log", "import", text(&file), "--data", text(&copy), "--json"])?)?;
    ensure!(imported["root"] == last["root"] && imported["logId"] == last["logId"], "{imported}");
    ensure!(imported["hash"] == last["hash"] && imported["position"] == last["position"], "{imported}");
    ensure_failed(
        &offline(&["log", "import", text(&file), "--data", text(&copy)])?,
        2,
        "only where there is none",
    )?;

    // What people read in a line must be what its payload says.
    let altered = path("altered.jsonl");
    std::fs::write(
        &altered,
        std::fs::read_to_string(&file)?.replacen(r#""name":"Department D0""#, r#""name":"Other""#, 1),
    )?;
    let imported = offline(&["log", "import", text(&altered), "--data", text(&path("altered"))])?;
    ensure_failed(&imported, 1, "line 1: the readable 'data' of record 1")?;

    // In parts: what was there first, and what came after it.
    let after = first["position"].to_string();
    json(&export(&[text(&rest), "--after", &after, "--json"])?)?;
    std::fs::write(&file, &lines)?;
    let parts =
        offline(&["log", "import", text(&file), text(&rest), "--data", text(&path("parts")), "--json"])?;
    ensure!(json(&parts)?["root"] == last["root"]);
    let folder = path("backwards");
    let backwards = ["log", "import", text(&rest), text(&file), "--data", text(&folder)];
    ensure_failed(&offline(&backwards)?, 1, "expected record 1 next")?;
    Ok(())
}
in_both_modes!(an_export_is_imported_as_the_same_log);
