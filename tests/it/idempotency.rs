//! The same command id gives the same answer; another command under it is refused.

use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::scheduling::events::v1::{DepartmentKind, DepartmentLevel, DepartmentProfile};
use proto::scheduling::v1::RegisterDepartmentRequest;
use tests::{Client, Mode, Sandbox};
use tonic::Code;

fn register(command_id: &str, name: &str) -> RegisterDepartmentRequest {
    RegisterDepartmentRequest {
        command_id: command_id.into(),
        profile: Some(DepartmentProfile {
            code: "OFFICE".into(),
            name: name.into(),
            parent: None,
            level: DepartmentLevel::Municipal.into(),
            region: None,
            kind: DepartmentKind::Agency.into(),
        }),
    }
}

async fn a_repeat_gives_the_first_answer(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let command_id = Client::command_id();
    let clerk = sandbox.client(Role::Clerk, None).await?;
    let first = clerk.call(register(&command_id, "The office")).await?;
    clerk.call(register(&Client::command_id(), "The office, renamed")).await?;

    // At once, and after every process was started anew.
    ensure!(clerk.call(register(&command_id, "The office")).await? == first);
    for name in sandbox.process_names() {
        sandbox.restart(&name)?;
    }
    let clerk = sandbox.client(Role::Clerk, None).await?;
    ensure!(clerk.call_patiently(register(&command_id, "The office")).await? == first);

    let other = clerk.call(register(&command_id, "Another office")).await.unwrap_err();
    ensure!(other.code() == Code::AlreadyExists, "{other}");
    Ok(())
}
in_both_modes!(a_repeat_gives_the_first_answer);
