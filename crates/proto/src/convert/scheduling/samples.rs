//! Sample events of rooms, sessions and what is beside them.

pub mod bodies;
mod poll;
mod timetables;

use crate::convert::sample::{Sample, at, code, constitution, line, samples, text};
use domain::decision_rule::MatterClass;
use domain::scheduling::{
    Spelling, availability, body, cost, diary, emergency, matter, poll as polls, quota, room, session, slots,
    stewards, timetable, travel,
};
use domain::{Label, Uuid, spelling};

pub fn all() -> Vec<Box<dyn Sample>> {
    let aggregates = [
        samples::<room::Room>(of_a_room()),
        samples::<body::Body>(bodies::of_a_body()),
        samples::<session::Session>(
            [
                to_admission(),
                later_life(),
                with_matters(),
                with_labels(),
                with_needs(),
                divided(),
                with_answers(),
            ]
            .concat(),
        ),
        samples::<matter::Matter>(of_a_matter()),
        samples::<quota::Quota>(of_a_quota()),
        samples::<stewards::Stewards>(of_the_stewards()),
        samples::<Spelling>(vec![spelling::Event::Taken { code: code("FLOOD") }]),
        samples::<emergency::Emergency>(of_an_emergency()),
        samples::<diary::Diary>(of_a_diary()),
        samples::<travel::Travel>(of_travel()),
        samples::<availability::Availability>(of_what_is_busy()),
        samples::<timetable::Timetable>(timetables::of_a_timetable()),
        samples::<polls::Poll>(poll::of_a_poll()),
    ];
    aggregates.into_iter().flatten().collect()
}

fn of_a_room() -> Vec<room::Event> {
    let profile = room::Profile {
        code: code("R-301"),
        name: line("三楼第一会议室"),
        seats: 30,
        equipment: vec![line("投影仪")],
        site: None,
    };
    let registered = |department| room::Event::Registered { profile: profile.clone(), department };
    vec![
        registered(None),
        registered(Some(code("NDRC"))),
        room::Event::Booked {
            session: session_id(),
            starts_at: at("2027-03-01T01:00:00Z"),
            ends_at: at("2027-03-01T02:00:00.5Z"),
        },
        room::Event::Released { session: session_id() },
        room::Event::Registered {
            profile: room::Profile { site: Some(code("CITY-HALL")), ..profile.clone() },
            department: Some(code("NDRC")),
        },
    ]
}

fn of_travel() -> Vec<travel::Event> {
    let defined = |one_way, department| travel::Event::Defined {
        from: code("CITY-HALL"),
        to: code("PORT"),
        minutes: 40,
        one_way,
        department,
    };
    vec![defined(false, Some(code("NDRC"))), defined(true, None)]
}

fn session_id() -> Uuid {
    Uuid::from_u128(7)
}

fn topics() -> Vec<session::Topic> {
    let topic = |number, title: &str| session::Topic {
        number,
        title: line(title),
        timebox_minutes: 20,
        papers_required: number == 1,
        label: Default::default(),
        matter: None,
        section: None,
        parent: None,
    };
    vec![topic(1, "算力调度"), topic(2, "数据开放")]
}

fn attendees() -> Vec<session::Attendee> {
    use session::{RoleOnTopic, TopicRole};
    let roles = [RoleOnTopic::Decides, RoleOnTopic::Advises, RoleOnTopic::Informed];
    let attendee = |(department, role)| session::Attendee {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }, TopicRole { topic: 2, role }],
        companions: 0,
    };
    ["MIIT", "NDRC", "MOF"].into_iter().zip(roles).map(attendee).collect()
}

