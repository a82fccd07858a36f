use super::*;

async fn claim_and_accept(place: &Place, item_id: &str) {
    let acknowledge = pb::AcknowledgeItemRequest { command_id: id("acknowledge"), item_id: item_id.into() };
    place.service.acknowledge_item(water(acknowledge)).await.unwrap();
    let claim = pb::ClaimCompletionRequest {
        command_id: id("claim"),
        item_id: item_id.into(),
        summary: "已完成".into(),
        evidence: vec![values::Evidence {
            title: "报告".into(),
            sha256: "0a".repeat(32),
            uri: "urn:report".into(),
        }],
    };
    place.service.claim_completion(water(claim)).await.unwrap();
    let accept = pb::AcceptWorkRequest { command_id: id("accept"), item_id: item_id.into(), note: None };
    place.service.accept_work(supervisor(accept)).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_resolution_ends_what_is_unfinished() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 2).await;
    place.item_when(&item_id(docket, 2), |_| true).await;
    claim_and_accept(&place, &item_id(docket, 1)).await;
    let rescind = pb::RescindResolutionRequest {
        command_id: id("rescind"),
        resolution_id: Resolution::id(docket, 1).to_string(),
        reason: "规划已变".into(),
    };
    place.service.rescind_resolution(supervisor(rescind)).await.unwrap();
    let ended = place.item_when(&item_id(docket, 2), |item| item.stage() == pb::ItemStage::Rescinded).await;
    assert!(!ended.late);
    assert_eq!(place.item(&item_id(docket, 1)).await.unwrap().item.unwrap().stage(), pb::ItemStage::Accepted);
    let resolution = place.resolution("FLOOD-2027-0001").await;
    assert_eq!(resolution.stage(), pb::ResolutionStage::Rescinded);
    assert_eq!(resolution.reason.as_deref(), Some("规划已变"));
    assert!(resolution.ended_at.is_some());
}

#[tokio::test]
async fn only_a_resolution_in_force_takes_anothers_place() {
    let place = Place::new().await;
    let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
    place.decide(old, 1).await;
    place.decide(new, 1).await;
    place.item_when(&item_id(new, 1), |_| true).await;
    let supersede = |which: Uuid, by: Uuid, word: &str| pb::SupersedeResolutionRequest {
        command_id: id(word),
        resolution_id: Resolution::id(which, 1).to_string(),
        by: Resolution::id(by, 1).to_string(),
        reason: "另有新规".into(),
    };
    let nothing = supersede(old, Uuid::from_u128(3), "by nothing");
    let nothing = place.service.supersede_resolution(supervisor(nothing)).await.unwrap_err();
    assert_eq!(faulty_fields(&nothing), ["by"]);
    let request = supersede(old, new, "by the new one");
    let first = place.service.supersede_resolution(supervisor(request.clone())).await.unwrap().into_inner();
    let repeat = place.service.supersede_resolution(supervisor(request)).await.unwrap().into_inner();
    assert_eq!(first, repeat);
    let back = supersede(new, old, "by the old one");
    let back = place.service.supersede_resolution(supervisor(back)).await.unwrap_err();
    assert_eq!(faulty_fields(&back), ["by"]);
    let resolution = place.resolution("FLOOD-2027-0001").await;
    assert_eq!(resolution.superseded_by, Some(Resolution::id(new, 1).to_string()));
    place.item_when(&item_id(old, 1), |item| item.stage() == pb::ItemStage::Rescinded).await;
}
