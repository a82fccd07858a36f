//! Robots of WeCom, DingTalk and Feishu: what they are told, signed as each checks it, and no faster than they take it.

use crate::delivery::{founded, request_session};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use journal::personal::{ValueKey, ValueKeys, open_disclosed};
use proto::delivery::v1 as pb;
use serde_json::Value;
use tests::{Client, Mode, Receiver, command, until};

const SECRET: &str = "SEC0f1e2d";

fn terms(kind: pb::RobotKind, url: String, secret: Option<&str>) -> pb::SubscriptionTerms {
    pb::SubscriptionTerms {
        name: "Group".into(),
        contexts: vec!["scheduling".into()],
        types: vec!["huishang.scheduling.events.v1.SessionRequested".into()],
        robot: Some(kind.into()),
        robot_url: Some(url),
        robot_secret: secret.map(str::to_owned),
        robot_language: Some(pb::MailLanguage::Chinese.into()),
        ..Default::default()
    }
}

async fn define(client: &Client, terms: pb::SubscriptionTerms) -> anyhow::Result<pb::Subscription> {
    let defined = client.call(pb::DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    defined.subscription.context("it is shown")
}

/// The messages that a robot has said so far.
fn said_by(receiver: &Receiver, robot: &str) -> anyhow::Result<Vec<Value>> {
    Ok(receiver.received()?.into_iter().filter(|one| one["robot"] == robot).collect())
}

async fn a_robot_says_what_happens(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = founded(mode).await?;
    let (open, signed) = (Receiver::robots()?, Receiver::robots()?);
    signed.set_secret(SECRET)?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let wecom = open.url_of("/cgi-bin/webhook/send?key=1f");
    let dingtalk = signed.url_of("/robot/send?access_token=1f");
    let feishu = signed.url_of("/open-apis/bot/v2/hook/1f");
    define(&water, terms(pb::RobotKind::Wecom, wecom, None)).await?;
    let defined = define(&water, terms(pb::RobotKind::Dingtalk, dingtalk.clone(), Some(SECRET))).await?;
    define(&water, terms(pb::RobotKind::Feishu, feishu, Some(SECRET))).await?;
    // Nobody reads the secret again, and others do not even see the address.
    ensure!(!format!("{defined:?}").contains(SECRET), "{defined:?}");
    let get =
        pb::GetSubscriptionRequest { subscription_id: defined.subscription_id.clone(), ..Default::default() };
    let shown = sandbox.client(Role::Operator, None).await?.call(get).await?.subscription;
    let url = shown.and_then(|shown| shown.terms).and_then(|terms| terms.robot_url);
    ensure!(url == Some(signed.url_of("")), "{url:?}");

    // Nor do those who read the log, as records, as events, or to check what was said.
    for role in [Role::Auditor, Role::Operator] {
        let reader = sandbox.client(role, None).await?;
        let records = reader.whole_log().await?;
        let events = reader.call(proto::ledger::v1::ReadEventsRequest::default()).await?;
        let mut read = format!("{records:?}{events:?}").into_bytes();
        for record in &records {
            let disclose = proto::ledger::v1::DiscloseRecordRequest { position: record.position };
            let disclosed = reader.call(disclose).await?;
            let keys = disclosed.value_keys.into_iter().filter_map(|value| {
                Some((value.salt.try_into().ok()?, ValueKey(value.key.try_into().ok()?)))
            });
            read.extend(open_disclosed(&disclosed.payload, &keys.collect::<ValueKeys>()).payload);
        }
        let has = |text: &str| read.windows(text.len()).any(|part| part == text.as_bytes());
        ensure!(has("SubscriptionDefined") && !has(SECRET) && !has("access_token"), "{role:?}");
    }

    // A robot that had too many messages is asked again, and gets one at a time.
    open.answer(&[429])?;
    request_session(&sandbox, "The drain").await?;
    request_session(&sandbox, "The dam").await?;
    for (receiver, robot) in [(&open, "wecom"), (&signed, "dingtalk"), (&signed, "feishu")] {
        let said =
            until("both messages", async || said_by(receiver, robot).ok().filter(|said| said.len() == 2))
                .await;
        ensure!(
            said.iter().all(|one| one["text"].as_str().is_some_and(|text| text.contains("台账事件"))),
            "{said:?}"
        );
        let apart = said[1]["at"].as_f64().unwrap_or(0.0) - said[0]["at"].as_f64().unwrap_or(0.0);
        ensure!(apart >= if robot == "feishu" { 0.9 } else { 2.9 }, "{robot}: {apart} s");
    }
    ensure!(open.declined()?.len() == 1 && signed.refused()?.is_empty(), "{:?}", signed.refused()?);

    // Whoever changes the rest keeps the secret; a refusal in an answer of status 200 is no delivery.
    let renamed =
        pb::SubscriptionTerms { name: "Another".into(), ..terms(pb::RobotKind::Dingtalk, dingtalk, None) };
    let subscription_id = defined.subscription_id;
    let change = pb::ChangeSubscriptionRequest {
        subscription_id: subscription_id.clone(),
        terms: Some(renamed),
        ..command()
    };
    water.call(change).await?;
    request_session(&sandbox, "The weir").await?;
    until("the third message", async || (said_by(&signed, "dingtalk").ok()?.len() == 3).then_some(())).await;
    signed.set_secret("another")?;
    request_session(&sandbox, "The lock").await?;
    let refused = until("the refusal", async || {
        let list = pb::ListDeliveriesRequest {
            subscription_id: Some(subscription_id.clone()),
            stage: Some(pb::DeliveryStage::Pending.into()),
            ..Default::default()
        };
        water.call(list).await.ok()?.deliveries.into_iter().find(|one| one.attempts > 0)
    })
    .await;
    ensure!(refused.answer.contains("sign not match"), "{refused:?}");
    // Neither secret nor token is in any log.
    for name in sandbox.process_names() {
        let log = sandbox.process(&name).log();
        ensure!(!log.contains(SECRET) && !log.contains("access_token"), "{name}: {log}");
    }
    Ok(())
}
in_both_modes!(a_robot_says_what_happens);

async fn a_key_that_no_robot_has_ends_the_subscription(mode: Mode) -> anyhow::Result<()> {
    let sandbox = founded(mode).await?;
    let robots = Receiver::robots()?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let url = robots.url_of("/cgi-bin/webhook/send?key=2f");
    let defined = define(&water, terms(pb::RobotKind::Wecom, url, None)).await?;
    request_session(&sandbox, "The drain").await?;
    let stage = until("the end", async || {
        let id = defined.subscription_id.clone();
        let get = pb::GetSubscriptionRequest { subscription_id: id, ..Default::default() };
        let stage = water.call(get).await.ok()?.subscription?.stage();
        (stage != pb::SubscriptionStage::On).then_some(stage)
    })
    .await;
    ensure!(stage == pb::SubscriptionStage::ReceiverGone, "{stage:?}");
    request_session(&sandbox, "The dam").await?;
    let refused = robots.refused()?;
    ensure!(refused.len() == 1 && refused[0]["said"]["errcode"] == 93000, "{refused:?}");
    Ok(())
}
in_both_modes!(a_key_that_no_robot_has_ends_the_subscription);

async fn what_no_robot_takes_is_refused(mode: Mode) -> anyhow::Result<()> {
    let sandbox = founded(mode).await?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let url = || "https://robot.example/send".to_owned();
    let inside = "https://169.254.169.254/send".to_owned();
    let bare = pb::SubscriptionTerms { robot_url: None, ..terms(pb::RobotKind::Feishu, url(), None) };
    let twice =
        pb::SubscriptionTerms { webhook_url: Some(url()), ..terms(pb::RobotKind::Feishu, url(), None) };
    for (refused, field) in [
        (terms(pb::RobotKind::Wecom, url(), Some("1")), "terms.robot_secret"),
        (terms(pb::RobotKind::Feishu, inside, None), "terms.robot_url"),
        (bare, "terms.robot"),
        (twice, "terms.webhook_url"),
    ] {
        let why = define(&water, refused).await.err().context("it is refused")?;
        let status = why.downcast_ref::<tonic::Status>().context("a refusal")?;
        ensure!(Client::violations(status) == [field], "{status}");
    }
    Ok(())
}
in_both_modes!(what_no_robot_takes_is_refused);