pub fn outline(kind: session::Kind) -> session::Outline {
    session::Outline {
        title: line("人工智能部际联席会议"),
        purpose: text("第一行\n第二行"),
        body: code("JC-AI"),
        kind,
        class: if kind == session::Kind::Emergency { MatterClass::Emergency } else { MatterClass::Important },
        topics: topics(),
        attendees: attendees(),
        duration_minutes: 60,
        earliest_start_at: at("2027-03-05T01:00:00Z"),
        case_reference: (kind == session::Kind::Case).then(|| line("12345-2027-0001")),
        decide_by: (kind == session::Kind::Emergency).then(|| at("2027-03-05T03:00:00Z")),
        emergency: (kind == session::Kind::Emergency).then(declaration),
        carries_out: None,
        equipment: vec![],
    }
}

fn declaration() -> session::Declaration {
    session::Declaration { reason: line("河水上涨"), authority: line("防汛预案第3条") }
}

fn findings() -> Vec<session::Finding> {
    use session::Rule;
    let finding = |(rule, overridable)| session::Finding { rule, measure: 6, limit: 5, overridable };
    let rules = [
        (Rule::TopicsPerSession, true),
        (Rule::SessionDuration, true),
        (Rule::Notice, true),
        (Rule::RoleForEveryAttendee, false),
        (Rule::DeciderForEveryTopic, false),
        (Rule::Papers, true),
        (Rule::SessionsPerQuarter, true),
    ];
    rules.map(finding).into()
}

fn to_admission() -> Vec<session::Event> {
    use session::{Event, Kind, Rule};
    let requester = Some(code("NDRC"));
    let requested =
        |kind| Event::Requested { outline: outline(kind), requester: requester.clone(), chair: code("NDRC") };
    vec![
        requested(Kind::Standing),
        requested(Kind::Case),
        requested(Kind::Emergency),
        Event::Requested { outline: outline(Kind::Standing), requester: None, chair: code("NDRC") },
        Event::PaperSubmitted {
            topic: 1,
            paper: session::Paper {
                title: line("方案"),
                sha256: line(&"0f".repeat(32)),
                uri: line("https://files.example.cn/1"),
                label: Default::default(),
            },
            submitted_at: at("2027-03-01T01:00:00Z"),
        },
        Event::Screened { rules: bodies::RULES, findings: findings() },
        Event::FindingOverridden { rule: Rule::Notice, reason: text("紧急") },
        Event::Admitted,
        Event::Returned { reason: text("议题过多") },
        Event::Revised {
            title: None,
            purpose: None,
            topics: topics(),
            attendees: attendees(),
            duration_minutes: 45,
            earliest_start_at: at("2027-03-05T01:00:00Z"),
            equipment: vec![],
        },
        Event::ConvertedToCountersign {
            sign_by: at("2027-03-08T10:00:00Z"),
            reason: text("无需开会"),
            constitution: constitution(),
        },
        Event::Merged { into: session_id(), reason: text("与上次会商相同") },
    ]
}

fn later_life() -> Vec<session::Event> {
    use session::{Answer, Event};
    let answered = |answer, reason| Event::InvitationAnswered {
        department: code("MOF"),
        answer,
        reason,
        answered_at: None,
        late: false,
        put_down_by_clerk: false,
    };
    vec![
        Event::Scheduled {
            room: code("R-301"),
            starts_at: at("2027-03-05T01:00:00Z"),
            ends_at: at("2027-03-05T02:00:00Z"),
            invited: vec![code("MIIT"), code("MOF")],
            answer_by: None,
        },
        Event::Postponed { reason: text("会议室停电") },
        Event::Cancelled { reason: text("事项已解决") },
        answered(Answer::Accept, None),
        answered(Answer::Decline, Some(text("无关"))),
        Event::DelegateNamed {
            department: code("MOF"),
            delegate: line("王芳"),
            in_place_of: Some(line("张强")),
            put_down_by_clerk: false,
        },
        Event::Convened { room: Some(code("R-301")), constitution: constitution() },
        Event::Convened { room: None, constitution: constitution() },
        Event::Concluded,
    ]
}

