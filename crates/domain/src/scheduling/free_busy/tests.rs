use super::*;
use crate::testing::at;
use proptest::prelude::*;

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

/// The busy times of March and April 2027, as they are written.
fn read(body: &str) -> Result<Vec<String>, Unreadable> {
    let zone = zone();
    let reading =
        Reading { zone: &zone, from_at: at("2027-02-28T16:00:00Z"), until_at: at("2027-04-30T16:00:00Z") };
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", body.replace('\n', "\r\n"));
    let times = busy_times(&text, &reading)?;
    Ok(times.iter().map(|time| format!("{} {}", time.starts_at, time.ends_at)).collect())
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:1\nSUMMARY:机密\n{lines}\nEND:VEVENT\n")
}

#[test]
fn free_and_busy_times_are_read_in_all_their_spellings() {
    let body = "BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY:20270308T010000Z/20270308T020000Z,20270308T020000Z/PT1H\n\
                FREEBUSY;FBTYPE=FREE:20270309T010000Z/PT8H\nFREEBUSY:20270310T0100\n 00Z/P1D\nEND:VFREEBUSY\n";
    assert_eq!(
        read(body).unwrap(),
        ["2027-03-08T01:00:00Z 2027-03-08T03:00:00Z", "2027-03-10T01:00:00Z 2027-03-11T01:00:00Z"]
    );
}

#[test]
fn events_count_when_they_are_opaque_and_not_cancelled() {
    let one = "DTSTART;TZID=Asia/Shanghai:20270308T090000\nDTEND;TZID=Asia/Shanghai:20270308T100000";
    assert_eq!(read(&event(one)).unwrap(), ["2027-03-08T01:00:00Z 2027-03-08T02:00:00Z"]);
    for other in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"] {
        assert_eq!(read(&event(&format!("{one}\n{other}"))).unwrap(), Vec::<String>::new(), "{other}");
    }
    // A day is one of the realm's; a moment without a zone is as well.
    assert_eq!(
        read(&event("DTSTART;VALUE=DATE:20270308")).unwrap(),
        ["2027-03-07T16:00:00Z 2027-03-08T16:00:00Z"]
    );
    assert_eq!(
        read(&event("DTSTART:20270308T090000\nDURATION:PT30M")).unwrap(),
        ["2027-03-08T01:00:00Z 2027-03-08T01:30:00Z"]
    );
}

fn days(rule: &str) -> Vec<String> {
    let found = read(&event(&format!("DTSTART:20270301T090000\nDURATION:PT1H\n{rule}"))).unwrap();
    found.iter().map(|time| time[5..10].to_owned()).collect()
}

#[test]
fn recurrences_are_expanded() {
    assert_eq!(days("RRULE:FREQ=DAILY;COUNT=3"), ["03-01", "03-02", "03-03"]);
    assert_eq!(days("RRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20270312"), ["03-01", "03-05", "03-08", "03-12"]);
    assert_eq!(days("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3"), ["03-01", "03-15", "03-29"]);
    assert_eq!(days("RRULE:FREQ=MONTHLY;BYDAY=-1FR"), ["03-26", "04-30"]);
    assert_eq!(days("RRULE:FREQ=MONTHLY;BYDAY=1MO"), ["03-01", "04-05"]);
    assert_eq!(days("RRULE:FREQ=MONTHLY;BYMONTHDAY=-1"), ["03-31", "04-30"]);
    assert_eq!(days("RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=2TU"), ["04-13"]);
    assert_eq!(days("RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20270302T090000,20270303T090000"), ["03-01", "03-04"]);
    assert_eq!(days("RRULE:FREQ=DAILY;COUNT=1\nRDATE:20270310T090000"), ["03-01", "03-10"]);
}

#[test]
fn a_series_that_began_long_ago_still_counts() {
    let old = event("DTSTART:19990101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY");
    assert_eq!(read(&old).unwrap().len(), 61);
    let over = event("DTSTART:19990101T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=400");
    assert_eq!(read(&over).unwrap().len(), 0);
}

#[test]
fn an_occurrence_that_was_changed_takes_the_place_of_its_own() {
    let body = event("DTSTART:20270301T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3")
        + &event("RECURRENCE-ID:20270308T090000\nDTSTART:20270309T150000\nDURATION:PT2H")
        + &event("RECURRENCE-ID:20270315T090000\nDTSTART:20270315T090000\nDURATION:PT1H\nSTATUS:CANCELLED");
    assert_eq!(
        read(&body).unwrap(),
        ["2027-03-01T01:00:00Z 2027-03-01T02:00:00Z", "2027-03-09T07:00:00Z 2027-03-09T09:00:00Z"]
    );
}

#[test]
fn an_hour_of_another_zone_stays_the_hour_there() {
    let body = event("DTSTART;TZID=Europe/Berlin:20270322T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2");
    // Berlin changes its clocks on 28 March.
    assert_eq!(
        read(&body).unwrap(),
        ["2027-03-22T08:00:00Z 2027-03-22T09:00:00Z", "2027-03-29T07:00:00Z 2027-03-29T08:00:00Z"]
    );
}

#[test]
fn what_would_be_read_wrongly_is_refused_by_name() {
    assert_eq!(read("BEGIN:VEVENT\n"), Err(Unreadable::NotACalendar));
    let zone = event("DTSTART;TZID=Narnia/Cair:20270301T090000\nDURATION:PT1H");
    assert_eq!(read(&zone), Err(Unreadable::Zone { zone: "Narnia/Cair".into() }));
    let rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1";
    let body = event(&format!("DTSTART:20270301T090000\nDURATION:PT1H\nRRULE:{rule}"));
    assert_eq!(read(&body), Err(Unreadable::Recurrence { rule: rule.into() }));
    assert_eq!(read(&event("DTSTART:soon")), Err(Unreadable::Line { line: "DTSTART".into() }));
}

#[test]
fn a_calendar_with_more_recurrences_than_anybody_keeps_is_refused() {
    let rule = "FREQ=DAILY";
    // Each is as long as a century, so each of its days still matters.
    let age = format!("BEGIN:VEVENT\nDTSTART:19270301T090000Z\nDURATION:P36500D\nRRULE:{rule}\nEND:VEVENT\n");
    let body = age.repeat(20);
    assert_eq!(read(&body), Err(Unreadable::Recurrence { rule: rule.into() }));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_answer_out_of_order(
        lines in prop::collection::vec("(DTSTART|DTEND|RRULE|FREEBUSY|EXDATE|DURATION|BEGIN|END)[:;=A-Z0-9,/]{0,30}", 0..12)
    ) {
        let body = event(&lines.join("\n"));
        if let Ok(times) = read(&body) {
            prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
