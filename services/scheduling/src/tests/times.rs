//! Times that nobody means, or that only a reason on record allows.

use super::*;

async fn override_rule(fixture: &Fixture, session_id: &str, rule: pb::ScreeningRule) {
    let overridden = pb::OverrideFindingRequest {
        command_id: id(rule.as_str_name()),
        session_id: session_id.into(),
        rule: rule.into(),
        reason: "代表须当晚返程".into(),
        ..Default::default()
    };
    fixture.service.override_finding(by(overridden, "NDRC", Role::Supervisor)).await.unwrap();
}

fn reason(refused: &Status) -> String {
    refusal(refused, "rule").0
}

#[tokio::test]
async fn a_night_or_a_sunday_takes_a_reason_and_another_decade_is_refused() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let refused =
        async |word: &str, starts_at: &str| fixture.schedule(word, &session_id, starts_at).await.unwrap_err();
    // 14 March 2027 is a Sunday; 19:00 there is three in the night in Shanghai.
    for (word, starts_at) in [("sunday", "2027-03-14T02:00:00Z"), ("night", "2027-03-08T19:00:00Z")] {
        let off_work = refused(word, starts_at).await;
        assert_eq!(refusal(&off_work, "rule"), ("RULE_BROKEN".into(), "working-time".into()));
    }
    assert_eq!(reason(&refused("decade", "2037-03-09T01:00:00Z").await), "STARTS_TOO_FAR_AHEAD");
    override_rule(&fixture, &session_id, pb::ScreeningRule::WorkingTime).await;
    fixture.schedule("now", &session_id, "2027-03-14T02:00:00Z").await.unwrap();
}

#[tokio::test]
async fn a_request_is_not_revised_to_a_day_that_is_over() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let revise = |word: &str, earliest_start_at: &str| pb::ReviseSessionRequest {
        command_id: id(word),
        session_id: session_id.clone(),
        earliest_start_at: at(earliest_start_at).to_wire(),
        ..Default::default()
    };
    let long_ago = fixture.service.revise_session(clerk(revise("past", "2020-03-08T01:00:00Z"))).await;
    assert_eq!(reason(&long_ago.unwrap_err()), "STARTS_IN_THE_PAST");
    let far = fixture.service.revise_session(clerk(revise("far", "2037-03-08T01:00:00Z"))).await;
    assert_eq!(reason(&far.unwrap_err()), "STARTS_TOO_FAR_AHEAD");
    fixture.service.revise_session(clerk(revise("later", "2027-03-15T01:00:00Z"))).await.unwrap();
}

#[tokio::test]
async fn a_department_decides_in_one_session_at_a_time() {
    let fixture = Fixture::furnished().await;
    fixture.room("R-302", 10, &[]).await;
    let (first, second) = (fixture.admitted("one").await, fixture.admitted("two").await);
    fixture.schedule("first", &first, "2027-03-08T01:00:00Z").await.unwrap();
    let elsewhere = |word: &str, starts_at: &str| pb::ScheduleSessionRequest {
        room_code: "R-302".into(),
        ..schedule(word, &second, starts_at)
    };
    let busy = fixture.service.schedule_session(clerk(elsewhere("busy", "2027-03-08T01:30:00Z"))).await;
    assert_eq!(refusal(&busy.unwrap_err(), "session_id"), ("DEPARTMENT_BUSY".into(), first.clone()));
    override_rule(&fixture, &second, pb::ScreeningRule::OneSessionAtATime).await;
    let both = fixture.service.schedule_session(clerk(elsewhere("both", "2027-03-08T01:30:00Z"))).await;
    let both = both.unwrap().into_inner().session.unwrap();
    // It is on record, and either of the two says so to whoever sees it.
    let [overridden] = &both.overrides[..] else { panic!("{:?}", both.overrides) };
    assert_eq!(
        (overridden.rule(), &*overridden.reason),
        (pb::ScreeningRule::OneSessionAtATime, "代表须当晚返程")
    );
    for (session, other) in [(both, &first), (fixture.session(&first).await, &second)] {
        let [clash] = &session.clashes[..] else { panic!("{:?}", session.clashes) };
        assert_eq!((&*clash.department_code, &clash.session_id), ("NDRC", &Some(other.clone())));
        assert_eq!(clash.reason.as_deref(), Some("代表须当晚返程"));
    }
    // What is postponed is out of the way.
    let postpone = |word: &str, session_id: &str| pb::PostponeSessionRequest {
        command_id: id(word),
        session_id: session_id.into(),
        reason: "主持人出差".into(),
        ..Default::default()
    };
    fixture.service.postpone_session(clerk(postpone("away", &second))).await.unwrap();
    let third = fixture.admitted("three").await;
    let at_ten = pb::ScheduleSessionRequest {
        room_code: "R-302".into(),
        ..schedule("third", &third, "2027-03-08T02:00:00Z")
    };
    fixture.service.schedule_session(clerk(at_ten)).await.unwrap();
}

