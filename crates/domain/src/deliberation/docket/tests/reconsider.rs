//! Reconsidering: who asks for it, once, what it takes back, and what it does not.

use super::*;

fn moves(department: &str) -> Command {
    let (department, kind) = (code(department), MotionKind::Reconsider);
    Command::MoveMotion { topic: 1, department, kind, reason: text("Figures came in"), calendar: calendar() }
}
fn tried(history: &[Event], by: &str, command: Command) -> Result<Vec<Event>, &'static str> {
    given::<Docket>(history).by(of(by)).when(command).map_err(|refused| refused.reason())
}
fn done(history: Vec<Event>, by: &str, command: Command) -> Vec<Event> {
    let events = tried(&history, by, command.clone()).unwrap_or_else(|why| panic!("{command:?}: {why}"));
    followed_by(history, events)
}
fn put(motion: u32) -> Command {
    Command::PutMotion { topic: 1, motion, calendar: calendar() }
}
fn reject() -> Command {
    Command::RejectTopic { topic: 1, reason: text("It did not pass") }
}
fn withdraw_the_other() -> Command {
    Command::WithdrawTopic { topic: 2, reason: text("Moot") }
}
fn voted_on(history: Vec<Event>, motion: u32, votes: &[(&str, Choice)]) -> Vec<Event> {
    let history = done(history, "WATER", put(motion));
    let cast = |history, (department, choice): &(&str, Choice)| {
        let department_code = code(department);
        let vote = Command::CastVote {
            topic: 1,
            department: department_code,
            choice: *choice,
            split: vec![],
            reason: None,
        };
        done(history, department, vote)
    };
    done(votes.iter().fold(history, cast), "WATER", close_ballot(None))
}

#[test]
fn what_has_passed_is_reconsidered_on_the_motion_of_one_that_was_for_it() {
    // WATER and ROADS were for it, HEALTH was against it.
    let history = passed(in_session());
    assert_eq!(tried(&history, "HEALTH", moves("HEALTH")), Err("NOT_ON_PREVAILING_SIDE"));
    assert_eq!(tried(&history, "PRESS", moves("PRESS")), Err("NOT_ENTITLED_TO_VOTE"));
    let history = done(history, "ROADS", moves("ROADS"));
    assert_eq!(tried(&history, "ROADS", moves("ROADS")), Ok(vec![]), "a repeat");
    assert_eq!(tried(&history, "WATER", adopt(true)), Err("MOTION_PENDING"));
    assert_eq!(tried(&history, "WATER", open_ballot(1)), Err("MOTION_PENDING"));

    let yes = Choice::Yes;
    let history = voted_on(history, 1, &[("WATER", yes), ("ROADS", yes), ("HEALTH", Choice::No)]);
    assert_eq!(history.last(), Some(&Event::TopicReconsidered { topic: 1, motion: 1 }));
    assert_eq!(tried(&history, "WATER", adopt(true)), Err("NO_PASSED_BALLOT"));
    assert_eq!(tried(&history, "ROADS", moves("ROADS")), Err("NOTHING_TO_RECONSIDER"));
    let opened = tried(&history, "WATER", open_ballot(1)).unwrap();
    assert!(
        matches!(&opened[..], [Event::BallotOpened { ballot: 3, version: 1, .. }]),
        "it is voted on again"
    );
    let history = voted_on_the_text(history, &[("WATER", Choice::No), ("ROADS", Choice::No)]);
    assert_eq!(tried(&history, "ROADS", moves("ROADS")), Err("RECONSIDERED_BEFORE"), "it is asked once");
}

fn voted_on_the_text(history: Vec<Event>, votes: &[(&str, Choice)]) -> Vec<Event> {
    let history = done(history, "WATER", open_ballot(1));
    let votes = votes.iter().map(|(department, choice)| voted_in(3, department, *choice));
    let history = followed_by(history, votes.collect::<Vec<_>>());
    done(history, "WATER", close_ballot(None))
}

