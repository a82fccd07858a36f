use super::samples::{evidence, registration};
use super::*;
use crate::convert::sample::{PAYLOAD_BYTES_MAX, code, text};
use crate::record::EventCodec;

#[test]
fn the_largest_events_fit_into_a_record() {
    let longest = "汛".repeat(domain::text::TEXT_BYTES_MAX / 3);
    let name = "𠮷".repeat(domain::text::LINE_CHARS_MAX);
    let mut decision = registration(500, &longest);
    decision.dissent = (0..100).map(|no| code(&format!("{}{no:03}", "汛".repeat(29)))).collect();
    let claimed = action_item::Event::CompletionClaimed {
        department: code("WATER"),
        summary: text(&longest),
        evidence: vec![evidence(&name, &name); domain::resolution::evidence::EVIDENCE_MAX],
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
