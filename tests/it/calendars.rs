//! Calendars at secret addresses: read by programs that know nothing of Huishang.

use crate::commands::ensure_failed;
use crate::delivery::trees_to_count;
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::delivery::v1 as pb;
use proto::directory::v1 as directory;
use proto::scheduling::v1 as scheduling;
use serde_json::{Value, json};
use service_kit::config::Config;
use service_kit::identity::{Claims, SigningKey};
use std::process::Command;
use tests::{Client, HttpClient, Mode, Receiver, Sandbox, SandboxConfig, command, outline, until};

/// The title of a session: with what calendars take for their own, and too long for a line of one.
pub const TITLE: &str = "关于城乡供水一体化改造工程的部际联席会议第三次全体会商, drains; and \\ weirs";

/// Two departments and a room, a session that WATER is to attend, and an item that it owes. Returns the session's id.
async fn founded(sandbox: &Sandbox) -> anyhow::Result<String> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.define_body("BODY", "WATER", "WATER").await?;
    clerk.register_room("ROOM").await?;
    let session_id = clerk.admitted_session(outline(TITLE, "WATER")).await?;
    schedule(&clerk, &session_id, "2027-03-09T01:00:00Z").await?;
    sandbox.client(Role::Supervisor, Some("ROADS")).await?.call(trees_to_count()).await?;
    Ok(session_id)
}

pub async fn schedule(clerk: &Client, session_id: &str, starts_at: &str) -> anyhow::Result<()> {
    let schedule = scheduling::ScheduleSessionRequest {
        session_id: session_id.to_owned(),
        room_code: "ROOM".into(),
        starts_at: Some(Client::moment(starts_at)),
        ..command()
    };
    clerk.call(schedule).await?;
    Ok(())
}

/// Creates a calendar; returns its id and its path.
async fn create(client: &Client) -> anyhow::Result<(String, String)> {
    let terms = pb::CalendarFeedTerms {
        name: "Water".into(),
        language: pb::MailLanguage::English.into(),
        ..Default::default()
    };
    let created = client.call(pb::CreateCalendarFeedRequest { terms: Some(terms), ..command() }).await?;
    Ok((created.calendar_feed.context("it is shown")?.calendar_feed_id, created.path))
}

/// What a program that knows nothing of Huishang makes of a calendar.
fn taken_by(sandbox: &Sandbox, program: &str, calendar: &str) -> anyhow::Result<Value> {
    let file = sandbox.folder().join("calendar.ics");
    std::fs::write(&file, calendar)?;
    let read = Command::new(root().join("tests/calendars/run")).arg(program).arg(&file).output()?;
    ensure!(read.status.success(), "{}\n{calendar}", String::from_utf8_lossy(&read.stderr));
    Ok(serde_json::from_slice(&read.stdout)?)
}

/// The calendar at a path, once it has an entry that is as it should be.
async fn entry(
    sandbox: &Sandbox,
    http: &HttpClient,
    path: &str,
    is_it: impl Fn(&Value) -> bool,
) -> anyhow::Result<(Value, Value)> {
    let found = until("the entry", async || {
        let answer = http.get(path).await.ok()?;
        let calendar = taken_by(sandbox, "calendar", &answer.text()).ok()?;
        let entry = calendar["entries"].as_array()?.iter().find(|one| is_it(one))?.clone();
        Some((calendar, entry))
    });
    Ok(found.await)
}

