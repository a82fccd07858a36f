//! Webhooks and mail: who gets what, signed and in order, whatever dies meanwhile.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::delivery::v1 as pb;
use proto::directory::v1 as directory;
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::resolution::v1 as resolution;
use proto::scheduling::v1 as scheduling;
use serde_json::Value;
use service_kit::config::Config;
use service_kit::identity::{Claims, SigningKey};
use std::collections::BTreeMap;
use tests::{Client, Mode, Receiver, Sandbox, SandboxConfig, command, outline, until};

/// The type of the event that a request of a session makes.
pub const REQUESTED: &str = "huishang.scheduling.events.v1.SessionRequested";

/// An installation that may send to this machine, with two departments and the body that WATER makes up.
pub async fn founded(mode: Mode) -> anyhow::Result<Sandbox> {
    let settings =
        [("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8"), ("HUISHANG_DELIVERY__ALLOW_HTTP", "true")];
    founded_with(mode, settings.map(|(name, value)| (name, value.to_owned())).to_vec()).await
}

/// A resolution of BODY that WATER counts the trees within five working days.
pub fn trees_to_count() -> resolution::RecordResolutionRequest {
    let item = resolution::ItemToRecord {
        title: "Count the trees".into(),
        deliverable: "A list".into(),
        criterion: "Nothing is missing".into(),
        lead_code: "WATER".into(),
        due: Some(resolution::DueRule { rule: Some(resolution::due_rule::Rule::AfterWorkingDays(5)) }),
        ..Default::default()
    };
    resolution::RecordResolutionRequest {
        body_code: "BODY".into(),
        title: "Trees".into(),
        text: "The trees are counted.".into(),
        decided_on: "2027-03-01".into(),
        source: "Bulletin 1".into(),
        items: vec![item],
        ..command()
    }
}

pub async fn founded_with(mode: Mode, settings: Vec<(&'static str, String)>) -> anyhow::Result<Sandbox> {
    let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.define_body("BODY", "WATER", "WATER").await?;
    Ok(sandbox)
}

/// Subscribes somebody to the events of sessions and departments that come from now on.
pub async fn subscribe(client: &Client, receiver: &Receiver) -> anyhow::Result<pb::Subscription> {
    let terms = pb::SubscriptionTerms {
        name: "Registry".into(),
        contexts: vec!["scheduling".into(), "directory".into()],
        webhook_url: Some(receiver.url()),
        ..Default::default()
    };
    let define = pb::DefineSubscriptionRequest { terms: Some(terms), ..command() };
    let defined = client.call(define).await?;
    receiver.set_secret(&defined.secret)?;
    defined.subscription.context("it is shown")
}

pub async fn request_session(sandbox: &Sandbox, title: &str) -> anyhow::Result<String> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let outline = Some(outline(title, "WATER"));
    let requested = clerk.call_patiently(scheduling::RequestSessionRequest { outline, ..command() }).await?;
    Ok(requested.session.context("it is shown")?.session_id)
}

/// Waits until a receiver has accepted an event of something.
pub async fn received(receiver: &Receiver, kind: &str, subject: Option<&str>) -> anyhow::Result<Value> {
    let found = until("the event", async || {
        let all = receiver.received().ok()?;
        all.into_iter().find(|one| {
            one["event"]["type"] == kind && subject.is_none_or(|subject| one["event"]["subject"] == subject)
        })
    });
    Ok(found.await)
}

async fn each_subscriber_gets_what_it_may_see_signed(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = founded(mode).await?;
    let (of_water, of_roads) = (Receiver::start()?, Receiver::start()?);
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    subscribe(&water, &of_water).await?;
    subscribe(&roads, &of_roads).await?;

    let session = request_session(&sandbox, "The drain").await?;
    let got = received(&of_water, REQUESTED, Some(&session)).await?;
    // The body is what the feed has, and the signature holds for it.
    let http = sandbox.http(Role::Delegate, Some("WATER"))?;
    let position: u64 = got["position"].as_str().context("a position")?.parse()?;
    let feed = http.get(&format!("/v1/events?afterPosition={}", position - 1)).await?;
    ensure!(got["event"] == feed.json()["events"][0], "{got}\n{}", feed.text());
    ensure!(got["id"] == got["event"]["id"] && got["path"] == "/hook", "{got}");
    // It says what happened to what, and nothing of its content.
    ensure!(!got.to_string().contains("The drain"), "{got}");
    let signature = got["signature"].as_str().context("a signature")?;
    ensure!(signature.starts_with("v1,") && signature.contains(" v1a,"), "{signature}");

    // What comes after the session is there, and the session is not.
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("PARKS").await?;
    received(&of_roads, "huishang.directory.events.v1.DepartmentRegistered", None).await?;
    let heard = of_roads.received()?;
    ensure!(heard.iter().all(|one| one["event"]["subject"] != session), "{heard:?}");
    ensure!(of_water.refused()?.is_empty() && of_roads.refused()?.is_empty());
    Ok(())
}
in_both_modes!(each_subscriber_gets_what_it_may_see_signed);

