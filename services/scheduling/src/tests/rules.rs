use super::*;

#[tokio::test]
async fn a_body_has_the_default_rules_until_it_defines_its_own() {
    let fixture = Fixture::empty();
    let get = |at_least_position| pb::GetRulesRequest { at_least_position, body_code: "JOINT".into() };
    let before = fixture.service.get_rules(clerk(get(0))).await.unwrap().into_inner();
    assert_eq!((before.defined, before.rules.unwrap().topics_max), (false, 5));

    let defined = fixture.service.define_rules(clerk(define(quarterly(4)))).await.unwrap().into_inner();
    assert_eq!((defined.rules, defined.body_code.as_str()), (Some(quarterly(4)), "JOINT"));
    let after = fixture.service.get_rules(clerk(get(defined.position))).await.unwrap().into_inner();
    assert_eq!((after.defined, after.rules), (true, Some(quarterly(4))));
}

#[tokio::test]
async fn the_bodys_sessions_in_the_quarter_count_and_a_reason_can_override_them() {
    let fixture = Fixture::furnished().await;
    fixture.service.define_rules(clerk(define(quarterly(1)))).await.unwrap();
    let held = fixture.admitted("one").await;
    let position = fixture.schedule("schedule", &held, "2027-03-09T01:00:00Z").await.unwrap().position;
    // The sessions are counted in the view.
    fixture.service.view.wait_until_caught_up(position).await.unwrap();

    let requested = fixture.service.request_session(clerk(request("two"))).await.unwrap().into_inner();
    let session_id = requested.session.unwrap().session_id;
    let screened = fixture.service.screen_session(clerk(screen("two", &session_id))).await.unwrap();
    let findings = screened.into_inner().session.unwrap().findings;
    assert_eq!(findings[0].finding.unwrap().rule(), pb::ScreeningRule::SessionsPerQuarter);
    let refused = fixture.service.admit_session(clerk(admit("two", &session_id))).await.unwrap_err();
    assert_eq!(refusal(&refused, "measure"), ("RULE_BROKEN".into(), "2".into()));

    let reason = "年度预算须在本季度定下";
    let override_finding = pb::OverrideFindingRequest {
        command_id: id("override"),
        session_id: session_id.clone(),
        rule: pb::ScreeningRule::SessionsPerQuarter.into(),
        reason: reason.into(),
        ..Default::default()
    };
    fixture.service.override_finding(clerk(override_finding)).await.unwrap();
    let admitted = fixture.service.admit_session(clerk(admit("two again", &session_id))).await.unwrap();
    let session = admitted.into_inner().session.unwrap();
    assert_eq!(session.stage(), pb::SessionStage::Admitted);
    assert_eq!(session.findings[0].override_reason.as_deref(), Some(reason));
}
