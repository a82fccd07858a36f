//! What changed since a position or a moment is what lists, pages and files have of it.

use crate::delivery::{founded, trees_to_count};
use crate::in_both_modes;
use crate::pages::{self, Browser};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::followup::v1::ListFollowUpsRequest;
use proto::ledger::v1::{GetHeadRequest, MoveClockRequest};
use proto::resolution::v1::{AcknowledgeItemRequest, ListItemsRequest};
use std::collections::BTreeSet;
use tests::{Client, Mode, Sandbox, command, until};

async fn what_changed_since_a_position_is_listed(mode: Mode) -> anyhow::Result<()> {
    // Given an item of WATER and one of ROADS
    let mut sandbox = founded(mode).await?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let mut record = trees_to_count();
    record.items.push(record.items[0].clone());
    (record.items[1].title, record.items[1].lead_code) = ("Count the lamps".into(), "ROADS".into());
    let at_least_position = supervisor.call(record).await?.position;
    let all = ListItemsRequest { at_least_position, ..Default::default() };
    let items = supervisor.call(all).await?.items;
    let of = |title: &str| items.iter().find(|item| item.title == title).map(|item| item.item_id.clone());
    let (trees, lamps) =
        (of("Count the trees").unwrap_or_default(), of("Count the lamps").unwrap_or_default());
    let items_since = async |since: u64, at_least_position: u64| {
        let changed_since_position = Some(since);
        let ask = ListItemsRequest { at_least_position, changed_since_position, ..Default::default() };
        supervisor
            .call(ask)
            .await
            .map(|list| list.items.into_iter().map(|item| item.item_id).collect::<BTreeSet<_>>())
    };
    let followed_since = async |since: u64, as_of_position: Option<u64>| {
        let ask = ListFollowUpsRequest {
            changed_since_position: Some(since),
            as_of_position,
            ..Default::default()
        };
        let listed = supervisor.call(ask).await;
        listed.map(|list| list.follow_ups.into_iter().map(|row| row.item_id).collect::<BTreeSet<_>>())
    };
    let both = BTreeSet::from([trees.clone(), lamps.clone()]);
    until("both are followed up", async || (followed_since(1, None).await.ok()? == both).then_some(())).await;
    let before = supervisor.call(GetHeadRequest {}).await?.position;
    // When WATER acknowledges its own, then that one has changed.
    let lead = sandbox.client(Role::DepartmentLead, Some("WATER")).await?;
    let acknowledged =
        lead.call(AcknowledgeItemRequest { item_id: trees.clone(), ..command() }).await?.position;
    let only_trees = BTreeSet::from([trees.clone()]);
    ensure!(items_since(before, acknowledged).await? == only_trees);
    ensure!(items_since(acknowledged, acknowledged).await?.is_empty());
    until("the follow-up", async || (followed_since(before, None).await.ok()? == only_trees).then_some(()))
        .await;
    let then = supervisor.call(GetHeadRequest {}).await?.position;
    // When both become late, then both have changed since, and as of before only the one.
    let clock_at = Some(Client::moment("2027-03-09T01:30:00Z"));
    sandbox.client(Role::Operator, None).await?.call(MoveClockRequest { clock_at, ..command() }).await?;
    until("both are late", async || (followed_since(then, None).await.ok()? == both).then_some(())).await;
    ensure!(followed_since(before, Some(then)).await? == only_trees);
    // The page and its file have the same, by a position and by a moment.
    let browser = Browser::sign_in(&mut sandbox, Role::Supervisor, None).await?;
    for (since, has) in
        [(before.to_string(), true), ("2027-03-08T00:00:00Z".to_owned(), true), ("9000000".to_owned(), false)]
    {
        let page = browser.page(&format!("/items?since={since}")).await?;
        let file = browser.page(&format!("/items?since={since}&form=csv")).await?;
        for text in [&page, &file] {
            ensure!(text.contains("Count the lamps") == has, "{since}: {text}");
        }
    }
    check_pages(&mut sandbox, &browser, (before, then)).await?;
    let two = ListItemsRequest {
        changed_since_at: Some(Client::moment("2027-03-08T01:00:00Z")),
        changed_since_position: Some(1),
        ..Default::default()
    };
    let refused = supervisor.call(two).await.unwrap_err();
    ensure!(Client::violations(&refused) == ["changed_since_position"], "{refused:?}");
    Ok(())
}
in_both_modes!(what_changed_since_a_position_is_listed);

/// The pages and files with what changed after the first position, also as of the second.
async fn check_pages(
    sandbox: &mut Sandbox,
    browser: &Browser,
    (before, then): (u64, u64),
) -> anyhow::Result<()> {
    // On the board and among the due dates every number opens its rows, those of what changed and of what was so then too;
    let board = browser.page(&format!("/board?since={before}")).await?;
    for said in ["Changed since log position", ">2 changed</a>", ">was 2</a>", ">was 1</a>"] {
        ensure!(board.contains(said), "{said}: {board}");
    }
    for path in [format!("/board?since={before}"), format!("/due?since={before}")] {
        pages::every_number_opens_its_rows(browser, &path).await?;
    }
    pages::every_number_opens_its_rows(browser, &format!("/board?since={before}&position={then}")).await?;
    let head = sandbox.client(Role::Supervisor, None).await?.call(GetHeadRequest {}).await?.position;
    let quiet = browser.page(&format!("/board?since={head}")).await?;
    ensure!(!quiet.contains(" changed</a>") && !quiet.contains(">was "), "{quiet}");
    // what is no such time is said to be none,
    let vague = browser.page("/due?since=lately").await?;
    ensure!(vague.contains("value=\"lately\"") && vague.contains("such as 2027-03-08"), "{vague}");
    ensure!(browser.get("/board?since=9000000").await?.status == 400, "there is no such position yet");
    // the call that the page names answers so,
    let (_, api) = board.split_once("<code>GET ").context("the call for this page")?;
    let api = api.split("</code>").next().unwrap_or_default().replace("&#38;", "&");
    ensure!(api == format!("/v1/board?changedSincePosition={before}"), "{api}");
    let answer = sandbox.http(Role::Supervisor, None)?.get(&api).await?.text();
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    ensure!(answer["totals"]["late"] == 2 && answer["totals"]["open"] == 2, "{answer}");
    // and a file has the number, what it was, and how many changed.
    let file = browser.page(&format!("/board?since={before}&form=csv")).await?;
    let lines: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
    ensure!(lines[0].starts_with("Code,Department,Open,\"Open, before\",\"Open, changed\""), "{file}");
    ensure!(lines.iter().any(|line| line.starts_with("WATER,") && line.contains(",1,1,1,")), "{file}");
    let due = browser.page(&format!("/due?since={before}&form=csv")).await?;
    ensure!(due.contains("\"Late, changed\""), "{due}");
    Ok(())
}
