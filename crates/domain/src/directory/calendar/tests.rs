use super::*;
use crate::testing::given;
use jiff::civil::{Date, date};

fn with_holidays(days: impl IntoIterator<Item = Date>) -> WorkingCalendar {
    WorkingCalendar::new("Asia/Shanghai", vec![], days, []).unwrap()
}

#[test]
fn the_defined_calendar_is_in_force_and_before_it_the_default() {
    let plain = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let own = with_holidays([date(2027, 10, 1)]);
    assert_eq!(State::default().in_force(&plain), &plain);

    let defined = given::<Calendar>(&[]).when(Command::Define(own.clone())).unwrap();
    assert_eq!(Calendar::fold(State::default(), &defined).in_force(&plain), &own);
    assert_eq!(given::<Calendar>(&defined).when(Command::Define(own)), Ok(vec![]));
}

#[test]
fn a_calendar_with_too_many_days_is_refused() {
    let days = date(2027, 1, 1).series(jiff::Span::new().days(1)).take(CALENDAR_DAYS_MAX + 1);
    assert_eq!(
        given::<Calendar>(&[]).when(Command::Define(with_holidays(days))),
        Err(Rejection::TooManyDays { field: "holidays", given: 1_001, max: 1_000 })
    );
}
