//! A receiver of webhooks, which knows nothing of Huishang.

use anyhow::Context as _;
use harness::{Process, root};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A receiver at an address of its own, which verifies what it gets with the library of Standard Webhooks.
pub struct Receiver {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Process>,
}

impl Receiver {
    /// Starts a receiver that has no secret yet.
    pub fn start() -> anyhow::Result<Receiver> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("secret"), "whsec_bm9uZQ==")?;
        let (process, port) = run(0, folder.path())?;
        Ok(Receiver { folder, port, process: Some(process) })
    }

    /// Where it receives.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Gives it the secret by which it verifies from now on.
    pub fn set_secret(&self, secret: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.path().join("secret"), secret)?)
    }

    /// Has it answer the next requests with these statuses.
    pub fn answer(&self, statuses: &[u16]) -> anyhow::Result<()> {
        let words: Vec<String> = statuses.iter().map(u16::to_string).collect();
        Ok(std::fs::write(self.folder.path().join("answers"), words.join(" "))?)
    }

    /// Kills it.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Starts it again, at its address.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        self.process = Some(run(self.port, self.folder.path())?.0);
        Ok(())
    }

    /// What it has accepted, in order.
    pub fn received(&self) -> anyhow::Result<Vec<Value>> {
        self.noted("received")
    }

    /// What it has not accepted although it was genuine.
    pub fn declined(&self) -> anyhow::Result<Vec<Value>> {
        self.noted("declined")
    }

    /// What did not verify.
    pub fn refused(&self) -> anyhow::Result<Vec<Value>> {
        self.noted("refused")
    }

    fn noted(&self, file: &str) -> anyhow::Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default();
        // The last line may be under way.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).context("a line of JSON")).collect()
    }
}

fn run(port: u16, folder: &Path) -> anyhow::Result<(Process, u16)> {
    let mut command = Command::new(root().join("tests/webhooks/run"));
    command.arg(port.to_string()).arg(folder);
    Process::start("receiver", &mut command, |line| line.strip_prefix("receives on ")?.parse().ok())
}
