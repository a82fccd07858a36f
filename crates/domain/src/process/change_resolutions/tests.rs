use super::*;
use crate::Aggregate as _;
use crate::resolution::resolution::{Origin, Registration, Resolution};
use crate::resolution_change::ChangeEffect;
use crate::testing::{at, code, line, text};

/// A resolution of the body FLOOD, with one item.
fn registered() -> State {
    let registration = Registration {
        number: line("FLOOD-2027-0001"),
        origin: Origin::Elsewhere { source: line("A letter") },
        body: code("FLOOD"),
        title: line("Sandbags"),
        text: text("WATER fills them."),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: vec![Uuid::from_u128(11)],
        changes: vec![],
        label: Default::default(),
    };
    let registered = Event::Registered { registration, registered_at: at("2027-03-01T01:00:00Z") };
    Resolution::fold(State::default(), &[registered])
}

fn checked(body: &str, carried_over: &[u128], state: &State) -> Result<(), Unfit> {
    let carried_over = carried_over.iter().map(|&item| Uuid::from_u128(item)).collect();
    let change =
        ResolutionChange { resolution: Uuid::from_u128(7), effect: ChangeEffect::Supersedes, carried_over };
    check(&code(body), &change, state)
}

#[test]
fn a_body_changes_only_what_it_has_decided_itself_and_what_is_in_force() {
    let (state, number) = (registered(), line("FLOOD-2027-0001"));
    let unknown = Unfit::Unknown { resolution: Uuid::from_u128(7) };
    assert_eq!(checked("FLOOD", &[11], &state), Ok(()));
    let not_its_item = Unfit::NotItsItem { item: Uuid::from_u128(12), number: number.clone() };
    assert_eq!(checked("FLOOD", &[12], &state), Err(not_its_item));
    assert_eq!(checked("CITY", &[], &state), Err(unknown.clone()), "another body's does not exist for it");
    assert_eq!(checked("FLOOD", &[], &State::default()), Err(unknown));
    let rescinded = Event::Changed {
        by: Uuid::from_u128(9),
        effect: ChangeEffect::Rescinds,
        carried_over: vec![],
        reason: text("FLOOD-2027-0002"),
        changed_at: at("2027-04-01T01:00:00Z"),
    };
    let ended = Resolution::fold(state, &[rescinded]);
    assert!(matches!(checked("FLOOD", &[], &ended), Err(Unfit::NotInForce { .. })));
}
