use super::*;
use crate::scheduling::equipment::Equipment;
use crate::scheduling::poll::Suitability;
use crate::scheduling::travel;
use crate::testing::{code, line};
use crate::{Date, Line, Timestamp};
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

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("UTC").unwrap()
}

fn attending(department: &str, role: RoleOnTopic) -> Attending {
    Attending {
        department: code(department),
        role,
        may_chair: department == "CHAIR",
        is_bound: true,
        decides: true,
        substitutes: vec![],
    }
}

/// A session of two hours on that Monday, which the chair and two others decide.
fn wanted() -> Wanted {
    let decides = |department| attending(department, RoleOnTopic::Decides);
    Wanted {
        from_at: hour(0),
        until_at: hour(24),
        notice_until_at: None,
        duration_minutes: 120,
        is_urgent: false,
        attending: vec![decides("CHAIR"), decides("WATER"), decides("ROADS")],
        people: 3,
        equipment: Equipment::default(),
        quorum: 2,
        full_quarters: BTreeSet::new(),
        asked: vec![],
    }
}

fn engaged(cause: Cause, busy: &[Busy]) -> Timeline {
    busy.iter().map(|time| Engagement { time: *time, cause, site: None, read_at: None }).collect()
}

fn room(name: &str, seats: u32, busy: &[Busy]) -> RoomDiary {
    let busy = engaged(Cause::Session, busy);
    RoomDiary { code: code(name), seats, equipment: Equipment::default(), site: None, busy }
}

fn diaries(rooms: Vec<RoomDiary>, departments: &[(&str, &[Busy])]) -> Diaries {
    let departments =
        departments.iter().map(|(name, busy)| (code(name), engaged(Cause::Session, busy))).collect();
    Diaries { rooms, departments, ..Diaries::default() }
}

#[test]
fn every_start_within_working_hours_is_looked_at() {
    let found = find(&wanted(), &diaries(vec![room("HALL", 3, &[])], &[]), &calendar());
    let starts: Vec<Timestamp> = found.suggestions.iter().map(|one| one.slot.starts_at).collect();
    assert_eq!((starts.first(), starts.last(), starts.len()), (Some(&hour(9)), Some(&hour(16)), 15));
    let weekend = Wanted { from_at: hour(5 * 24), until_at: hour(7 * 24), ..wanted() };
    let found = find(&weekend, &diaries(vec![room("HALL", 3, &[])], &[]), &calendar());
    assert_eq!(found, Found { suggestions: vec![], opening: None });
    let urgent = Wanted { is_urgent: true, ..wanted() };
    let found = find(&urgent, &diaries(vec![room("HALL", 3, &[])], &[]), &calendar());
    assert_eq!(found.suggestions.len(), 48);
}

#[test]
fn a_quorum_is_enough_and_whoever_is_missing_costs() {
    let away = diaries(vec![room("HALL", 3, &[])], &[("WATER", &[busy(9, 12)])]);
    let found = find(&wanted(), &away, &calendar());
    let (best, last) = (&found.suggestions[0], &found.suggestions[14]);
    assert_eq!((best.slot.starts_at, best.price()), (hour(12), 0));
    assert_eq!((last.price(), last.penalties[0].reason), (100, Reason::DeciderMissing));
    assert_eq!(last.penalties[0].department, Some(code("WATER")));
    let mut substituted = wanted();
    substituted.attending[1].substitutes = vec![code("CHAIR"), code("DAMS")];
    let found = find(&substituted, &away, &calendar());
    assert_eq!(found.suggestions[14].penalties[0].reason, Reason::Substituted);
}

/// A time, and what departments said about it.
fn asked(time: Busy, answers: &[(&str, Suitability)]) -> AskedTime {
    AskedTime { time, answers: answers.iter().map(|(name, said)| (code(name), *said)).collect() }
}

