use super::*;

impl Place {
    async fn forecast(&self, item_id: &str, department: &str) -> pb::GetForecastResponse {
        let request = pb::GetForecastRequest {
            at_least_position: self.end(),
            item_id: item_id.into(),
            ..Default::default()
        };
        let role = if department == "AUDIT" { Role::Supervisor } else { Role::DepartmentLead };
        self.service.get_forecast(by(request, department, role)).await.unwrap().into_inner()
    }

    /// Assigns some items on a day, due in ten days, and has some of them accepted on another. Returns all their ids.
    async fn month(&self, word: &str, on: &str, items: usize, done: usize, done_on: &str) -> Vec<String> {
        self.bench.move_clock(on);
        let item = pb::ItemToRecord {
            title: "泵站改造".into(),
            deliverable: "泵站改造完成".into(),
            criterion: "满负荷试运行两小时".into(),
            lead_code: "WATER".into(),
            co_responsible_codes: vec!["ROADS".into()],
            due: Some(pb::DueRule { rule: Some(pb::due_rule::Rule::AfterDays(10)) }),
        };
        let record = pb::RecordResolutionRequest {
            command_id: id(word),
            body_code: "PLAN".into(),
            title: "行动计划".into(),
            text: "计划中的行动".into(),
            decided_on: on[..10].into(),
            source: "计划".into(),
            items: vec![item; items],
            ..Default::default()
        };
        let recorded = self.service.record_resolution(supervisor(record)).await.unwrap().into_inner();
        let ids = recorded.resolution.unwrap().registration.unwrap().item_ids;
        self.bench.move_clock(done_on);
        for id in &ids[..done] {
            self.finish(id).await;
        }
        ids
    }
}

#[tokio::test]
async fn a_forecast_says_what_the_department_did_before_and_is_silent_where_that_is_too_little() {
    let place = Place::new().await;
    place.month("first", "2027-03-01T01:00:00Z", 8, 8, "2027-03-05T01:00:00Z").await;
    let asked = place.month("second", "2027-03-06T01:00:00Z", 1, 0, "2027-03-06T01:00:00Z").await;
    let silent = place.forecast(&asked[0], "AUDIT").await;
    assert_eq!((silent.silence(), silent.finished), (pb::ForecastSilence::TooLittleHistory, 8));
    assert_eq!((silent.likelihood_percent, silent.record), (None, None));

    // Eight of sixteen were in time; eight came four days late.
    place.finish(&asked[0]).await;
    let late = place.month("third", "2027-04-05T01:00:00Z", 8, 8, "2027-04-19T01:00:00Z").await;
    let asked = place.month("fourth", "2027-05-10T01:00:00Z", 1, 0, "2027-05-10T02:00:00Z").await.remove(0);
    let said = place.forecast(&asked, "AUDIT").await;
    let likely = said.likelihood_percent.unwrap();
    assert!((45..=60).contains(&likely), "{said:?}");
    assert_eq!((said.silence(), said.finished, said.runs), (pb::ForecastSilence::Unspecified, 17, 2_000));
    assert!(said.half_on <= said.nine_tenths_on && said.half_on.as_deref() > Some("2027-05-10"), "{said:?}");
    assert_eq!(place.forecast(&asked, "AUDIT").await, said, "the same situation says the same");

    // ROADS supports the item, and does not see how WATER did; WATER does.
    assert_eq!(place.forecast(&asked, "ROADS").await.silence(), pb::ForecastSilence::TooLittleHistory);
    assert_eq!(place.forecast(&asked, "WATER").await.likelihood_percent, Some(likely));
    let done = place.forecast(&late[0], "AUDIT").await;
    assert_eq!((done.silence(), done.likelihood_percent), (pb::ForecastSilence::NotOpen, None));
    place.bench.move_clock("2027-06-01T01:00:00Z");
    assert_eq!(place.forecast(&asked, "AUDIT").await.silence(), pb::ForecastSilence::Late);
}
