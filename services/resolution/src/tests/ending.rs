use super::*;

async fn claim_and_accept(place: &Place, item_id: &str) {
    place.service.acknowledge_item(water(acknowledge(item_id))).await.unwrap();
    place.service.claim_completion(water(claim(item_id))).await.unwrap();
    let accept =
        pb::AcceptWorkRequest { command_id: id("accept"), item_id: item_id.into(), ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_resolution_ends_what_is_unfinished() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 2).await;
    place.shown(&item_id(docket, 2)).await;
    claim_and_accept(&place, &item_id(docket, 1)).await;
    let ended = place.service.rescind_resolution(supervisor(rescind(docket))).await.unwrap().into_inner();

    // Nothing is polled for: a query waits for what follows from the position that it names.
    let request = pb::ListItemsRequest { at_least_position: ended.position, ..Default::default() };
    let items = place.service.list_items(supervisor(request)).await.unwrap().into_inner().items;
    let stages: Vec<pb::ItemStage> = items.iter().map(pb::Item::stage).collect();
    assert_eq!(stages, [pb::ItemStage::Accepted, pb::ItemStage::Rescinded]);
    let resolution = ended.resolution.unwrap();
    assert_eq!(place.resolution("FLOOD-2027-0001").await.resolution.as_ref(), Some(&resolution));
    assert_eq!(resolution.stage(), pb::ResolutionStage::Rescinded);
    assert_eq!(resolution.reason.as_deref(), Some("规划已变"));
    assert!(resolution.ended_at.is_some());
}

#[tokio::test]
async fn only_a_resolution_in_force_can_supersede_another() {
    let place = Place::new().await;
    let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
    place.decide(old, 1).await;
    place.decide(new, 1).await;
    place.shown(&item_id(new, 1)).await;
    let supersede = |which: Uuid, successor: Uuid, word: &str| pb::SupersedeResolutionRequest {
        command_id: id(word),
        resolution_id: Resolution::id(which, 1).to_string(),
        successor_resolution_id: Resolution::id(successor, 1).to_string(),
        reason: "另有新规".into(),
        ..Default::default()
    };
    let nothing = supersede(old, Uuid::from_u128(3), "by nothing");
    let nothing = place.service.supersede_resolution(supervisor(nothing)).await.unwrap_err();
    assert_eq!(faulty_fields(&nothing), ["successor_resolution_id"]);
    let request = supersede(old, new, "by the new one");
    let first = place.service.supersede_resolution(supervisor(request.clone())).await.unwrap().into_inner();
    let repeat = place.service.supersede_resolution(supervisor(request)).await.unwrap().into_inner();
    assert_eq!(first, repeat);
    let back = supersede(new, old, "by the old one");
    let back = place.service.supersede_resolution(supervisor(back)).await.unwrap_err();
    assert_eq!(faulty_fields(&back), ["successor_resolution_id"]);
    let resolution = place.resolution("FLOOD-2027-0001").await.resolution;
    assert_eq!(resolution, first.resolution);
    assert_eq!(resolution.unwrap().successor_resolution_id, Some(Resolution::id(new, 1).to_string()));
    assert_eq!(place.shown(&item_id(old, 1)).await.stage(), pb::ItemStage::Rescinded);
}

#[tokio::test]
async fn a_reaction_that_changed_nothing_has_no_effect_when_it_is_repeated() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 1).await;
    let item_id = item_id(docket, 1);
    place.shown(&item_id).await;
    claim_and_accept(&place, &item_id).await;
    place.service.rescind_resolution(supervisor(rescind(docket))).await.unwrap();
    assert_eq!(place.shown(&item_id).await.stage(), pb::ItemStage::Accepted);
    let reopen = pb::ReopenItemRequest {
        command_id: id("reopen"),
        item_id: item_id.clone(),
        reason: "尚有余项".into(),
        ..Default::default()
    };
    let refused = place.service.reopen_item(supervisor(reopen)).await.unwrap_err();
    assert_eq!(refusal(&refused, "number"), ("RESOLUTION_ENDED".into(), "FLOOD-2027-0001/1".into()));

    // A copy of the service that has lost its place repeats every reaction.
    let late = place.bench.another();
    let end = place.end();
    for mut progress in crate::reactions::run(&late.kit, &default_calendar()) {
        progress.wait_for(|&position| position >= end).await.unwrap();
    }
    assert_eq!(place.end(), end);
    assert_eq!(place.shown(&item_id).await.stage(), pb::ItemStage::Accepted, "it was owed when it was done");
}
