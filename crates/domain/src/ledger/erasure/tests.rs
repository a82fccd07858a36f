use super::*;
use crate::testing::given;

fn requested(erasure: u128, keys: &[u128]) -> Event {
    Event::Requested {
        erasure_id: Uuid::from_u128(erasure),
        key_ids: keys.iter().map(|key| Uuid::from_u128(*key)).collect(),
        marks: vec![Uuid::from_u128(9)],
        reason: Text::parse("They have left and asked for it").unwrap(),
        authority: Line::parse("Order 7/2027").unwrap(),
    }
}

fn request(erasure: u128, keys: &[u128]) -> Command {
    let Event::Requested { erasure_id, key_ids, marks, reason, authority } = requested(erasure, keys) else {
        unreachable!("it is a request")
    };
    Command::Request { erasure_id, key_ids, marks, reason, authority }
}

#[test]
fn an_erasure_is_requested_carried_out_and_completed_each_once() {
    let erasure_id = Uuid::from_u128(1);
    let (destroy, complete) = (Command::NoteKeyDestroyed { erasure_id }, Command::Complete { erasure_id });
    let (destroyed, completed) = (Event::KeyDestroyed { erasure_id }, Event::Completed { erasure_id });
    let mut history = vec![];
    assert_eq!(given::<Erasures>(&history).when(request(1, &[7])), Ok(vec![requested(1, &[7])]));
    history.push(requested(1, &[7]));
    let early = given::<Erasures>(&history).when(complete.clone());
    assert_eq!(early, Err(Rejection::KeyNotDestroyed { erasure_id }));
    assert_eq!(given::<Erasures>(&history).when(destroy.clone()), Ok(vec![destroyed.clone()]));
    history.push(destroyed);
    assert_eq!(given::<Erasures>(&history).when(destroy.clone()), Ok(vec![]));
    assert_eq!(given::<Erasures>(&history).when(complete.clone()), Ok(vec![completed.clone()]));
    history.push(completed);
    assert_eq!(given::<Erasures>(&history).when(complete), Ok(vec![]));
    assert_eq!(given::<Erasures>(&history).when(destroy), Ok(vec![]));
    let state = Erasures::fold(State::default(), &history);
    assert_eq!(state.find(erasure_id).unwrap().stage, Stage::Completed);
}

#[test]
fn a_key_is_erased_once_and_a_later_key_of_the_same_person_again() {
    let history = [requested(1, &[7])];
    assert_eq!(given::<Erasures>(&history).when(request(2, &[7])), Err(Rejection::NothingToErase));
    assert_eq!(given::<Erasures>(&history).when(request(2, &[7, 8])), Ok(vec![requested(2, &[8])]));
    assert_eq!(given::<Erasures>(&history).when(request(3, &[])), Err(Rejection::NothingToErase));
    let erasure_id = Uuid::from_u128(3);
    let unknown = given::<Erasures>(&history).when(Command::NoteKeyDestroyed { erasure_id });
    assert_eq!(unknown, Err(Rejection::ErasureNotFound { erasure_id }));
}

#[test]
fn the_key_of_a_ballot_is_given_up_when_there_is_one() {
    let give_up = |key_ids| Command::GiveUpBallotKey {
        docket_id: Uuid::from_u128(7),
        ballot_number: 2,
        topic_number: None,
        key_ids,
    };
    assert_eq!(given::<Erasures>(&[]).when(give_up(vec![])), Ok(vec![]), "no vote was cast");
    let given_up = given::<Erasures>(&[]).when(give_up(vec![Uuid::from_u128(9)])).unwrap();
    assert!(matches!(given_up[..], [Event::BallotKeyGivenUp { .. }]));
    assert!(given::<Erasures>(&given_up).when(request(1, &[7])).is_ok(), "it is no erasure");
}
