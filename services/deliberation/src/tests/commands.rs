//! What every command does, whatever its subject.

use super::*;

/// A convened session whose docket is prepared, and a position at which it is.
async fn prepared(deployment: &Deployment) -> (String, u64) {
    let (docket_id, position) = deployment.session(7, convene()).await;
    let answered = deployment.docket_at(&docket_id, position).await.unwrap();
    (docket_id, answered.position)
}

fn open(docket_id: &str) -> pb::OpenDocketRequest {
    pb::OpenDocketRequest { command_id: id("open"), docket_id: docket_id.into(), ..Default::default() }
}

#[tokio::test]
async fn a_convened_session_has_its_docket_at_its_own_position() {
    let deployment = Deployment::new().await;
    for nth in 1..=20 {
        let (docket_id, position) = deployment.session(nth, convene()).await;
        let answered = deployment.docket_at(&docket_id, position).await.unwrap();
        assert!(answered.position >= position);
        assert_eq!(answered.docket.unwrap().stage(), pb::DocketStage::Prepared);
    }
}

#[tokio::test]
async fn a_command_answers_with_the_docket_as_it_is_then() {
    let deployment = Deployment::new().await;
    let (docket_id, _) = prepared(&deployment).await;
    let arrived = deployment.arrive(&docket_id, "MWR").await.docket.unwrap();
    assert_eq!(
        (arrived.docket_id.as_str(), arrived.stage()),
        (docket_id.as_str(), pb::DocketStage::Prepared)
    );
    assert_eq!(arrived.present[0].department_code, "MWR");

    deployment.arrive(&docket_id, "MEM").await;
    let opened = deployment.open(&docket_id, "open").await.unwrap();
    let docket = opened.docket.clone().unwrap();
    assert_eq!(docket.stage(), pb::DocketStage::Open);
    assert_eq!(Ok(docket), deployment.docket(&docket_id).await.map_err(|status| status.to_string()));
    let repeated = deployment.open(&docket_id, "open").await.unwrap();
    assert_eq!(repeated, opened);
}

#[tokio::test]
async fn a_validated_command_is_refused_for_real_and_writes_nothing() {
    let deployment = Deployment::new().await;
    let (docket_id, _) = prepared(&deployment).await;
    let validate = pb::OpenDocketRequest { validate_only: true, ..open(&docket_id) };
    let refused = deployment.service.open_docket(clerk(validate.clone())).await.unwrap_err();
    assert_eq!(refusal(&refused, "present"), ("NO_QUORUM".into(), "0".into()));

    deployment.arrive(&docket_id, "MWR").await;
    let last = deployment.arrive(&docket_id, "MEM").await;
    let validated = deployment.service.open_docket(clerk(validate)).await.unwrap().into_inner();
    assert_eq!(validated.position, 0);
    assert_eq!(validated.docket.unwrap().stage(), pb::DocketStage::Open, "as it would be");
    assert_eq!(deployment.docket(&docket_id).await.unwrap().stage(), pb::DocketStage::Prepared);
    assert_eq!(deployment.bench.end(), last.position);

    // The command itself may follow under the same id.
    let opened = deployment.service.open_docket(clerk(open(&docket_id))).await.unwrap().into_inner();
    assert_eq!(opened.position, last.position + 1);
}

#[tokio::test]
async fn a_command_that_expects_an_older_docket_is_aborted_with_what_changed() {
    let deployment = Deployment::new().await;
    let (docket_id, known) = prepared(&deployment).await;
    deployment.arrive(&docket_id, "MWR").await;
    let last = deployment.arrive(&docket_id, "MEM").await.position;
    let expecting =
        |position| pb::OpenDocketRequest { expected_position: Some(position), ..open(&docket_id) };

    let aborted = deployment.service.open_docket(clerk(expecting(known))).await.unwrap_err();
    assert_eq!(aborted.code(), Grpc::Aborted);
    assert_eq!(refusal(&aborted, "position").1, last.to_string());
    let (_, events) = refusal(&aborted, "events");
    assert_eq!(events.matches("ArrivalRecorded").count(), 2, "{events}");

    let request = pb::OpenDocketRequest { command_id: id("again"), ..expecting(last) };
    let opened = deployment.service.open_docket(clerk(request)).await.unwrap().into_inner();
    assert_eq!(opened.docket.unwrap().stage(), pb::DocketStage::Open);
}

#[tokio::test]
async fn a_command_that_changed_nothing_has_no_effect_when_it_comes_again() {
    let deployment = Deployment::new().await;
    let (docket_id, _) = prepared(&deployment).await;
    deployment.arrive(&docket_id, "MWR").await;
    // Present already: nothing changes.
    let again = pb::RecordArrivalRequest {
        command_id: id("the same arrival"),
        docket_id: docket_id.clone(),
        department_code: "MWR".into(),
        delegate: "MWR代表".into(),
        ..Default::default()
    };
    let first = deployment.service.record_arrival(clerk(again.clone())).await.unwrap().into_inner();
    assert_eq!(first.docket.unwrap().present.len(), 1);
    let leave = pb::RecordDepartureRequest {
        command_id: id("departure"),
        docket_id: docket_id.clone(),
        department_code: "MWR".into(),
        ..Default::default()
    };
    deployment.service.record_departure(clerk(leave)).await.unwrap();

    let repeated = deployment.service.record_arrival(clerk(again)).await.unwrap().into_inner();
    assert_eq!(repeated.position, first.position);
    assert_eq!(repeated.docket.unwrap().present, []);
    assert_eq!(deployment.docket(&docket_id).await.unwrap().present, []);
}
