//! Nothing is done with the token of a session that has ended, and a stream ends with the session in which it was opened: its
//! reader signs out, is erased, or their token expires.

use crate::delivery::{founded, token_of};
use crate::erasure;
use crate::in_both_modes;
use crate::pages::Browser;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::ListDocketsRequest;
use proto::directory::v1::{GetCallerRequest, ListDepartmentsRequest, RecordSignOutRequest};
use proto::followup::v1::ListFollowUpsRequest;
use proto::ledger::v1::{FollowEventsRequest, FollowEventsResponse, GetHeadRequest};
use proto::resolution::v1::ListItemsRequest;
use proto::scheduling::v1::ListSessionsRequest;
use tests::{Answers, Client, Mode, command, until};
use tonic::{Code, Status};

/// Follows what happens from now on.
async fn followed(client: &Client) -> anyhow::Result<Answers<FollowEventsRequest>> {
    let after_position = client.call(GetHeadRequest {}).await?.position;
    Ok(client.stream(FollowEventsRequest { after_position, ..Default::default() }).await?)
}

/// Reads a stream to its end; why it ended.
async fn end_of(mut stream: Answers<FollowEventsRequest>) -> anyhow::Result<Status> {
    loop {
        match stream.next().await {
            Ok(Some(FollowEventsResponse { .. })) => {}
            Ok(None) => anyhow::bail!("it ends, and does not say why"),
            Err(status) => return Ok(status),
        }
    }
}

async fn a_stream_ends_when_its_reader_is_not_let_in_any_more(mode: Mode) -> anyhow::Result<()> {
    let sandbox = founded(mode).await?;
    let of = async |name: &str, seconds: i64| {
        let token = token_of(&sandbox, name, Role::Delegate, "WATER", seconds)?;
        sandbox.client_with_token(&token).await
    };
    // Given streams of somebody who will sign out, of one who will be erased, of one whose token expires soon, and of another
    let (li, wang, zhao, other) =
        (of("li", 3600).await?, of("wang", 3600).await?, of("zhao", 15).await?, of("other", 3600).await?);
    let clerk = sandbox.client_with_token(&token_of(&sandbox, "wang", Role::Clerk, "WATER", 3600)?).await?;
    clerk.register_department("PARKS").await?;
    let streams =
        (followed(&li).await?, followed(&wang).await?, followed(&zhao).await?, followed(&other).await?);

    // When they do
    li.call(RecordSignOutRequest { ..command() }).await?;
    erasure::erase(&sandbox, "wang").await?;

    // Then each stream ends, and says why; and the other one goes on.
    let (signed_out, erased, expired) =
        futures::join!(end_of(streams.0), end_of(streams.1), end_of(streams.2));
    let signed_out = signed_out?;
    ensure!(Client::reason(&signed_out).as_deref() == Some("TOKEN_INVALID"), "{signed_out:?}");
    ensure!(signed_out.message().contains("signed out"), "{signed_out:?}");
    let erased = erased?;
    ensure!(Client::reason(&erased).as_deref() == Some("SUBJECT_ERASED"), "{erased:?}");
    let expired = expired?;
    ensure!(expired.code() == Code::Unauthenticated && expired.message().contains("expired"), "{expired:?}");
    let mut goes_on = streams.3;
    sandbox.client(Role::Operator, None).await?.register_department("LATER").await?;
    loop {
        let answer = goes_on.next().await?.context("it goes on")?;
        if answer.events.iter().any(|event| event.r#type.ends_with("DepartmentRegistered")) {
            break;
        }
    }
    Ok(())
}
in_both_modes!(a_stream_ends_when_its_reader_is_not_let_in_any_more);