#[test]
fn what_departments_said_in_a_poll_costs_and_nothing_more() {
    let mut polled = wanted();
    polled.attending[2].role = RoleOnTopic::Advises;
    polled.asked = vec![
        asked(
            busy(9, 11),
            &[("WATER", Suitability::No), ("ROADS", Suitability::No), ("CHAIR", Suitability::No)],
        ),
        asked(busy(10, 12), &[("WATER", Suitability::Yes), ("ROADS", Suitability::IfNeeded)]),
    ];
    let free = diaries(vec![room("HALL", 3, &[])], &[("CHAIR", &[busy(15, 18)])]);
    let found = find(&polled, &free, &calendar());
    let at = |hour| found.suggestions.iter().find(|one| one.slot.starts_at == hour).unwrap();
    let reasons = |hour| at(hour).penalties.iter().map(|one| (one.reason, one.price)).collect::<Vec<_>>();
    let (unsuitable, if_needed) = (Reason::Unsuitable, Reason::IfNeeded);
    // Everybody said no, and yet it can be booked: what was said is no obstacle.
    assert_eq!(reasons(hour(9)), [(unsuitable, 100), (unsuitable, 100), (unsuitable, 30)]);
    // What was said about exactly this time counts; CHAIR said nothing about it, but no to one that overlaps it.
    assert_eq!(reasons(hour(10)), [(unsuitable, 100), (if_needed, 3)]);
    assert_eq!(reasons(hour(13)), []);
    assert_eq!(found.suggestions[0].slot.starts_at, hour(12));
}

#[test]
fn what_is_held_for_another_session_gives_way_at_a_price() {
    let mut held = diaries(vec![room("HALL", 3, &[]), room("SMALL", 9, &[])], &[]);
    held.holds.rooms.insert(code("HALL"), engaged(Cause::Held, &[busy(9, 11)]));
    held.holds.departments.insert(code("WATER"), engaged(Cause::Held, &[busy(9, 11)]));
    let found = find(&wanted(), &held, &calendar());
    let early = found.suggestions.iter().find(|one| one.slot.starts_at == hour(9)).unwrap();
    let prices: Vec<_> =
        early.penalties.iter().map(|one| (one.reason, one.department.clone(), one.price)).collect();
    assert_eq!(early.slot.room, code("SMALL"), "the other room is free");
    assert_eq!(prices, [(Reason::Held, Some(code("WATER")), 10), (Reason::RoomLarge, None, 1)]);
    held.rooms.truncate(1);
    let found = find(&wanted(), &held, &calendar());
    let early = found.suggestions.iter().find(|one| one.slot.starts_at == hour(9)).unwrap();
    assert_eq!((early.slot.room.clone(), early.price()), (code("HALL"), 30), "and it can be taken");
}

#[test]
fn of_two_rooms_the_one_that_fits_is_suggested() {
    let rooms = vec![room("HALL", 60, &[]), room("SMALL", 4, &[busy(9, 11)]), room("TINY", 2, &[])];
    let found = find(&wanted(), &diaries(rooms, &[]), &calendar());
    assert_eq!(found.suggestions[0].slot.room, code("SMALL"));
    let early = found.suggestions.iter().find(|one| one.slot.starts_at == hour(9)).unwrap();
    assert_eq!((early.slot.room.clone(), early.penalties[0].reason), (code("HALL"), Reason::RoomLarge));
}

#[test]
fn what_is_in_the_way_is_named() {
    let all_day = busy(0, 24);
    let full =
        diaries(vec![room("HALL", 3, &[all_day])], &[("CHAIR", &[busy(0, 15)]), ("WATER", &[all_day])]);
    let opening = find(&wanted(), &full, &calendar()).opening.unwrap();
    assert_eq!(opening.slot.starts_at, hour(15));
    assert_eq!(
        opening.obstacles,
        [Obstacle::RoomTaken {
            room: code("HALL"),
            engagement: Engagement { time: all_day, cause: Cause::Session, site: None, read_at: None }
        }]
    );
    let late = Wanted { notice_until_at: Some(hour(48)), ..wanted() };
    let opening = find(&late, &diaries(vec![room("HALL", 3, &[])], &[]), &calendar()).opening.unwrap();
    assert_eq!(opening.obstacles, [Obstacle::Notice { until_at: hour(48) }]);
}

