use super::*;

#[tokio::test]
async fn the_calendar_has_a_default_until_it_is_defined() {
    let fixture = Fixture::empty();
    let get = |at_least_position| pb::GetCalendarRequest { at_least_position };
    let before = fixture.service.get_calendar(clerk(get(0))).await.unwrap().into_inner();
    assert_eq!((before.defined, before.calendar.unwrap().time_zone.as_str()), (false, "Asia/Shanghai"));

    let calendar = pb::WorkingCalendar {
        time_zone: "Asia/Urumqi".into(),
        weekend: vec![pb::Weekday::Sunday.into()],
        holidays: vec!["2027-10-01".into()],
        make_up_days: vec![],
    };
    let define = pb::DefineCalendarRequest {
        command_id: id("calendar"),
        calendar: Some(calendar.clone()),
        ..Default::default()
    };
    let mut dated = define.clone();
    dated.calendar.as_mut().unwrap().holidays =
        ["2027-10-01", "2027-10-01T00:00:00+08:00", "2027-02-30"].map(str::to_owned).into();
    let refused = fixture.service.define_calendar(operator(dated)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["calendar.holidays[1]", "calendar.holidays[2]"]);
    assert!(refused.message().ends_with("there is no 30 February 2027"), "{refused}");
    let defined = fixture.service.define_calendar(operator(define)).await.unwrap().into_inner();
    assert_eq!(defined.calendar.as_ref(), Some(&calendar));
    let after = fixture.service.get_calendar(clerk(get(defined.position))).await.unwrap().into_inner();
    assert_eq!((after.defined, after.calendar), (true, Some(calendar)));
}
