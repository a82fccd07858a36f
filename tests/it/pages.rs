//! The pages for people: signing in, what each shows, and acts by forms. A browser looks at them in `tests/browser`.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::ledger::v1::{GetHeadRequest, GetReceiptRequest};
use proto::resolution::v1::{
    DueRule, ItemToRecord, ListItemsRequest, RecordResolutionRequest, UrgeItemRequest, due_rule::Rule,
};
use serde_json::Value;
use std::process::Command;
use tests::{Client, HttpAnswer, HttpClient, HttpStream, Mode, Sandbox, SandboxConfig, command, until};

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A browser without script: it keeps the cookie of a session, and sends forms.
pub struct Browser {
    pub http: HttpClient,
    pub cookie: String,
}

impl Browser {
    /// Signs in with a token.
    pub async fn sign_in(
        sandbox: &mut Sandbox,
        role: Role,
        department: Option<&str>,
    ) -> anyhow::Result<Browser> {
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

    pub async fn get(&self, path: &str) -> anyhow::Result<HttpAnswer> {
        self.http.send("GET", path, &[("cookie", &self.cookie)], "").await
    }

    /// Asks for something whose answer goes on.
    pub async fn open(&self, path: &str) -> anyhow::Result<HttpStream> {
        self.http.open(path, &[("cookie", &self.cookie)]).await
    }

    pub async fn page(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
        Ok(answer.text())
    }

    pub async fn post(&self, path: &str, form: &str) -> anyhow::Result<HttpAnswer> {
        self.http.send("POST", path, &[FORM, ("cookie", &self.cookie)], form.to_owned()).await
    }
}

/// The text between two others.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> anyhow::Result<&'a str> {
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
        "/due",
        "/items",
        "/items?q=drain",
        "/sessions",
        "/week",
        "/month",
        "/timetables",
        "/resolutions",
        "/matters",
        "/targets",
        "/scorecards",
        "/indicators",
        "/indicators?by=quarter",
        "/sessions/new",
        "/chains",
        "/notices",
        "/calendars",
        "/calendars/followed",
        "/proof",
        "/system",
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
pub async fn items_of_two_departments(sandbox: &Sandbox) -> anyhow::Result<String> {
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
pub fn form_of(page: &str, act: &str) -> anyhow::Result<String> {
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

async fn several_items_are_urged_at_once_and_what_is_refused_for_one_is_done_for_the_others(
    mode: Mode,
) -> anyhow::Result<()> {
    // Given two items, of which WATER's was urged as often as a week allows
    let mut sandbox = Sandbox::start(mode)?;
    let water = items_of_two_departments(&sandbox).await?;
    let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    for text in ["One", "Two"] {
        let urge = UrgeItemRequest { item_id: water.clone(), text: text.into(), ..command() };
        supervisor.call(urge).await?;
    }
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    let page = until("both items are followed up", async || {
        let list = office.page("/items?column=open").await.ok()?;
        list.contains("data-rows=\"2\"").then_some(list)
    })
    .await;
    // When both are chosen
    let mut form = format!("form_token={}", between(&page, "name=\"form_token\" value=\"", "\"")?);
    for hidden in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, value) = (between(hidden, "", "\"")?, between(hidden, "value=\"", "\"")?);
        if let Some((_, id)) = name.split_once("command_id.") {
            form.push_str(&format!("&{name}={value}&item={id}"));
        }
    }
    let form = format!("{form}&action=UrgeItem&reason=This+week");
    let answer = office.post("/items?column=open", &form).await?.text();
    // Then ROADS is urged, and it is said why WATER is not; pressed twice, it is one act.
    ensure!(answer.contains("Recorded: Urge, for 1 item.") && answer.contains("URGES_EXHAUSTED"), "{answer}");
    ensure!(answer.contains(">This week</textarea>"), "what was written is kept: {answer}");
    let ticked = format!("value=\"{water}\" checked");
    ensure!(
        answer.contains(&ticked) && answer.matches(" checked>").count() == 1,
        "WATER's stays chosen: {answer}"
    );
    let again = office.post("/items?column=open", &form).await?.text();
    ensure!(again.contains("Recorded: Urge, for 1 item."), "{again}");
    let refused = office.post("/items", &form.replace("&item=", "&other=")).await?;
    ensure!(refused.status == 400 && refused.text().contains("No item was chosen"), "{}", refused.text());
    let unknown = office.post("/items", &form.replace("UrgeItem", "SuspendItem")).await?;
    ensure!(unknown.status == 404, "only what needs nothing but a reason: {}", unknown.text());
    // A department acts on none of them together.
    let roads = Browser::sign_in(&mut sandbox, Role::Delegate, Some("ROADS")).await?;
    ensure!(!roads.page("/items").await?.contains("name=\"item\""), "a delegate neither urges nor accepts");
    Ok(())
}
in_both_modes!(several_items_are_urged_at_once_and_what_is_refused_for_one_is_done_for_the_others);

async fn a_receipt_is_checked_and_whether_the_log_has_only_grown(mode: Mode) -> anyhow::Result<()> {
    // Given somebody who has looked at the head of the log
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    let mut browser = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    let answer = browser.get("/proof").await?;
    let seen = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    ensure!(seen.starts_with("seen_head=1-"), "{answer:?}");
    let session = browser.cookie.clone();
    browser.cookie = format!("{session}; {seen}");
    // When more is recorded
    clerk.register_department("ROADS").await?;
    // Then the page has found by the hashes that it was only added.
    let page = browser.page("/proof").await?;
    ensure!(page.contains("it begins with the 1 records of then, unchanged"), "{page}");
    // A log that had other records is noticed, and what was seen of it is kept.
    browser.cookie = format!("{session}; seen_head=1-{}", "0a".repeat(32));
    let other = browser.get("/proof").await?;
    ensure!(other.text().contains("does not begin with the 1 records"), "{}", other.text());
    ensure!(!other.header("set-cookie").contains("seen_head"), "{other:?}");

    // A receipt, as a browser sends what a field has
    let receipt = clerk.call(GetReceiptRequest { position: 2 }).await?.receipt;
    let form = format!("form_token={}", between(&page, "name=\"form_token\" value=\"", "\"")?);
    let check = async |receipt: &str| {
        let receipt: String = receipt.bytes().map(|byte| format!("%{byte:02X}")).collect();
        browser.post("/proof", &format!("{form}&receipt={receipt}")).await
    };
    let checked = check(&receipt.replace('\n', "\r\n")).await?;
    ensure!(
        checked.text().contains("Record 2 is in the log: ") && checked.status == 200,
        "{}",
        checked.text()
    );
    for changed in [receipt.replace("index 1", "index 0"), receipt.replace("extra ", "extra A"), "?".into()] {
        let refused = check(&changed).await?;
        ensure!(refused.status == 400 && !refused.text().contains("is in the log:"), "{}", refused.text());
    }
    Ok(())
}
in_both_modes!(a_receipt_is_checked_and_whether_the_log_has_only_grown);

#[tokio::test(flavor = "multi_thread")]
async fn a_view_of_the_list_is_saved_and_forgotten() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let mut browser = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    let page = browser.page("/items?column=late&lead=WATER").await?;
    let form = format!("form_token={}", between(&page, "name=\"form_token\" value=\"", "\"")?);
    let save = format!("{form}&action=save_view&name=%3Cours%3E");
    let saved = browser.post("/items?column=late&lead=WATER&page=x", &save).await?;
    ensure!(saved.status == 303 && saved.header("location") == "/items?column=late&lead=WATER", "{saved:?}");
    let cookie = saved.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    browser.cookie = format!("{}; {cookie}", browser.cookie);
    let page = browser.page("/items").await?;
    ensure!(page.contains("<a href=\"/items?column=late&#38;lead=WATER\">&#60;ours&#62;</a>"), "{page}");
    let forget = format!("{form}&action=forget_view&name=%3Cours%3E");
    let forgotten = browser.post("/items", &forget).await?;
    ensure!(forgotten.header("set-cookie").starts_with("views=;"), "{forgotten:?}");
    Ok(())
}