#[test]
fn whoever_decides_elsewhere_keeps_the_session_away_unless_it_is_exempt() {
    let mut diaries = diaries(vec![room("HALL", 3, &[])], &[]);
    diaries.departments.insert(code("ROADS"), engaged(Cause::Decision, &[busy(0, 17)]));
    let obstacle = Obstacle::DepartmentBusy {
        department: code("ROADS"),
        engagement: Engagement { time: busy(0, 17), cause: Cause::Decision, site: None, read_at: None },
    };
    let found = find(&wanted(), &diaries, &calendar());
    assert_eq!((found.suggestions.len(), found.opening.unwrap().obstacles), (0, vec![obstacle]));
    let mut exempt = wanted();
    exempt.attending.iter_mut().for_each(|one| one.is_bound = false);
    let found = find(&exempt, &diaries, &calendar());
    assert_eq!(found.suggestions[0].penalties[0].cause, Some(Cause::Decision), "a quorum comes without it");
}

#[test]
fn a_room_without_what_is_needed_is_not_proposed_and_named_when_there_is_no_other() {
    let equipped = |room: RoomDiary, pieces: &[&str]| {
        let pieces: Vec<Line> = pieces.iter().map(|piece| line(piece)).collect();
        RoomDiary { equipment: pieces.iter().collect(), ..room }
    };
    let needs = [line("视频会议"), line("Projector")];
    let session = Wanted { equipment: needs.iter().collect(), ..wanted() };
    let bare = equipped(room("BARE", 3, &[]), &["ｐｒｏｊｅｃｔｏｒ"]);
    let studio = equipped(room("STUDIO", 30, &[]), &["视频会议", "PROJECTOR"]);
    let found = find(&session, &diaries(vec![bare.clone(), studio], &[]), &calendar());
    assert!(found.suggestions.iter().all(|one| one.slot.room == code("STUDIO")), "{found:?}");
    let opening = find(&session, &diaries(vec![bare], &[]), &calendar()).opening.unwrap();
    assert_eq!(
        opening.obstacles,
        [Obstacle::RoomLacksEquipment { room: code("BARE"), piece: line("视频会议") }]
    );
}

/// It takes two hours from CITY to PORT, and one back.
fn distances() -> Distances {
    let way =
        |from: &str, to: &str, minutes| ((code(from), code(to)), travel::Way { minutes, department: None });
    travel::State { ways: [way("CITY", "PORT", 120), way("PORT", "CITY", 60)].into() }.distances()
}

#[test]
fn whoever_decides_at_another_site_has_the_time_for_the_way() {
    let travel = distances();
    let (city, port) = (travel.site(&code("CITY")), travel.site(&code("PORT")));
    let hall = RoomDiary { site: port, ..room("HALL", 3, &[]) };
    let mut diaries = Diaries { travel, ..diaries(vec![hall], &[]) };
    let engagement = Engagement { time: busy(11, 12), cause: Cause::Decision, site: city, read_at: None };
    diaries.departments.insert(code("ROADS"), [engagement].into_iter().collect());
    let session = Wanted { duration_minutes: 60, ..wanted() };
    let starts = |diaries: &Diaries| {
        let found = find(&session, diaries, &calendar()).suggestions;
        found.iter().map(|one| one.slot.starts_at).min_by_key(|at| (*at < hour(12), *at)).unwrap()
    };
    assert_eq!(starts(&diaries), hour(14), "two hours after CITY");
    let early = Wanted { until_at: hour(10), ..session.clone() };
    let found = find(&early, &diaries, &calendar()).suggestions;
    assert_eq!(
        found.last().unwrap().slot.starts_at,
        hour(9),
        "at 9:30 there is half an hour left for the way back"
    );
    let between = Wanted { from_at: hour(12), until_at: hour(13), ..session.clone() };
    let opening = find(&between, &diaries, &calendar()).opening.unwrap();
    let (department, from, to) = (code("ROADS"), code("CITY"), code("PORT"));
    let way = Obstacle::TravelTime { department, engagement, from, to, minutes: 120 };
    assert_eq!(opening.obstacles, [way]);
    diaries.rooms.push(RoomDiary { site: city, ..room("TOWER", 9, &[]) });
    assert_eq!(starts(&diaries), hour(12), "in the other room nobody travels");
}

