//! A supervisor, a lead and a helper are told what they must know, by letter and by webhook, and of nothing else.

use crate::delivery::{founded_with, member, subscribe_by_mail, trees_to_count};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::delivery::v1 as pb;
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::resolution::v1 as resolution;
use std::collections::BTreeSet;
use tests::{Client, Mode, Receiver, Sandbox, command, until};

/// The title of what the lead owes and the helper helps with, and of what somebody else owes.
const TREES: &str = "Count the trees";
const SCHOOL: &str = "Paint the school";

/// Somebody who subscribed by mail and with a receiver of webhooks.
struct Person {
    address: String,
    client: Client,
    receiver: Receiver,
}

impl Person {
    async fn subscribed(
        sandbox: &Sandbox,
        name: &str,
        role: Role,
        department: &str,
    ) -> anyhow::Result<Person> {
        let client = member(sandbox, name, role, department).await?;
        subscribe_by_mail(&client, pb::MailLanguage::English).await?;
        let receiver = Receiver::start()?;
        let terms = pb::SubscriptionTerms {
            name: "Registry".into(),
            contexts: vec!["followup".into(), "resolution".into()],
            webhook_url: Some(receiver.url()),
            ..Default::default()
        };
        let defined = client.call(pb::DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
        receiver.set_secret(&defined.secret)?;
        let address = format!("{name}@{department}.example").to_lowercase();
        Ok(Person { address, client, receiver })
    }

    /// What the feed has for them after a position.
    async fn feed(&self, after_position: u64) -> anyhow::Result<BTreeSet<String>> {
        let contexts = vec!["followup".into(), "resolution".into()];
        let ask = ReadEventsRequest { after_position, contexts, ..Default::default() };
        Ok(self.client.call(ask).await?.events.into_iter().map(|event| event.event_id).collect())
    }

    /// The events that their receiver got, with what they are about.
    fn received(&self) -> anyhow::Result<(BTreeSet<String>, BTreeSet<String>)> {
        let all = self.receiver.received()?;
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let ids = all.iter().map(|one| text(&one["id"])).collect();
        Ok((ids, all.iter().map(|one| text(&one["event"]["subject"])).collect()))
    }

    /// The letters that they got about something.
    fn letters(&self, mailbox: &Receiver, title: &str) -> anyhow::Result<usize> {
        let all = mailbox.received()?;
        let own = all.iter().filter(|letter| letter["to"][0] == self.address.as_str());
        Ok(own.filter(|letter| letter["subject"].as_str().is_some_and(|text| text.contains(title))).count())
    }
}

/// Puts on record what a department owes; returns the item's id.
async fn owed(supervisor: &Client, title: &str, lead: &str) -> anyhow::Result<String> {
    let mut record = trees_to_count();
    record.items[0].title = title.into();
    record.items[0].lead_code = lead.into();
    let at_least_position = supervisor.call(record).await?.position;
    let list = resolution::ListItemsRequest { at_least_position, ..Default::default() };
    let items = supervisor.call(list).await?.items;
    let found = items.into_iter().find(|item| item.title == title).context("the item")?;
    Ok(found.item_id)
}

async fn whoever_must_know_is_told_and_nobody_else(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
        ("HUISHANG_DELIVERY__ALLOW_HTTP", "true".to_owned()),
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let sandbox = founded_with(mode, settings).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["PARKS", "EDUCATION"] {
        clerk.register_department(department).await?;
    }
    let lead = Person::subscribed(&sandbox, "li", Role::DepartmentLead, "WATER").await?;
    let helper = Person::subscribed(&sandbox, "chen", Role::DepartmentLead, "ROADS").await?;
    let supervisor = Person::subscribed(&sandbox, "wang", Role::Supervisor, "PARKS").await?;
    let other = Person::subscribed(&sandbox, "zhou", Role::DepartmentLead, "EDUCATION").await?;
    let begin = clerk.call(proto::ledger::v1::GetHeadRequest {}).await?.position;

    // The lead is stuck and asks for help; another department owes something else; both become late.
    let trees = owed(&supervisor.client, TREES, "WATER").await?;
    let school = owed(&supervisor.client, SCHOOL, "EDUCATION").await?;
    lead.client.call(resolution::AcknowledgeItemRequest { item_id: trees.clone(), ..command() }).await?;
    let block = resolution::ReportBlockageRequest {
        item_id: trees.clone(),
        reason: "The road is closed".into(),
        help_from_code: "ROADS".into(),
        ..command()
    };
    lead.client.call(block).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let clock_at = Some(Client::moment("2027-03-09T01:00:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;

    let late = |title: &'static str| format!("\"{title}\" was due on 2027-03-08, and is late");
    for (person, titles) in [
        (&lead, vec![TREES]),
        (&helper, vec![TREES]),
        (&supervisor, vec![TREES, SCHOOL]),
        (&other, vec![SCHOOL]),
    ] {
        for title in titles {
            until("the letter", async || (person.letters(&mailbox, &late(title)).ok()? == 1).then_some(()))
                .await;
        }
    }
    // What comes after all of it has reached everybody, and nothing else has.
    clerk.register_department("LAST").await?;
    for (person, hidden) in [(&lead, SCHOOL), (&helper, SCHOOL), (&other, TREES)] {
        until("the last letter", async || {
            (person.letters(&mailbox, "DepartmentRegistered").ok()? > 0).then_some(())
        })
        .await;
        ensure!(person.letters(&mailbox, hidden)? == 0, "{}", person.address);
    }

    // Receivers have exactly what the feed has for their subscribers.
    for person in [&lead, &supervisor, &other] {
        until("all events", async || {
            let feed = person.feed(begin).await.ok()?;
            (!feed.is_empty() && person.received().ok()?.0 == feed).then_some(())
        })
        .await;
    }
    let subjects = |person: &Person| Ok::<_, anyhow::Error>(person.received()?.1);
    ensure!(subjects(&lead)?.contains(&trees) && !subjects(&lead)?.contains(&school));
    ensure!(subjects(&other)?.contains(&school) && !subjects(&other)?.contains(&trees));
    ensure!(subjects(&supervisor)?.is_superset(&BTreeSet::from([trees.clone(), school])));
    // Who was asked for help hears of it from then on.
    let (heard, about) = helper.received()?;
    ensure!(about == BTreeSet::from([trees]) && heard.is_subset(&helper.feed(begin).await?), "{about:?}");
    let refused = [&lead, &helper, &supervisor, &other].map(|person| person.receiver.refused());
    ensure!(refused.into_iter().all(|refused| refused.is_ok_and(|refused| refused.is_empty())));
    Ok(())
}
in_both_modes!(whoever_must_know_is_told_and_nobody_else);
