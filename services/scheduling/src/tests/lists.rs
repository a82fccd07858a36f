use super::*;

async fn listed(fixture: &Fixture, list: pb::ListSessionsRequest) -> Vec<pb::SessionSummary> {
    fixture.service.list_sessions(clerk(list)).await.unwrap().into_inner().sessions
}

#[tokio::test]
async fn the_list_of_sessions_shows_what_happened_to_them() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let position = fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap().position;
    let list = pb::ListSessionsRequest {
        at_least_position: position,
        stage: Some(pb::SessionStage::Scheduled.into()),
        body_code: Some("JOINT".into()),
        department_code: Some("MOF".into()),
        order_by: "starts_at desc".into(),
        ..Default::default()
    };
    let sessions = listed(&fixture, list.clone()).await;
    let [row] = &sessions[..] else { panic!("{sessions:?}") };
    assert_eq!((&row.session_id, row.topic_count, row.attendee_count), (&session_id, 1, 2));
    assert_eq!(row.requested_at, at("2027-03-01T01:00:00Z").to_wire());
    assert_eq!(
        (row.room_code.as_deref(), row.ends_at),
        (Some("R-301"), at("2027-03-08T02:00:00Z").to_wire())
    );

    let of_another_department = pb::ListSessionsRequest { department_code: Some("MIIT".into()), ..list };
    assert_eq!(listed(&fixture, of_another_department).await, []);
}

#[tokio::test]
async fn an_unset_filter_keeps_every_session_and_an_empty_one_too() {
    let fixture = Fixture::furnished().await;
    fixture.admitted("one").await;
    let requested = fixture.service.request_session(clerk(request("two"))).await.unwrap().into_inner();
    let unset = pb::ListSessionsRequest { at_least_position: requested.position, ..Default::default() };
    let empty = pb::ListSessionsRequest {
        stage: Some(pb::SessionStage::Unspecified.into()),
        body_code: Some(String::new()),
        department_code: Some(String::new()),
        ..unset.clone()
    };
    assert_eq!(listed(&fixture, unset.clone()).await.len(), 2);
    assert_eq!(listed(&fixture, empty).await.len(), 2);
    let unknown = pb::ListSessionsRequest { stage: Some(99), ..unset };
    let refused = fixture.service.list_sessions(clerk(unknown)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["stage"]);
}

#[tokio::test]
async fn rooms_are_listed_by_their_seats() {
    let fixture = Fixture::furnished().await;
    let position = fixture.bench.end();
    for (seats_min, count) in [(None, 1), (Some(10), 1), (Some(11), 0)] {
        let list = pb::ListRoomsRequest { at_least_position: position, seats_min, ..Default::default() };
        let rooms = fixture.service.list_rooms(clerk(list)).await.unwrap().into_inner().rooms;
        assert_eq!(rooms.len(), count, "{seats_min:?}");
    }
}

#[test]
fn no_list_reads_every_row_or_sorts_many() {
    let tables = rusqlite::Connection::open_in_memory().unwrap();
    tables.execute_batch(<crate::views::SchedulingView as service_kit::View>::SCHEMA).unwrap();
    for filters in 0..8_i32 {
        for order_by in ["requested_at", "requested_at desc", "starts_at", "starts_at desc"] {
            let request = pb::ListSessionsRequest {
                order_by: order_by.into(),
                stage: (filters & 1 != 0).then_some(1),
                body_code: (filters & 2 != 0).then(|| "JOINT".into()),
                department_code: (filters & 4 != 0).then(|| "MOF".into()),
                ..Default::default()
            };
            let list = crate::views::list_of_sessions(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["sessions_of_department"]).unwrap(), None);
        }
    }
    for order_by in ["starts_at", "starts_at desc"] {
        let request = pb::ListSessionsRequest {
            order_by: order_by.into(),
            starts_from_at: Some(Default::default()),
            starts_until_at: Some(Default::default()),
            ..Default::default()
        };
        let list = crate::views::list_of_sessions(&request).unwrap();
        assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
    }
    for filters in 0..64_i32 {
        for order_by in ["taken_in_at", "taken_in_at desc"] {
            let request = pb::ListMattersRequest {
                order_by: order_by.into(),
                stage: (filters & 1 != 0).then_some(1),
                body_code: (filters & 2 != 0).then(|| "JOINT".into()),
                department_code: (filters & 4 != 0).then(|| "MOF".into()),
                case_reference: (filters & 8 != 0).then(|| "12345".into()),
                settled: (filters & 16 != 0).then_some(false),
                text: (filters & 32 != 0).then(|| "柳树巷".into()),
                ..Default::default()
            };
            let list = crate::views::list_of_matters(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["matters_of_department"]).unwrap(), None);
        }
    }
    for filters in 0..16_i32 {
        for order_by in ["starts_at", "starts_at desc"] {
            let request = pb::ListInvitationsRequest {
                order_by: order_by.into(),
                answered: (filters & 1 != 0).then_some(false),
                department_code: (filters & 2 != 0).then(|| "MOF".into()),
                body_code: (filters & 4 != 0).then(|| "JOINT".into()),
                reminded: (filters & 8 != 0).then_some(true),
                ..Default::default()
            };
            let list = crate::views::list_of_invitations(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["sessions_of_department"]).unwrap(), None);
        }
    }
    for (seats_min, order_by) in [None, Some(10)]
        .into_iter()
        .flat_map(|seats| ["code", "name desc", "seats"].map(|order| (seats, order)))
    {
        let request = pb::ListRoomsRequest { order_by: order_by.into(), seats_min, ..Default::default() };
        let list = crate::views::list_of_rooms(&request).unwrap();
        assert_eq!(list.slow_plan(&tables, &["rooms_by_seats"]).unwrap(), None, "there are few rooms");
    }
    for (stage, order_by) in [(None, "proposed_at"), (Some(1), "proposed_at desc")] {
        let request = pb::ListTimetablesRequest { order_by: order_by.into(), stage, ..Default::default() };
        let list = crate::views::list_of_timetables(&request).unwrap();
        assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
    }
    for order_by in ["code", "code desc", "name"] {
        let request = pb::ListBodiesRequest { order_by: order_by.into(), ..Default::default() };
        let list = crate::views::list_of_bodies(&request).unwrap();
        assert_eq!(list.slow_plan(&tables, &[]).unwrap(), None);
    }
}
