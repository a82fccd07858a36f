//! The feed of events: by gRPC, as server-sent events and by waiting GETs; what is in it, and what is not.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::{DiscloseRecordRequest, FollowEventsRequest, GetReceiptRequest, ReadEventsRequest};
use proto::scheduling::v1 as scheduling;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{HttpClient, HttpStream, Mode, Sandbox, SandboxConfig, command, outline};

/// What tells that a session was requested; its topics' matters tell of it too.
const REQUESTED: &str = "huishang.scheduling.events.v1.SessionRequested";

/// Registers departments and the body that WATER makes up.
async fn found(sandbox: &Sandbox) -> anyhow::Result<()> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS"] {
        clerk.register_department(department).await?;
    }
    clerk.define_body("BODY", "WATER", "WATER").await?;
    Ok(())
}

async fn request_session(
    sandbox: &Sandbox,
    title: &str,
) -> anyhow::Result<scheduling::RequestSessionResponse> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let outline = Some(outline(title, "WATER"));
    Ok(clerk.call_patiently(scheduling::RequestSessionRequest { outline, ..command() }).await?)
}

/// Waits for requested sessions until this event is there, and returns the events that came.
async fn read_until(http: &HttpClient, after: u64, last: &str) -> anyhow::Result<Vec<Value>> {
    let (mut after, mut events) = (after.to_string(), Vec::new());
    while events.last().is_none_or(|event: &Value| event["id"] != last) {
        let answer =
            http.get(&format!("/v1/events?types={REQUESTED}&afterPosition={after}&waitSeconds=10")).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        after = answer.json()["position"].as_str().unwrap_or("0").to_owned();
        events.extend(answer.json()["events"].as_array().cloned().unwrap_or_default());
    }
    Ok(events)
}

