//! A disk that is nearly full, and one that fails: commands are refused, or the process ends; nothing that
//! was acknowledged is missing.

use anyhow::ensure;
use domain::Role;
use proto::scheduling::v1::ListDepartmentsRequest;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tests::{Client, Mode, Sandbox, SandboxConfig};
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Callers at the same time.
const CALLERS: u32 = 16;
/// KiB that the log may take on the disk that fails: some thousand records.
const DISK_KIB: u64 = 1536;
/// Time until something that is sure to happen has happened.
const PATIENCE: Duration = Duration::from_secs(60);

async fn health(sandbox: &Sandbox, service: &str) -> anyhow::Result<ServingStatus> {
    let channel = Endpoint::from_shared(sandbox.server())?.connect().await?;
    let request = HealthCheckRequest { service: service.to_owned() };
    Ok(HealthClient::new(channel).check(request).await?.into_inner().status())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_below_its_reserve_takes_no_commands_and_answers_queries() -> anyhow::Result<()> {
    const SCHEDULING: &str = "huishang.scheduling.v1.SchedulingService";
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("BEFORE").await?;
    ensure!(health(&sandbox, SCHEDULING).await? == ServingStatus::Serving);

    // No disk has so much space.
    let reserve = ("HUISHANG_LIMITS__LOG_RESERVE_MIB", u64::MAX.to_string());
    sandbox.configure(SandboxConfig { settings: vec![reserve], ..SandboxConfig::default() });
    sandbox.restart("up")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let refused = clerk.register_department("AFTER").await.unwrap_err();
    ensure!(refused.code() == Code::ResourceExhausted, "{refused}");
    ensure!(refused.message().contains("free some space"), "it says what to do: {refused}");
    let listed = clerk.call(ListDepartmentsRequest { at_least_position: 1, ..Default::default() }).await?;
    ensure!(listed.departments.len() == 1, "{listed:?}");
    tokio::time::timeout(PATIENCE, async {
        while health(&sandbox, SCHEDULING).await? != ServingStatus::NotServing {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    })
    .await??;
    ensure!(health(&sandbox, "").await? == ServingStatus::Serving, "it is no reason to start it anew");

    sandbox.configure(SandboxConfig::default());
    sandbox.restart("up")?;
    sandbox.client(Role::Clerk, None).await?.register_department("AFTER").await?;
    ensure!(health(&sandbox, SCHEDULING).await? == ServingStatus::Serving);
    Ok(())
}

/// Registers departments, many at once, until a call fails; answers what was acknowledged, by position.
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

/// The process that keeps the log writes until its disk fails; then it is started on one that works.
async fn ends_and_loses_nothing(mode: Mode, keeper: &str) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    sandbox.configure(SandboxConfig { file_kib_max: Some(DISK_KIB), ..SandboxConfig::default() });
    sandbox.restart(keeper)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let acknowledged = register_until_it_fails(&clerk).await;
    eprintln!("{} commands were acknowledged before the disk failed", acknowledged.len());
    ensure!(acknowledged.len() > 100);

    let ended = sandbox.process(keeper).wait_for_end(PATIENCE)?;
    ensure!(ended.code() == Some(1), "{keeper} ended with {ended}");
    let said = sandbox.process(keeper).log();
    ensure!(said.contains("the log's storage failed"), "{said}");

    sandbox.configure(SandboxConfig::default());
    sandbox.start_process(keeper)?;
    let auditor = sandbox.client(Role::Auditor, None).await?;
    auditor.call_patiently(proto::ledger::v1::GetHeadRequest {}).await?;
    let log = auditor.whole_log().await?;
    for (position, code) in &acknowledged {
        let stream = tests::department_stream(code);
        let found = log.get(*position as usize - 1).map(|record| &record.stream);
        ensure!(found == Some(&stream), "{code} was acknowledged at {position}, where {found:?} stands");
    }
    ensure!(auditor.verify_log().await? >= acknowledged.len() as u64);
    let clerk = sandbox.client(Role::Clerk, None).await?;
    clerk.register_department("AFTER").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_disk_fails_ends_at_once_and_loses_nothing() -> anyhow::Result<()> {
    ends_and_loses_nothing(Mode::Embedded, "up").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_disk_fails_ends_at_once_and_loses_nothing() -> anyhow::Result<()> {
    ends_and_loses_nothing(Mode::Distributed, "ledger").await
}
