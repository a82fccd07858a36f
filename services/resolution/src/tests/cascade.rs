//! Cascades: an item is split, its parts roll up, and the tree is seen by those whose it is.

use super::*;
use domain::resolution::action_item::cascade::TIERS_MAX;

fn sub_item(lead: &str, working_days: u32) -> pb::SubItem {
    pb::SubItem {
        title: format!("{lead}的一份"),
        deliverable: "管线图".into(),
        criterion: "抽测十处".into(),
        lead_code: lead.into(),
        co_responsible_codes: vec![],
        due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterWorkingDays(working_days)) }),
    }
}

fn split(name: &str, item_id: &str, sub_items: Vec<pb::SubItem>) -> pb::SplitItemRequest {
    pb::SplitItemRequest { command_id: id(name), item_id: item_id.into(), sub_items, ..Default::default() }
}

fn lead<M>(message: M, department: &str) -> Request<M> {
    by(message, department, Role::DepartmentLead)
}

fn reason(status: &Status) -> String {
    refusal(status, "").0
}

impl Place {
    /// An item of WATER that it has acknowledged, split for ROADS and HEALTH.
    async fn with_parts(&self) -> (String, Vec<pb::Item>) {
        let docket = Uuid::from_u128(7);
        self.decide(docket, 1).await;
        let whole = item_id(docket, 1);
        self.item(&whole).await.unwrap();
        self.service.acknowledge_item(water(acknowledge(&whole))).await.unwrap();
        let parts = vec![sub_item("ROADS", 2), sub_item("HEALTH", 3)];
        self.service.split_item(water(split("split", &whole, parts))).await.unwrap();
        let parts = self.items(pb::ListItemsRequest::default()).await;
        (whole, parts.into_iter().filter(|item| item.parent_number.is_some()).collect())
    }

    async fn tree(&self, item_id: &str, department: &str) -> Vec<pb::TreeNode> {
        self.tree_as_of(item_id, department, None).await
    }

    async fn tree_as_of(
        &self,
        item_id: &str,
        department: &str,
        as_of_position: Option<u64>,
    ) -> Vec<pb::TreeNode> {
        let request = pb::GetTreeRequest {
            at_least_position: self.end(),
            item_id: item_id.into(),
            as_of_position,
            ..Default::default()
        };
        let answer = self.service.get_tree(lead(request, department)).await;
        answer.map(|answer| answer.into_inner().nodes).unwrap_or_default()
    }

    /// The lead of an item does all of it, and claims it.
    async fn claim_as(&self, item: &str, department: &str) -> Result<(), Status> {
        let name = format!("{item} {department}");
        let claim = pb::ClaimCompletionRequest { command_id: id(&name), ..claim(item) };
        self.service.claim_completion(lead(claim, department)).await.map(drop)
    }

    async fn acknowledge_as(&self, item: &str, department: &str) {
        let request = pb::AcknowledgeItemRequest {
            command_id: id(&format!("acknowledge {item}")),
            item_id: item.into(),
            ..Default::default()
        };
        self.service.acknowledge_item(lead(request, department)).await.unwrap();
    }
}

#[tokio::test]
async fn a_cascade_as_of_a_past_position_is_what_was_shown_then() {
    // Given an item that is split, and of whose parts one is done and the other late
    let place = Place::new().await;
    let (whole, parts) = place.with_parts().await;
    let [roads, health] = &parts[..] else { panic!("{parts:?}") };
    let mut then = vec![(place.end(), place.tree(&whole, "WATER").await)];
    place.acknowledge_as(&roads.item_id, "ROADS").await;
    then.push((place.end(), place.tree(&whole, "WATER").await));
    place.claim_as(&roads.item_id, "ROADS").await.unwrap();
    then.push((place.end(), place.tree(&whole, "WATER").await));
    let accept = pb::AcceptWorkRequest {
        command_id: id("accept"),
        item_id: roads.item_id.clone(),
        ..Default::default()
    };
    place.service.accept_work(water(accept)).await.unwrap();
    place.bench.move_clock("2027-03-06T01:00:00Z");
    place.acknowledge_as(&health.item_id, "HEALTH").await;
    let now = place.tree(&whole, "WATER").await;
    assert_eq!((now[0].late_count, now[0].open_count), (1, 1));
    then.push((place.end(), now));
    // Then each position shows what was so then, and before it was split it is alone
    for (position, nodes) in &then {
        assert_eq!(&place.tree_as_of(&whole, "WATER", Some(*position)).await, nodes, "as of {position}");
    }
    let alone = place.item(&whole).await.unwrap().history[0].position;
    assert_eq!(
        shape(&place.tree_as_of(&whole, "WATER", Some(alone)).await),
        [(1, "FLOOD-2027-0001/1", 0, 0)]
    );
    assert_eq!(place.tree_as_of(&whole, "WATER", Some(alone - 1)).await, [], "there was no item yet");
}

