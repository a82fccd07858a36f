use super::*;
use crate::record::{EventCodec, kind_of};
use domain::deliberation::docket::{Docket, Event};
use domain::{Aggregate, Code, Line, Text, Timestamp, Uuid};
use jiff::civil::date;
use std::collections::BTreeSet;

/// Bytes that a record's payload may have.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}
fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}
fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}
fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn agenda(mode: Mode) -> docket::Agenda {
    docket::Agenda {
        session: Uuid::from_u128(7),
        title: line("防汛会商"),
        body: code("FLOOD"),
        chair: code("WATER"),
        mode,
        decide_by: Some(at("2027-03-01T02:00:00Z")),
        quorum_percent: 60,
        topics: vec![docket::AgendaTopic { no: 1, title: line("转移路线"), timebox_minutes: 20 }],
        participants: vec![docket::Participant {
            department: code("WATER"),
            roles: vec![docket::TopicRole { topic: 1, role: docket::RoleOnTopic::Advises }],
        }],
    }
}

fn item(due: Option<DueRule>) -> docket::DraftedItem {
    let draft = docket::ItemDraft {
        title: line("Mark the routes"),
        deliverable: text("Signs on every route"),
        criterion: Some(text("Seen by the inspectors")),
        lead: Some(code("ROADS")),
        co_responsible: vec![code("ROADS"), code("PRESS")],
        due,
    };
    docket::DraftedItem { no: 3, topic: 1, draft }
}

fn result(method: Method) -> BallotResult {
    BallotResult {
        ballot: 2,
        version: 3,
        method,
        abstention: Abstention::CountsAsCast,
        tie: Tie::ChairDecides,
        eligible: 9,
        recused: 1,
        quorum: 5,
        cast: 7,
        yes: 3,
        no: 3,
        abstain: 1,
        base: 7,
        needed: 4,
        tied: true,
        casting_vote: Some(Choice::Yes),
        passed: true,
    }
}

fn ballot_opened(method: Method) -> Event {
    let (abstention, tie) = (Abstention::DoesNotCount, Tie::Rejects);
    Event::BallotOpened { topic: 1, ballot: 2, version: 3, method, abstention, tie }
}

fn voted(choice: Choice, reason: Option<Text>) -> Event {
    Event::VoteCast { topic: 1, ballot: 2, department: code("WATER"), choice, reason }
}

fn on_the_floor() -> Vec<Event> {
    let (department, opened_at) = (code("WATER"), at("2027-03-01T01:00:00.5Z"));
    vec![
        Event::Prepared { agenda: agenda(Mode::Meeting) },
        Event::Prepared { agenda: agenda(Mode::Countersign { deadline: at("2027-03-05T09:00:00Z") }) },
        Event::DelegateArrived { department: department.clone(), delegate: line("李伟") },
        Event::DelegateLeft { department: department.clone() },
        Event::Opened { opened_at, present: 3, needed: 2, departments: 4 },
        Event::TopicOpened { topic: 1, opened_at },
        Event::TopicPaused { topic: 1, spent_seconds: 900 },
        Event::DigressionMarked { topic: 1, minutes: 4, note: Some(line("Parking")) },
        Event::DigressionMarked { topic: 1, minutes: 5, note: None },
        Event::DebateClosed { topic: 1, spent_seconds: 1530, overrun_seconds: 330, digression_minutes: 9 },
        Event::PositionStated {
            topic: 1,
            department,
            stance: docket::Stance::SupportWithConditions,
            reasons: text("If it is paid for"),
        },
    ]
}

fn on_the_text() -> Vec<Event> {
    let amendment = 2;
    vec![
        Event::Proposed { topic: 1, version: 1, text: text("第一条\n第二条") },
        Event::AmendmentProposed {
            topic: 1,
            amendment,
            department: code("ROADS"),
            version: 1,
            text: text("第一条"),
        },
        Event::AmendmentAdopted { topic: 1, amendment, version: 2 },
        Event::AmendmentRejected { topic: 1, amendment },
        Event::ItemDrafted { item: item(Some(DueRule::On(date(2027, 3, 31)))) },
        Event::ItemDrafted { item: item(Some(DueRule::InDays(30))) },
        Event::ItemRevised { item: item(Some(DueRule::InWorkingDays(5))) },
        Event::ItemRevised { item: item(None) },
        Event::ItemDropped { topic: 1, item: 3, reason: text("Not needed") },
    ]
}

fn on_ballots() -> Vec<Event> {
    let share = Method::QualifiedMajority { numerator: 2, denominator: 3 };
    vec![
        ballot_opened(Method::Consensus),
        ballot_opened(Method::SimpleMajority),
        ballot_opened(share),
        ballot_opened(Method::UnanimousCountersign),
        voted(Choice::Yes, None),
        voted(Choice::No, Some(text("Too dear"))),
        voted(Choice::Abstain, None),
        Event::Recused { topic: 1, department: code("WATER"), reason: text("Own land") },
        Event::BallotClosed { topic: 1, result: result(share) },
        Event::BallotClosed { topic: 1, result: BallotResult { casting_vote: None, ..result(share) } },
    ]
}

