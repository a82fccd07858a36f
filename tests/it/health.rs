//! What an installation tells orchestrators about itself: liveness and readiness apart, and both by a command.

use anyhow::ensure;
use domain::Role;
use std::process::Command;
use tests::{HealthWatch, Mode, Sandbox, SandboxConfig, huishang, until};
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};

const DIRECTORY: &str = "huishang.directory.v1.DirectoryService";
/// What it is now.
async fn check(sandbox: &Sandbox, service: &str) -> anyhow::Result<ServingStatus> {
    HealthWatch::begin(sandbox, service).await?.next().await
}

/// What the command answers: its exit code, and what it prints.
fn ask(sandbox: &Sandbox, question: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
    let output = Command::new(huishang())
        .arg("health")
        .args(question)
        .args(["--server", &sandbox.server_of("directory")])
        .output()?;
    let printed = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8(printed)?))
}

crate::in_both_modes!(a_process_that_does_its_work_is_live_and_ready);
async fn a_process_that_does_its_work_is_live_and_ready(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    for service in ["", "ready", DIRECTORY, "huishang.operations.v1.OperationsService"] {
        HealthWatch::begin(&sandbox, service).await?.until(Serving).await?;
    }
    ensure!(ask(&sandbox, &["--live"])? == (Some(0), "live\n".into()));
    ensure!(ask(&sandbox, &["--ready"])? == (Some(0), "ready\n".into()));
    ensure!(ask(&sandbox, &[])? == (Some(0), "ready\n".into()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_broker_or_its_ledger_a_service_lives_and_is_not_ready() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    let mut ready = HealthWatch::begin(&sandbox, "ready").await?;
    let mut service = HealthWatch::begin(&sandbox, DIRECTORY).await?;
    ready.until(Serving).await?;
    service.until(Serving).await?;
    for lost in ["nats", "ledger"] {
        // When it is killed
        sandbox.process(lost).kill()?;
        // Then that is told to those who watch, and to those who ask,
        ready.until(NotServing).await?;
        service.until(NotServing).await?;
        ensure!(check(&sandbox, "").await? == Serving, "the service itself must not be restarted for this");
        ensure!(ask(&sandbox, &["--live"])?.0 == Some(0));
        let refused = async || ask(&sandbox, &["--ready"]).ok().filter(|(code, _)| *code == Some(7));
        let (_, printed) = until("a service that is not ready", refused).await;
        ensure!(printed.lines().count() == 1, "{printed}");
        // and that it is back as well.
        sandbox.start_process(lost)?;
        ready.until(Serving).await?;
        service.until(Serving).await?;
        sandbox.client(Role::Clerk, None).await?.register_department(&lost.to_uppercase()).await?;
    }
    // The log has a warning and a line of relief for each of the two, however long it took.
    let log = sandbox.process("directory").log();
    let lines = |level: &str| log.lines().filter(|line| line.contains(level)).collect::<Vec<_>>();
    let (warnings, ready) = (lines(r#""level":"WARN""#), lines(r#""message":"ready: "#));
    ensure!(warnings.len() == 2, "{log}");
    ensure!(warnings[0].contains("the connection to NATS at 127.0.0.1:"), "{}", warnings[0]);
    ensure!(warnings[1].contains("start 'huishang serve ledger'"), "{log}");
    ensure!(ready.len() == warnings.len(), "{log}");
    // Nothing else was said all the while, least of all by what tries to connect.
    ensure!(!log.contains("async_nats") && log.lines().count() < 20, "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_was_never_a_ledger_nothing_is_ready() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.process("ledger").kill()?;
    sandbox.restart("directory")?;
    ensure!(check(&sandbox, "").await? == Serving);
    for service in ["ready", DIRECTORY] {
        ensure!(check(&sandbox, service).await? == NotServing, "{service}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_stopped_makes_its_service_not_ready_and_no_other() -> anyhow::Result<()> {
    let lag = ("HUISHANG_LIMITS__VIEW_LAG_SECONDS_MAX", "1".to_owned());
    let config = SandboxConfig { settings: vec![lag], ..SandboxConfig::default() };
    let sandbox = Sandbox::start_with(Mode::Embedded, config)?;
    let mut directory = HealthWatch::begin(&sandbox, DIRECTORY).await?;
    directory.until(Serving).await?;
    // Given somebody who keeps the file of its view for himself
    let file = sandbox.folder().join("views/directory.sqlite");
    let held = rusqlite::Connection::open(&file)?;
    held.execute_batch("BEGIN IMMEDIATE")?;
    // When something is to be written there
    sandbox.client(Role::Clerk, None).await?.register_department("WATER").await?;
    // Then the service is not ready until it can be,
    directory.until(NotServing).await?;
    HealthWatch::begin(&sandbox, "ready").await?.until(NotServing).await?;
    HealthWatch::begin(&sandbox, "huishang.scheduling.v1.SchedulingService").await?.until(Serving).await?;
    held.execute_batch("ROLLBACK")?;
    directory.until(Serving).await
}
