//! A disk that is nearly full, and one that fails: commands are refused, or the process exits; nothing
//! acknowledged is lost.

use anyhow::ensure;
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tests::{Client, HealthWatch, Mode, Sandbox, SandboxConfig};
use tokio::task::JoinSet;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus::{NotServing, Serving};

/// Number of concurrent callers.
const CALLERS: u32 = 16;
/// Capacity of the failing disk, in KiB: a few thousand records.
const DISK_KIB: u64 = 1536;
/// Timeout for expected events.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_log_below_its_reserve_refuses_commands_and_answers_queries() -> anyhow::Result<()> {
    const DIRECTORY: &str = "huishang.directory.v1.DirectoryService";
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("BEFORE").await?;
    HealthWatch::begin(&sandbox, DIRECTORY).await?.until(Serving).await?;

    // No disk has that much space.
    let reserve = ("HUISHANG_LIMITS__LOG_RESERVE_MIB", u64::MAX.to_string());
    sandbox.configure(SandboxConfig { settings: vec![reserve], ..SandboxConfig::default() });
    sandbox.restart("up")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let refused = clerk.register_department("AFTER").await.unwrap_err();
    ensure!(refused.code() == Code::ResourceExhausted, "{refused}");
    ensure!(refused.message().contains("free some space"), "it says what to do: {refused}");
    let listed = clerk.call(ListDepartmentsRequest { at_least_position: 1, ..Default::default() }).await?;
    ensure!(listed.departments.len() == 1, "{listed:?}");
    HealthWatch::begin(&sandbox, DIRECTORY).await?.until(NotServing).await?;
    let live = HealthWatch::begin(&sandbox, "").await?.next().await?;
    ensure!(live == Serving, "the process must not be restarted for this");

    sandbox.configure(SandboxConfig::default());
    sandbox.restart("up")?;
    sandbox.client(Role::Clerk, None).await?.register_department("AFTER").await?;
    HealthWatch::begin(&sandbox, DIRECTORY).await?.until(Serving).await?;
    Ok(())
}

/// Registers departments concurrently until a call fails; returns the acknowledged ones with their positions.
async fn register_until_it_fails(clerk: &Client) -> BTreeSet<(u64, String)> {
    let numbers = Arc::new(AtomicU32::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (clerk, numbers) = (clerk.clone(), numbers.clone());
        callers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let code = format!("D{}", numbers.fetch_add(1, Ordering::Relaxed));
                match clerk.register_department(&code).await {
                    Ok(position) => mine.push((position, code)),
                    Err(_) => return mine,
                }
            }
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Writes until the disk of the process with the log fails; then restarts the process on a working disk.
async fn exits_and_loses_nothing(mode: Mode, log_process: &str) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    sandbox.configure(SandboxConfig { file_kib_max: Some(DISK_KIB), ..SandboxConfig::default() });
    sandbox.restart(log_process)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let acknowledged = register_until_it_fails(&clerk).await;
    eprintln!("{} commands were acknowledged before the disk failed", acknowledged.len());
    ensure!(acknowledged.len() > 100);

    let ended = sandbox.process(log_process).wait_for_end(TIMEOUT)?;
    ensure!(ended.code() == Some(1), "{log_process} ended with {ended}");
    let output = sandbox.process(log_process).log();
    ensure!(output.contains("the log's storage failed"), "{output}");

    sandbox.configure(SandboxConfig::default());
    sandbox.start_process(log_process)?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    auditor.call_patiently(proto::ledger::v1::GetHeadRequest {}).await?;
    let log = auditor.whole_log().await?;
    for (position, code) in &acknowledged {
        let stream = tests::department_stream(code);
        let found = log.get(*position as usize - 1).map(|record| &record.stream);
        ensure!(
            found == Some(&stream),
            "{code} was acknowledged at {position}, where the stream is {found:?}"
        );
    }
    ensure!(auditor.verify_log().await? >= acknowledged.len() as u64);
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.register_department("AFTER").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_disk_fails_exits_immediately_and_loses_nothing() -> anyhow::Result<()> {
    exits_and_loses_nothing(Mode::Embedded, "up").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_disk_fails_exits_immediately_and_loses_nothing() -> anyhow::Result<()> {
    exits_and_loses_nothing(Mode::Distributed, "ledger").await
}