#[test]
fn a_full_quarter_is_named() {
    let quarter_on = "2027-01-01".parse().unwrap();
    let full = Wanted { full_quarters: BTreeSet::from([quarter_on]), ..wanted() };
    let found = find(&full, &diaries(vec![room("HALL", 3, &[])], &[]), &calendar());
    assert_eq!(found.opening.unwrap().obstacles, [Obstacle::QuarterFull { quarter_on }]);
}

/// The same without an obstacle.
fn removed(obstacle: &Obstacle, wanted: &mut Wanted, diaries: &mut Diaries) {
    let without = |diary: &mut Timeline, engagement: &Engagement| {
        let mut rest: Vec<Engagement> = diary.iter().copied().collect();
        rest.remove(rest.iter().position(|known| known == engagement).unwrap());
        *diary = rest.into_iter().collect();
    };
    let room = |diaries: &mut Diaries, name: &Code| {
        diaries.rooms.iter().position(|room| room.code == *name).unwrap()
    };
    match obstacle {
        Obstacle::RoomTaken { room: name, engagement } => {
            let at = room(diaries, name);
            without(&mut diaries.rooms[at].busy, engagement);
        }
        Obstacle::RoomTooSmall { room: name, needed, .. } => {
            let at = room(diaries, name);
            diaries.rooms[at].seats = *needed;
        }
        Obstacle::RoomLacksEquipment { room: name, piece } => {
            let (at, more) = (room(diaries, name), Equipment::from_iter([piece]));
            let there = &mut diaries.rooms[at].equipment;
            let all: Vec<Line> =
                there.missing_from(&Equipment::default()).chain(more.missing_from(there)).cloned().collect();
            *there = all.iter().collect();
        }
        Obstacle::DepartmentBusy { department, engagement }
        | Obstacle::TravelTime { department, engagement, .. } => {
            without(diaries.departments.get_mut(department).unwrap(), engagement);
        }
        Obstacle::Notice { .. } => wanted.notice_until_at = None,
        Obstacle::QuarterFull { quarter_on } => drop(wanted.full_quarters.remove(quarter_on)),
    }
}

/// Everything that could be an obstacle at all.
fn everything(wanted: &Wanted, diaries: &Diaries) -> Vec<Obstacle> {
    let needed = wanted.people;
    let rooms = diaries.rooms.iter().flat_map(|room| {
        let small = Obstacle::RoomTooSmall { room: room.code.clone(), seats: room.seats, needed };
        let taken = room.busy.iter();
        let taken = taken.map(|it| Obstacle::RoomTaken { room: room.code.clone(), engagement: *it });
        let lacking = wanted.equipment.missing_from(&room.equipment);
        let lacking = lacking
            .map(|piece| Obstacle::RoomLacksEquipment { room: room.code.clone(), piece: piece.clone() });
        taken.chain((room.seats < needed).then_some(small)).chain(lacking).collect::<Vec<_>>()
    });
    let departments = diaries.departments.iter().flat_map(|(department, diary)| {
        let named =
            |it: &Engagement| Obstacle::DepartmentBusy { department: department.clone(), engagement: *it };
        diary.iter().map(named)
    });
    let notice = wanted.notice_until_at.map(|until_at| Obstacle::Notice { until_at });
    let full =
        wanted.full_quarters.iter().map(|quarter_on| Obstacle::QuarterFull { quarter_on: *quarter_on });
    rooms.chain(departments).chain(notice).chain(full).collect()
}

