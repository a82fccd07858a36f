//! A quarter is planned at once: proposed, adopted in one commit or in part, and planned again after a cancellation.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::scheduling::v1::{
    AdoptTimetableRequest, CancelSessionRequest, GetSessionRequest, GetTimetableRequest,
    ListTimetablesRequest, ProposeTimetableRequest, ScheduleSessionRequest, Timetable, TimetableStage,
};
use tests::{Mode, Sandbox, command, outline};

fn propose(title: &str) -> ProposeTimetableRequest {
    ProposeTimetableRequest {
        title: title.into(),
        body_codes: vec!["BODY".into()],
        steps: Some(2_000),
        ..command()
    }
}

fn changes(timetable: &Timetable) -> usize {
    timetable.sessions.iter().filter(|one| one.slot.is_some() && one.slot != one.announced).count()
}

async fn a_quarter_is_planned_adopted_and_planned_again(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    let stranger = sandbox.client(Role::Clerk, Some("ELSEWHERE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.register_department("ELSEWHERE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let mut ids = Vec::new();
    for title in ["First", "Second", "Third", "Fourth"] {
        ids.push(clerk.admitted_session(outline(title, "OFFICE")).await?);
    }

    let refused = stranger.call(propose("Not mine")).await.expect_err("it is not their body");
    ensure!(refused.message().contains("OFFICE"), "{refused}");
    let proposed = clerk.call(propose("The quarter")).await?;
    let timetable = proposed.timetable.context("no timetable")?;
    ensure!(changes(&timetable) == 4 && timetable.price_after < timetable.price_before, "{timetable:?}");
    let hidden = GetTimetableRequest { timetable_id: timetable.timetable_id.clone(), ..Default::default() };
    ensure!(stranger.call(hidden).await.is_err(), "a stranger sees it");

    // Somebody books one of the sessions meanwhile, where another one was to be.
    let taken =
        timetable.sessions.iter().find(|one| one.session_id == ids[1]).and_then(|one| one.slot.clone());
    let taken = taken.context("a slot")?;
    let booked = ScheduleSessionRequest {
        session_id: ids[0].clone(),
        room_code: taken.room_code.clone(),
        starts_at: taken.starts_at,
        ..command()
    };
    clerk.call(booked).await?;
    let adopt = |as_far_as_possible| AdoptTimetableRequest {
        timetable_id: timetable.timetable_id.clone(),
        as_far_as_possible,
        ..command()
    };
    clerk.call(adopt(false)).await.expect_err("one of them has changed");
    let adopted = clerk.call(adopt(true)).await?;
    let (position, adopted) = (adopted.position, adopted.timetable.context("no timetable")?);
    ensure!(adopted.stage() == TimetableStage::PartlyAdopted, "{adopted:?}");
    let mut reasons: Vec<&str> = adopted.refused.iter().map(|one| one.reason.as_str()).collect();
    reasons.sort_unstable();
    ensure!(reasons == ["ROOM_TAKEN", "SESSION_CHANGED"], "{:?}", adopted.refused);
    let third = GetSessionRequest { session_id: ids[2].clone(), at_least_position: position };
    let slot = clerk.call(third).await?.session.and_then(|session| session.slot);
    let wanted =
        adopted.sessions.iter().find(|one| one.session_id == ids[2]).and_then(|one| one.slot.clone());
    ensure!(slot == wanted, "the third session is where the timetable has it");

    // What is left finds a place, and once one is cancelled nobody else moves.
    let again = clerk.call(propose("Again")).await?.timetable.context("no timetable")?;
    ensure!(changes(&again) == 1, "only the second one waits: {again:?}");
    let all = AdoptTimetableRequest { timetable_id: again.timetable_id.clone(), ..command() };
    let adopted = clerk.call(all).await?.timetable.context("no timetable")?;
    ensure!(adopted.stage() == TimetableStage::Adopted, "{adopted:?}");
    let cancel = CancelSessionRequest { session_id: ids[3].clone(), reason: "Settled".into(), ..command() };
    clerk.call(cancel).await?;
    let last = clerk.call(propose("After the cancellation")).await?;
    let kept = last.timetable.context("no timetable")?;
    ensure!(kept.sessions.len() == 3 && changes(&kept) == 0, "{kept:?}");

    let list = ListTimetablesRequest { at_least_position: last.position, ..Default::default() };
    let stages: Vec<TimetableStage> =
        clerk.call(list.clone()).await?.timetables.iter().map(|timetable| timetable.stage()).collect();
    ensure!(
        stages == [TimetableStage::PartlyAdopted, TimetableStage::Adopted, TimetableStage::Proposed],
        "{stages:?}"
    );
    ensure!(stranger.call(list).await?.timetables.is_empty());
    Ok(())
}
in_both_modes!(a_quarter_is_planned_adopted_and_planned_again);
