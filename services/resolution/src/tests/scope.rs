//! Who sees an item: its lead, those that support it, and the department asked for help. Who sees a resolution: those
//! of its docket and of its items.

use super::*;
use domain::Label;
use domain::scheduling::stewards::{self, Stewards};

fn lead<M>(message: M, department: &str) -> Request<M> {
    by(message, department, Role::DepartmentLead)
}

/// Has OFFICE be the steward of FLOOD.
async fn name_a_steward(place: &Place) {
    let name = stewards::Command::Name { body: code("FLOOD"), stewards: [code("OFFICE")].into() };
    place.bench.kit.execute::<Stewards>(&context("stewards"), Stewards::realm_id(), name).await.unwrap();
}

impl Place {
    /// What a department's lead sees.
    async fn seen(&self, docket: Uuid, department: &str) -> (bool, bool) {
        self.seen_by(docket, department, Role::DepartmentLead).await
    }

    /// What somebody sees: the item, its list, the resolution, its list. A list agrees with what is shown.
    async fn seen_by(&self, docket: Uuid, department: &str, role: Role) -> (bool, bool) {
        let at_least_position = self.end();
        let get = pb::GetItemRequest { at_least_position, item_id: item_id(docket, 1), ..Default::default() };
        let item = self.service.get_item(by(get, department, role)).await;
        let list = pb::ListItemsRequest { at_least_position, ..Default::default() };
        let items = self.service.list_items(by(list, department, role)).await.unwrap().into_inner().items;
        assert_eq!(item.is_ok(), !items.is_empty(), "{department}");
        let get = pb::GetResolutionRequest {
            at_least_position,
            number: "FLOOD-2027-0001".into(),
            ..Default::default()
        };
        let resolution = self.service.get_resolution(by(get, department, role)).await;
        let list = pb::ListResolutionsRequest { at_least_position, ..Default::default() };
        let listed = self.service.list_resolutions(by(list, department, role)).await.unwrap().into_inner();
        assert_eq!(resolution.is_ok(), !listed.resolutions.is_empty(), "{department}");
        if let Ok(item) = &item {
            let item = item.get_ref();
            assert!(!item.history.is_empty() && !item.resolution_title.is_empty(), "{department}");
        }
        (item.is_ok(), resolution.is_ok())
    }
}

#[tokio::test]
async fn a_steward_of_the_body_sees_its_resolutions_items_and_what_they_add_up_to_as_a_clerk() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 1).await;
    let cards = async |role| {
        let request = pb::GetScorecardRequest { at_least_position: place.end(), ..Default::default() };
        let cards = place.service.get_scorecard(by(request, "OFFICE", role)).await.unwrap().into_inner();
        cards.rows.len()
    };
    assert_eq!(place.seen_by(docket, "OFFICE", Role::Clerk).await, (false, false));
    assert_eq!(cards(Role::Clerk).await, 0);
    name_a_steward(&place).await;
    assert_eq!(place.seen_by(docket, "OFFICE", Role::Clerk).await, (true, true));
    assert_eq!(cards(Role::Clerk).await, 1);
    assert_eq!(place.seen_by(docket, "OFFICE", Role::DepartmentLead).await, (false, false));
    assert_eq!(cards(Role::DepartmentLead).await, 0);
    let get = pb::GetResolutionRequest {
        at_least_position: place.end(),
        number: "FLOOD-2027-0001".into(),
        ..Default::default()
    };
    let shown = place.service.get_resolution(by(get, "OFFICE", Role::Clerk)).await.unwrap().into_inner();
    assert_eq!(shown.resolution.unwrap().dissents.len(), 1, "with the dissent");
}

