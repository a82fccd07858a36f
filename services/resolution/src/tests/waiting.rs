//! Who waits for whom, what waits for somebody, and what comes of a result that does not hold.

use super::*;
use pb::due_rule::Rule;

/// A place with so many items, all acknowledged by WATER; with their ids.
async fn underway(items: u32) -> (Place, Vec<String>) {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, items).await;
    let ids: Vec<String> = (1..=items).map(|number| item_id(docket, number)).collect();
    place.shown(&ids[0]).await;
    for item in &ids {
        let request = pb::AcknowledgeItemRequest { command_id: id(item), ..acknowledge(item) };
        place.service.acknowledge_item(water(request)).await.unwrap();
    }
    (place, ids)
}

fn every() -> pb::ListItemsRequest {
    pb::ListItemsRequest::default()
}

impl Place {
    /// The last parts of the numbers of what is listed.
    async fn listed(&self, request: pb::ListItemsRequest) -> Vec<String> {
        let last = |number: &str| number.rsplit('/').next().unwrap_or_default().to_owned();
        self.items(request).await.iter().map(|item| last(&item.number)).collect()
    }

    async fn extension_asked(&self, item: &str, days: u32) {
        let request = pb::RequestExtensionRequest {
            command_id: id(&format!("ask for {item}")),
            item_id: item.into(),
            due: Some(pb::DueRule { rule: Some(Rule::AfterWorkingDays(days)) }),
            reason: "等待设备".into(),
            ..Default::default()
        };
        self.service.request_extension(water(request)).await.unwrap();
    }

    async fn claimed(&self, item: &str) {
        let request = pb::ClaimCompletionRequest { command_id: id(&format!("claim {item}")), ..claim(item) };
        self.service.claim_completion(water(request)).await.unwrap();
    }

    async fn card(&self, as_of_position: Option<u64>) -> pb::Scorecard {
        let request =
            pb::GetScorecardRequest { at_least_position: self.end(), as_of_position, ..Default::default() };
        self.service.get_scorecard(supervisor(request)).await.unwrap().into_inner().rows.remove(0)
    }
}

#[tokio::test]
async fn a_chain_has_everything_that_is_waited_for_and_what_is_due_last_is_critical() {
    // Given five items, of which the third was extended
    let (place, ids) = underway(5).await;
    place.extension_asked(&ids[2], 10).await;
    let grant =
        pb::GrantExtensionRequest { command_id: id("grant"), item_id: ids[2].clone(), ..Default::default() };
    place.service.grant_extension(supervisor(grant)).await.unwrap();
    // When the first waits for the second and the third, and each of these for another one
    let mut before = 0;
    for (waiting, on) in [(0, 1), (0, 2), (1, 4), (2, 3)] {
        before = place.end();
        let wait = pb::AddDependencyRequest {
            command_id: id(&format!("{waiting} waits for {on}")),
            item_id: ids[waiting].clone(),
            on_item_id: ids[on].clone(),
            ..Default::default()
        };
        place.service.add_dependency(supervisor(wait)).await.unwrap();
    }
    // Then its chain has all four, and the critical part is by way of what is due last
    let chain = |answer: pb::GetItemResponse| -> Vec<(String, u32, bool)> {
        answer.chain.into_iter().map(|link| (link.number, link.depth, link.critical)).collect()
    };
    let link = |number: u32, depth, critical| (format!("FLOOD-2027-0001/{number}"), depth, critical);
    let mut now = chain(place.item(&ids[0]).await.unwrap());
    now.sort();
    assert_eq!(now, [link(2, 1, false), link(3, 1, true), link(4, 2, true), link(5, 2, false)]);
    // And as of before the last of them, it has three
    let request =
        pb::GetItemRequest { item_id: ids[0].clone(), as_of_position: Some(before), ..Default::default() };
    let mut then = chain(place.service.get_item(supervisor(request)).await.unwrap().into_inner());
    then.sort();
    assert_eq!(then, [link(2, 1, false), link(3, 1, true), link(5, 2, false)]);
    assert_eq!(place.shown(&ids[0]).await.holder(), pb::ItemHolder::OtherItem);
}

