use super::*;

async fn arrive(place: &Place, docket_id: &str, department: &str) {
    let request = pb::RecordArrivalRequest {
        command_id: id(&format!("arrival of {department}")),
        docket_id: docket_id.into(),
        department: department.into(),
        delegate: format!("{department}代表"),
    };
    place.service.record_arrival(clerk(request)).await.unwrap();
}

async fn open(place: &Place, docket_id: &str, word: &str) -> Result<u64, Status> {
    let request = pb::OpenDocketRequest { command_id: id(word), docket_id: docket_id.into() };
    Ok(place.service.open_docket(clerk(request)).await?.into_inner().position)
}

/// A convened session whose docket is open, with its topic on the floor.
async fn in_session(place: &Place) -> String {
    let docket_id = place.session(Command::Convene).await;
    place.docket_when(&docket_id, |docket| docket.state() == pb::DocketState::Prepared).await;
    arrive(place, &docket_id, "MWR").await;
    let alone = open(place, &docket_id, "alone").await.unwrap_err();
    assert_eq!(refusal(&alone, "needed"), ("NO_QUORUM".into(), "2".into()));
    arrive(place, &docket_id, "MEM").await;
    open(place, &docket_id, "together").await.unwrap();
    let topic = pb::OpenTopicRequest { command_id: id("topic"), docket_id: docket_id.clone(), topic: 1 };
    place.service.open_topic(clerk(topic)).await.unwrap();
    docket_id
}

/// Puts a text forward and has it amended by the department that advises.
async fn work_out(place: &Place, docket_id: &str) {
    place.propose(docket_id, "今晚开闸").await;
    let amend = pb::ProposeAmendmentRequest {
        command_id: id("amend"),
        docket_id: docket_id.into(),
        topic: 1,
        department: "CMA".into(),
        text: "今晚八时开闸".into(),
    };
    place.service.propose_amendment(by(amend, "CMA", Role::Delegate)).await.unwrap();
    let adopt = pb::ResolveAmendmentRequest {
        command_id: id("adopt amendment"),
        docket_id: docket_id.into(),
        topic: 1,
        amendment: 1,
        adopt: true,
    };
    place.service.resolve_amendment(clerk(adopt)).await.unwrap();
    let position = pb::StatePositionRequest {
        command_id: id("position"),
        docket_id: docket_id.into(),
        topic: 1,
        department: "CMA".into(),
        stance: values::Stance::SupportWithConditions.into(),
        reasons: "须先转移群众".into(),
    };
    place.service.state_position(by(position, "CMA", Role::Delegate)).await.unwrap();
    let items = pb::DraftItemsRequest {
        command_id: id("items"),
        docket_id: docket_id.into(),
        topic: 1,
        items: vec![item(values::due_rule::Rule::InWorkingDays(2))],
    };
    place.service.draft_items(clerk(items)).await.unwrap();
}

fn item(due: values::due_rule::Rule) -> values::ItemDraft {
    values::ItemDraft {
        title: "转移群众".into(),
        deliverable: "转移名单".into(),
        criterion: Some("名单上的人都到了安置点".into()),
        lead: Some("MEM".into()),
        co_responsible: vec!["MWR".into()],
        due: Some(values::DueRule { rule: Some(due) }),
    }
}

