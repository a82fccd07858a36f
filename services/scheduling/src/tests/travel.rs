//! The time between two sites.

use super::*;

impl Fixture {
    /// R-301 in the city hall, R-302 in the port, 40 minutes from each other.
    pub(super) async fn two_sites(&self) {
        for (code, site) in [("R-301", "CITY-HALL"), ("R-302", "PORT")] {
            let room = pb::Room {
                code: code.into(),
                name: code.into(),
                seats: 10,
                equipment: vec!["投影仪".into()],
                site_code: Some(site.into()),
            };
            let register = pb::RegisterRoomRequest {
                command_id: id(&format!("{code} at {site}")),
                room: Some(room),
                ..Default::default()
            };
            self.service.register_room(clerk(register)).await.unwrap();
        }
        let way = way("way", "CITY-HALL", "PORT", 40);
        self.service.define_travel_time(clerk(way)).await.unwrap();
    }

    async fn place(&self, word: &str, session_id: &str, room: &str, starts_at: &str) -> Result<(), Status> {
        let booking =
            pb::ScheduleSessionRequest { room_code: room.into(), ..schedule(word, session_id, starts_at) };
        self.service.schedule_session(clerk(booking)).await.map(drop)
    }
}

fn way(word: &str, from: &str, to: &str, minutes: u32) -> pb::DefineTravelTimeRequest {
    pb::DefineTravelTimeRequest {
        command_id: id(word),
        from_site_code: from.into(),
        to_site_code: to.into(),
        minutes,
        ..Default::default()
    }
}

#[tokio::test]
async fn whoever_decides_at_two_sites_has_the_time_between_them() {
    let fixture = Fixture::furnished().await;
    fixture.two_sites().await;
    let (first, second) = (fixture.admitted("one").await, fixture.admitted("two").await);
    fixture.place("first", &first, "R-301", "2027-03-08T01:00:00Z").await.unwrap();
    let refused = fixture.place("early", &second, "R-302", "2027-03-08T02:30:00Z").await.unwrap_err();
    assert_eq!(refusal(&refused, "minutes"), ("TRAVEL_TIME_NEEDED".into(), "40".into()));
    assert_eq!(refusal(&refused, "from_code").1, "CITY-HALL");
    assert_eq!(refusal(&refused, "session_id").1, first);
    // The search says the same: until 11:00 it is in the city hall, or not at all.
    let window = pb::FindSlotsRequest {
        at_least_position: fixture.bench.end(),
        session_id: second.clone(),
        latest_start_at: at("2027-03-08T04:00:00Z").to_wire(),
        ..Default::default()
    };
    let found = fixture.service.find_slots(clerk(window)).await.unwrap().into_inner();
    let mut slots: Vec<_> = found
        .slots
        .into_iter()
        .map(|found| found.slot.unwrap())
        .map(|slot| (Timestamp::from_wire(slot.starts_at).unwrap(), slot.room_code))
        .collect();
    slots.sort();
    assert_eq!(slots[0], (at("2027-03-08T02:00:00Z"), "R-301".into()));
    fixture.place("late", &second, "R-302", "2027-03-08T02:40:00Z").await.unwrap();
    // The same time in another room is another way.
    let moving = |word: &str, room: &str| pb::MoveSessionRequest {
        command_id: id(word),
        session_id: first.clone(),
        room_code: room.into(),
        starts_at: at("2027-03-08T01:00:00Z").to_wire(),
        reason: "换会议室".into(),
        ..Default::default()
    };
    fixture.service.move_session(clerk(moving("to the port", "R-302"))).await.unwrap();
    let third = fixture.admitted("three").await;
    let refused = fixture.place("third", &third, "R-301", "2027-03-08T03:50:00Z").await.unwrap_err();
    assert_eq!(refusal(&refused, "from_code"), ("TRAVEL_TIME_NEEDED".into(), "PORT".into()));
    // A reason on record allows what the way does not.
    let overriding = pb::OverrideFindingRequest {
        command_id: id("override"),
        session_id: third.clone(),
        rule: pb::ScreeningRule::OneSessionAtATime.into(),
        reason: "代表另派".into(),
        ..Default::default()
    };
    fixture.service.override_finding(by(overriding, "NDRC", Role::Supervisor)).await.unwrap();
    fixture.place("by override", &third, "R-301", "2027-03-08T03:50:00Z").await.unwrap();
}

