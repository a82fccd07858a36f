//! `huishang ledger repair` as seen by an operator: its output, what it leaves unchanged, and its exit codes.

use anyhow::{Context as _, ensure};
use domain::Role;
use std::path::Path;
use std::process::{Command, Output};
use tests::{Mode, Sandbox, huishang};

fn repair(sandbox: &Sandbox, data: &Path, flags: &[&str]) -> anyhow::Result<Output> {
    Command::new(huishang())
        .args(["ledger", "repair", "--journal", sandbox.nats_url(), "--data"])
        .arg(data)
        .args(flags)
        .output()
        .context("the binary runs")
}

/// Checks the exit code, and that the output contains a text.
fn check(output: &Output, code: i32, expected: &str) -> anyhow::Result<()> {
    let printed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code() == Some(code), "exited with {:?}: {printed}", output.status.code());
    ensure!(printed.contains(expected), "{expected:?} is not in: {printed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_reports_what_it_finds_and_discards_nothing_without_consent() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let data = sandbox.data_of("ledger");
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for number in 0..3 {
        clerk.register_department(&format!("D{number}")).await?;
    }
    check(&repair(&sandbox, &data, &[])?, 6, "stop the ledger first")?;
    check(&repair(&sandbox, &sandbox.folder().join("nowhere"), &[])?, 3, "there is no log")?;
    sandbox.process("ledger").terminate()?;
    check(&repair(&sandbox, &data, &[])?, 0, "no repair is needed")?;

    // An uncommitted message, in a stream that was recreated.
    let client = async_nats::connect(sandbox.nats_url()).await?;
    let context = async_nats::jetstream::new(client.clone());
    let stream = context.get_stream("huishang-main").await?;
    let config = stream.cached_info().config.clone();
    context.delete_stream("huishang-main").await?;
    context.create_stream(config).await?;
    let subject = "huishang.main.directory.department.0193d2b4-7a55-7d4e-9c1a-0123456789ab";
    client.request(subject, "scribble".into()).await?;

    let found = "position 1 is not the log's";
    check(&repair(&sandbox, &data, &["--dry-run"])?, 0, found)?;
    check(
        &repair(&sandbox, &data, &["--dry-run", "--replace-stream"])?,
        0,
        "to be recreated from the log: 1 to 3",
    )?;
    check(&repair(&sandbox, &data, &[])?, 4, "--replace-stream")?;
    check(&repair(&sandbox, &data, &["--replace-stream"])?, 0, "the stream has all 3 records of the log")?;
    let saved = saved_record(&data)?;
    ensure!(saved["position"] == 1 && saved["payload"] == "7363726962626c65", "{saved}");

    // The services kept running, and continue with the repaired stream.
    sandbox.start_process("ledger")?;
    let position = loop {
        match clerk.register_department("D3").await {
            Ok(position) => break position,
            Err(status) => ensure!(status.code() == tonic::Code::Unavailable, "{status}"),
        }
    };
    ensure!(position == 4, "{position}");
    sandbox.process("ledger").terminate()?;
    sandbox.process("nats").kill()?;
    check(&repair(&sandbox, &data, &[])?, 7, "")
}

/// Reads the single record that was saved.
fn saved_record(data: &Path) -> anyhow::Result<serde_json::Value> {
    let mut files = data.read_dir()?.flatten().map(|entry| entry.path());
    let file = files.find(|path| path.to_string_lossy().contains("thrown-away-")).context("a file")?;
    Ok(serde_json::from_str(std::fs::read_to_string(file)?.trim())?)
}
