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
    let obstacle =
        |kind: pb::SlotObstacleKind, room: Option<&str>, department: Option<&str>| pb::SlotObstacle {
            kind: kind.into(),
            room_code: room.map(str::to_owned),
            department_code: department.map(str::to_owned),
            starts_at: at("2027-03-08T01:00:00Z").to_wire(),
            ends_at: at("2027-03-08T02:00:00Z").to_wire(),
        };
    let taken = obstacle(pb::SlotObstacleKind::RoomTaken, Some("R-301"), None);
    let busy = obstacle(pb::SlotObstacleKind::DepartmentBusy, None, Some("NDRC"));
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
