//! Topics that a motion takes on the agenda of a sitting.

use super::*;
use crate::decision_rule::LateTopics;

fn main_motion() -> MotionKind {
    MotionKind::Main { title: line("Pumps"), text: text("Two more pumps") }
}
fn moves(department: &str, kind: MotionKind) -> Command {
    let (department, reason) = (code(department), text("The river rises"));
    Command::MoveMotion { topic: 1, department, kind, reason, calendar: calendar() }
}
fn put(motion: u32) -> Command {
    Command::PutMotion { topic: 1, motion, calendar: calendar() }
}

/// A debate of a body whose rule has late topics like this.
fn debated(late_topics: LateTopics) -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.rule.late_topics = late_topics;
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let begun = attendance.into_iter().chain([opened(), topic_opened(1)]);
    followed_by(vec![Event::Prepared { agenda }], begun)
}

fn refused(history: &[Event], by: &str, command: Command) -> &'static str {
    given::<Docket>(history).by(of(by)).when(command).unwrap_err().reason()
}

/// What comes of the motion that ROADS moves when HEALTH votes so, and the others for it.
fn decided(history: Vec<Event>, of_health: Choice) -> Vec<Event> {
    let moved = given::<Docket>(&history).by(of("ROADS")).when(moves("ROADS", main_motion())).unwrap();
    let history = followed_by(history, moved);
    let opened = given::<Docket>(&history).by(of("WATER")).when(put(1)).unwrap();
    let votes = [("WATER", Choice::Yes), ("ROADS", Choice::Yes), ("HEALTH", of_health)];
    let votes = votes.map(|(department, choice)| voted_in(1, department, choice));
    let history = followed_by(followed_by(history, opened), votes);
    let counted = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    followed_by(history, counted)
}

#[test]
fn a_carried_motion_makes_a_topic_of_its_own_with_its_text_its_seats_and_a_matter() {
    let history = decided(debated(LateTopics::Majority), Choice::No);
    let state = Docket::fold(State::Absent, &history);
    let proceedings = state.proceedings().unwrap();
    let added = proceedings.topic(3).expect("the third topic");
    assert_eq!(
        (added.title.as_str(), added.timebox_minutes, added.stage),
        ("Pumps", 20, TopicStage::Waiting)
    );
    assert_eq!(added.versions, [text("Two more pumps")]);
    let from = FloorMotion { topic: 1, motion: 1, department: code("ROADS") };
    assert_eq!(added.moved_from, Some(from));
    assert!(added.carried.is_some(), "it has a future");
    let deciding: Vec<_> = proceedings.agenda.deciding_on(3).map(Code::as_str).collect();
    assert_eq!(deciding, ["WATER", "ROADS", "HEALTH"], "as on the topic on which it was moved");
    assert_eq!(proceedings.agenda.role_on(3, &code("PRESS")), Some(RoleOnTopic::Informed));

    // It is decided like any other, and the docket is not closed before.
    let ended = [1, 2].into_iter().fold(history, |history, topic| {
        let withdraw = Command::WithdrawTopic { topic, reason: text("Settled") };
        let withdrawn = given::<Docket>(&history).by(of("WATER")).when(withdraw).unwrap();
        followed_by(history, withdrawn)
    });
    assert_eq!(refused(&ended, "WATER", Command::Close), "TOPIC_UNDECIDED");
    let open = given::<Docket>(&ended).by(of("WATER")).when(Command::OpenTopic { topic: 3 });
    assert!(matches!(&open.unwrap()[..], [Event::TopicOpened { topic: 3, .. }]));
}

#[test]
fn it_takes_what_the_rule_says_and_nothing_is_added_where_it_says_nothing() {
    let is_added = |rule, of_health| {
        let history = decided(debated(rule), of_health);
        history.iter().any(|event| matches!(event, Event::TopicAdded { .. }))
    };
    assert!(is_added(LateTopics::TwoThirds, Choice::No));
    assert!(!is_added(LateTopics::Consensus, Choice::No));
    assert!(is_added(LateTopics::Consensus, Choice::Abstain));
    let excluded = debated(LateTopics::Excluded);
    assert_eq!(refused(&excluded, "ROADS", moves("ROADS", main_motion())), "LATE_TOPICS_EXCLUDED");
    let allowed = debated(LateTopics::Majority);
    let twice = MotionKind::Main { title: line("Pump stations"), text: text("-") };
    assert_eq!(refused(&allowed, "ROADS", moves("ROADS", twice)), "TITLE_ON_AGENDA");
    assert_eq!(refused(&allowed, "PRESS", moves("PRESS", main_motion())), "NOT_ENTITLED_TO_VOTE");
}

#[test]
fn it_comes_after_every_other_motion_and_what_was_lost_is_not_moved_again_at_once() {
    let allowed = debated(LateTopics::Majority);
    let closing =
        given::<Docket>(&allowed).by(of("HEALTH")).when(moves("HEALTH", MotionKind::CloseDebate)).unwrap();
    let pending = followed_by(allowed.clone(), closing);
    assert_eq!(refused(&pending, "ROADS", moves("ROADS", main_motion())), "MOTION_PENDING");

    let lost = decided(debated(LateTopics::Consensus), Choice::No);
    assert_eq!(refused(&lost, "HEALTH", moves("HEALTH", main_motion())), "MOTION_LOST");
    let other = MotionKind::Main { title: line("Sandbags"), text: text("Ten thousand") };
    assert!(given::<Docket>(&lost).by(of("HEALTH")).when(moves("HEALTH", other)).is_ok());
}

#[test]
fn the_next_call_of_a_sitting_without_quorum_has_the_same_topics() {
    let again = |change: fn(&mut Agenda)| {
        let history = debated(LateTopics::Majority);
        let mut agenda = match &history[0] {
            Event::Prepared { agenda } => agenda.clone(),
            other => panic!("{other:?}"),
        };
        let first = Event::Prepared { agenda: agenda.clone() };
        let adjourned = Event::Adjourned { present: 1, needed: 2, reason: text("Too few came") };
        change(&mut agenda);
        followed_by(vec![first, adjourned, Event::Prepared { agenda }], history.into_iter().skip(1))
    };
    assert_eq!(refused(&again(|_| {}), "ROADS", moves("ROADS", main_motion())), "SAME_AGENDA_REQUIRED");
    let moved = moves("ROADS", main_motion());
    let other = again(|agenda| agenda.topics[1].title = line("Dikes"));
    assert!(given::<Docket>(&other).by(of("ROADS")).when(moved).is_ok(), "it is no second call");
}
