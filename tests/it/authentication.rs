//! Nobody is served without a valid token, or in a role that may not call the rpc.

use anyhow::ensure;
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use tests::{Client, Mode, Sandbox, registration};
use tonic::{Code, Status};

fn ensure_refused(what: &str, status: &Status, code: Code, reason: &str) -> anyhow::Result<()> {
    ensure!(status.code() == code, "{what}: {status}");
    ensure!(Client::reason(status).as_deref() == Some(reason), "{what}: {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_valid_token_in_a_fitting_role_is_accepted() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;

    let nobody = sandbox.client_with_token("").await?;
    let status = nobody.call(ListDepartmentsRequest::default()).await.unwrap_err();
    ensure_refused("no token", &status, Code::Unauthenticated, "TOKEN_MISSING")?;

    let forged = sandbox.forged_token(Role::Clerk)?;
    let expired = sandbox.expired_token(Role::Clerk)?;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZXMiOlsiY2xlcmsiXX0.";
    for (what, token) in [
        ("a token signed with another key", forged.as_str()),
        ("a token that has expired", expired.as_str()),
        ("a token without a signature", unsigned),
    ] {
        let status = sandbox.client_with_token(token).await?.call(registration("A", "A")).await.unwrap_err();
        ensure_refused(what, &status, Code::Unauthenticated, "TOKEN_INVALID")?;
    }

    let auditor = sandbox.client(Role::Auditor, None).await?;
    let status = auditor.call(registration("A", "A")).await.unwrap_err();
    ensure_refused("an auditor who writes", &status, Code::PermissionDenied, "ROLE_REQUIRED")?;
    ensure!(auditor.whole_log().await?.is_empty(), "nothing was written");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_token_that_it_was_begun_with() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let auditor = sandbox.client_with_token(&sandbox.expiring_token(Role::Auditor)?).await?;
    let mut follower = auditor.follow(0).await?;
    sandbox.client(Role::Clerk, None).await?.register_department("A").await?;
    follower.wait_for_more(1).await?;
    let status = follower.wait_for_more(1).await.unwrap_err().downcast::<Status>()?;
    ensure_refused("a stream whose token has expired", &status, Code::Unauthenticated, "TOKEN_INVALID")
}
