use super::*;
use crate::calendar::WorkingCalendar;
use crate::scheduling::equipment::Equipment;
use crate::scheduling::session::RoleOnTopic;
use crate::scheduling::slots::obstacles::{of_room, of_time};
use crate::scheduling::slots::{Attending, Busy, Cause, Diaries, Engagement, RoomDiary, Wanted};
use crate::scheduling::travel;
use crate::testing::{actor, code, given, line, text};
use crate::{Date, Role};
use jiff::SignedDuration;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Monday, 1 March 2027, at this hour.
fn hour(hour: i64) -> Timestamp {
    "2027-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn busy(from: i64, until: i64) -> Busy {
    Busy { starts_at: hour(from), ends_at: hour(until) }
}

fn slot(room: &str, from: i64, until: i64) -> Slot {
    Slot { room: code(room), starts_at: hour(from), ends_at: hour(until) }
}

const DEPARTMENTS: [&str; 6] = ["WATER", "ROADS", "POWER", "METRO", "PARKS", "PRESS"];

/// A session of two hours within these days, which the first of these departments chairs and all of them decide.
fn session(nth: u128, departments: &[&str], days: i64) -> Planned {
    let attending = departments.iter().enumerate().map(|(at, department)| Attending {
        department: code(department),
        role: RoleOnTopic::Decides,
        may_chair: at == 0,
        is_bound: true,
        decides: true,
        substitutes: vec![],
    });
    Planned {
        session: Uuid::from_u128(nth),
        body: code("FLOOD"),
        wanted: Wanted {
            from_at: hour(0),
            until_at: hour(24 * days),
            notice_until_at: None,
            duration_minutes: 120,
            is_urgent: false,
            attending: attending.collect(),
            people: departments.len() as u32,
            equipment: Equipment::default(),
            quorum: departments.len() as u32,
            full_quarters: BTreeSet::new(),
            asked: vec![],
        },
        announced: None,
        is_pinned: false,
        counts: false,
        counted_in: None,
    }
}

fn quarter(sessions: Vec<Planned>, rooms: &[&str]) -> Quarter {
    let rooms = rooms.iter().map(|room| RoomDiary {
        code: code(room),
        seats: 6,
        equipment: Equipment::default(),
        site: None,
        busy: Default::default(),
    });
    Quarter {
        sessions,
        diaries: Diaries { rooms: rooms.collect(), ..Default::default() },
        places: BTreeMap::new(),
        calendar: WorkingCalendar::weekends_only("UTC").unwrap(),
    }
}

#[test]
fn sessions_of_the_same_department_and_those_in_one_room_follow_each_other() {
    let sessions = vec![session(1, &["WATER"], 1), session(2, &["WATER"], 1), session(3, &["ROADS"], 1)];
    let entries = plan(&quarter(sessions, &["HALL"]), 7, 2_000).unwrap();
    let mut starts: Vec<Timestamp> =
        entries.iter().map(|entry| entry.slot.as_ref().unwrap().starts_at).collect();
    starts.sort();
    assert!(starts.windows(2).all(|pair| pair[0] + SignedDuration::from_hours(2) <= pair[1]), "{starts:?}");
}

#[test]
fn what_cannot_take_place_is_left_out_and_told_why() {
    let mut quarter = quarter((1..=6).map(|nth| session(nth, &["WATER"], 1)).collect(), &["HALL", "SMALL"]);
    let entries = plan(&quarter, 7, 2_000).unwrap();
    let left: Vec<&Entry> = entries.iter().filter(|entry| entry.slot.is_none()).collect();
    assert_eq!(left.len(), 2, "four sessions of two hours fit into a day");
    let opening = left[0].opening.as_ref().unwrap();
    assert!(matches!(
        &opening.obstacles[..],
        [crate::scheduling::slots::Obstacle::DepartmentBusy { .. }, ..]
    ));
    assert_eq!(costliest(&entries).unwrap().reason, Reason::Unplaced);
    // With a day more, all of them fit.
    quarter.sessions.iter_mut().for_each(|planned| planned.wanted.until_at = hour(48));
    let entries = plan(&quarter, 7, 2_000).unwrap();
    assert!(entries.iter().all(|entry| entry.slot.is_some()));
}

#[test]
fn a_cancellation_moves_nobody_who_need_not_move() {
    let mut sessions: Vec<Planned> = (1..=4).map(|nth| session(nth, &["WATER", "ROADS"], 5)).collect();
    for (at, planned) in sessions.iter_mut().enumerate() {
        let from = 9 + 2 * at as i64;
        planned.announced = Some(slot("HALL", from, from + 2));
    }
    let cancelled = sessions.remove(1);
    let entries = plan(&quarter(sessions.clone(), &["HALL"]), 7, 4_000).unwrap();
    assert!(entries.iter().all(|entry| !entry.is_change()), "{entries:?}");
    // A new one takes the place, and still nobody moves.
    sessions.push(Planned { announced: None, session: Uuid::from_u128(9), ..cancelled });
    let entries = plan(&quarter(sessions, &["HALL"]), 7, 4_000).unwrap();
    let moved: Vec<&Entry> = entries.iter().filter(|entry| entry.is_change()).collect();
    assert_eq!((moved.len(), moved[0].session), (1, Uuid::from_u128(9)));
    assert_eq!(moved[0].slot.as_ref().unwrap().starts_at, hour(11));
}