async fn nothing_is_lost_or_out_of_order_when_sender_and_receiver_are_killed(
    mode: Mode,
) -> anyhow::Result<()> {
    const SESSIONS: usize = 6;
    let mut sandbox = founded(mode).await?;
    let mut receiver = Receiver::start()?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let subscription = subscribe(&supervisor, &receiver).await?;
    let sender = sandbox.process_of("delivery");
    let mut last = String::new();
    for round in 0..SESSIONS {
        if round == 2 {
            receiver.kill()?;
        }
        last = request_session(&sandbox, &format!("Matter {round}")).await?;
        let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
        let screen = scheduling::ScreenSessionRequest { session_id: last.clone(), ..command() };
        clerk.call_patiently(screen).await?;
        if round % 2 == 1 {
            sandbox.restart(sender)?;
        }
        if round == 3 {
            receiver.start_again()?;
        }
    }
    received(&receiver, "huishang.scheduling.events.v1.SessionScreened", Some(&last)).await?;
    let after = subscription.delivered_position;
    let expected = until("all events", async || {
        let ask = ReadEventsRequest {
            after_position: after,
            contexts: vec!["scheduling".into(), "directory".into()],
            ..Default::default()
        };
        let events = supervisor.call(ask).await.ok()?.events;
        let wanted: Vec<String> = events.into_iter().map(|event| event.event_id).collect();
        let got = receiver.received().ok()?;
        let has = |id: &String| got.iter().any(|one| one["id"] == id.as_str());
        (wanted.len() >= 2 * SESSIONS && wanted.iter().all(has)).then_some(wanted)
    })
    .await;

    // Repeats have equal ids and equal bodies; the first of each came in the order of its thing.
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut of_thing: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for one in receiver.received()? {
        let id = one["id"].as_str().context("an id")?.to_owned();
        let body = one["body"].as_str().context("a body")?.to_owned();
        match first.get(&id) {
            Some(before) => ensure!(*before == body, "{before}\n{body}"),
            None => {
                first.insert(id, body);
                let subject = one["event"]["subject"].to_string();
                let position = one["position"].as_str().context("a position")?.parse()?;
                of_thing.entry(subject).or_default().push(position);
            }
        }
    }
    ensure!(first.len() == expected.len(), "{first:?}\n{expected:?}");
    ensure!(of_thing.values().all(|positions| positions.is_sorted()), "{of_thing:?}");
    Ok(())
}
in_both_modes!(nothing_is_lost_or_out_of_order_when_sender_and_receiver_are_killed);

async fn stage_of(client: &Client, id: &str) -> Option<pb::SubscriptionStage> {
    let get = pb::GetSubscriptionRequest { subscription_id: id.to_owned(), ..Default::default() };
    Some(client.call(get).await.ok()?.subscription?.stage())
}