fn shape(nodes: &[pb::TreeNode]) -> Vec<(u32, &str, u32, u32)> {
    nodes.iter().map(|node| (node.tier, node.number.as_str(), node.percent, node.open_count)).collect()
}

#[tokio::test]
async fn an_item_is_split_and_done_when_its_parts_are() {
    let place = Place::new().await;
    let (whole, parts) = place.with_parts().await;
    let [roads, health] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(
        (roads.number.as_str(), roads.parent_number.as_deref(), roads.acceptor_code.as_deref()),
        ("FLOOD-2027-0001/1.1", Some("FLOOD-2027-0001/1"), Some("WATER"))
    );
    let open = place.claim_as(&whole, "WATER").await.unwrap_err();
    assert_eq!(reason(&open), "SUB_ITEMS_OPEN");
    let report = pb::ReportProgressRequest {
        command_id: id("report"),
        item_id: health.item_id.clone(),
        percent: 35,
        note: "三成".into(),
        ..Default::default()
    };
    for (part, department) in [(roads, "ROADS"), (health, "HEALTH")] {
        place.acknowledge_as(&part.item_id, department).await;
    }
    place.service.report_progress(lead(report, "HEALTH")).await.unwrap();
    place.claim_as(&roads.item_id, "ROADS").await.unwrap();
    let accept = pb::AcceptWorkRequest {
        command_id: id("accept"),
        item_id: roads.item_id.clone(),
        ..Default::default()
    };
    place.service.accept_work(water(accept)).await.unwrap();
    let expected = [
        (1, "FLOOD-2027-0001/1", 67, 1),
        (2, "FLOOD-2027-0001/1.1", 100, 0),
        (2, "FLOOD-2027-0001/1.2", 35, 0),
    ];
    assert_eq!(shape(&place.tree(&whole, "WATER").await), expected);
    assert_eq!(shape(&place.tree(&health.item_id, "WATER").await), [expected[0], expected[2]], "upwards");
    assert_eq!(shape(&place.tree(&health.item_id, "HEALTH").await), [expected[2]], "its own, and no other");
    assert_eq!(shape(&place.tree(&whole, "AUDIT").await), []);
    assert_eq!(
        shape(&place.tree(&whole, "ROADS").await),
        expected[..2],
        "it supports the whole, and leads a part; what is rolled up is the same"
    );
}

