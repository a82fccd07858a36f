//! Commands of the binary, and what they print.

use anyhow::{Context as _, ensure};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Output};
use tests::{Client, huishang};

/// Runs a command that needs no server.
pub fn offline(arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new(huishang()).args(arguments).output().context("the binary runs")
}

/// The JSON that a command printed; it must have succeeded.
pub fn json(output: &Output) -> anyhow::Result<serde_json::Value> {
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Ensures that a command ended with this code, and that its error contains this text.
pub fn ensure_failed(output: &Output, code: i32, text: &str) -> anyhow::Result<()> {
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(code), "ended with {:?}: {error}", output.status.code());
    ensure!(error.contains(text), "{text:?} is not in: {error}");
    Ok(())
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path of the test is UTF-8")
}

/// Registers the departments D`numbers`; returns the position of each.
pub async fn register(clerk: &Client, numbers: Range<u32>) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut acknowledged = BTreeMap::new();
    for number in numbers {
        let code = format!("D{number}");
        acknowledged.insert(code.clone(), clerk.register_department(&code).await?);
    }
    Ok(acknowledged)
}
