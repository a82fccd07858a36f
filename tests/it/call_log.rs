//! What an installation writes to its log about calls: one line for each that is refused, never a token or what was
//! asked for, and no flood.

use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use proto::directory::v1::directory_service_client::DirectoryServiceClient;
use serde_json::Value;
use std::process::{Command, Stdio};
use tests::{Mode, Sandbox, SandboxConfig, huishang, nats_server, registration, until};
use tonic::Code;

/// The lines about calls that a process has written so far.
fn calls(sandbox: &mut Sandbox, service: &'static str) -> Vec<Value> {
    let process = sandbox.process_of(service);
    let log = sandbox.process(process).log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == "calls").collect()
}

/// Waits until there are lines that fit.
async fn lines_that(
    sandbox: &mut Sandbox,
    service: &'static str,
    fits: impl Fn(&Value) -> bool,
) -> anyhow::Result<Vec<Value>> {
    let found = until("such a line", async || {
        let found: Vec<Value> = calls(sandbox, service).into_iter().filter(&fits).collect();
        Some(found).filter(|found| !found.is_empty())
    });
    Ok(found.await)
}

crate::in_both_modes!(a_refused_call_leaves_one_line_that_says_who_and_why);
async fn a_refused_call_leaves_one_line_that_says_who_and_why(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    // Given a call that succeeds and one that is refused
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    let mut below_itself = registration("ROADS", "SECRET-NAME");
    below_itself.department.as_mut().context("a department")?.parent_code = Some("ROADS".into());
    let refused = clerk.call(below_itself).await.unwrap_err();
    ensure!(refused.code() == Code::FailedPrecondition, "{refused}");
    // Then the log has one line, about the second,
    let lines = lines_that(&mut sandbox, "directory", |line| line["code"] == "FAILED_PRECONDITION").await?;
    let [line] = &lines[..] else { anyhow::bail!("{lines:?}") };
    ensure!(line["level"] == "INFO", "{line}");
    ensure!(line["rpc"] == "huishang.directory.v1.DirectoryService/RegisterDepartment", "{line}");
    ensure!(line["reason"] == "OWN_PARENT" && line["subject"] == "clerk@WATER", "{line}");
    ensure!(line["department"] == "WATER" && line["duration_ms"].is_u64(), "{line}");
    // and nothing of what was asked for, nor of the first.
    let process = sandbox.process_of("directory");
    let log = sandbox.process(process).log();
    ensure!(!log.contains("SECRET-NAME") && log.matches("RegisterDepartment").count() == 1, "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_logged_for_debugging_with_its_trace() -> anyhow::Result<()> {
    let filter = ("HUISHANG_LOG__FILTER", "info,calls=debug".to_owned());
    let config = SandboxConfig { settings: vec![filter], ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let mut request = tonic::Request::new(ListDepartmentsRequest::default());
    request.metadata_mut().insert("traceparent", format!("00-{trace}-b7ad6b7169203331-01").parse()?);
    let token = sandbox.token_of(Role::Clerk, None)?;
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    DirectoryServiceClient::connect(sandbox.server()).await?.list_departments(request).await?;
    let lines = lines_that(&mut sandbox, "directory", |line| line["trace_id"] == trace).await?;
    ensure!(lines.len() == 1 && lines[0]["level"] == "DEBUG", "{lines:?}");
    ensure!(lines[0]["rpc"] == "huishang.directory.v1.DirectoryService/ListDepartments", "{lines:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_told_and_cannot_flood_the_log() -> anyhow::Result<()> {
    const CALLS: u64 = 300;
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    // Given a token that has expired, used again and again
    let token = sandbox.expired_token(Role::Clerk)?;
    let expired = sandbox.client_with_token(&token).await?;
    for _ in 0..CALLS {
        let refused = expired.call(ListDepartmentsRequest::default()).await.unwrap_err();
        ensure!(refused.code() == Code::Unauthenticated, "{refused}");
    }
    // Then the first lines say what is wrong, and one counts the others.
    let more = lines_that(&mut sandbox, "directory", |line| line["more"].is_u64()).await?;
    let all = calls(&mut sandbox, "directory");
    let single: Vec<_> = all.iter().filter(|line| line["more"].is_null()).collect();
    ensure!(single.len() < 100, "{} lines", single.len());
    let counted: u64 = more.iter().filter_map(|line| line["more"].as_u64()).sum();
    ensure!(single.len() as u64 + counted == CALLS, "{} and {counted}", single.len());
    for line in single {
        ensure!(line["reason"] == "TOKEN_INVALID" && line["peer"] == "127.0.0.1", "{line}");
        ensure!(line["why"].as_str().is_some_and(|why| why.contains("expired")), "{line}");
    }
    let log = sandbox.process("up").log();
    ensure!(token.split('.').all(|part| !log.contains(part)), "no part of the token is logged");
    Ok(())
}

#[test]
fn a_broker_without_jetstream_is_named_with_what_to_do() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let keys = folder.path().join("keys");
    service_kit::identity::ensure_development_keys(&keys)?;
    let mut broker = Command::new(nats_server());
    broker.args(["--addr", "127.0.0.1", "--port", "-1"]);
    let (_broker, address) = tests::Process::start("nats", &mut broker, |line| {
        Some(line.split_once("Listening for client connections on ")?.1.trim().to_owned())
    })?;
    let ended = Command::new(huishang())
        .args(["serve", "directory", "--listen", "127.0.0.1:0", "--journal", &format!("nats://{address}")])
        .arg("--data")
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()?;
    let log = String::from_utf8(ended.stderr)?;
    ensure!(ended.status.code() == Some(1), "{log}");
    ensure!(
        log.contains(&format!("nats-server at {address} runs without JetStream; start it with -js")),
        "{log}"
    );
    // After the line that says what starts.
    ensure!(log.lines().count() == 2, "{log}");
    Ok(())
}
