use super::*;

async fn shown(fixture: &Fixture, version: Option<u32>) -> Result<pb::Body, Status> {
    let get = pb::GetBodyRequest { at_least_position: 0, body_code: "JOINT".into(), version };
    Ok(fixture.service.get_body(clerk(get)).await?.into_inner().body.unwrap())
}

#[tokio::test]
async fn a_small_body_says_little_and_the_rest_is_as_usual() {
    let fixture = Fixture::without_body().await;
    let small = pb::BodyCharter {
        name: "部际联席会议".into(),
        chair_code: "NDRC".into(),
        seats: vec![pb::Seat { department_code: "NDRC".into(), ..Default::default() }],
        decision_rules: vec![pb::DecisionRule::default()],
        ..Default::default()
    };
    let defined = fixture.service.define_body(operator(define("define", small))).await.unwrap().into_inner();
    let body = defined.body.unwrap();
    assert_eq!(shown(&fixture, None).await.unwrap(), body, "GetBody shows the same");
    let charter = body.charter.unwrap();
    assert_eq!((charter.seats[0].standing(), charter.seats[0].weight), (pb::SeatStanding::Decides, 1));
    assert_eq!(
        (charter.convenor_codes, charter.secretariat_codes),
        (vec!["NDRC".into()], vec!["NDRC".into()])
    );
    assert_eq!(charter.meeting_rules.unwrap().topics_max, 5);
    let rule = charter.decision_rules[0];
    assert_eq!((rule.matter_class(), rule.ballots_per_version), (pb::MatterClass::Ordinary, 1));
    let half = pb::Quorum { base: pb::QuorumBase::AllSeats.into(), numerator: 1, denominator: 2 };
    assert_eq!(rule.quorum, Some(half));
}

#[tokio::test]
async fn each_version_of_a_body_can_be_read() {
    let fixture = Fixture::without_body().await;
    fixture.service.define_body(operator(define("define", charter(None)))).await.unwrap();
    let larger = pb::BodyCharter { deputy_codes: vec!["MOF".into()], ..charter(Some(4)) };
    let changed = fixture.service.change_body(clerk(change("change", larger))).await.unwrap().into_inner();
    assert_eq!(changed.body.as_ref().map(|body| body.version), Some(2));
    assert_eq!(shown(&fixture, None).await.ok(), changed.body);
    assert_eq!(shown(&fixture, Some(2)).await.ok(), changed.body);
    let first = shown(&fixture, Some(1)).await.unwrap();
    assert_eq!((first.version, first.charter.unwrap().deputy_codes), (1, vec![]));
    for version in [0, 3] {
        let refused = shown(&fixture, Some(version)).await.unwrap_err();
        assert_eq!(refusal(&refused, "what"), ("NOT_FOUND".into(), "version of the body".into()));
    }
    let list = pb::ListBodiesRequest { at_least_position: changed.position, ..Default::default() };
    let listed = fixture.service.list_bodies(clerk(list)).await.unwrap().into_inner().bodies;
    let rows: Vec<_> = listed.iter().map(|row| (row.code.as_str(), row.version, row.seat_count)).collect();
    assert_eq!(rows, [("JOINT", 2, 2)]);
}

#[tokio::test]
async fn a_body_is_not_found_before_it_is_defined_and_belongs_to_its_secretariat() {
    let fixture = Fixture::without_body().await;
    let nothing = shown(&fixture, None).await.unwrap_err();
    assert_eq!(refusal(&nothing, "what"), ("NOT_FOUND".into(), "body".into()));
    let stranger = by(define("stranger", charter(None)), "MOF", Role::Clerk);
    let refused = fixture.service.define_body(stranger).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "NDRC".into()));
    fixture.service.define_body(clerk(define("define", charter(None)))).await.unwrap();
    let seize = pb::BodyCharter { secretariat_codes: vec!["MOF".into()], ..charter(None) };
    let refused =
        fixture.service.change_body(by(change("seize", seize), "MOF", Role::Clerk)).await.unwrap_err();
    assert_eq!(refusal(&refused, "department_code"), ("NOT_YOUR_DEPARTMENT".into(), "MOF".into()));
    let again = fixture.service.define_body(clerk(define("again", charter(Some(1))))).await.unwrap_err();
    assert_eq!(refusal(&again, "body_code"), ("DUPLICATE_BODY".into(), "JOINT".into()));
}