/// Invitations that are to be answered by a moment.
fn with_answers() -> Vec<session::Event> {
    use session::{Answer, Event};
    let answer_by = at("2027-03-04T10:00:00Z");
    vec![
        Event::Scheduled {
            room: code("R-301"),
            starts_at: at("2027-03-05T01:00:00Z"),
            ends_at: at("2027-03-05T02:00:00Z"),
            invited: vec![code("MIIT"), code("MOF")],
            answer_by: Some(answer_by),
        },
        Event::InvitationReminded { department: code("MOF"), answer_by, reminded_at: answer_by },
        Event::InvitationAnswered {
            department: code("MOF"),
            answer: Answer::Tentative,
            reason: Some(text("待司长返京后确定")),
            answered_at: Some(at("2027-03-04T11:00:00Z")),
            late: true,
            put_down_by_clerk: false,
        },
        Event::InvitationAnswered {
            department: code("MOF"),
            answer: Answer::Accept,
            reason: None,
            answered_at: Some(at("2027-03-04T11:00:00Z")),
            late: false,
            put_down_by_clerk: true,
        },
        Event::DelegateNamed {
            department: code("MOF"),
            delegate: line("王芳"),
            in_place_of: None,
            put_down_by_clerk: true,
        },
    ]
}

/// Sessions whose topics and papers have labels.
fn with_labels() -> Vec<session::Event> {
    let labelled = |(topic, label)| session::Topic { label, ..topic };
    let labels = [Label::Secret, Label::Public].into_iter().cycle();
    let topics: Vec<session::Topic> = topics().into_iter().zip(labels).map(labelled).collect();
    let outline = session::Outline { topics, ..outline(session::Kind::Standing) };
    let paper = session::Paper {
        title: line("方案"),
        sha256: line(&"0f".repeat(32)),
        uri: line("https://files.example.cn/1"),
        label: Label::Secret,
    };
    vec![
        session::Event::Requested { outline, requester: Some(code("NDRC")), chair: code("NDRC") },
        session::Event::PaperSubmitted { topic: 1, paper, submitted_at: at("2027-03-01T01:00:00Z") },
    ]
}

/// A session in sections and sub-topics, and what is added to it.
fn divided() -> Vec<session::Event> {
    let mut topics = topics();
    topics[0] =
        session::Topic { section: Some(line("一、算力")), timebox_minutes: 0, ..topics[0].clone() };
    topics[1].parent = Some(1);
    let added = session::Topic { number: 3, section: Some(line("二、其他")), ..topics[0].clone() };
    let outline = session::Outline { topics, ..outline(session::Kind::Standing) };
    let role = |department, role| session::DepartmentRole { department: code(department), role };
    let roles =
        vec![role("MIIT", session::RoleOnTopic::Decides), role("MOF", session::RoleOnTopic::Informed)];
    vec![
        session::Event::Requested { outline, requester: Some(code("NDRC")), chair: code("NDRC") },
        session::Event::TopicAdded {
            topic: added.clone(),
            roles: roles.clone(),
            reason: Some(text("新情况")),
        },
        session::Event::TopicAdded { topic: added, roles, reason: None },
        session::Event::FindingOverridden { rule: session::Rule::AddedTopics, reason: text("情况紧急") },
    ]
}

