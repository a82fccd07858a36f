//! What every command promises: its answer, its refusals, and what `validate_only` and `expected_position` do.

use super::*;

#[tokio::test]
async fn a_command_answers_with_the_resource_as_it_is_now() {
    let fixture = Fixture::furnished().await;
    let requested = fixture.service.request_session(clerk(request("one"))).await.unwrap().into_inner();
    let session = requested.session.unwrap();
    assert_eq!(session.stage(), pb::SessionStage::Requested);
    assert_eq!(session.requester_code.as_deref(), Some("NDRC"));
    assert_eq!(session.outline.as_ref().unwrap().topics[0].number, 1, "numbered by its place");
    let screened = fixture.service.screen_session(clerk(screen("one", &session.session_id))).await.unwrap();
    let screened = screened.into_inner().session.unwrap();
    assert_eq!((&screened.session_id, screened.stage()), (&session.session_id, pb::SessionStage::Screened));
    assert_eq!(fixture.session(&session.session_id).await, screened, "GetSession shows the same");
}

#[tokio::test]
async fn a_repeat_returns_the_first_answer_and_an_id_stands_for_one_command() {
    let fixture = Fixture::furnished().await;
    let first = fixture.service.request_session(clerk(request("one"))).await.unwrap().into_inner();
    fixture.service.request_session(clerk(request("two"))).await.unwrap();
    let repeat = fixture.service.request_session(clerk(request("one"))).await.unwrap().into_inner();
    assert_eq!(repeat, first);
    let mut other = request("one");
    other.outline.as_mut().unwrap().duration_minutes = 90;
    let reused = fixture.service.request_session(clerk(other)).await.unwrap_err();
    assert_eq!(reused.code(), Grpc::AlreadyExists);
}

#[tokio::test]
async fn validation_writes_nothing_and_refuses_for_real() {
    let fixture = Fixture::furnished().await;
    let (one, two) = (fixture.admitted("one").await, fixture.admitted("two").await);
    let before = fixture.bench.end();
    let validate = |word: &str, session_id: &str| pb::ScheduleSessionRequest {
        validate_only: true,
        ..schedule(word, session_id, "2027-03-08T01:00:00Z")
    };
    let validated =
        fixture.service.schedule_session(clerk(validate("validate one", &one))).await.unwrap().into_inner();
    assert_eq!((validated.position, validated.session.unwrap().stage()), (0, pb::SessionStage::Scheduled));
    assert_eq!(fixture.session(&one).await.stage(), pb::SessionStage::Admitted);
    let dry_run = pb::RequestSessionRequest { validate_only: true, ..request("three") };
    let requested = fixture.service.request_session(clerk(dry_run)).await.unwrap().into_inner();
    assert_eq!(requested.position, 0);
    assert_eq!(fixture.bench.end(), before, "nothing was written");

    fixture.schedule("for real", &one, "2027-03-08T01:00:00Z").await.unwrap();
    let refused = fixture.service.schedule_session(clerk(validate("validate two", &two))).await.unwrap_err();
    assert_eq!(refusal(&refused, "session_id"), ("ROOM_TAKEN".into(), one));
    let unready = pb::ConveneSessionRequest { validate_only: true, ..convene("convene", &two) };
    let refused = fixture.service.convene_session(clerk(unready)).await.unwrap_err();
    assert_eq!(refusal(&refused, "stage"), ("WRONG_STAGE".into(), "admitted".into()));
}

#[tokio::test]
async fn a_command_on_outdated_knowledge_is_aborted_with_what_changed() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let known = fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap().position;
    let postpone = |word: &str, expected_position| pb::PostponeSessionRequest {
        command_id: id(word),
        expected_position,
        session_id: session_id.clone(),
        reason: "停电".into(),
        ..Default::default()
    };
    fixture.service.postpone_session(clerk(postpone("first", Some(known)))).await.unwrap();
    let aborted = fixture.service.postpone_session(clerk(postpone("second", Some(known)))).await.unwrap_err();
    assert_eq!(aborted.code(), Grpc::Aborted);
    assert_eq!(refusal(&aborted, "events"), ("CHANGED_SINCE".into(), "SessionPostponed".into()));
}

#[tokio::test]
async fn every_fault_of_a_request_is_named() {
    let fixture = Fixture::furnished().await;
    let mut faulty = request("faulty");
    let outline = faulty.outline.as_mut().unwrap();
    outline.title = String::new();
    outline.topics[0].title = " ".into();
    let status = fixture.service.request_session(clerk(faulty)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["outline.title", "outline.topics[0].title"]);

    let mut stranger = request("stranger");
    let outline = stranger.outline.as_mut().unwrap();
    outline.attendees[1].department_code = "MOT".into();
    let status = fixture.service.request_session(clerk(stranger)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["outline.attendees[1].department_code"]);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let fixture = Fixture::furnished().await;
    let nobody = id("nobody");
    let get = pb::GetSessionRequest { at_least_position: 0, session_id: nobody.clone() };
    let unknown = fixture.service.get_session(clerk(get)).await.unwrap_err();
    let uncommanded = fixture.service.admit_session(clerk(admit("nobody", &nobody))).await.unwrap_err();
    for status in [unknown, uncommanded] {
        assert_eq!(status.code(), Grpc::NotFound);
        assert_eq!(refusal(&status, "what"), ("NOT_FOUND".into(), "session".into()));
    }
    let session_id = fixture.admitted("one").await;
    let nowhere = pb::ScheduleSessionRequest {
        room_code: "R-999".into(),
        ..schedule("nowhere", &session_id, "2027-03-08T05:00:00Z")
    };
    let roomless = fixture.service.schedule_session(clerk(nowhere)).await.unwrap_err();
    assert_eq!(refusal(&roomless, "what"), ("NOT_FOUND".into(), "room".into()));
}
