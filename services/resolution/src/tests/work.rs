use super::*;
use prost::Message as _;
use service_kit::limits::RESPONSE_BYTES_MAX;

/// A place with one item that its lead has acknowledged, and the item's id.
async fn underway() -> (Place, String) {
    let place = Place::new().await;
    place.decide(Uuid::from_u128(1), 1).await;
    let item_id = item_id(Uuid::from_u128(1), 1);
    place.shown(&item_id).await;
    let first = place.service.acknowledge_item(water(acknowledge(&item_id))).await.unwrap().into_inner();
    let repeat = place.service.acknowledge_item(water(acknowledge(&item_id))).await.unwrap().into_inner();
    assert_eq!(first, repeat);
    (place, item_id)
}

async fn block(place: &Place, item_id: &str, help_from: &str) -> Result<u64, Status> {
    let request = pb::ReportBlockageRequest {
        command_id: id(&format!("blocked, {help_from} could help")),
        item_id: item_id.into(),
        reason: "管网数据未放开".into(),
        help_from_code: help_from.into(),
        ..Default::default()
    };
    Ok(place.service.report_blockage(water(request)).await?.into_inner().position)
}

async fn extend(place: &Place, item_id: &str, due: pb::due_rule::Rule) -> Result<u64, Status> {
    let request = pb::RequestExtensionRequest {
        command_id: id(&format!("extend {due:?}")),
        item_id: item_id.into(),
        due: Some(pb::DueRule { rule: Some(due) }),
        reason: "等待设备".into(),
        ..Default::default()
    };
    Ok(place.service.request_extension(water(request)).await?.into_inner().position)
}

async fn accept(place: &Place, item_id: &str, department: &str) -> Result<u64, Status> {
    let request = pb::AcceptWorkRequest {
        command_id: id(&format!("accepted by {department}")),
        item_id: item_id.into(),
        ..Default::default()
    };
    Ok(place.service.accept_work(by(request, department, Role::Supervisor)).await?.into_inner().position)
}

#[tokio::test]
async fn an_item_is_blocked_extended_late_delivered_and_accepted_by_somebody_else() {
    let (place, item_id) = underway().await;
    block(&place, &item_id, "HEALTH").await.unwrap();
    let blocked = place.items(pb::ListItemsRequest { blocked: Some(true), ..Default::default() }).await;
    assert_eq!(blocked[0].help_from_code.as_deref(), Some("HEALTH"));
    let clear = pb::ClearBlockageRequest {
        command_id: id("clear"),
        item_id: item_id.clone(),
        note: "数据已放开".into(),
        ..Default::default()
    };
    let refused =
        place.service.clear_blockage(by(clear.clone(), "HEALTH", Role::DepartmentLead)).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "WATER, ROADS".into()));
    let give = pb::GiveHelpRequest {
        command_id: id("give"),
        item_id: item_id.clone(),
        blocked_code: "WATER".into(),
        note: "数据已放开".into(),
        ..Default::default()
    };
    place.service.give_help(by(give, "HEALTH", Role::DepartmentLead)).await.unwrap();
    assert_eq!(place.shown(&item_id).await.blockages[0].help(), pb::HelpStage::Given);
    place.service.clear_blockage(water(clear)).await.unwrap();

    extend(&place, &item_id, pb::due_rule::Rule::AfterWorkingDays(2)).await.unwrap();
    assert_eq!(place.shown(&item_id).await.extension_due_on.as_deref(), Some("2027-03-10"));
    let grant =
        pb::GrantExtensionRequest { command_id: id("grant"), item_id: item_id.clone(), ..Default::default() };
    let own = place.service.grant_extension(water(grant.clone())).await.unwrap_err();
    assert_eq!(refusal(&own, "department_code"), ("OWN_CASE".into(), "WATER".into()));
    place.service.grant_extension(supervisor(grant)).await.unwrap();

    place.bench.move_clock("2027-03-12T01:00:00Z");
    let late = place.items(pb::ListItemsRequest { late: Some(true), ..Default::default() }).await;
    let [late] = &late[..] else { panic!("{late:?}") };
    assert_eq!((late.due_on.as_str(), late.extensions, late.days_late), ("2027-03-10", 1, 2));
    place.service.claim_completion(water(claim(&item_id))).await.unwrap();
    assert_eq!(place.items(pb::ListItemsRequest { late: Some(true), ..Default::default() }).await, []);
    let own = accept(&place, &item_id, "WATER").await.unwrap_err();
    assert_eq!(refusal(&own, "department_code"), ("OWN_WORK".into(), "WATER".into()));
    accept(&place, &item_id, "AUDIT").await.unwrap();

    let found = place.item(&item_id).await.unwrap();
    use pb::ItemEntryKind as Kind;
    let kinds: Vec<Kind> = found.history.iter().map(|entry| entry.kind()).collect();
    assert_eq!(
        kinds,
        [
            Kind::Assigned,
            Kind::Acknowledged,
            Kind::BlockageReported,
            Kind::HelpGiven,
            Kind::BlockageCleared,
            Kind::ExtensionRequested,
            Kind::ExtensionGranted,
            Kind::CompletionClaimed,
            Kind::Accepted,
        ]
    );
    assert_eq!(found.history[7].evidence, [evidence()]);
    let item = found.item.unwrap();
    assert_eq!((item.stage(), item.percent, item.late), (pb::ItemStage::Accepted, 100, false));
    assert_eq!(
        (item.first_due_on.as_str(), item.days_past_promise),
        ("2027-03-08", 4),
        "no extension wipes that"
    );
    assert_eq!(place.resolution("FLOOD-2027-0001").await.accepted_items, 1);
}

