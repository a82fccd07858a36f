use super::*;

const DEADLINE: &str = "2027-03-05T09:00:00Z";

async fn countersign(place: &Place) -> String {
    let reason = Text::parse("无须开会").unwrap();
    let docket_id = place.session(Command::TurnIntoCountersign { deadline: at(DEADLINE), reason }).await;
    place.docket_when(&docket_id, |docket| docket.state() == pb::DocketState::Open).await;
    docket_id
}

#[tokio::test]
async fn a_countersign_opens_by_itself_and_is_counted_at_its_deadline() {
    let place = Place::new().await;
    let docket_id = countersign(&place).await;
    place.propose(&docket_id, "开闸").await;
    let unanimous = values::ballot_method::Method::UnanimousCountersign(values::UnanimousCountersign {});
    place.open_ballot(&docket_id, 1, unanimous).await;
    place.vote(&docket_id, "MWR", values::VoteChoice::Yes).await.unwrap();
    let close = pb::CloseBallotRequest {
        command_id: id("close"),
        docket_id: docket_id.clone(),
        topic: 1,
        casting_vote: None,
    };
    let early = place.service.close_ballot(clerk(close)).await.unwrap_err();
    assert_eq!(refusal(&early, "missing"), ("VOICES_MISSING".into(), "1".into()));

    place.clock.send_replace(at(DEADLINE));
    let docket = place.docket_when(&docket_id, |docket| docket.topics[0].ballots[0].result.is_some()).await;
    let ballot = &docket.topics[0].ballots[0];
    let result = ballot.result.unwrap();
    assert_eq!((result.yes, result.needed, result.base, result.passed), (1, 2, 2, false));
    assert!(ballot.sentence.starts_with("failed by unanimous countersign: 1 yes"), "{}", ballot.sentence);

    let late = place.vote(&docket_id, "MEM", values::VoteChoice::Yes).await.unwrap_err();
    assert_eq!(refusal(&late, "topic"), ("NO_BALLOT_OPEN".into(), "1".into()));
}

#[tokio::test]
async fn a_countersign_is_told_from_a_meeting_in_lists() {
    let place = Place::new().await;
    let docket_id = countersign(&place).await;
    let position = place.propose(&docket_id, "开闸").await;
    let ask = |department: &str| pb::ListDocketsRequest {
        at_least_position: position,
        state: Some(pb::DocketState::Open.into()),
        body: Some("FLOOD".into()),
        department: Some(department.into()),
        ..Default::default()
    };
    let listed = place.service.list_dockets(clerk(ask("CMA"))).await.unwrap().into_inner();
    assert_eq!(listed.dockets.len(), 1);
    assert!(listed.dockets[0].countersign);
    let others = place.service.list_dockets(clerk(ask("MOF"))).await.unwrap().into_inner();
    assert_eq!(others.dockets, []);
}
