//! Commands over NATS while no ledger can commit them: the caller hears in time, and what to do.

use anyhow::ensure;
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use proto::directory::v1::directory_service_client::DirectoryServiceClient;
use std::time::Duration;
use tests::{Client, HealthWatch, Mode, Sandbox, SandboxConfig, registration};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;

/// The caller's own deadline.
const DEADLINE: Duration = Duration::from_secs(4);

async fn directory(sandbox: &Sandbox) -> anyhow::Result<DirectoryServiceClient<Channel>> {
    Ok(DirectoryServiceClient::connect(sandbox.server_of("directory")).await?)
}

fn as_clerk<M>(sandbox: &Sandbox, message: M) -> anyhow::Result<Request<M>> {
    let mut request = Request::new(message);
    let token = sandbox.token_of(Role::Clerk, None)?;
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    Ok(request)
}

/// Registers a department within the caller's deadline, or that of the service.
async fn register(sandbox: &Sandbox, code: &str, deadline: Option<Duration>) -> anyhow::Result<Status> {
    let mut request = as_clerk(sandbox, registration(code, code))?;
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    let answer = directory(sandbox).await?.register_department(request).await;
    Ok(answer.err().unwrap_or_else(|| Status::ok("")))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ledger_a_caller_hears_before_its_deadline_what_is_wrong() -> anyhow::Result<()> {
    let seconds = ("HUISHANG_LIMITS__ANSWER_SECONDS_MAX", "6".to_owned());
    let config = SandboxConfig { settings: vec![seconds], ..SandboxConfig::default() };
    let mut sandbox = Sandbox::start_with(Mode::Distributed, config)?;
    ensure!(register(&sandbox, "BEFORE", None).await?.code() == Code::Ok);
    sandbox.process("ledger").kill()?;
    // Given its own deadline, and that of the service
    for deadline in [Some(DEADLINE), None] {
        let refused = register(&sandbox, "DURING", deadline).await?;
        // Only the one who has waited longer than the ledger may be silent knows that it is away.
        ensure!(matches!(refused.code(), Code::Unavailable | Code::DeadlineExceeded), "{refused}");
        ensure!(refused.message().contains("try again with the same command id"), "{refused}");
        if deadline.is_none() {
            ensure!(refused.code() == Code::Unavailable, "{refused}");
            ensure!(Client::reason(&refused).as_deref() == Some("UNAVAILABLE"), "{refused}");
            ensure!(refused.message().contains("0 of the 1 ledgers"), "{refused}");
            ensure!(refused.message().contains("start 'huishang serve ledger'"), "{refused}");
        }
    }
    // By now everybody knows, and a query that waits hears it in time as well.
    let refused = register(&sandbox, "DURING", Some(DEADLINE)).await?;
    ensure!(refused.code() == Code::Unavailable, "{refused}");
    sandbox.start_process("ledger")?;
    sandbox.client(Role::Clerk, None).await?.call_patiently(registration("AFTER", "AFTER")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_knows_that_the_disk_of_the_ledger_is_full() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    ensure!(register(&sandbox, "BEFORE", None).await?.code() == Code::Ok);
    // Given a ledger that wants more space than any disk has
    let reserve = ("HUISHANG_LIMITS__LOG_RESERVE_MIB", u64::MAX.to_string());
    sandbox.configure(SandboxConfig { settings: vec![reserve], ..SandboxConfig::default() });
    sandbox.restart("ledger")?;
    // Then another service refuses commands, and says what to do,
    let refused = loop {
        let refused = register(&sandbox, "DURING", Some(DEADLINE)).await?;
        // The ledger that is just starting is away first.
        if !matches!(refused.code(), Code::Unavailable | Code::DeadlineExceeded) {
            break refused;
        }
    };
    ensure!(refused.code() == Code::ResourceExhausted, "{refused}");
    ensure!(Client::reason(&refused).as_deref() == Some("LOG_READ_ONLY"), "{refused}");
    ensure!(
        refused.message().contains("is read-only") && refused.message().contains("free some space"),
        "{refused}"
    );
    // which is what health says,
    HealthWatch::begin(&sandbox, "ready").await?.until(ServingStatus::NotServing).await?;
    HealthWatch::begin(&sandbox, "").await?.until(ServingStatus::Serving).await?;
    // and answers queries.
    let query = ListDepartmentsRequest { at_least_position: 1, ..Default::default() };
    let listed = directory(&sandbox).await?.list_departments(as_clerk(&sandbox, query)?).await?.into_inner();
    ensure!(listed.departments.len() == 1, "{listed:?}");
    // Once there is space, it goes on.
    sandbox.configure(SandboxConfig::default());
    sandbox.restart("ledger")?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    loop {
        match clerk.call_patiently(registration("AFTER", "AFTER")).await {
            Err(status) if status.code() == Code::ResourceExhausted => tokio::task::yield_now().await,
            answered => break answered.map(drop)?,
        }
    }
    Ok(())
}