#[tokio::test]
async fn items_and_resolutions_are_shown_to_those_whose_matter_they_are() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 1).await;
    assert_eq!(place.seen(docket, "WATER").await, (true, true), "it leads");
    assert_eq!(place.seen(docket, "ROADS").await, (true, true), "it supports");
    assert_eq!(place.seen(docket, "HEALTH").await, (false, true), "it decided, and owes nothing");
    assert_eq!(place.seen(docket, "AUDIT").await, (false, false));

    let item_id = item_id(docket, 1);
    place.service.acknowledge_item(water(acknowledge(&item_id))).await.unwrap();
    let block = pb::ReportBlockageRequest {
        command_id: id("block"),
        item_id: item_id.clone(),
        reason: "缺数据".into(),
        help_from_code: "AUDIT".into(),
        ..Default::default()
    };
    place.service.report_blockage(water(block)).await.unwrap();
    assert_eq!(place.seen(docket, "AUDIT").await, (true, true), "it is asked for help");
    let clear = pb::ClearBlockageRequest {
        command_id: id("clear"),
        item_id,
        note: "已提供".into(),
        ..Default::default()
    };
    place.service.clear_blockage(water(clear)).await.unwrap();
    assert_eq!(place.seen(docket, "AUDIT").await, (false, false), "no longer");
}

#[tokio::test]
async fn what_was_decided_on_a_public_topic_is_for_everybody_and_on_a_secret_one_for_those_who_take_part_in_it()
 {
    for (label, by_health, by_stranger) in
        [(Label::Public, true, true), (Label::Internal, true, false), (Label::Secret, false, false)]
    {
        let place = Place::new().await;
        let docket = Uuid::from_u128(7);
        let mut agenda = agenda(docket);
        agenda.topics.insert(0, AgendaTopic { number: 2, ..agenda.topics[0].clone() });
        agenda.topics[1].label = label;
        // HEALTH takes part in the other topic only.
        agenda.participants[2].roles = vec![TopicRole { topic: 2, role: RoleOnTopic::Decides }];
        place.decide_on(agenda, 1).await;
        assert_eq!(place.seen(docket, "ROADS").await, (true, true), "{label}");
        assert_eq!(place.seen(docket, "HEALTH").await, (false, by_health), "{label}");
        assert_eq!(place.seen(docket, "AUDIT").await, (false, by_stranger), "{label}");
    }
}

#[tokio::test]
async fn a_resolution_is_for_those_who_see_its_topic_as_that_is_labelled_now() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    let mut agenda = agenda(docket);
    agenda.topics.insert(0, AgendaTopic { number: 2, ..agenda.topics[0].clone() });
    // HEALTH takes part in the other topic only.
    agenda.participants[2].roles = vec![TopicRole { topic: 2, role: RoleOnTopic::Decides }];
    place.decide_on(agenda, 1).await;
    for (label, by_health, by_stranger) in
        [(Label::Secret, false, false), (Label::Public, true, true), (Label::Internal, true, false)]
    {
        let relabel =
            domain::deliberation::docket::Command::Relabel { topic: 1, label, reason: text("理由") };
        let command = CommandContext::of_process("open_docket", derived_id(docket, &[label.as_str()]));
        place.bench.kit.execute::<Docket>(&command, docket, relabel).await.unwrap();
        assert_eq!(place.seen(docket, "ROADS").await, (true, true), "{label}");
        assert_eq!(place.seen(docket, "HEALTH").await, (false, by_health), "{label}");
        assert_eq!(place.seen(docket, "AUDIT").await, (false, by_stranger), "{label}");
    }
}

#[tokio::test]
async fn a_stranger_learns_from_no_refusal_that_an_item_exists() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(7);
    place.decide(docket, 1).await;
    let hidden = item_id(docket, 1);
    place.item(&hidden).await.unwrap();
    let refused = async |item_id: &str| {
        let get = pb::GetItemRequest {
            at_least_position: place.end(),
            item_id: item_id.into(),
            ..Default::default()
        };
        let shown = |status: Status| (status.code(), status.message().to_owned(), status.details().to_vec());
        [
            shown(place.service.get_item(lead(get, "AUDIT")).await.unwrap_err()),
            shown(place.service.acknowledge_item(lead(acknowledge(item_id), "AUDIT")).await.unwrap_err()),
            shown(place.service.claim_completion(lead(claim(item_id), "AUDIT")).await.unwrap_err()),
        ]
    };
    let of_hidden = refused(&hidden).await;
    assert_eq!(of_hidden, refused(&Uuid::from_u128(9).to_string()).await);
    assert!(of_hidden.iter().all(|(code, ..)| *code == Grpc::NotFound));
}
