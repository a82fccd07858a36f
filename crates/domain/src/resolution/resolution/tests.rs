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
    }
}

fn superseded_by(successor: Uuid) -> Command {
    Command::Supersede { resolution: OWN, successor, reason: reason() }
}

fn registered() -> Vec<Event> {
    vec![Event::Registered {
        registration: registration("JC-2027-0001"),
        registered_at: Timestamp::UNIX_EPOCH,
    }]
}

fn reason() -> Text {
    Text::parse("another law applies").unwrap()
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
fn a_resolution_that_ended_does_not_end_again_in_another_way() {
    assert_eq!(
        given::<Resolution>(&registered()).when(superseded_by(OWN)),
        Err(Rejection::OwnSuccessor { number: Line::parse("JC-2027-0001").unwrap() })
    );
    let mut history = registered();
    history.extend(given::<Resolution>(&history).when(Command::Rescind { reason: reason() }).unwrap());
    assert_eq!(given::<Resolution>(&history).when(Command::Rescind { reason: reason() }), Ok(vec![]));
    let refused = given::<Resolution>(&history).when(superseded_by(Uuid::from_u128(9))).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the stage of resolution JC-2027-0001 is rescinded; it has to be in-force"
    );
    assert!(matches!(
        given::<Resolution>(&[]).when(Command::Rescind { reason: reason() }),
        Err(Rejection::NotFound { .. })
    ));
}

#[test]
fn a_later_decision_amends_it_or_ends_it_and_carries_over_what_it_says() {
    let (by, item) = (Uuid::from_u128(9), Uuid::from_u128(11));
    let change = |history: &[Event], effect, carried_over: &[Uuid]| {
        let carried_over = carried_over.to_vec();
        given::<Resolution>(history)
            .when(Command::Change { by, effect, carried_over, reason: reason() })
            .unwrap()
    };
    let mut history = registered();
    history.extend(change(&history, ChangeEffect::Amends, &[]));
    assert_eq!(change(&history, ChangeEffect::Amends, &[]), [], "once");
    let state = Resolution::fold(State::default(), &history);
    let amended = state.registered().unwrap();
    assert_eq!((amended.stage(), amended.amended_by.as_slice()), (Stage::InForce, &[by][..]));
    history.extend(change(&history, ChangeEffect::Rescinds, &[item]));
    assert_eq!(change(&history, ChangeEffect::Supersedes, &[]), [], "it has ended");
    let state = Resolution::fold(State::default(), &history);
    let rescinded = state.registered().unwrap();
    assert_eq!(rescinded.stage(), Stage::Rescinded);
    assert!(rescinded.binds(item) && !rescinded.binds(Uuid::from_u128(12)));
    let rescinded = crate::process::rescind_items::react(OWN, &state, history.last().unwrap());
    assert_eq!(rescinded.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [Uuid::from_u128(12)]);
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1..3u32).prop_map(|serial| Command::Register {
            registration: registration(&format!("JC-2027-000{serial}"))
        }),
        Just(Command::Rescind { reason: reason() }),
        (1..3u128).prop_map(|id| superseded_by(Uuid::from_u128(id))),
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
        let endings = history.iter().filter(|event| !matches!(event, Event::Registered { .. })).count();
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