/// Sessions whose topics name their matters.
fn with_matters() -> Vec<session::Event> {
    let topics: Vec<session::Topic> = topics()
        .into_iter()
        .map(|topic| session::Topic { matter: Some(Uuid::from_u128(9 + u128::from(topic.number))), ..topic })
        .collect();
    let outline = session::Outline { topics: topics.clone(), ..outline(session::Kind::Standing) };
    vec![
        session::Event::Requested { outline, requester: Some(code("NDRC")), chair: code("NDRC") },
        session::Event::Revised {
            title: Some(line("算力会商")),
            purpose: Some(text("只议算力")),
            topics: topics.clone(),
            attendees: attendees(),
            duration_minutes: 45,
            earliest_start_at: at("2027-03-05T01:00:00Z"),
            equipment: vec![],
        },
        session::Event::Adjourned {
            reason: text("未达法定人数"), adjournments: 1, second_call_at: None
        },
        session::Event::Adjourned {
            reason: text("再次流会"),
            adjournments: 2,
            second_call_at: Some(at("2027-03-09T01:30:00Z")),
        },
        session::Event::SigningExtended {
            sign_by: at("2027-03-09T10:00:00Z"), reason: text("尚有部门未签")
        },
        session::Event::MeetingCalled { reason: text("有部门提出异议") },
        session::Event::TopicsAbsorbed {
            from: Uuid::from_u128(8),
            topics,
            attendees: attendees(),
            duration_minutes: 90,
            equipment: vec![],
        },
        session::Event::TopicRelabelled {
            topic: 1, label: Label::Secret, reason: text("涉及商业秘密")
        },
        session::Event::TopicRelabelled { topic: 1, label: Label::Internal, reason: text("保密期已满") },
        session::Event::PaperRelabelled {
            topic: 1,
            sha256: line(&"0a".repeat(32)),
            label: Label::Public,
            reason: text("可以公开"),
        },
    ]
}

fn with_needs() -> Vec<session::Event> {
    let equipment = vec![line("视频会议"), line("投影仪")];
    let attendees: Vec<session::Attendee> =
        attendees().into_iter().map(|one| session::Attendee { companions: 2, ..one }).collect();
    let outline = session::Outline {
        equipment: equipment.clone(),
        attendees: attendees.clone(),
        ..outline(session::Kind::Standing)
    };
    vec![
        session::Event::Requested { outline, requester: Some(code("NDRC")), chair: code("NDRC") },
        session::Event::Revised {
            title: None,
            purpose: None,
            topics: topics(),
            attendees: attendees.clone(),
            duration_minutes: 45,
            earliest_start_at: at("2027-03-05T01:00:00Z"),
            equipment: equipment.clone(),
        },
        session::Event::TopicsAbsorbed {
            from: Uuid::from_u128(8),
            topics: topics(),
            attendees,
            duration_minutes: 90,
            equipment,
        },
        session::Event::Screened {
            rules: body::MeetingRules {
                hourly_rate: Some(cost::HourlyRate {
                    currency: cost::Currency::parse("CNY").unwrap(),
                    minor_units: 12_050,
                }),
                ..bodies::RULES
            },
            findings: vec![],
        },
    ]
}

fn of_a_matter() -> Vec<matter::Event> {
    use matter::{Event, Verdict};
    let (session, resume_at) = (session_id(), at("2027-03-19T16:00:00Z"));
    let intake = intake();
    let secret = matter::Intake { label: Label::Secret, ..intake.clone() };
    let part = matter::Intake {
        summary: None,
        case_reference: None,
        split_from: Some(Uuid::from_u128(9)),
        deferrals: 1,
        concerned: vec![],
        ..intake.clone()
    };
    let deferred = |session, deferrals, reason| Event::Deferred {
        session,
        resume_on: "2027-03-20".parse().unwrap(),
        resume_at,
        deferrals,
        reason,
    };
    let referred =
        |session, reason| Event::Referred { session, to: code("CITY"), chair: code("MAYOR"), reason };
    vec![
        Event::TakenIn { intake, raised_by: Some(code("NDRC")) },
        Event::TakenIn { intake: part.clone(), raised_by: None },
        Event::PutOnAgenda {
            session,
            topic: 1,
            concerned: vec![code("MIIT"), code("MOF")],
            label: Label::Internal,
        },
        Event::TakenOffAgenda { session, reason: Some(text("改由他会处理")) },
        Event::TakenOffAgenda { session, reason: None },
        deferred(Some(session), 1, None),
        deferred(None, 2, Some(text("资料不全"))),
        Event::Resumed { resume_at },
        referred(Some(session), None),
        referred(None, Some(text("超出职责"))),
        Event::ReferralAccepted { body: code("CITY") },
        Event::ReferralReturned { from: code("CITY"), reason: text("职责不符") },
        Event::Split { into: vec![Uuid::from_u128(10), Uuid::from_u128(11)], reason: text("分别处理") },
        Event::Merged { into: Uuid::from_u128(12), reason: text("同一事项") },
        Event::Absorbed {
            from: Uuid::from_u128(9),
            deferrals: 1,
            concerned: vec![code("MOF")],
            label: Label::Internal,
            class: None,
        },
        Event::Decided { session, verdict: Verdict::Adopted },
        Event::Decided { session, verdict: Verdict::Rejected },
        Event::Withdrawn { session: Some(session), reason: None },
        Event::Withdrawn { session: None, reason: Some(text("已解决")) },
        Event::TakenIn { intake: secret, raised_by: Some(code("NDRC")) },
        Event::PutOnAgenda { session, topic: 2, concerned: vec![code("MOF")], label: Label::Secret },
        Event::Absorbed {
            from: Uuid::from_u128(9),
            deferrals: 1,
            concerned: vec![],
            label: Label::Public,
            class: None,
        },
        Event::Relabelled { label: Label::Secret, concerned: vec![], reason: text("涉及商业秘密") },
        Event::Relabelled {
            label: Label::Internal,
            concerned: vec![code("MOF")],
            reason: text("保密期已满"),
        },
    ]
    .into_iter()
    .chain(of_a_class(matter::Intake { class: Some(MatterClass::Important), ..part }))
    .collect()
}

