use super::samples::{evidence, registration, votes};
use super::*;
use crate::convert::sample::{PAYLOAD_BYTES_MAX, at, code, text};
use crate::record::EventCodec;

#[test]
fn the_largest_events_fit_into_a_record() {
    let longest = "汛".repeat(domain::text::TEXT_BYTES_MAX / 3);
    let name = "𠮷".repeat(domain::text::LINE_CHARS_MAX);
    let dissenting = (0..100).map(|nth| code(&format!("{}{nth:03}", "汛".repeat(29)))).collect();
    let origin = Origin::Session { session: Uuid::from_u128(7), topic: 2, votes: votes(), dissenting };
    let registration = Registration { origin, ..registration(500, &longest) };
    let claimed = action_item::Event::CompletionClaimed {
        department: code("WATER"),
        summary: text(&longest),
        evidence: vec![evidence(&name, &name); domain::resolution::evidence::EVIDENCE_MAX],
        claimed_at: None,
        by: None,
    };
    let registered_at = at("2027-03-01T02:00:00.5Z");
    let registered = Resolution::encode(&decision::Event::Registered { registration, registered_at });
    assert!(registered.value.len() < PAYLOAD_BYTES_MAX - 1024, "{}", registered.value.len());
    assert!(ActionItem::encode(&claimed).value.len() < PAYLOAD_BYTES_MAX - 1024);
}

#[test]
fn a_new_due_date_is_one_of_three() {
    for due in
        [DueRule::On("2027-04-01".parse().unwrap()), DueRule::AfterDays(0), DueRule::AfterWorkingDays(5)]
    {
        assert_eq!(DueRule::from_wire(Wire::<api::DueRule>::to_wire(&due)), Ok(due));
    }
    let nothing = api::DueRule { rule: None };
    assert_eq!(DueRule::from_wire(nothing).unwrap_err().to_string(), "is missing");
    let fault = api::DueRule { rule: Some(api::due_rule::Rule::DueOn("soon".into())) };
    assert_eq!(DueRule::from_wire(fault).unwrap_err().violations[0].field, "due_on");
}
