use super::*;

#[tokio::test]
async fn a_session_goes_from_request_to_convening_and_the_lists_follow() {
    let place = Place::furnished().await;
    let session_id = place.admitted("one").await;
    let position = place.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    let ask = pb::ListSessionsRequest {
        at_least_position: position,
        state: pb::SessionState::Scheduled.into(),
        body: "JOINT".into(),
        department: "MOF".into(),
        order_by: "from desc".into(),
        ..Default::default()
    };
    let listed = place.service.list_sessions(clerk(ask.clone())).await.unwrap().into_inner();
    assert!(listed.position >= position);
    let [row] = &listed.sessions[..] else { panic!("{listed:?}") };
    assert_eq!((row.session_id.as_str(), row.topics, row.attendees), (session_id.as_str(), 1, 2));
    assert_eq!(row.requested_at, at("2027-03-01T01:00:00Z").to_wire());
    assert_eq!(row.until, at("2027-03-08T02:00:00Z").to_wire());

    let other = pb::ListSessionsRequest { department: "MIIT".into(), ..ask };
    assert_eq!(place.service.list_sessions(clerk(other)).await.unwrap().into_inner().sessions, []);

    let answer = pb::AnswerInvitationRequest {
        command_id: id("answer"),
        session_id: session_id.clone(),
        department: "MOF".into(),
        answer: values::Answer::Accept.into(),
        reason: None,
    };
    place.service.answer_invitation(by(answer, "MOF", Role::Delegate)).await.unwrap();
    let convene =
        |word: &str| pb::ConveneSessionRequest { command_id: id(word), session_id: session_id.clone() };
    let early = place.service.convene_session(clerk(convene("early"))).await.unwrap_err();
    assert_eq!(refusal(&early, "opens"), ("TOO_EARLY".into(), "2027-03-08T00:00:00Z".into()));
    place.clock.send_replace(at("2027-03-08T00:30:00Z"));
    place.service.convene_session(clerk(convene("now"))).await.unwrap();

    let session = place.session(&session_id).await;
    assert_eq!(session.state(), pb::SessionState::Convened);
    let answered: Vec<_> =
        session.invitations.iter().filter_map(|i| i.answer.map(|_| &i.department)).collect();
    assert_eq!(answered, ["MOF"]);
    assert_eq!(session.rules.map(|rules| rules.minutes_max), Some(120));
}

#[tokio::test]
async fn two_sessions_never_have_one_room_and_a_postponed_one_frees_it() {
    let place = Place::furnished().await;
    let (one, two) = (place.admitted("one").await, place.admitted("two").await);
    let (first, second) = tokio::join!(
        place.schedule("schedule one", &one, "2027-03-08T01:00:00Z"),
        place.schedule("schedule two", &two, "2027-03-08T01:30:00Z"),
    );
    let (winner, loser, refused) = match (first, second) {
        (Ok(_), Err(refused)) => (one, two, refused),
        (Err(refused), Ok(_)) => (two, one, refused),
        both => panic!("exactly one gets the room: {both:?}"),
    };
    assert_eq!(refusal(&refused, "session"), ("ROOM_TAKEN".into(), winner.clone()));
    assert_eq!(place.session(&loser).await.state(), pb::SessionState::Admitted);

    let postpone =
        pb::PostponeSessionRequest {
            command_id: id("postpone"), session_id: winner, reason: "停电".into()
        };
    place.service.postpone_session(clerk(postpone)).await.unwrap();
    place.schedule("again", &loser, "2027-03-08T01:30:00Z").await.unwrap();
    let cancel =
        pb::CancelSessionRequest {
            command_id: id("cancel"), session_id: loser, reason: "已书面商定".into()
        };
    place.service.cancel_session(clerk(cancel)).await.unwrap();
    let third = place.admitted("three").await;
    place.schedule("third", &third, "2027-03-08T01:30:00Z").await.unwrap();
    let nowhere = pb::ScheduleSessionRequest {
        command_id: id("nowhere"),
        session_id: place.admitted("four").await,
        room: "R-999".into(),
        from: at("2027-03-08T05:00:00Z").to_wire(),
    };
    let unknown = place.service.schedule_session(clerk(nowhere)).await.unwrap_err();
    assert_eq!(unknown.code(), Grpc::NotFound);
}

