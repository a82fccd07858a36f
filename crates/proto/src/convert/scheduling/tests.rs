use super::samples::bodies::charter;
use super::samples::outline;
use super::*;
use crate::convert::sample::{code, line, text};
use crate::record::EventCodec;
use domain::Uuid;

/// Letters of four bytes, the longest there are.
fn longest(chars: usize) -> String {
    "𠮷".repeat(chars)
}

fn longest_code(number: usize) -> domain::Code {
    code(&format!("{}{number:02}", longest(domain::text::CODE_CHARS_MAX - 2)))
}

fn assert_fits<A: EventCodec>(event: &A::Event) {
    let bytes = A::encode(event).value.len();
    assert!(bytes < 62 * 1024, "{bytes} bytes leave no room for the envelope in 64 KiB");
}

#[test]
fn the_largest_body_fits_into_one_record() {
    use body::emergency_plan::{CALLED_BY_ALL_PLANS_MAX, PLANS_MAX};
    use domain::decision_rule::MatterClass;
    use domain::scheduling::body::charter::{
        CONVENORS_MAX, DEPUTIES_MAX, SEATS_MAX, SECRETARIAT_MAX, SUBSTITUTES_MAX, SUBSTITUTES_OF_ALL_MAX,
    };
    let codes = |count: usize| (0..count).map(longest_code).collect::<Vec<_>>();
    let date = Some("2027-03-01".parse().unwrap());
    let with_substitutes = SUBSTITUTES_OF_ALL_MAX.div_ceil(SUBSTITUTES_MAX);
    let seat = |number| body::Seat {
        department: longest_code(number),
        standing: body::Standing::Decides,
        weight: body::charter::WEIGHT_MAX,
        vetoes: MatterClass::ALL.to_vec(),
        since_on: date,
        until_on: date,
        substitutes: codes(if number < with_substitutes { SUBSTITUTES_MAX } else { 0 }),
    };
    let plan = |number| body::EmergencyPlan {
        code: longest_code(number),
        name: line(&longest(domain::text::LINE_CHARS_MAX)),
        departments: codes(CALLED_BY_ALL_PLANS_MAX / PLANS_MAX),
        substitutes: vec![],
        acknowledge_minutes: u32::MAX,
        decide_minutes: u32::MAX,
    };
    let charter = body::Charter {
        emergency_plans: (0..PLANS_MAX).map(plan).collect(),
        name: line(&longest(domain::text::LINE_CHARS_MAX)),
        seats: (0..SEATS_MAX).map(seat).collect(),
        chair: longest_code(0),
        deputies: codes(DEPUTIES_MAX),
        convenors: codes(CONVENORS_MAX),
        secretariat: codes(SECRETARIAT_MAX),
        ..charter()
    };
    let reason = text(&"a".repeat(domain::text::TEXT_BYTES_MAX));
    let pending_offices = charter.offices();
    assert_fits::<body::Body>(&body::Event::Changed {
        version: u32::MAX,
        charter,
        reason,
        pending: codes(SEATS_MAX),
        pending_offices,
    });
}

/// So many topics, with titles of so many characters, make an agenda with every role as long as is accepted.
const TOPICS: usize = 60;
const TITLE_CHARS: usize = 23;

#[test]
fn the_largest_session_request_fits_into_one_record() {
    let topic = |number| session::Topic {
        number,
        title: line(&longest(TITLE_CHARS)),
        timebox_minutes: 10,
        papers_required: true,
        label: domain::Label::Secret,
        matter: Some(Uuid::from_u128(u128::MAX - u128::from(number))),
        section: None,
        parent: None,
    };
    let topics: Vec<_> = (1_u32..).take(TOPICS).map(topic).collect();
    let role = |topic: &session::Topic| session::TopicRole {
        topic: topic.number,
        role: session::RoleOnTopic::Decides,
    };
    let roles: Vec<_> = topics.iter().map(role).collect();
    let attendee =
        |number| session::Attendee { department: longest_code(number), roles: roles.clone(), companions: 0 };
    let outline = session::Outline {
        title: line(&longest(domain::text::LINE_CHARS_MAX)),
        purpose: text(&"a".repeat(domain::text::TEXT_BYTES_MAX)),
        attendees: (0..session::ATTENDEES_MAX).map(attendee).collect(),
        topics,
        duration_minutes: session::DURATION_MINUTES_MAX,
        case_reference: Some(line(&longest(domain::text::LINE_CHARS_MAX))),
        emergency: Some(session::Declaration {
            reason: line(&longest(domain::text::LINE_CHARS_MAX)),
            authority: line(&longest(domain::text::LINE_CHARS_MAX)),
        }),
        ..outline(session::Kind::Emergency)
    };
    let bytes = |outline: &session::Outline| {
        let titles = outline.topics.iter().map(|topic| topic.title.as_str().len());
        let attendees = outline.attendees.iter();
        let roles = attendees.map(|one| one.department.as_str().len() + 6 * one.roles.len());
        titles.chain(roles).sum::<usize>()
    };
    let spare = session::AGENDA_BYTES_MAX.checked_sub(bytes(&outline));
    assert!(spare.is_some_and(|bytes| bytes < 512), "{spare:?}");
    let requested =
        session::Event::Requested { outline, requester: Some(longest_code(0)), chair: longest_code(0) };
    assert_fits::<session::Session>(&requested);
}