#[tokio::test]
async fn only_its_lead_and_the_clerks_of_its_body_split_an_item_and_each_call_adds() {
    let place = Place::new().await;
    let (whole, _) = place.with_parts().await;
    let again = split("split", &whole, vec![sub_item("ROADS", 2), sub_item("HEALTH", 3)]);
    place.service.split_item(water(again)).await.unwrap();
    assert_eq!(place.shown(&whole).await.sub_item_numbers.len(), 2, "a repeat changes nothing");
    for (department, role) in [("ROADS", Role::DepartmentLead), ("WATER", Role::Clerk)] {
        let request = split(department, &whole, vec![sub_item("HEALTH", 1)]);
        let refused = place.service.split_item(by(request, department, role)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOUR_DEPARTMENT");
    }
    let unlisted = split("unlisted", &whole, vec![sub_item("ROADS", 1), sub_item("NOWHERE", 1)]);
    let refused = place.service.split_item(water(unlisted)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["sub_items[1].lead_code"]);
    let late = split("late", &whole, vec![sub_item("ROADS", 9)]);
    let refused = place.service.split_item(water(late)).await.unwrap_err();
    assert_eq!(reason(&refused), "DUE_AFTER_PARENT");

    let mut last = whole;
    for tier in 2..=TIERS_MAX {
        let request = split(&format!("tier {tier}"), &last, vec![sub_item("WATER", 1)]);
        place.service.split_item(water(request)).await.unwrap();
        let below = place.shown(&last).await.sub_item_numbers;
        let number = below.last().unwrap().clone();
        let items = place.items(pb::ListItemsRequest::default()).await;
        last = items.into_iter().find(|item| item.number == number).unwrap().item_id;
        place.acknowledge_as(&last, "WATER").await;
    }
    let deeper = split("deeper", &last, vec![sub_item("WATER", 1)]);
    let refused = place.service.split_item(water(deeper)).await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_TIERS");
}

#[tokio::test]
async fn what_a_part_waits_for_does_not_wait_for_the_whole_and_the_end_of_the_whole_ends_the_parts() {
    let place = Place::new().await;
    let (whole, parts) = place.with_parts().await;
    let depend = |name: &str, item_id: &str, on_item_id: &str| {
        supervisor(pb::AddDependencyRequest {
            command_id: id(name),
            item_id: item_id.into(),
            on_item_id: on_item_id.into(),
            ..Default::default()
        })
    };
    let circle = place.service.add_dependency(depend("circle", &parts[0].item_id, &whole)).await;
    assert_eq!(reason(&circle.unwrap_err()), "DEPENDENCY_CYCLE");
    place.service.add_dependency(depend("between", &parts[0].item_id, &parts[1].item_id)).await.unwrap();

    let docket = Uuid::from_u128(7);
    place.change(docket, ChangeEffect::Rescinds, vec![]).await.unwrap();
    // Each tier ends after the one above it.
    place.items(pb::ListItemsRequest::default()).await;
    place.items(pb::ListItemsRequest::default()).await;
    let items = place.items(pb::ListItemsRequest::default()).await;
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|item| item.stage() == pb::ItemStage::Rescinded), "{items:?}");
}

#[tokio::test]
async fn what_changed_since_a_position_is_told_item_by_item() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 2).await;
    let changed = item_id(docket, 1);
    place.item(&changed).await.unwrap();
    let since_position = place.end();
    place.service.acknowledge_item(water(acknowledge(&changed))).await.unwrap();
    let ask = |since_position| pb::ListItemChangesRequest {
        at_least_position: place.end(),
        since_position,
        ..Default::default()
    };
    let told = place.service.list_item_changes(supervisor(ask(since_position))).await.unwrap().into_inner();
    let [change] = &told.changes[..] else { panic!("{told:?}") };
    assert_eq!((change.number.as_str(), change.entry_count), ("FLOOD-2027-0001/1", 1));
    assert_eq!(change.stage_before(), pb::ItemStage::Assigned);
    assert_eq!(change.stage(), pb::ItemStage::Underway);
    assert_eq!(change.due_on_before.as_deref(), Some(change.due_on.as_str()));
    assert_eq!(change.entries[0].kind(), pb::ItemEntryKind::Acknowledged);
    let none = place.service.list_item_changes(supervisor(ask(told.position))).await.unwrap().into_inner();
    assert_eq!(none.changes, []);
    let all = place.service.list_item_changes(supervisor(ask(0))).await.unwrap().into_inner();
    assert_eq!(all.changes.len(), 2);
    assert_eq!(all.changes[0].stage_before(), pb::ItemStage::Unspecified, "not there yet");
    let stranger = place.service.list_item_changes(lead(ask(0), "AUDIT")).await.unwrap().into_inner();
    assert_eq!(stranger.changes, []);
}
