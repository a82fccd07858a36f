//! Who could see a matter on a day: said by the scope that every query asks, as departments and bodies were then.

use crate::in_both_modes;
use crate::pages::items_of_two_departments;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::{GetHeadRequest, GetReadersRequest, GetReadersResponse};
use proto::resolution::v1::GetItemRequest;
use tests::{Client, Mode, Sandbox, registration};
use tonic::Code;

async fn readers(client: &Client, id: &str, position: u64) -> anyhow::Result<GetReadersResponse> {
    let request =
        GetReadersRequest { subject_id: id.into(), as_of_position: Some(position), ..Default::default() };
    Ok(client.call(request).await?)
}

fn departments(answer: &GetReadersResponse) -> Vec<(&str, bool, bool)> {
    let of = |one: &'_ proto::ledger::v1::DepartmentReaders| (one.all, one.clerks);
    answer.departments.iter().map(|one| (one.department_code.as_str(), of(one).0, of(one).1)).collect()
}

async fn who_could_see_an_item_is_said_as_of_a_day(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let before = sandbox.client(Role::Supervisor, None).await?.call(GetHeadRequest {}).await?.position;
    let item = items_of_two_departments(&sandbox).await?;
    let office = sandbox.client(Role::Supervisor, Some("OFFICE")).await?;
    let lead = office.call(GetItemRequest { item_id: item.clone(), ..Default::default() }).await?;
    let lead = lead.item.context("an item")?.lead_code;
    let other = if lead == "WATER" { "ROADS" } else { "WATER" };
    let then = office.call(GetHeadRequest {}).await?.position;

    // The lead's people, and the clerks of the body's secretariat; before there was an item, nobody.
    let answer = readers(&office, &item, then).await?;
    ensure!(answer.kind == "resolution.action_item" && answer.position == then, "{answer:?}");
    ensure!(departments(&answer).contains(&(lead.as_str(), true, true)), "{answer:?}");
    ensure!(departments(&answer).iter().all(|(code, all, _)| !all || *code == lead), "{answer:?}");
    let nobody = readers(&office, &item, before).await?;
    ensure!(nobody.kind.is_empty() && nobody.departments.is_empty(), "{nobody:?}");

    // A department that is put above the lead sees it from then on, and not before.
    let mut placed = registration(&lead, &lead);
    placed.department.as_mut().context("a department")?.parent_code = Some("OFFICE".into());
    sandbox.client(Role::Operator, None).await?.call(placed).await?;
    let now = office.call(GetHeadRequest {}).await?.position;
    let sees = |answer: &GetReadersResponse| departments(answer).contains(&("OFFICE", true, true));
    ensure!(sees(&readers(&office, &item, now).await?) && !sees(&readers(&office, &item, then).await?));
    // What is said is what they find.
    for (code, role) in [
        (lead.as_str(), Role::DepartmentLead),
        ("OFFICE", Role::DepartmentLead),
        (other, Role::DepartmentLead),
    ] {
        let found = sandbox.client(role, Some(code)).await?;
        let found = found.call(GetItemRequest {
            item_id: item.clone(),
            at_least_position: now,
            ..Default::default()
        });
        ensure!(found.await.is_ok() == (code != other), "{code}");
    }

    // Whoever does not watch over matters may not ask; and the page for those who do says it in words.
    let refused = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let request = GetReadersRequest { subject_id: item.clone(), ..Default::default() };
    let refused = refused.call(request).await.err().context("a refusal")?;
    ensure!(refused.code() == Code::PermissionDenied, "{refused}");
    let beyond = readers(&office, &item, now + 100).await;
    ensure!(beyond.is_err_and(|error| error.to_string().contains("beyond")), "a position that is to come");
    let page = sandbox.http(Role::Supervisor, Some("OFFICE"))?;
    let page =
        page.send("GET", &format!("/system?see={item}"), &[("accept-language", "en")], "").await?.text();
    ensure!(
        page.contains("these departments could see it") && page.contains("all who spoke for it"),
        "{page}"
    );
    let clerk = sandbox.http(Role::Clerk, Some("WATER"))?;
    let page = clerk.send("GET", &format!("/system?see={item}"), &[], "").await?.text();
    ensure!(!page.contains("id=\"access\""), "{page}");
    Ok(())
}
in_both_modes!(who_could_see_an_item_is_said_as_of_a_day);
