//! Consumers of the log: one that stops reading, one that was down for a long time, a poisoned record, and an
//! event type of a later version.

use anyhow::{Context as _, ensure};
use domain::directory::department::Department;
use domain::{Actor, Aggregate as _, Role, Timestamp, Uuid};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use journal::{Commit, Journal as _, Write};
use proto::directory::v1::ListDepartmentsRequest;
use proto::followup::v1::GetBoardRequest;
use proto::ledger::v1::GetRecordRequest;
use proto::operations::v1::ListSetAsideRequest;
use proto::record::Envelope;
use std::time::Duration;
use tests::{Client, Mode, Sandbox, department_stream};
use tokio::task::JoinSet;
use tonic::Code;

const REGISTERED: &str = "type.googleapis.com/huishang.directory.events.v1.DepartmentRegistered";
const FROM_THE_FUTURE: &str = "type.googleapis.com/huishang.directory.events.v7.DepartmentSplit";
/// Number of commands sent while a reader is stalled; their records exceed every buffer on the way.
const COMMANDS: usize = 1200;

/// Appends a record with one event to the log of a stopped deployment, as another version would have written it.
async fn append_to_log(sandbox: &Sandbox, code: &str, type_url: &str, bytes: &[u8]) -> anyhow::Result<u64> {
    let options = Options { reserve_bytes: 0, ..Options::new(sandbox.folder().join("log")) };
    let (log, _) = EventLog::open(options)?;
    let stream = Department::stream(Department::id(&domain::Code::parse(code)?));
    let expected = log.stream_position(&stream.to_string())?;
    let id = Uuid::now_v7();
    let envelope = Envelope {
        command_id: id,
        command_digest: vec![1; 32],
        time: Timestamp::UNIX_EPOCH,
        actor: Actor::process("later-version"),
        on_behalf_of: None,
        causation_id: None,
        correlation_id: id,
        traceparent: None,
        part: 1,
        parts: 1,
    };
    let event = prost_types::Any { type_url: type_url.to_owned(), value: bytes.to_vec() };
    let writes = vec![Write { stream, expected, events: vec![event] }];
    let position = EmbeddedJournal::new(log.clone(), journal::personal::Keys::in_memory())
        .append(Commit { envelope, writes })
        .await?;
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
    let poison = append_to_log(&sandbox, "POISONED", REGISTERED, b"\xff\xff no such message").await?;
    sandbox.start_process("up")?;

    let clerk = sandbox.client(Role::Clerk, None).await?;
    let end = clerk.register_department("LATER").await?;
    ensure!(departments(&clerk, end).await? == ["LATER", "WELL"]);
    let operator = sandbox.client(Role::Operator, None).await?;
    let board = GetBoardRequest { at_least_position: end, ..Default::default() };
    operator.call(board).await.context("both views have passed it")?;
    let listed = operator.call(ListSetAsideRequest::default()).await?;
    let consumers: Vec<&str> = listed.records.iter().map(|record| record.consumer.as_str()).collect();
    ensure!(consumers.contains(&"directory") && consumers.contains(&"followup"), "{listed:?}");
    for record in &listed.records {
        ensure!(record.position == poison && record.stream == department_stream("POISONED"), "{record:?}");
    }
    // One on each page, they are the same.
    let (mut walked, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = operator.call(ListSetAsideRequest { page_size: 1, page_token }).await?;
        ensure!(page.records.len() == 1 && page.total == listed.total, "{page:?}");
        walked.extend(page.records);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    ensure!(walked == listed.records, "{walked:?}");
    let refused = clerk.register_department("POISONED").await.unwrap_err();
    ensure!(refused.code() == Code::Internal, "no decision is based on it: {refused}");
    ensure!(sandbox.process("up").log().contains("a record was set aside"), "it is logged");

    let printed = sandbox.run("operator", &["set-aside"])?;
    let printed = String::from_utf8(printed.stdout)?;
    ensure!(printed.contains("directory") && printed.contains(&department_stream("POISONED")), "{printed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_event_type_is_preserved_and_blocks_decisions_on_its_stream() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Embedded)?;
    sandbox.client(Role::Clerk, None).await?.register_department("SPLIT").await?;
    sandbox.process("up").terminate()?;
    let bytes: Vec<u8> = (0..=255).rev().collect();
    let position = append_to_log(&sandbox, "SPLIT", FROM_THE_FUTURE, &bytes).await?;
    sandbox.start_process("up")?;

    let clerk = sandbox.client(Role::Clerk, None).await?;
    let refused = clerk.register_department("SPLIT").await.unwrap_err();
    ensure!(refused.code() == Code::FailedPrecondition, "{refused}");
    ensure!(Client::reason(&refused).as_deref() == Some("UNKNOWN_EVENT_TYPE"), "{refused}");
    let message = refused.message();
    ensure!(
        message.contains(&format!("record {position} ")) && message.contains("v7.DepartmentSplit"),
        "{message}"
    );
    ensure!(message.contains("upgrade this service"), "{message}");

    // Views skip it; other streams are not affected.
    let end = clerk.register_department("OTHER").await?;
    ensure!(departments(&clerk, end).await? == ["OTHER", "SPLIT"]);
    let listed = sandbox.client(Role::Operator, None).await?.call(ListSetAsideRequest::default()).await?;
    ensure!(listed.total == 0, "{listed:?}");

    let auditor = sandbox.client(Role::Auditor, None).await?;
    let record = auditor.call(GetRecordRequest { position }).await?.record.context("the record")?;
    let event = record.events.first().context("its event")?;
    ensure!((event.type_url.as_str(), &event.value) == (FROM_THE_FUTURE, &bytes), "{event:?}");
    let followed = auditor.whole_log().await?.remove(position as usize - 1);
    ensure!(followed.events.first().context("its event")?.value == bytes);
    ensure!(auditor.verify_log().await? == end);

    let shown = sandbox.run("auditor", &["log", "show", &position.to_string(), "--json"])?.stdout;
    let shown: serde_json::Value = serde_json::from_slice(&shown)?;
    let event = &shown["record"]["events"][0];
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

/// Registers `count` departments concurrently, and returns the last position.
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
async fn a_stalled_reader_blocks_nobody_else() -> anyhow::Result<()> {
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

    let (elapsed, status) = sandbox.process("up").terminate()?;
    ensure!(
        elapsed < Duration::from_secs(20) && status.success(),
        "it ended after {elapsed:?} with {status}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_catches_up_after_a_long_downtime() -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(Mode::Distributed)?;
    sandbox.process("followup").kill()?;
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let end = register_many(&clerk, "D", COMMANDS).await?;
    sandbox.start_process("followup")?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let board = GetBoardRequest { at_least_position: end, ..Default::default() };
    let board = supervisor.call_patiently(board).await?;
    ensure!(board.position >= end, "the board is at {} and the log at {end}", board.position);
    Ok(())
}
