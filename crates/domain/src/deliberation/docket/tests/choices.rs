//! Choices among options: who chooses, what counts, and that nothing comes of it by itself.

use super::*;
use crate::decision_rule::OptionTie;
use crate::deliberation::ballot::options::{ChoiceMethod, Preference, preferred};
use crate::deliberation::docket::choices::{ChoiceResult, OpenedLot, SealedLot, TieBroken};

fn open(method: ChoiceMethod) -> Command {
    let options = ["North", "South", "West"].map(line).to_vec();
    Command::OpenChoice { topic: 1, question: line("Which route?"), options, method, lot: None }
}
fn cast(department: &str, named: &[u32], points: &[u32]) -> Command {
    let (named, points) = (named.to_vec(), points.to_vec());
    Command::CastChoice { topic: 1, department: code(department), named, points }
}
fn close() -> Command {
    Command::CloseChoice { topic: 1, opened: vec![], lot: None }
}
fn by(history: &[Event], department: &str, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Docket>(history).by(of(department)).when(command)
}
fn opened_by(method: ChoiceMethod) -> Vec<Event> {
    let history = in_session();
    followed_by(history.clone(), by(&history, "WATER", open(method)).unwrap())
}

/// What comes of these preferences.
fn chosen(method: ChoiceMethod, papers: &[(&str, &[u32], &[u32])]) -> ChoiceResult {
    let mut history = opened_by(method);
    for (department, named, points) in papers {
        history.extend(by(&history, department, cast(department, named, points)).unwrap());
    }
    let closed = by(&history, "WATER", close()).unwrap();
    let [Event::ChoiceClosed { result, roll, .. }] = &closed[..] else { panic!("{closed:?}") };
    assert_eq!(roll.len(), 3, "the roll has every seat");
    assert_eq!(by(&followed_by(history, closed.clone()), "WATER", close()), Ok(vec![]));
    result.clone()
}

#[test]
fn each_method_chooses_its_own_way() {
    let ranked: [(&str, &[u32], &[u32]); 3] =
        [("WATER", &[1, 2, 3], &[]), ("ROADS", &[2, 1, 3], &[]), ("HEALTH", &[2, 3, 1], &[])];
    assert_eq!(chosen(ChoiceMethod::InstantRunoff, &ranked).first, [2]);
    assert_eq!(chosen(ChoiceMethod::Schulze, &ranked).first, [2]);
    let one: [(&str, &[u32], &[u32]); 2] = [("WATER", &[3], &[]), ("ROADS", &[1], &[])];
    assert_eq!(chosen(ChoiceMethod::Single, &one).first, [1, 3], "nothing was decided between the two");
    let points: [(&str, &[u32], &[u32]); 2] = [("WATER", &[], &[0, 10, 3]), ("ROADS", &[], &[9, 0, 8])];
    let result = chosen(ChoiceMethod::Score, &points);
    assert_eq!((result.first, &result.figures[0].of_options), (vec![3], &vec![9, 10, 11]));
    let few = chosen(ChoiceMethod::Single, &one[..1]);
    assert_eq!((few.first, few.cast, few.quorum), (vec![], 1, 2), "no quorum, no choice");
}

#[test]
fn a_preference_fits_the_method_and_comes_from_who_may_vote() {
    let single = opened_by(ChoiceMethod::Single);
    for (named, points) in [(&[][..], &[][..]), (&[1, 2], &[]), (&[4], &[]), (&[0], &[]), (&[1], &[1, 1, 1])]
    {
        let refused = by(&single, "WATER", cast("WATER", named, points)).map_err(|refused| refused.reason());
        assert_eq!(refused, Err("PREFERENCE_DOES_NOT_FIT"), "{named:?} {points:?}");
    }
    let scored = opened_by(ChoiceMethod::Score);
    assert!(by(&scored, "WATER", cast("WATER", &[], &[10, 0, 10])).is_ok());
    assert!(by(&scored, "WATER", cast("WATER", &[], &[11, 0, 0])).is_err());
    assert!(by(&scored, "WATER", cast("WATER", &[], &[1, 1])).is_err());
    assert!(matches!(
        by(&single, "PRESS", cast("PRESS", &[1], &[])),
        Err(Rejection::NotEntitledToVote { .. })
    ));
    assert!(matches!(
        by(&single, "ROADS", cast("WATER", &[1], &[])),
        Err(Rejection::NotYourDepartment { .. })
    ));
    let left = followed_by(single, [recused("HEALTH")]);
    assert!(matches!(
        by(&left, "HEALTH", cast("HEALTH", &[1], &[])),
        Err(Rejection::DepartmentRecused { .. })
    ));
}

#[test]
fn one_choice_is_open_at_a_time_and_no_ballot_beside_it() {
    let history = opened_by(ChoiceMethod::Single);
    assert_eq!(by(&history, "WATER", open(ChoiceMethod::Single)), Ok(vec![]));
    let still_open = Err(Rejection::ChoiceStillOpen { topic_number: 1 });
    assert_eq!(by(&history, "WATER", open(ChoiceMethod::Score)), still_open);
    let proposed = followed_by(history, [proposed(1)]);
    assert_eq!(by(&proposed, "WATER", open_ballot(1)), still_open);
    let withdraw = Command::WithdrawTopic { topic: 1, reason: text("Settled elsewhere") };
    assert_eq!(by(&proposed, "WATER", withdraw), still_open);
    let alone = Command::OpenChoice {
        topic: 1,
        question: line("Which route?"),
        options: vec![line("North"), line("North")],
        method: ChoiceMethod::Single,
        lot: None,
    };
    assert_eq!(by(&in_session(), "WATER", alone), Err(Rejection::OptionsOutOfRange { options: 2, max: 12 }));
}