async fn a_calendar_has_what_its_owner_may_see_now(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let session_id = founded(&sandbox).await?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let ((_, path), (_, of_roads)) = (create(&water).await?, create(&roads).await?);
    let http = sandbox.http_with_token(None)?;

    let uid = format!("{session_id}@huishang");
    let (calendar, session) = entry(&sandbox, &http, &path, |one| one["UID"] == uid.as_str()).await?;
    ensure!(calendar["properties"]["X-WR-CALNAME"] == "Water", "{calendar}");
    ensure!(calendar["properties"]["REFRESH-INTERVAL"] == "1:00:00", "{calendar}");
    ensure!(calendar["zones"] == json!([{"id": "Asia/Shanghai", "offset": "8:00:00"}]), "{calendar}");
    ensure!(session["SUMMARY"] == TITLE && session["LOCATION"] == "ROOM (ROOM)", "{session}");
    ensure!(session["DTSTART"] == "2027-03-09T09:00:00+08:00", "{session}");
    ensure!(
        session["DTEND"] == "2027-03-09T10:00:00+08:00" && session["zone"] == "Asia/Shanghai",
        "{session}"
    );
    ensure!(session["STATUS"] == "TENTATIVE" && session["errors"] == json!([]), "{session}");
    ensure!(session["ORGANIZER"][0]["CN"] == "Department WATER", "{session}");
    ensure!(session["ATTENDEE"][0]["PARTSTAT"] == "NEEDS-ACTION", "{session}");
    let is_due = |one: &Value| one["SUMMARY"].as_str().is_some_and(|text| text.starts_with("Due: BODY-2027"));
    let (_, due) = entry(&sandbox, &http, &path, is_due).await?;
    ensure!(due["DTSTART"] == "2027-03-08" && due["DTEND"] == "2027-03-09", "{due}");
    ensure!(due["TRANSP"] == "TRANSPARENT" && due["alarms"] == json!(["-1 day, 9:00:00"]), "{due}");
    let (_, task) = entry(&sandbox, &http, &format!("{path}?tasks=1"), |one| one["kind"] == "VTODO").await?;
    ensure!(task["DUE"] == "2027-03-08" && task["STATUS"] == "NEEDS-ACTION", "{task}");
    ensure!(task["PERCENT-COMPLETE"] == 0, "{task}");

    // What has not changed is not sent again.
    let answer = http.get(&path).await?;
    ensure!(answer.header("content-type") == "text/calendar; charset=utf-8", "{answer:?}");
    let etag = answer.header("etag").to_owned();
    let again = http.send("GET", &path, &[("if-none-match", &etag)], "").await?;
    ensure!(again.status == 304 && again.body.is_empty(), "{again:?}");
    // Another library, in another language, reads the same.
    let other = taken_by(&sandbox, "ical", &answer.text())?;
    let starts: Vec<&Value> = ["DTSTART", "SUMMARY", "alarms"]
        .into_iter()
        .flat_map(|name| other["entries"].as_array().into_iter().flatten().map(move |one| &one[name]))
        .collect();
    let expected = json!(["2027-03-08", "2027-03-09T01:00:00.000Z", due["SUMMARY"], TITLE, 1, 0]);
    ensure!(json!(starts) == expected, "{other}");
    // A calendar server takes it.
    let kept = taken_by(&sandbox, "serve", &answer.text())?;
    ensure!(kept == json!({"put": 201, "get": 200, "events": 2, "todos": 0}), "{kept}");

    // Who takes no part has a calendar without it.
    let other = http.get(&of_roads).await?;
    ensure!(other.status == 200 && !other.text().contains("BEGIN:VEVENT"), "{}", other.text());
    Ok(())
}
in_both_modes!(a_calendar_has_what_its_owner_may_see_now);

