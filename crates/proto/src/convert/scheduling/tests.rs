use super::*;
use crate::record::{EventCodec, kind_of};
use domain::{Code, Line, Role, Text, Timestamp, Uuid};
use jiff::civil::date;
use std::collections::BTreeSet;

/// Every event comes back as it went, and no stored message is without a sample.
fn round_trip<A: EventCodec>(samples: &[A::Event]) {
    let mut seen = BTreeSet::new();
    for event in samples {
        let stored = A::encode(event);
        let kind = kind_of(&stored).to_owned();
        assert_eq!(A::decode(&kind, &stored.value).unwrap().as_ref(), Some(event), "{kind}");
        seen.insert(kind);
    }
    assert_eq!(seen, A::TYPES.iter().map(|kind| (*kind).to_owned()).collect());
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn session_id() -> Uuid {
    Uuid::from_u128(7)
}

#[test]
fn the_directory_comes_back_as_it_went() {
    round_trip::<department::Department>(&[department::Event::Registered {
        profile: department::Profile {
            code: code("MIIT"),
            name: line("工业和信息化部"),
            parent: Some(code("SC")),
            level: department::Level::National,
            region: None,
            kind: department::Kind::Agency,
        },
    }]);
    round_trip::<member::Member>(&[member::Event::Registered {
        profile: member::Profile {
            code: code("li.wei"),
            name: line("李伟"),
            department: code("MIIT"),
            email: Some(line("li.wei@example.cn")),
            roles: vec![Role::Delegate, Role::DepartmentLead],
        },
    }]);
    round_trip::<room::Room>(&[
        room::Event::Registered {
            profile: room::Profile {
                code: code("R-301"),
                name: line("三楼第一会议室"),
                seats: 30,
                equipment: vec![line("投影仪")],
            },
        },
        room::Event::Booked {
            session: session_id(),
            from: at("2027-03-01T01:00:00Z"),
            until: at("2027-03-01T02:00:00.5Z"),
        },
        room::Event::Released { session: session_id() },
    ]);
}

#[test]
fn calendars_and_rules_come_back_as_they_went() {
    let weekend = vec![Weekday::Saturday, Weekday::Sunday];
    let calendar = WorkingCalendar::new(
        "Asia/Shanghai",
        weekend,
        [date(2027, 10, 1), date(2027, 10, 4)],
        [date(2027, 10, 9)],
    );
    round_trip::<calendar::Calendar>(&[calendar::Event::Defined { calendar: calendar.unwrap() }]);
    let rules = rules::Rules { sessions_per_quarter_max: Some(4), ..rules::Rules::default() };
    round_trip::<rules::MeetingRules>(&[
        rules::Event::Defined { body: code("JC"), rules },
        rules::Event::Defined { body: code("JC"), rules: rules::Rules::default() },
    ]);
}

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

fn topics() -> Vec<session::Topic> {
    let topic = |no, title: &str| session::Topic {
        no,
        title: line(title),
        timebox_minutes: 20,
        papers_required: no == 1,
    };
    vec![topic(1, "算力调度"), topic(2, "数据开放")]
}

fn attendees() -> Vec<session::Attendee> {
    use session::{RoleOnTopic, TopicRole};
    let roles = [RoleOnTopic::Decides, RoleOnTopic::Advises, RoleOnTopic::Informed];
    let attendee = |(department, role)| session::Attendee {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }, TopicRole { topic: 2, role }],
    };
    ["MIIT", "NDRC", "MOF"].into_iter().zip(roles).map(attendee).collect()
}

fn outline(kind: session::Kind) -> session::Outline {
    session::Outline {
        title: line("人工智能部际联席会议"),
        purpose: text("第一行\n第二行"),
        body: code("JC-AI"),
        kind,
        chair: code("NDRC"),
        topics: topics(),
        attendees: attendees(),
        minutes: 60,
        earliest_start: at("2027-03-05T01:00:00Z"),
        case_reference: (kind == session::Kind::Case).then(|| line("12345-2027-0001")),
        decide_by: (kind == session::Kind::Emergency).then(|| at("2027-03-05T03:00:00Z")),
        quorum_percent: 67,
    }
}

#[test]
fn the_way_to_admission_comes_back_as_it_went() {
    use session::{Event, Finding, Kind, Rule};
    let kinds = [Kind::Standing, Kind::Case, Kind::Emergency];
    let findings =
        Rule::ALL.map(|rule| Finding { rule, measure: 6, limit: 5, overridable: rule.is_overridable() });
    let mut samples: Vec<Event> =
        kinds.map(|kind| Event::Requested { outline: outline(kind), requester: Some(code("NDRC")) }).into();
    samples.extend([
        Event::Requested { outline: outline(Kind::Standing), requester: None },
        Event::PapersSubmitted {
            topic: 1,
            paper: session::Paper {
                title: line("方案"),
                sha256: line(&"0f".repeat(32)),
                uri: line("https://files.example.cn/1"),
            },
            submitted_at: at("2027-03-01T01:00:00Z"),
        },
        Event::Screened { rules: rules::Rules::default(), findings: findings.into() },
        Event::FindingOverridden { rule: Rule::Notice, reason: text("紧急") },
        Event::Admitted,
        Event::Returned { reason: text("议题过多") },
        Event::Revised {
            topics: topics(),
            attendees: attendees(),
            minutes: 45,
            earliest_start: at("2027-03-05T01:00:00Z"),
        },
        Event::TurnedIntoCountersign { deadline: at("2027-03-08T10:00:00Z"), reason: text("无需开会") },
        Event::Merged { into: session_id(), reason: text("与上次会商相同") },
    ]);
    samples.extend(later_life());
    round_trip::<session::Session>(&samples);
}

fn later_life() -> Vec<session::Event> {
    use session::{Answer, Event};
    let answered = |answer, reason| Event::InvitationAnswered { department: code("MOF"), answer, reason };
    vec![
        Event::Scheduled {
            room: code("R-301"),
            from: at("2027-03-05T01:00:00Z"),
            until: at("2027-03-05T02:00:00Z"),
            invited: vec![code("MIIT"), code("MOF")],
        },
        Event::Postponed { reason: text("会议室停电") },
        Event::Cancelled { reason: text("事项已解决") },
        answered(Answer::Accept, None),
        answered(Answer::Decline, Some(text("无关"))),
        Event::DelegateNamed {
            department: code("MOF"),
            delegate: line("王芳"),
            in_place_of: Some(line("张强")),
        },
        Event::Convened { room: Some(code("R-301")) },
        Event::Convened { room: None },
        Event::Concluded,
    ]
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
