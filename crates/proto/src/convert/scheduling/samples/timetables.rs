//! Sample events of timetables.

use super::session_id;
use crate::convert::sample::{at, code, line, text};
use domain::scheduling::session::Slot;
use domain::scheduling::slots;
use domain::scheduling::timetable::{Event, Left, Proposal, Row, Share, Wish};

pub(super) fn of_a_timetable() -> Vec<Event> {
    let slot =
        |room, starts_at, ends_at| Slot { room: code(room), starts_at: at(starts_at), ends_at: at(ends_at) };
    let share = |reason, price| Share { reason, price };
    let [obstacle, full, lacking, way] = obstacles();
    let moved = Row {
        session: session_id(),
        announced: Some(slot("R-301", "2027-04-05T01:00:00Z", "2027-04-05T02:00:00Z")),
        slot: Some(slot("R-302", "2027-04-06T01:00:00Z", "2027-04-06T02:00:00Z")),
        is_pinned: false,
        before: vec![share(slots::Reason::Undecidable, 3_000)],
        after: vec![share(slots::Reason::Moved, 44), share(slots::Reason::Late, 2)],
        obstacles: vec![],
    };
    let unplaced = Row {
        announced: None,
        slot: None,
        is_pinned: true,
        before: vec![share(slots::Reason::Unplaced, 10_000)],
        after: vec![share(slots::Reason::Unplaced, 10_000)],
        obstacles: vec![obstacle, full],
        ..moved.clone()
    };
    let wish = Wish {
        session: session_id(),
        reason: slots::Reason::DeciderMissing,
        department: Some(code("MOF")),
        price: 100,
    };
    let proposal = Proposal {
        title: line("第二季度会商排期"),
        bodies: vec![code("JOINT")],
        from_at: at("2027-04-01T00:00:00Z"),
        until_at: at("2027-07-01T00:00:00Z"),
        seed: 7,
        steps: 40_000,
        rows: vec![moved, unplaced],
        costliest: Some(wish),
    };
    let nothing = Proposal { costliest: None, ..proposal.clone() };
    let far = Proposal {
        rows: vec![Row { obstacles: vec![lacking, way], ..proposal.rows[1].clone() }],
        ..nothing.clone()
    };
    let left =
        Left { session: session_id(), reason: line("ROOM_TAKEN"), message: text("room R-302 is booked") };
    vec![
        Event::Proposed { proposal, proposer: Some(code("NDRC")) },
        Event::Proposed { proposal: nothing, proposer: None },
        Event::Adopted { sessions: vec![session_id()], left: vec![left] },
        Event::Withdrawn { reason: text("季度安排有变") },
        Event::Proposed { proposal: far, proposer: None },
    ]
}

/// One of each kind.
fn obstacles() -> [slots::ObstacleRecord; 4] {
    let obstacle = slots::ObstacleRecord {
        kind: slots::ObstacleKind::DepartmentBusy,
        room: None,
        department: Some(code("MOF")),
        starts_at: Some(at("2027-04-06T01:00:00Z")),
        ends_at: Some(at("2027-04-06T03:00:00Z")),
        cause: Some(slots::Cause::Decision),
        read_at: None,
        quarter_on: None,
        equipment: None,
        from_site: None,
        to_site: None,
        travel_minutes: None,
    };
    let full = slots::ObstacleRecord {
        kind: slots::ObstacleKind::QuarterFull,
        department: None,
        starts_at: None,
        ends_at: None,
        cause: None,
        quarter_on: Some("2027-04-01".parse().expect("a date")),
        ..obstacle.clone()
    };
    let lacking = slots::ObstacleRecord {
        kind: slots::ObstacleKind::RoomLacksEquipment,
        room: Some(code("R-301")),
        equipment: Some(line("视频会议")),
        quarter_on: None,
        ..full.clone()
    };
    let way = slots::ObstacleRecord {
        kind: slots::ObstacleKind::TravelTime,
        from_site: Some(code("CITY-HALL")),
        to_site: Some(code("PORT")),
        travel_minutes: Some(40),
        ..obstacle.clone()
    };
    [obstacle, full, lacking, way]
}