/// At most so many entries.
fn some_diary(max: usize) -> impl Strategy<Value = Vec<Busy>> {
    let one = (8_i64..17, 1_i64..10).prop_map(|(from, hours)| busy(from, from + hours));
    prop::collection::vec(one, 0..=max)
}

prop_compose! {
    fn some_case()(
        rooms in prop::collection::vec((2_u32..5, some_diary(1), any::<bool>()), 1..3),
        needs in prop::bool::weighted(0.3),
        sites in prop::collection::vec(0_usize..3, 5),
        departments in prop::collection::vec((some_diary(2), any::<bool>()), 3),
        bound in prop::collection::vec(any::<bool>(), 3),
        full in prop::bool::weighted(0.2),
        quorum in 1_u32..4,
        deputy in any::<bool>(),
        notice in prop::option::of(10_i64..30),
        role in prop::sample::select(vec![RoleOnTopic::Decides, RoleOnTopic::Advises]),
    ) -> (Wanted, Diaries) {
        let mut wanted = Wanted { quorum, notice_until_at: notice.map(hour), duration_minutes: 240, ..wanted() };
        wanted.attending[0].role = role;
        let projector = line("projector");
        wanted.equipment = needs.then_some(&projector).into_iter().collect();
        wanted.attending.iter_mut().zip(bound).for_each(|(one, bound)| one.is_bound = bound);
        wanted.full_quarters.extend(full.then(|| "2027-01-01".parse::<Date>().unwrap()));
        wanted.attending[1].may_chair = deputy;
        let travel = distances();
        let site = |at: usize| travel.site(&code(["CITY", "PORT", "NOWHERE"][at]));
        let rooms = rooms.into_iter().enumerate().map(|(at, (seats, busy, has))| {
            let equipment = has.then_some(&projector).into_iter().collect();
            RoomDiary { equipment, site: site(sites[at]), ..room(&format!("R{at}"), seats, &busy) }
        });
        let names = ["CHAIR", "WATER", "ROADS"].map(code);
        let diary = |(at, (busy, decides)): (usize, (Vec<Busy>, bool))| {
            let cause = if decides { Cause::Decision } else { Cause::Session };
            let there = site(sites[2 + at]);
            busy.iter().map(|time| Engagement { time: *time, cause, site: there, read_at: None }).collect::<Timeline>()
        };
        let departments = names.into_iter().zip(departments.into_iter().enumerate().map(diary)).collect();
        let rooms = rooms.collect();
        (wanted, Diaries { rooms, departments, travel, ..Diaries::default() })
    }
}

proptest! {
    #[test]
    fn removing_the_obstacles_opens_a_start_and_no_fewer_do((wanted, diaries) in some_case()) {
        let Some(opening) = find(&wanted, &diaries, &calendar()).opening else { return Ok(()) };
        let without = |obstacles: &[&Obstacle]| {
            let (mut wanted, mut diaries) = (wanted.clone(), diaries.clone());
            obstacles.iter().for_each(|obstacle| removed(obstacle, &mut wanted, &mut diaries));
            find(&wanted, &diaries, &calendar()).suggestions
        };
        let named: Vec<&Obstacle> = opening.obstacles.iter().collect();
        prop_assert!(without(&named).iter().any(|found| found.slot == opening.slot));
        let all = everything(&wanted, &diaries);
        for chosen in 0_u32..1 << all.len() {
            if (chosen.count_ones() as usize) < named.len() {
                let fewer: Vec<&Obstacle> =
                    all.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1).map(|(_, one)| one).collect();
                prop_assert!(without(&fewer).is_empty(), "{fewer:?} are enough");
            }
        }
    }
}