fn intake() -> matter::Intake {
    matter::Intake {
        title: line("柳树巷积水"),
        summary: Some(text("每逢大雨即积水")),
        body: code("JC-AI"),
        case_reference: Some(line("12345-2027-0001")),
        split_from: None,
        deferrals: 0,
        concerned: vec![code("MIIT")],
        label: Label::Internal,
        class: None,
    }
}

/// What says by whose rule a matter is decided.
fn of_a_class(intake: matter::Intake) -> Vec<matter::Event> {
    use matter::Event;
    vec![
        Event::TakenIn { intake, raised_by: None },
        Event::Absorbed {
            from: Uuid::from_u128(9),
            deferrals: 0,
            concerned: vec![],
            label: Label::Internal,
            class: Some(MatterClass::Important),
        },
        Event::Classified { session: Some(session_id()), class: MatterClass::Personnel, reason: None },
        Event::Classified {
            session: None, class: MatterClass::Ordinary, reason: Some(text("不涉及人事"))
        },
    ]
}

fn of_the_stewards() -> Vec<stewards::Event> {
    vec![stewards::Event::Named { body: code("FLOOD"), stewards: vec![code("ROADS"), code("WATER")] }]
}

fn of_a_quota() -> Vec<quota::Event> {
    let quarter_on = "2027-01-01".parse().unwrap();
    vec![
        quota::Event::Entered { session: session_id(), quarter_on },
        quota::Event::Left { session: session_id() },
    ]
}

fn of_a_diary() -> Vec<diary::Event> {
    let (starts_at, ends_at) = (at("2027-03-08T01:00:00Z"), at("2027-03-08T02:30:00Z"));
    vec![
        diary::Event::Entered { session: session_id(), starts_at, ends_at, site: None },
        diary::Event::Left { session: session_id() },
        diary::Event::Entered { session: session_id(), starts_at, ends_at, site: Some(code("CITY-HALL")) },
    ]
}

