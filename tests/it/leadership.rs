//! What is late for long is escalated to the leaders of whoever owes it: they are told, see it, and say what they have to say on
//! record. Others are not, and do not.

use crate::delivery::{founded_with, member, subscribe_by_mail, trees_to_count};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::delivery::v1 as delivery;
use proto::followup::v1::{FollowUp, ListFollowUpsRequest, ListNoticesRequest, NoticeKind};
use proto::ledger::v1::MoveClockRequest;
use proto::resolution::v1 as resolution;
use proto::resolution::v1::{Item, ItemEntryKind};
use tests::{Client, Mode, Receiver, Sandbox, command, registration, until};
use tonic::Code;

/// What waits for the leaders of a department, as somebody sees it.
async fn waiting(client: &Client, leader_code: &str, position: u64) -> anyhow::Result<Vec<FollowUp>> {
    let ask = ListFollowUpsRequest {
        leader_code: Some(leader_code.into()),
        at_least_position: position,
        ..Default::default()
    };
    Ok(client.call(ask).await?.follow_ups)
}

/// Waits for a letter to somebody that says this.
async fn letter(mailbox: &Receiver, to: &str, says: &str) {
    until("the letter", async || {
        let all = mailbox.received().ok()?;
        let said = |letter: &serde_json::Value| {
            let text = |field: &str| letter[field].as_str().unwrap_or_default().to_owned();
            letter["to"][0] == to && (text("subject") + &text("text")).contains(says)
        };
        all.iter().any(said).then_some(())
    })
    .await;
}

/// Somebody who leads a department above the lead of a late item, and that lead, both with mail.
struct Told {
    mayor: Client,
    lead: Client,
    supervisor: Client,
    item: Item,
}

/// WATER below CITY, and an item that WATER owes and ROADS supports.
async fn given(sandbox: &Sandbox) -> anyhow::Result<Told> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["CITY", "PARKS", "EDUCATION"] {
        clerk.register_department(department).await?;
    }
    let mut placed = registration("WATER", "WATER");
    placed.department.as_mut().context("a department")?.parent_code = Some("CITY".into());
    sandbox.client(Role::Operator, None).await?.call(placed).await?;
    let mayor = member(sandbox, "zhou", Role::Leader, "CITY").await?;
    subscribe_by_mail(&mayor, delivery::MailLanguage::English).await?;
    let digest = delivery::SubscriptionTerms {
        name: "Each morning".into(),
        mail_language: Some(delivery::MailLanguage::Chinese.into()),
        digest_hour: Some(8),
        ..Default::default()
    };
    mayor.call(delivery::DefineSubscriptionRequest { terms: Some(digest), ..command() }).await?;
    let lead = member(sandbox, "li", Role::DepartmentLead, "WATER").await?;
    subscribe_by_mail(&lead, delivery::MailLanguage::English).await?;
    let mut record = trees_to_count();
    record.items[0].lead_code = "WATER".into();
    record.items[0].co_responsible_codes = vec!["ROADS".into()];
    let supervisor = sandbox.client(Role::Supervisor, Some("PARKS")).await?;
    let at_least_position = supervisor.call(record).await?.position;
    let list = resolution::ListItemsRequest { at_least_position, ..Default::default() };
    let item = supervisor.call(list).await?.items.pop().context("an item")?;
    Ok(Told { mayor, lead, supervisor, item })
}

async fn the_leadership_is_told_and_takes_note_on_record(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let sandbox = founded_with(mode, settings).await?;
    let Told { mayor, lead, supervisor, item } = given(&sandbox).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    ensure!(waiting(&mayor, "CITY", 0).await?.is_empty(), "nothing is late");

    // When it is late for seven working days
    let clock_at = Some(Client::moment("2027-03-18T01:30:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    let notices = ListNoticesRequest {
        kinds: vec![NoticeKind::EscalatedToLeadership.into()],
        item_id: Some(item.item_id.clone()),
        ..Default::default()
    };
    let told = until("the escalation", async || mayor.call(notices.clone()).await.ok()?.notices.pop()).await;
    ensure!(told.addressee == "leadership", "{told:?}");

    // Then the leaders of WATER, and of what is above it, have it before them, and are told by letter and digest
    let of_city = waiting(&mayor, "CITY", told.position).await?;
    ensure!(
        of_city.len() == 1 && of_city[0].item_id == item.item_id && !of_city[0].instructed,
        "{of_city:?}"
    );
    letter(&mailbox, "zhou@city.example", "the leadership is told").await;
    let clock_at = Some(Client::moment("2027-03-19T00:30:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;
    letter(&mailbox, "zhou@city.example", "已升级至领导，待批示").await;
    // and the leaders of others do not: of whoever supports it, of strangers, and of nobody
    let instruct = |text: &str| resolution::InstructItemRequest {
        item_id: item.item_id.clone(),
        text: text.into(),
        ..command()
    };
    for (department, why) in
        [("ROADS", "only CITY, WATER may do this; you speak for ROADS"), ("EDUCATION", "not exist")]
    {
        let other = sandbox.client(Role::Leader, Some(department)).await?;
        ensure!(waiting(&other, department, told.position).await?.is_empty(), "{department}");
        let refused = other.call(instruct("Mine")).await.unwrap_err();
        ensure!(refused.message().contains(why), "{refused:?}");
    }
    ensure!(waiting(&sandbox.client(Role::Leader, None).await?, "CITY", told.position).await?.is_empty());
    ensure!(supervisor.call(instruct("Mine")).await.unwrap_err().code() == Code::PermissionDenied);

    // When the mayor says what there is to say, twice by one command
    let words = instruct("先保居民用水，四月底前办结");
    let position = mayor.call(words.clone()).await?.position;
    ensure!(mayor.call(words).await?.position == position);

    // Then it is in the story, after the escalation; the lead is told; and nothing waits for leaders.
    let get = resolution::GetItemRequest {
        item_id: item.item_id.clone(),
        at_least_position: position,
        ..Default::default()
    };
    let history = lead.call(get).await?.history;
    let at = |kind: ItemEntryKind| history.iter().rposition(|entry| entry.kind() == kind);
    let said = at(ItemEntryKind::Instructed).context("an instruction")?;
    ensure!(at(ItemEntryKind::EscalatedToLeadership) < Some(said), "{history:?}");
    ensure!(history[said].text.as_deref() == Some("先保居民用水，四月底前办结"), "{history:?}");
    ensure!(history[said].department_code.as_deref() == Some("CITY") && history[said].subject == "zhou");
    letter(&mailbox, "li@water.example", "a leader gave an instruction").await;
    until("nothing waits", async || waiting(&mayor, "CITY", position).await.ok()?.is_empty().then_some(()))
        .await;
    Ok(())
}
in_both_modes!(the_leadership_is_told_and_takes_note_on_record);