async fn three_taps_give_the_same_events(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    found(&sandbox).await?;
    let http = sandbox.http(Role::Delegate, Some("WATER"))?;
    let client = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let head = client.call(proto::ledger::v1::GetHeadRequest {}).await?.position;
    let types = vec![REQUESTED.to_owned()];
    let mut stream =
        client.stream(FollowEventsRequest { after_position: head, types, ..Default::default() }).await?;
    let follow = format!("/v1/events:follow?types={REQUESTED}&afterPosition={head}");
    let mut sse = http.open(&follow, &[("accept", "text/event-stream")]).await?;

    let session = request_session(&sandbox, "The drain").await?;
    let session_id = session.session.context("it is shown")?.session_id;
    let by_grpc = stream.next().await?.context("the stream goes on")?;
    let event = by_grpc.events.first().context("an event")?;
    ensure!(event.subject == session_id && event.body_code.as_deref() == Some("BODY"), "{event:?}");
    ensure!(event.r#type == REQUESTED, "{event:?}");
    let (id, json) = next_event(&mut sse).await?;
    ensure!(id == by_grpc.position, "{id}");
    let waited = read_until(&http, head, &event.event_id).await?;
    ensure!(json["events"].as_array() == Some(&waited), "{json}\n{waited:?}");
    let expected = json!({
        "specversion": "1.0", "id": event.event_id, "source": "/huishang/scheduling.session", "type": event.r#type,
        "subject": session_id, "time": "2027-03-01T01:00:00Z", "position": by_grpc.position.to_string(),
        "bodycode": "BODY",
    });
    ensure!(waited[0] == expected, "{}", waited[0]);
    Ok(())
}
in_both_modes!(three_taps_give_the_same_events);

async fn filters_keep_what_matches_all_of_them(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    found(&sandbox).await?;
    request_session(&sandbox, "The drain").await?;
    let http = sandbox.http(Role::Supervisor, None)?;
    let count = async |query: &str| {
        let answer = http.get(&format!("/v1/events?{query}")).await?;
        anyhow::Ok(answer.json()["events"].as_array().map_or(0, Vec::len))
    };
    ensure!(count("contexts=scheduling").await? >= 2, "a body and a session");
    // The session, and the matter of its topic, which is taken in and put on its agenda.
    ensure!(count("contexts=scheduling&departmentCode=WATER").await? == 3);
    ensure!(count("departmentCode=ROADS").await? == 0);
    ensure!(count("bodyCode=BODY").await? >= 2, "the body, and its session");
    ensure!(count(&format!("types={REQUESTED}")).await? == 1);
    ensure!(count("contexts=directory&bodyCode=BODY").await? == 0);
    let too_long = http.get("/v1/events?waitSeconds=16").await?;
    ensure!(too_long.status == 400, "{}", too_long.text());
    // Whoever misspells a context would wait for ever.
    let misspelt = http.get("/v1/events?contexts=schedulin").await?;
    ensure!(misspelt.status == 400 && misspelt.text().contains("contexts[0]"), "{}", misspelt.text());
    Ok(())
}
in_both_modes!(filters_keep_what_matches_all_of_them);

async fn nobody_hears_of_what_they_may_not_see(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    found(&sandbox).await?;
    let session = request_session(&sandbox, "The drain").await?;
    for (role, department, sees) in [
        (Role::Delegate, Some("WATER"), true),
        (Role::Auditor, None, true),
        (Role::Delegate, Some("ROADS"), false),
        (Role::DepartmentLead, None, false),
    ] {
        let client = sandbox.client(role, department).await?;
        let events = client.call(ReadEventsRequest::default()).await?.events;
        let heard = events.iter().any(|event| event.position == session.position);
        ensure!(heard == sees, "{role:?} of {department:?}: {events:?}");
        // How much there is of a kind that others do not see is not told either.
        let kinds: BTreeSet<&str> = events.iter().map(|event| event.source.as_str()).collect();
        let counted = kinds.iter().any(|kind| kind.ends_with("member") || kind.ends_with("room"));
        ensure!(!counted || role == Role::Auditor, "{kinds:?}");
    }
    Ok(())
}
in_both_modes!(nobody_hears_of_what_they_may_not_see);

async fn what_is_cut_goes_on_without_gap_or_repeat(mode: Mode) -> anyhow::Result<()> {
    const SESSIONS: usize = 12;
    let mut sandbox = Sandbox::start(mode)?;
    found(&sandbox).await?;
    let http = sandbox.http(Role::Supervisor, None)?;
    let head = sandbox
        .client(Role::Supervisor, None)
        .await?
        .call(proto::ledger::v1::GetHeadRequest {})
        .await?
        .position;
    let killed = sandbox.process_of("ledger");
    let (mut last, mut received) = (head, Vec::new());
    for round in 0..SESSIONS {
        request_session(&sandbox, &format!("Matter {round}")).await?;
        // The reader goes away after each event, and every third time the ledger is killed.
        if round % 3 == 2 {
            sandbox.restart(killed)?;
        }
        let mut sse = resume(&http, last).await?;
        let (id, json) = next_event(&mut sse).await?;
        last = id;
        let events = json["events"].as_array().context("events")?;
        received.extend(events.iter().filter_map(|event| event["id"].as_str().map(str::to_owned)));
    }
    let expected = read_until(&http, head, received.last().context("events came")?).await?;
    let expected: Vec<&str> = expected.iter().filter_map(|event| event["id"].as_str()).collect();
    ensure!(received == expected, "{received:?}\n{expected:?}");
    ensure!(received.iter().collect::<BTreeSet<_>>().len() >= SESSIONS, "{received:?}");
    Ok(())
}
in_both_modes!(what_is_cut_goes_on_without_gap_or_repeat);

async fn a_reader_gets_its_share_of_the_places_and_no_more(mode: Mode) -> anyhow::Result<()> {
    let settings = vec![
        ("HUISHANG_LIMITS__LOG_READERS_MAX", "4".to_owned()),
        ("HUISHANG_LIMITS__CALLER_SHARE_PERCENT", "50".to_owned()),
    ];
    let mut sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let greedy = sandbox.http(Role::Delegate, Some("WATER"))?;
    let modest = sandbox.http(Role::Delegate, Some("ROADS"))?;
    let open = async |caller: &HttpClient| {
        caller.open("/v1/events:follow", &[("accept", "text/event-stream")]).await
    };
    let mut streams = vec![open(&greedy).await?, open(&greedy).await?];
    ensure!(streams.iter().all(|stream| stream.status == 200));
    let refused = greedy.get("/v1/events:follow").await?;
    ensure!(refused.status == 429 && !refused.header("retry-after").is_empty(), "{}", refused.text());
    ensure!(open(&modest).await?.status == 200, "another caller has a share of its own");
    // Who goes away makes room.
    streams.pop();
    let room = async || open(&greedy).await.ok().filter(|stream| stream.status == 200);
    tests::until("a place is free", room).await;
    Ok(())
}
in_both_modes!(a_reader_gets_its_share_of_the_places_and_no_more);

/// Goes on after a position, once the door answers.
async fn resume(http: &HttpClient, last: u64) -> anyhow::Result<HttpStream> {
    let headers = [("accept", "text/event-stream"), ("last-event-id", &last.to_string())];
    let opened = tests::until("the feed can be read", async || {
        let follow = format!("/v1/events:follow?types={REQUESTED}");
        http.open(&follow, &headers).await.ok().filter(|stream| stream.status == 200)
    });
    Ok(opened.await)
}

/// The next server-sent event that says something: its id, and what it says.
async fn next_event(events: &mut HttpStream) -> anyhow::Result<(u64, Value)> {
    loop {
        let event = events.next_part("\n\n").await?.context("the stream ended")?;
        if let Some((id, data)) = event.strip_prefix("id: ").and_then(|event| event.split_once("\ndata: ")) {
            return Ok((id.parse()?, serde_json::from_str(data)?));
        }
    }
}

/// Whoever is told of a record can prove that it is there; what it says, whoever said it can show.
async fn a_receipt_is_for_whoever_is_told_of_the_record(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    found(&sandbox).await?;
    let requested = request_session(&sandbox, "The drain").await?;
    let position = requested.position;
    let receipt = GetReceiptRequest { position };
    let disclosure = DiscloseRecordRequest { position };
    let client = async |role, department| sandbox.client(role, department).await;
    let auditor = client(Role::Auditor, None).await?;
    let whole = auditor.call(receipt).await?.receipt;
    let said = auditor.call(disclosure).await?;

    // A delegate of the department has the receipt of what their clerk did, and the clerk also what was said.
    let delegate = client(Role::Delegate, Some("WATER")).await?;
    ensure!(delegate.call(receipt).await?.receipt == whole);
    let clerk = client(Role::Clerk, Some("WATER")).await?;
    let own = clerk.call(disclosure).await?;
    ensure!((own.salt, own.payload) == (said.salt, said.payload));
    // To those who are not told of it, it is like a record that is not there.
    let stranger = client(Role::Delegate, Some("ROADS")).await?;
    for refused in [
        delegate.call(disclosure).await.err(),
        stranger.call(receipt).await.err(),
        stranger.call(disclosure).await.err(),
        stranger.call(GetReceiptRequest { position: position + 1000 }).await.err(),
    ] {
        let refused = refused.context("it is refused")?;
        ensure!(refused.to_string().contains("for you; the log ends at"), "{refused}");
    }
    Ok(())
}
in_both_modes!(a_receipt_is_for_whoever_is_told_of_the_record);