fn of_an_emergency() -> Vec<emergency::Event> {
    use emergency::{Alarm, EndCause, Event};
    let substitutes = vec![code("DRAINAGE"), code("METRO")];
    let alarm = Alarm {
        body: code("FLOOD"),
        plan: Some(code("FLOOD-1")),
        title: line("柳树巷积水"),
        chair: code("WATER"),
        secretariat: vec![code("OFFICE")],
        calls: vec![body::PlannedCall { department: code("ROADS"), substitutes }],
        acknowledge_minutes: 10,
        decide_by: at("2027-07-20T10:00:00Z"),
    };
    let by_hand = Alarm { plan: None, calls: vec![], acknowledge_minutes: 0, ..alarm.clone() };
    let raised = |alarm, raised_by| Event::Raised {
        alarm,
        raised_by,
        raised_at: at("2027-07-20T08:00:00Z"),
        acknowledge_by: at("2027-07-20T08:10:00Z"),
        halfway_at: at("2027-07-20T09:00:00Z"),
    };
    let acknowledged = |department, on_behalf_by, late| Event::Acknowledged {
        seat: code("ROADS"),
        department,
        acknowledged_at: at("2027-07-20T08:15:00Z"),
        on_behalf_by,
        late,
    };
    vec![
        raised(alarm, Some(code("WATER"))),
        raised(by_hand, None),
        acknowledged(code("DRAINAGE"), Some(code("OFFICE")), false),
        acknowledged(code("ROADS"), None, true),
        Event::SubstituteCalled {
            seat: code("ROADS"),
            passed_over: code("ROADS"),
            substitute: code("DRAINAGE"),
            called_at: at("2027-07-20T08:10:00Z"),
            acknowledge_by: at("2027-07-20T08:20:00Z"),
            number: 4,
        },
        Event::Unreached {
            seat: code("ROADS"),
            department: code("METRO"),
            acknowledge_by: at("2027-07-20T08:30:00Z"),
        },
        Event::DecisionHalfway { decide_by: at("2027-07-20T10:00:00Z") },
        Event::DecisionOverdue { decide_by: at("2027-07-20T10:00:00Z") },
        Event::Ended { cause: EndCause::Decided, ended_at: at("2027-07-20T09:30:00Z") },
    ]
}

fn of_what_is_busy() -> Vec<availability::Event> {
    use availability::{Event, Failure, Holder, HolderKind};
    let failed = |failure, http_status| Event::CalendarFailed {
        subscription: session_id(),
        failure,
        http_status,
        failed_at: at("2027-03-07T01:00:00Z"),
    };
    let department = Holder { kind: HolderKind::Department, code: code("MOF") };
    let room = Holder { kind: HolderKind::Room, code: code("R-301") };
    let member = Holder { kind: HolderKind::Member, code: code("li.wei") };
    let (starts_at, ends_at) = (at("2027-03-08T00:00:00Z"), at("2027-03-12T00:00:00Z"));
    vec![
        Event::AbsenceRecorded { holder: department, absence: session_id(), starts_at, ends_at },
        Event::AbsenceRecorded { holder: member, absence: session_id(), starts_at, ends_at },
        Event::AbsenceWithdrawn { absence: session_id() },
        Event::BusyTimesImported {
            holder: room,
            calendar: line("会议室日历"),
            times: vec![slots::Busy { starts_at, ends_at }],
            read_at: at("2027-03-01T01:00:00Z"),
        },
        Event::BusyTimesForgotten { calendar: line("会议室日历") },
        Event::CalendarSubscribed {
            holder: Holder { kind: HolderKind::Department, code: code("MOF") },
            calendar: line("司长日程"),
            subscription: session_id(),
            url: text("https://calendar.example.cn/secret/7.ics"),
            subscribed_at: at("2027-03-01T01:00:00Z"),
        },
        Event::BusyTimesRead {
            subscription: session_id(),
            times: vec![slots::Busy { starts_at, ends_at }],
            read_at: at("2027-03-01T01:01:00Z"),
        },
        Event::BusyTimesConfirmed { subscription: session_id(), read_at: at("2027-03-06T01:00:00Z") },
        failed(Failure::NotAllowed, None),
        failed(Failure::Unreachable, None),
        failed(Failure::TimedOut, None),
        failed(Failure::Status, Some(500)),
        failed(Failure::TooLarge, None),
        failed(Failure::TooManyRedirects, None),
        failed(Failure::NotUnderstood, None),
    ]
}