/// Follows every link of a board to items.
pub(crate) async fn every_number_opens_its_rows(office: &Browser, path: &str) -> anyhow::Result<()> {
    let board = office.page(path).await?;
    let mut links = 0;
    for cell in board.split("<a href=\"/items?").skip(1) {
        let (query, rest) = cell.split_once("\">").context("a link")?;
        let count: usize =
            between(rest, "", "</a>")?.chars().filter(char::is_ascii_digit).collect::<String>().parse()?;
        let list =
            office.page(&format!("/items?{}", query.replace("&amp;", "&").replace("&#38;", "&"))).await?;
        ensure!(list.contains(&format!("data-rows=\"{count}\"")), "{query} counts {count}: {list}");
        links += 1;
    }
    ensure!(links >= 4, "{board}");
    Ok(())
}

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
    for page in ["/board", "/due"] {
        every_number_opens_its_rows(&office, page).await?;
    }
    let position = sandbox.client(Role::Supervisor, None).await?.call(GetHeadRequest {}).await?.position;
    for page in ["/board", "/due"] {
        every_number_opens_its_rows(&office, &format!("{page}?position={position}")).await?;
    }
    let past = office.page(&format!("/items/{item}?position={position}")).await?;
    ensure!(past.contains("This is the past") && !past.contains("name=\"command_id\""), "{past}");
    ensure!(office.page("/items?column=open&position=1").await?.contains("data-rows=\"0\""));
    let table = office.get("/items?column=open&form=csv").await?;
    ensure!(
        table.header("content-type").starts_with("text/csv") && table_in(&table.text()).len() == 3,
        "{table:?}"
    );

    let roads = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    for path in [
        "/today",
        "/board",
        "/due",
        "/items",
        "/items?q=work",
        "/chains",
        "/notices",
        "/matters",
        "/sessions",
        "/resolutions",
        "/scorecards",
        "/targets",
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

/// What a program that knows nothing of Huishang finds in a workbook.
fn sheets(sandbox: &Sandbox, workbook: &HttpAnswer) -> anyhow::Result<Value> {
    let file = sandbox.folder().join("table.xlsx");
    std::fs::write(&file, &workbook.body)?;
    let read = Command::new(root().join("tests/calendars/run")).arg("table").arg(&file).output()?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Ok(serde_json::from_slice(&read.stdout)?)
}

/// The lines of a table in CSV, up to the empty one before what it says of itself.
fn table_in(csv: &str) -> Vec<&str> {
    csv.lines().take_while(|line| !line.is_empty()).collect()
}

/// The number of a column by its heading.
fn column_of(sheet: &Value, heading: &str) -> anyhow::Result<usize> {
    let head = sheet["rows"][0].as_array().context("a head")?;
    head.iter().position(|cell| cell == heading).with_context(|| format!("no {heading} in {head:?}"))
}

/// A title that a spreadsheet could take for a formula.
const FORMULA: &str = "=HYPERLINK(\"http://evil.example\")";

/// Records a resolution with an item whose texts begin like formulas; ROADS leads it.
async fn record_what_begins_like_a_formula(supervisor: &Client) -> anyhow::Result<()> {
    let item = ItemToRecord {
        title: FORMULA.into(),
        deliverable: "+1".into(),
        criterion: "@x".into(),
        lead_code: "ROADS".into(),
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(3)) }),
        ..Default::default()
    };
    let record = RecordResolutionRequest {
        body_code: "FLOOD".into(),
        title: "Signs".into(),
        text: "Signs are put up.".into(),
        decided_on: "2027-03-01".into(),
        source: "Document 13".into(),
        items: vec![item],
        ..command()
    };
    supervisor.call(record).await?;
    Ok(())
}