#[tokio::test]
async fn who_takes_part_in_one_of_two_sessions_at_once_learns_when_the_other_is_and_nothing_else() {
    let fixture = Fixture::furnished().await;
    fixture.room("R-302", 10, &[]).await;
    let first = fixture.admitted("one").await;
    fixture.schedule("first", &first, "2027-03-08T01:00:00Z").await.unwrap();
    // MOF takes part in the first one only.
    let mut alone = request("two");
    alone.outline.as_mut().unwrap().attendees.truncate(1);
    let requested = fixture.service.request_session(clerk(alone)).await.unwrap().into_inner();
    let second = requested.session.unwrap().session_id;
    fixture.service.screen_session(clerk(screen("two", &second))).await.unwrap();
    fixture.service.admit_session(clerk(admit("two", &second))).await.unwrap();
    override_rule(&fixture, &second, pb::ScreeningRule::OneSessionAtATime).await;
    let elsewhere = pb::ScheduleSessionRequest {
        room_code: "R-302".into(),
        ..schedule("second", &second, "2027-03-08T01:30:00Z")
    };
    fixture.service.schedule_session(clerk(elsewhere)).await.unwrap();
    let get = || pb::GetSessionRequest { at_least_position: 0, session_id: first.clone() };
    let as_seen = fixture.service.get_session(by(get(), "MOF", Role::Delegate)).await.unwrap();
    let clashes = as_seen.into_inner().session.unwrap().clashes;
    let expected = pb::SessionClash {
        department_code: "NDRC".into(),
        starts_at: at("2027-03-08T01:30:00Z").to_wire(),
        ends_at: at("2027-03-08T02:30:00Z").to_wire(),
        session_id: None,
        reason: None,
    };
    assert_eq!(clashes, [expected]);
    let by_its_clerk = fixture.service.get_session(clerk(get())).await.unwrap().into_inner();
    assert_eq!(by_its_clerk.session.unwrap().clashes[0].session_id, Some(second));
}

#[tokio::test]
async fn nobody_is_called_from_one_session_into_another_that_begins_early_unless_that_is_overridden() {
    let fixture = Fixture::furnished().await;
    fixture.room("R-302", 10, &[]).await;
    let (first, second) = (fixture.admitted("one").await, fixture.admitted("two").await);
    fixture.schedule("first", &first, "2027-03-08T01:00:00Z").await.unwrap();
    let at_ten = pb::ScheduleSessionRequest {
        room_code: "R-302".into(),
        ..schedule("second", &second, "2027-03-08T02:00:00Z")
    };
    fixture.service.schedule_session(clerk(at_ten)).await.unwrap();
    fixture.bench.move_clock("2027-03-08T01:30:00Z");
    fixture.service.convene_session(clerk(convene("begin", &first))).await.unwrap();
    let busy = fixture.service.convene_session(clerk(convene("early", &second))).await.unwrap_err();
    assert_eq!(refusal(&busy, "session_id"), ("DEPARTMENT_BUSY".into(), first.clone()));
    override_rule(&fixture, &second, pb::ScreeningRule::OneSessionAtATime).await;
    let convened = fixture.service.convene_session(clerk(convene("begin the other", &second))).await.unwrap();
    assert_eq!(convened.into_inner().session.unwrap().clashes.len(), 1);
}
