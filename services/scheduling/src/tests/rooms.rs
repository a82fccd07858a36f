//! Rooms that suit a session: with a seat for everybody who is expected, and the equipment that they need.

use super::*;

impl Fixture {
    pub(super) async fn room(&self, code: &str, seats: u32, equipment: &[&str]) {
        let equipment = equipment.iter().map(ToString::to_string).collect();
        let room = pb::Room { code: code.into(), name: code.into(), seats, equipment, site_code: None };
        let word = format!("{code} {} {seats}", room.equipment.join(" "));
        let register =
            pb::RegisterRoomRequest { command_id: id(&word), room: Some(room), ..Default::default() };
        self.service.register_room(clerk(register)).await.unwrap();
    }

    /// An admitted session that needs a video conference and expects so many people with the delegate of NDRC.
    async fn needing_video(&self, word: &str, companions: u32) -> String {
        let mut wanted = request(word);
        let outline = wanted.outline.as_mut().unwrap();
        outline.equipment = vec!["视频会议".into(), "projector".into()];
        outline.attendees[0].companions = companions;
        let requested = self.service.request_session(clerk(wanted)).await.unwrap().into_inner();
        let session_id = requested.session.unwrap().session_id;
        self.service.screen_session(clerk(screen(word, &session_id))).await.unwrap();
        self.service.admit_session(clerk(admit(word, &session_id))).await.unwrap();
        session_id
    }

    async fn rooms_of_slots(&self, session_id: &str) -> pb::FindSlotsResponse {
        let find = pb::FindSlotsRequest {
            at_least_position: self.bench.end(),
            session_id: session_id.into(),
            ..Default::default()
        };
        self.service.find_slots(clerk(find)).await.unwrap().into_inner()
    }
}

#[tokio::test]
async fn a_session_gets_only_a_room_that_has_what_it_needs() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.needing_video("one", 0).await;
    let found = fixture.rooms_of_slots(&session_id).await;
    let lacking: Vec<_> = found
        .opening
        .unwrap()
        .obstacles
        .into_iter()
        .map(|one| (one.kind(), one.room_code.unwrap(), one.equipment.unwrap()))
        .collect();
    let kind = pb::SlotObstacleKind::RoomLacksEquipment;
    let piece = |name: &str| (kind, "R-301".to_owned(), name.to_owned());
    assert_eq!(lacking, [piece("projector"), piece("视频会议")]);
    fixture.room("R-302", 8, &["ＰＲＯＪＥＣＴＯＲ", "视频会议"]).await;
    fixture.room("TINY", 1, &["projector", "视频会议"]).await;
    let found = fixture.rooms_of_slots(&session_id).await;
    assert!(found.slots.iter().all(|found| found.slot.as_ref().unwrap().room_code == "R-302"));
    // The refusal names what is missing, and the rooms that have it and are large enough.
    let at = "2027-03-08T01:00:00Z";
    let refused = fixture.schedule("in 301", &session_id, at).await.unwrap_err();
    assert_eq!(refusal(&refused, "missing"), ("ROOM_LACKS_EQUIPMENT".into(), "projector, 视频会议".into()));
    assert_eq!(refusal(&refused, "equipped_codes").1, "R-302");
    let poll = pb::OpenPollRequest {
        command_id: id("poll"),
        session_id: session_id.clone(),
        times: vec![pb::PollSlot { room_code: "R-301".into(), starts_at: testing::at(at).to_wire() }],
        close_by: testing::at("2027-03-05T01:00:00Z").to_wire(),
        ..Default::default()
    };
    let refused = fixture.service.open_poll(clerk(poll)).await.unwrap_err();
    assert_eq!(refusal(&refused, "equipped_codes"), ("ROOM_LACKS_EQUIPMENT".into(), "R-302".into()));
    let booking =
        pb::ScheduleSessionRequest { room_code: "R-302".into(), ..schedule("in 302", &session_id, at) };
    fixture.service.schedule_session(clerk(booking)).await.unwrap();
    let moving = pb::MoveSessionRequest {
        command_id: id("move"),
        session_id: session_id.clone(),
        room_code: "R-301".into(),
        starts_at: testing::at(at).to_wire(),
        reason: "换会议室".into(),
        ..Default::default()
    };
    let refused = fixture.service.move_session(clerk(moving)).await.unwrap_err();
    assert_eq!(refusal(&refused, "room_code"), ("ROOM_LACKS_EQUIPMENT".into(), "R-301".into()));
    // What is taken out of the room later sends nobody home.
    fixture.room("R-302", 8, &[]).await;
    fixture.bench.move_clock(at);
    fixture.service.convene_session(clerk(convene("convene", &session_id))).await.unwrap();
}

