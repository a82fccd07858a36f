//! The rules of the calendar hold where they take effect: the sessions in a quarter, and the notice.

use super::*;

#[tokio::test]
async fn of_two_requests_that_were_screened_one_gets_the_last_place_of_the_quarter() {
    let fixture = Fixture::without_body().await;
    fixture.service.define_body(operator(define("JOINT", charter(Some(1))))).await.unwrap();
    let mut ids = Vec::new();
    for word in ["one", "two"] {
        let requested = fixture.service.request_session(clerk(request(word))).await.unwrap().into_inner();
        let session_id = requested.session.unwrap().session_id;
        let screened = fixture.service.screen_session(clerk(screen(word, &session_id))).await.unwrap();
        assert_eq!(screened.into_inner().session.unwrap().findings, [], "none is admitted so far");
        ids.push(session_id);
    }
    let (one, two) = tokio::join!(
        fixture.service.admit_session(clerk(admit("one", &ids[0]))),
        fixture.service.admit_session(clerk(admit("two", &ids[1]))),
    );
    let (winner, loser, refused) = match (one, two) {
        (Ok(_), Err(refused)) => (&ids[0], &ids[1], refused),
        (Err(refused), Ok(_)) => (&ids[1], &ids[0], refused),
        both => panic!("exactly one is admitted: {both:?}"),
    };
    assert_eq!(refusal(&refused, "measure"), ("RULE_BROKEN".into(), "2".into()));

    // Scheduled into the next quarter, it leaves its place to the other one, and has one there.
    fixture.schedule("schedule", winner, "2027-04-05T01:00:00Z").await.unwrap();
    fixture.service.admit_session(clerk(admit("again", loser))).await.unwrap();
    let full = fixture.schedule("too", loser, "2027-04-06T01:00:00Z").await.unwrap_err();
    assert_eq!(refusal(&full, "limit"), ("RULE_BROKEN".into(), "1".into()));
    fixture.schedule("there", loser, "2027-03-09T01:00:00Z").await.unwrap();
    let cancel = pb::CancelSessionRequest {
        command_id: id("cancel"),
        session_id: loser.clone(),
        reason: "已解决".into(),
        ..Default::default()
    };
    fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    fixture.admitted("three").await;
}

#[tokio::test]
async fn notice_counts_from_the_invitation_and_is_overridden_only_on_record() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    fixture.bench.move_clock("2027-03-07T23:00:00Z");
    let late = fixture.schedule("late", &session_id, "2027-03-09T01:00:00Z").await.unwrap_err();
    assert_eq!(refusal(&late, "measure"), ("RULE_BROKEN".into(), "1".into()));
    let mut overridden = pb::OverrideFindingRequest {
        command_id: id("override"),
        session_id: session_id.clone(),
        reason: "部门一致同意".into(),
        ..Default::default()
    };
    overridden.set_rule(pb::ScreeningRule::Notice);
    fixture.service.override_finding(by(overridden, "NDRC", Role::Supervisor)).await.unwrap();
    fixture.schedule("now", &session_id, "2027-03-09T01:00:00Z").await.unwrap();
}