#[test]
fn a_rejected_topic_is_open_again_and_an_adopted_one_is_a_resolution() {
    let adopted = done(passed(in_session()), "WATER", adopt(true));
    assert_eq!(tried(&adopted, "WATER", moves("WATER")), Err("DECISION_PUBLISHED"));
    let withdrawn = Command::WithdrawTopic { topic: 1, reason: text("Moot") };
    let withdrawn = done(in_session(), "WATER", withdrawn);
    assert_eq!(tried(&withdrawn, "WATER", moves("WATER")), Err("NOTHING_TO_RECONSIDER"));

    // Nobody voted on it: any seat may ask.
    let rejected = done(done(in_session(), "WATER", reject()), "WATER", withdraw_the_other());
    let moved = done(rejected, "HEALTH", moves("HEALTH"));
    assert_eq!(tried(&moved, "WATER", Command::Close), Err("MOTION_PENDING"));
    let opened = done(moved.clone(), "WATER", put(1));
    assert_eq!(tried(&opened, "WATER", Command::Close), Err("BALLOT_STILL_OPEN"));
    let (yes, no) = (Choice::Yes, Choice::No);
    let lost = voted_on(moved.clone(), 1, &[("WATER", no), ("ROADS", no), ("HEALTH", yes)]);
    assert_eq!(tried(&lost, "WATER", moves("WATER")), Err("RECONSIDERED_BEFORE"));
    assert!(tried(&lost, "WATER", Command::Close).is_ok());

    let again = voted_on(moved, 1, &[("WATER", yes), ("ROADS", yes), ("HEALTH", no)]);
    assert_eq!(tried(&again, "WATER", Command::Close), Err("TOPIC_UNDECIDED"));
    let open = done(again, "WATER", Command::OpenTopic { topic: 1 });
    assert!(tried(&open, "WATER", Command::SubmitProposal { topic: 1, text: text("Text 2") }).is_ok());
}

#[test]
fn one_that_nobody_seconds_lapses_with_the_docket() {
    let mut history = done(done(in_session(), "WATER", reject()), "WATER", withdraw_the_other());
    if let Some(Event::Prepared { agenda }) = history.first_mut() {
        agenda.constitution.rule.needs_seconder = true;
    }
    let waiting = done(history, "HEALTH", moves("HEALTH"));
    let second = Command::SecondMotion { topic: 1, motion: 1, department: code("ROADS") };
    assert!(tried(&waiting, "ROADS", second).is_ok());
    let closed = tried(&waiting, "WATER", Command::Close).unwrap();
    assert!(matches!(
        &closed[..],
        [Event::MotionLapsed { motion: 1, .. }, Event::Closed { rejected: 1, .. }]
    ));
}

#[test]
fn a_motion_to_defer_is_put_while_its_day_is_to_come() {
    let kind = MotionKind::Defer { resume_on: date(2027, 3, 2) };
    let (department, reason) = (code("ROADS"), text("Figures are missing"));
    let defer = Command::MoveMotion { topic: 1, department, kind, reason, calendar: calendar() };
    let moved = given::<Docket>(&in_session()).by(of("ROADS")).at("2027-03-01T01:06:00Z").when(defer);
    let history = followed_by(in_session(), moved.unwrap());
    let put_at = |moment| given::<Docket>(&history).by(of("WATER")).at(moment).when(put(1));
    assert!(put_at("2027-03-02T15:59:59Z").is_ok(), "in Shanghai the day is not over");
    let late = put_at("2027-03-02T16:00:00Z").map_err(|refused| refused.reason());
    assert_eq!(late, Err("RESUMES_IN_THE_PAST"));
    let withdraw = Command::WithdrawMotion { topic: 1, motion: 1 };
    assert!(tried(&history, "ROADS", withdraw).is_ok(), "it is withdrawn and moved anew");
}
