use super::*;

/// A convened session whose docket and topic are open.
async fn in_session(deployment: &Deployment) -> String {
    let (docket_id, position) = deployment.session(7, convene()).await;
    deployment.docket_at(&docket_id, position).await.unwrap();
    deployment.arrive(&docket_id, "MWR").await;
    let alone = deployment.open(&docket_id, "alone").await.unwrap_err();
    assert_eq!(refusal(&alone, "needed"), ("NO_QUORUM".into(), "2".into()));
    deployment.arrive(&docket_id, "MEM").await;
    deployment.open(&docket_id, "together").await.unwrap();
    open_topic(deployment, &docket_id, 1, "topic").await.unwrap();
    docket_id
}

async fn open_topic(
    deployment: &Deployment,
    docket_id: &str,
    topic_number: u32,
    word: &str,
) -> Result<u64, Status> {
    let request = pb::OpenTopicRequest {
        command_id: id(word),
        docket_id: docket_id.into(),
        topic_number,
        ..Default::default()
    };
    Ok(deployment.service.open_topic(clerk(request)).await?.into_inner().position)
}

/// Submits a proposal and has it amended by the department that advises.
async fn work_out(deployment: &Deployment, docket_id: &str) {
    deployment.submit_proposal(docket_id, "今晚开闸").await;
    let amend = pb::SubmitAmendmentRequest {
        command_id: id("amend"),
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "CMA".into(),
        text: "今晚八时开闸".into(),
        ..Default::default()
    };
    deployment.service.submit_amendment(by(amend, "CMA", Role::Delegate)).await.unwrap();
    let adopt = pb::ResolveAmendmentRequest {
        command_id: id("adopt amendment"),
        docket_id: docket_id.into(),
        topic_number: 1,
        amendment_number: 1,
        adopt: true,
        ..Default::default()
    };
    deployment.service.resolve_amendment(clerk(adopt)).await.unwrap();
    let statement = pb::RecordStatementRequest {
        command_id: id("statement"),
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "CMA".into(),
        stance: pb::Stance::SupportWithConditions.into(),
        reasons: "须先转移群众".into(),
        ..Default::default()
    };
    deployment.service.record_statement(by(statement, "CMA", Role::Delegate)).await.unwrap();
    let items = pb::DraftItemsRequest {
        command_id: id("items"),
        docket_id: docket_id.into(),
        topic_number: 1,
        items: vec![item(pb::due_rule::Rule::AfterWorkingDays(2))],
        ..Default::default()
    };
    deployment.service.draft_items(clerk(items)).await.unwrap();
}

fn item(due: pb::due_rule::Rule) -> pb::ItemDraft {
    pb::ItemDraft {
        title: "转移群众".into(),
        deliverable: "转移名单".into(),
        criterion: Some("名单上的人都到了安置点".into()),
        lead_code: Some("MEM".into()),
        co_responsible_codes: vec!["MWR".into()],
        due: Some(pb::DueRule { rule: Some(due) }),
    }
}

