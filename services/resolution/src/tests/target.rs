use super::*;

fn terms() -> pb::TargetTerms {
    pb::TargetTerms {
        department_code: "WATER".into(),
        phase: pb::TargetPhase::Now.into(),
        title: "汛期前办结".into(),
        measure: pb::TargetMeasure::ItemsDone.into(),
        goal: 2,
        starts_on: "2027-03-01".into(),
        ends_on: "2027-03-10".into(),
        body_code: None,
    }
}

fn set(word: &str, terms: pb::TargetTerms) -> pb::SetTargetRequest {
    pb::SetTargetRequest {
        command_id: id(word),
        terms: Some(terms),
        reason: "年度计划".into(),
        ..Default::default()
    }
}

impl Place {
    async fn set_target(&self, word: &str, terms: pb::TargetTerms) -> pb::Target {
        let set = self.service.set_target(supervisor(set(word, terms))).await.unwrap().into_inner();
        set.target.unwrap()
    }

    async fn target(&self, target_id: &str, as_of_position: Option<u64>) -> pb::GetTargetResponse {
        let request = pb::GetTargetRequest {
            at_least_position: self.end(),
            target_id: target_id.into(),
            as_of_position,
            ..Default::default()
        };
        self.service.get_target(supervisor(request)).await.unwrap().into_inner()
    }

    async fn targets(&self, request: pb::ListTargetsRequest, department: &str) -> Vec<pb::Target> {
        let request = pb::ListTargetsRequest { at_least_position: self.end(), ..request };
        let role = if department == "AUDIT" { Role::Supervisor } else { Role::DepartmentLead };
        self.service.list_targets(by(request, department, role)).await.unwrap().into_inner().targets
    }

    pub(super) async fn finish(&self, item_id: &str) {
        self.service.acknowledge_item(water(acknowledge(item_id))).await.unwrap();
        self.service.claim_completion(water(claim(item_id))).await.unwrap();
        let accept =
            pb::AcceptWorkRequest { command_id: id("accept"), item_id: item_id.into(), ..Default::default() };
        self.service.accept_work(supervisor(accept)).await.unwrap();
    }
}

#[tokio::test]
async fn a_target_that_is_missed_stays_missed_whatever_becomes_of_it() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    let target = place.set_target("now", terms()).await;
    assert_eq!((target.stage(), target.scope, target.value), (pb::TargetStage::Open, 0, None));
    let registered = place.decide(docket, 3).await;
    assert_eq!(place.items(pb::ListItemsRequest::default()).await.len(), 3);
    place.finish(&item_id(docket, 1)).await;
    let change = pb::ChangeTargetRequest {
        command_id: id("change"),
        target_id: target.target_id.clone(),
        goal: 3,
        ends_on: "2027-03-12".into(),
        reason: "还能更快".into(),
        ..Default::default()
    };
    let changed = place.service.change_target(supervisor(change.clone())).await.unwrap().into_inner();
    let again = place.service.change_target(supervisor(change.clone())).await.unwrap().into_inner();
    assert_eq!(changed.position, again.position);
    let before_it_ends = place.end();

    place.bench.move_clock("2027-03-15T01:00:00Z");
    let listed =
        place.targets(pb::ListTargetsRequest { missed: Some(true), ..Default::default() }, "AUDIT").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].stage(), listed[0].first_missed, listed[0].first_goal),
        (pb::TargetStage::Missed, true, 2)
    );
    assert_eq!((listed[0].scope, listed[0].done, listed[0].change_count), (3, 1, 1));
    // What is done later, and what is asked for later, changes nothing.
    place.finish(&item_id(docket, 2)).await;
    place.finish(&item_id(docket, 3)).await;
    let late = pb::ChangeTargetRequest { command_id: id("late"), goal: 1, ..change };
    let refused = place.service.change_target(supervisor(late)).await.unwrap_err();
    assert_eq!(refusal(&refused, "today").0, "TARGET_OVER");
    let shown = place.target(&target.target_id, None).await;
    assert_eq!((shown.target.unwrap().stage(), shown.points.len()), (pb::TargetStage::Missed, 24));
    let scopes: Vec<u32> = shown.points.iter().map(|point| point.scope).collect();
    assert!(scopes.is_sorted() && scopes.ends_with(&[3]), "{scopes:?}");

    let then = place.target(&target.target_id, Some(before_it_ends)).await.target.unwrap();
    assert_eq!((then.stage(), then.done, then.terms.unwrap().goal), (pb::TargetStage::Open, 1, 3));
    let then = place.target(&target.target_id, Some(registered)).await.target.unwrap();
    assert_eq!((then.stage(), then.done, then.terms.unwrap().goal), (pb::TargetStage::Open, 0, 2));
}

