//! A clerk asks when a session could take place, books what is suggested, and is told what stands in the way of another.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::scheduling::v1::{FindSlotsRequest, ScheduleSessionRequest, SlotObstacleKind};
use tests::{Mode, Sandbox, command, outline};

async fn a_suggested_slot_is_booked_and_then_in_the_way(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let first = clerk.admitted_session(outline("First", "OFFICE")).await?;
    let second = clerk.admitted_session(outline("Second", "OFFICE")).await?;

    let asked = FindSlotsRequest { session_id: first.clone(), ..Default::default() };
    let found = clerk.call(asked).await?;
    let slot = found.slots.first().and_then(|found| found.slot.clone()).context("there is no slot")?;
    let booked = ScheduleSessionRequest {
        session_id: first,
        room_code: slot.room_code.clone(),
        starts_at: slot.starts_at,
        ..command()
    };
    let position = clerk.call(booked).await?.position;

    let minute = |moment: Option<prost_types::Timestamp>| {
        moment.map(|at| prost_types::Timestamp { seconds: at.seconds + 60, ..at })
    };
    let only_then = FindSlotsRequest {
        at_least_position: position,
        session_id: second,
        earliest_start_at: slot.starts_at,
        latest_start_at: minute(slot.starts_at),
        ..Default::default()
    };
    let found = clerk.call(only_then).await?;
    ensure!(found.slots.is_empty(), "{found:?}");
    let obstacles = found.opening.context("nothing is in the way")?.obstacles;
    let kinds: Vec<SlotObstacleKind> = obstacles.iter().map(|obstacle| obstacle.kind()).collect();
    ensure!(kinds == [SlotObstacleKind::RoomTaken, SlotObstacleKind::DepartmentBusy], "{obstacles:?}");
    Ok(())
}
in_both_modes!(a_suggested_slot_is_booked_and_then_in_the_way);
