//! The pages for people: signing in, what each shows, and acts by forms. A browser looks at them in `tests/browser`.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::resolution::v1::{
    DueRule, ItemToRecord, ListItemsRequest, RecordResolutionRequest, due_rule::Rule,
};
use tests::{HttpAnswer, HttpClient, Mode, Sandbox, SandboxConfig, command, until};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A browser without script: it keeps the cookie of a session, and sends forms.
struct Browser {
    http: HttpClient,
    cookie: String,
}

impl Browser {
    /// Signs in with a token.
    async fn sign_in(sandbox: &mut Sandbox, role: Role, department: Option<&str>) -> anyhow::Result<Browser> {
        let token = sandbox.token_of(role, department)?;
        let http = sandbox.http_with_token(None)?;
        let mut browser = Browser { http, cookie: String::new() };
        let answer = browser.post("/sign-in", &format!("token={token}&to=%2Fboard")).await?;
        ensure!(answer.status == 303 && answer.header("location") == "/board", "{}", answer.text());
        let cookie = answer.header("set-cookie");
        ensure!(cookie.contains("HttpOnly; SameSite=Strict") && !cookie.contains(&token), "{cookie}");
        browser.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(browser)
    }

    async fn get(&self, path: &str) -> anyhow::Result<HttpAnswer> {
        self.http.send("GET", path, &[("cookie", &self.cookie)], "").await
    }

    async fn page(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
        Ok(answer.text())
    }

    async fn post(&self, path: &str, form: &str) -> anyhow::Result<HttpAnswer> {
        self.http.send("POST", path, &[FORM, ("cookie", &self.cookie)], form.to_owned()).await
    }
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = text.split_once(before).with_context(|| format!("no {before} in {text}"))?;
    Ok(rest.split_once(after).context("it ends")?.0)
}

