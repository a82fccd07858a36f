//! Counted hands: how many, and not whose, where that does not matter.

use super::*;
use crate::deliberation::ballot::Hands;

/// A ballot under a rule that has hands counted, changed like this.
fn open(change: impl FnOnce(&mut Agenda)) -> Vec<Event> {
    let mut history = followed_by(in_session(), [proposed(1)]);
    let Some(Event::Prepared { agenda }) = history.first_mut() else { panic!("it is prepared") };
    agenda.constitution.rule.voting.hand_counts = true;
    change(agenda);
    followed_by(history, [ballot_opened(1, 1, Tie::Rejects)])
}

fn hands(yes: u32, no: u32, abstain: u32) -> Command {
    Command::RecordHandCount { topic: 1, hands: Hands { yes, no, abstain } }
}

fn clerk() -> Actor {
    actor("wen", "OFFICE", Role::Clerk)
}

fn count(history: &[Event], yes: u32, no: u32, abstain: u32) -> Result<Vec<Event>, &'static str> {
    let counted = given::<Docket>(history).by(clerk()).when(hands(yes, no, abstain));
    counted.map_err(|refused| refused.reason())
}

#[test]
fn counted_hands_decide_as_votes_do_and_name_nobody() {
    let history = open(|_| ());
    let history = followed_by(history.clone(), count(&history, 1, 2, 0).unwrap());
    assert_eq!(count(&history, 1, 2, 0), Ok(vec![]), "the same count");
    let history = followed_by(history.clone(), count(&history, 2, 1, 0).unwrap());
    let closed = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    let [Event::BallotClosed { result, roll, .. }] = &closed[..] else { panic!("{closed:?}") };
    assert_eq!((result.yes, result.no, result.cast, result.passed), (2, 1, 3, true));
    assert!(roll.iter().all(|seat| seat.present && !seat.voted));
    let history = followed_by(history, closed);
    let adopted = given::<Docket>(&history).by(of("WATER")).when(adopt(true)).unwrap();
    let decision = Docket::fold(State::Absent, &followed_by(history, adopted)).decision(1).unwrap();
    assert_eq!(decision.dissenting, [], "nobody knows whose");
}

#[test]
fn nobody_is_counted_twice() {
    let history = open(|_| ());
    assert_eq!(count(&history, 3, 1, 0), Err("TOO_MANY_HANDS"));
    let voted_already = followed_by(history.clone(), [voted("ROADS", Choice::Yes)]);
    assert_eq!(count(&voted_already, 2, 0, 0), Err("VOTES_BY_NAME"));
    let counted = followed_by(history.clone(), count(&history, 2, 1, 0).unwrap());
    let by_clerk = |history: &[Event]| {
        given::<Docket>(history).by(actor("wang", "OFFICE", Role::Clerk)).when(vote("ROADS"))
    };
    assert_eq!(by_clerk(&counted), Err(Rejection::HandsCounted { topic_number: 1, hands: 3 }));
    let taken_back = followed_by(counted.clone(), count(&counted, 0, 0, 0).unwrap());
    assert!(by_clerk(&taken_back).is_ok());
    // A seat that votes itself is not shut out: hands do not count then, and the others are called by name.
    let own = given::<Docket>(&counted).by(of("ROADS")).when(vote("ROADS")).unwrap();
    let by_name = followed_by(counted.clone(), own);
    assert_eq!(count(&by_name, 2, 1, 0), Err("VOTES_BY_NAME"));
    let closed = given::<Docket>(&by_name).by(of("WATER")).when(close_ballot(None)).unwrap();
    let [Event::BallotClosed { result, .. }] = &closed[..] else { panic!("{closed:?}") };
    assert_eq!((result.cast, result.yes), (1, 1));

    let left = followed_by(counted, [recused("HEALTH")]);
    let closed = given::<Docket>(&left).by(of("WATER")).when(close_ballot(None)).unwrap();
    let [Event::BallotClosed { result, .. }] = &closed[..] else { panic!("{closed:?}") };
    assert_eq!(result.cast, 0, "they are counted again after a recusal");
    assert_eq!(count(&left, 2, 1, 0), Err("TOO_MANY_HANDS"));
}

#[test]
fn hands_are_counted_where_it_does_not_matter_whose_they_are() {
    let refused = |change: &dyn Fn(&mut Agenda)| count(&open(change), 2, 1, 0).unwrap_err();
    assert_eq!(refused(&|it| it.constitution.rule.voting.hand_counts = false), "HAND_COUNTS_NOT_ALLOWED");
    assert_eq!(refused(&|it| it.constitution.voters[1].weight = 2), "HAND_COUNT_IMPOSSIBLE");
    assert_eq!(refused(&|it| it.constitution.voters[1].veto = true), "HAND_COUNT_IMPOSSIBLE");
    let stranger = given::<Docket>(&open(|_| ())).by(actor("li", "METRO", Role::Clerk)).when(hands(2, 1, 0));
    assert!(matches!(stranger, Err(Rejection::NotYourDepartment { .. })));
    let mut secret = open(|_| ());
    if let Some(Event::BallotOpened { secret: is_secret, .. }) = secret.last_mut() {
        *is_secret = true;
    }
    assert_eq!(count(&secret, 2, 1, 0), Err("BALLOT_IS_SECRET"));
}
