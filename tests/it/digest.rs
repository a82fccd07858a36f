//! One letter each working day of what waits and what became late, and none when there is nothing.

use crate::delivery::token_of;
use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::delivery::v1 as pb;
use proto::directory::v1 as directory;
use proto::ledger::v1::MoveClockRequest;
use proto::resolution::v1 as resolution;
use serde_json::Value;
use std::collections::BTreeSet;
use tests::{Client, Mode, Receiver, Sandbox, SandboxConfig, command, until};

/// Somebody by their name, whom the directory has, with a digest at eight o'clock.
async fn subscriber(
    sandbox: &Sandbox,
    name: &str,
    department: &str,
    language: pb::MailLanguage,
) -> anyhow::Result<()> {
    let clerk = sandbox.client(Role::Clerk, Some(department)).await?;
    let member = directory::Member {
        code: name.to_owned(),
        name: name.to_owned(),
        department_code: department.to_owned(),
        email: Some(format!("{name}@city.example")),
        roles: vec![],
    };
    clerk.call(directory::RegisterMemberRequest { member: Some(member), ..command() }).await?;
    let token = token_of(sandbox, name, Role::DepartmentLead, department, 3600)?;
    let terms = pb::SubscriptionTerms {
        name: "Each morning".into(),
        mail_language: Some(language.into()),
        digest_hour: Some(8),
        ..Default::default()
    };
    let define = pb::DefineSubscriptionRequest { terms: Some(terms), ..command() };
    sandbox.client_with_token(&token).await?.call(define).await?;
    Ok(())
}

async fn move_clock(operator: &Client, to: &str) -> anyhow::Result<()> {
    let clock_at = Some(Client::moment(to));
    operator.call_patiently(MoveClockRequest { clock_at, ..command() }).await?;
    Ok(())
}

/// Waits for the letter of a day to somebody.
async fn letter(mailbox: &Receiver, to: &str, day: &str) -> Value {
    until("the letter", async || {
        let all = mailbox.received().ok()?;
        let is_it = |letter: &Value| {
            letter["to"][0] == to && letter["subject"].as_str().is_some_and(|text| text.contains(day))
        };
        all.into_iter().find(is_it)
    })
    .await
}

async fn what_waits_is_said_once_a_day(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let mut sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS", "PARKS"] {
        clerk.register_department(department).await?;
    }
    clerk.define_body("BODY", "WATER", "WATER").await?;
    subscriber(&sandbox, "li", "WATER", pb::MailLanguage::Chinese).await?;
    subscriber(&sandbox, "ma", "ROADS", pb::MailLanguage::English).await?;
    subscriber(&sandbox, "chen", "PARKS", pb::MailLanguage::English).await?;
    let item = |lead: &str| resolution::ItemToRecord {
        title: format!("Count the trees of {lead}"),
        deliverable: "A list".into(),
        criterion: "Nothing is missing".into(),
        lead_code: lead.to_owned(),
        due: Some(resolution::DueRule { rule: Some(resolution::due_rule::Rule::AfterWorkingDays(5)) }),
        ..Default::default()
    };
    let record = resolution::RecordResolutionRequest {
        body_code: "BODY".into(),
        title: "Trees".into(),
        text: "The trees are counted.".into(),
        decided_on: "2027-03-01".into(),
        source: "Bulletin 1".into(),
        items: vec![item("WATER"), item("ROADS")],
        ..command()
    };
    sandbox.client(Role::Supervisor, Some("PARKS")).await?.call(record).await?;
    let operator = sandbox.client(Role::Operator, None).await?;

    // On Tuesday, each has what waits for them and nothing of the other's, in their language. The server is busy once.
    mailbox.answer(&[451])?;
    move_clock(&operator, "2027-03-02T00:30:00Z").await?;
    let chinese = letter(&mailbox, "li@city.example", "2027-03-02").await;
    let text = chinese["text"].as_str().unwrap_or_default();
    ensure!(chinese["subject"] == "会商系统 2027-03-02 摘要：待办 1 件，新逾期 0 件", "{chinese}");
    ensure!(text.contains("trees of WATER：待签收") && !text.contains("ROADS"), "{text}");
    let english = letter(&mailbox, "ma@city.example", "2027-03-02").await;
    let text = english["text"].as_str().unwrap_or_default();
    ensure!(text.contains("trees of ROADS: to be acknowledged by") && !text.contains("WATER"), "{text}");

    // A week later both are late. However often the service restarts, it is said once.
    move_clock(&operator, "2027-03-09T00:30:00Z").await?;
    let late = letter(&mailbox, "ma@city.example", "2027-03-09").await;
    ensure!(late["subject"] == "Huishang, 2027-03-09: 1 wait for you, 1 became late", "{late}");
    letter(&mailbox, "li@city.example", "2027-03-09").await;
    let sender = sandbox.process_of("delivery");
    sandbox.restart(sender)?;
    move_clock(&operator, "2027-03-09T06:00:00Z").await?;
    // The next one comes after whatever would have been said again.
    move_clock(&operator, "2027-03-10T00:30:00Z").await?;
    let next = letter(&mailbox, "ma@city.example", "2027-03-10").await;
    letter(&mailbox, "li@city.example", "2027-03-10").await;
    ensure!(next["subject"] == "Huishang, 2027-03-10: 1 wait for you, 0 became late", "{next}");
    // Whoever is killed between sending a letter and noting it sends it again under the id that it had.
    let all = mailbox.received()?;
    let of = |to: &str| {
        let letters = all.iter().filter(|letter| letter["to"][0] == to);
        letters.map(|letter| letter["id"].to_string()).collect::<BTreeSet<_>>().len()
    };
    ensure!((of("li@city.example"), of("ma@city.example")) == (3, 3), "{all:?}");
    ensure!(of("chen@city.example") == 0, "nothing waits there: {all:?}");
    Ok(())
}
in_both_modes!(what_waits_is_said_once_a_day);
