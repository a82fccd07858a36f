//! When a session could take place, by what the view knows.

use super::*;

fn find(fixture: &Fixture, session_id: &str) -> pb::FindSlotsRequest {
    pb::FindSlotsRequest {
        at_least_position: fixture.bench.end(),
        session_id: session_id.into(),
        ..Default::default()
    }
}

impl Fixture {
    async fn slots(&self, session_id: &str) -> pb::FindSlotsResponse {
        self.service.find_slots(clerk(find(self, session_id))).await.unwrap().into_inner()
    }
}

fn first_start(found: &pb::FindSlotsResponse) -> Timestamp {
    Timestamp::from_wire(found.slots[0].slot.clone().unwrap().starts_at).unwrap()
}

#[tokio::test]
async fn the_first_slot_can_be_booked_and_is_not_there_for_another_session() {
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    let found = fixture.slots(&one).await;
    // 8 March is a Monday, and work begins at nine in Shanghai.
    assert_eq!(first_start(&found), at("2027-03-08T01:00:00Z"));
    assert_eq!((found.slots.len(), found.slots[0].price, found.opening), (10, 1, None));
    fixture.schedule("schedule", &one, "2027-03-08T01:00:00Z").await.unwrap();
    let found = fixture.slots(&other).await;
    assert_eq!(first_start(&found), at("2027-03-08T02:00:00Z"));
    // Its own time is not in its way.
    let again = fixture.slots(&one).await;
    assert_eq!(first_start(&again), at("2027-03-08T01:00:00Z"));
}

#[tokio::test]
async fn what_is_in_the_way_is_named_and_nothing_else_of_the_other_session() {
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    fixture.schedule("schedule", &one, "2027-03-08T01:00:00Z").await.unwrap();
    let narrow = pb::FindSlotsRequest {
        latest_start_at: at("2027-03-08T01:30:00Z").to_wire(),
        ..find(&fixture, &other)
    };
    let found = fixture.service.find_slots(clerk(narrow)).await.unwrap().into_inner();
    assert_eq!((found.slots.len(), found.start_count), (0, 0));
    let obstacle = |kind: pb::SlotObstacleKind, cause: pb::BusyCause| pb::SlotObstacle {
        kind: kind.into(),
        starts_at: at("2027-03-08T01:00:00Z").to_wire(),
        ends_at: at("2027-03-08T02:00:00Z").to_wire(),
        cause: Some(cause.into()),
        ..Default::default()
    };
    let taken = pb::SlotObstacle {
        room_code: Some("R-301".into()),
        ..obstacle(pb::SlotObstacleKind::RoomTaken, pb::BusyCause::Session)
    };
    let busy = pb::SlotObstacle {
        department_code: Some("NDRC".into()),
        ..obstacle(pb::SlotObstacleKind::DepartmentBusy, pb::BusyCause::Decision)
    };
    assert_eq!(found.opening.unwrap().obstacles, [taken, busy]);
}

#[tokio::test]
async fn a_window_that_ends_before_it_begins_is_refused_and_so_is_a_session_that_has_begun() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let backwards = pb::FindSlotsRequest {
        latest_start_at: at("2027-03-07T01:00:00Z").to_wire(),
        ..find(&fixture, &session_id)
    };
    let refused = fixture.service.find_slots(clerk(backwards)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["latest_start_at"]);
    let absent = find(&fixture, &Uuid::from_u128(9).to_string());
    let refused = fixture.service.find_slots(clerk(absent)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
}

/// A session of this length, in which these departments decide and the others of NDRC, MOF and MIIT are heard.
fn request_of(word: &str, minutes: u32, deciding: &[&str]) -> pb::RequestSessionRequest {
    let mut requested = request(word);
    let outline = requested.outline.as_mut().unwrap();
    let role = |code: &str| match deciding.contains(&code) {
        true => pb::RoleOnTopic::Decides,
        false => pb::RoleOnTopic::Advises,
    };
    let attendee = |code: &str| pb::SessionAttendee {
        department_code: code.into(),
        roles: vec![pb::TopicRole { topic_number: 1, role: role(code).into() }],
        companions: 0,
    };
    outline.attendees = ["NDRC", "MOF", "MIIT"].map(attendee).into();
    outline.duration_minutes = minutes;
    requested
}

