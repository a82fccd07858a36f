use super::*;
use crate::testing::{actor, code, given};
use crate::{Actor, Role};
use proptest::prelude::*;

fn profile(seats: u32) -> Profile {
    Profile {
        code: Code::parse("R-301").unwrap(),
        name: Line::parse("三楼第一会议室").unwrap(),
        seats,
        equipment: vec![Line::parse("投影仪").unwrap()],
        site: None,
    }
}

fn hour(hour: u32) -> Timestamp {
    Timestamp::from_second(i64::from(hour) * 3_600).unwrap()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn book(session: u128, starts_at: u32, ends_at: u32) -> Command {
    Command::Book {
        session: id(session),
        starts_at: hour(starts_at),
        ends_at: hour(ends_at),
        attendees: 10,
        equipment: vec![],
    }
}

fn booked(session: u128, starts_at: u32, ends_at: u32) -> Event {
    Event::Booked { session: id(session), starts_at: hour(starts_at), ends_at: hour(ends_at) }
}

fn listed() -> Event {
    Event::Registered { profile: profile(30), department: Some(code("NDRC")) }
}

fn registering(profile: Profile, answered_for: &[&str]) -> Command {
    Command::Register { profile, answered_for: answered_for.iter().map(|one| code(one)).collect() }
}

#[test]
fn a_room_is_changed_by_its_department_those_above_it_and_operators() {
    let first =
        given::<Room>(&[]).by(actor("chen", "NDRC", Role::Clerk)).when(registering(profile(30), &["NDRC"]));
    let first = first.unwrap();
    assert_eq!(first, [listed()]);
    let change = |who: Actor, answered_for: &[&str]| {
        given::<Room>(&first).by(who).when(registering(profile(8), answered_for))
    };
    let changed = vec![Event::Registered { profile: profile(8), department: Some(code("NDRC")) }];
    assert_eq!(change(actor("li", "NDRC", Role::Clerk), &["NDRC"]), Ok(changed.clone()));
    assert_eq!(change(actor("wang", "COUNCIL", Role::Clerk), &["COUNCIL", "NDRC"]), Ok(changed.clone()));
    let operator = Actor { department: None, ..actor("op", "", Role::Operator) };
    assert_eq!(change(operator.clone(), &[]), Ok(changed), "it stays whose it is");
    let refused = change(actor("zhao", "MOF", Role::Clerk), &["MOF"]).unwrap_err();
    let needed_codes = "NDRC".to_owned();
    assert_eq!(refused, Rejection::NotYourDepartment { department_code: "MOF".to_owned(), needed_codes });
    let nothing =
        given::<Room>(&first).by(actor("zhao", "MOF", Role::Clerk)).when(registering(profile(30), &[]));
    assert_eq!(nothing, Ok(vec![]), "what is so already is refused to nobody");

    // Nobody's room is for operators.
    let of_nobody = [Event::Registered { profile: profile(30), department: None }];
    let change = |who: Actor| given::<Room>(&of_nobody).by(who).when(registering(profile(8), &["NDRC"]));
    assert!(change(actor("chen", "NDRC", Role::Clerk)).is_err());
    assert!(change(operator).is_ok());
}

#[test]
fn bookings_may_touch_but_not_overlap() {
    let history = [listed(), booked(1, 9, 11)];
    assert_eq!(given::<Room>(&history).when(book(2, 11, 12)), Ok(vec![booked(2, 11, 12)]));
    assert_eq!(
        given::<Room>(&history).when(book(2, 10, 12)),
        Err(Rejection::RoomTaken {
            room_code: profile(30).code,
            session_id: id(1),
            starts_at: hour(9),
            ends_at: hour(11)
        })
    );
    assert_eq!(given::<Room>(&history).when(book(1, 9, 11)), Ok(vec![]));
    assert_eq!(given::<Room>(&history).when(book(1, 10, 12)), Ok(vec![booked(1, 10, 12)]));
}

#[test]
fn a_released_room_is_free_again() {
    let history = [listed(), booked(1, 9, 11), Event::Released { session: id(1) }];
    assert_eq!(given::<Room>(&history).when(book(2, 9, 11)), Ok(vec![booked(2, 9, 11)]));
    assert_eq!(given::<Room>(&history).when(Command::Release { session: id(1) }), Ok(vec![]));
}

#[test]
fn a_booking_that_does_not_fit_is_refused_with_its_figures() {
    assert_eq!(given::<Room>(&[]).when(book(1, 9, 11)), Err(NOT_FOUND));
    let small = [Event::Registered { profile: profile(8), department: None }];
    assert_eq!(
        given::<Room>(&small).when(book(1, 9, 11)),
        Err(Rejection::RoomTooSmall {
            room_code: profile(8).code,
            seats: 8,
            attendees: 10,
            suitable_codes: "none".into()
        })
    );
    assert_eq!(
        given::<Room>(&[listed()]).when(book(1, 11, 11)),
        Err(Rejection::NotAnInterval { starts_at: hour(11), ends_at: hour(11) })
    );
    assert_eq!(
        given::<Room>(&[]).when(registering(profile(0), &[])),
        Err(Rejection::SeatsRequired { room_code: profile(0).code })
    );
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => (5_u32..20).prop_map(|seats| registering(profile(seats), &["NDRC"])),
        6 => (1_u128..8, 0_u32..48, 0_u32..6).prop_map(|(session, starts_at, hours)| book(session, starts_at, starts_at + hours)),
        2 => (1_u128..8).prop_map(|session| Command::Release { session: id(session) }),
    ]
}

proptest! {
    #[test]
    fn no_commands_put_two_sessions_in_a_room_at_one_moment(commands in proptest::collection::vec(commands(), 0..60)) {
        let issued = Issued { at: Timestamp::UNIX_EPOCH, by: Actor::process("test") };
        let mut state = State::default();
        for command in commands {
            if let Ok(events) = Room::decide(&state, command, &issued) {
                state = Room::fold(state, &events);
            }
            let State::Listed { bookings, .. } = &state else { continue };
            let bookings: Vec<&Booking> = bookings.values().collect();
            for (at, one) in bookings.iter().enumerate() {
                prop_assert!(one.starts_at < one.ends_at);
                prop_assert!(bookings[at + 1..].iter().all(|other| !one.overlaps(other)));
            }
        }
    }
}

#[test]
fn a_room_that_lacks_what_is_needed_is_refused_by_name() {
    let history = [Event::Registered { profile: profile(12), department: None }];
    let need = |pieces: &[&str]| Command::Book {
        session: id(1),
        starts_at: hour(9),
        ends_at: hour(10),
        attendees: 10,
        equipment: pieces.iter().map(|piece| Line::parse(piece).unwrap()).collect(),
    };
    assert!(given::<Room>(&history).when(need(&["投影仪"])).is_ok());
    let refused = given::<Room>(&history).when(need(&["Video", "投影仪", "ｖｉｄｅｏ", "白板"])).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "room R-301 has no Video, 白板; rooms that have all that is needed: none"
    );
    let named = refused.naming(&[crate::testing::code("R-302")]);
    assert_eq!(named.to_string(), "room R-301 has no Video, 白板; rooms that have all that is needed: R-302");
}
