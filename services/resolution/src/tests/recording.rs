//! Decisions that were adopted elsewhere are put on record.

use super::*;
use domain::aggregate;
use domain::resolution::adopted_elsewhere::ITEMS_MAX;

fn request() -> pb::RecordResolutionRequest {
    let item = |lead: &str, due| pb::ItemToRecord {
        title: "Rebuild the pumps".into(),
        deliverable: "Twelve stations".into(),
        criterion: "Two hours under load".into(),
        lead_code: lead.into(),
        co_responsible_codes: vec!["HEALTH".into()],
        due: Some(pb::DueRule { rule: Some(due) }),
    };
    pb::RecordResolutionRequest {
        command_id: aggregate::derived_id(Uuid::nil(), &["record"]).to_string(),
        body_code: "STATE-COUNCIL".into(),
        title: "Action plan".into(),
        text: "The actions of the plan".into(),
        decided_on: "2026-11-02".into(),
        source: "国发〔2026〕12号".into(),
        items: vec![
            item("WATER", pb::due_rule::Rule::DueOn("2027-06-30".into())),
            item("ROADS", pb::due_rule::Rule::AfterWorkingDays(5)),
        ],
        ..Default::default()
    }
}

async fn record(
    place: &Place,
    request: pb::RecordResolutionRequest,
) -> Result<pb::RecordResolutionResponse, Status> {
    Ok(place.service.record_resolution(supervisor(request)).await?.into_inner())
}

#[tokio::test]
async fn a_decision_made_elsewhere_is_followed_up_like_any_other_and_has_no_votes() {
    let place = Place::new().await;
    let recorded = record(&place, request()).await.unwrap();
    let registration =
        place.resolution("STATE-COUNCIL-2026-0001").await.resolution.unwrap().registration.unwrap();
    assert_eq!(Some(&registration), recorded.resolution.unwrap().registration.as_ref());
    assert_eq!(registration.source.as_deref(), Some("国发〔2026〕12号"));
    assert_eq!((registration.session_id, registration.votes), (None, None));

    let items = place.items(pb::ListItemsRequest { order_by: "number".into(), ..Default::default() }).await;
    let shown: Vec<_> = items
        .iter()
        .map(|item| (item.number.as_str(), item.lead_code.as_str(), item.due_on.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("STATE-COUNCIL-2026-0001/1", "WATER", "2027-06-30"),
            ("STATE-COUNCIL-2026-0001/2", "ROADS", "2027-03-08")
        ]
    );
    assert_eq!(items[0].stage(), pb::ItemStage::Assigned);
}

#[tokio::test]
async fn the_largest_decision_is_recorded_as_a_whole() {
    let place = Place::new().await;
    let mut largest = request();
    let item = largest.items[0].clone();
    largest.items = vec![item; ITEMS_MAX];
    let recorded = record(&place, largest).await.unwrap();
    assert_eq!(recorded.resolution.unwrap().registration.unwrap().item_ids.len(), ITEMS_MAX);
}

#[tokio::test]
async fn the_same_command_records_once() {
    let place = Place::new().await;
    let first = record(&place, request()).await.unwrap();
    assert_eq!(record(&place, request()).await.unwrap().position, first.position);
    assert_eq!(place.items(pb::ListItemsRequest::default()).await.len(), 2);
}

#[tokio::test]
async fn a_decision_that_is_only_validated_leaves_nothing() {
    let place = Place::new().await;
    let before = place.end();
    let answer =
        record(&place, pb::RecordResolutionRequest { validate_only: true, ..request() }).await.unwrap();
    let registration = answer.resolution.unwrap().registration.unwrap();
    assert_eq!((answer.position, registration.number.as_str()), (0, "STATE-COUNCIL-2026-0001"));
    assert_eq!(place.end(), before);
}

#[tokio::test]
async fn nobody_is_obliged_who_is_not_in_the_directory() {
    let place = Place::new().await;
    let mut unknown = request();
    unknown.items[1].co_responsible_codes = vec!["MARS".into()];
    let refused = record(&place, unknown).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::InvalidArgument);
    assert_eq!(refused.message(), "items name department MARS, which is not in the directory");

    // Whoever brings departments and decisions at once asks first, and is told of the rules before the directory.
    let mut both = request();
    both.items[0].due = Some(pb::DueRule { rule: Some(pb::due_rule::Rule::DueOn("2099-01-01".into())) });
    both.items[1].co_responsible_codes = vec!["MARS".into()];
    let refused = record(&place, both).await.unwrap_err();
    assert_eq!(refusal(&refused, "max").0, "DUE_OUT_OF_RANGE");

    let later = pb::RecordResolutionRequest { decided_on: "2027-03-02".into(), ..request() };
    let refused = record(&place, later).await.unwrap_err();
    assert_eq!(refusal(&refused, "today"), ("DECIDED_LATER".into(), "2027-03-01".into()));
    let mut crowd = request();
    crowd.items[0].co_responsible_codes = (0..51).map(|_| "HEALTH".to_owned()).collect();
    let refused = record(&place, crowd).await.unwrap_err();
    assert_eq!(refusal(&refused, "departments"), ("TOO_MANY_CO_RESPONSIBLE".into(), "51".into()));
    assert!(place.items(pb::ListItemsRequest::default()).await.is_empty());
}

