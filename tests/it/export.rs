//! A log goes out as JSON Lines of CloudEvents, and comes in again as the same log.

use crate::backup::{offline, refused, register, text, told};
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use std::fs::OpenOptions;
use tests::{Mode, Sandbox};

async fn an_export_is_imported_as_the_same_log(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let place = |name: &str| sandbox.folder().join(name);
    let (file, at_once, rest, copy) =
        (place("log.jsonl"), place("at-once.jsonl"), place("rest.jsonl"), place("copy"));
    let export = |arguments: &[&str]| sandbox.run("operator", &[&["log", "export"], arguments].concat());
    let clerk = sandbox.client(Role::Clerk, None).await?;
    register(&clerk, 0..20).await?;
    let first = told(&export(&[text(&file), "--json"])?)?;
    let lines = std::fs::read_to_string(&file)?;
    let record: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap_or_default())?;
    ensure!(record["type"] == "huishang.scheduling.events.v1.DepartmentRegistered", "{record}");
    ensure!(record["data"]["events"][0]["profile"]["code"] == "D0", "{record}");

    // It is interrupted in the middle of a line, and goes on when the log has grown.
    OpenOptions::new().write(true).open(&file)?.set_len(lines.len() as u64 / 2)?;
    refused(&offline(&["log", "import", text(&file), "--data", text(&copy)])?, 1, "log.jsonl, line")?;
    refused(&offline(&["up", "--data", text(&copy)])?, 1, "only half restored")?;
    register(&clerk, 20..30).await?;
    let last = told(&export(&[text(&file), "--json"])?)?;
    told(&export(&[text(&at_once), "--json"])?)?;
    ensure!(std::fs::read(&file)? == std::fs::read(&at_once)?, "the two exports differ");
    ensure!(export(&["-"])?.stdout == std::fs::read(&at_once)?, "the export to standard output differs");

    let imported = told(&offline(&["log", "import", text(&file), "--data", text(&copy), "--json"])?)?;
    ensure!(imported["root"] == last["root"] && imported["logId"] == last["logId"], "{imported}");
    ensure!(imported["hash"] == last["hash"] && imported["position"] == last["position"], "{imported}");
    refused(
        &offline(&["log", "import", text(&file), "--data", text(&copy)])?,
        2,
        "only where there is none",
    )?;

    // In parts: what was there first, and what came behind it.
    let after = first["position"].to_string();
    told(&export(&[text(&rest), "--after", &after, "--json"])?)?;
    std::fs::write(&file, &lines)?;
    let parts =
        offline(&["log", "import", text(&file), text(&rest), "--data", text(&place("parts")), "--json"])?;
    ensure!(told(&parts)?["root"] == last["root"]);
    let place = place("backwards");
    let backwards = ["log", "import", text(&rest), text(&file), "--data", text(&place)];
    refused(&offline(&backwards)?, 1, "comes next")?;
    Ok(())
}
in_both_modes!(an_export_is_imported_as_the_same_log);
