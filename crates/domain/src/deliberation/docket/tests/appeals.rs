//! Appeals: the others decide whether a ruling of the chair on a point of order stands.

use super::*;

fn appeals(department: &str, point: u32) -> Command {
    let (department, kind) = (code(department), MotionKind::Appeal { point });
    Command::MoveMotion { topic: 1, department, kind, reason: text("It was on topic"), calendar: calendar() }
}
fn tried(history: &[Event], by: &str, command: Command) -> Result<Vec<Event>, &'static str> {
    given::<Docket>(history).by(of(by)).when(command).map_err(|refused| refused.reason())
}
fn done(history: Vec<Event>, by: &str, command: Command) -> Vec<Event> {
    let events = tried(&history, by, command.clone()).unwrap_or_else(|why| panic!("{command:?}: {why}"));
    followed_by(history, events)
}

/// HEALTH says that ROADS is off topic, and the chair agrees; ROADS goes on.
fn ruled() -> Vec<Event> {
    let give = Command::GiveFloor { topic: 1, department: code("ROADS"), reason: Some(text("It knows")) };
    let history = done(in_session(), "WATER", give);
    let (department, off_topic) = (code("HEALTH"), text("Off topic"));
    let raise = Command::RaisePointOfOrder { topic: 1, department, text: off_topic };
    let raised = done(history, "HEALTH", raise);
    assert_eq!(tried(&raised, "ROADS", appeals("ROADS", 1)), Err("POINT_OF_ORDER_PENDING"));
    let rule = Command::RulePointOfOrder { topic: 1, point: 1, sustained: true, reason: text("It is") };
    done(raised, "WATER", rule)
}

fn voted_on(history: Vec<Event>, motion: u32, votes: &[(&str, Choice)]) -> Vec<Event> {
    let history = done(history, "WATER", Command::YieldFloor { topic: 1, department: code("ROADS") });
    let history = done(history, "WATER", Command::PutMotion { topic: 1, motion, calendar: calendar() });
    let votes = votes.iter().map(|(department, choice)| voted_in(1, department, *choice));
    let history = followed_by(history, votes.collect::<Vec<_>>());
    done(history, "WATER", close_ballot(None))
}

fn ruling(history: &[Event]) -> Ruling {
    let state = Docket::fold(State::Absent, history);
    state.proceedings().unwrap().topic(1).unwrap().floor.points[0].ruling.clone().unwrap()
}

#[test]
fn the_others_reverse_a_ruling_once() {
    let history = ruled();
    assert_eq!(tried(&history, "PRESS", appeals("PRESS", 1)), Err("NOT_ENTITLED_TO_VOTE"));
    assert_eq!(tried(&history, "HEALTH", appeals("HEALTH", 2)), Err("NOT_FOUND"));
    let appealed = done(history, "ROADS", appeals("ROADS", 1));
    assert_eq!(tried(&appealed, "ROADS", appeals("ROADS", 1)), Ok(vec![]), "a repeat");
    let close = Command::CloseDebate { topic: 1 };
    assert_eq!(tried(&appealed, "WATER", close), Err("MOTION_PENDING"));

    let (yes, no) = (Choice::Yes, Choice::No);
    let reversed = voted_on(appealed.clone(), 1, &[("WATER", no), ("ROADS", yes), ("HEALTH", yes)]);
    assert_eq!((ruling(&reversed).sustained, ruling(&reversed).reversed_by), (false, Some(1)));
    assert_eq!(tried(&reversed, "HEALTH", appeals("HEALTH", 1)), Err("APPEALED_BEFORE"));

    let tied = voted_on(appealed, 1, &[("WATER", no), ("ROADS", yes)]);
    assert_eq!(
        (ruling(&tied).sustained, ruling(&tied).reversed_by),
        (true, None),
        "the chair's ruling stands"
    );
}
