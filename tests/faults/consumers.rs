//! Who follows the log: one that stops, one that was away for long, a record that cannot be taken in, and an
//! event type from the future.

use anyhow::{Context as _, ensure};
use domain::scheduling::department::Department;
use domain::{Actor, Aggregate as _, Role, Timestamp, Uuid};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use journal::{Commit, Journal as _, Write};
use proto::ledger::v1::GetRecordRequest;
use proto::operations::v1::ListSetAsideRequest;
use proto::record::Envelope;
use proto::scheduling::v1::ListDepartmentsRequest;
use std::time::Duration;
use tests::{Client, Mode, Sandbox, department_stream};
use tokio::task::JoinSet;
use tonic::Code;

const REGISTERED: &str = "type.googleapis.com/huishang.scheduling.events.v1.DepartmentRegistered";
const FROM_THE_FUTURE: &str = "type.googleapis.com/huishang.scheduling.events.v7.DepartmentSplit";
/// Commands that go on while somebody does not read; with them comes more than any buffer on the way holds.
const COMMANDS: usize = 1200;

/// Puts a record with one event into the log of an installation that does not run, as another version of it
/// would have written it.
async fn put_into_the_log(
    sandbox: &Sandbox,
    code: &str,
    type_url: &str,
    bytes: &[u8],
) -> anyhow::Result<u64> {
    let options = Options { reserve_bytes: 0, ..Options::new(sandbox.folder().join("log")) };
    let (log, _) = EventLog::open(options)?;
    let stream = Department::stream(Department::id(&domain::Code::parse(code)?));
    let expected = log.stream_position(&stream.to_string())?;
    let id = Uuid::now_v7();
    let envelope = Envelope {
        commit_id: id,
        command_digest: vec![1; 32],
        time: Timestamp::UNIX_EPOCH,
        actor: Actor::process("later-version"),
        causation_id: None,
        correlation_id: id,
        traceparent: None,
        part: 1,
        parts: 1,
    };
    let event = prost_types::Any { type_url: type_url.to_owned(), value: bytes.to_vec() };
    let writes = vec![Write { stream, expected, events: vec![event] }];
    let position = EmbeddedJournal::new(log.clone()).append(Commit { envelope, writes }).await?;
    log.close().await;
    Ok(position)
}

