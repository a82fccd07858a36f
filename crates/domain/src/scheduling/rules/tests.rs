use super::*;
use crate::testing::given;

fn body() -> Code {
    Code::parse("JCAI").unwrap()
}

#[test]
fn a_body_without_rules_of_its_own_has_the_default() {
    assert_eq!(State::default().in_force(), Rules::default());
    let rules = Rules { topics_max: 3, sessions_per_quarter_max: Some(2), ..Rules::default() };
    let defined = given::<MeetingRules>(&[]).when(Command::Define { body: body(), rules }).unwrap();
    assert_eq!(MeetingRules::fold(State::default(), &defined).in_force(), rules);
    assert_eq!(given::<MeetingRules>(&defined).when(Command::Define { body: body(), rules }), Ok(vec![]));
}

#[test]
fn rules_that_no_session_can_keep_are_refused() {
    let rules = Rules { duration_minutes_max: 0, ..Rules::default() };
    assert_eq!(
        given::<MeetingRules>(&[]).when(Command::Define { body: body(), rules }),
        Err(Rejection::LimitOutOfRange { field: "duration_minutes_max" })
    );
}
