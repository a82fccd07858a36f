use super::*;
use proto::api::v1::Role as ApiRole;

#[tokio::test]
async fn a_session_goes_from_its_request_to_its_convening() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    let answer = pb::AnswerInvitationRequest {
        command_id: id("answer"),
        session_id: session_id.clone(),
        department_code: "MOF".into(),
        answer: pb::InvitationAnswer::Accept.into(),
        ..Default::default()
    };
    fixture.service.answer_invitation(by(answer, "MOF", Role::Delegate)).await.unwrap();
    let early = fixture.service.convene_session(clerk(convene("early", &session_id))).await.unwrap_err();
    assert_eq!(refusal(&early, "opens_at"), ("TOO_EARLY".into(), "2027-03-08T00:00:00Z".into()));
    fixture.bench.move_clock("2027-03-08T00:30:00Z");
    let convened = fixture.service.convene_session(clerk(convene("now", &session_id))).await.unwrap();

    let session = convened.into_inner().session.unwrap();
    assert_eq!(session.stage(), pb::SessionStage::Convened);
    let answered: Vec<_> =
        session.invitations.iter().filter_map(|i| i.answer.map(|_| &i.department_code)).collect();
    assert_eq!(answered, ["MOF"]);
    assert_eq!(session.rules.map(|rules| rules.duration_minutes_max), Some(120));
}

#[tokio::test]
async fn what_can_happen_next_is_shown_to_those_whose_session_it_is() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let ask = || pb::GetNextStepsRequest { session_id: session_id.clone(), ..Default::default() };
    let next = fixture.service.get_next_steps(by(ask(), "MOF", Role::Delegate)).await.unwrap().into_inner();
    let step = |command: &str| next.steps.iter().find(|step| step.command == command).unwrap();
    let schedule = step("session schedule");
    assert_eq!((schedule.by.len(), schedule.reason.as_str()), (1, ""), "{schedule:?}");
    assert_eq!((schedule.by[0].role(), &*schedule.by[0].department_code), (ApiRole::Clerk, "NDRC"));
    let convene = step("session convene");
    assert_eq!((&convene.by[..], convene.reason.as_str()), (&[][..], "WRONG_STAGE"));
    assert!(!convene.message.is_empty() && !convene.details.is_empty());
    let stranger = fixture.service.get_next_steps(by(ask(), "PRESS", Role::Delegate)).await.unwrap_err();
    assert_eq!(stranger.code(), Grpc::NotFound);
}

#[tokio::test]
async fn two_sessions_never_have_a_room_at_one_time_and_a_postponed_one_frees_it() {
    let fixture = Fixture::furnished().await;
    let (one, two) = (fixture.admitted("one").await, fixture.admitted("two").await);
    let (first, second) = tokio::join!(
        fixture.schedule("schedule one", &one, "2027-03-08T01:00:00Z"),
        fixture.schedule("schedule two", &two, "2027-03-08T01:30:00Z"),
    );
    let (winner, loser, refused) = match (first, second) {
        (Ok(_), Err(refused)) => (one, two, refused),
        (Err(refused), Ok(_)) => (two, one, refused),
        both => panic!("exactly one gets the room: {both:?}"),
    };
    assert_eq!(refused.code(), Grpc::FailedPrecondition);
    assert_eq!(refusal(&refused, "session_id"), ("ROOM_TAKEN".into(), winner.clone()));
    assert_eq!(fixture.session(&loser).await.stage(), pb::SessionStage::Admitted);

    let postpone = pb::PostponeSessionRequest {
        command_id: id("postpone"),
        session_id: winner,
        reason: "停电".into(),
        ..Default::default()
    };
    let postponed = fixture.service.postpone_session(clerk(postpone)).await.unwrap().into_inner();
    assert_eq!(postponed.session.unwrap().slot, None);
    fixture.schedule("again", &loser, "2027-03-08T01:30:00Z").await.unwrap();
    let cancel = pb::CancelSessionRequest {
        command_id: id("cancel"),
        session_id: loser,
        reason: "已书面商定".into(),
        ..Default::default()
    };
    fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    let third = fixture.admitted("three").await;
    fixture.schedule("third", &third, "2027-03-08T01:30:00Z").await.unwrap();
}

#[tokio::test]
async fn a_session_is_merged_into_one_that_exists() {
    let fixture = Fixture::furnished().await;
    let one = fixture.admitted("one").await;
    let merge = |word: &str, into_session_id: &str| pb::MergeSessionRequest {
        command_id: id(word),
        session_id: one.clone(),
        into_session_id: into_session_id.into(),
        reason: "同一件事".into(),
        ..Default::default()
    };
    let nowhere = fixture.service.merge_session(clerk(merge("nowhere", &id("nobody")))).await.unwrap_err();
    assert_eq!(nowhere.code(), Grpc::NotFound);
    let two = fixture.admitted("two").await;
    let merged = fixture.service.merge_session(clerk(merge("merge", &two))).await.unwrap().into_inner();
    let session = merged.session.unwrap();
    assert_eq!((session.stage(), session.merged_into_session_id), (pb::SessionStage::Merged, Some(two)));
}