async fn exports_add_up_to_the_board_row_by_row(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    items_of_two_departments(&sandbox).await?;
    let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    record_what_begins_like_a_formula(&supervisor).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    until("all are followed up", async || {
        office.page("/items?column=open").await.ok()?.contains("data-rows=\"3\"").then_some(())
    })
    .await;

    // The board as a workbook: each number leads to the list of what it counts, which as a table has as many rows.
    let board = office.get("/board?form=xlsx").await?;
    ensure!(board.header("content-disposition").contains("rows.xlsx"), "{board:?}");
    let board = sheets(&sandbox, &board)?;
    let (rows, links) = (board[0]["rows"].as_array().context("rows")?, &board[0]["links"]);
    ensure!(rows.len() == 3 && board[0]["frozen"] == "A2", "{board}");
    let mut counted = 0;
    for (line, row) in rows.iter().enumerate().skip(1) {
        for (at, cell) in row.as_array().context("cells")?.iter().enumerate().skip(1) {
            let (Some(count), Some(link)) = (cell.as_u64(), links[line][at].as_str()) else { continue };
            let path = link.split_once("/items?").context("a list")?.1;
            let csv = office.get(&format!("/items?{path}&form=csv")).await?.text();
            ensure!(table_in(&csv).len() as u64 == count + 1, "{path} counts {count}: {csv}");
            let workbook = sheets(&sandbox, &office.get(&format!("/items?{path}&form=xlsx")).await?)?;
            let listed = workbook[0]["rows"].as_array().map_or(0, Vec::len) as u64;
            ensure!(listed == count + 1, "{path} counts {count}: {workbook}");
            counted += count;
        }
    }
    ensure!(counted >= 6, "open and unacknowledged are counted: {board}");
    let csv = office.get("/board?form=csv").await?.text();
    let of_csv: Vec<&str> =
        table_in(&csv)[1..].iter().map(|line| line.split(',').nth(1).unwrap_or_default()).collect();
    let of_book: Vec<String> = rows.iter().skip(1).map(|row| row[1].to_string()).collect();
    ensure!(of_csv == of_book, "{csv}\n{board}");

    // Dates are dates, and what begins like a formula is a text.
    let items = sheets(&sandbox, &office.get("/items?column=open&form=xlsx").await?)?;
    let (title, due) = (column_of(&items[0], "subject / title")?, column_of(&items[0], "subject / dueOn")?);
    let lines = items[0]["rows"].as_array().context("rows")?;
    let line = lines.iter().position(|row| row[title] == FORMULA).context("the item")?;
    ensure!(items[0]["types"][line][title] == "s" && items[0]["types"][line][due] == "d", "{items}");
    ensure!(items[0]["rows"][line][due] == "2027-03-04T00:00:00", "{items}");
    let is_link = |link: &Value| link.as_str().is_some_and(|link| link.contains("/items/"));
    ensure!(is_link(&items[0]["links"][line][title]), "{items}");
    ensure!(!items.to_string().contains("\"f\""), "a formula: {items}");
    // The second sheet says how it was counted, with the root of the log.
    let facts: Vec<String> = items[1]["rows"]
        .as_array()
        .context("facts")?
        .iter()
        .map(|fact| format!("{}={}", fact[0], fact[1]))
        .collect();
    for fact in ["\"Filters\"=\"column = open\"", "\"Rows\"=\"3\"", "\"Time zone\"=\"Asia/Shanghai\""] {
        ensure!(facts.iter().any(|known| known == fact), "{fact} is not in {facts:?}");
    }
    ensure!(
        facts.iter().any(|fact| fact.starts_with("\"Root of the log\"=") && fact.len() > 80),
        "{facts:?}"
    );

    // By HTTP it is the same, one page at a time.
    let http = sandbox.http(Role::Supervisor, Some("OFFICE"))?;
    let accept = ("accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let page = http.send("GET", "/v1/items?pageSize=2", &[accept], "").await?;
    ensure!(page.header("link").contains("rel=\"next\""), "{page:?}");
    ensure!(sheets(&sandbox, &page)?[0]["rows"].as_array().is_some_and(|rows| rows.len() == 3));
    Ok(())
}
in_both_modes!(exports_add_up_to_the_board_row_by_row);

async fn a_calendar_is_made_and_revoked_by_forms(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    sandbox.client(Role::Clerk, Some("WATER")).await?.register_department("WATER").await?;
    let water = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("WATER")).await?;
    let page = water.page("/calendars").await?;
    ensure!(page.contains("There is no calendar yet."), "{page}");
    let token = between(&page, "name=\"form_token\" value=\"", "\"")?;
    let form = page.split_once("<input id=\"name\"").context("a form")?.0;
    let command = form.rsplit_once("name=\"command_id\" value=\"").context("a command")?.1;
    let command = command.split('"').next().unwrap_or_default();
    let create = format!(
        "action=create&form_token={token}&command_id={command}&name=My+own&department=WATER&language=english"
    );
    let made = water.post("/calendars", &create).await?;
    ensure!(made.status == 200, "{}", made.text());
    let address = between(&made.text(), "<code class=\"address\">", "</code>")?.to_owned();
    ensure!(address.starts_with("http://127.0.0.1"), "{address}");
    let path = address.split_once("/calendars/").context("a calendar")?.1;
    let stranger = sandbox.http_with_token(None)?;
    until("the calendar", async || {
        let read = stranger.get(&format!("/calendars/{path}")).await.ok()?;
        read.text().contains("X-WR-CALNAME:My own").then_some(())
    })
    .await;
    // The address is shown once.
    let page = water.page("/calendars").await?;
    ensure!(page.contains("My own") && !page.contains(path), "{page}");
    let id = between(&page, "name=\"calendar\" value=\"", "\"")?;
    let revoke =
        format!("action=revoke&form_token={token}&command_id={}&calendar={id}", uuid::Uuid::new_v4());
    let revoked = water.post("/calendars", &revoke).await?;
    ensure!(revoked.text().contains("There is no calendar yet."), "{}", revoked.text());
    ensure!(stranger.get(&format!("/calendars/{path}")).await?.status == 404);
    Ok(())
}
in_both_modes!(a_calendar_is_made_and_revoked_by_forms);