#[tokio::test]
async fn when_there_is_no_time_for_the_way_the_opening_names_it() {
    let fixture = Fixture::furnished().await;
    fixture.two_sites().await;
    let first = fixture.admitted("one").await;
    fixture.place("first", &first, "R-302", "2027-03-08T01:00:00Z").await.unwrap();
    // The room in the port has neither the seats nor the projector any more; the other one is too far away.
    let room = pb::Room {
        code: "R-302".into(),
        name: "R-302".into(),
        seats: 1,
        equipment: vec![],
        site_code: Some("PORT".into()),
    };
    let register =
        pb::RegisterRoomRequest { command_id: id("small"), room: Some(room), ..Default::default() };
    fixture.service.register_room(clerk(register)).await.unwrap();
    let mut wanted = request("two");
    wanted.outline.as_mut().unwrap().equipment = vec!["投影仪".into()];
    let requested = fixture.service.request_session(clerk(wanted)).await.unwrap().into_inner();
    let narrow = pb::FindSlotsRequest {
        at_least_position: fixture.bench.end(),
        session_id: requested.session.unwrap().session_id,
        earliest_start_at: at("2027-03-08T02:00:00Z").to_wire(),
        latest_start_at: at("2027-03-08T02:30:00Z").to_wire(),
        ..Default::default()
    };
    let found = fixture.service.find_slots(clerk(narrow)).await.unwrap().into_inner();
    let way = pb::SlotObstacle {
        kind: pb::SlotObstacleKind::TravelTime.into(),
        department_code: Some("NDRC".into()),
        starts_at: at("2027-03-08T01:00:00Z").to_wire(),
        ends_at: at("2027-03-08T02:00:00Z").to_wire(),
        cause: Some(pb::BusyCause::Decision.into()),
        from_site_code: Some("PORT".into()),
        to_site_code: Some("CITY-HALL".into()),
        travel_minutes: Some(40),
        ..Default::default()
    };
    assert_eq!(found.opening.unwrap().obstacles, [way]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_only_one_is_scheduled_when_there_is_no_time_between_them() {
    let fixture = Fixture::furnished().await;
    fixture.two_sites().await;
    for round in 0..8 {
        let (word, other) = (format!("one {round}"), format!("other {round}"));
        let (first, second) = (fixture.admitted(&word).await, fixture.admitted(&other).await);
        let day = 8 + [0, 1, 2, 3, 4, 7, 8, 9][round];
        let (nine, ten) = (format!("2027-03-{day:02}T01:00:00Z"), format!("2027-03-{day:02}T02:30:00Z"));
        let (at_nine, at_ten) = (format!("nine {round}"), format!("ten {round}"));
        let (one, other) = tokio::join!(
            fixture.place(&at_nine, &first, "R-301", &nine),
            fixture.place(&at_ten, &second, "R-302", &ten),
        );
        let refused: Vec<Status> = [one, other].into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refusal(&refused[0], "minutes"), ("TRAVEL_TIME_NEEDED".into(), "40".into()));
    }
}

#[tokio::test]
async fn travel_times_belong_to_those_who_gave_them_and_are_shown_to_everybody() {
    let fixture = Fixture::furnished().await;
    fixture.two_sites().await;
    let back = pb::DefineTravelTimeRequest { one_way: true, ..way("back", "PORT", "CITY-HALL", 55) };
    let stranger = fixture.service.define_travel_time(by(back.clone(), "MOF", Role::Clerk)).await;
    assert_eq!(refusal(&stranger.unwrap_err(), "needed_codes").1, "NDRC");
    let answered = fixture.service.define_travel_time(clerk(back)).await.unwrap().into_inner();
    assert_eq!(answered.travel_time.unwrap().minutes, 55);
    let same = fixture.service.define_travel_time(clerk(way("same", "PORT", "PORT", 5))).await;
    assert_eq!(refusal(&same.unwrap_err(), "site_code"), ("SAME_SITE".into(), "PORT".into()));
    let far = fixture.service.define_travel_time(clerk(way("far", "PORT", "北京", 721))).await;
    assert_eq!(refusal(&far.unwrap_err(), "max"), ("TRAVEL_OUT_OF_RANGE".into(), "720".into()));
    let get = pb::GetTravelTimesRequest { at_least_position: fixture.bench.end() };
    let shown = fixture.service.get_travel_times(by(get, "MOF", Role::Delegate)).await.unwrap().into_inner();
    let ways: Vec<_> =
        shown.travel_times.iter().map(|way| (way.from_site_code.as_str(), way.minutes)).collect();
    assert_eq!(ways, [("CITY-HALL", 40), ("PORT", 55)]);
}