impl Fixture {
    async fn admitted_as(&self, word: &str, request: pb::RequestSessionRequest) -> String {
        let requested = self.service.request_session(clerk(request)).await.unwrap().into_inner();
        let session_id = requested.session.unwrap().session_id;
        self.service.screen_session(clerk(screen(word, &session_id))).await.unwrap();
        self.service.admit_session(clerk(admit(word, &session_id))).await.unwrap();
        session_id
    }

    async fn book(
        &self,
        word: &str,
        session_id: &str,
        slot: &pb::SessionSlot,
        validate_only: bool,
    ) -> Result<(), Status> {
        let booking = pb::ScheduleSessionRequest {
            room_code: slot.room_code.clone(),
            starts_at: slot.starts_at,
            validate_only,
            ..schedule(word, session_id, "2027-03-08T01:00:00Z")
        };
        self.service.schedule_session(clerk(booking)).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_slot_that_is_proposed_can_be_booked_whatever_is_booked_before() {
    let fixture = Fixture::furnished().await;
    fixture.two_sites().await;
    let room = pb::Room {
        code: "R-302".into(),
        name: "小会议室".into(),
        seats: 3,
        equipment: vec![],
        site_code: Some("PORT".into()),
    };
    let register =
        pb::RegisterRoomRequest { command_id: id("R-302"), room: Some(room), ..Default::default() };
    fixture.service.register_room(clerk(register)).await.unwrap();
    let mixes: [&[&str]; 4] = [&["NDRC"], &["MOF"], &["NDRC", "MOF"], &["NDRC"]];
    for (nth, deciding) in mixes.into_iter().cycle().take(12).enumerate() {
        let (word, minutes) = (format!("no {nth}"), [60, 90, 120][nth % 3]);
        let session_id = fixture.admitted_as(&word, request_of(&word, minutes, deciding)).await;
        let asked = pb::FindSlotsRequest {
            latest_start_at: at("2027-03-10T10:00:00Z").to_wire(),
            slots_max: 100,
            ..find(&fixture, &session_id)
        };
        let found = fixture.service.find_slots(clerk(asked)).await.unwrap().into_inner();
        assert!(!found.slots.is_empty(), "{word}: {:?}", found.opening);
        for (at, slot) in found.slots.iter().enumerate() {
            let slot = slot.slot.as_ref().unwrap();
            let booked = fixture.book(&format!("{word} at {at}"), &session_id, slot, true).await;
            assert!(booked.is_ok(), "{word}, {slot:?}: {booked:?}");
        }
        let chosen = found.slots[(nth * 7) % found.slots.len()].slot.clone().unwrap();
        fixture.book(&format!("book {word}"), &session_id, &chosen, false).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_is_moved_to_a_proposed_slot_in_one_act() {
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    fixture.schedule("book one", &one, "2027-03-08T01:00:00Z").await.unwrap();
    fixture.schedule("book other", &other, "2027-03-08T03:00:00Z").await.unwrap();
    let to = |word: &str, starts_at: &str| pb::MoveSessionRequest {
        command_id: id(word),
        session_id: one.clone(),
        room_code: "R-301".into(),
        starts_at: at(starts_at).to_wire(),
        reason: "主持人出差".into(),
        ..Default::default()
    };
    let taken = fixture.service.move_session(clerk(to("taken", "2027-03-08T03:30:00Z"))).await.unwrap_err();
    assert_eq!(refusal(&taken, "session_id"), ("ROOM_TAKEN".into(), other.clone()));
    let night = fixture.service.move_session(clerk(to("night", "2027-03-08T19:00:00Z"))).await.unwrap_err();
    assert_eq!(refusal(&night, "rule"), ("RULE_BROKEN".into(), "working-time".into()));
    assert_eq!(first_start(&fixture.slots(&one).await), at("2027-03-08T01:00:00Z"), "it kept its room");
    let moved = fixture.service.move_session(clerk(to("later", "2027-03-08T05:00:00Z"))).await.unwrap();
    let slot = moved.into_inner().session.unwrap().slot.unwrap();
    assert_eq!(Timestamp::from_wire(slot.starts_at), Ok(at("2027-03-08T05:00:00Z")));
    let third = fixture.admitted("third").await;
    assert_eq!(first_start(&fixture.slots(&third).await), at("2027-03-08T01:00:00Z"), "the time is free");
}