async fn who_is_not_signed_in_is_led_there_and_back(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let stranger = sandbox.http_with_token(None)?;
    let answer = stranger.get("/items?column=late").await?;
    ensure!(
        answer.status == 303 && answer.header("location") == "/sign-in?to=%2Fitems%3Fcolumn%3Dlate",
        "{answer:?}"
    );
    let page = stranger.get("/sign-in?to=%2Fitems%3Fcolumn%3Dlate").await?;
    ensure!(
        page.status == 200 && !page.text().contains("name=\"role\""),
        "keys of its own: no choice of roles"
    );
    let policy = page.header("content-security-policy").to_owned();
    ensure!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let style = between(&page.text(), "<link rel=\"stylesheet\" href=\"", "\"")?.to_owned();
    let style = stranger.get(&style).await?;
    ensure!(style.status == 200 && style.header("cache-control").contains("immutable"), "{style:?}");

    let refused = stranger.send("POST", "/sign-in", &[FORM], "token=no.such.token").await?;
    ensure!(refused.status == 403 && refused.header("set-cookie").is_empty(), "{}", refused.text());
    let browser = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    let from_elsewhere = [FORM, ("cookie", browser.cookie.as_str()), ("origin", "https://elsewhere.example")];
    let forged = browser.http.send("POST", "/sign-out", &from_elsewhere, "").await?;
    ensure!(forged.status == 403, "{}", forged.text());
    let forged = browser.post("/sign-out", "form_token=guessed").await?;
    ensure!(forged.status == 403, "{}", forged.text());
    let page = browser.page("/today").await?;
    let form_token = between(&page, "name=\"form_token\" value=\"", "\"")?;
    let out = browser.post("/sign-out", &format!("form_token={form_token}")).await?;
    ensure!(out.status == 303 && out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    Ok(())
}
in_both_modes!(who_is_not_signed_in_is_led_there_and_back);

async fn every_page_reads_in_both_languages(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let browser = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    for path in [
        "/today",
        "/board",
        "/items",
        "/items?q=drain",
        "/sessions",
        "/resolutions",
        "/matters",
        "/scorecards",
        "/chains",
        "/notices",
        "/proof",
    ] {
        let english = browser.page(path).await?;
        ensure!(english.contains("<html lang=\"en\"") && english.contains("Sign out"), "{path}: {english}");
        let cookie = format!("{}; lang=zh; theme=dark", browser.cookie);
        let chinese = browser.http.send("GET", path, &[("cookie", &cookie)], "").await?.text();
        ensure!(
            chinese.contains("<html lang=\"zh-CN\" data-theme=\"dark\"") && chinese.contains("退出登录"),
            "{path}"
        );
    }
    let chosen = browser.get("/board?lang=zh&position=1").await?;
    ensure!(chosen.status == 303 && chosen.header("location") == "/board?position=1", "{chosen:?}");
    ensure!(chosen.header("set-cookie").starts_with("lang=zh;"), "{chosen:?}");
    ensure!(browser.get("/items/none/at-all").await?.status == 404);
    Ok(())
}
in_both_modes!(every_page_reads_in_both_languages);

#[tokio::test(flavor = "multi_thread")]
async fn with_development_keys_whoever_is_at_the_machine_chooses_a_role() -> anyhow::Result<()> {
    let mut sandbox =
        Sandbox::start_with(Mode::Embedded, SandboxConfig { own_keys: true, ..Default::default() })?;
    let stranger = sandbox.http_with_token(None)?;
    let page = stranger.get("/sign-in").await?.text();
    ensure!(page.contains("<option value=\"supervisor\">"), "{page}");
    let answer = stranger.send("POST", "/sign-in", &[FORM], "role=department-lead&department=WATER").await?;
    ensure!(answer.status == 303 && answer.header("location") == "/today", "{}", answer.text());
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let today = stranger.send("GET", "/today", &[("cookie", &cookie)], "").await?;
    ensure!(today.text().contains("WATER Department lead"), "{}", today.text());
    // A name of another site that leads here.
    let address = stranger.address().rsplit_once(':').context("a port")?.1.to_owned();
    let rebound = format!("evil.example:{address}");
    let page = stranger.send("GET", "/sign-in", &[("host", &rebound)], "").await?;
    ensure!(page.status == 400 || !page.text().contains("name=\"role\""), "{}", page.text());
    Ok(())
}

/// Records a resolution with an item that WATER leads and one that ROADS leads; returns the id of the first.
async fn items_of_two_departments(sandbox: &Sandbox) -> anyhow::Result<String> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for code in ["WATER", "ROADS", "OFFICE"] {
        clerk.register_department(code).await?;
    }
    clerk.define_body("FLOOD", "WATER", "WATER").await?;
    let item = |lead: &str| ItemToRecord {
        title: format!("The <work> of {lead}"),
        deliverable: "A drain".into(),
        criterion: "Dry after two rains".into(),
        lead_code: lead.into(),
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(10)) }),
        ..Default::default()
    };
    let record = RecordResolutionRequest {
        body_code: "FLOOD".into(),
        title: "Drains".into(),
        text: "The drains are widened.".into(),
        decided_on: "2027-03-01".into(),
        source: "Document 12".into(),
        items: vec![item("WATER"), item("ROADS")],
        ..command()
    };
    let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    let position = supervisor.call(record).await?.position;
    let request = ListItemsRequest { at_least_position: position, ..Default::default() };
    let items = supervisor.call(request).await?.items;
    Ok(items.first().context("an item")?.item_id.clone())
}

/// The fields of the form for an act on a page, without what somebody types.
fn form_of(page: &str, act: &str) -> anyhow::Result<String> {
    let button = format!("name=\"action\" value=\"{act}\"");
    let (before, _) = page.split_once(&button).with_context(|| format!("no {act} in {page}"))?;
    let form = before.rsplit_once("<form").context("a form")?.1;
    let mut query = format!("action={act}");
    for name in ["form_token", "command_id", "expected_position"] {
        let value = between(form, &format!("name=\"{name}\" value=\""), "\"")?;
        query.push_str(&format!("&{name}={value}"));
    }
    Ok(query)
}