fn outcomes() -> Vec<Event> {
    let reason = text("So be it");
    let due_at = at("2027-03-31T15:59:59.999999Z");
    vec![
        Event::DecisionAdopted {
            topic: 1,
            title: line("Evacuation routes"),
            version: 3,
            ballot: 2,
            decided_on: date(2027, 3, 1),
            acknowledge_by: at("2027-03-04T15:59:59.999999Z"),
            declaratory: false,
            dues: vec![docket::Due { item: 3, due: date(2027, 3, 31), due_at }],
        },
        Event::TopicRejected { topic: 1, reason: reason.clone() },
        Event::TopicDeferred {
            topic: 1,
            until: date(2027, 4, 1),
            by: code("ROADS"),
            reason: reason.clone(),
            deferrals: 2,
        },
        Event::TopicReferred { topic: 1, to: code("PROVINCE"), reason: reason.clone() },
        Event::TopicWithdrawn { topic: 1, reason },
        Event::DecidedLate { topic: 1, decide_by: at("2027-03-01T02:00:00Z"), late_minutes: 3 },
        Event::Closed {
            closed_at: at("2027-03-01T03:00:00Z"),
            adopted: 1,
            rejected: 2,
            deferred: 3,
            referred: 4,
            withdrawn: 5,
            spent_seconds: 6,
            digression_minutes: 7,
        },
    ]
}

#[test]
fn every_event_of_a_docket_comes_back_as_it_went() {
    let mut seen = BTreeSet::new();
    for event in [on_the_floor(), on_the_text(), on_ballots(), outcomes()].concat() {
        let stored = Docket::encode(&event);
        let kind = kind_of(&stored);
        assert_eq!(Docket::decode(kind, &stored.value).unwrap().as_ref(), Some(&event), "{kind}");
        seen.insert(kind.to_owned());
    }
    assert_eq!(seen, Docket::TYPES.iter().map(|kind| (*kind).to_owned()).collect());
}

#[test]
fn a_choice_that_was_not_made_is_named() {
    let missing = |fault: Invalid| fault.to_string();
    let none = deliberation::ItemDraft {
        title: "Mark".to_owned(),
        deliverable: "Signs".to_owned(),
        due: Some(deliberation::DueRule { rule: None }),
        ..Default::default()
    };
    assert_eq!(missing(docket::ItemDraft::from_wire(none).unwrap_err()), "due is missing");
    let bad = deliberation::due_rule::Rule::On("tomorrow".to_owned());
    let bad = deliberation::DueRule { rule: Some(bad) };
    assert_eq!(missing(DueRule::from_wire(bad).unwrap_err()), "on must be a date such as 2027-03-31");
}

#[test]
fn the_largest_records_of_a_docket_fit() {
    let bytes = |events: &[Event]| {
        let stored = events.iter().map(Docket::encode);
        stored.map(|any| any.type_url.len() + any.value.len() + 16).sum::<usize>()
    };
    let long = |words: usize| "长".repeat(words);
    // The largest agenda that is taken.
    let topics = 1..=u32::try_from(docket::agenda::TOPICS_MAX).unwrap();
    let roles = topics.clone().map(|topic| docket::TopicRole { topic, role: docket::RoleOnTopic::Decides });
    let largest = docket::Agenda {
        topics: topics
            .map(|no| docket::AgendaTopic { no, title: line(&long(200)), timebox_minutes: 600 })
            .collect(),
        participants: (0..docket::agenda::PARTICIPANTS_MAX)
            .map(|no| docket::Participant {
                department: code(&format!("{}{no:02}", long(30))),
                roles: roles.clone().collect(),
            })
            .collect(),
        ..agenda(Mode::Meeting)
    };
    let prepared = [Event::Prepared { agenda: largest }];
    assert!(bytes(&prepared) < PAYLOAD_BYTES_MAX - 4096, "{} bytes", bytes(&prepared));

    // As many items as one command takes, with as much text as it takes.
    let mut items = item(Some(DueRule::InDays(30))).draft;
    items.deliverable = text(&"a".repeat(docket::DRAFT_BYTES_MAX / docket::ITEMS_PER_COMMAND_MAX - 70));
    let drafted = vec![items; docket::ITEMS_PER_COMMAND_MAX];
    let issued = domain::Issued { at: Timestamp::UNIX_EPOCH, by: domain::Actor::process("test") };
    let mut table = agenda(Mode::Countersign { deadline: Timestamp::MAX });
    for department in ["ROADS", "PRESS"] {
        table.participants.push(docket::Participant { department: code(department), roles: vec![] });
    }
    let prepare = docket::Command::Prepare { agenda: table };
    let events = Docket::decide(&docket::State::Absent, prepare, &issued).unwrap();
    let state = Docket::fold(docket::State::Absent, &events);
    let draft = docket::Command::DraftItems { topic: 1, items: drafted };
    let events = Docket::decide(&state, draft, &issued).unwrap();
    assert!(bytes(&events) < PAYLOAD_BYTES_MAX - 4096, "{} bytes", bytes(&events));
}