#[tokio::test]
async fn what_waits_for_somebody_is_one_list() {
    // Given six items that their lead works on
    let (place, ids) = underway(6).await;
    let all_with_lead = place.end();
    // When HEALTH is to help with the first and to judge the third, the supervisors are to judge the second, to rule on the
    // fifth and the last is suspended
    let stuck = pb::ReportBlockageRequest {
        command_id: id("stuck"),
        item_id: ids[0].clone(),
        reason: "管网数据未放开".into(),
        help_from_code: "HEALTH".into(),
        ..Default::default()
    };
    place.service.report_blockage(water(stuck)).await.unwrap();
    let judge = pb::NameAcceptorRequest {
        command_id: id("judge"),
        item_id: ids[2].clone(),
        acceptor_code: Some("HEALTH".into()),
        reason: "专业对口".into(),
        ..Default::default()
    };
    place.service.name_acceptor(supervisor(judge)).await.unwrap();
    place.claimed(&ids[2]).await;
    place.bench.move_clock("2027-03-02T01:00:00Z");
    place.claimed(&ids[1]).await;
    place.extension_asked(&ids[4], 3).await;
    let suspend = pb::SuspendItemRequest {
        command_id: id("suspend"),
        item_id: ids[5].clone(),
        reason: "汛期".into(),
        authority: "市防指第3号令".into(),
        ..Default::default()
    };
    let unfounded = pb::SuspendItemRequest { authority: String::new(), ..suspend.clone() };
    let refused = place.service.suspend_item(supervisor(unfounded)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["authority"]);
    place.service.suspend_item(supervisor(suspend)).await.unwrap();
    // Then each finds what waits for it
    let held_by = |code: &str| pb::ListItemsRequest { holder_code: Some(code.into()), ..every() };
    assert_eq!(place.listed(held_by("HEALTH")).await, ["1", "3"]);
    assert_eq!(place.listed(held_by("WATER")).await, ["4", "5"]);
    assert_eq!(place.listed(held_by("ROADS")).await, [""; 0]);
    let to_judge = pb::ListItemsRequest { order_by: "claimed_at".into(), ..every() };
    assert_eq!(place.listed(to_judge).await, ["3", "2"], "what waits longest first");
    let asked = pb::ListItemsRequest { extension_requested: Some(true), ..every() };
    assert_eq!(place.listed(asked).await, ["5"]);
    let paused = pb::ListItemsRequest { paused: Some(true), ..every() };
    assert_eq!(place.listed(paused).await, ["6"], "nothing of the lead's time runs");
    // And as of before, all were with their lead
    let then = pb::ListItemsRequest { as_of_position: Some(all_with_lead), ..held_by("WATER") };
    assert_eq!(place.listed(then).await, ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn a_result_that_does_not_hold_is_listed_until_it_is_opened_again() {
    let (place, ids) = underway(2).await;
    place.claimed(&ids[0]).await;
    let accept =
        pb::AcceptWorkRequest { command_id: id("accept"), item_id: ids[0].clone(), ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();
    let accepted = place.end();
    place.bench.move_clock("2027-09-01T01:00:00Z");
    let look = pb::RecordLookBackRequest {
        command_id: id("look back"),
        item_id: ids[0].clone(),
        observation: "渗漏".into(),
        holds: Some(false),
        ..Default::default()
    };
    let own = place.service.record_look_back(by(look.clone(), "WATER", Role::Supervisor)).await.unwrap_err();
    assert_eq!(refusal(&own, "department_code"), ("OWN_CASE".into(), "WATER".into()));
    place.service.record_look_back(supervisor(look)).await.unwrap();
    let looked_at = place.end();
    let not_holding =
        |as_of_position| pb::ListItemsRequest { not_holding: Some(true), as_of_position, ..every() };
    assert_eq!(place.listed(not_holding(None)).await, ["1"]);
    assert_eq!(place.card(None).await.not_holding, 1);
    let reopen = pb::ReopenItemRequest {
        command_id: id("reopen"),
        item_id: ids[0].clone(),
        reason: "渗漏".into(),
        due: None,
        ..Default::default()
    };
    let undated = place.service.reopen_item(supervisor(reopen.clone())).await.unwrap_err();
    assert_eq!(refusal(&undated, "number").0, "DUE_REQUIRED");
    let due = Some(pb::DueRule { rule: Some(Rule::AfterWorkingDays(10)) });
    place.service.reopen_item(supervisor(pb::ReopenItemRequest { due, ..reopen })).await.unwrap();
    // It is with its lead again, and what was found stays countable as of then.
    assert_eq!(place.listed(not_holding(None)).await, [""; 0]);
    let shown = place.shown(&ids[0]).await;
    assert_eq!((shown.holder(), shown.holder_code.as_deref()), (pb::ItemHolder::Lead, Some("WATER")));
    assert_eq!((place.card(None).await.not_holding, place.card(None).await.reopened), (0, 1));
    assert_eq!(place.listed(not_holding(Some(looked_at))).await, ["1"]);
    assert_eq!(place.listed(not_holding(Some(accepted))).await, [""; 0]);
    assert_eq!(place.card(Some(looked_at)).await.not_holding, 1);
}

#[tokio::test]
async fn a_story_says_which_item_is_waited_for_no_longer() {
    let (place, ids) = underway(2).await;
    let wait = pb::AddDependencyRequest {
        command_id: id("wait"),
        item_id: ids[0].clone(),
        on_item_id: ids[1].clone(),
        ..Default::default()
    };
    place.service.add_dependency(supervisor(wait)).await.unwrap();
    let paused = || pb::ListItemsRequest { paused: Some(true), ..every() };
    place.claimed(&ids[1]).await;
    assert_eq!(place.listed(paused()).await, ["1"], "what is claimed waits for its judge instead");
    let accept =
        pb::AcceptWorkRequest { command_id: id("accept"), item_id: ids[1].clone(), ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();
    let story = place.item(&ids[0]).await.unwrap().history;
    let released = story.iter().find(|entry| entry.kind() == pb::ItemEntryKind::Released).unwrap();
    assert_eq!(released.text.as_deref(), Some("FLOOD-2027-0001/2"));
    assert!(place.listed(paused()).await.is_empty());
}