#[test]
fn a_quarter_has_only_so_many_places() {
    let counted = |nth| Planned { counts: true, ..session(nth, &["WATER"], 60) };
    let mut quarter = quarter(vec![counted(1), counted(2), counted(3)], &["HALL"]);
    let first: Date = "2027-01-01".parse().unwrap();
    quarter.places = BTreeMap::from([((code("FLOOD"), first), 2)]);
    let entries = plan(&quarter, 7, 4_000).unwrap();
    let in_march = entries.iter().filter(|entry| entry.slot.as_ref().unwrap().starts_at < hour(31 * 24));
    assert_eq!(in_march.count(), 2);
}

/// It takes an hour from CITY to PORT, and three back.
fn distances() -> travel::Distances {
    let way =
        |from: &str, to: &str, minutes| ((code(from), code(to)), travel::Way { minutes, department: None });
    travel::State { ways: [way("CITY", "PORT", 60), way("PORT", "CITY", 180)].into() }.distances()
}

prop_compose! {
    fn some_quarter()(
        sessions in prop::collection::vec(
            (prop::collection::btree_set(0_usize..6, 1..4), 1_u32..4, any::<bool>(), any::<bool>(), prop::option::of(0_i64..4)),
            1..9,
        ),
        away in prop::collection::vec((0_usize..6, 8_i64..40, 1_i64..8, any::<bool>()), 0..6),
        taken in prop::collection::vec((0_usize..2, 8_i64..40, 1_i64..8), 0..4),
        limit in prop::option::of(1_u32..4),
        travels in any::<bool>(),
    ) -> Quarter {
        let planned = sessions.into_iter().enumerate().map(|(at, (departments, quorum, pinned, exempt, day))| {
            let names: Vec<&str> = departments.iter().map(|at| DEPARTMENTS[*at]).collect();
            let mut planned = session(at as u128 + 1, &names, 3);
            planned.wanted.quorum = quorum;
            planned.wanted.attending.iter_mut().for_each(|one| {
                one.is_bound = !exempt;
                one.substitutes = vec![code("PRESS")];
            });
            if let Some(last) = planned.wanted.attending.last_mut().filter(|one| !one.may_chair) {
                last.role = RoleOnTopic::Advises;
                (last.is_bound, last.decides) = (false, false);
            }
            // What is announced was booked once, so no two are in one room at a time.
            planned.announced = day.map(|day| slot("HALL", 24 * day + at as i64 * 2, 24 * day + at as i64 * 2 + 2));
            planned.is_pinned = pinned && planned.announced.is_some();
            planned.counts = limit.is_some();
            planned.counted_in = Some("2027-01-01".parse().unwrap());
            planned
        });
        let mut quarter = quarter(planned.collect(), &["HALL", "SMALL"]);
        if travels {
            quarter.diaries.travel = distances();
            for (room, site) in quarter.diaries.rooms.iter_mut().zip(["CITY", "PORT"]) {
                room.site = quarter.diaries.travel.site(&code(site));
            }
        }
        let mut departments: BTreeMap<Code, Vec<Engagement>> = BTreeMap::new();
        for (at, from, hours, decides) in away {
            let cause = if decides { Cause::Decision } else { Cause::Session };
            let site = quarter.diaries.rooms[at % 2].site;
            departments.entry(code(DEPARTMENTS[at])).or_default().push(Engagement { time: busy(from, from + hours), cause, site, read_at: None });
        }
        quarter.diaries.departments = departments.into_iter().map(|(code, all)| (code, all.into_iter().collect())).collect();
        for (room, from, hours) in taken {
            let engagement = Engagement { time: busy(from, from + hours), cause: Cause::Session, site: None, read_at: None };
            let diary = std::mem::take(&mut quarter.diaries.rooms[room].busy);
            quarter.diaries.rooms[room].busy = diary.with(engagement);
        }
        quarter.places = limit.map(|limit| ((code("FLOOD"), "2027-01-01".parse().unwrap()), limit)).into_iter().collect();
        quarter
    }
}