#[tokio::test]
async fn a_clerk_seats_their_own_and_those_below_and_asks_the_others() {
    let fixture = Fixture::without_body().await;
    fixture.place_below("MOF", "NDRC").await;
    let mut wide = charter(None);
    wide.seats.push(pb::Seat { department_code: "MIIT".into(), ..Default::default() });
    let defined = fixture.service.define_body(clerk(define("define", wide))).await.unwrap().into_inner();
    assert_eq!(defined.body.unwrap().pending_codes, ["MIIT"]);
    let mut asked = request("one");
    asked.outline.as_mut().unwrap().attendees[1] = pb::SessionAttendee {
        department_code: "MIIT".into(),
        roles: vec![pb::TopicRole { topic_number: 1, role: pb::RoleOnTopic::Decides.into() }],
        companions: 0,
    };
    let refused = fixture.service.request_session(clerk(asked.clone())).await.unwrap_err();
    assert_eq!(refusal(&refused, "department_code"), ("SEAT_REQUIRED".into(), "MIIT".into()));

    let accept = |word: &str, department: &str| pb::AcceptSeatRequest {
        command_id: id(word),
        body_code: "JOINT".into(),
        department_code: department.into(),
        ..Default::default()
    };
    let by_another = fixture.service.accept_seat(clerk(accept("by another", "MIIT"))).await.unwrap_err();
    assert_eq!(refusal(&by_another, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "MIIT".into()));
    let accepted = fixture.service.accept_seat(by(accept("accept", "MIIT"), "MIIT", Role::Clerk)).await;
    let accepted = accepted.unwrap().into_inner();
    let body = accepted.body.unwrap();
    assert_eq!((body.version, body.pending_codes.len()), (2, 0));
    fixture.service.request_session(clerk(asked)).await.unwrap();
    assert_eq!(shown(&fixture, Some(1)).await.unwrap().pending_codes, ["MIIT"], "each version stays");
    let list = pb::ListBodiesRequest { at_least_position: accepted.position, ..Default::default() };
    let listed = fixture.service.list_bodies(clerk(list)).await.unwrap().into_inner().bodies;
    assert_eq!((listed[0].version, listed[0].seat_count, listed[0].pending_seat_count), (2, 3, 0));
}

#[tokio::test]
async fn every_department_of_a_body_is_in_the_directory() {
    let fixture = Fixture::without_body().await;
    let mut strange = charter(None);
    strange.seats[1].department_code = "MARS".into();
    strange.seats[0].substitute_codes = vec!["VENUS".into()];
    strange.deputy_codes = vec!["MOF".into(), "PLUTO".into()];
    let refused = fixture.service.define_body(operator(define("strange", strange))).await.unwrap_err();
    assert_eq!(
        faulty_fields(&refused),
        [
            "charter.seats[0].substitute_codes[0]",
            "charter.seats[1].department_code",
            "charter.deputy_codes[1]"
        ]
    );
}

