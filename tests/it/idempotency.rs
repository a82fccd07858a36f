//! The same command id gives the same answer; another command under it is refused.

use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::directory::v1::{RegisterDepartmentRequest, RegisterDepartmentResponse};
use proto::ledger::v1::Record;
use std::time::Duration;
use tests::{Mode, Sandbox, registration};
use tokio::task::JoinSet;
use tonic::Code;

/// Sends of one command at the same time.
const SENDS: usize = 20;

fn register(command_id: &str, code: &str, name: &str) -> RegisterDepartmentRequest {
    RegisterDepartmentRequest { command_id: command_id.into(), ..registration(code, name) }
}

fn office(command_id: &str, name: &str) -> RegisterDepartmentRequest {
    register(command_id, "OFFICE", name)
}

/// The records that a command has in the log.
async fn records_of(sandbox: &Sandbox, command_id: &str) -> anyhow::Result<Vec<u64>> {
    let log = sandbox.client(Role::Auditor, None).await?.whole_log().await?;
    let of_command =
        |record: &&Record| record.envelope.as_ref().is_some_and(|envelope| envelope.command_id == command_id);
    let found = log.iter().filter(of_command);
    Ok(found.map(|record| record.position).collect())
}

async fn a_repeat_gives_the_first_answer(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let command_id = client::command_id();
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let first = clerk.call(office(&command_id, "The office")).await?;
    let renamed = clerk.call(office(&client::command_id(), "The office, renamed")).await?;

    // At once, and after every process was restarted: its position, and the department as it is now.
    let answer = RegisterDepartmentResponse { position: first.position, ..renamed };
    ensure!(clerk.call(office(&command_id, "The office")).await? == answer);
    for name in sandbox.process_names() {
        sandbox.restart(&name)?;
    }
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    ensure!(clerk.call_patiently(office(&command_id, "The office")).await? == answer);

    let other = clerk.call(office(&command_id, "Another office")).await.unwrap_err();
    ensure!(other.code() == Code::AlreadyExists, "{other}");
    Ok(())
}
in_both_modes!(a_repeat_gives_the_first_answer);

async fn a_command_that_changed_nothing_changes_nothing_when_it_comes_again(
    mode: Mode,
) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.call(office(&client::command_id(), "The office")).await?;
    let command_id = client::command_id();
    let unchanged = clerk.call(office(&command_id, "The office")).await?;
    let renamed = clerk.call(office(&client::command_id(), "The office, renamed")).await?;
    for name in sandbox.process_names() {
        sandbox.restart(&name)?;
    }
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let repeated = clerk.call_patiently(office(&command_id, "The office")).await?;
    ensure!(
        repeated == RegisterDepartmentResponse { position: unchanged.position, ..renamed },
        "{repeated:?}"
    );
    ensure!(records_of(&sandbox, &command_id).await? == [unchanged.position]);
    Ok(())
}
in_both_modes!(a_command_that_changed_nothing_changes_nothing_when_it_comes_again);

async fn the_same_command_many_times_at_once_has_one_effect(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    for round in 0..5 {
        let command_id = client::command_id();
        let mut sends = JoinSet::new();
        for _ in 0..SENDS {
            let (clerk, request) = (clerk.clone(), office(&command_id, &format!("Name {round}")));
            sends.spawn(async move { clerk.call(request).await });
        }
        let answers: Vec<RegisterDepartmentResponse> =
            sends.join_all().await.into_iter().collect::<Result<_, _>>()?;
        ensure!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        ensure!(records_of(&sandbox, &command_id).await? == [answers[0].position]);
    }
    Ok(())
}
in_both_modes!(the_same_command_many_times_at_once_has_one_effect);

/// Different commands under one id: one of them is carried out, and every other is refused.
async fn one_of_different_commands_with_one_id_is_carried_out(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let command_id = client::command_id();
    let mut sends = JoinSet::new();
    for number in 0..SENDS {
        let (clerk, request) = (clerk.clone(), office(&command_id, &format!("Name {number}")));
        sends.spawn(async move { clerk.call(request).await });
    }
    let answers = sends.join_all().await;
    let done: Vec<u64> = answers.iter().filter_map(|answer| Some(answer.as_ref().ok()?.position)).collect();
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        ensure!(refused.code() == Code::AlreadyExists, "{refused}");
    }
    ensure!(done.len() == 1, "{answers:?}");
    ensure!(records_of(&sandbox, &command_id).await? == done);
    Ok(())
}
in_both_modes!(one_of_different_commands_with_one_id_is_carried_out);

async fn a_caller_who_missed_the_answer_gets_it(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    for round in 0..30 {
        let (command_id, code) = (client::command_id(), format!("D{round}"));
        let request = register(&command_id, &code, "Renamed");
        // The caller gives up at another moment each time: before, in the middle, after.
        let patience = Duration::from_micros(round * 300);
        let _ = tokio::time::timeout(patience, clerk.call(request.clone())).await;
        let answer = clerk.call(request.clone()).await?;
        ensure!(clerk.call(request).await? == answer);
        ensure!(records_of(&sandbox, &command_id).await? == [answer.position], "round {round}");
    }
    Ok(())
}
in_both_modes!(a_caller_who_missed_the_answer_gets_it);
