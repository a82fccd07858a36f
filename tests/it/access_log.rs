//! Who came and who read what is on record apart from the process's own log, and nothing of what was read.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::directory::v1::ListDepartmentsRequest;
use proto::ledger::v1::GetRecordRequest;
use proto::scheduling::v1 as scheduling;
use serde_json::{Value, json};
use std::path::Path;
use tests::{Mode, Sandbox, SandboxConfig, command, outline, registration, until};
use tonic::Code;

/// The lines of the access log.
pub(crate) fn lines(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for file in folder.read_dir().into_iter().flatten() {
        let text = std::fs::read_to_string(file?.path())?;
        found.extend(text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?);
    }
    Ok(found)
}

/// Waits for the lines about an event.
async fn lines_about(folder: &Path, event: &str) -> anyhow::Result<Vec<Value>> {
    let what = format!("a line about {event}");
    let found = until(&what, async || match lines(folder) {
        Ok(mut found) => {
            found.retain(|line| line["event"] == event);
            (!found.is_empty()).then_some(Ok(found))
        }
        Err(error) => Some(Err(error)),
    });
    found.await
}

in_both_modes!(who_read_what_is_secret_is_on_record);
async fn who_read_what_is_secret_is_on_record(mode: Mode) -> anyhow::Result<()> {
    let kept = tempfile::tempdir()?;
    let folder = kept.path().join("access");
    let setting = ("HUISHANG_ACCESS_LOG__FOLDER", folder.display().to_string());
    let mut sandbox =
        Sandbox::start_with(mode, SandboxConfig { settings: vec![setting], ..SandboxConfig::default() })?;
    // Given a session with a secret topic of WATER, and a topic of WATER and ROADS
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    clerk.register_department("ROADS").await?;
    clerk.define_body("BODY", "WATER", "WATER").await?;
    let mut outline = outline("The bridge", "WATER");
    let label = Some(scheduling::Label::Secret.into());
    outline.topics.push(scheduling::SessionTopic { number: 2, label, ..outline.topics[0].clone() });
    let role = |topic_number, role: scheduling::RoleOnTopic| scheduling::TopicRole {
        topic_number,
        role: role.into(),
    };
    outline.attendees[0].roles.push(role(2, scheduling::RoleOnTopic::Decides));
    outline.attendees.push(scheduling::SessionAttendee {
        department_code: "ROADS".into(),
        roles: vec![role(1, scheduling::RoleOnTopic::Advises)],
        companions: 0,
    });
    let request = scheduling::RequestSessionRequest { outline: Some(outline), ..command() };
    let session_id = clerk.call(request).await?.session.context("a session")?.session_id;
    // When both read it
    for department in ["WATER", "ROADS"] {
        let delegate = sandbox.client(Role::Delegate, Some(department)).await?;
        let get = scheduling::GetSessionRequest { at_least_position: 0, session_id: session_id.clone() };
        delegate.call(get).await?;
    }
    // Then it is on record what each has seen, and what the clerk saw in the answer to the request.
    let labels = until("three lines", async || {
        let lines = lines(&folder).ok()?.into_iter().filter(|line| line["event"] == "accessed");
        let labels: Vec<_> = lines.map(|line| format!("{} {}", line["subject"], line["label"])).collect();
        (labels.len() == 3).then_some(labels)
    });
    let expected =
        [r#""clerk@WATER" "secret""#, r#""delegate@WATER" "secret""#, r#""delegate@ROADS" "internal""#];
    let labels = labels.await;
    ensure!(labels == expected, "{labels:?}");
    // When an auditor asks who looked, then both are named, with what they saw, and so is the auditor the next time.
    let auditor = sandbox.http(Role::Auditor, None)?;
    let see = format!("/system?see={session_id}");
    let english = &[("accept-language", "en")];
    let page = auditor.send("GET", &see, english, "").await?.text();
    for said in ["<th scope=\"row\">delegate@WATER</th>", "<th scope=\"row\">delegate@ROADS</th>", "Secret"] {
        ensure!(page.to_lowercase().contains(&said.to_lowercase()), "{said}: {page}");
    }
    until("the auditor asked", async || {
        let page = auditor.send("GET", &see, english, "").await.ok()?.text();
        page.contains("<th scope=\"row\">auditor@any</th>").then_some(())
    })
    .await;
    // Supervisors are told who could see it, and not who did.
    let supervisor = sandbox.http(Role::Supervisor, Some("WATER"))?;
    let page = supervisor.send("GET", &see, english, "").await?.text();
    ensure!(page.contains("these departments could see it") && !page.contains("Who did look"), "{page}");
    let span = "fromAt=2027-03-01T00:00:00Z&untilAt=2027-03-02T00:00:00Z";
    let list = format!("/v1/accesses?subjectId={session_id}");
    ensure!(supervisor.get(&format!("{list}&{span}")).await?.status == 403);
    ensure!(auditor.get(&format!("{list}&{span}")).await?.status == 200);
    ensure!(auditor.get(&list).await?.status == 400, "a span is needed");
    Ok(())
}

in_both_modes!(the_access_log_says_who_came_who_was_refused_and_who_read_what);
async fn the_access_log_says_who_came_who_was_refused_and_who_read_what(mode: Mode) -> anyhow::Result<()> {
    let kept = tempfile::tempdir()?;
    let folder = kept.path().join("access");
    let setting = ("HUISHANG_ACCESS_LOG__FOLDER", folder.display().to_string());
    let sandbox =
        Sandbox::start_with(mode, SandboxConfig { settings: vec![setting], ..SandboxConfig::default() })?;
    // Given a clerk who registers a department, and lists them twice
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.call(registration("WATER", "SECRET-NAME")).await?;
    for _ in 0..2 {
        clerk.call(ListDepartmentsRequest::default()).await?;
    }
    // Then it is on record that the clerk came, once in that process, and nothing that was done.
    let came = lines_about(&folder, "token_accepted").await?;
    let in_directory =
        came.iter().filter(|line| line["rpc"].as_str().is_some_and(|rpc| rpc.contains("Directory")));
    ensure!(in_directory.count() == 1 && came[0]["subject"] == "clerk@WATER", "{came:?}");
    // Given an auditor who registers a department, which is not for auditors, and reads a record
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let refused = auditor.call(registration("ROADS", "SECRET-NAME")).await.unwrap_err();
    ensure!(refused.code() == Code::PermissionDenied, "{refused}");
    auditor.call(GetRecordRequest { position: 1 }).await?;
    // Then both are on record, with which record it was.
    let line = lines_about(&folder, "rights_refused").await?.remove(0);
    ensure!(line["subject"] == "auditor@any" && line["reason"] == "ROLE_REQUIRED", "{line}");
    let line = lines_about(&folder, "accessed").await?.remove(0);
    ensure!(line["rpc"] == "huishang.ledger.v1.LedgerService/GetRecord" && line["code"] == "OK", "{line}");
    ensure!(line["subject"] == "auditor@any" && line["accessed"] == json!({"position": "1"}), "{line}");
    // Given a token that has expired
    let token = sandbox.expired_token(Role::Clerk)?;
    let expired = sandbox.client_with_token(&token).await?;
    expired.call(ListDepartmentsRequest::default()).await.unwrap_err();
    // Then the peer is on record,
    let line = lines_about(&folder, "token_refused").await?.remove(0);
    ensure!(line["peer"] == "127.0.0.1" && line["reason"] == "TOKEN_INVALID", "{line}");
    // and neither the token nor what was read.
    let all = lines(&folder)?.iter().map(Value::to_string).collect::<String>();
    ensure!(!all.contains("SECRET-NAME") && token.split('.').all(|part| !all.contains(part)), "{all}");
    Ok(())
}