/// What comes of a choice in which ROADS approves of 2, HEALTH of 3, and WATER, in the chair, of these.
fn equal(option_tie: OptionTie, of_the_chair: &[u32], recuses: bool) -> ChoiceResult {
    let mut history = in_session();
    let Some(Event::Prepared { agenda }) = history.first_mut() else { panic!("it is prepared") };
    agenda.constitution.rule.voting.option_tie = option_tie;
    history.extend(by(&history, "WATER", open(ChoiceMethod::Approval)).unwrap());
    for (department, named) in [("ROADS", &[2][..]), ("HEALTH", &[3]), ("WATER", of_the_chair)] {
        history.extend(by(&history, department, cast(department, named, &[])).unwrap());
    }
    history.extend(recuses.then(|| recused("WATER")));
    let chair = if recuses { "ROADS" } else { "WATER" };
    let closed = by(&history, chair, close()).unwrap();
    let [Event::ChoiceClosed { result, .. }] = &closed[..] else { panic!("{closed:?}") };
    result.clone()
}

#[test]
fn the_rule_of_the_body_says_what_decides_between_equal_options() {
    let nothing = equal(OptionTie::NoDecision, &[1], false);
    assert_eq!((nothing.first, nothing.tie_broken), (vec![1, 2, 3], None));

    let by_the_chair = equal(OptionTie::ChairPrefers, &[1], false);
    let broken = TieBroken { option: 1, by: OptionTie::ChairPrefers, lot: None, lot_secret: None };
    assert_eq!((by_the_chair.first, by_the_chair.tie_broken), (vec![1, 2, 3], Some(broken)));
    for silent in [&[][..], &[2, 3]] {
        let result = equal(OptionTie::ChairPrefers, silent, false);
        assert_eq!((result.first, result.tie_broken), (vec![2, 3], None), "{silent:?} tells nothing");
    }
    let by_the_deputy = equal(OptionTie::ChairPrefers, &[3], true).tie_broken.unwrap();
    assert_eq!(by_the_deputy.option, 2, "WATER recused itself, and ROADS is in the chair");

    assert_eq!(equal(OptionTie::Lot, &[2], false).tie_broken, None, "there is nothing to draw");
}

/// What a lot decides in a choice between 2 and 3 that was opened with a commitment to 17, when this is opened for the count.
fn drawn(secret: u128, commitment: &str, of_health: &[u32]) -> ChoiceResult {
    let mut history = in_session();
    let Some(Event::Prepared { agenda }) = history.first_mut() else { panic!("it is prepared") };
    agenda.constitution.rule.voting.option_tie = OptionTie::Lot;
    let Command::OpenChoice { topic, question, options, method, .. } = open(ChoiceMethod::Approval) else {
        panic!("it opens a choice")
    };
    let lot = Some(SealedLot { commitment: line("held to 17"), sealed: vec![1, 2, 3] });
    let open = Command::OpenChoice { topic, question, options, method, lot };
    history.extend(by(&history, "WATER", open).unwrap());
    for (department, named) in [("ROADS", &[2][..]), ("HEALTH", of_health)] {
        history.extend(by(&history, department, cast(department, named, &[])).unwrap());
    }
    let lot = Some(OpenedLot { secret: Uuid::from_u128(secret), commitment: line(commitment) });
    let closed = by(&history, "WATER", Command::CloseChoice { topic: 1, opened: vec![], lot }).unwrap();
    let [Event::ChoiceClosed { result, sealed: true, .. }] = &closed[..] else { panic!("{closed:?}") };
    result.clone()
}

#[test]
fn a_lot_is_the_one_that_was_sealed_when_the_choice_was_opened() {
    let result = drawn(17, "held to 17", &[3]);
    let broken = result.tie_broken.clone().expect("it decides");
    let place = usize::try_from(broken.lot.unwrap().as_u128() % 2).unwrap();
    assert_eq!((broken.option, broken.by), (result.first[place], OptionTie::Lot));
    assert_eq!(broken.lot_secret, Some(Uuid::from_u128(17)));
    assert_eq!(drawn(17, "held to 17", &[3]), result, "whenever it is counted");
    assert_eq!(drawn(18, "held to 18", &[3]).tie_broken, None, "no other one does");
    let other = drawn(17, "held to 17", &[3, 1]).tie_broken.expect("it decides");
    assert_ne!(
        other.lot, broken.lot,
        "what is said last has a part in it, and so has the secret, which nobody knows then"
    );
}

#[test]
fn a_seat_prefers_one_of_equal_options_if_what_it_said_tells() {
    let said = |named: &[usize], points: &[u32]| Preference {
        weight: 1,
        named: named.to_vec(),
        points: points.to_vec(),
    };
    assert_eq!(preferred(ChoiceMethod::Single, &[0, 2], &said(&[2], &[])), Some(2));
    assert_eq!(preferred(ChoiceMethod::Approval, &[0, 2], &said(&[2, 0], &[])), None);
    assert_eq!(preferred(ChoiceMethod::Schulze, &[0, 2], &said(&[1, 2, 0], &[])), Some(2));
    assert_eq!(preferred(ChoiceMethod::InstantRunoff, &[0, 2], &said(&[1], &[])), None);
    assert_eq!(preferred(ChoiceMethod::Score, &[0, 2], &said(&[], &[3, 9, 4])), Some(2));
    assert_eq!(preferred(ChoiceMethod::Score, &[0, 2], &said(&[], &[4, 9, 4])), None);
}