/// Whether a token is refused as that of somebody who has signed out, by every service and by the feed; false if by none yet.
async fn is_refused(client: &Client) -> anyhow::Result<bool> {
    let feed = FollowEventsRequest { after_position: 0, ..Default::default() };
    let answers = [
        client.call(ListDepartmentsRequest::default()).await.err(),
        client.call(ListSessionsRequest::default()).await.err(),
        client.call(ListDocketsRequest::default()).await.err(),
        client.call(ListItemsRequest::default()).await.err(),
        client.call(ListFollowUpsRequest::default()).await.err(),
        client.call(GetHeadRequest {}).await.err(),
        client.stream(feed).await.err(),
    ];
    for status in answers.iter().flatten() {
        ensure!(Client::reason(status).as_deref() == Some("TOKEN_INVALID"), "{status:?}");
        ensure!(status.message().contains("signed out"), "{status:?}");
    }
    Ok(answers.iter().all(Option::is_some))
}

async fn the_token_of_whoever_signed_out_is_refused_by_every_service(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = founded(mode).await?;
    let token = token_of(&sandbox, "li", Role::Delegate, "WATER", 3600)?;
    let another = token_of(&sandbox, "li", Role::Delegate, "WATER", 1800)?;
    let li = sandbox.client_with_token(&token).await?;
    // Given somebody who is only asked whether they could sign out
    li.call(RecordSignOutRequest { validate_only: true, ..command() }).await?;
    ensure!(!li.call(GetCallerRequest {}).await?.signed_out && !is_refused(&li).await?);
    // When they sign out, then every service refuses that token,
    let sign_out = RecordSignOutRequest { ..command() };
    let position = li.call(sign_out.clone()).await?.position;
    until("every service knows", async || is_refused(&li).await.ok()?.then_some(())).await;
    // they are told so, and a repeat, and another sign-out, come to the same;
    ensure!(li.call(GetCallerRequest {}).await?.signed_out);
    ensure!(li.call(sign_out).await?.position == position);
    li.call(RecordSignOutRequest { ..command() }).await?;
    // and another token of theirs does what it did.
    let elsewhere = sandbox.client_with_token(&another).await?;
    ensure!(!elsewhere.call(GetCallerRequest {}).await?.signed_out);
    elsewhere.call(GetHeadRequest {}).await?;
    followed(&elsewhere).await?;
    // When the processes start again, then they know it still.
    let brokers = |name: &String| name.starts_with("nats");
    for name in sandbox.process_names().into_iter().filter(|name| !brokers(name)) {
        sandbox.restart(&name)?;
    }
    let li = sandbox.client_with_token(&token).await?;
    until("every service has read it again", async || is_refused(&li).await.ok()?.then_some(())).await;
    sandbox.client_with_token(&another).await?.call(GetHeadRequest {}).await?;
    Ok(())
}
in_both_modes!(the_token_of_whoever_signed_out_is_refused_by_every_service);

async fn who_signs_out_by_the_button_is_signed_out_of_every_page(mode: Mode) -> anyhow::Result<()> {
    // Given a browser with a page that is kept up to date
    let mut sandbox = founded(mode).await?;
    let browser = Browser::sign_in(&mut sandbox, Role::Delegate, Some("WATER")).await?;
    let page = browser.page("/today").await?;
    let mut changes = browser.open("/changes?after=1").await?;
    ensure!(changes.status == 200, "{}", changes.status);
    // When its reader signs out, then the page's stream ends, and a copy of the cookie opens nothing any more.
    let out = browser.post("/sign-out", &form_token(&page)?).await?;
    ensure!(out.status == 303, "{} {}", out.status, out.text());
    while changes.next_part("\n\n").await?.is_some() {}
    let copied = browser.open("/changes?after=1").await?;
    ensure!(copied.status == 303 || copied.status == 401, "{}", copied.status);
    Ok(())
}
in_both_modes!(who_signs_out_by_the_button_is_signed_out_of_every_page);

fn form_token(page: &str) -> anyhow::Result<String> {
    let (_, rest) = page.split_once("name=\"form_token\" value=\"").context("a form")?;
    Ok(format!("form_token={}", rest.split('"').next().unwrap_or_default()))
}