async fn a_receiver_says_what_becomes_of_it(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = founded(mode).await?;
    let receiver = Receiver::start()?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let subscription_id = subscribe(&water, &receiver).await?.subscription_id;
    // A redirect leads nowhere, and a receiver that is busy is asked again.
    receiver.answer(&[302])?;
    let session = request_session(&sandbox, "The drain").await?;
    let first = received(&receiver, REQUESTED, Some(&session)).await?;
    // A request makes two events, of a session and of its matter, that come at once: either may be the redirected one.
    let declined = until("the redirect", async || receiver.declined().ok()?.pop()).await;
    let declined = declined["id"].as_str().context("an id")?.to_owned();
    let listed = until("the delivery", async || {
        let list = pb::ListDeliveriesRequest {
            subscription_id: Some(subscription_id.clone()),
            stage: Some(pb::DeliveryStage::Delivered.into()),
            ..Default::default()
        };
        let deliveries = water.call(list).await.ok()?.deliveries;
        deliveries.into_iter().find(|one| one.event_id == declined)
    })
    .await;
    ensure!((listed.attempts, listed.status) == (2, Some(200)), "{listed:?}");
    ensure!(listed.answer == "status 200\n", "{listed:?}");
    let declined = receiver.declined()?;
    ensure!(declined.len() == 1 && declined[0]["path"] == "/hook", "{declined:?}");

    // The secret before a new one is good for a while.
    let rotate =
        pb::RotateSubscriptionSecretRequest { subscription_id: subscription_id.clone(), ..command() };
    let rotated = water.call(rotate).await?;
    let second = request_session(&sandbox, "The dam").await?;
    received(&receiver, REQUESTED, Some(&second)).await?;
    receiver.set_secret(&rotated.secret)?;
    let third = request_session(&sandbox, "The weir").await?;
    received(&receiver, REQUESTED, Some(&third)).await?;
    ensure!(receiver.refused()?.is_empty(), "{:?}", receiver.refused()?);

    // A replay has the same ids.
    let before = receiver.received()?;
    let replay = pb::ReplaySubscriptionRequest { subscription_id: subscription_id.clone(), ..command() };
    water.call(replay).await?;
    let again = until("all of it again", async || {
        let again = receiver.received().ok()?.split_off(before.len());
        before.iter().all(|one| again.iter().any(|other| other["id"] == one["id"])).then_some(again)
    })
    .await;
    let again = again.iter().find(|one| one["id"] == first["id"]).context("the event again")?;
    ensure!(again["body"] == first["body"], "{again}");
    let times = || {
        let all = receiver.received().ok()?;
        Some(all.iter().filter(|one| one["id"] == first["id"]).count())
    };
    let before = times().context("what was received")?;
    let event_id = first["id"].as_str().unwrap_or_default().to_owned();
    let resend =
        pb::ResendDeliveryRequest { subscription_id: subscription_id.clone(), event_id, ..command() };
    water.call(resend).await?;
    until("the event once more", async || (times()? > before).then_some(())).await;

    // One that is gone for good is left alone, until its subscriber says otherwise.
    receiver.answer(&[410])?;
    let last = request_session(&sandbox, "The lock").await?;
    until("the end", async || {
        (stage_of(&water, &subscription_id).await? == pb::SubscriptionStage::ReceiverGone).then_some(())
    })
    .await;
    water
        .call(pb::SwitchOnSubscriptionRequest { subscription_id: subscription_id.clone(), ..command() })
        .await?;
    received(&receiver, REQUESTED, Some(&last)).await?;
    // Neither the secret nor the path, which may be one, is in any log.
    for name in sandbox.process_names() {
        let log = sandbox.process(&name).log();
        ensure!(!log.contains(&rotated.secret) && !log.contains("/hook"), "{name}: {log}");
    }
    Ok(())
}
in_both_modes!(a_receiver_says_what_becomes_of_it);

async fn a_subscription_is_its_subscribers_own(mode: Mode) -> anyhow::Result<()> {
    let sandbox = founded(mode).await?;
    let receiver = Receiver::start()?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let subscription_id = subscribe(&water, &receiver).await?.subscription_id;
    let get =
        || pb::GetSubscriptionRequest { subscription_id: subscription_id.clone(), ..Default::default() };
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let refused = roads.call(get()).await.err().context("it is not theirs")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_FOUND"), "{refused}");
    let withdraw =
        || pb::WithdrawSubscriptionRequest { subscription_id: subscription_id.clone(), ..command() };
    let refused = roads.call(withdraw()).await.err().context("it is not theirs")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_FOUND"), "{refused}");
    // An operator sees where it leads, but not what may be a secret in the URL, and can end it.
    let operator = sandbox.client(Role::Operator, None).await?;
    let shown = operator.call(get()).await?.subscription.context("it is shown")?;
    let url = shown.terms.and_then(|terms| terms.webhook_url).unwrap_or_default();
    ensure!(format!("{url}/hook") == receiver.url(), "{url}");
    operator.call(withdraw()).await?;
    let list = pb::ListSubscriptionsRequest {
        at_least_position: operator.call(proto::ledger::v1::GetHeadRequest {}).await?.position,
        ..Default::default()
    };
    ensure!(operator.call(list).await?.subscriptions.is_empty());
    // What leads to where nobody may send is refused at once.
    let terms = pb::SubscriptionTerms {
        name: "Inside".into(),
        webhook_url: Some("https://169.254.169.254/latest".into()),
        ..Default::default()
    };
    let define = pb::DefineSubscriptionRequest { terms: Some(terms), ..command() };
    let refused = water.call(define).await.err().context("it is not public")?;
    ensure!(Client::violations(&refused) == ["terms.webhook_url"], "{refused}");
    Ok(())
}
in_both_modes!(a_subscription_is_its_subscribers_own);

