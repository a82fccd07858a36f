use super::*;

const SIGN_BY: &str = "2027-03-05T09:00:00Z";

async fn countersign(deployment: &Deployment) -> String {
    let reason = text("无须开会");
    let constitution = constitution(Method::UnanimousCountersign);
    let convert = Command::ConvertToCountersign { sign_by: at(SIGN_BY), reason, constitution };
    let (docket_id, position) = deployment.session(7, convert).await;
    let docket = deployment.docket_at(&docket_id, position).await.unwrap().docket.unwrap();
    assert_eq!(docket.stage(), pb::DocketStage::Open);
    docket_id
}

#[tokio::test]
async fn a_countersign_opens_by_itself_and_is_counted_at_its_deadline() {
    let deployment = Deployment::new().await;
    let docket_id = countersign(&deployment).await;
    deployment.submit_proposal(&docket_id, "开闸").await;
    deployment.open_ballot(&docket_id, 1).await;
    deployment.vote(&docket_id, "MWR", pb::VoteChoice::Yes).await.unwrap();
    let close = pb::CloseBallotRequest {
        command_id: id("close"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        ..Default::default()
    };
    let early = deployment.service.close_ballot(clerk(close)).await.unwrap_err();
    assert_eq!(refusal(&early, "missing"), ("MISSING_VOTES".into(), "1".into()));

    deployment.bench.move_clock(SIGN_BY);
    let docket =
        deployment.docket_when(&docket_id, |docket| docket.topics[0].ballots[0].result.is_some()).await;
    let ballot = &docket.topics[0].ballots[0];
    let result = ballot.result.unwrap();
    assert_eq!((result.yes_votes, result.needed, result.base, result.passed), (1, 2, 2, false));
    assert!(ballot.sentence.starts_with("failed without a quorum: 1 cast"), "{}", ballot.sentence);

    let late = deployment.vote(&docket_id, "MEM", pb::VoteChoice::Yes).await.unwrap_err();
    assert_eq!(refusal(&late, "topic_number"), ("NO_BALLOT_OPEN".into(), "1".into()));
}

fn extend(word: &str, docket_id: &str, sign_by: &str) -> Request<pb::ExtendSigningRequest> {
    clerk(pb::ExtendSigningRequest {
        command_id: id(word),
        docket_id: docket_id.into(),
        sign_by: at(sign_by).to_wire(),
        reason: "尚有部门未签".into(),
        ..Default::default()
    })
}

#[tokio::test]
async fn what_is_extended_is_counted_at_its_new_end_and_may_be_extended_after_it() {
    let deployment = Deployment::new().await;
    let docket_id = countersign(&deployment).await;
    deployment.submit_proposal(&docket_id, "开闸").await;
    deployment.open_ballot(&docket_id, 1).await;
    let earlier =
        deployment.service.extend_signing(extend("early", &docket_id, "2027-03-05T08:00:00Z")).await;
    assert_eq!(refusal(&earlier.unwrap_err(), "earliest").0, "SIGNING_NOT_LATER");
    deployment.service.extend_signing(extend("one", &docket_id, "2027-03-06T09:00:00Z")).await.unwrap();
    deployment.bench.move_clock(SIGN_BY);
    deployment.vote(&docket_id, "MWR", pb::VoteChoice::Yes).await.unwrap();
    deployment.bench.move_clock("2027-03-06T09:00:00Z");
    let counted = |docket: &pb::Docket| docket.topics[0].ballots[0].result.is_some();
    deployment.docket_when(&docket_id, counted).await;
    deployment.service.extend_signing(extend("two", &docket_id, "2027-03-08T09:00:00Z")).await.unwrap();
    deployment.service.extend_signing(extend("three", &docket_id, "2027-03-09T09:00:00Z")).await.unwrap();
    let exhausted =
        deployment.service.extend_signing(extend("four", &docket_id, "2027-03-10T09:00:00Z")).await;
    assert_eq!(refusal(&exhausted.unwrap_err(), "max"), ("SIGNING_EXTENSIONS_EXHAUSTED".into(), "3".into()));
}

#[tokio::test]
async fn the_clock_reminds_whoever_has_not_signed_once_for_each_end() {
    let deployment = Deployment::new().await;
    let docket_id = countersign(&deployment).await;
    deployment.submit_proposal(&docket_id, "开闸").await;
    deployment.open_ballot(&docket_id, 1).await;
    deployment.vote(&docket_id, "MWR", pb::VoteChoice::Yes).await.unwrap();
    deployment.bench.move_clock("2027-03-04T09:00:00Z");
    let reminded = |docket: &pb::Docket| docket.remind_at.is_none() && !docket.reminders.is_empty();
    let docket = deployment.docket_when(&docket_id, reminded).await;
    let names: Vec<_> = docket.reminders.iter().map(|reminder| reminder.department_code.as_str()).collect();
    assert_eq!(names, ["MEM"], "{:?}", docket.reminders);

    let extended = extend("later", &docket_id, "2027-03-09T09:00:00Z");
    let docket = deployment.service.extend_signing(extended).await.unwrap().into_inner().docket.unwrap();
    assert_eq!(docket.remind_at, at("2027-03-08T09:00:00Z").to_wire());
    deployment.bench.move_clock("2027-03-08T09:00:00Z");
    let docket = deployment.docket_when(&docket_id, reminded).await;
    assert_eq!(docket.reminders[0].reminded_at, at("2027-03-08T09:00:00Z").to_wire());
}

#[tokio::test]
async fn an_objection_makes_a_meeting_of_a_countersign_and_nothing_is_counted_any_more() {
    let deployment = Deployment::new().await;
    let docket_id = countersign(&deployment).await;
    deployment.submit_proposal(&docket_id, "开闸").await;
    deployment.open_ballot(&docket_id, 1).await;
    deployment.vote(&docket_id, "MEM", pb::VoteChoice::No).await.unwrap();
    let call = |word: &str| {
        clerk(pb::CallMeetingRequest {
            command_id: id(word),
            docket_id: docket_id.clone(),
            reason: "应急部反对".into(),
            ..Default::default()
        })
    };
    let called = deployment.service.call_meeting(call("call")).await.unwrap().into_inner();
    assert_eq!(called.docket.unwrap().stage(), pb::DocketStage::Adjourned);
    let again = deployment.service.call_meeting(call("again")).await.unwrap().into_inner();
    assert!(again.position > 0, "it changes nothing");
    let late = deployment.vote(&docket_id, "MWR", pb::VoteChoice::Yes).await.unwrap_err();
    assert_eq!(refusal(&late, "needed"), ("WRONG_STAGE".into(), "open".into()));
}

#[tokio::test]
async fn lists_tell_countersigns_from_meetings() {
    let deployment = Deployment::new().await;
    let docket_id = countersign(&deployment).await;
    let position = deployment.submit_proposal(&docket_id, "开闸").await;
    let request = |department: &str| pb::ListDocketsRequest {
        at_least_position: position,
        stage: Some(pb::DocketStage::Open.into()),
        body_code: Some("FLOOD".into()),
        department_code: Some(department.into()),
        ..Default::default()
    };
    let listed = deployment.service.list_dockets(clerk(request("CMA"))).await.unwrap().into_inner();
    assert_eq!(listed.dockets.len(), 1);
    assert!(listed.dockets[0].countersign);
    let others = deployment.service.list_dockets(clerk(request("MOF"))).await.unwrap().into_inner();
    assert_eq!(others.dockets, []);

    // An empty filter keeps everything.
    let unfiltered = pb::ListDocketsRequest {
        stage: Some(pb::DocketStage::Unspecified.into()),
        body_code: Some(String::new()),
        ..request("")
    };
    let all = deployment.service.list_dockets(clerk(unfiltered)).await.unwrap().into_inner();
    assert_eq!(all.dockets, listed.dockets);
}
