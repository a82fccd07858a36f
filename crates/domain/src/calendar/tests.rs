use super::*;
use jiff::civil::date;

/// The days around the National Day of 2026: seven days off, two weekend days worked in return.
fn golden_week() -> WorkingCalendar {
    let holidays = (1..=7).map(|day| date(2026, 10, day));
    let make_up = [date(2026, 9, 27), date(2026, 10, 10)];
    WorkingCalendar::new("Asia/Shanghai", vec![Weekday::Saturday, Weekday::Sunday], holidays, make_up)
        .unwrap()
}

#[test]
fn a_holiday_is_free_and_its_make_up_day_is_worked() {
    let calendar = golden_week();
    assert!(!calendar.is_working_day(date(2026, 10, 1)), "a Thursday, but National Day");
    assert!(calendar.is_working_day(date(2026, 10, 10)), "a Saturday, but worked in return");
    assert!(!calendar.is_working_day(date(2026, 10, 11)), "a plain Sunday");
}

#[test]
fn five_working_days_over_the_golden_week_end_on_the_twelfth() {
    let calendar = golden_week();
    // 30 September; then 8, 9, the worked Saturday 10, and Monday 12 October.
    assert_eq!(calendar.after_working_days(date(2026, 9, 29), 5), date(2026, 10, 12));
    assert_eq!(calendar.after_days(date(2026, 9, 29), 5), date(2026, 10, 4));
}

#[test]
fn a_day_ends_where_the_next_begins_in_its_own_zone() {
    let calendar = golden_week();
    assert_eq!(calendar.end_of(date(2026, 10, 12)).to_string(), "2026-10-12T15:59:59.999999Z");
    assert_eq!(calendar.date_of("2026-10-12T16:00:00Z".parse().unwrap()), date(2026, 10, 13));
}

#[test]
fn contradictory_or_unknown_data_is_refused() {
    let day = date(2026, 10, 1);
    assert_eq!(
        WorkingCalendar::new("Asia/Shanghai", vec![], [day], [day]),
        Err(CalendarError::Contradiction { date: day })
    );
    assert!(matches!(WorkingCalendar::weekends_only("Mars/Olympus"), Err(CalendarError::UnknownZone { .. })));
}

proptest::proptest! {
    #[test]
    fn as_many_working_days_pass_as_were_asked_for(start in 0i64..2000, days in 0u32..200) {
        let calendar = golden_week();
        let from = date(2024, 1, 1).checked_add(jiff::Span::new().days(start)).unwrap();
        let until = calendar.after_working_days(from, days);
        let passed = std::iter::successors(Some(until), |date| date.yesterday().ok()).take_while(|&date| date > from);
        let worked = passed.filter(|&date| calendar.is_working_day(date)).count();
        proptest::prop_assert_eq!(worked, days as usize);
        proptest::prop_assert!(days == 0 || calendar.is_working_day(until), "it ends on a working day");
    }
}
