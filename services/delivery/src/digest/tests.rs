//! When digests are due: on working days, from their hour on, once.

use super::*;
use domain::Uuid;
use domain::testing::at;

fn daily(since: &str, digest_on: Option<Date>) -> Daily {
    Daily { id: Uuid::nil(), hour: 8, since: at(since), digest_on }
}

fn calendar() -> WorkingCalendar {
    // 1 March 2027 is a Monday.
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

#[test]
fn a_digest_is_due_on_a_working_day_from_its_hour_on() {
    let (wanted, monday) = (daily("2027-02-26T01:00:00Z", None), Date::constant(2027, 3, 1));
    assert_eq!(due_on(&wanted, &calendar(), at("2027-02-28T03:00:00Z")), None, "Sunday");
    assert_eq!(due_on(&wanted, &calendar(), at("2027-02-28T23:59:59Z")), None, "7:59 of Monday");
    assert_eq!(due_on(&wanted, &calendar(), at("2027-03-01T00:00:00Z")), Some(monday));
    assert_eq!(due_on(&wanted, &calendar(), at("2027-03-01T09:00:00Z")), Some(monday), "after a downtime");
    let begun = daily("2027-02-26T01:00:00Z", Some(monday));
    assert_eq!(due_on(&begun, &calendar(), at("2027-03-01T09:00:00Z")), None, "it was begun");
    let later = daily("2027-03-01T01:00:00Z", None);
    assert_eq!(due_on(&later, &calendar(), at("2027-03-01T09:00:00Z")), None, "nobody wanted it then");
}

#[test]
fn the_next_one_comes_at_the_hour_of_the_next_working_day() {
    let wanted = daily("2027-02-26T01:00:00Z", None);
    let next = |now: &str| next_at(&wanted, &calendar(), at(now)).unwrap();
    assert_eq!(next("2027-03-01T00:00:00Z"), at("2027-03-02T00:00:00Z"));
    assert_eq!(next("2027-02-28T23:00:00Z"), at("2027-03-01T00:00:00Z"));
    assert_eq!(next("2027-03-05T09:00:00Z"), at("2027-03-08T00:00:00Z"), "over the weekend");
}
