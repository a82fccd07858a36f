//! Backups in object storage: made by the ledger itself or by the command line, interrupted anywhere, verified, and
//! restored to an empty place.

use crate::commands::{ensure_failed, json, offline, register, text};
use anyhow::{Context as _, ensure};
use domain::Role;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tests::{
    Mode, Process, Sandbox, SandboxConfig, huishang, let_pass_blocking, python_programs, until_blocking,
};

const BUCKET: &str = "backups";
/// A backup in it.
pub const URL: &str = "s3://backups/huishang/main";
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=huishang/20270301/us-east-1/s3/aws4_request, \
                             SignedHeaders=host, Signature=0";
const SECRET: &str = "open-sesame";

/// A server that speaks like S3.
pub struct Storage {
    address: String,
    _process: Process,
}

impl Storage {
    /// Starts it, with an empty bucket.
    pub fn start() -> anyhow::Result<Storage> {
        let mut command = Command::new(python_programs("object-storage").join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", "0"]);
        let (process, address) = Process::start("moto", &mut command, |line| {
            Some(line.split_once("Running on http://")?.1.trim().to_owned())
        })?;
        let storage = Storage { address, _process: process };
        storage.ask("PUT", &format!("/{BUCKET}"))?;
        Ok(storage)
    }

    /// Sends a request without a body; answers with a text.
    fn ask(&self, method: &str, path: &str) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.send(method, path)?)?)
    }

    fn send(&self, method: &str, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut connection = TcpStream::connect(&self.address)?;
        // It does not check signatures, but wants to see one.
        let host = &self.address;
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {AUTHORIZATION}");
        write!(connection, "{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer)?;
        ensure!(answer.starts_with(b"HTTP/1.1 2"), "{method} {path}: {}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }

    /// The names of the objects below a folder of the backup.
    fn objects(&self, folder: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.ask("GET", &format!("/{BUCKET}?list-type=2&prefix=huishang/main/{folder}/"))?;
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0));
        Ok(keys.map(str::to_owned).collect())
    }

    /// The variables by which it is reached.
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT", format!("http://{}", self.address)),
            ("AWS_ALLOW_HTTP", "true".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "huishang".into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.into()),
        ]
    }

    /// Every object in the bucket, by its name.
    pub fn contents(&self) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let listed = self.ask("GET", &format!("/{BUCKET}?list-type=2"))?;
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0));
        keys.map(|key| Ok((key.to_owned(), self.send("GET", &format!("/{BUCKET}/{key}"))?))).collect()
    }

    /// Runs a client command that reaches it.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Command::new(huishang()).args(arguments).envs(self.variables()).output().context("the binary runs")
    }
}

/// Waits until the ledger has logged that this many records are backed up.
fn wait_for_backup(sandbox: &mut Sandbox, records: u64) {
    let is_it =
        |line: &Value| line["message"] == "the log is backed up" && line["records"].as_u64() >= Some(records);
    until_blocking(&format!("a backup of {records} records"), || {
        let log = sandbox.process("up").log();
        assert!(!log.contains(SECRET), "a secret is in the log");
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).any(|line| is_it(&line)).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_killed_again_and_again_has_a_backup_that_is_restored() -> anyhow::Result<()> {
    let storage = Storage::start()?;
    let mut settings = storage.variables();
    settings.push(("HUISHANG_BACKUP__URL", URL.into()));
    let mut sandbox = Sandbox::start_with(Mode::Embedded, SandboxConfig { settings, ..Default::default() })?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    for round in 0..5 {
        register(&clerk, round * 20..round * 20 + 20).await?;
        sandbox.process("up").kill()?;
        sandbox.start_process("up")?;
        // Its first backup has begun, or is under way, or is over.
        let_pass_blocking(Duration::from_millis(u64::from(round) * 13));
    }
    sandbox.process("up").kill()?;
    sandbox.start_process("up")?;
    wait_for_backup(&mut sandbox, 100);

    let key = json(&sandbox.run("auditor", &["log", "signed-head", "--json"])?)?["key"].clone();
    let key = key.as_str().context("a key")?;
    let verified = json(&storage.run(&["log", "verify", "--backup", URL, "--key", key, "--json"])?)?;
    ensure!(
        verified["position"].as_u64() >= Some(100) && verified["signedHeadChecked"] == true,
        "{verified}"
    );

    // The command line continues what the ledger began.
    register(&clerk, 100..103).await?;
    let data = sandbox.folder().join("restored");
    let at = sandbox.server();
    let own = sandbox.folder().to_owned();
    let continued =
        ["log", "backup", URL, "--server", &at, "--as", "operator", "--data", text(&own), "--json"];
    let continued = json(&storage.run(&continued)?)?;
    ensure!(continued["position"] == 103, "{continued}");
    let restored = json(&storage.run(&["log", "restore", URL, "--data", text(&data), "--json"])?)?;
    ensure!(restored["root"] == continued["root"] && restored["logId"] == continued["logId"], "{restored}");

    // What is missing, or damaged, is named.
    let segment = storage.objects("segments")?.pop().context("a segment")?;
    storage.ask("DELETE", &format!("/{BUCKET}/{segment}"))?;
    let name = segment.rsplit('/').next().unwrap_or_default();
    let refused = storage.run(&["log", "verify", "--backup", URL])?;
    ensure_failed(&refused, 1, "is missing")?;
    ensure!(String::from_utf8_lossy(&refused.stderr).contains(name), "{name}: {refused:?}");
    storage.ask("PUT", &format!("/{BUCKET}/{segment}"))?;
    let refused = storage.run(&["log", "restore", URL, "--data", text(&sandbox.folder().join("none"))])?;
    ensure_failed(&refused, 1, name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_killed_at_any_moment_is_completed_by_the_next() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let folder = sandbox.folder().join("backup");
    let url = format!("file://{}", text(&folder));
    for round in 0..12 {
        register(&clerk, round * 5..round * 5 + 5).await?;
        let mut interrupted = Command::new(huishang())
            .args(["log", "backup", &url, "--as", "operator", "--server", &sandbox.server(), "--data"])
            .arg(sandbox.folder())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let_pass_blocking(Duration::from_millis(u64::from(round) * 20));
        interrupted.kill()?;
        interrupted.wait()?;
        ensure_nothing_damaged(&folder, &url)?;
    }
    let made = json(&sandbox.run("operator", &["log", "backup", &url, "--json"])?)?;
    ensure!(made["position"] == 60, "{made}");
    let verified = json(&offline(&["log", "verify", "--backup", &url, "--json"])?)?;
    ensure!(verified["root"] == made["root"], "{verified}");
    let copy = sandbox.folder().join("copy");
    let restored = json(&offline(&["log", "restore", &url, "--data", text(&copy), "--json"])?)?;
    ensure!(restored["root"] == made["root"], "{restored}");

    // Another log finds the place taken.
    let other = Sandbox::start(Mode::Embedded)?;
    ensure_failed(&other.run("operator", &["log", "backup", &url])?, 2, "this is a backup of log")
}

/// What is there is whole: nothing yet, or segments without a head, or a backup.
fn ensure_nothing_damaged(folder: &Path, url: &str) -> anyhow::Result<()> {
    let verified = offline(&["log", "verify", "--backup", url])?;
    let error = String::from_utf8_lossy(&verified.stderr).into_owned();
    let nothing = error.contains("there is no backup here") || error.contains("never finished");
    ensure!(verified.status.success() || nothing, "{}: {error}", folder.display());
    Ok(())
}
