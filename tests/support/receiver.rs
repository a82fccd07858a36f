//! A receiver of webhooks, messages to robots, or mail, or a server of a calendar, which knows nothing of Huishang.

use anyhow::{Context as _, ensure};
use harness::{Process, root};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A receiver at an address of its own. One of webhooks verifies what it gets with the library of Standard Webhooks.
pub struct Receiver {
    kind: &'static str,
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Process>,
}

impl Receiver {
    /// Starts a receiver of webhooks that has no secret yet.
    pub fn start() -> anyhow::Result<Receiver> {
        let receiver = Receiver::of("webhooks")?;
        receiver.set_secret("whsec_bm9uZQ==")?;
        Ok(receiver)
    }

    /// Starts a mail server that keeps what it gets.
    pub fn mailbox() -> anyhow::Result<Receiver> {
        Receiver::of("mailbox")
    }

    /// Starts robots of WeCom, DingTalk and Feishu, which check signatures once they have a secret.
    pub fn robots() -> anyhow::Result<Receiver> {
        let receiver = Receiver::of("robots")?;
        receiver.set_secret("")?;
        Ok(receiver)
    }

    /// Starts a server that has a calendar.
    pub fn calendars(calendar: &str) -> anyhow::Result<Receiver> {
        let server = Receiver::of("calendars")?;
        server.serve(calendar)?;
        server.answer_by("calendar")?;
        Ok(server)
    }

    /// Has it serve another calendar.
    pub fn serve(&self, calendar: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.path().join("calendar"), calendar)?)
    }

    /// Has a server of calendars answer in this way from now on, as `tests/receivers/calendars.py` has them.
    pub fn answer_by(&self, way: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.path().join("answers"), way)?)
    }

    fn of(kind: &'static str) -> anyhow::Result<Receiver> {
        let folder = tempfile::tempdir()?;
        let (process, port) = run(kind, 0, folder.path())?;
        Ok(Receiver { kind, folder, port, process: Some(process) })
    }

    /// The port on which it receives.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it receives.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// A URL of it with this path.
    pub fn url_of(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
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
        self.process = Some(run(self.kind, self.port, self.folder.path())?.0);
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

fn run(kind: &str, port: u16, folder: &Path) -> anyhow::Result<(Process, u16)> {
    let script = root().join("tests/receivers/run");
    // What is fetched once may take longer than a process has to become ready.
    let obtained = Command::new(&script).arg("obtain").output()?;
    ensure!(obtained.status.success(), "{}", String::from_utf8_lossy(&obtained.stderr));
    let mut command = Command::new(script);
    command.arg(kind).arg(port.to_string()).arg(folder);
    Process::start("receiver", &mut command, |line| line.strip_prefix("receives on ")?.parse().ok())
}