#[tokio::test]
async fn a_repeat_gives_the_first_answer_and_an_id_stands_for_one_command() {
    let place = Place::furnished().await;
    let first = place.service.request_session(clerk(wish("one"))).await.unwrap().into_inner();
    place.service.request_session(clerk(wish("two"))).await.unwrap();
    let repeat = place.service.request_session(clerk(wish("one"))).await.unwrap().into_inner();
    assert_eq!(repeat, first);
    let mut other = wish("one");
    other.outline.as_mut().unwrap().minutes = 90;
    let reused = place.service.request_session(clerk(other)).await.unwrap_err();
    assert_eq!(reused.code(), Grpc::AlreadyExists);
}

#[tokio::test]
async fn every_fault_of_a_request_is_named() {
    let place = Place::furnished().await;
    let mut faulty = wish("faulty");
    let outline = faulty.outline.as_mut().unwrap();
    outline.title = String::new();
    outline.topics[0].title = " ".into();
    let status = place.service.request_session(clerk(faulty)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["outline.title", "outline.topics[0].title"]);

    let mut stranger = wish("stranger");
    let outline = stranger.outline.as_mut().unwrap();
    outline.chair = "MOFCOM".into();
    outline.attendees[1].department = "MOT".into();
    let status = place.service.request_session(clerk(stranger)).await.unwrap_err();
    assert_eq!(faulty_fields(&status), ["outline.chair", "outline.attendees[1].department"]);
}

#[tokio::test]
async fn the_bodys_sessions_in_the_quarter_count_and_a_reason_can_outweigh_them() {
    let place = Place::furnished().await;
    let rules = values::MeetingRules {
        topics_max: 5,
        minutes_max: 120,
        notice_days_min: 3,
        papers_days_min: 2,
        sessions_per_quarter_max: Some(1),
    };
    let define = pb::DefineRulesRequest { command_id: id("rules"), body: "JOINT".into(), rules: Some(rules) };
    place.service.define_rules(clerk(define)).await.unwrap();
    let held = place.admitted("one").await;
    let position = place.schedule("schedule", &held, "2027-03-09T01:00:00Z").await.unwrap();
    // The count is made in the view.
    place
        .service
        .list_sessions(clerk(pb::ListSessionsRequest { at_least_position: position, ..Default::default() }))
        .await
        .unwrap();

    let session_id = place.service.request_session(clerk(wish("two"))).await.unwrap().into_inner().session_id;
    let screen = pb::ScreenSessionRequest { command_id: id("screen"), session_id: session_id.clone() };
    place.service.screen_session(clerk(screen)).await.unwrap();
    let admit = |word: &str| pb::AdmitSessionRequest { command_id: id(word), session_id: session_id.clone() };
    let refused = place.service.admit_session(clerk(admit("too soon"))).await.unwrap_err();
    assert_eq!(refusal(&refused, "measure"), ("RULE_BROKEN".into(), "2".into()));
    let excuse = pb::OverrideFindingRequest {
        command_id: id("excuse"),
        session_id: session_id.clone(),
        rule: values::ScreeningRule::SessionsPerQuarter.into(),
        reason: "年度预算须在本季度定下".into(),
    };
    place.service.override_finding(clerk(excuse)).await.unwrap();
    place.service.admit_session(clerk(admit("now"))).await.unwrap();
    let finding = place.session(&session_id).await.findings.remove(0);
    assert_eq!(finding.override_reason.as_deref(), Some("年度预算须在本季度定下"));
}

#[tokio::test]
async fn sessions_are_merged_into_sessions_that_there_are() {
    let place = Place::furnished().await;
    let one = place.admitted("one").await;
    let merge = |word: &str, into: &str| pb::MergeSessionRequest {
        command_id: id(word),
        session_id: one.clone(),
        into: into.into(),
        reason: "同一件事".into(),
    };
    let nowhere = place.service.merge_session(clerk(merge("nowhere", &id("nobody")))).await.unwrap_err();
    assert_eq!(nowhere.code(), Grpc::NotFound);
    let two = place.admitted("two").await;
    let position =
        place.service.merge_session(clerk(merge("merge", &two))).await.unwrap().into_inner().position;
    assert_eq!(place.session(&one).await.merged_into, Some(two));
    let merged = pb::ListSessionsRequest {
        at_least_position: position,
        state: pb::SessionState::Merged.into(),
        ..Default::default()
    };
    assert_eq!(place.service.list_sessions(clerk(merged)).await.unwrap().into_inner().sessions.len(), 1);
}
