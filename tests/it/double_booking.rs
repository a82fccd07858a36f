//! A room is never booked twice, and a department never decides in two sessions at once, however many ask for it at the same
//! moment.

use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::scheduling::v1::{ScheduleSessionRequest, ScheduleSessionResponse};
use tests::{Client, Mode, Sandbox, command, outline};
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// How many schedulers ask for the same room at the same time.
const SCHEDULERS: usize = 50;
/// How many ask for the same department, each with a room of its own.
const ROOMS: usize = 12;

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

    let answers = scheduled_at_once(&clerk, sessions.into_iter().map(|id| (id, "ROOM".to_owned()))).await;
    one_got_it(answers, "ROOM_TAKEN")
}
in_both_modes!(one_of_fifty_gets_the_room);

async fn one_of_many_gets_the_department(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    let mut wanted = Vec::new();
    for number in 0..ROOMS {
        let room = format!("ROOM-{number}");
        clerk.register_room(&room).await?;
        wanted.push((clerk.admitted_session(outline(&format!("Session {number}"), "OFFICE")).await?, room));
    }
    let answers = scheduled_at_once(&clerk, wanted).await;
    one_got_it(answers, "DEPARTMENT_BUSY")
}
in_both_modes!(one_of_many_gets_the_department);

type Answer = Result<ScheduleSessionResponse, Status>;

/// Schedules sessions in rooms, for the same hour and all at once.
async fn scheduled_at_once(
    clerk: &Client,
    wanted: impl IntoIterator<Item = (String, String)>,
) -> Vec<Answer> {
    let mut asked = JoinSet::new();
    for (session_id, room_code) in wanted {
        let clerk: Client = clerk.clone();
        asked.spawn(async move {
            let request = ScheduleSessionRequest {
                session_id,
                room_code,
                starts_at: Some(Client::moment("2027-03-08T02:00:00Z")),
                ..command()
            };
            clerk.call(request).await
        });
    }
    asked.join_all().await
}

fn one_got_it(answers: Vec<Answer>, reason: &str) -> anyhow::Result<()> {
    let got = answers.iter().filter(|answer| answer.is_ok()).count();
    ensure!(got == 1, "{got} sessions got it");
    for status in answers.into_iter().filter_map(Result::err) {
        ensure!(status.code() == Code::FailedPrecondition, "{status}");
        ensure!(Client::reason(&status).as_deref() == Some(reason), "{status}");
    }
    Ok(())
}
