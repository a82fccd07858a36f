use super::samples::outline;
use super::*;
use crate::convert::sample::{code, line, text};
use crate::record::EventCodec;

#[test]
fn the_largest_session_request_fits_into_one_record() {
    // Letters of four bytes, the longest there are.
    let longest = |chars| "𠮷".repeat(chars);
    let longest_code =
        |number: usize| code(&format!("{}{number:02}", longest(domain::text::CODE_CHARS_MAX - 2)));
    let topic = |number| session::Topic {
        number,
        title: line(&longest(domain::text::LINE_CHARS_MAX)),
        timebox_minutes: 10,
        papers_required: true,
    };
    let topics: Vec<_> = (1_u32..).take(session::TOPICS_MAX).map(topic).collect();
    let role = |topic: &session::Topic| session::TopicRole {
        topic: topic.number,
        role: session::RoleOnTopic::Decides,
    };
    let roles: Vec<_> = topics.iter().map(role).collect();
    let attendee = |number| session::Attendee { department: longest_code(number), roles: roles.clone() };
    let outline = session::Outline {
        title: line(&longest(domain::text::LINE_CHARS_MAX)),
        purpose: text(&"a".repeat(domain::text::TEXT_BYTES_MAX)),
        attendees: (0..session::ATTENDEES_MAX).map(attendee).collect(),
        topics,
        duration_minutes: session::DURATION_MINUTES_MAX,
        case_reference: Some(line(&longest(domain::text::LINE_CHARS_MAX))),
        ..outline(session::Kind::Emergency)
    };
    let requested = session::Event::Requested { outline, requester: Some(longest_code(0)) };
    let bytes = session::Session::encode(&requested).value.len();
    assert!(bytes < 62 * 1024, "{bytes} bytes leave no room for the envelope in 64 KiB");
}
