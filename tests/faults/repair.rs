//! `huishang ledger repair` as an operator meets it: what it says, what it leaves alone, how it ends.

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

/// That it ended with this code and said this.
fn ends(output: &Output, code: i32, said: &str) -> anyhow::Result<()> {
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code() == Some(code), "ended with {:?}: {told}", output.status.code());
    ensure!(told.contains(said), "{said:?} is not in: {told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_says_what_it_finds_and_throws_nothing_away_unasked() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let data = sandbox.data_of("ledger");
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for number in 0..3 {
        clerk.register_department(&format!("D{number}")).await?;
    }
    ends(&repair(&sandbox, &data, &[])?, 6, "stop the ledger first")?;
    ends(&repair(&sandbox, &sandbox.folder().join("nowhere"), &[])?, 3, "there is no log")?;
    sandbox.process("ledger").terminate()?;
    ends(&repair(&sandbox, &data, &[])?, 0, "nothing is to be repaired")?;

    // What no ledger committed, on a stream that was made anew.
    let client = async_nats::connect(sandbox.nats_url()).await?;
    let context = async_nats::jetstream::new(client.clone());
    let stream = context.get_stream("huishang-main").await?;
    let config = stream.cached_info().config.clone();
    context.delete_stream("huishang-main").await?;
    context.create_stream(config).await?;
    let subject = "huishang.main.scheduling.department.0193d2b4-7a55-7d4e-9c1a-0123456789ab";
    client.request(subject, "scribble".into()).await?;

    let found = "position 1 is not the log's";
    ends(&repair(&sandbox, &data, &["--dry-run"])?, 0, found)?;
    ends(
        &repair(&sandbox, &data, &["--dry-run", "--replace-stream"])?,
        0,
        "to be made anew from the log: 1 to 3",
    )?;
    ends(&repair(&sandbox, &data, &[])?, 4, "--replace-stream")?;
    ends(&repair(&sandbox, &data, &["--replace-stream"])?, 0, "the stream has all 3 records of the log")?;
    let saved = thrown_away(&data)?;
    ensure!(saved["position"] == 1 && saved["payload"] == "7363726962626c65", "{saved}");

    // The services that ran all the while go on with it.
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
    ends(&repair(&sandbox, &data, &[])?, 7, "")
}

/// The one record that was saved.
fn thrown_away(data: &Path) -> anyhow::Result<serde_json::Value> {
    let mut files = data.read_dir()?.flatten().map(|entry| entry.path());
    let file = files.find(|path| path.to_string_lossy().contains("thrown-away-")).context("a file")?;
    Ok(serde_json::from_str(std::fs::read_to_string(file)?.trim())?)
}
