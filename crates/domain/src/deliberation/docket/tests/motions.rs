//! Motions: who moves and seconds, which comes first, and what one does that is carried.

use super::*;
use crate::deliberation::ballot::BallotResult;

fn kinds() -> [MotionKind; 3] {
    [
        MotionKind::Refer { referred_to: code("CITY") },
        MotionKind::Defer { resume_on: date(2027, 4, 1) },
        MotionKind::CloseDebate,
    ]
}
fn moves(department: &str, kind: MotionKind) -> Command {
    let (department, reason) = (code(department), text("It is time"));
    Command::MoveMotion { topic: 1, department, kind, reason, calendar: calendar() }
}
fn moved(motion: u32, department: &str, kind: MotionKind, needs_seconder: bool) -> Event {
    let person = Some(of(department).subject);
    let (department, reason) = (code(department), text("It is time"));
    Event::MotionMoved {
        topic: 1,
        motion,
        department,
        kind,
        reason,
        needs_seconder,
        put_down_by_clerk: false,
        person,
    }
}
fn second(motion: u32, department: &str) -> Command {
    Command::SecondMotion { topic: 1, motion, department: code(department) }
}
fn put(motion: u32) -> Command {
    Command::PutMotion { topic: 1, motion, calendar: calendar() }
}
fn debated(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    followed_by(in_session(), events)
}
fn reason_of(history: &[Event], by: &str, command: Command) -> &'static str {
    given::<Docket>(history).by(of(by)).when(command).unwrap_err().reason()
}

/// A debate of a body whose rule needs a second.
fn seconded() -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.rule.needs_seconder = true;
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let begun = attendance.into_iter().chain([opened(), topic_opened(1)]);
    followed_by(vec![Event::Prepared { agenda }], begun)
}

/// What the count makes of a motion for which these vote.
fn voted_on(history: Vec<Event>, motion: u32, votes: &[(&str, Choice)]) -> Vec<Event> {
    let opened = given::<Docket>(&history).by(of("WATER")).when(put(motion)).unwrap();
    let Some(Event::BallotOpened { ballot, version: 0, motion: Some(on), secret: false, .. }) =
        opened.first()
    else {
        panic!("{opened:?}")
    };
    assert_eq!(*on, motion);
    let votes = votes.iter().map(|(department, choice)| voted_in(*ballot, department, *choice));
    let votes: Vec<Event> = votes.collect();
    let history = followed_by(followed_by(history, opened), votes);
    let counted = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    followed_by(history, counted)
}

#[test]
fn whoever_decides_and_is_there_moves_and_another_seconds() {
    let history = seconded();
    let [_, defer, _] = kinds();
    let events = given::<Docket>(&history).by(of("ROADS")).when(moves("ROADS", defer.clone())).unwrap();
    assert_eq!(events, [moved(1, "ROADS", defer.clone(), true)]);
    assert_eq!(reason_of(&history, "HEALTH", moves("ROADS", defer.clone())), "NOT_YOUR_DEPARTMENT");
    assert_eq!(reason_of(&history, "PRESS", moves("PRESS", defer.clone())), "NOT_ENTITLED_TO_VOTE");
    let recused = followed_by(history.clone(), [recused("ROADS")]);
    assert_eq!(reason_of(&recused, "ROADS", moves("ROADS", defer.clone())), "DEPARTMENT_RECUSED");
    let gone = followed_by(history.clone(), [Event::DepartureRecorded { department: code("ROADS") }]);
    assert_eq!(reason_of(&gone, "ROADS", moves("ROADS", defer.clone())), "NOT_PRESENT");
    let past = moves("ROADS", MotionKind::Defer { resume_on: date(2027, 2, 28) });
    let late = given::<Docket>(&history).by(of("ROADS")).at("2027-03-01T01:06:00Z").when(past);
    assert_eq!(late.unwrap_err().reason(), "RESUMES_IN_THE_PAST");
    let own = MotionKind::Refer { referred_to: code("FLOOD") };
    assert_eq!(reason_of(&history, "ROADS", moves("ROADS", own)), "REFERRED_TO_ITSELF");

    let waiting = followed_by(history, events);
    assert_eq!(given::<Docket>(&waiting).by(of("ROADS")).when(moves("ROADS", defer)), Ok(vec![]));
    assert_eq!(reason_of(&waiting, "WATER", put(1)), "MOTION_WRONG_STAGE");
    assert_eq!(reason_of(&waiting, "ROADS", second(1, "ROADS")), "OWN_MOTION");
    assert_eq!(reason_of(&waiting, "HEALTH", second(2, "HEALTH")), "NOT_FOUND");
    let seconds = given::<Docket>(&waiting).by(of("HEALTH")).when(second(1, "HEALTH")).unwrap();
    let pending = followed_by(waiting, seconds);
    assert_eq!(given::<Docket>(&pending).by(of("HEALTH")).when(second(1, "HEALTH")), Ok(vec![]));
    assert_eq!(reason_of(&pending, "WATER", second(1, "WATER")), "MOTION_WRONG_STAGE");
    assert_eq!(reason_of(&pending, "HEALTH", put(1)), "NOT_YOUR_DEPARTMENT");
    assert!(given::<Docket>(&pending).by(of("WATER")).when(put(1)).is_ok());
}