#[tokio::test]
async fn a_convened_session_is_debated_voted_on_and_decided_by_the_realms_calendar() {
    let deployment = Deployment::new().await;
    let docket_id = in_session(&deployment).await;
    work_out(&deployment, &docket_id).await;
    deployment.open_ballot(&docket_id, 2).await;
    deployment.vote(&docket_id, "MWR", pb::VoteChoice::Yes).await.unwrap();
    deployment.vote(&docket_id, "MEM", pb::VoteChoice::Yes).await.unwrap();
    let close = pb::CloseBallotRequest {
        command_id: id("close ballot"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        ..Default::default()
    };
    deployment.service.close_ballot(clerk(close)).await.unwrap();
    let adopt = pb::AdoptDecisionRequest {
        command_id: id("adopt"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        ..Default::default()
    };
    let first = deployment.service.adopt_decision(clerk(adopt.clone())).await.unwrap().into_inner();
    let close = pb::CloseDocketRequest {
        command_id: id("close docket"),
        docket_id: docket_id.clone(),
        ..Default::default()
    };
    let position = deployment.service.close_docket(clerk(close)).await.unwrap().into_inner().position;
    let repeat = deployment.service.adopt_decision(clerk(adopt)).await.unwrap().into_inner();
    assert_eq!(repeat.position, first.position);

    let docket = deployment.docket(&docket_id).await.unwrap();
    assert_eq!((docket.stage(), docket.present.len()), (pb::DocketStage::Closed, 2));
    let topic = &docket.topics[0];
    assert_eq!(topic.stage(), pb::TopicStage::DebateClosed);
    assert_eq!(topic.versions, ["今晚开闸", "今晚八时开闸"]);
    assert_eq!(topic.amendments[0].stage(), pb::AmendmentStage::Adopted);
    assert_eq!(topic.statements[0].stance(), pb::Stance::SupportWithConditions);
    assert_eq!(topic.items[0].number, 1);
    assert!(topic.ballots[0].sentence.starts_with("passed by simple majority: 2 yes"));
    let Some(pb::outcome::Outcome::Adopted(adopted)) = topic.outcome.clone().unwrap().outcome else {
        panic!("{:?}", topic.outcome)
    };
    // Two working days after Monday, with Wednesday off.
    assert_eq!(
        (adopted.decided_on.as_str(), adopted.due_dates[0].due_on.as_str()),
        ("2027-03-01", "2027-03-04")
    );

    let request = pb::ListDocketsRequest { at_least_position: position, ..Default::default() };
    let listed = deployment.service.list_dockets(clerk(request)).await.unwrap().into_inner();
    let [row] = &listed.dockets[..] else { panic!("{listed:?}") };
    assert_eq!(
        (row.stage(), row.topic_count, row.decided_topic_count, row.countersign),
        (pb::DocketStage::Closed, 1, 1, false)
    );
    assert!(row.opened_at.is_some() && row.closed_at.is_some());
}

#[tokio::test]
async fn a_deferred_topic_that_is_opened_again_is_undecided_in_lists() {
    let deployment = Deployment::new().await;
    let docket_id = in_session(&deployment).await;
    let decided = async |position: u64| {
        let request = pb::ListDocketsRequest { at_least_position: position, ..Default::default() };
        deployment.service.list_dockets(clerk(request)).await.unwrap().into_inner().dockets[0]
            .decided_topic_count
    };
    let defer = pb::DeferTopicRequest {
        command_id: id("defer"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        resume_on: "2027-03-02".into(),
        moved_by_code: "MEM".into(),
        reason: "待水文数据".into(),
        ..Default::default()
    };
    let position = deployment.service.defer_topic(clerk(defer)).await.unwrap().into_inner().position;
    assert_eq!(decided(position).await, 1);
    let position = open_topic(&deployment, &docket_id, 1, "again").await.unwrap();
    assert_eq!(decided(position).await, 0);
}

#[tokio::test]
async fn faults_and_unknown_dockets_are_named() {
    let deployment = Deployment::new().await;
    let docket_id = in_session(&deployment).await;
    let items = pb::DraftItemsRequest {
        command_id: id("items"),
        docket_id: docket_id.clone(),
        topic_number: 1,
        items: vec![item(pb::due_rule::Rule::AfterDays(3)), item(pb::due_rule::Rule::DueOn("soon".into()))],
        ..Default::default()
    };
    let faulty = deployment.service.draft_items(clerk(items)).await.unwrap_err();
    assert_eq!(faulty_fields(&faulty), ["items[1].due.due_on"]);

    let nowhere = deployment.docket(&id("nowhere")).await.unwrap_err();
    assert_eq!(nowhere.code(), Grpc::NotFound);
    assert_eq!(refusal(&nowhere, "what").0, "NOT_FOUND");
    let unknown = open_topic(&deployment, &docket_id, 9, "no topic").await.unwrap_err();
    assert_eq!(unknown.code(), Grpc::NotFound);
}