/// Somebody by their name, as the directory has them.
pub async fn member(sandbox: &Sandbox, name: &str, role: Role, department: &str) -> anyhow::Result<Client> {
    let clerk = sandbox.client(Role::Clerk, Some(department)).await?;
    let member = directory::Member {
        code: name.to_owned(),
        name: name.to_owned(),
        department_code: department.to_owned(),
        email: Some(format!("{name}@{department}.example").to_lowercase()),
        roles: vec![],
    };
    clerk.call(directory::RegisterMemberRequest { member: Some(member), ..command() }).await?;
    sandbox.client_with_token(&token_of(sandbox, name, role, department, 3600)?).await
}

/// A token of somebody by their name, for so many seconds.
pub fn token_of(
    sandbox: &Sandbox,
    name: &str,
    role: Role,
    department: &str,
    seconds: i64,
) -> anyhow::Result<String> {
    let (config, now) = (Config::default(), jiff::Timestamp::now().as_second());
    let claims = Claims {
        aud: config.audience(),
        iss: config.identity.issuer,
        sub: name.to_owned(),
        department: Some(department.to_owned()),
        roles: vec![role.as_str().to_owned()],
        iat: now,
        exp: now + seconds,
    };
    Ok(SigningKey::read(&sandbox.signing_key())?.sign(&claims)?)
}

/// Subscribes somebody to what follow-up and the directory say from now on, by mail.
pub async fn subscribe_by_mail(client: &Client, language: pb::MailLanguage) -> anyhow::Result<()> {
    let terms = pb::SubscriptionTerms {
        name: "Notices".into(),
        contexts: vec!["followup".into(), "directory".into()],
        mail_language: Some(language.into()),
        ..Default::default()
    };
    client.call(pb::DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    Ok(())
}

/// Waits for a letter to somebody with this in its subject.
async fn letter(mailbox: &Receiver, to: &str, subject: &str) -> Value {
    until("the letter", async || {
        let all = mailbox.received().ok()?;
        all.into_iter().find(|letter| {
            letter["to"][0] == to && letter["subject"].as_str().is_some_and(|text| text.contains(subject))
        })
    })
    .await
}

async fn whoever_must_know_gets_a_letter_in_their_language(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let sandbox = founded_with(mode, settings).await?;
    let lead = member(&sandbox, "li", Role::DepartmentLead, "WATER").await?;
    let supervisor = member(&sandbox, "wang", Role::Supervisor, "ROADS").await?;
    let helper = member(&sandbox, "chen", Role::DepartmentLead, "ROADS").await?;
    subscribe_by_mail(&lead, pb::MailLanguage::Chinese).await?;
    subscribe_by_mail(&supervisor, pb::MailLanguage::English).await?;
    subscribe_by_mail(&helper, pb::MailLanguage::English).await?;

    // The server is busy once, and asked again.
    mailbox.answer(&[451])?;
    supervisor.call(trees_to_count()).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let clock_at = Some(Client::moment("2027-03-09T01:00:00Z"));
    operator.call(MoveClockRequest { clock_at, ..command() }).await?;

    let to_lead = letter(&mailbox, "li@water.example", "已于 2027-03-08 到期，尚未办结").await;
    ensure!(to_lead["text"].as_str().is_some_and(|text| text.contains("牵头部门：WATER")), "{to_lead}");
    ensure!(to_lead["from"] == "huishang@city.example" && to_lead["auto"] == "auto-generated", "{to_lead}");
    ensure!(to_lead["type"] == "text/plain" && to_lead["defects"] == serde_json::json!([]), "{to_lead}");
    let to_supervisor = letter(&mailbox, "wang@roads.example", "was due on 2027-03-08, and is late").await;
    ensure!(to_supervisor["id"] != to_lead["id"], "{to_supervisor}");
    // What comes after it has reached who takes no part, and it has not.
    sandbox.client(Role::Clerk, Some("WATER")).await?.register_department("PARKS").await?;
    letter(&mailbox, "chen@roads.example", "DepartmentRegistered").await;
    let told = mailbox.received()?;
    let of_helper = told.iter().filter(|letter| letter["to"][0] == "chen@roads.example");
    ensure!(of_helper.clone().all(|letter| !letter.to_string().contains("Count the trees")), "{told:?}");
    Ok(())
}
in_both_modes!(whoever_must_know_gets_a_letter_in_their_language);
