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
