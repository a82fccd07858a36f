//! The next quarter of the city's joint sessions, planned at once.

use crate::language::{say, text};
use crate::story::demo::stage::{Stage, narrate};
use crate::story::matter::{MatterDriver, attendee, topic};
use anyhow::Context as _;
use client::{Client, command_id};
use domain::Role;
use proto::Wire as _;
use proto::scheduling::v1 as scheduling;
use proto::scheduling::v1::{MatterClass, SessionKind, SessionOutline, SessionTopic, Timetable};

/// Days from the first to the quarter's first session.
const FIRST_DAY: i32 = 140;
/// Steps of the search: enough for a few sessions, and no pause in the story.
const STEPS: u64 = 3_000;

/// A room with screens at the control centre, and how long it takes from the city hall to there.
async fn furnish(clerk: &Client) -> anyhow::Result<()> {
    let room = |code: &str, name: &str, site: &str, equipment: Vec<String>| scheduling::Room {
        code: code.into(),
        name: name.into(),
        seats: 14,
        equipment,
        site_code: Some(site.into()),
    };
    let (centre, hall) = (text("CONTROL-CENTRE"), text("CITY-HALL"));
    for room in [
        room(text("SCREENS"), text("Control room 调度大厅"), centre, vec![text("video wall").into()]),
        room(text("ROOM-5"), text("Meeting room 5 五号会议室"), hall, vec![]),
    ] {
        let register = scheduling::RegisterRoomRequest {
            command_id: command_id(),
            room: Some(room),
            ..Default::default()
        };
        clerk.call(register).await?;
    }
    let define = scheduling::DefineTravelTimeRequest {
        command_id: command_id(),
        from_site_code: hall.into(),
        to_site_code: centre.into(),
        minutes: 40,
        ..Default::default()
    };
    clerk.call(define).await?;
    narrate(text(
        "Rooms have equipment and a site: the control centre has a video wall, and is 40 minutes from the city hall. Who \
         decides in two sessions has the time for the way between them.",
    ))
}

fn outline(stage: &Stage, title: &str) -> SessionOutline {
    SessionOutline {
        title: title.into(),
        purpose: text("What the city's departments owe each other this autumn").into(),
        body_code: text("LINJIANG-JOINT").into(),
        kind: SessionKind::Standing.into(),
        matter_class: MatterClass::Ordinary.into(),
        topics: vec![SessionTopic { papers_required: false, ..topic(1, title, 90) }],
        attendees: vec![
            attendee(text("CITY-HOTLINE"), &[1], &[]),
            attendee(text("CITY-ROADS"), &[1], &[]),
            attendee(text("CITY-WATER"), &[1], &[]),
            attendee(text("METRO"), &[], &[1]),
        ],
        duration_minutes: 120,
        earliest_start_at: stage.at(FIRST_DAY, 9, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    }
}

/// Requests three sessions, has them planned, adopts the plan, cancels one and plans again: nobody else moves.
pub async fn plan(stage: &Stage) -> anyhow::Result<()> {
    let titles = [
        text("Drains before the frost 入冬排水"),
        text("Roadworks of the autumn 秋季道路施工"),
        text("Heating in old quarters 老旧小区供暖"),
    ];
    let mut ids = Vec::new();
    let clerk = stage.deployment.client(Role::Clerk, Some(text("CITY-HOTLINE")))?;
    furnish(&clerk).await?;
    for (nth, title) in titles.into_iter().enumerate() {
        // The last one looks at the network of pipes.
        let equipment = if nth == 2 { vec![text("video wall").into()] } else { vec![] };
        let outline = SessionOutline { equipment, ..outline(stage, title) };
        let matter = MatterDriver::request(&stage.deployment, text("CITY-HOTLINE"), outline).await?;
        matter.screen().await?;
        matter.admit().await?;
        ids.push(matter.id.clone());
    }
    let proposed = propose(stage, &clerk, text("The autumn of Linjiang 临江市秋季会商")).await?;
    narrate(say(
        "One command puts {count} sessions of the autumn into rooms and hours (排期方案): no department is in two at \
         once. The price falls from {before} points to {after}.",
        &[
            ("count", &proposed.sessions.len()),
            ("before", &proposed.price_before),
            ("after", &proposed.price_after),
        ],
    ))?;
    let adopt = scheduling::AdoptTimetableRequest {
        command_id: command_id(),
        timetable_id: proposed.timetable_id.clone(),
        ..Default::default()
    };
    let adopted = clerk.call(adopt).await?.timetable.context("a timetable")?;
    let placed = adopted.sessions.iter().filter(|session| session.adopted).count();
    narrate(say("Adopted in one commit: {placed} sessions have their rooms.", &[("placed", &placed)]))?;
    let cancel = scheduling::CancelSessionRequest {
        command_id: command_id(),
        session_id: ids.swap_remove(0),
        reason: text("Settled by telephone").into(),
        ..Default::default()
    };
    clerk.call(cancel).await?;
    let again = propose(stage, &clerk, text("The autumn, once more 秋季会商（再次排期）")).await?;
    let moved = again.sessions.iter().filter(|session| session.slot != session.announced).count();
    narrate(say(
        "One session is cancelled, and the rest is planned again: {moved} of {count} would move, for what is announced \
         stays unless moving it wins more than it costs.",
        &[("moved", &moved), ("count", &again.sessions.len())],
    ))
}

async fn propose(stage: &Stage, clerk: &Client, title: &str) -> anyhow::Result<Timetable> {
    let propose = scheduling::ProposeTimetableRequest {
        command_id: command_id(),
        title: title.into(),
        body_codes: vec![text("LINJIANG-JOINT").into()],
        earliest_start_at: stage.at(FIRST_DAY, 0, 0).to_wire(),
        latest_start_at: stage.at(FIRST_DAY + 14, 0, 0).to_wire(),
        steps: Some(STEPS),
        ..Default::default()
    };
    clerk.call(propose).await?.timetable.context("a timetable")
}