async fn an_item_is_acknowledged_urged_claimed_and_accepted_by_forms(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let item = items_of_two_departments(&sandbox).await?;
    let path = format!("/items/{item}");
    let water = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("WATER")).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;

    let page = water.page(&path).await?;
    ensure!(
        page.contains("The &#60;work&#62; of WATER") && !page.contains("<work>"),
        "what people write is text"
    );
    let form = form_of(&page, "AcknowledgeItem")?;
    let done = water.post(&path, &form).await?;
    let location = done.header("location").to_owned();
    ensure!(done.status == 303 && location.contains("done=AcknowledgeItem&at="), "{}", done.text());
    let again = water.post(&path, &form).await?;
    ensure!(again.header("location") == location, "pressed twice, it is one act: {}", again.text());
    ensure!(
        water.page(&location).await?.contains("Recorded: Acknowledge, record"),
        "what came of it is shown"
    );

    let page = office.page(&path).await?;
    let urge = form_of(&page, "UrgeItem")?;
    let urged = office.post(&path, &format!("{urge}&text=Today%2C+please")).await?;
    ensure!(urged.status == 303, "{}", urged.text());
    ensure!(office.page(urged.header("location")).await?.contains("Today, please"), "it is in the story");
    // Somebody else has acted since the page was loaded.
    let stale = form_of(&page, "SuspendItem")?;
    let refused = office.post(&path, &format!("{stale}&reason=Rain&authority=Order+7")).await?;
    ensure!(refused.status == 409 && refused.text().contains("CHANGED_SINCE"), "{}", refused.text());
    ensure!(refused.text().contains(">Order 7</textarea>"), "what was typed is kept: {}", refused.text());

    let form = form_of(&water.page(&path).await?, "ClaimCompletion")?;
    let evidence = format!(
        "summary=Dry&evidence[].title=Photo&evidence[].sha256={}&evidence[].uri=urn:1",
        "0a".repeat(32)
    );
    let claimed = water.post(&path, &format!("{form}&{}", evidence.replace("[]", "%5B%5D"))).await?;
    ensure!(claimed.status == 303, "{}", claimed.text());
    let page = office.page(&claimed.header("location").replace("ClaimCompletion", "")).await?;
    let accepted = office.post(&path, &form_of(&page, "AcceptWork")?).await?;
    ensure!(accepted.status == 303, "{}", accepted.text());
    let page = office.page(accepted.header("location")).await?;
    ensure!(page.contains("Recorded: Accept the work") && page.contains("WRONG_STAGE"), "{page}");
    Ok(())
}
in_both_modes!(an_item_is_acknowledged_urged_claimed_and_accepted_by_forms);

async fn every_number_of_the_board_opens_its_rows_and_nobody_sees_more_than_their_own(
    mode: Mode,
) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let item = items_of_two_departments(&sandbox).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    // The view of follow-ups knows the items a moment later than that of items.
    until("both items are followed up", async || {
        let list = office.page("/items?column=open").await.ok()?;
        list.contains("data-rows=\"2\"").then_some(())
    })
    .await;
    let board = office.page("/board").await?;
    let mut links = 0;
    for cell in board.split("<a href=\"/items?").skip(1) {
        let (query, rest) = cell.split_once("\">").context("a link")?;
        let count: usize =
            between(rest, "", "</a>")?.trim_end_matches(" items").trim_end_matches(" item").parse()?;
        let list =
            office.page(&format!("/items?{}", query.replace("&amp;", "&").replace("&#38;", "&"))).await?;
        ensure!(list.contains(&format!("data-rows=\"{count}\"")), "{query} counts {count}: {list}");
        links += 1;
    }
    ensure!(links >= 4, "{board}");
    let table = office.get("/items?column=open&form=csv").await?;
    ensure!(
        table.header("content-type").starts_with("text/csv") && table.text().lines().count() == 3,
        "{table:?}"
    );

    let roads = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    for path in [
        "/today",
        "/board",
        "/items",
        "/items?q=work",
        "/chains",
        "/notices",
        "/matters",
        "/sessions",
        "/resolutions",
        "/scorecards",
    ] {
        let page = roads.page(path).await?;
        ensure!(
            !page.contains("of WATER") && !page.contains(&item),
            "{path} shows what is not theirs: {page}"
        );
    }
    ensure!(roads.get(&format!("/items/{item}")).await?.status == 404);
    // A resolution shows its items, and to each reader those that are theirs.
    let list = office.page("/resolutions").await?;
    let resolution = format!("/resolutions/{}", between(&list, "href=\"/resolutions/", "\"")?);
    let page = office.page(&resolution).await?;
    for shown in ["0 of 2 items are accepted", "Document 12", "of WATER", "of ROADS"] {
        ensure!(page.contains(shown), "{shown}: {page}");
    }
    let page = roads.page(&resolution).await?;
    ensure!(page.contains("of ROADS") && !page.contains("of WATER"), "{page}");
    let card = office.page("/scorecards?from=2027-03-01&to=2027-12-31&body=FLOOD").await?;
    ensure!(card.contains("0 of 2 items were done by the date first promised"), "{card}");
    Ok(())
}
in_both_modes!(every_number_of_the_board_opens_its_rows_and_nobody_sees_more_than_their_own);
