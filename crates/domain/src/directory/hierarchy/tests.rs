use super::*;
use crate::testing::{code, given};
use proptest::prelude::*;

fn place(department: &str, parent: Option<&str>) -> Command {
    Command::Place { department: code(department), parent: parent.map(code) }
}

fn placed(department: &str, parent: Option<&str>) -> Event {
    Event::Placed { department: code(department), parent: parent.map(code) }
}

#[test]
fn a_circle_of_any_length_is_refused_with_its_chain() {
    let history = [placed("B", Some("A")), placed("C", Some("B")), placed("D", Some("C"))];
    for (parent, chain) in [
        ("A", "A under A"),
        ("B", "A under B under A"),
        ("C", "A under C under B under A"),
        ("D", "A under D under C under B under A"),
    ] {
        let refused = given::<Hierarchy>(&history).when(place("A", Some(parent))).unwrap_err();
        assert_eq!(refused, Rejection::ParentCycle { department_code: code("A"), chain: chain.to_owned() });
    }
    let refused = given::<Hierarchy>(&history).when(place("A", Some("B"))).unwrap_err();
    assert_eq!(refused.to_string(), "department A would be above itself: A under B under A");
}

#[test]
fn below_a_department_is_what_was_placed_there_last_at_any_depth() {
    let history =
        [placed("B", Some("A")), placed("C", Some("B")), placed("D", Some("A")), placed("D", Some("X"))];
    let state = Hierarchy::fold(State::default(), &history);
    let below =
        |department| state.downwards(&code(department)).iter().map(Code::to_string).collect::<Vec<_>>();
    assert_eq!(below("A"), ["A", "B", "C"]);
    assert_eq!(below("X"), ["D", "X"], "it moved");
    assert_eq!(below("D"), ["D"], "nothing is below it");
}

#[test]
fn a_department_moves_where_no_circle_comes_of_it() {
    let history = [placed("B", Some("A")), placed("C", Some("B"))];
    let when = |command| given::<Hierarchy>(&history).when(command).unwrap();
    assert_eq!(when(place("C", Some("A"))), [placed("C", Some("A"))]);
    assert_eq!(when(place("B", None)), [placed("B", None)]);
    assert_eq!(when(place("B", Some("A"))), [], "it is there already");
    assert_eq!(when(place("A", None)), [], "it is at the top already");
    let turned = [&history[..], &[placed("C", None), placed("B", None)]].concat();
    assert_eq!(given::<Hierarchy>(&turned).when(place("A", Some("B"))).unwrap(), [placed("A", Some("B"))]);
}

proptest! {
    #[test]
    fn whatever_is_asked_nobody_is_above_themselves(moves in proptest::collection::vec((0..8_u8, 0..9_u8), 0..60)) {
        let name = |number: u8| code(&format!("D{number}"));
        let issued = Issued { at: crate::Timestamp::UNIX_EPOCH, by: crate::Actor::process("test") };
        let mut state = State::default();
        for (department, parent) in moves {
            let command = Command::Place { department: name(department), parent: (parent < 8).then(|| name(parent)) };
            for event in Hierarchy::decide(&state, command, &issued).unwrap_or_default() {
                state = Hierarchy::evolve(state, &event);
            }
            for department in 0..8 {
                let department = name(department);
                prop_assert!(state.upwards(&department).skip(1).all(|above| *above != department));
            }
        }
    }
}