#[tokio::test]
async fn two_that_are_recorded_at_once_get_two_numbers() {
    let place = Place::new().await;
    let other = pb::RecordResolutionRequest {
        command_id: aggregate::derived_id(Uuid::nil(), &["other"]).to_string(),
        ..request()
    };
    let (one, two) = tokio::join!(record(&place, request()), record(&place, other));
    let number = |answer: Result<pb::RecordResolutionResponse, Status>| {
        answer.unwrap().resolution.unwrap().registration.unwrap().number
    };
    let mut numbers = [number(one), number(two)];
    numbers.sort();
    assert_eq!(numbers, ["STATE-COUNCIL-2026-0001", "STATE-COUNCIL-2026-0002"]);
}

/// A request that says what becomes of a resolution.
fn changing(resolution_id: String, carried_over: &[String]) -> pb::RecordResolutionRequest {
    let effect = pb::ChangeEffect::Supersedes.into();
    let carried_over_item_ids = carried_over.to_vec();
    pb::RecordResolutionRequest {
        command_id: aggregate::derived_id(Uuid::nil(), &["changing", &resolution_id]).to_string(),
        changes: vec![pb::ResolutionChange { resolution_id, effect, carried_over_item_ids }],
        items: vec![],
        ..request()
    }
}

#[tokio::test]
async fn what_was_adopted_elsewhere_is_superseded_by_what_was_and_what_was_voted_on_here_is_not() {
    let place = Place::new().await;
    let first = record(&place, request()).await.unwrap().resolution.unwrap();
    let items = first.registration.unwrap().item_ids;
    let change = changing(first.resolution_id, &items[..1]);
    let second = record(&place, change).await.unwrap().resolution.unwrap();
    let superseded = place.resolution("STATE-COUNCIL-2026-0001").await.resolution.unwrap();
    assert_eq!(superseded.successor_resolution_id, Some(second.resolution_id));
    let stage = async |item: &str| place.shown(item).await.stage();
    let stages = (stage(&items[0]).await, stage(&items[1]).await);
    assert_eq!(stages, (pb::ItemStage::Assigned, pb::ItemStage::Rescinded));

    let again = pb::RecordResolutionRequest {
        command_id: aggregate::derived_id(Uuid::nil(), &["again"]).to_string(),
        ..changing(superseded.resolution_id, &[])
    };
    let again = record(&place, again).await.unwrap_err();
    assert_eq!(refusal(&again, "stage"), ("RESOLUTION_NOT_IN_FORCE".into(), "superseded".into()));
    let docket = Uuid::from_u128(1);
    place.decide(docket, 1).await;
    place.shown(&item_id(docket, 1)).await;
    let voted_on = changing(Resolution::id(docket, 1).to_string(), &[]);
    let refused = record(&place, voted_on.clone()).await.unwrap_err();
    assert_eq!(refusal(&refused, "body_code"), ("UNKNOWN_RESOLUTION".into(), "STATE-COUNCIL".into()));
    let in_its_name = pb::RecordResolutionRequest { body_code: "FLOOD".into(), ..voted_on };
    let refused = record(&place, in_its_name).await.unwrap_err();
    assert_eq!(refusal(&refused, "number"), ("DECIDED_HERE".into(), "FLOOD-2027-0001".into()));
}

#[tokio::test]
async fn what_was_carried_over_ends_with_the_decision_that_carried_it_over() {
    // Given an item that one decision carries over, and the next once more
    let place = Place::new().await;
    let first = record(&place, request()).await.unwrap().resolution.unwrap();
    let item = first.registration.unwrap().item_ids[..1].to_vec();
    let second = record(&place, changing(first.resolution_id, &item)).await.unwrap().resolution.unwrap();
    let third = record(&place, changing(second.resolution_id, &item)).await.unwrap().resolution.unwrap();
    assert_eq!(place.shown(&item[0]).await.stage(), pb::ItemStage::Assigned);
    // When that ends without saying so again, then the item is not owed any more.
    record(&place, changing(third.resolution_id, &[])).await.unwrap();
    harness::until("the end of the item", async || {
        (place.shown(&item[0]).await.stage() == pb::ItemStage::Rescinded).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_due_in_hours_leaves_half_of_them_to_acknowledge() {
    let place = Place::new().await;
    let mut in_hours = request();
    in_hours.items[0].due = Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterHours(6)) });
    in_hours.items[0].co_responsible_codes = vec![in_hours.items[0].lead_code.clone()];
    let recorded = record(&place, in_hours).await.unwrap().resolution.unwrap();
    let item = place.shown(&recorded.registration.unwrap().item_ids[0]).await;
    let [due_at, by] = [item.due_at, item.acknowledge_by].map(|at| at.unwrap().seconds);
    assert_eq!(due_at - by, 3 * 60 * 60);
    assert!(item.co_responsible_codes.is_empty(), "the lead does not support its own item");
}