#[test]
fn what_nobody_seconds_lapses_and_holds_nobody_up() {
    let [_, _, close] = kinds();
    let waiting = followed_by(seconded(), [proposed(1), moved(1, "ROADS", close, true)]);
    let lapsed = Event::MotionLapsed { topic: 1, motion: 1 };
    let closed = given::<Docket>(&waiting).by(of("WATER")).when(Command::CloseDebate { topic: 1 }).unwrap();
    assert!(matches!(&closed[..], [first, Event::DebateClosed { .. }] if *first == lapsed));
    let leave = Command::RecordDeparture { department: code("ROADS") };
    let left = given::<Docket>(&waiting).by(of("WATER")).when(leave).unwrap();
    assert_eq!(left[0], lapsed);
    let recused = given::<Docket>(&waiting).by(of("ROADS")).when(recuse("ROADS")).unwrap();
    assert_eq!(recused[0], lapsed);
    assert!(given::<Docket>(&waiting).by(of("WATER")).when(open_ballot(1)).is_ok());
}

#[test]
fn one_comes_before_those_of_lower_rank_and_all_before_the_text() {
    let [refer, defer, close] = kinds();
    let history = debated([proposed(1), moved(1, "ROADS", defer.clone(), false)]);
    assert_eq!(reason_of(&history, "HEALTH", moves("HEALTH", refer)), "MOTION_PENDING");
    assert_eq!(reason_of(&history, "HEALTH", moves("HEALTH", defer)), "MOTION_PENDING");
    let amend = || amend("WATER", "Text 2");
    let reject = || Command::RejectTopic { topic: 1, reason: text("No") };
    let propose = || Command::SubmitProposal { topic: 1, text: text("Text 3") };
    let closes = || Command::CloseDebate { topic: 1 };
    for command in [amend(), reject(), propose(), closes(), open_ballot(1)] {
        assert_eq!(reason_of(&history, "WATER", command), "MOTION_PENDING");
    }
    let both = followed_by(history, [moved(2, "HEALTH", close, false)]);
    assert_eq!(reason_of(&both, "WATER", put(1)), "MOTION_PENDING");
    let give = Command::GiveFloor { topic: 1, department: code("HEALTH"), reason: Some(text("It asks")) };
    assert_eq!(reason_of(&both, "WATER", give), "MOTION_PENDING");
    let (yes, no) = (Choice::Yes, Choice::No);
    let after = voted_on(both, 2, &[("WATER", yes), ("ROADS", no), ("HEALTH", yes)]);
    assert!(matches!(after.last(), Some(Event::DebateClosed { .. })), "{:?}", after.last());
    let after = voted_on(after, 1, &[("WATER", yes), ("ROADS", yes), ("HEALTH", no)]);
    let Some(Event::TopicDeferred { resume_on, moved_by, deferrals: 1, .. }) = after.last() else {
        panic!("{:?}", after.last())
    };
    assert_eq!((*resume_on, moved_by), (date(2027, 4, 1), &code("ROADS")));
}

