//! How a department kept what it promised, by the first promise.

use super::*;

async fn card(place: &Place, request: pb::GetScorecardRequest) -> Vec<pb::Scorecard> {
    let request = pb::GetScorecardRequest { at_least_position: place.end(), ..request };
    place.service.get_scorecard(supervisor(request)).await.unwrap().into_inner().rows
}

#[tokio::test]
async fn an_extension_wipes_no_record() {
    let place = Place::new().await;
    place.decide(Uuid::from_u128(1), 2).await;
    let [first, second] = [1, 2].map(|number| item_id(Uuid::from_u128(1), number));
    let promised = place.shown(&second).await.first_due_on;
    for item in [&first, &second] {
        place.service.acknowledge_item(water(acknowledge(item))).await.unwrap();
    }
    let extend = pb::RequestExtensionRequest {
        command_id: id("extend"),
        item_id: first.clone(),
        due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterDays(30)) }),
        reason: "等待设备".into(),
        ..Default::default()
    };
    place.service.request_extension(water(extend)).await.unwrap();
    let grant =
        pb::GrantExtensionRequest { command_id: id("grant"), item_id: first.clone(), ..Default::default() };
    place.service.grant_extension(supervisor(grant)).await.unwrap();
    // Six days after the promise, within the extension.
    place.bench.move_clock("2027-03-14T01:00:00Z");
    place.service.claim_completion(water(claim(&first))).await.unwrap();
    let accept = pb::AcceptWorkRequest { command_id: id("accept"), item_id: first, ..Default::default() };
    place.service.accept_work(supervisor(accept)).await.unwrap();

    let expected = pb::Scorecard {
        department_code: "WATER".into(),
        items: 2,
        accepted_late: 1,
        open_late: 1,
        median_days_late: 6,
        worst_days_late: 6,
        extended: 1,
        ..Default::default()
    };
    assert_eq!(card(&place, pb::GetScorecardRequest::default()).await, std::slice::from_ref(&expected));
    let period = |starts_on: &str, body: &str| pb::GetScorecardRequest {
        starts_on: Some(starts_on.into()),
        ends_on: Some(promised.clone()),
        body_code: Some(body.into()),
        ..Default::default()
    };
    assert_eq!(card(&place, period(&promised, "FLOOD")).await, [expected]);
    assert_eq!(card(&place, period("2027-04-01", "FLOOD")).await, []);
    assert_eq!(card(&place, period(&promised, "OTHER")).await, []);
}

#[tokio::test]
async fn a_token_of_another_walk_is_refused_and_loses_no_row() {
    let place = Place::new().await;
    for lead in ["WATER", "ROADS", "HEALTH"] {
        let item = pb::ItemToRecord {
            title: "泵站改造".into(),
            deliverable: "泵站改造完成".into(),
            criterion: "满负荷试运行两小时".into(),
            lead_code: lead.into(),
            co_responsible_codes: vec![],
            due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterDays(10)) }),
        };
        let record = pb::RecordResolutionRequest {
            command_id: id(lead),
            body_code: "PLAN".into(),
            title: "行动计划".into(),
            text: "计划中的行动".into(),
            decided_on: "2027-03-01".into(),
            source: "计划".into(),
            items: vec![item],
            ..Default::default()
        };
        place.service.record_resolution(supervisor(record)).await.unwrap();
    }
    let at_least_position = place.end();
    let ask = |page_token: &str, body_code: &str| pb::GetScorecardRequest {
        at_least_position,
        page_size: 1,
        page_token: page_token.into(),
        body_code: Some(body_code.into()).filter(|code: &String| !code.is_empty()),
        ..Default::default()
    };
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = place.service.get_scorecard(supervisor(ask(&token, ""))).await.unwrap().into_inner();
        seen.extend(page.rows.into_iter().map(|row| row.department_code));
        if page.next_page_token.is_empty() {
            break;
        }
        token = page.next_page_token;
    }
    assert_eq!(seen, ["HEALTH", "ROADS", "WATER"]);
    let huge = "x".repeat(100_000);
    for (token, body) in [(token.as_str(), "FLOOD"), ("zzz", ""), ("é", ""), (&huge, "")] {
        let refused = place.service.get_scorecard(supervisor(ask(token, body))).await.unwrap_err();
        assert_eq!(faulty_fields(&refused), ["page_token"], "{:.20}", token);
        let records = pb::ListForecastRecordsRequest { page_token: token.into(), ..Default::default() };
        let refused = place.service.list_forecast_records(supervisor(records)).await.unwrap_err();
        assert_eq!(faulty_fields(&refused), ["page_token"], "{:.20}", token);
    }
}