/// The hidden fields of the form in which a button stands, as a browser would send them.
pub fn fields_before(page: &str, button: &str) -> anyhow::Result<String> {
    let (before, _) = page.split_once(button).with_context(|| format!("no {button} in {page}"))?;
    let (_, form) = before.rsplit_once("<form").context("no form")?;
    let mut fields = Vec::new();
    for field in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = field.split_once("\" value=\"").context("a field")?;
        let value = rest.split('"').next().unwrap_or_default();
        fields.push(format!("{name}={}", value.replace(':', "%3A").replace('+', "%2B")));
    }
    Ok(fields.join("&"))
}

async fn a_target_is_set_by_a_form_and_what_is_past_is_only_shown(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let item = items_of_two_departments(&sandbox).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    let page = office.page("/targets").await?;
    let typed = "action=SetTarget&title=All+drains&phase=now&measure=share_done&goal=80&starts_on=2027-03-01\
        &ends_on=2027-12-31&reason=The+plan";
    let form = |page: &str| {
        Ok::<_, anyhow::Error>(fields_before(page, "<label for=\"s-department\">")? + "&" + typed)
    };
    let own = office.post("/targets", &format!("{}&department=OFFICE", form(&page)?)).await?;
    ensure!(own.status == 400 && own.text().contains("OWN_TARGET"), "{} {}", own.status, own.text());
    ensure!(own.text().contains("value=\"All drains\""), "what was typed is kept: {}", own.text());
    let form = format!("{}&department=WATER", form(&own.text())?);
    let set = office.post("/targets", &form).await?;
    ensure!(set.status == 303 && set.header("location").contains("done=SetTarget&at="), "{}", set.text());
    let again = office.post("/targets", &form).await?;
    ensure!(again.header("location") == set.header("location"), "pressed twice, it is one act");
    let page = office.page(set.header("location")).await?;
    ensure!(page.contains("All drains") && page.contains("Recorded: Set a target, record"), "{page}");
    let water = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("WATER")).await?;
    let page = water.page("/targets").await?;
    ensure!(page.contains("All drains") && !page.contains("SetTarget"), "{page}");

    let head = sandbox.client(Role::Auditor, None).await?.call(GetHeadRequest::default()).await?.position;
    for path in ["/targets".to_owned(), "/notices".to_owned(), format!("/items/{item}")] {
        let page = office.page(&format!("{path}?position={head}")).await?;
        ensure!(page.contains("This is the past") && !page.contains("name=\"action\""), "{path}: {page}");
    }
    Ok(())
}
in_both_modes!(a_target_is_set_by_a_form_and_what_is_past_is_only_shown);

