//! A process of ours, or the broker, that ends with its handle.

use crate::until_blocking;
use anyhow::{Context as _, bail};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Time in which a process must become ready.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running process. Dropping the handle kills it.
pub struct Process {
    child: Child,
    name: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts a command and waits for the line on standard error that `ready` recognizes; returns what it
    /// found there.
    pub fn start<T>(
        name: &str,
        command: &mut Command,
        ready: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<(Process, T)> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}: {command:?}"))?;
        let errors = child.stderr.take().context("standard error is piped")?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, seen) = mpsc::channel();
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if let Ok(mut kept) = kept.lock() {
                    kept.push(line.clone());
                }
                let _ = lines.send(line);
            }
        });
        let mut process = Process { child, name: name.to_owned(), log };
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match seen.recv_timeout(left) {
                Ok(line) => {
                    if let Some(found) = ready(&line) {
                        return Ok((process, found));
                    }
                }
                Err(_) => {
                    let ended = process.child.try_wait()?;
                    bail!("{name} did not become ready (ended: {ended:?}):\n{}", process.log());
                }
            }
        }
    }

    /// The id that the system gave it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        self.log.lock().map(|lines| lines.join("\n")).unwrap_or_default()
    }

    /// Waits until it has written a line with this text to standard error.
    pub fn wait_for_log(&self, text: &str) {
        until_blocking(&format!("{text:?} in the log of {}", self.name), || {
            self.log().contains(text).then_some(())
        });
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().with_context(|| format!("cannot kill {}", self.name))?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until it ends by itself, for at most `patience`; returns its exit status.
    pub fn wait_for_end(&mut self, patience: Duration) -> anyhow::Result<std::process::ExitStatus> {
        let deadline = Instant::now() + patience;
        let ended = until_blocking("the end of a process", || match self.child.try_wait() {
            Ok(None) if Instant::now() < deadline => None,
            ended => Some(ended),
        })?;
        ended.with_context(|| format!("{} still runs after {patience:?}", self.name))
    }

    /// Its peak resident memory, in bytes.
    pub fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("a running process")?;
        let kib = line.split_whitespace().nth(1).context("its memory in kB")?;
        Ok(kib.parse::<u64>()? * 1024)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Sends SIGTERM and waits; returns how long it took to end, and its exit status.
    pub fn terminate(&mut self) -> anyhow::Result<(Duration, std::process::ExitStatus)> {
        let asked = Instant::now();
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let status = self.child.wait()?;
        Ok((asked.elapsed(), status))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(15).collect();
            eprintln!("--- the end of the log of {}:", self.name);
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The broker's binary, which `tests/nats-server` obtains.
pub fn nats_server() -> PathBuf {
    let named = std::env::var_os("TEST_NATS_SERVER").map(PathBuf::from);
    let file = named.unwrap_or_else(|| root().join("target/tools/nats-server"));
    assert!(file.exists(), "no nats-server at {}; run tests/nats-server, which obtains it", file.display());
    file
}