/// Everything that is there when a session is booked after all others.
fn with_the_others(quarter: &Quarter, entries: &[Entry], at: usize) -> Diaries {
    let mut diaries = quarter.diaries.clone();
    for (other, entry) in entries.iter().enumerate().filter(|(other, _)| *other != at) {
        let Some(slot) = &entry.slot else { continue };
        let time = Busy { starts_at: slot.starts_at, ends_at: slot.ends_at };
        let site = diaries.rooms.iter().find(|room| room.code == slot.room).and_then(|room| room.site);
        for one in &quarter.sessions[other].wanted.attending {
            let cause = if one.decides { Cause::Decision } else { Cause::Session };
            let diary = diaries.departments.remove(&one.department).unwrap_or_default();
            diaries
                .departments
                .insert(one.department.clone(), diary.with(Engagement { time, cause, site, read_at: None }));
        }
        for room in diaries.rooms.iter_mut().filter(|room| room.code == slot.room) {
            room.busy = std::mem::take(&mut room.busy).with(Engagement {
                time,
                cause: Cause::Session,
                site: None,
                read_at: None,
            });
        }
    }
    diaries
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_is_planned_can_be_booked_costs_what_it_says_and_is_never_worse(
        quarter in some_quarter(), seed in any::<u64>()
    ) {
        let entries = plan(&quarter, seed, 600).unwrap();
        prop_assert_eq!(&entries, &plan(&quarter, seed, 600).unwrap(), "the same seed and steps");
        for (at, entry) in entries.iter().enumerate() {
            let planned = &quarter.sessions[at];
            if planned.is_pinned {
                prop_assert_eq!(&entry.slot, &planned.announced);
            }
            let Some(slot) = entry.slot.as_ref().filter(|_| entry.is_change()) else { continue };
            let diaries = with_the_others(&quarter, &entries, at);
            let time = Busy { starts_at: slot.starts_at, ends_at: slot.ends_at };
            prop_assert_eq!(of_time(&planned.wanted, &diaries, &quarter.calendar, &time), vec![]);
            let room = diaries.rooms.iter().find(|room| room.code == slot.room).unwrap();
            prop_assert_eq!(of_room(&planned.wanted, &diaries, room, &time), vec![]);
        }
        // The board counts in bits what the explanation counts in words.
        let mut board = Board::of(&quarter);
        let said = |board: &Board| -> u64 {
            let all = (0..quarter.sessions.len()).flat_map(|at| explain::penalties(&quarter, at, board));
            all.map(|penalty| u64::from(penalty.price)).sum()
        };
        prop_assert_eq!(board.total(), said(&board));
        let before = board.total();
        search::search(&quarter, &mut board, seed, 600);
        prop_assert_eq!(board.total(), said(&board));
        prop_assert!(board.total() <= before);
        let price = |entries: &[Entry]| entries.iter().map(|entry| u64::from(entry.price())).sum::<u64>();
        prop_assert!(price(&entries) <= before);
    }
}

fn proposal() -> Proposal {
    let row = |nth, slot: Option<Slot>| Row {
        session: Uuid::from_u128(nth),
        announced: None,
        slot,
        is_pinned: false,
        before: vec![],
        after: vec![],
        obstacles: vec![],
    };
    Proposal {
        title: line("第二季度"),
        bodies: vec![code("FLOOD")],
        from_at: hour(0),
        until_at: hour(24),
        seed: 7,
        steps: 9,
        rows: vec![row(1, Some(slot("HALL", 9, 11))), row(2, Some(slot("HALL", 11, 13))), row(3, None)],
        costliest: None,
    }
}

#[test]
fn a_timetable_is_adopted_once_for_each_session_and_not_after_it_was_withdrawn() {
    let clerk = || actor("chen", "OFFICE", Role::Clerk);
    let proposed = given::<Timetable>(&[]).by(clerk()).when(Command::Propose(proposal())).unwrap();
    let adopt = |sessions: &[u128]| Command::Adopt {
        sessions: sessions.iter().map(|nth| Uuid::from_u128(*nth)).collect(),
        left: vec![],
    };
    let not_in = |nth| Err(Rejection::NotInTheTimetable { session_id: Uuid::from_u128(nth) });
    assert_eq!(given::<Timetable>(&proposed).when(adopt(&[3])), not_in(3), "it gets no room");
    let first = given::<Timetable>(&proposed).when(adopt(&[1])).unwrap();
    let partly = [proposed.clone(), first].concat();
    assert_eq!(given::<Timetable>(&partly).when(adopt(&[1])), not_in(1));
    let state = Timetable::fold(State::default(), &partly);
    assert_eq!(state.known().unwrap().stage(), Stage::PartlyAdopted);
    let second = given::<Timetable>(&partly).when(adopt(&[2])).unwrap();
    let adopted = [partly.clone(), second].concat();
    let withdraw = || Command::Withdraw { reason: text("作废") };
    let needed = "proposed or partly adopted";
    let refused = Rejection::WrongStage { action: "withdrawn", needed, stage: Stage::Adopted };
    assert_eq!(given::<Timetable>(&adopted).when(withdraw()), Err(refused));
    let withdrawn = [proposed.clone(), given::<Timetable>(&proposed).when(withdraw()).unwrap()].concat();
    assert_eq!(given::<Timetable>(&withdrawn).when(withdraw()), Ok(vec![]));
    let refused = Rejection::WrongStage { action: "adopted", needed, stage: Stage::Withdrawn };
    assert_eq!(given::<Timetable>(&withdrawn).when(adopt(&[1])), Err(refused));
}