async fn departments(client: &Client, at_least_position: u64) -> anyhow::Result<Vec<String>> {
    let listed = client.call(ListDepartmentsRequest { at_least_position, ..Default::default() }).await?;
    Ok(listed.departments.into_iter().map(|row| row.code).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_record_halts_its_stream_alone_and_is_listed() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("WELL").await?;
    sandbox.process("up").terminate()?;
    let poison = put_into_the_log(&sandbox, "POISONED", REGISTERED, b"\xff\xff no such message").await?;
    sandbox.start_process("up")?;

    let clerk = sandbox.client(Role::Clerk, None).await?;
    let end = clerk.register_department("LATER").await?;
    ensure!(departments(&clerk, end).await? == ["LATER", "WELL"]);
    let operator = sandbox.client(Role::Operator, None).await?;
    let listed = operator.call(ListSetAsideRequest {}).await?;
    let consumers: Vec<&str> = listed.records.iter().map(|record| record.consumer.as_str()).collect();
    ensure!(consumers.contains(&"scheduling") && consumers.contains(&"followup"), "{listed:?}");
    for record in &listed.records {
        ensure!(record.position == poison && record.stream == department_stream("POISONED"), "{record:?}");
    }
    let refused = clerk.register_department("POISONED").await.unwrap_err();
    ensure!(refused.code() == Code::Internal, "nothing is decided on it: {refused}");
    ensure!(sandbox.process("up").log().contains("a record was set aside"), "the log says so");

    let printed = sandbox.run("operator", &["set-aside"])?;
    let printed = String::from_utf8(printed.stdout)?;
    ensure!(printed.contains("scheduling") && printed.contains(&department_stream("POISONED")), "{printed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_type_from_the_future_is_kept_and_nothing_is_decided_on_it() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("SPLIT").await?;
    sandbox.process("up").terminate()?;
    let bytes: Vec<u8> = (0..=255).rev().collect();
    let position = put_into_the_log(&sandbox, "SPLIT", FROM_THE_FUTURE, &bytes).await?;
    sandbox.start_process("up")?;

    let clerk = sandbox.client(Role::Clerk, None).await?;
    let refused = clerk.register_department("SPLIT").await.unwrap_err();
    ensure!(refused.code() == Code::FailedPrecondition, "{refused}");
    ensure!(Client::reason(&refused).as_deref() == Some("EVENT_TYPE_UNKNOWN"), "{refused}");
    let said = refused.message();
    ensure!(said.contains(&format!("record {position} ")) && said.contains("v7.DepartmentSplit"), "{said}");
    ensure!(said.contains("upgrade this service"), "{said}");

    // Those who read pass over it; other streams are not concerned.
    let end = clerk.register_department("OTHER").await?;
    ensure!(departments(&clerk, end).await? == ["OTHER", "SPLIT"]);
    let listed = sandbox.client(Role::Operator, None).await?.call(ListSetAsideRequest {}).await?;
    ensure!(listed.total == 0, "{listed:?}");

    let auditor = sandbox.client(Role::Auditor, None).await?;
    let told = auditor.call(GetRecordRequest { position }).await?.record.context("the record")?;
    let event = told.payload.context("its payload")?.events.remove(0);
    ensure!((event.type_url.as_str(), &event.value) == (FROM_THE_FUTURE, &bytes), "{event:?}");
    let followed = auditor.whole_log().await?.remove(position as usize - 1);
    ensure!(followed.payload.context("its payload")?.events[0].value == bytes);
    ensure!(auditor.verify_log().await? == end);

    let shown = sandbox.run("auditor", &["log", "show", &position.to_string(), "--json"])?.stdout;
    let shown: serde_json::Value = serde_json::from_slice(&shown)?;
    let event = &shown["record"]["payload"]["events"][0];
    ensure!(
        event["@type"] == FROM_THE_FUTURE
            && event["value"].as_str().is_some_and(|value| value.starts_with("//79/Pv6")),
        "{shown}"
    );
    let shown = String::from_utf8(sandbox.run("auditor", &["log", "show", &position.to_string()])?.stdout)?;
    ensure!(shown.contains("v7.DepartmentSplit") && shown.contains("//79/Pv6"), "{shown}");
    let tail = String::from_utf8(sandbox.run("auditor", &["log", "tail"])?.stdout)?;
    ensure!(tail.contains("DepartmentSplit"), "{tail}");
    Ok(())
}

/// Registers so many departments, some at once; answers the last position.
async fn register_many(clerk: &Client, prefix: &str, count: usize) -> anyhow::Result<u64> {
    const CALLERS: usize = 32;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (clerk, prefix) = (clerk.clone(), prefix.to_owned());
        callers.spawn(async move {
            let mut last = 0;
            for number in (caller..count).step_by(CALLERS) {
                last = clerk.register_department(&format!("{prefix}{number}")).await?;
            }
            anyhow::Ok(last)
        });
    }
    let mut last = 0;
    while let Some(done) = callers.join_next().await {
        last = last.max(done??);
    }
    Ok(last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stops_reading_holds_up_nobody() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    let stopped = sandbox.client(Role::Auditor, None).await?;
    let mut stopped_readers = Vec::new();
    for _ in 0..20 {
        stopped_readers.push(stopped.follow(0).await?);
    }
    let mut reader = sandbox.follow_log().await?;

    let clerk = sandbox.client(Role::Clerk, None).await?;
    let end = register_many(&clerk, "D", COMMANDS).await?;
    ensure!(end == COMMANDS as u64);
    reader.wait_for_more(COMMANDS).await?;
    ensure!(
        clerk.call(ListDepartmentsRequest { at_least_position: end, ..Default::default() }).await.is_ok()
    );

    let (took, status) = sandbox.process("up").terminate()?;
    ensure!(took < Duration::from_secs(20) && status.success(), "it took {took:?} and ended with {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_away_for_long_catches_up() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.process("followup").kill()?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let end = register_many(&clerk, "D", COMMANDS).await?;
    sandbox.start_process("followup")?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let board = proto::followup::v1::GetBoardRequest { at_least_position: end };
    let board = supervisor.call_patiently(board).await?;
    ensure!(board.position >= end, "the board is at {} and the log at {end}", board.position);
    Ok(())
}
