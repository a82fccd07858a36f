//! Whatever is moved in whatever order: rank decides what comes first, nothing is decided without its second, and no motion
//! outlives its docket.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SEATS: [&str; 3] = ["WATER", "ROADS", "HEALTH"];

fn seat() -> impl Strategy<Value = Code> {
    (0..SEATS.len()).prop_map(|at| code(SEATS[at]))
}
fn kind() -> impl Strategy<Value = MotionKind> {
    prop_oneof![
        1 => Just(MotionKind::CloseDebate),
        1 => Just(MotionKind::Defer { resume_on: date(2027, 4, 1) }),
        2 => Just(MotionKind::Refer { referred_to: code("CITY") }),
        1 => Just(MotionKind::Reconsider),
        1 => (1u32..3).prop_map(|point| MotionKind::Appeal { point }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let reason = || Some(text("It asks"));
    prop_oneof![
        6 => (seat(), kind()).prop_map(|(department, kind)| Command::MoveMotion {
            topic: 1, department, kind, reason: text("It is time"), calendar: calendar(),
        }),
        5 => (1u32..6, seat())
            .prop_map(|(motion, department)| Command::SecondMotion { topic: 1, motion, department }),
        1 => (1u32..6).prop_map(|motion| Command::WithdrawMotion { topic: 1, motion }),
        4 => (1u32..6).prop_map(|motion| Command::PutMotion { topic: 1, motion, calendar: calendar() }),
        9 => (seat(), any::<bool>()).prop_map(|(department, no)| {
            let choice = if no { Choice::No } else { Choice::Yes };
            Command::CastVote { topic: 1, department, choice, split: vec![], reason: None }
        }),
        3 => Just(close_ballot(None)),
        1 => Just(Command::CloseDebate { topic: 1 }),
        2 => Just(Command::OpenTopic { topic: 1 }),
        2 => seat().prop_map(move |department| Command::GiveFloor { topic: 1, department, reason: reason() }),
        2 => seat().prop_map(|department| Command::YieldFloor { topic: 1, department }),
        1 => seat().prop_map(|department| Command::RecordDeparture { department }),
        2 => seat().prop_map(|department| Command::RecordArrival { department, delegate: line("Li") }),
        2 => Just(open_ballot(1)),
        1 => seat().prop_map(|department| Command::RaisePointOfOrder {
            topic: 1, department, text: text("Off topic"),
        }),
        2 => (1u32..3).prop_map(|point| Command::RulePointOfOrder {
            topic: 1, point, sustained: true, reason: text("Heard"),
        }),
        1 => Just(Command::RejectTopic { topic: 1, reason: text("No") }),
    ]
}

/// Whoever a command speaks for, or the chair's clerk.
fn issuer(command: &Command) -> Actor {
    match command {
        Command::MoveMotion { department, .. }
        | Command::SecondMotion { department, .. }
        | Command::CastVote { department, .. } => of(department.as_str()),
        _ => actor("wen", "OFFICE", Role::Clerk),
    }
}

/// What the chair does so that the docket can be closed, whatever is pending.
fn to_the_end(state: &State) -> Option<Command> {
    let proceedings = state.proceedings()?;
    let reason = || text("It ends");
    let is_left = |topic: &&Topic| {
        topic.outcome.is_none() || topic.open_ballot().is_some() || topic.next_motion().is_some()
    };
    let topic = proceedings.topics.iter().find(is_left);
    let Some(topic) = topic else { return matches!(state, State::Open(_)).then_some(Command::Close) };
    let number = topic.number;
    if let Some(point) = topic.floor.pending_point() {
        let (point, sustained, reason) = (point.number, true, reason());
        return Some(Command::RulePointOfOrder { topic: number, point, sustained, reason });
    }
    Some(match (topic.open_ballot(), &topic.floor.speaker, topic.next_motion(), topic.passed()) {
        (Some(_), ..) => Command::CloseBallot { topic: number, casting_vote: None },
        (_, Some(speaker), ..) => {
            Command::YieldFloor { topic: number, department: speaker.department.clone() }
        }
        (_, _, Some(first), _) => {
            Command::PutMotion { topic: number, motion: first.number, calendar: calendar() }
        }
        (.., Some(_)) => Command::AdoptDecision { topic: number, declaratory: true, calendar: calendar() },
        _ => Command::RejectTopic { topic: number, reason: reason() },
    })
}

/// What is known of a motion from its events alone.
struct Known {
    rank: u8,
    department: Code,
    is_pending: bool,
    has_ended: bool,
}

fn follow(motions: &mut BTreeMap<u32, Known>, event: &Event) {
    match event {
        Event::MotionMoved { motion, department, kind, needs_seconder, .. } => {
            let (rank, department) = (kind.rank(), department.clone());
            let is_pending = !needs_seconder;
            let known = Known { rank, department, is_pending, has_ended: false };
            assert!(motions.insert(*motion, known).is_none(), "a number was given twice");
        }
        Event::MotionSeconded { motion, department, .. } => {
            let known = motions.get_mut(motion).expect("it was moved");
            assert!(!known.is_pending && !known.has_ended && known.department != *department);
            known.is_pending = true;
        }
        Event::BallotOpened { motion, .. } => {
            let rank = motion.map_or(0, |motion| motions[&motion].rank);
            let pending = motions.values().filter(|known| known.is_pending);
            assert!(pending.map(|known| known.rank).all(|other| other <= rank), "a lower rank came first");
        }
        Event::MotionDecided { motion, .. } => {
            assert!(motions[motion].is_pending, "decided without its second");
            end(motions, *motion);
        }
        Event::MotionLapsed { motion, .. } | Event::MotionWithdrawn { motion, .. } => end(motions, *motion),
        _ => {}
    }
}

fn end(motions: &mut BTreeMap<u32, Known>, motion: u32) {
    let known = motions.get_mut(&motion).expect("it was moved");
    assert!(!known.has_ended, "a motion ended twice");
    (known.is_pending, known.has_ended) = (false, true);
}

proptest! {
    #[test]
    fn every_motion_ends_in_the_order_of_its_rank(
        needs_seconder in any::<bool>(),
        commands in proptest::collection::vec(command(), 0..120),
    ) {
        let mut agenda = agenda(Mode::Meeting);
        agenda.constitution.rule.needs_seconder = needs_seconder;
        let history = [Event::Prepared { agenda }].into_iter().chain(SEATS.map(arrived));
        let history = history.chain([opened(), topic_opened(1), proposed(1)]);
        let mut state = Docket::fold(State::Absent, &history.collect::<Vec<_>>());
        let mut motions = BTreeMap::new();
        let issued = |by| Issued { at: at("2027-03-01T01:10:00Z"), by };
        let mut decide = |state: State, command: Command| {
            let by = issuer(&command);
            let events = Docket::decide(&state, command, &issued(by))?;
            events.iter().for_each(|event| follow(&mut motions, event));
            Ok::<State, Rejection>(Docket::fold(state, &events))
        };
        for command in commands {
            state = decide(state.clone(), command).unwrap_or(state);
        }
        while let Some(command) = to_the_end(&state) {
            state = decide(state, command.clone()).map_err(|why| TestCaseError::fail(format!("{command:?}: {why}")))?;
        }
        prop_assert!(matches!(state, State::Closed(_)), "the docket cannot be closed");
        prop_assert!(motions.values().all(|known: &Known| known.has_ended), "a motion outlives its docket");
    }
}