#[test]
fn to_end_what_others_say_takes_two_thirds_and_no_veto_counts() {
    let [refer, _, close] = kinds();
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.voters.iter_mut().for_each(|voter| voter.veto = true);
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let begun = attendance.into_iter().chain([opened(), topic_opened(1)]);
    let history = followed_by(vec![Event::Prepared { agenda }], begun);
    let (yes, no, abstain) = (Choice::Yes, Choice::No, Choice::Abstain);

    let closing = followed_by(history, [moved(1, "ROADS", close.clone(), false)]);
    let lost = voted_on(closing, 1, &[("WATER", yes), ("ROADS", no), ("HEALTH", abstain)]);
    assert_eq!(lost.last(), Some(&Event::MotionDecided { topic: 1, motion: 1, ballot: 1, carried: false }));
    assert_eq!(reason_of(&lost, "ROADS", moves("ROADS", close.clone())), "MOTION_LOST");
    let spoken = Event::FloorGiven {
        topic: 1,
        turn: 1,
        department: code("ROADS"),
        given_at: at("2027-03-01T01:06:00Z"),
        ends_at: None,
        reason: None,
    };
    let spoken = followed_by(lost.clone(), [spoken]);
    assert_eq!(reason_of(&spoken, "WATER", moves("WATER", close.clone())), "FLOOR_TAKEN");
    assert!(given::<Docket>(&spoken).by(of("ROADS")).when(moves("ROADS", close)).is_ok());

    let referring = followed_by(lost, [moved(2, "HEALTH", refer, false)]);
    let carried = voted_on(referring, 2, &[("WATER", yes), ("ROADS", yes), ("HEALTH", no)]);
    assert!(
        matches!(carried.last(), Some(Event::TopicReferred { referred_to, .. }) if *referred_to == code("CITY"))
    );
}

#[test]
fn without_a_quorum_a_motion_lapses_and_until_the_vote_it_is_withdrawn() {
    let [refer, defer, _] = kinds();
    let history = debated([moved(1, "ROADS", defer.clone(), false)]);
    let inquorate = voted_on(history.clone(), 1, &[("ROADS", Choice::Yes)]);
    assert_eq!(inquorate.last(), Some(&Event::MotionLapsed { topic: 1, motion: 1 }));
    assert!(given::<Docket>(&inquorate).by(of("ROADS")).when(moves("ROADS", defer)).is_ok());

    let withdraw = Command::WithdrawMotion { topic: 1, motion: 1 };
    assert_eq!(reason_of(&history, "HEALTH", withdraw.clone()), "NOT_YOUR_DEPARTMENT");
    let opened = given::<Docket>(&history).by(of("WATER")).when(put(1)).unwrap();
    let in_ballot = followed_by(history.clone(), opened);
    assert_eq!(reason_of(&in_ballot, "ROADS", withdraw.clone()), "BALLOT_STILL_OPEN");
    let events = given::<Docket>(&history).by(of("ROADS")).when(withdraw.clone()).unwrap();
    let withdrawn = followed_by(history, events);
    assert_eq!(given::<Docket>(&withdrawn).by(of("ROADS")).when(withdraw), Ok(vec![]));
    assert_eq!(reason_of(&withdrawn, "WATER", put(1)), "MOTION_WRONG_STAGE");
    assert!(given::<Docket>(&withdrawn).by(of("HEALTH")).when(moves("HEALTH", refer)).is_ok());
}

#[test]
fn a_ballot_on_a_motion_is_none_on_the_text() {
    let [_, _, close] = kinds();
    let history = debated([proposed(1), moved(1, "ROADS", close, false)]);
    let carried = voted_on(history, 1, &[("WATER", Choice::Yes), ("ROADS", Choice::Yes)]);
    let result: Vec<BallotResult> = carried
        .iter()
        .filter_map(|event| match event {
            Event::BallotClosed { result, .. } => Some(*result),
            _ => None,
        })
        .collect();
    assert!(result[0].passed && !result[0].is_on_proposal());
    assert_eq!(reason_of(&carried, "WATER", adopt(true)), "NO_PASSED_BALLOT");
    let opened = given::<Docket>(&carried).by(of("WATER")).when(open_ballot(1)).unwrap();
    assert!(matches!(&opened[..], [Event::BallotOpened { ballot: 2, version: 1, motion: None, .. }]));
}
