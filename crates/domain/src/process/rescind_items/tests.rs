use super::*;
use crate::Label;
use crate::resolution::resolution::{Event, Origin, Registration, Resolution, State};
use crate::resolution_change::ResolutionChange;
use crate::testing::{at, code, line, text};
use crate::{Aggregate as _, Uuid};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A resolution that supersedes others, each with what is carried over from it.
fn registered(items: &[u128], supersedes: &[(u128, &[u128])]) -> Event {
    let change = |&(resolution, carried_over): &(u128, &[u128])| ResolutionChange {
        resolution: id(resolution),
        effect: ChangeEffect::Supersedes,
        carried_over: carried_over.iter().copied().map(id).collect(),
    };
    let registration = Registration {
        number: line("FLOOD-2027-0001"),
        origin: Origin::Elsewhere { source: line("国发〔2026〕12号") },
        body: code("FLOOD"),
        title: line("泵站"),
        text: text("改造泵站"),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: items.iter().copied().map(id).collect(),
        changes: supersedes.iter().map(change).collect(),
        label: Label::default(),
    };
    Event::Registered { registration, registered_at: at("2027-03-01T02:00:00Z") }
}

fn ended(by: u128, carried_over: &[u128]) -> Event {
    Event::Changed {
        by: id(by),
        effect: ChangeEffect::Rescinds,
        carried_over: carried_over.iter().copied().map(id).collect(),
        reason: text("FLOOD-2027-0009"),
        changed_at: at("2027-04-01T02:00:00Z"),
    }
}

fn state(events: &[Event]) -> State {
    Resolution::fold(State::default(), events)
}

/// The items that end when resolution 2 does, which superseded resolution 1.
fn end_with(earlier: &State, ending: Event) -> Vec<u128> {
    let state = state(&[registered(&[21], &[(1, &[11, 12])]), ending.clone()]);
    let earlier = std::slice::from_ref(earlier);
    react(id(2), &state, earlier, &ending).into_iter().map(|(item, _)| item.as_u128()).collect()
}

#[test]
fn what_was_carried_over_ends_with_the_resolution_that_carried_it_over() {
    let first = state(&[registered(&[11, 12, 13], &[]), ended(2, &[11, 12])]);
    let ending = ended(9, &[]);
    assert_eq!(end_with(&first, ending.clone()), [21, 11, 12]);
    let ended_state = state(&[registered(&[21], &[(1, &[11, 12])]), ending.clone()]);
    assert_eq!(earlier(&ended_state, &ending), [id(1)]);
}

#[test]
fn what_is_carried_over_once_more_does_not_end() {
    let first = state(&[registered(&[11, 12, 13], &[]), ended(2, &[11, 12])]);
    assert_eq!(end_with(&first, ended(9, &[12])), [21, 11]);
}

#[test]
fn what_another_decision_had_ended_before_is_not_ended_by_this_one() {
    let first = state(&[registered(&[11, 12, 13], &[]), ended(3, &[11, 12])]);
    assert_eq!(end_with(&first, ended(9, &[])), [21]);
}
