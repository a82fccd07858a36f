//! What departments and supervisors do on the page of an item: it offers what the rules accept, and keeps what they refuse.

use crate::in_both_modes;
use crate::pages::{Browser, between, form_of, items_of_two_departments};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{GetItemRequest, HelpStage, Item, ListItemsRequest};
use tests::{Mode, Sandbox};

fn offers(page: &str, act: &str) -> bool {
    page.contains(&format!("name=\"action\" value=\"{act}\""))
}

async fn sent(browser: &Browser, path: &str, act: &str, typed: &str) -> anyhow::Result<()> {
    let form = form_of(&browser.page(path).await?, act)?;
    let answer = browser.post(path, &format!("{form}&{typed}")).await?;
    ensure!(answer.status == 303, "{act}: {} {}", answer.status, answer.text());
    // The page that it leads to has what came of it.
    browser.page(answer.header("location")).await.map(drop)
}

async fn item(sandbox: &Sandbox, id: &str) -> anyhow::Result<Item> {
    let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    let request = GetItemRequest { item_id: id.into(), ..Default::default() };
    supervisor.call(request).await?.item.context("the item")
}

async fn help_is_asked_for_and_given_by_forms(mode: Mode) -> anyhow::Result<()> {
    // Given an item that its lead has not acknowledged
    let mut sandbox = Sandbox::start(mode)?;
    let id = items_of_two_departments(&sandbox).await?;
    let path = format!("/items/{id}");
    let water = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("WATER")).await?;
    let roads = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?;
    let page = water.page(&path).await?;
    // Then its page offers what the next steps do, and says nothing of what nobody can do
    ensure!(offers(&page, "AcknowledgeItem") && offers(&page, "ContestItem"), "{page}");
    for act in ["ReportBlockage", "ClearBlockage", "ReportProgress", "SplitItem"] {
        ensure!(!offers(&page, act), "{act} is offered: {page}");
    }
    ensure!(page.contains("id=\"UrgeItem\""), "a supervisor can urge: {page}");
    for act in ["GrantExtension", "ResolveContest", "ResumeItem", "ReopenItem"] {
        ensure!(!page.contains(&format!("id=\"{act}\"")), "nobody can {act}: {page}");
    }
    sent(&water, &path, "AcknowledgeItem", "").await?;
    let page = water.page(&path).await?;
    ensure!(offers(&page, "ReportBlockage") && !offers(&page, "ClearBlockage"), "{page}");
    ensure!(!offers(&page, "AcknowledgeItem"), "once is enough: {page}");

    // When it is blocked, and the code of who could help is typed in wide letters
    sent(
        &water,
        &path,
        "ReportBlockage",
        "reason=No+way&helpFromCode=%EF%BC%B2%EF%BC%AF%EF%BC%A1%EF%BC%A4%EF%BC%B3",
    )
    .await?;
    // Then the other department agrees to help and helps on the same page
    ensure!(!offers(&water.page(&path).await?, "GiveHelp"), "only the one that was asked");
    sent(&roads, &path, "AcknowledgeHelp", "blockedCode=WATER").await?;
    ensure!(!offers(&roads.page(&path).await?, "AcknowledgeHelp"), "once is enough");
    sent(&roads, &path, "GiveHelp", "blockedCode=WATER&note=The+road+is+open").await?;
    let blockages = item(&sandbox, &id).await?.blockages;
    ensure!(blockages.len() == 1 && blockages[0].help() == HelpStage::Given, "{blockages:?}");
    ensure!(!offers(&roads.page(&path).await?, "GiveHelp"), "nothing is owed any more");
    sent(&water, &path, "ClearBlockage", "note=It+goes+on").await
}
in_both_modes!(help_is_asked_for_and_given_by_forms);

