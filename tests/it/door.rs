//! Nobody passes the door without an identity, in a wrong role, or with a request that is not one.

use anyhow::ensure;
use domain::Role;
use proto::scheduling::events::v1::{DepartmentKind, DepartmentLevel, DepartmentProfile};
use proto::scheduling::v1::{ListDepartmentsRequest, RegisterDepartmentRequest};
use tests::{Client, Mode, Sandbox};
use tonic::Code;

fn register(code: &str, name: &str) -> RegisterDepartmentRequest {
    RegisterDepartmentRequest {
        command_id: Client::command_id(),
        profile: Some(DepartmentProfile {
            code: code.into(),
            name: name.into(),
            parent: None,
            level: DepartmentLevel::Municipal.into(),
            region: None,
            kind: DepartmentKind::Agency.into(),
        }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_keeps_out_who_does_not_belong() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;

    let nobody = sandbox.client_with_token("").await?;
    let status = nobody.call(ListDepartmentsRequest::default()).await.unwrap_err();
    ensure!(status.code() == Code::Unauthenticated, "no token: {status}");

    let forged = sandbox.forged_token(Role::Clerk)?;
    let status = sandbox.client_with_token(&forged).await?.call(register("A", "A")).await.unwrap_err();
    ensure!(status.code() == Code::Unauthenticated, "a token of another key: {status}");

    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZXMiOlsiY2xlcmsiXX0.";
    let status = sandbox.client_with_token(unsigned).await?.call(register("A", "A")).await.unwrap_err();
    ensure!(status.code() == Code::Unauthenticated, "a token without a signature: {status}");

    let late = sandbox.expired_token(Role::Clerk)?;
    let status = sandbox.client_with_token(&late).await?.call(register("A", "A")).await.unwrap_err();
    ensure!(status.code() == Code::Unauthenticated, "a token that has ended: {status}");

    let auditor = sandbox.client(Role::Auditor, None).await?;
    let status = auditor.call(register("A", "A")).await.unwrap_err();
    ensure!(status.code() == Code::PermissionDenied, "an auditor who writes: {status}");
    ensure!(
        auditor.call(ListDepartmentsRequest::default()).await?.departments.is_empty(),
        "nothing was written"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_answered_with_every_fault() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let clerk = sandbox.client(Role::Clerk, None).await?;

    let status = clerk.call(register("not a code", "")).await.unwrap_err();
    ensure!(status.code() == Code::InvalidArgument, "{status}");
    ensure!(Client::violations(&status) == ["profile.code", "profile.name"], "{status}");

    let mut no_id = register("A", "A");
    no_id.command_id = "17".into();
    let status = clerk.call(no_id).await.unwrap_err();
    ensure!(Client::violations(&status) == ["command_id"], "{status}");

    let status = clerk.call(register("A", &"x".repeat(300_000))).await.unwrap_err();
    ensure!(status.code() == Code::OutOfRange, "a request over the limit: {status}");

    let bad_page = ListDepartmentsRequest { page_size: 100_000, ..Default::default() };
    let status = clerk.call(bad_page).await.unwrap_err();
    ensure!(Client::violations(&status) == ["page_size"], "{status}");

    let status =
        clerk.send_garbage("/huishang.scheduling.v1.SchedulingService/RegisterDepartment").await.unwrap_err();
    ensure!(
        matches!(status.code(), Code::Internal | Code::InvalidArgument),
        "bytes that are no message: {status}"
    );

    // After all that it serves as before.
    clerk.call(register("A", "A")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stays_silent_is_closed() -> anyhow::Result<()> {
    use tokio::io::AsyncReadExt as _;
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let address = sandbox.server().replace("http://", "");
    let mut silent = tokio::net::TcpStream::connect(address).await?;
    let limit = service_kit::limits::HANDSHAKE_TIMEOUT * 3;
    let mut rest = Vec::new();
    // The server may say goodbye before it closes; what counts is that it does close.
    let _ = tokio::time::timeout(limit, silent.read_to_end(&mut rest)).await?;
    sandbox.client(Role::Clerk, None).await?.call(register("A", "A")).await?;
    Ok(())
}