async fn what_changes_is_known_by_its_sequence(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let session_id = founded(&sandbox).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let water = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let (_, path) = create(&water).await?;
    let http = sandbox.http_with_token(None)?;
    let uid = format!("{session_id}@huishang");
    let is_in = |status: &'static str| {
        let uid = uid.clone();
        move |one: &Value| one["UID"] == uid.as_str() && one["STATUS"] == status
    };
    let (_, tentative) = entry(&sandbox, &http, &path, is_in("TENTATIVE")).await?;

    let accept = scheduling::AnswerInvitationRequest {
        session_id: session_id.clone(),
        department_code: "WATER".into(),
        answer: scheduling::InvitationAnswer::Accept.into(),
        ..command()
    };
    water.call(accept).await?;
    let (_, confirmed) = entry(&sandbox, &http, &path, is_in("CONFIRMED")).await?;
    ensure!(confirmed["ATTENDEE"][0]["PARTSTAT"] == "ACCEPTED", "{confirmed}");
    let postpone = scheduling::PostponeSessionRequest {
        session_id: session_id.clone(),
        reason: "The room is flooded".into(),
        ..command()
    };
    clerk.call(postpone).await?;
    let (_, cancelled) = entry(&sandbox, &http, &path, is_in("CANCELLED")).await?;
    ensure!(cancelled["DTSTART"] == confirmed["DTSTART"], "it is cancelled where it was: {cancelled}");
    schedule(&clerk, &session_id, "2027-03-10T06:30:00Z").await?;
    let (_, moved) = entry(&sandbox, &http, &path, is_in("TENTATIVE")).await?;
    ensure!(moved["DTSTART"] == "2027-03-10T14:30:00+08:00", "{moved}");
    let sequences = [&tentative, &confirmed, &cancelled, &moved].map(|one| one["SEQUENCE"].as_u64());
    ensure!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");
    ensure!(moved["UID"] == tentative["UID"], "{moved}");
    Ok(())
}
in_both_modes!(what_changes_is_known_by_its_sequence);

/// Chen, a delegate of WATER.
pub async fn chen(sandbox: &Sandbox) -> anyhow::Result<Client> {
    let (config, now) = (Config::default(), jiff::Timestamp::now().as_second());
    let claims = Claims {
        aud: config.audience(),
        iss: config.identity.issuer,
        sub: "chen".into(),
        department: Some("WATER".into()),
        roles: vec![Role::Delegate.as_str().to_owned()],
        iat: now,
        exp: now + 3600,
    };
    sandbox.client_with_token(&SigningKey::read(&sandbox.signing_key())?.sign(&claims)?).await
}

/// Lists Chen in the directory, in a department.
pub async fn list_member(operator: &Client, department: &str, email: Option<&str>) -> anyhow::Result<()> {
    let member = directory::Member {
        code: "chen".into(),
        name: "Chen".into(),
        department_code: department.to_owned(),
        email: email.map(str::to_owned),
        roles: vec![],
    };
    operator.call(directory::RegisterMemberRequest { member: Some(member), ..command() }).await?;
    Ok(())
}

async fn an_address_leads_nowhere_once_it_is_revoked_or_its_owner_has_left(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    founded(&sandbox).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    let chen = chen(&sandbox).await?;
    let ((first, path), (_, second)) = (create(&chen).await?, create(&chen).await?);
    let http = sandbox.http_with_token(None)?;
    until("both can be read", async || {
        let read = [http.get(&path).await.ok()?.status, http.get(&second).await.ok()?.status];
        (read == [200, 200]).then_some(())
    })
    .await;

    // To others it does not exist, and nobody is shown the secret again.
    let li = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let revoke = || pb::RevokeCalendarFeedRequest { calendar_feed_id: first.clone(), ..command() };
    let refused = li.call(revoke()).await.err().context("it is not theirs")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_FOUND"), "{refused}");
    let listed = operator.call(pb::ListCalendarFeedsRequest::default()).await?;
    let secret = path.trim_start_matches("/calendars/").trim_end_matches(".ics").to_owned();
    ensure!(listed.calendar_feeds.len() == 2 && !format!("{listed:?}").contains(&secret), "{listed:?}");

    // A revocation holds at once, and a wrong secret and a revoked one are answered alike.
    chen.call(revoke()).await?;
    let gone = http.get(&path).await?;
    let never = http.get("/calendars/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics").await?;
    ensure!(gone.status == 404 && (gone.status, &gone.body) == (never.status, &never.body), "{gone:?}");
    // The directory has the owner in the department for which it was created, and then in another one.
    list_member(&operator, "WATER", None).await?;
    ensure!(http.get(&second).await?.status == 200);
    list_member(&operator, "ROADS", None).await?;
    until("the owner has left", async || (http.get(&second).await.ok()?.status == 404).then_some(())).await;

    let second = second.trim_start_matches("/calendars/").trim_end_matches(".ics").to_owned();
    for name in sandbox.process_names() {
        let log = sandbox.process(&name).log();
        ensure!(!log.contains(&secret) && !log.contains(&second), "{name}: {log}");
    }
    Ok(())
}
in_both_modes!(an_address_leads_nowhere_once_it_is_revoked_or_its_owner_has_left);

