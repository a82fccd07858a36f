use super::*;

#[tokio::test]
async fn decisions_become_numbered_resolutions_and_their_items_are_assigned() {
    let place = Place::new().await;
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    place.decide(first, 11).await;
    place.item_when(&item_id(first, 11), |_| true).await;
    place.decide(second, 1).await;
    place.item_when(&item_id(second, 1), |_| true).await;

    let resolution = place.resolution("FLOOD-2027-0001").await;
    assert_eq!(resolution.id, Resolution::id(first, 1).to_string());
    assert_eq!((resolution.items, resolution.items_accepted), (11, 0));
    let registration = resolution.registration.unwrap();
    assert_eq!(registration.dissent, ["HEALTH"]);
    assert_eq!(registration.votes.unwrap().yes, 2);

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
    assert_eq!((item.due.as_str(), item.lead.as_str()), ("2027-03-08", "WATER"));
    assert_eq!(item.co_responsible, ["ROADS", "WATER"]);

    let ask = pb::ListResolutionsRequest {
        at_least_position: place.end(),
        order_by: "number desc".into(),
        text: "泵站 flood".into(),
        body: "FLOOD".into(),
        stage: pb::ResolutionStage::InForce.into(),
        ..Default::default()
    };
    let listed = place.service.list_resolutions(supervisor(ask)).await.unwrap().into_inner().resolutions;
    let numbers: Vec<&str> = listed.iter().map(|row| row.number.as_str()).collect();
    assert_eq!(numbers, ["FLOOD-2027-0002", "FLOOD-2027-0001"]);
}

#[tokio::test]
async fn a_second_copy_of_the_service_registers_nothing_twice() {
    let place = Place::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::Movable(place.clock.subscribe());
    let stop = CancellationToken::new();
    let copy = Kit::new(place.kit.journal().clone(), clock, folder.path(), stop);
    crate::reactions::run(&copy);
    for docket in (1..=5).map(Uuid::from_u128) {
        place.decide(docket, 1).await;
    }
    for docket in (1..=5).map(Uuid::from_u128) {
        place.item_when(&item_id(docket, 1), |_| true).await;
    }
    // A third one, which has everything behind it.
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::Movable(place.clock.subscribe());
    let late = Kit::new(place.kit.journal().clone(), clock, folder.path(), CancellationToken::new());
    crate::reactions::run(&late);
    let come = |kit: &Kit| {
        let state = rusqlite::Connection::open(kit.folder().join("register_resolution.process.sqlite"))?;
        state.query_row("SELECT position FROM checkpoint", [], |row| row.get::<_, i64>(0))
    };
    while come(&late) != come(&place.kit) {
        tokio::time::sleep(Duration::from_millis(20)).await;
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