async fn a_clerk_books_and_moves_a_session_and_adopts_a_timetable_by_forms(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let first = clerk.admitted_session(tests::outline("First", "OFFICE")).await?;
    clerk.admitted_session(tests::outline("Second", "OFFICE")).await?;
    let browser = Browser::sign_in(&mut sandbox, Role::Clerk, Some("OFFICE")).await?;
    let address = format!("/sessions/{first}");

    let page = browser.page(&address).await?;
    let book = "<button class=\"btn\" name=\"action\" value=\"ScheduleSession\">";
    let form = fields_before(&page, book)?;
    let booked = browser.post(&address, &format!("{form}&action=ScheduleSession")).await?;
    ensure!(booked.status == 303, "{}", booked.text());
    let page = browser.page(booked.header("location")).await?;
    ensure!(page.contains("Where it could be moved") && page.contains("Recorded: Book the slot"), "{page}");
    let form = fields_before(&page, "<label class=\"vh\" for=\"reason-2\">")?;
    let moved = browser.post(&address, &format!("{form}&reason=The+hall+is+cold&action=MoveSession")).await?;
    ensure!(moved.status == 303, "{}", moved.text());

    let propose = proto::scheduling::v1::ProposeTimetableRequest {
        title: "The quarter".into(),
        body_codes: vec!["BODY".into()],
        steps: Some(1_000),
        ..command()
    };
    let proposed = clerk.call(propose).await?;
    let timetable_id = proposed.timetable.context("no timetable")?.timetable_id;
    let address = format!("/timetables/{timetable_id}");
    let page = browser.page(&format!("{address}?at={}", proposed.position)).await?;
    ensure!(page.contains("Before and after") && page.contains("data-change=\"new\""), "{page}");
    let form =
        fields_before(&page, "<button class=\"btn btn-main\" name=\"action\" value=\"AdoptTimetable\">")?;
    let adopted = browser.post(&address, &format!("{form}&action=AdoptTimetable")).await?;
    ensure!(adopted.status == 303, "{}", adopted.text());
    let page = browser.page(adopted.header("location")).await?;
    ensure!(page.contains("adopted") && !page.contains("Adopt all at once"), "{page}");
    Ok(())
}
in_both_modes!(a_clerk_books_and_moves_a_session_and_adopts_a_timetable_by_forms);
