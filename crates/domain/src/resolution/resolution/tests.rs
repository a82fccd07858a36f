use super::*;
use crate::testing::given;
use proptest::prelude::*;

/// The resolution's own id.
const OWN: Uuid = Uuid::from_u128(5);

fn registration(number: &str) -> Registration {
    Registration {
        number: Line::parse(number).unwrap(),
        origin: Origin::Session {
            session: Uuid::from_u128(1),
            topic: 1,
            votes: votes(),
            dissenting: vec![Code::parse("FIN").unwrap()],
        },
        body: Code::parse("JC").unwrap(),
        title: Line::parse("防汛物资统一调拨").unwrap(),
        text: Text::parse("各成员单位按附件调拨。").unwrap(),
        declaratory: false,
        decided_on: "2027-03-01".parse().unwrap(),
        items: vec![Uuid::from_u128(11), Uuid::from_u128(12)],
        changes: vec![],
        label: Default::default(),
    }
}

fn votes() -> Votes {
    Votes {
        method: Line::parse("simple majority").unwrap(),
        eligible: 3,
        recused: 0,
        quorum: 2,
        cast: 3,
        yes: 2,
        no: 1,
        abstain: 0,
        base: 3,
        needed: 2,
        sentence: Text::parse("passed: 2 yes, 1 no").unwrap(),
        body_version: 3,
    }
}

fn change(by: u128, effect: ChangeEffect, carried_over: &[Uuid]) -> Command {
    Command::Change { by: Uuid::from_u128(by), effect, carried_over: carried_over.to_vec(), reason: reason() }
}

fn registered() -> Vec<Event> {
    vec![Event::Registered {
        registration: registration("JC-2027-0001"),
        registered_at: Timestamp::UNIX_EPOCH,
    }]
}

fn reason() -> Text {
    Text::parse("JC-2027-0009 Another law applies").unwrap()
}

#[test]
fn a_decision_is_registered_once() {
    let again = Command::Register { registration: registration("JC-2027-0001") };
    assert_eq!(given::<Resolution>(&[]).when(again.clone()), Ok(registered()));
    assert_eq!(given::<Resolution>(&registered()).when(again), Ok(vec![]));
    assert_eq!(
        given::<Resolution>(&registered())
            .when(Command::Register { registration: registration("JC-2027-0002") }),
        Err(Rejection::AlreadyRegistered { number: Line::parse("JC-2027-0001").unwrap() })
    );
}

#[test]
fn nothing_is_changed_that_was_never_registered() {
    let unknown = given::<Resolution>(&[]).when(change(9, ChangeEffect::Rescinds, &[]));
    assert!(matches!(unknown, Err(Rejection::NotFound { .. })));
}

#[test]
fn a_later_decision_amends_it_or_ends_it_and_carries_over_what_it_says() {
    let item = Uuid::from_u128(11);
    let changed = |history: &[Event], command| given::<Resolution>(history).when(command).unwrap();
    let mut history = registered();
    for by in [7, 8] {
        history.extend(changed(&history, change(by, ChangeEffect::Amends, &[])));
        assert_eq!(changed(&history, change(by, ChangeEffect::Amends, &[])), [], "once");
    }
    let state = Resolution::fold(State::default(), &history);
    let amended = state.registered().unwrap();
    let chain = [7, 8].map(Uuid::from_u128);
    assert_eq!((amended.stage(), amended.amended_by.as_slice()), (Stage::InForce, &chain[..]));
    history.extend(changed(&history, change(9, ChangeEffect::Rescinds, &[item])));
    for effect in [ChangeEffect::Amends, ChangeEffect::Supersedes, ChangeEffect::Rescinds] {
        assert_eq!(changed(&history, change(10, effect, &[])), [], "it has ended");
    }
    let state = Resolution::fold(State::default(), &history);
    let rescinded = state.registered().unwrap();
    let ending = rescinded.ending.as_ref().unwrap();
    assert_eq!((rescinded.stage(), ending.by), (Stage::Rescinded, Uuid::from_u128(9)));
    assert_eq!(rescinded.hold_on(item), Hold::CarriedOver { by: Uuid::from_u128(9) });
    assert_eq!(rescinded.hold_on(Uuid::from_u128(12)), Hold::Ended);
    let rescinded = crate::process::rescind_items::react(OWN, &state, &[], history.last().unwrap());
    assert_eq!(rescinded.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [Uuid::from_u128(12)]);
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1..3u32).prop_map(|serial| Command::Register {
            registration: registration(&format!("JC-2027-000{serial}"))
        }),
        (1..3u128).prop_map(|by| change(by, ChangeEffect::Amends, &[])),
        (1..3u128).prop_map(|by| change(by, ChangeEffect::Rescinds, &[])),
        (1..3u128).prop_map(|by| change(by, ChangeEffect::Supersedes, &[])),
    ]
}

proptest! {
    /// Whatever commands come, a resolution keeps what was registered first and ends at most once.
    #[test]
    fn a_resolution_ends_at_most_once(commands in proptest::collection::vec(commands(), 0..12)) {
        let mut history: Vec<Event> = Vec::new();
        for command in commands {
            if let Ok(events) = given::<Resolution>(&history).when(command) {
                history.extend(events);
            }
        }
        let endings = history.iter().filter(|event| {
            matches!(event, Event::Changed { effect, .. } if *effect != ChangeEffect::Amends)
        }).count();
        prop_assert!(endings <= 1);
        let state = Resolution::fold(State::default(), &history);
        match history.first() {
            None => prop_assert_eq!(state, State::Absent),
            Some(Event::Registered { registration, .. }) => {
                prop_assert_eq!(&state.registered().unwrap().registration, registration);
            }
            Some(other) => prop_assert!(false, "began with {:?}", other),
        }
    }
}