#[tokio::test]
async fn what_a_supporting_department_reports_does_not_change_the_items_figure() {
    let (place, item_id) = underway().await;
    for (department, percent) in [("WATER", 40), ("ROADS", 90)] {
        let request = pb::ReportProgressRequest {
            command_id: id(department),
            item_id: item_id.clone(),
            percent,
            note: "推进中".into(),
            ..Default::default()
        };
        place.service.report_progress(by(request, department, Role::DepartmentLead)).await.unwrap();
    }
    let found = place.item(&item_id).await.unwrap();
    assert_eq!(found.item.unwrap().percent, 40);
    assert_eq!(found.history[3].percent, Some(90));
    assert_eq!(found.history[3].department_code.as_deref(), Some("ROADS"));
}

#[tokio::test]
async fn a_contested_item_goes_to_a_department_in_the_directory() {
    let place = Place::new().await;
    place.decide(Uuid::from_u128(1), 1).await;
    let item_id = item_id(Uuid::from_u128(1), 1);
    place.shown(&item_id).await;
    let contest = pb::ContestItemRequest {
        command_id: id("contest"),
        item_id: item_id.clone(),
        reason: "属道路部门".into(),
        ..Default::default()
    };
    place.service.contest_item(water(contest)).await.unwrap();
    let rule = |lead: &str| pb::ResolveContestRequest {
        command_id: id(lead),
        item_id: item_id.clone(),
        reassign_to_code: Some(lead.into()),
        due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterWorkingDays(9)) }),
        reason: "理由成立".into(),
        ..Default::default()
    };
    let stray = place.service.resolve_contest(supervisor(rule("ROAD"))).await.unwrap_err();
    assert_eq!(faulty_fields(&stray), ["reassign_to_code"]);
    place.service.resolve_contest(supervisor(rule("ROADS"))).await.unwrap();
    let item = place.shown(&item_id).await;
    assert_eq!((item.lead_code.as_str(), item.stage()), ("ROADS", pb::ItemStage::Assigned));
    assert_eq!((item.due_on.as_str(), item.first_due_on.as_str()), ("2027-03-12", "2027-03-12"));
}

#[tokio::test]
async fn faults_are_named_by_their_fields() {
    let (place, item_id) = underway().await;
    let faulty = extend(&place, &item_id, pb::due_rule::Rule::DueOn("soon".into())).await.unwrap_err();
    assert_eq!(faulty_fields(&faulty), ["due.due_on"]);
    assert_eq!(faulty_fields(&block(&place, &item_id, "HEALT").await.unwrap_err()), ["help_from_code"]);
    let unnamed = place.service.get_item(supervisor(pb::GetItemRequest::default())).await.unwrap_err();
    assert_eq!(faulty_fields(&unnamed), ["item_id"]);
    let unknown = place.item(&id("nothing")).await.unwrap_err();
    assert_eq!(unknown.code(), Grpc::NotFound);
    let ask = pb::ListItemsRequest { latest_due_on: Some("soon".into()), ..Default::default() };
    let faulty = place.service.list_items(supervisor(ask)).await.unwrap_err();
    assert_eq!(faulty_fields(&faulty), ["latest_due_on"]);
}