async fn another_department_takes_nothing_from_somebody_and_their_own_takes_them_out(
    mode: Mode,
) -> anyhow::Result<()> {
    // Given somebody of WATER with a calendar, whom a clerk of ROADS has registered first
    let mut sandbox = Sandbox::start(mode)?;
    founded(&sandbox).await?;
    let [water, roads] = [
        sandbox.client(Role::Clerk, Some("WATER")).await?,
        sandbox.client(Role::Clerk, Some("ROADS")).await?,
    ];
    let chen = chen(&sandbox).await?;
    let (_, path) = create(&chen).await?;
    let http = sandbox.http_with_token(None)?;
    let is = async |status: u16| {
        until("the calendar", async || (http.get(&path).await.ok()?.status == status).then_some(())).await;
    };
    is(200).await;
    list_member(&roads, "ROADS", None).await?;

    // Then the calendar goes on, and they take their code from that department, which others do not
    is(200).await;
    let refused = list_member(&water, "WATER", None).await.err().context("ROADS has the code")?;
    ensure!(refused.to_string().contains("only ROADS and operators may do this"), "{refused}");
    let remove = || directory::RemoveMemberRequest { member_code: "chen".into(), ..command() };
    let refused = water.call(remove()).await.err().context("it is not theirs")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{refused}");
    chen.call(remove()).await?;
    list_member(&water, "WATER", None).await?;
    let refused = roads.call(remove()).await.err().context("it is not theirs any more")?;
    ensure!(Client::reason(&refused).as_deref() == Some("NOT_YOUR_DEPARTMENT"), "{refused}");
    let refused = chen.call(remove()).await.err().context("nobody leaves alone")?;
    ensure!(Client::reason(&refused).as_deref() == Some("CLERK_REQUIRED"), "{refused}");
    is(200).await;

    // When their own department takes them out, then the calendar ends
    let own = sandbox.http(Role::Clerk, Some("WATER"))?;
    let body = json!({"commandId": client::command_id()});
    let removed = own.post("/v1/members/chen:remove", &body).await?;
    ensure!(removed.status == 200 && removed.text().contains("\"code\":\"chen\""), "{removed:?}");
    is(404).await;
    Ok(())
}
in_both_modes!(another_department_takes_nothing_from_somebody_and_their_own_takes_them_out);

#[tokio::test(flavor = "multi_thread")]
async fn members_are_taken_out_on_the_command_line() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Mode::Embedded)?;
    let operator = sandbox.client(Role::Operator, None).await?;
    sandbox.client(Role::Clerk, Some("WATER")).await?.register_department("WATER").await?;
    list_member(&operator, "WATER", None).await?;
    let remove = ["member", "remove", "chen"];
    let removed = sandbox.run("operator", &remove)?;
    let told = String::from_utf8_lossy(&removed.stdout);
    ensure!(told.contains("Member chen is no longer in the directory"), "{told}");
    let chinese = sandbox.run("operator", &[&remove[..], &["--lang", "zh"]].concat())?;
    let told = String::from_utf8_lossy(&chinese.stdout);
    ensure!(told.contains("成员 chen 已移出名录"), "it is already so: {told}");
    let nobody = sandbox.run("operator", &["member", "remove", "nobody", "--lang", "zh"])?;
    ensure_failed(&nobody, 3, "该成员不存在；请核对代码")
}

