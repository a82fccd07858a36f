//! `huishang doctor` on a whole installation: what it says to people and to programs, and what it hands on.

use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use tests::{Mode, Sandbox, huishang};

fn doctor(data: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new(huishang());
    command.args(["doctor", "--data"]).arg(data).args(arguments);
    command.output().context("the binary runs")
}

fn findings(printed: &[u8]) -> anyhow::Result<Vec<(String, String)>> {
    let json: Value = serde_json::from_slice(printed)?;
    let findings = json["findings"].as_array().context("findings")?.iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(findings.map(|finding| (text(&finding["check"]), text(&finding["level"]))).collect())
}

fn ensure_has(findings: &[(String, String)], check: &str, level: &str) -> anyhow::Result<()> {
    let has = findings.iter().any(|(found, how)| found == check && how == level);
    ensure!(has, "{check} is not {level}: {findings:?}");
    Ok(())
}

#[test]
fn a_running_installation_is_examined_from_its_settings() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let address = sandbox.server().replace("http://", "");
    let arguments = ["--listen", &address, "--json"];
    let data = sandbox.folder().to_owned();
    let sound = doctor(&data, &arguments)?;
    ensure!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stdout));
    let found = findings(&sound.stdout)?;
    for check in ["configuration", "keys", "clock", "ready", "tls", "jwks", "nats"] {
        ensure_has(&found, check, "good")?;
    }
    ensure_has(&found, "backups", "warning")?;
    sandbox.process("up").terminate()?;
    ensure_has(&findings(&doctor(&data, &arguments)?.stdout)?, "ready", "unknown")?;
    // Words for people, in the other language too.
    let said = doctor(&data, &["--listen", &address, "--lang", "zh"])?;
    ensure!(String::from_utf8_lossy(&said.stdout).contains("正常"), "{said:?}");
    Ok(())
}

#[test]
fn what_is_wrong_ends_with_an_error_and_what_is_handed_on_has_no_secrets() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let bundle = folder.path().join("report.json");
    let bundle_flag = bundle.to_str().context("a path")?;
    let broker = ["--journal", "nats://li:sesame@127.0.0.1:1", "--listen", "127.0.0.1:0"];
    let arguments = [&broker[..], &["--json", "--bundle", bundle_flag]].concat();
    let sick = doctor(folder.path(), &arguments)?;
    ensure!(sick.status.code() == Some(1), "{sick:?}");
    let found = findings(&sick.stdout)?;
    ensure_has(&found, "nats", "fault")?;
    ensure_has(&found, "jwks", "fault")?;
    let written = std::fs::read_to_string(&bundle)?;
    for text in
        [String::from_utf8_lossy(&sick.stdout), String::from_utf8_lossy(&sick.stderr), (&*written).into()]
    {
        ensure!(!text.contains("sesame"), "a secret is shown: {text}");
    }
    let json: Value = serde_json::from_str(&written)?;
    ensure!(json["settings"]["realm"] == "main" && json["version"].is_string(), "{written}");
    ensure!(std::fs::metadata(&bundle)?.permissions().mode() & 0o777 == 0o600, "others can read it");
    // What is there is not overwritten.
    let again = doctor(folder.path(), &arguments)?;
    ensure!(
        !again.status.success() && String::from_utf8_lossy(&again.stderr).contains("--bundle"),
        "{again:?}"
    );
    ensure!(std::fs::read_to_string(&bundle)? == written);
    // A setting that makes no sense is the first finding.
    let nonsense = doctor(folder.path(), &["--listen", "127.0.0.1:0", "--clock", "tomorrow", "--json"])?;
    ensure!(nonsense.status.code() == Some(1), "{nonsense:?}");
    ensure_has(&findings(&nonsense.stdout)?, "configuration", "fault")
}

/// A library that makes each sync of a file's data take 50 ms.
const SLOW_SYNC: &str = "#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int fdatasync(int file) {
    struct timespec time = {0, 50000000};
    nanosleep(&time, 0);
    return ((int (*)(int))dlsym(RTLD_NEXT, \"fdatasync\"))(file);
}
";

#[test]
fn a_disk_whose_syncs_are_slow_is_warned_of() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (source, library) = (folder.path().join("slow.c"), folder.path().join("slow.so"));
    std::fs::write(&source, SLOW_SYNC)?;
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status()?;
    ensure!(built.success(), "the C compiler, which the README asks for");
    let examine = |preloaded: &str| {
        let mut command = Command::new(huishang());
        command.args(["doctor", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
        findings(&command.env("LD_PRELOAD", preloaded).output()?.stdout)
    };
    ensure_has(&examine(library.to_str().context("a path")?)?, "fsync", "warning")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_keys_that_is_missing_or_could_lose_them_is_a_fault() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let url = sandbox.nats_url().to_owned();
    for name in sandbox.process_names().into_iter().filter(|name| name != "nats") {
        sandbox.process(&name).kill()?;
    }
    let data = sandbox.data_of("ledger");
    let arguments = ["--journal", &url, "--listen", "127.0.0.1:0", "--json"];
    let examine = || findings(&doctor(&data, &arguments)?.stdout);
    ensure_has(&examine()?, "keys-stream", "good")?;
    // Given that it is gone
    let client = async_nats::connect(&url).await?;
    let request = async |subject: String, request: String| {
        let answer = client.request(subject, request.into()).await?;
        anyhow::Ok(serde_json::from_slice::<Value>(&answer.payload)?)
    };
    let names = request("$JS.API.STREAM.NAMES".into(), String::new()).await?["streams"].clone();
    let names = names.as_array().context("streams")?.iter().filter_map(Value::as_str);
    let keys = names.into_iter().find(|name| name.ends_with("-keys")).context("the stream of keys")?;
    request(format!("$JS.API.STREAM.DELETE.{keys}"), String::new()).await?;
    ensure_has(&examine()?, "keys-stream", "fault")?;
    // Given that it is in memory, from which a restart of the broker would take it
    let settings = serde_json::json!({"name": keys, "subjects": [format!("{keys}.>")], "storage": "memory"});
    request(format!("$JS.API.STREAM.CREATE.{keys}"), settings.to_string()).await?;
    ensure_has(&examine()?, "keys-stream", "fault")
}