#[tokio::test]
async fn a_convened_session_is_debated_voted_on_and_decided_by_the_realms_calendar() {
    let place = Place::new().await;
    let docket_id = in_session(&place).await;
    work_out(&place, &docket_id).await;
    let majority = values::ballot_method::Method::SimpleMajority(values::SimpleMajority {});
    place.open_ballot(&docket_id, 2, majority).await;
    place.vote(&docket_id, "MWR", values::VoteChoice::Yes).await.unwrap();
    place.vote(&docket_id, "MEM", values::VoteChoice::Yes).await.unwrap();
    let close = pb::CloseBallotRequest {
        command_id: id("close ballot"),
        docket_id: docket_id.clone(),
        topic: 1,
        casting_vote: None,
    };
    place.service.close_ballot(clerk(close)).await.unwrap();
    let adopt = pb::AdoptDecisionRequest {
        command_id: id("adopt"),
        docket_id: docket_id.clone(),
        topic: 1,
        declaratory: false,
    };
    let first = place.service.adopt_decision(clerk(adopt.clone())).await.unwrap().into_inner();
    let close = pb::CloseDocketRequest { command_id: id("close docket"), docket_id: docket_id.clone() };
    let position = place.service.close_docket(clerk(close)).await.unwrap().into_inner().position;
    let repeat = place.service.adopt_decision(clerk(adopt)).await.unwrap().into_inner();
    assert_eq!(repeat, first);

    let docket = place.docket(&docket_id).await.unwrap();
    assert_eq!((docket.state(), docket.present.len()), (pb::DocketState::Closed, 2));
    let topic = &docket.topics[0];
    assert_eq!(topic.stage(), pb::TopicStage::DebateClosed);
    assert_eq!(topic.versions, ["今晚开闸", "今晚八时开闸"]);
    assert_eq!(topic.amendments[0].fate(), pb::AmendmentFate::Adopted);
    assert_eq!(topic.positions[0].stance(), values::Stance::SupportWithConditions);
    assert_eq!(topic.items[0].no, 1);
    assert!(topic.ballots[0].sentence.starts_with("passed by simple majority: 2 yes"));
    let Some(pb::outcome::Outcome::Adopted(adopted)) = topic.outcome.clone().unwrap().outcome else {
        panic!("{:?}", topic.outcome)
    };
    // Two working days after Monday, with Wednesday off.
    assert_eq!((adopted.decided_on.as_str(), adopted.dues[0].due.as_str()), ("2027-03-01", "2027-03-04"));

    let ask = pb::ListDocketsRequest { at_least_position: position, ..Default::default() };
    let listed = place.service.list_dockets(clerk(ask)).await.unwrap().into_inner();
    let [row] = &listed.dockets[..] else { panic!("{listed:?}") };
    assert_eq!(
        (row.state(), row.topics, row.decided, row.countersign),
        (pb::DocketState::Closed, 1, 1, false)
    );
    assert!(row.opened_at.is_some() && row.closed_at.is_some());
}

#[tokio::test]
async fn a_deferred_topic_that_is_called_again_is_open_in_lists() {
    let place = Place::new().await;
    let docket_id = in_session(&place).await;
    let decided = async |position: u64| {
        let ask = pb::ListDocketsRequest { at_least_position: position, ..Default::default() };
        place.service.list_dockets(clerk(ask)).await.unwrap().into_inner().dockets[0].decided
    };
    let defer = pb::DeferTopicRequest {
        command_id: id("defer"),
        docket_id: docket_id.clone(),
        topic: 1,
        until: "2027-03-02".into(),
        by: "MEM".into(),
        reason: "待水文数据".into(),
    };
    let position = place.service.defer_topic(clerk(defer)).await.unwrap().into_inner().position;
    assert_eq!(decided(position).await, 1);
    let again = pb::OpenTopicRequest { command_id: id("again"), docket_id: docket_id.clone(), topic: 1 };
    let position = place.service.open_topic(clerk(again)).await.unwrap().into_inner().position;
    assert_eq!(decided(position).await, 0);
}

#[tokio::test]
async fn faults_and_unknown_dockets_are_named() {
    let place = Place::new().await;
    let docket_id = in_session(&place).await;
    let items = pb::DraftItemsRequest {
        command_id: id("items"),
        docket_id: docket_id.clone(),
        topic: 1,
        items: vec![item(values::due_rule::Rule::InDays(3)), item(values::due_rule::Rule::On("soon".into()))],
    };
    let faulty = place.service.draft_items(clerk(items)).await.unwrap_err();
    let fields = faulty.get_details_bad_request().unwrap().field_violations;
    assert_eq!(fields[0].field, "items[1].due.on");

    let nowhere = place.docket(&id("nowhere")).await.unwrap_err();
    assert_eq!(nowhere.code(), Grpc::NotFound);
    let topic = pb::OpenTopicRequest { command_id: id("no topic"), docket_id, topic: 9 };
    let unknown = place.service.open_topic(clerk(topic)).await.unwrap_err();
    assert_eq!(unknown.code(), Grpc::NotFound);
}