async fn an_invitation_comes_as_a_letter_that_calendars_understand(mode: Mode) -> anyhow::Result<()> {
    let mailbox = Receiver::mailbox()?;
    let settings = vec![
        ("HUISHANG_MAIL__SERVER", format!("smtp://127.0.0.1:{}", mailbox.port())),
        ("HUISHANG_MAIL__SENDER", "huishang@city.example".to_owned()),
    ];
    let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.define_body("BODY", "WATER", "WATER").await?;
    clerk.register_room("ROOM").await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    list_member(&operator, "WATER", Some("chen@water.example")).await?;
    let terms = pb::SubscriptionTerms {
        name: "Invitations".into(),
        contexts: vec!["scheduling".into()],
        mail_language: Some(pb::MailLanguage::English.into()),
        ..Default::default()
    };
    let chen = chen(&sandbox).await?;
    chen.call(pb::DefineSubscriptionRequest { terms: Some(terms), ..command() }).await?;
    let session_id = clerk.admitted_session(outline(TITLE, "WATER")).await?;
    schedule(&clerk, &session_id, "2027-03-09T01:00:00Z").await?;

    let letter = async |subject: &str| {
        until("the letter", async || {
            let all = mailbox.received().ok()?;
            all.into_iter().find(|one| one["subject"].as_str().is_some_and(|text| text.contains(subject)))
        })
        .await
    };
    let invited = letter("is to be held on 2027-03-09 09:00").await;
    let shape =
        json!(["multipart/mixed", "multipart/alternative", "text/plain", "text/calendar", "application/ics"]);
    ensure!(invited["shape"] == shape && invited["defects"] == json!([]), "{invited}");
    let part = &invited["parts"][1];
    ensure!(part["method"] == "REQUEST" && part["disposition"].is_null(), "{part}");
    ensure!(invited["parts"][2]["file"] == "invite.ics", "{invited}");
    let text = part["text"].as_str().context("a text")?;
    let whole = text.replace("\r\n ", "");
    ensure!(whole.contains("\r\nMETHOD:REQUEST\r\n"), "{text}");
    ensure!(
        whole.contains("\r\nORGANIZER;CN=\"Department WATER\":mailto:huishang@city.example\r\n"),
        "{text}"
    );
    ensure!(whole.contains(":mailto:chen@water.example\r\n") && !whole.contains("urn:"), "{text}");
    let calendar = taken_by(&sandbox, "calendar", text)?;
    let first = &calendar["entries"][0];
    ensure!(first["UID"] == format!("{session_id}@huishang") && first["SUMMARY"] == TITLE, "{calendar}");

    // What is added to the agenda comes with it, to those who see it.
    let topic =
        scheduling::SessionTopic { title: "The dyke".into(), timebox_minutes: 10, ..Default::default() };
    let add = scheduling::AddTopicRequest {
        session_id: session_id.clone(),
        topic: Some(topic),
        reason: "It leaks".into(),
        ..command()
    };
    clerk.call(add).await?;
    let told = letter("has another topic on its agenda, number 2").await;
    let said = told["parts"][0]["text"].as_str().context("a text")?;
    ensure!(said.contains("Topic: The dyke") && said.contains("Why: It leaks"), "{said}");
    let text = told["parts"][1]["text"].as_str().context("a text")?.replace("\r\n ", "");
    ensure!(text.contains("METHOD:REQUEST") && text.contains("\\n2. The dyke (10 min)"), "{text}");

    let postpone = scheduling::PostponeSessionRequest {
        session_id: session_id.clone(),
        reason: "The room is flooded".into(),
        ..command()
    };
    clerk.call(postpone).await?;
    let postponed = letter("is postponed").await;
    let part = &postponed["parts"][1];
    ensure!(part["method"] == "CANCEL", "{part}");
    let calendar = taken_by(&sandbox, "calendar", part["text"].as_str().context("a text")?)?;
    let then = &calendar["entries"][0];
    ensure!(then["STATUS"] == "CANCELLED" && then["UID"] == first["UID"], "{calendar}");
    ensure!(then["SEQUENCE"].as_u64() > first["SEQUENCE"].as_u64(), "{calendar}");
    Ok(())
}
in_both_modes!(an_invitation_comes_as_a_letter_that_calendars_understand);
