use super::*;

async fn claim_and_accept(place: &Place, item_id: &str) {
    place.service.acknowledge_item(water(acknowledge(item_id))).await.unwrap();
    place.service.claim_completion(water(claim(item_id))).await.unwrap();
    let accept =
        pb::AcceptWorkRequest { command_id: id("accept"), item_id: item_id.into(), ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_resolution_ends_what_is_unfinished_and_not_carried_over() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 3).await;
    place.shown(&item_id(docket, 3)).await;
    claim_and_accept(&place, &item_id(docket, 1)).await;
    let carried_over = vec![ActionItem::id(docket, 2)];
    let position = place.change(docket, ChangeEffect::Rescinds, carried_over).await.unwrap();

    // Nothing is polled for: a query waits for what follows from the position that it names.
    let request = pb::ListItemsRequest { at_least_position: position, ..Default::default() };
    let items = place.service.list_items(supervisor(request)).await.unwrap().into_inner().items;
    let stages: Vec<pb::ItemStage> = items.iter().map(pb::Item::stage).collect();
    assert_eq!(stages, [pb::ItemStage::Accepted, pb::ItemStage::Assigned, pb::ItemStage::Rescinded]);
    let resolution = place.resolution("FLOOD-2027-0001").await.resolution.unwrap();
    assert_eq!(resolution.stage(), pb::ResolutionStage::Rescinded);
    assert_eq!(resolution.reason.as_deref(), Some("FLOOD-2027-0099 规划已变"));
    assert_eq!(resolution.carried_over_item_ids, [item_id(docket, 2)]);
    assert!(resolution.rescinded_by_resolution_id.is_some() && resolution.successor_resolution_id.is_none());
    claim_and_accept(&place, &item_id(docket, 2)).await;
}

#[tokio::test]
async fn a_reaction_that_changed_nothing_has_no_effect_when_it_is_repeated() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 1).await;
    let item_id = item_id(docket, 1);
    place.shown(&item_id).await;
    claim_and_accept(&place, &item_id).await;
    place.change(docket, ChangeEffect::Supersedes, vec![]).await.unwrap();
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
