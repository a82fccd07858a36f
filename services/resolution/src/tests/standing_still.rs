//! What stands still, and what waits longest to be judged, now and as of a past moment.

use super::*;

impl Place {
    async fn standing_still(&self, since: &str, as_of_position: Option<u64>) -> Vec<String> {
        let request = pb::ListItemsRequest {
            silent_since_on: Some(since.into()),
            as_of_position,
            ..Default::default()
        };
        self.items(request).await.into_iter().map(|item| item.number).collect()
    }

    async fn to_judge(&self, order_by: &str, as_of_position: Option<u64>) -> Vec<String> {
        let request =
            pb::ListItemsRequest { order_by: order_by.into(), as_of_position, ..Default::default() };
        self.items(request).await.into_iter().map(|item| item.number).collect()
    }

    async fn acknowledged(&self, item: &str) {
        let request = pb::AcknowledgeItemRequest { command_id: id(item), ..acknowledge(item) };
        self.service.acknowledge_item(water(request)).await.unwrap();
    }
}

#[tokio::test]
async fn an_item_stands_still_from_its_leads_last_word_on_while_its_clock_runs() {
    // Given three items that were acknowledged on 1 March, and one that was not
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 4).await;
    let items: Vec<String> = (1..=4).map(|number| item_id(docket, number)).collect();
    place.item(&items[0]).await.unwrap();
    for item in &items[..3] {
        place.acknowledged(item).await;
    }
    let numbers = |which: &[u32]| -> Vec<String> {
        which.iter().map(|number| format!("FLOOD-2027-0001/{number}")).collect()
    };
    // When one of them is reported on by its lead on 3 March, another by a department that supports it, and the third claimed
    place.bench.move_clock("2027-03-03T01:00:00Z");
    let report = |name: &str, item: &str| pb::ReportProgressRequest {
        command_id: id(name),
        item_id: item.into(),
        percent: 20,
        note: "在办".into(),
        ..Default::default()
    };
    place.service.report_progress(water(report("lead", &items[0]))).await.unwrap();
    let before = place.end();
    let supports = by(report("supports", &items[1]), "ROADS", Role::DepartmentLead);
    place.service.report_progress(supports).await.unwrap();
    place.service.claim_completion(water(claim(&items[2]))).await.unwrap();
    // Then since 3 March there was no word on one, since 4 March on two; what is claimed or not acknowledged waits for others
    assert_eq!(place.standing_still("2027-03-03", None).await, numbers(&[2]));
    assert_eq!(place.standing_still("2027-03-04", None).await, numbers(&[1, 2]));
    assert_eq!(place.standing_still("2027-03-04", Some(before)).await, numbers(&[1, 2, 3]));
    let unread = pb::ListItemsRequest { silent_since_on: Some("soon".into()), ..Default::default() };
    let refused = place.service.list_items(supervisor(unread)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["silent_since_on"]);
}

#[tokio::test]
async fn what_waits_longest_to_be_judged_comes_first() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 3).await;
    let items: Vec<String> = (1..=3).map(|number| item_id(docket, number)).collect();
    place.item(&items[0]).await.unwrap();
    for (day, item) in [(4, &items[0]), (3, &items[2]), (2, &items[1])].iter().rev() {
        place.bench.move_clock(&format!("2027-03-0{day}T01:00:00Z"));
        place.acknowledged(item).await;
        let claim = pb::ClaimCompletionRequest { command_id: id(&format!("claim {item}")), ..claim(item) };
        place.service.claim_completion(water(claim)).await.unwrap();
    }
    let before = place.end();
    let accept =
        pb::AcceptWorkRequest { command_id: id("accept"), item_id: items[2].clone(), ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();
    let numbers = |which: &[u32]| -> Vec<String> {
        which.iter().map(|number| format!("FLOOD-2027-0001/{number}")).collect()
    };
    assert_eq!(place.to_judge("claimed_at", None).await, numbers(&[2, 1]));
    assert_eq!(place.to_judge("claimed_at desc", None).await, numbers(&[1, 2]));
    assert_eq!(place.to_judge("claimed_at", Some(before)).await, numbers(&[2, 3, 1]));
}