#[tokio::test]
async fn a_history_that_is_too_long_for_one_answer_is_read_in_parts() {
    const REPORTS: u32 = 600;
    let (place, item_id) = underway().await;
    // Given more reports than one answer has entries, with more text than it has room for
    for number in 0..REPORTS {
        let request = pb::ReportProgressRequest {
            command_id: id(&number.to_string()),
            item_id: item_id.clone(),
            percent: number % 100,
            note: format!("{number}{}", "x".repeat(8_000)),
            ..Default::default()
        };
        place.service.report_progress(water(request)).await.unwrap();
    }
    // When its history is read from the end to the beginning
    let (mut read, mut history_before_position, mut parts) = (Vec::new(), 0, 0);
    loop {
        let request = pb::GetItemRequest {
            at_least_position: place.end(),
            item_id: item_id.clone(),
            history_before_position,
            ..Default::default()
        };
        let found = place.service.get_item(supervisor(request)).await.unwrap().into_inner();
        assert!(found.encoded_len() < RESPONSE_BYTES_MAX, "{} bytes", found.encoded_len());
        (history_before_position, parts) = (found.earlier_history_before_position, parts + 1);
        read.splice(0..0, found.history);
        if history_before_position == 0 {
            break;
        }
    }
    // Then every entry comes once, in order.
    let notes: Vec<_> =
        read.iter().filter(|entry| entry.kind() == pb::ItemEntryKind::ProgressReported).collect();
    assert_eq!(notes.len(), REPORTS as usize);
    assert!(read.iter().is_sorted_by_key(|entry| entry.position));
    assert_eq!(read[0].kind(), pb::ItemEntryKind::Assigned);
    assert_eq!(parts, 2);
}

#[tokio::test]
async fn an_item_waits_for_another_until_that_is_over_and_never_in_a_circle() {
    let place = Place::new().await;
    place.decide(Uuid::from_u128(1), 2).await;
    let [first, second] = [1, 2].map(|number| item_id(Uuid::from_u128(1), number));
    place.shown(&second).await;
    let wait = |item: &str, on: &str| pb::AddDependencyRequest {
        command_id: id(&format!("{item} waits for {on}")),
        item_id: item.into(),
        on_item_id: on.into(),
        ..Default::default()
    };
    let own = place.service.add_dependency(supervisor(wait(&first, &first))).await.unwrap_err();
    assert_eq!(refusal(&own, "number").0, "DEPENDS_ON_ITSELF");
    let waits = place.service.add_dependency(supervisor(wait(&second, &first))).await.unwrap().into_inner();
    let waits = waits.item.unwrap();
    assert_eq!(waits.waits_for_numbers, ["FLOOD-2027-0001/1"]);
    assert!(waits.paused_at.is_some());
    let chain = place.item(&second).await.unwrap().chain;
    let [link] = &chain[..] else { panic!("{chain:?}") };
    assert_eq!((link.number.as_str(), link.lead_code.as_str()), ("FLOOD-2027-0001/1", "WATER"));
    assert_eq!((link.depth, link.critical), (1, true));
    let circle = place.service.add_dependency(supervisor(wait(&first, &second))).await.unwrap_err();
    assert_eq!(refusal(&circle, "items"), ("DEPENDENCY_CYCLE".into(), "2".into()));

    place.bench.move_clock("2027-03-03T01:00:00Z");
    place.service.acknowledge_item(water(acknowledge(&first))).await.unwrap();
    place.service.claim_completion(water(claim(&first))).await.unwrap();
    accept(&place, &first, "AUDIT").await.unwrap();
    let released = place.shown(&second).await;
    assert_eq!((released.waits_for_numbers.len(), released.paused_at), (0, None));
    assert_eq!(released.first_due_on, released.due_on, "what was promised moves along");
    assert!(released.due_on > waits.due_on, "{released:?}");
}

#[tokio::test]
async fn a_look_back_has_to_say_whether_the_result_holds() {
    let (place, item_id) = underway().await;
    let unsaid = pb::RecordLookBackRequest {
        command_id: id("look back"),
        item_id,
        observation: "运行正常".into(),
        ..Default::default()
    };
    let refused = place.service.record_look_back(supervisor(unsaid)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["holds"]);
}
