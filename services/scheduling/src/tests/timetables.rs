//! A timetable is proposed from what the view knows, and adopted by the rules of each session.

use super::*;

fn propose(word: &str) -> pb::ProposeTimetableRequest {
    pb::ProposeTimetableRequest {
        command_id: id(word),
        title: "第一季度会商排期".into(),
        body_codes: vec!["JOINT".into()],
        latest_start_at: at("2027-03-31T16:00:00Z").to_wire(),
        steps: Some(1_500),
        ..Default::default()
    }
}

impl Fixture {
    async fn propose(&self, word: &str) -> pb::Timetable {
        let proposed = self.service.propose_timetable(clerk(propose(word))).await.unwrap();
        proposed.into_inner().timetable.unwrap()
    }

    async fn adopt(
        &self,
        word: &str,
        timetable: &pb::Timetable,
        ids: &[&String],
    ) -> Result<pb::Timetable, Status> {
        let adopt = pb::AdoptTimetableRequest {
            command_id: id(word),
            timetable_id: timetable.timetable_id.clone(),
            session_ids: ids.iter().map(|id| (*id).clone()).collect(),
            ..Default::default()
        };
        Ok(self.service.adopt_timetable(clerk(adopt)).await?.into_inner().timetable.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_change_places_in_one_commit_and_a_part_is_adopted_alone() {
    let fixture = Fixture::furnished().await;
    let (one, other, third) =
        (fixture.admitted("one").await, fixture.admitted("other").await, fixture.admitted("third").await);
    fixture.schedule("book one", &one, "2027-03-08T01:00:00Z").await.unwrap();
    let proposed = fixture.propose("quarter").await;
    let of = |timetable: &pb::Timetable, id: &str| {
        timetable.sessions.iter().find(|session| session.session_id == id).cloned().unwrap()
    };
    assert_eq!(of(&proposed, &one).slot, of(&proposed, &one).announced, "what is announced stays");
    assert!(of(&proposed, &other).slot.is_some() && of(&proposed, &third).slot.is_some());
    let refused = fixture.adopt("none", &proposed, &[&one]).await.unwrap_err();
    assert_eq!(refusal(&refused, "session_id"), ("NOT_IN_THE_TIMETABLE".into(), one.clone()));
    let partly = fixture.adopt("part", &proposed, &[&other]).await.unwrap();
    assert_eq!(partly.stage(), pb::TimetableStage::PartlyAdopted);
    assert_eq!(fixture.session(&other).await.slot, of(&proposed, &other).slot);
    assert_eq!(fixture.adopt("part", &proposed, &[&other]).await.unwrap(), partly, "a repeat");
    let whole = fixture.adopt("rest", &proposed, &[]).await.unwrap();
    assert_eq!(whole.stage(), pb::TimetableStage::Adopted);
    assert_eq!(fixture.session(&third).await.slot, of(&proposed, &third).slot);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_the_secretariat_and_only_for_what_may_be_scheduled() {
    let fixture = Fixture::furnished().await;
    let nothing = fixture.service.propose_timetable(clerk(propose("empty"))).await.unwrap_err();
    assert_eq!(refusal(&nothing, "").0, "NOTHING_TO_PLAN");
    let session_id = fixture.admitted("one").await;
    let stranger = fixture.service.propose_timetable(by(propose("theirs"), "MIIT", Role::Clerk)).await;
    assert_eq!(refusal(&stranger.unwrap_err(), "body_code"), ("NOT_THE_SECRETARIAT".into(), "JOINT".into()));
    let proposed = fixture.propose("mine").await;
    fixture.schedule("book one", &session_id, "2027-03-09T01:00:00Z").await.unwrap();
    let changed = fixture.adopt("late", &proposed, &[]).await.unwrap_err();
    assert_eq!(refusal(&changed, "session_id"), ("SESSION_CHANGED".into(), session_id));
    let withdraw = |word: &str, own| {
        let withdraw = pb::WithdrawTimetableRequest {
            command_id: id(word),
            timetable_id: proposed.timetable_id.clone(),
            reason: "另行安排".into(),
            ..Default::default()
        };
        by(withdraw, own, Role::Clerk)
    };
    // Whoever does not see it does not withdraw it.
    let unseen = fixture.service.withdraw_timetable(withdraw("theirs", "MIIT")).await.unwrap_err();
    assert_eq!(unseen.code(), Grpc::NotFound);
    let withdrawn = fixture.service.withdraw_timetable(withdraw("own", "NDRC")).await.unwrap().into_inner();
    assert_eq!(withdrawn.timetable.unwrap().stage(), pb::TimetableStage::Withdrawn);
    let list = pb::ListTimetablesRequest {
        at_least_position: withdrawn.position,
        stage: Some(pb::TimetableStage::Withdrawn.into()),
        ..Default::default()
    };
    let listed = fixture.service.list_timetables(clerk(list)).await.unwrap().into_inner().timetables;
    assert_eq!(listed.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_or_not_theirs_gives_no_session_anything_however_far_it_goes() {
    // Given a timetable that was withdrawn
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let proposed = fixture.propose("quarter").await;
    let adopt = |word: &str, own| {
        let adopt = pb::AdoptTimetableRequest {
            command_id: id(word),
            timetable_id: proposed.timetable_id.clone(),
            as_far_as_possible: true,
            ..Default::default()
        };
        by(adopt, own, Role::Clerk)
    };
    let withdraw = pb::WithdrawTimetableRequest {
        command_id: id("withdraw"),
        timetable_id: proposed.timetable_id.clone(),
        reason: "另行安排".into(),
        ..Default::default()
    };
    // When it is adopted as far as possible, by a stranger and then, withdrawn, by those whose it is
    let stranger = fixture.service.adopt_timetable(adopt("theirs", "MIIT")).await.unwrap_err();
    fixture.service.withdraw_timetable(clerk(withdraw)).await.unwrap();
    let over = fixture.service.adopt_timetable(adopt("over", "NDRC")).await.unwrap_err();
    // Then it is refused, and the session is where it was.
    assert_eq!((stranger.code(), refusal(&over, "").0.as_str()), (Grpc::NotFound, "WRONG_STAGE"));
    assert_eq!(fixture.session(&session_id).await.slot, None);
}