#[tokio::test]
async fn each_department_has_its_own_targets_and_sees_no_others() {
    let place = Place::new().await;
    place.set_target("now", terms()).await;
    let roads = pb::TargetTerms {
        department_code: "ROADS".into(),
        phase: pb::TargetPhase::LongTerm.into(),
        measure: pb::TargetMeasure::ShareKept.into(),
        goal: 90,
        ends_on: "2030-12-31".into(),
        ..terms()
    };
    let of_roads = place.set_target("long", roads).await;
    assert_eq!(of_roads.value, None, "there is nothing to measure");
    let every = pb::ListTargetsRequest::default;
    assert_eq!(place.targets(every(), "AUDIT").await.len(), 2);
    assert_eq!(place.targets(every(), "WATER").await.len(), 1);
    let long = pb::ListTargetsRequest { phase: Some(pb::TargetPhase::LongTerm.into()), ..every() };
    assert_eq!(place.targets(long, "AUDIT").await, std::slice::from_ref(&of_roads));
    let show = pb::GetTargetRequest { target_id: of_roads.target_id, ..Default::default() };
    let hidden = place.service.get_target(water(show)).await.unwrap_err();
    assert_eq!(refusal(&hidden, "what").0, "NOT_FOUND");

    let own = by(set("own", terms()), "WATER", Role::Supervisor);
    let refused = place.service.set_target(own).await.unwrap_err();
    assert_eq!(refusal(&refused, "department_code"), ("OWN_TARGET".into(), "WATER".into()));
    let nobody = pb::TargetTerms { department_code: "NOWHERE".into(), ..terms() };
    let refused = place.service.set_target(supervisor(set("nobody", nobody))).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["terms.department_code"]);
    let nothing = pb::TargetTerms { body_code: Some("NOTHING".into()), ..terms() };
    let refused = place.service.set_target(supervisor(set("nothing", nothing))).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["terms.body_code"]);
}

#[tokio::test]
async fn what_is_promised_for_the_last_day_of_a_target_counts() {
    // Given two items of WATER that are due on the last day of its target, and none of ROADS
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 2).await;
    let [first, second] = [1, 2].map(|number| item_id(docket, number));
    let ends_on = place.shown(&first).await.first_due_on;
    let kept = pb::TargetTerms {
        measure: pb::TargetMeasure::ShareKept.into(),
        goal: 100,
        ends_on: ends_on.clone(),
        ..terms()
    };
    let of_water = place.set_target("kept", kept.clone()).await;
    let of_roads = pb::TargetTerms { department_code: "ROADS".into(), ..kept.clone() };
    let of_roads = place.set_target("roads", of_roads).await;
    let shown = async |target: &pb::Target| place.target(&target.target_id, None).await.target.unwrap();
    // When one is done in time, and the other claimed in time and not judged
    place.finish(&first).await;
    place.service.acknowledge_item(water(acknowledge(&second))).await.unwrap();
    place.service.claim_completion(water(claim(&second))).await.unwrap();
    assert_eq!(shown(&of_water).await.value, None, "no promise is over yet");
    place.bench.move_clock("2027-04-01T01:00:00Z");
    // Then what is judged counts, and what waits for its judge neither way.
    let over = shown(&of_water).await;
    assert_eq!(
        (over.stage(), over.value, over.scope, over.done),
        (pb::TargetStage::Reached, Some(100), 2, 1)
    );
    let nothing = shown(&of_roads).await;
    assert_eq!(
        (nothing.stage(), nothing.value, nothing.first_missed),
        (pb::TargetStage::Unmeasured, None, false)
    );
}

#[tokio::test]
async fn what_is_never_done_on_the_last_day_of_a_target_is_missed() {
    let place = Place::new().await;
    let docket = Uuid::from_u128(1);
    place.decide(docket, 2).await;
    let first = item_id(docket, 1);
    let ends_on = place.shown(&first).await.first_due_on;
    let kept = pb::TargetTerms { measure: pb::TargetMeasure::ShareKept.into(), goal: 60, ends_on, ..terms() };
    let target = place.set_target("kept", kept).await;
    place.finish(&first).await;
    place.bench.move_clock("2027-04-01T01:00:00Z");
    let over = place.target(&target.target_id, None).await.target.unwrap();
    assert_eq!((over.stage(), over.value), (pb::TargetStage::Missed, Some(50)));
}
