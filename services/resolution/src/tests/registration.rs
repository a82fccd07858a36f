use super::*;

#[tokio::test]
async fn decisions_become_numbered_resolutions_and_their_items_are_assigned() {
    let place = Place::new().await;
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let decided = place.decide(first, 11).await;
    // Nothing is polled for: a query waits for what follows from the position that it names.
    let request = pb::ListItemsRequest { at_least_position: decided, ..Default::default() };
    let listed = place.service.list_items(supervisor(request)).await.unwrap().into_inner();
    assert_eq!(listed.items.len(), 11);
    place.decide(second, 1).await;

    let found = place.resolution("FLOOD-2027-0001").await;
    assert_eq!(found.accepted_items, 0);
    let resolution = found.resolution.unwrap();
    assert_eq!(resolution.resolution_id, Resolution::id(first, 1).to_string());
    let registration = resolution.registration.unwrap();
    assert_eq!(registration.item_ids.len(), 11);
    assert_eq!(registration.dissenting_codes, ["HEALTH"]);
    assert_eq!(registration.votes.unwrap().yes_votes, 2);

    let ask = pb::ListItemsRequest { order_by: "number desc".into(), page_size: 3, ..Default::default() };
    let numbers: Vec<String> = place.items(ask).await.into_iter().map(|item| item.number).collect();
    assert_eq!(numbers, ["FLOOD-2027-0002/1", "FLOOD-2027-0001/11", "FLOOD-2027-0001/10"]);
    let item = place.item(&item_id(first, 2)).await.unwrap();
    assert_eq!(
        (item.resolution_number.as_str(), item.resolution_title.as_str()),
        ("FLOOD-2027-0001", "泵站改造")
    );
    assert_eq!(item.history[0].kind(), pb::ItemEntryKind::Assigned);
    let item = item.item.unwrap();
    assert_eq!((item.due_on.as_str(), item.lead_code.as_str()), ("2027-03-08", "WATER"));
    assert_eq!(item.co_responsible_codes, ["ROADS"], "not the lead itself");

    let ask = pb::ListResolutionsRequest {
        at_least_position: place.end(),
        order_by: "number desc".into(),
        text: Some("泵站 flood".into()),
        body_code: Some("FLOOD".into()),
        session_id: Some(String::new()),
        stage: Some(pb::ResolutionStage::InForce.into()),
        ..Default::default()
    };
    let listed = place.service.list_resolutions(supervisor(ask)).await.unwrap().into_inner().resolutions;
    let numbers: Vec<&str> = listed.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers, ["FLOOD-2027-0002", "FLOOD-2027-0001"]);
}

#[tokio::test]
async fn a_second_copy_of_the_service_registers_nothing_twice() {
    let place = Place::new().await;
    let copy = place.bench.another();
    crate::reactions::run(&copy.kit, &default_calendar());
    for docket in (1..=5).map(Uuid::from_u128) {
        place.decide(docket, 1).await;
    }
    for docket in (1..=5).map(Uuid::from_u128) {
        place.shown(&item_id(docket, 1)).await;
    }
    // A third one, which sees everything again.
    let late = place.bench.another();
    for mut progress in crate::reactions::run(&late.kit, &default_calendar()) {
        progress.wait_for(|&position| position >= place.end()).await.unwrap();
    }
    let listed = place.service.list_resolutions(supervisor(pb::ListResolutionsRequest {
        at_least_position: place.end(),
        ..Default::default()
    }));
    let numbers: Vec<String> =
        listed.await.unwrap().into_inner().resolutions.into_iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=5).map(|serial| format!("FLOOD-2027-{serial:04}")).collect::<Vec<_>>());
    assert_eq!(place.items(pb::ListItemsRequest::default()).await.len(), 5);
}
