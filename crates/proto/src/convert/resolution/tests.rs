use super::*;
use crate::record::{EventCodec, kind_of};
use domain::{Code, Line, Text, Timestamp, Uuid};
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

/// Every event comes back from the log as it went in, and every type is among them.
fn round_trip<A: EventCodec>(events: Vec<A::Event>) {
    let mut kinds = BTreeSet::new();
    for event in events {
        let stored = A::encode(&event);
        kinds.insert(kind_of(&stored).to_owned());
        assert_eq!(A::decode(kind_of(&stored), &stored.value).unwrap(), Some(event));
    }
    assert_eq!(kinds, A::TYPES.iter().map(|kind| (*kind).to_owned()).collect());
}

fn registration(items: u128, words: &str) -> Registration {
    Registration {
        number: line("FLOOD-2027-0001"),
        session: Uuid::from_u128(7),
        topic: 2,
        body: code("FLOOD"),
        title: line("泵站改造"),
        text: text(words),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        votes: Votes {
            method: line("simple majority"),
            eligible: 9,
            recused: 1,
            quorum: 5,
            cast: 7,
            yes: 4,
            no: 2,
            abstain: 1,
            base: 6,
            needed: 3,
            sentence: text("passed"),
        },
        dissent: vec![code("ROADS"), code("HEALTH")],
        items: (0..items).map(Uuid::from_u128).collect(),
    }
}

fn evidence(words: &str) -> Evidence {
    Evidence { title: line(words), sha256: line(&"0a".repeat(32)), uri: line(words) }
}

#[test]
fn every_event_of_a_register_and_a_resolution_comes_back() {
    round_trip::<Register>(vec![register::Event::NumberIssued {
        body: code("FLOOD"),
        year: 2027,
        resolution: Uuid::from_u128(3),
        serial: 12,
        number: line("FLOOD-2027-0012"),
    }]);
    round_trip::<Resolution>(vec![
        ResolutionEvent::Registered { registration: registration(2, "改造十二座泵站。") },
        ResolutionEvent::Rescinded { reason: text("a law applies") },
        ResolutionEvent::Superseded { by: Uuid::from_u128(8), reason: text("a better one") },
    ]);
}

#[test]
fn every_event_of_an_item_comes_back() {
    use action_item::Event;
    let due = "2027-03-31".parse().unwrap();
    let due_at = at("2027-03-31T15:59:59.999999Z");
    let acknowledge_by = at("2027-03-04T15:59:59.999999Z");
    let (department, reason) = (code("WATER"), text("because"));
    let assignment = Assignment {
        resolution: Uuid::from_u128(3),
        number: line("FLOOD-2027-0001/1"),
        title: line("改造"),
        deliverable: text("十二座"),
        criterion: text("两小时"),
        lead: department.clone(),
        co_responsible: vec![code("ROADS"), code("WATER")],
        due,
        due_at,
        acknowledge_by,
    };
    round_trip::<ActionItem>(vec![
        Event::Assigned { assignment },
        Event::Acknowledged { department: department.clone() },
        Event::Contested { department: department.clone(), reason: reason.clone() },
        Event::ContestDismissed { reason: reason.clone(), acknowledge_by },
        Event::Reassigned { lead: code("ROADS"), reason: reason.clone(), acknowledge_by },
        Event::ProgressReported {
            department: department.clone(),
            percent: 40,
            note: text("five"),
            evidence: vec![evidence("a"), evidence("b")],
        },
        Event::Blocked { department: department.clone(), reason: reason.clone(), help_from: code("FINANCE") },
        Event::Unblocked { department: department.clone(), note: text("paid") },
        Event::ExtensionRequested { due, due_at, reason: reason.clone() },
        Event::ExtensionGranted { due, due_at, granted: 2 },
        Event::ExtensionRefused { reason: reason.clone() },
        Event::CompletionClaimed {
            department: department.clone(),
            summary: text("done"),
            evidence: vec![evidence("a")],
        },
        Event::Accepted { department: Some(department.clone()), note: Some(text("well")) },
        Event::Accepted { department: None, note: None },
        Event::Returned { department: Some(department.clone()), reason: reason.clone() },
        Event::Reopened { reason: reason.clone(), due, due_at },
        Event::Rescinded { reason },
        Event::LookedBack { department: Some(department), finding: text("seen"), holds: false },
    ]);
}

#[test]
fn the_largest_events_fit_into_a_record() {
    let longest = "汛".repeat(domain::text::TEXT_BYTES_MAX / 3);
    let name = "𠮷".repeat(domain::text::LINE_CHARS_MAX);
    let mut decision = registration(500, &longest);
    decision.dissent = (0..100).map(|no| code(&format!("{}{no:03}", "汛".repeat(29)))).collect();
    let claimed = action_item::Event::CompletionClaimed {
        department: code("WATER"),
        summary: text(&longest),
        evidence: vec![evidence(&name); domain::resolution::evidence::EVIDENCE_MAX],
    };
    let registered = Resolution::encode(&ResolutionEvent::Registered { registration: decision });
    assert!(registered.value.len() < PAYLOAD_BYTES_MAX - 1024, "{}", registered.value.len());
    assert!(ActionItem::encode(&claimed).value.len() < PAYLOAD_BYTES_MAX - 1024);
}

#[test]
fn a_new_due_date_is_one_of_three() {
    for due in [NewDue::On("2027-04-01".parse().unwrap()), NewDue::Days(0), NewDue::WorkingDays(5)] {
        assert_eq!(NewDue::from_wire(Wire::<api::NewDue>::to_wire(&due)), Ok(due));
    }
    let nothing = api::NewDue { rule: None };
    assert_eq!(NewDue::from_wire(nothing).unwrap_err().to_string(), "is missing");
    let fault = api::NewDue { rule: Some(api::new_due::Rule::On("soon".into())) };
    assert_eq!(NewDue::from_wire(fault).unwrap_err().violations[0].field, "on");
}
