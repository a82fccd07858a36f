//! A room is never booked twice, and a department never decides in two sessions at once, or in one while it is on its way from
//! another, however many ask for it at the same moment.

use crate::in_both_modes;
use anyhow::ensure;
use domain::Role;
use proto::scheduling::v1::{
    DefineTravelTimeRequest, RegisterRoomRequest, Room, ScheduleSessionRequest, ScheduleSessionResponse,
};
use tests::{Client, Mode, Sandbox, command, outline};
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// The hour for which they ask.
const THE_HOUR: &str = "2027-03-08T02:00:00Z";
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

    let wanted = sessions.into_iter().map(|id| (id, "ROOM".to_owned(), THE_HOUR));
    let answers = scheduled_at_once(&clerk, wanted).await;
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
        let session = clerk.admitted_session(outline(&format!("Session {number}"), "OFFICE")).await?;
        wanted.push((session, room, THE_HOUR));
    }
    let answers = scheduled_at_once(&clerk, wanted).await;
    one_got_it(answers, "DEPARTMENT_BUSY")
}
in_both_modes!(one_of_many_gets_the_department);

type Answer = Result<ScheduleSessionResponse, Status>;

/// Schedules sessions in rooms and for moments, all at once.
async fn scheduled_at_once(
    clerk: &Client,
    wanted: impl IntoIterator<Item = (String, String, &'static str)>,
) -> Vec<Answer> {
    let mut asked = JoinSet::new();
    for (session_id, room_code, starts_at) in wanted {
        let clerk: Client = clerk.clone();
        asked.spawn(async move {
            let request = ScheduleSessionRequest {
                session_id,
                room_code,
                starts_at: Some(Client::moment(starts_at)),
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

/// How many schedulers ask for rooms that are too far from each other.
const TRAVELLERS: usize = 12;

async fn of_sessions_that_are_too_far_apart_one_is_scheduled(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    let mut sessions = Vec::new();
    // Each room is at a site of its own, half an hour from every other one; each session begins when another one has ended.
    for number in 0..TRAVELLERS {
        let (code, site) = (format!("ROOM-{number}"), format!("SITE-{number}"));
        let room =
            Room { code: code.clone(), name: code, seats: 9, equipment: vec![], site_code: Some(site) };
        clerk.call(RegisterRoomRequest { room: Some(room), ..command() }).await?;
        for other in 0..number {
            let way = DefineTravelTimeRequest {
                from_site_code: format!("SITE-{number}"),
                to_site_code: format!("SITE-{other}"),
                minutes: 30,
                ..command()
            };
            clerk.call(way).await?;
        }
        sessions.push(clerk.admitted_session(outline(&format!("Session {number}"), "OFFICE")).await?);
    }

    // Three times that follow each other; no two sessions at one site.
    let at = |number: usize| [THE_HOUR, "2027-03-08T03:00:00Z", "2027-03-08T04:00:00Z"][number % 3];
    let wanted = (0..).zip(sessions).map(|(number, session)| (session, format!("ROOM-{number}"), at(number)));
    let answers = scheduled_at_once(&clerk, wanted).await;

    // The first and the last time have an hour between them, which is enough; any two others do not.
    let got = answers.iter().filter(|answer| answer.is_ok()).count();
    ensure!((1..=2).contains(&got), "{got} sessions were scheduled");
    for status in answers.into_iter().filter_map(Result::err) {
        let reason = Client::reason(&status).unwrap_or_default();
        ensure!(["TRAVEL_TIME_NEEDED", "DEPARTMENT_BUSY"].contains(&reason.as_str()), "{status}");
    }
    Ok(())
}
in_both_modes!(of_sessions_that_are_too_far_apart_one_is_scheduled);
