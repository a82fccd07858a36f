//! A room is never booked twice, however many ask for it at the same moment.

use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::scheduling::v1::ScheduleSessionRequest;
use tests::{Client, Mode, Sandbox, command, outline};
use tokio::task::JoinSet;
use tonic::Code;

/// How many schedulers ask for the same room at the same time.
const SCHEDULERS: usize = 50;

async fn one_of_fifty_gets_the_room(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let mut sessions = Vec::new();
    for number in 0..SCHEDULERS {
        sessions.push(clerk.admitted_session(outline(&format!("Session {number}"), "OFFICE")).await?);
    }

    let mut asked = JoinSet::new();
    for session_id in sessions {
        let clerk: Client = clerk.clone();
        asked.spawn(async move {
            let request = ScheduleSessionRequest {
                session_id,
                room_code: "ROOM".into(),
                starts_at: Some(Client::moment("2027-03-08T02:00:00Z")),
                ..command()
            };
            clerk.call(request).await
        });
    }
    let answers = asked.join_all().await;

    let got = answers.iter().filter(|answer| answer.is_ok()).count();
    ensure!(got == 1, "{got} sessions got the room");
    for status in answers.into_iter().filter_map(Result::err) {
        ensure!(status.code() == Code::FailedPrecondition, "{status}");
        ensure!(Client::reason(&status).as_deref() == Some("ROOM_TAKEN"), "{status}");
    }
    Ok(())
}
in_both_modes!(one_of_fifty_gets_the_room);
