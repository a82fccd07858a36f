//! What a decision does to earlier resolutions is declared before the vote.

use super::*;
use crate::resolution_change::{ChangeEffect, ResolutionChange};

fn change(resolution: u128, effect: ChangeEffect, carried_over: &[u128]) -> ResolutionChange {
    let carried_over = carried_over.iter().map(|&item| Uuid::from_u128(item)).collect();
    ResolutionChange { resolution: Uuid::from_u128(resolution), effect, carried_over }
}

fn declare(history: &[Event], changes: Vec<ResolutionChange>) -> Result<Vec<Event>, &'static str> {
    let declared =
        given::<Docket>(history).by(of("WATER")).when(Command::DeclareChanges { topic: 1, changes });
    declared.map_err(|refused| refused.reason())
}

#[test]
fn what_is_voted_on_says_what_it_changes() {
    let history = followed_by(in_session(), [proposed(1)]);
    let rescind = vec![change(7, ChangeEffect::Rescinds, &[11]), change(8, ChangeEffect::Amends, &[])];
    let declared = declare(&history, rescind.clone()).unwrap();
    let history = followed_by(history, declared);
    assert_eq!(declare(&history, rescind.clone()), Ok(vec![]), "once");
    let counted = passed_from(history.clone());
    assert_eq!(declare(&counted, vec![]), Err("VERSION_VOTED_ON"));
    let adopted = given::<Docket>(&counted).by(of("WATER")).when(adopt(true)).unwrap();
    let state = Docket::fold(State::Absent, &followed_by(counted, adopted));
    assert_eq!(state.decision(1).unwrap().changes, rescind);

    let open = followed_by(history, [ballot_opened(1, 1, Tie::Rejects)]);
    assert_eq!(declare(&open, vec![]), Err("BALLOT_STILL_OPEN"));
}

/// The same with a vote that passes version 1.
fn passed_from(history: Vec<Event>) -> Vec<Event> {
    let votes = [voted("WATER", Choice::Yes), voted("ROADS", Choice::Yes)];
    let history = followed_by(followed_by(history, [ballot_opened(1, 1, Tie::Rejects)]), votes);
    let closed = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    followed_by(history, closed)
}

#[test]
fn a_change_says_one_thing_about_each_of_a_few_resolutions() {
    let history = followed_by(in_session(), [proposed(1)]);
    let amends = |resolution| change(resolution, ChangeEffect::Amends, &[]);
    assert_eq!(declare(&history, vec![amends(7), amends(7)]), Err("DUPLICATE_RESOLUTION"));
    assert_eq!(declare(&history, (0..11).map(amends).collect()), Err("TOO_MANY_CHANGES"));
    let carried = change(7, ChangeEffect::Amends, &[11]);
    assert_eq!(declare(&history, vec![carried]), Err("NOTHING_TO_CARRY_OVER"));
    let all: Vec<u128> = (0..51).collect();
    assert_eq!(declare(&history, vec![change(7, ChangeEffect::Rescinds, &all)]), Err("TOO_MANY_ITEMS"));
}
