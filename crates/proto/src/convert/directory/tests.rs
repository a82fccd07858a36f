use super::*;

#[test]
fn a_calendar_that_contradicts_itself_is_refused_with_the_field() {
    let wire = api::WorkingCalendar {
        time_zone: "Asia/Shanghai".into(),
        weekend: vec![],
        holidays: vec!["2027-10-01".into()],
        make_up_days: vec!["2027-10-01".into()],
    };
    assert_eq!(
        WorkingCalendar::from_wire(wire.clone()).unwrap_err().to_string(),
        "make_up_days 2027-10-01 is given both as a holiday and as a make-up working day"
    );
    let faulty = api::WorkingCalendar { holidays: vec!["1 October".into()], weekend: vec![9], ..wire };
    let fields: Vec<String> =
        WorkingCalendar::from_wire(faulty).unwrap_err().violations.into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["weekend[0]", "holidays[0]"]);
}
