use super::samples::outline;
use super::*;
use crate::convert::sample::{code, line, text};
use crate::record::EventCodec;

#[test]
fn a_calendar_that_contradicts_itself_is_refused_with_the_field() {
    let wire = scheduling::WorkingCalendar {
        time_zone: "Asia/Shanghai".into(),
        weekend: vec![],
        holidays: vec!["2027-10-01".into()],
        make_up_days: vec!["2027-10-01".into()],
    };
    assert_eq!(
        WorkingCalendar::from_wire(wire.clone()).unwrap_err().to_string(),
        "make_up_days 2027-10-01 is given both as a holiday and as a make-up working day"
    );
    let faulty = scheduling::WorkingCalendar { holidays: vec!["1 October".into()], weekend: vec![9], ..wire };
    let fields: Vec<String> =
        WorkingCalendar::from_wire(faulty).unwrap_err().violations.into_iter().map(|v| v.field).collect();
    assert_eq!(fields, ["weekend[0]", "holidays[0]"]);
}

#[test]
fn the_largest_request_fits_into_one_record() {
    // Letters of four bytes, the longest there are.
    let longest = |chars| "𠮷".repeat(chars);
    let longest_code = |no: usize| code(&format!("{}{no:02}", longest(domain::text::CODE_CHARS_MAX - 2)));
    let topic = |no| session::Topic {
        no,
        title: line(&longest(domain::text::LINE_CHARS_MAX)),
        timebox_minutes: 10,
        papers_required: true,
    };
    let topics: Vec<_> = (1_u32..).take(session::TOPICS_MAX).map(topic).collect();
    let role =
        |topic: &session::Topic| session::TopicRole { topic: topic.no, role: session::RoleOnTopic::Decides };
    let roles: Vec<_> = topics.iter().map(role).collect();
    let attendee = |no| session::Attendee { department: longest_code(no), roles: roles.clone() };
    let outline = session::Outline {
        title: line(&longest(domain::text::LINE_CHARS_MAX)),
        purpose: text(&"a".repeat(domain::text::TEXT_BYTES_MAX)),
        attendees: (0..session::ATTENDEES_MAX).map(attendee).collect(),
        topics,
        minutes: session::MINUTES_MAX,
        case_reference: Some(line(&longest(domain::text::LINE_CHARS_MAX))),
        ..outline(session::Kind::Emergency)
    };
    let requested = session::Event::Requested { outline, requester: Some(longest_code(0)) };
    let bytes = session::Session::encode(&requested).value.len();
    assert!(bytes < 62 * 1024, "{bytes} bytes leave no room for the envelope in 64 KiB");
}