#[tokio::test]
async fn the_bodys_sessions_in_the_quarter_count_and_a_reason_can_override_them() {
    let fixture = Fixture::without_body().await;
    fixture.service.define_body(operator(define("define", charter(Some(1))))).await.unwrap();
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

#[tokio::test]
async fn a_session_is_of_a_body_and_its_secretariat_and_chair_act_for_it() {
    let fixture = Fixture::without_body().await;
    let unknown = fixture.service.request_session(clerk(request("early"))).await.unwrap_err();
    assert_eq!(refusal(&unknown, "body_code"), ("UNKNOWN_BODY".into(), "JOINT".into()));
    fixture.service.define_body(operator(define("define", charter(None)))).await.unwrap();

    let requested = fixture.service.request_session(by(request("one"), "MIIT", Role::DepartmentLead)).await;
    let session = requested.unwrap().into_inner().session.unwrap();
    assert_eq!((session.chair_code.as_str(), session.constitution), ("NDRC", None));
    let session_id = session.session_id;
    let stranger = by(screen("one", &session_id), "MOF", Role::Clerk);
    let refused = fixture.service.screen_session(stranger).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_THE_SECRETARIAT".into(), "NDRC".into()));
    fixture.service.screen_session(clerk(screen("one", &session_id))).await.unwrap();
    fixture.service.admit_session(clerk(admit("one", &session_id))).await.unwrap();
    fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    fixture.bench.move_clock("2027-03-08T01:00:00Z");
    let stranger = by(convene("stranger", &session_id), "MOF", Role::Chair);
    let refused = fixture.service.convene_session(stranger).await.unwrap_err();
    assert_eq!(refusal(&refused, "chair_codes"), ("NOT_IN_CHARGE".into(), "NDRC".into()));

    // What is changed until then holds; what is changed later does not.
    let deputized = pb::BodyCharter { deputy_codes: vec!["MOF".into()], ..charter(None) };
    let changed = fixture.service.change_body(clerk(change("change", deputized))).await.unwrap().into_inner();
    let deputy = pb::BodyOffice { department_code: "MOF".into(), function: pb::BodyFunction::Deputy.into() };
    assert_eq!(changed.body.unwrap().pending_offices, [deputy]);
    let unasked = by(convene("unasked", &session_id), "MOF", Role::Chair);
    let refused = fixture.service.convene_session(unasked).await.unwrap_err();
    assert_eq!(refusal(&refused, "chair_codes"), ("NOT_IN_CHARGE".into(), "NDRC".into()));
    let accept = pb::AcceptSeatRequest {
        command_id: id("accept"),
        body_code: "JOINT".into(),
        department_code: "MOF".into(),
        ..Default::default()
    };
    fixture.service.accept_seat(by(accept, "MOF", Role::DepartmentLead)).await.unwrap();
    let convened =
        fixture.service.convene_session(by(convene("deputy", &session_id), "MOF", Role::Chair)).await;
    let constitution = convened.unwrap().into_inner().session.unwrap().constitution.unwrap();
    assert_eq!((constitution.version, constitution.deputy_codes), (3, vec!["MOF".to_owned()]));
    let voters: Vec<_> = constitution.voters.iter().map(|voter| voter.department_code.as_str()).collect();
    assert_eq!(voters, ["NDRC", "MOF"]);
}

#[tokio::test]
async fn a_guest_has_no_vote_and_only_a_convenor_declares_an_emergency() {
    let fixture = Fixture::furnished().await;
    let mut guest = request("guest");
    guest.outline.as_mut().unwrap().attendees.push(pb::SessionAttendee {
        department_code: "MIIT".into(),
        roles: vec![pb::TopicRole { topic_number: 1, role: pb::RoleOnTopic::Decides.into() }],
        companions: 0,
    });
    let refused = fixture.service.request_session(clerk(guest)).await.unwrap_err();
    assert_eq!(refusal(&refused, "department_code"), ("SEAT_REQUIRED".into(), "MIIT".into()));

    let mut emergency = request("emergency");
    let outline = emergency.outline.as_mut().unwrap();
    outline.set_kind(pb::SessionKind::Emergency);
    outline.emergency =
        Some(pb::EmergencyDeclaration { reason: "河水上涨".into(), authority: "预案".into() });
    let refused =
        fixture.service.request_session(by(emergency.clone(), "MOF", Role::Clerk)).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_A_CONVENOR".into(), "NDRC".into()));
    let declared = fixture.service.request_session(clerk(emergency)).await.unwrap().into_inner();
    let outline = declared.session.unwrap().outline.unwrap();
    assert_eq!(outline.matter_class(), pb::MatterClass::Emergency);
}