#[tokio::test]
async fn a_room_has_a_seat_for_everybody_who_is_expected() {
    let fixture = Fixture::furnished().await;
    let mut wanted = request("one");
    wanted.outline.as_mut().unwrap().attendees[0].companions = 101;
    let refused = fixture.service.request_session(clerk(wanted.clone())).await.unwrap_err();
    assert_eq!(refusal(&refused, "department_code"), ("TOO_MANY_COMPANIONS".into(), "NDRC".into()));
    wanted.outline.as_mut().unwrap().attendees[0].companions = 9;
    wanted.command_id = id("two");
    let requested = fixture.service.request_session(clerk(wanted)).await.unwrap().into_inner();
    let session = requested.session.unwrap();
    assert_eq!((session.people, session.person_minutes), (11, 660));
    let session_id = session.session_id;
    fixture.service.screen_session(clerk(screen("two", &session_id))).await.unwrap();
    fixture.service.admit_session(clerk(admit("two", &session_id))).await.unwrap();
    let refused = fixture.schedule("small", &session_id, "2027-03-08T01:00:00Z").await.unwrap_err();
    assert_eq!(refusal(&refused, "attendees"), ("ROOM_TOO_SMALL".into(), "11".into()));
    assert_eq!(refusal(&refused, "suitable_codes").1, "none");
    let found = fixture.rooms_of_slots(&session_id).await;
    assert_eq!(found.opening.unwrap().obstacles[0].kind(), pb::SlotObstacleKind::RoomTooSmall);
    for (code, seats) in [("R-401", 11), ("R-402", 40)] {
        fixture.room(code, seats, &[]).await;
    }
    let refused = fixture.schedule("still small", &session_id, "2027-03-08T01:00:00Z").await.unwrap_err();
    assert_eq!(refusal(&refused, "suitable_codes"), ("ROOM_TOO_SMALL".into(), "R-401, R-402".into()));
}

#[tokio::test]
async fn what_a_session_needs_stays_until_it_is_revised_and_rooms_are_listed_by_it() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.needing_video("one", 0).await;
    let revise = |word: &str, equipment: &[&str], without_equipment| pb::ReviseSessionRequest {
        command_id: id(word),
        session_id: session_id.clone(),
        title: Some(format!("会商 {word}")),
        equipment: equipment.iter().map(ToString::to_string).collect(),
        without_equipment,
        ..Default::default()
    };
    let needs = async |request| {
        let revised = fixture.service.revise_session(clerk(request)).await.unwrap().into_inner();
        revised.session.unwrap().outline.unwrap().equipment
    };
    assert_eq!(needs(revise("title", &[], false)).await, ["视频会议", "projector"]);
    assert_eq!(needs(revise("other", &["白板"], false)).await, ["白板"]);
    assert_eq!(needs(revise("none", &[], true)).await, Vec::<String>::new());
    let both = fixture.service.revise_session(clerk(revise("both", &["白板"], true))).await.unwrap_err();
    assert_eq!(faulty_fields(&both), ["equipment"]);
    let many: Vec<String> = (0..11).map(|nth| format!("piece {nth}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let refused = fixture.service.revise_session(clerk(revise("many", &many, false))).await.unwrap_err();
    assert_eq!(refusal(&refused, "max"), ("TOO_MUCH_EQUIPMENT".into(), "10".into()));
    fixture.room("R-302", 8, &["视频会议", "投影仪"]).await;
    let listed = async |pieces: &[&str]| {
        let list = pb::ListRoomsRequest {
            at_least_position: fixture.bench.end(),
            equipment: pieces.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        let page = fixture.service.list_rooms(clerk(list)).await.unwrap().into_inner();
        page.rooms.into_iter().map(|room| room.code).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["投影仪"]).await, ["R-301", "R-302"]);
    assert_eq!(listed(&["投影仪", "视频会议"]).await, ["R-302"]);
    assert_eq!(listed(&["白板"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_session_costs_is_known_once_it_was_screened_if_its_body_says_what_an_hour_costs() {
    let fixture = Fixture::furnished().await;
    let free = fixture.needing_video("free", 0).await;
    assert_eq!(fixture.session(&free).await.cost, None, "nobody has said what an hour costs");
    let mut paid = charter(None);
    let rate = pb::HourlyRate { currency_code: "CNY".into(), minor_units: 12_050 };
    paid.meeting_rules.as_mut().unwrap().hourly_rate = Some(rate);
    fixture.service.change_body(clerk(change("paid", paid.clone()))).await.unwrap();
    assert_eq!(fixture.session(&free).await.cost, None, "and then it was screened");
    let session_id = fixture.needing_video("paid", 2).await;
    let cost = pb::Money { currency_code: "CNY".into(), minor_units: 48_200, amount: "482.00".into() };
    let shown = fixture.session(&session_id).await;
    assert_eq!((shown.people, shown.person_minutes, shown.cost), (4, 240, Some(cost.clone())));
    let found = fixture.rooms_of_slots(&session_id).await;
    assert_eq!((found.person_minutes, found.cost), (240, Some(cost)));
    paid.meeting_rules.as_mut().unwrap().hourly_rate.as_mut().unwrap().currency_code = "yuan".into();
    let refused = fixture.service.change_body(clerk(change("yuan", paid))).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["charter.meeting_rules.hourly_rate.currency_code"]);
}
