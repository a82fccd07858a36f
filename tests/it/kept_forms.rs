//! A form that is sent when its reader is not signed in any more is not lost: it comes back to its page, to be sent again.

use crate::in_both_modes;
use crate::pages::{Browser, FORM, between};
use anyhow::ensure;
use domain::Role;
use proto::ledger::v1::GetHeadRequest;
use tests::{HttpAnswer, HttpClient, Mode, Sandbox, SandboxConfig};

const TITLE: &str = "%E6%9F%B3%E6%A0%91%E5%B7%B7+%3CDN600%3E";

/// The form that takes a matter in, as a page of an earlier session has it.
fn matter() -> String {
    let id = uuid::Uuid::now_v7();
    format!(
        "form_token=of-before&command_id={id}&action=TakeInMatter&bodyCode=FLOOD&title={TITLE}&label=LABEL_INTERNAL"
    )
}

/// Sends a form from a page of this site, as browsers say it.
async fn post_from_here(browser: &Browser, path: &str, form: &str) -> anyhow::Result<HttpAnswer> {
    let origin = format!("http://{}", browser.http.address());
    let headers = [FORM, ("cookie", browser.cookie.as_str()), ("origin", origin.as_str())];
    browser.http.send("POST", path, &headers, form.to_owned()).await
}

/// What is kept on a page for signing in.
fn kept(page: &HttpAnswer) -> anyhow::Result<String> {
    ensure!(page.status == 403, "{} {}", page.status, page.text());
    let text = page.text();
    let kept = between(&text, "name=\"kept\" value=\"", "\"")?.to_owned();
    ensure!(!text.contains("DN600") && !kept.is_empty(), "it is sealed");
    Ok(kept)
}

/// Follows what an answer sends a form on to, as a browser does: the same body, with the new session.
async fn send_on(http: &HttpClient, answer: &HttpAnswer, body: &str) -> anyhow::Result<HttpAnswer> {
    ensure!(answer.status == 307, "{} {}", answer.status, answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default();
    let to = answer.header("location").split('#').next().unwrap_or_default();
    http.send("POST", to, &[FORM, ("cookie", cookie)], body.to_owned()).await
}

async fn a_form_survives_the_end_of_a_session(mode: Mode) -> anyhow::Result<()> {
    // Given a form that is sent without a session
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("FLOOD", "WATER", "WATER").await?;
    let http = sandbox.http_with_token(None)?;
    let kept = kept(&http.send("POST", "/matters?settled=no", &[FORM], matter()).await?)?;
    // When its sender signs in there, first with a token that is none, then it comes back to its page, filled in, and nothing
    // was carried out.
    let wrong = format!("token=no.such.token&kept={kept}");
    let again = http.send("POST", "/sign-in", &[FORM], wrong).await?;
    ensure!(again.status == 403 && again.text().contains("name=\"kept\" value=\""), "{}", again.text());
    let before = clerk.call(GetHeadRequest::default()).await?.position;
    let token = sandbox.token_of(Role::Clerk, Some("WATER"))?;
    let form = format!("token={token}&kept={kept}");
    let signed_in = http.send("POST", "/sign-in", &[FORM], form.clone()).await?;
    ensure!(signed_in.header("location") == "/matters?settled=no#notice", "{signed_in:?}");
    let page = send_on(&http, &signed_in, &form).await?;
    let text = page.text();
    ensure!(
        page.status == 409 && text.contains("You signed in again, and nothing was recorded yet"),
        "{text}"
    );
    ensure!(text.contains("柳树巷 &#60;DN600&#62;</textarea>") && text.contains("value=\"FLOOD\""), "{text}");
    ensure!(clerk.call(GetHeadRequest::default()).await?.position == before);
    // When it is pressed once more, then it is done.
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let form_token = between(&text, "name=\"form_token\" value=\"", "\"")?;
    let pressed = matter().replace("of-before", form_token);
    let done = http.send("POST", "/matters", &[FORM, ("cookie", &cookie)], pressed).await?;
    ensure!(done.status == 303 && done.header("location").contains("done=TakeInMatter"), "{}", done.text());
    // What was kept for one page is for no other; and another site's page has nobody come back to anything.
    let elsewhere = format!("kept={kept}");
    let other = http.send("POST", "/items", &[FORM, ("cookie", &cookie)], elsewhere.clone()).await?;
    ensure!(other.status == 403, "{} {}", other.status, other.text());
    let foreign = [FORM, ("cookie", cookie.as_str()), ("origin", "https://elsewhere.example")];
    let foreign = http.send("POST", "/matters?settled=no", &foreign, elsewhere).await?;
    ensure!(foreign.status == 403 && !foreign.text().contains("DN600"), "{}", foreign.text());
    Ok(())
}
in_both_modes!(a_form_survives_the_end_of_a_session);

async fn a_form_of_an_earlier_session_is_looked_at_again(mode: Mode) -> anyhow::Result<()> {
    // Given somebody who has signed in again in another window
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("FLOOD", "WATER", "WATER").await?;
    let browser = Browser::sign_in(&mut sandbox, Role::Clerk, Some("WATER")).await?;
    let before = clerk.call(GetHeadRequest::default()).await?.position;
    // When the form of before is sent from a page of this site, then it is shown as it was, and nothing is carried out.
    let page = post_from_here(&browser, "/matters", &matter()).await?;
    ensure!(
        page.status == 409 && page.text().contains("柳树巷 &#60;DN600&#62;</textarea>"),
        "{}",
        page.text()
    );
    // From nobody knows where, it is refused; and so is signing out by it.
    ensure!(browser.post("/matters", &matter()).await?.status == 403);
    ensure!(post_from_here(&browser, "/sign-out", "form_token=of-before").await?.status == 403);
    ensure!(clerk.call(GetHeadRequest::default()).await?.position == before);
    Ok(())
}
in_both_modes!(a_form_of_an_earlier_session_is_looked_at_again);

#[tokio::test(flavor = "multi_thread")]
async fn with_a_role_that_is_chosen_a_form_comes_back_too() -> anyhow::Result<()> {
    let mut sandbox =
        Sandbox::start_with(Mode::Embedded, SandboxConfig { own_keys: true, ..Default::default() })?;
    let http = sandbox.http_with_token(None)?;
    let kept = kept(&http.send("POST", "/matters", &[FORM], matter()).await?)?;
    let form = format!("role=clerk&department=WATER&kept={kept}");
    let signed_in = http.send("POST", "/sign-in", &[FORM], form.clone()).await?;
    let page = send_on(&http, &signed_in, &form).await?;
    ensure!(
        page.status == 409 && page.text().contains("柳树巷 &#60;DN600&#62;</textarea>"),
        "{}",
        page.text()
    );
    Ok(())
}
