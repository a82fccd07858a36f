//! What every command promises: its answer shows the resource, it can be only validated, and it can be made
//! to depend on what the caller knows.

use super::*;

/// A place with one assigned item, and the item's id.
async fn assigned() -> (Place, String) {
    let place = Place::new().await;
    place.decide(Uuid::from_u128(1), 1).await;
    let item_id = item_id(Uuid::from_u128(1), 1);
    place.shown(&item_id).await;
    (place, item_id)
}

/// Carries out a command on the place's item; the item in its response must be the one that the view shows at
/// its position.
macro_rules! step {
    ($place:ident.$rpc:ident($caller:ident($request:expr)), $item_id:expr) => {{
        let done = $place.service.$rpc($caller($request)).await.unwrap().into_inner();
        assert_eq!(done.item.as_ref(), Some(&$place.shown($item_id).await), stringify!($rpc));
        assert_eq!(done.position, $place.end(), stringify!($rpc));
        done.item.unwrap()
    }};
}

#[tokio::test]
async fn an_item_command_answers_with_the_item_that_the_view_shows() {
    let (place, item_id) = assigned().await;
    let of = |word: &str| (id(word), item_id.clone());
    let item = step!(place.acknowledge_item(water(acknowledge(&item_id))), &item_id);
    assert_eq!((item.number.as_str(), item.stage()), ("FLOOD-2027-0001/1", pb::ItemStage::Underway));

    let (command_id, of_item) = of("progress");
    let progress = pb::ReportProgressRequest {
        command_id,
        item_id: of_item,
        percent: 40,
        note: "推进中".into(),
        ..Default::default()
    };
    assert_eq!(step!(place.report_progress(water(progress)), &item_id).percent, 40);
    let (command_id, of_item) = of("block");
    let block = pb::ReportBlockageRequest {
        command_id,
        item_id: of_item,
        reason: "管网数据未放开".into(),
        help_from_code: "HEALTH".into(),
        ..Default::default()
    };
    let item = step!(place.report_blockage(water(block)), &item_id);
    assert_eq!(item.blocked_reason.as_deref(), Some("管网数据未放开"));
    let (command_id, of_item) = of("extend");
    let extend = pb::RequestExtensionRequest {
        command_id,
        item_id: of_item,
        due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterDays(2)) }),
        reason: "等待设备".into(),
        ..Default::default()
    };
    let item = step!(place.request_extension(water(extend)), &item_id);
    assert_eq!(item.extension_due_on.as_deref(), Some("2027-03-10"));
    let (command_id, of_item) = of("grant");
    let grant = pb::GrantExtensionRequest { command_id, item_id: of_item, ..Default::default() };
    assert_eq!(step!(place.grant_extension(supervisor(grant)), &item_id).due_on, "2027-03-10");

    place.bench.move_clock("2027-03-12T01:00:00Z");
    let (command_id, of_item) = of("late progress");
    let progress = pb::ReportProgressRequest {
        command_id,
        item_id: of_item,
        percent: 90,
        note: "推进中".into(),
        ..Default::default()
    };
    let item = step!(place.report_progress(water(progress)), &item_id);
    assert_eq!((item.late, item.days_late), (true, 2));
    let item = step!(place.claim_completion(water(claim(&item_id))), &item_id);
    assert_eq!((item.late, item.blocked_reason), (false, None));
    let (command_id, of_item) = of("accept");
    let accept = pb::AcceptWorkRequest { command_id, item_id: of_item, ..Default::default() };
    assert_eq!(step!(place.accept_work(supervisor(accept)), &item_id).stage(), pb::ItemStage::Accepted);
    let (command_id, of_item) = of("look back");
    let look_back = pb::RecordLookBackRequest {
        command_id,
        item_id: of_item,
        observation: "运行正常".into(),
        holds: Some(true),
        ..Default::default()
    };
    assert_eq!(step!(place.record_look_back(supervisor(look_back)), &item_id).holds, Some(true));
}

#[tokio::test]
async fn a_command_that_is_only_validated_is_decided_and_writes_nothing() {
    let (place, item_id) = assigned().await;
    let end = place.end();
    let before = place.shown(&item_id).await;
    let validate = pb::AcknowledgeItemRequest { validate_only: true, ..acknowledge(&item_id) };
    let shown = place.service.acknowledge_item(water(validate)).await.unwrap().into_inner();
    assert_eq!((shown.position, shown.item.unwrap().stage()), (0, pb::ItemStage::Underway));
    let validate = pb::ClaimCompletionRequest { validate_only: true, ..claim(&item_id) };
    let refused = place.service.claim_completion(water(validate)).await.unwrap_err();
    assert_eq!(refusal(&refused, "stage"), ("WRONG_STAGE".into(), "assigned".into()));
    assert_eq!((place.end(), place.shown(&item_id).await), (end, before));

    let done = place.service.acknowledge_item(water(acknowledge(&item_id))).await.unwrap().into_inner();
    assert_eq!(done.position, end + 1, "the command itself may have the id of its validation");
}

#[tokio::test]
async fn a_command_that_expects_an_older_item_is_aborted_with_what_changed_since() {
    let (place, item_id) = assigned().await;
    let known = place.end();
    let done = place.service.acknowledge_item(water(acknowledge(&item_id))).await.unwrap().into_inner();
    let stale = pb::ClaimCompletionRequest { expected_position: Some(known), ..claim(&item_id) };
    let aborted = place.service.claim_completion(water(stale)).await.unwrap_err();
    assert_eq!(aborted.code(), Grpc::Aborted);
    assert_eq!(refusal(&aborted, "events"), ("CHANGED_SINCE".into(), "ActionItemAcknowledged".into()));
    assert_eq!(refusal(&aborted, "position").1, done.position.to_string());
    let current = pb::ClaimCompletionRequest { expected_position: Some(done.position), ..claim(&item_id) };
    place.service.claim_completion(water(current)).await.unwrap();
}