async fn an_item_is_split_waits_and_is_judged_by_forms(mode: Mode) -> anyhow::Result<()> {
    // Given an item at which its lead works, and another one
    let mut sandbox = Sandbox::start(mode)?;
    let id = items_of_two_departments(&sandbox).await?;
    sandbox.client(Role::Clerk, Some("WATER")).await?.register_department("PARKS").await?;
    let path = format!("/items/{id}");
    let water = Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("WATER")).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    sent(&water, &path, "AcknowledgeItem", "").await?;
    let due = item(&sandbox, &id).await?.due_on;
    let supervisor = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    let items = supervisor.call(ListItemsRequest::default()).await?.items;
    let other = items.iter().find(|item| item.lead_code == "ROADS").context("ROADS' item")?.number.clone();

    // When a number is none, it is refused by the label of its field, and what was typed is kept
    let form = form_of(&water.page(&path).await?, "ReportProgress")?;
    let refused = water.post(&path, &format!("{form}&percent=fifty&note=Dug")).await?;
    let text = refused.text();
    ensure!(refused.status == 400 && text.contains("How much is done, in percent: is no number"), "{text}");
    ensure!(text.contains("value=\"fifty\"") && text.contains(">Dug</textarea>"), "{text}");
    // and when its digits are wide, it is a number
    sent(&water, &path, "ReportProgress", "percent=%EF%BC%95%EF%BC%90&note=Dug").await?;
    ensure!(item(&sandbox, &id).await?.percent == 50);

    // Then it is split, waits for the other one by its number, no longer does, and another department judges it.
    let sub_item = format!(
        "subItems[].title=Pipes&subItems[].deliverable=Pipes&subItems[].criterion=Laid&subItems[].leadCode=ROADS\
         &subItems[].due.dueOn={due}"
    );
    sent(&water, &path, "SplitItem", &sub_item.replace("[]", "%5B%5D")).await?;
    // What is done of the part is done of the whole: its page says so in one way.
    let at_least_position = supervisor.call(GetHeadRequest::default()).await?.position;
    let list = ListItemsRequest { at_least_position, text: Some("Pipes".into()), ..Default::default() };
    let part = supervisor.call(list).await?.items.first().context("the part")?.item_id.clone();
    let (part, roads) = (
        format!("/items/{part}"),
        Browser::sign_in(&mut sandbox, Role::DepartmentLead, Some("ROADS")).await?,
    );
    sent(&roads, &part, "AcknowledgeItem", "").await?;
    sent(&roads, &part, "ReportProgress", "percent=60&note=Pipes+are+there").await?;
    let at = supervisor.call(GetHeadRequest::default()).await?.position;
    let page = water.page(&format!("{path}?at={at}")).await?;
    let done = between(&page, "<dt>Progress</dt><dd>", " %")?;
    let (_, row) = page.split_once("<b aria-current=\"true\">").context("the cascade")?;
    ensure!(
        done != "0" && row.split("</tr>").next().unwrap_or_default().contains(&format!("{done} %")),
        "{page}"
    );
    let wait = format!("onItemId={}", other.replace('/', "%2F"));
    sent(&office, &path, "AddDependency", &wait).await?;
    ensure!(item(&sandbox, &id).await?.waits_for_numbers == std::slice::from_ref(&other));
    sent(&office, &path, "RemoveDependency", &wait).await?;
    ensure!(!offers(&office.page(&path).await?, "RemoveDependency"), "it waits for nothing");
    let form = form_of(&office.page(&path).await?, "AddDependency")?;
    let unknown = office.post(&path, &format!("{form}&onItemId=FLOOD-2027-9999%2F1")).await?;
    ensure!(unknown.status == 404 && unknown.text().contains("FLOOD-2027-9999/1"), "{}", unknown.text());
    sent(&office, &path, "NameAcceptor", "acceptorCode=PARKS&reason=They+know+drains").await?;
    let judged = item(&sandbox, &id).await?;
    ensure!(judged.acceptor_code() == "PARKS", "{judged:?}");
    Ok(())
}
in_both_modes!(an_item_is_split_waits_and_is_judged_by_forms);

async fn what_is_no_past_is_refused_in_words(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let id = items_of_two_departments(&sandbox).await?;
    let office = Browser::sign_in(&mut sandbox, Role::Supervisor, Some("OFFICE")).await?;
    for page in
        ["/board".to_owned(), "/due".into(), "/items".into(), "/chains".into(), format!("/items/{id}")]
    {
        for (asked, said) in [
            ("position=abc", "abc is no log position"),
            ("as_of=2026-13-45", "2026-13-45 is no moment"),
            ("as_of=2099-01-01T00:00", "is after now"),
        ] {
            let answer = office.get(&format!("{page}?{asked}")).await?;
            ensure!(answer.status == 400 && answer.text().contains(said), "{page}: {}", answer.text());
        }
        // Thousands may stand apart, as pages write them, and digits may be wide.
        let wide = office.page(&format!("{page}?position=%EF%BC%93%EF%BC%90")).await;
        let plain = office.page(&format!("{page}?position=30")).await;
        ensure!(wide.is_ok() == plain.is_ok(), "{page}: {wide:?}");
    }
    let since = office.page("/board?since=1%2C004").await;
    ensure!(!since.is_ok_and(|page| page.contains("since-wrong")), "1,004 is a position");

    // An address that is of no page is answered in the reader's language, and a program gets JSON.
    let accept = [("accept", "text/html,*/*;q=0.8"), ("accept-language", "zh-CN")];
    let stranger = sandbox.http_with_token(None)?;
    let nothing = stranger.send("GET", "/itmes", &accept, "").await?;
    ensure!(nothing.status == 404 && nothing.text().contains("此地址没有内容"), "{}", nothing.text());
    let nothing = stranger.send("GET", "/itmes", &[], "").await?;
    ensure!(nothing.status == 404 && nothing.header("content-type") == "application/json", "{nothing:?}");
    Ok(())
}
in_both_modes!(what_is_no_past_is_refused_in_words);
