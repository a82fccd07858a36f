//! A secret vote by a form: its voter is shown the tracking code once, looks the vote up by it after the count, and nobody else
//! sees it.

use crate::in_both_modes;
use crate::pages::{Browser, fields_before};
use crate::secret_ballots::{SEATS, in_session};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{CastSecretVoteRequest, CloseBallotRequest, OpenBallotRequest, VoteChoice};
use tests::{Mode, Sandbox, command};
use uuid::Uuid;

/// A button that can be pressed: those of others are off.
const NO: &str = "<button name=\"choice\" value=\"VOTE_CHOICE_NO\" aria-pressed=\"false\">";

/// The tracking code that a page shows.
fn code_in(page: &str) -> Option<String> {
    let (_, after) = page.split_once("tracking code is ")?;
    Some(after.split('.').next()?.trim().to_owned())
}

async fn a_voter_is_shown_the_code_once_and_finds_the_vote_by_it(mode: Mode) -> anyhow::Result<()> {
    // Given a secret ballot that is open
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let docket_id = in_session(&clerk, &operator).await?;
    let id = || docket_id.clone();
    clerk.call(OpenBallotRequest { docket_id: id(), topic_number: 1, version: 1, ..command() }).await?;
    let roads = Browser::sign_in(&mut sandbox, Role::Delegate, Some("ROADS")).await?;
    let health = Browser::sign_in(&mut sandbox, Role::Delegate, Some("HEALTH")).await?;
    let path = format!("/sessions/{docket_id}");

    // When ROADS votes by the form
    let page = roads.page(&path).await?;
    let form = format!("{}&choice=VOTE_CHOICE_NO", fields_before(&page, NO)?);
    ensure!(form.contains("departmentCode=ROADS") && form.contains("action=CastSecretVote"), "{form}");
    let cast = roads.post(&path, &form).await?;
    ensure!(cast.status == 200 && cast.header("cache-control") == "no-store", "{}", cast.text());
    let code = code_in(&cast.text()).context("the code")?;
    ensure!(code.len() == 29 && code.matches('-').count() == 5, "{code}");
    // then pressing twice is one vote with one code, and the page has it no more
    let again = roads.post(&path, &form).await?;
    ensure!(code_in(&again.text()).as_ref() == Some(&code), "{}", again.text());
    ensure!(!roads.page(&path).await?.contains(&code), "it is shown once");

    // and nobody else casts it, or sees how it is
    let theirs = fields_before(&health.page(&path).await?, NO)?;
    let forged = theirs.replace("departmentCode=HEALTH", "departmentCode=ROADS");
    let forged = health.post(&path, &format!("{forged}&choice=VOTE_CHOICE_YES")).await?;
    ensure!(forged.status != 200 && forged.text().contains("NOT_YOUR_DEPARTMENT"), "{}", forged.text());
    ensure!(!health.page(&path).await?.contains(&code));
    let of_clerk = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    ensure!(!of_clerk.page(&path).await?.contains("aria-pressed=\"false\">"), "no clerk puts it down");

    for department in SEATS.into_iter().filter(|department| *department != "ROADS") {
        let vote = CastSecretVoteRequest {
            docket_id: id(),
            topic_number: 1,
            department_code: department.into(),
            choice: VoteChoice::Yes.into(),
            voter_secret: Uuid::new_v4().to_string(),
            ..command()
        };
        sandbox.client(Role::Delegate, Some(department)).await?.call(vote).await?;
    }
    clerk.call(CloseBallotRequest { docket_id: id(), topic_number: 1, ..command() }).await?;

    // After the count the code says how the vote was counted, and another one says nothing.
    let page = roads.page(&path).await?;
    let check = fields_before(&page, "<button class=\"btn btn-main\">Check a vote")?;
    let found = roads.post(&path, &format!("{check}&trackingCode={}", code.to_lowercase())).await?;
    ensure!(found.text().contains("was counted in ballot 1: No."), "{}", found.text());
    let strange = roads.post(&path, &format!("{check}&trackingCode=AAAA")).await?;
    ensure!(strange.text().contains("No vote with this code was counted"), "{}", strange.text());
    Ok(())
}
in_both_modes!(a_voter_is_shown_the_code_once_and_finds_the_vote_by_it);
