//! Whatever commands a docket gets in whatever order: nothing panics, and the invariants hold.

use super::*;
use crate::decision_rule::VotingRule;
use crate::deliberation::ballot::{Ballot, BallotResult, carried_by};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Three that decide, one that is kept informed, and one that does not take part.
const DEPARTMENTS: [&str; 8] = ["WATER", "ROADS", "HEALTH", "WATER", "ROADS", "HEALTH", "PRESS", "MARS"];

fn department() -> impl Strategy<Value = Code> {
    (0..DEPARTMENTS.len()).prop_map(|at| code(DEPARTMENTS[at]))
}
fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![3 => Just(Choice::Yes), 1 => Just(Choice::No), 1 => Just(Choice::Abstain)]
}
fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        1 => Just(Method::Consensus),
        3 => Just(Method::SimpleMajority),
        1 => Just(Method::QualifiedMajority { numerator: 2, denominator: 3 }),
        1 => Just(Method::UnanimousCountersign),
        1 => Just(Method::ChairDecides),
        1 => Just(Method::Silence),
    ]
}
fn rule() -> impl Strategy<Value = DecisionRule> {
    let needs_seconder = any::<bool>();
    (method(), any::<bool>(), 0u32..3, 0usize..3, needs_seconder).prop_map(
        |(method, chair, mandates_max, base, needs_seconder)| {
            let tie = if chair { Tie::ChairDecides } else { Tie::Rejects };
            let majority_of = [MajorityBase::Votes, MajorityBase::Present, MajorityBase::AllSeats][base];
            let voting = VotingRule { mandates_max, majority_of, ..VotingRule::default() };
            DecisionRule { method, voting, needs_seconder, ..constitution(tie).rule }
        },
    )
}
fn item() -> impl Strategy<Value = ItemDraft> {
    let due = prop_oneof![
        9 => Just(Some(DueRule::AfterDays(3))),
        1 => Just(None),
        1 => any::<u32>().prop_map(|days| Some(DueRule::AfterWorkingDays(days))),
    ];
    (due, any::<bool>()).prop_map(|(due, outside)| {
        let co_responsible = if outside { vec![code("PRESS")] } else { vec![] };
        ItemDraft { due, co_responsible, ..draft() }
    })
}

/// Mostly the open topic; topic 3 does not exist.
fn topic() -> impl Strategy<Value = u32> + Clone {
    prop_oneof![6 => Just(1), 2 => Just(2), 1 => Just(3)]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![4 => on_the_floor(), 2 => on_the_text(), 9 => on_ballots(), 2 => outcomes()]
}

fn motion() -> impl Strategy<Value = MotionKind> {
    prop_oneof![
        2 => Just(MotionKind::CloseDebate),
        1 => (1i8..28).prop_map(|day| MotionKind::Defer { resume_on: date(2027, 3, day) }),
        1 => department().prop_map(|referred_to| MotionKind::Refer { referred_to }),
        1 => Just(MotionKind::Reconsider),
        1 => (1u32..3).prop_map(|point| MotionKind::Appeal { point }),
    ]
}

fn on_the_floor() -> impl Strategy<Value = Command> {
    let topic = topic();
    prop_oneof![
        2 => department().prop_map(|department| Command::RecordArrival { department, delegate: line("Li") }),
        1 => department().prop_map(|department| Command::RecordDeparture { department }),
        1 => Just(Command::Open),
        1 => Just(Command::Adjourn { reason: text("Too few came") }),
        3 => topic.clone().prop_map(|topic| Command::OpenTopic { topic }),
        1 => topic.clone().prop_map(|topic| Command::PauseTopic { topic }),
        1 => topic.clone().prop_map(|topic| Command::CloseDebate { topic }),
        1 => (topic.clone(), 0u32..700)
            .prop_map(|(topic, minutes)| Command::RecordDigression { topic, minutes, note: None }),
        2 => (topic.clone(), department())
            .prop_map(|(topic, department)| Command::RequestFloor { topic, department }),
        1 => (topic.clone(), department())
            .prop_map(|(topic, department)| Command::WithdrawFloorRequest { topic, department }),
        3 => (topic.clone(), department(), any::<bool>()).prop_map(|(topic, department, out_of_order)| {
            Command::GiveFloor { topic, department, reason: out_of_order.then(|| text("They know")) }
        }),
        2 => (topic.clone(), department()).prop_map(|(topic, department)| Command::YieldFloor { topic, department }),
        1 => (topic.clone(), proptest::option::of(0u32..8), any::<bool>()).prop_map(
            |(topic, speaking_minutes, list_closed)| Command::LimitDebate { topic, speaking_minutes, list_closed }
        ),
        1 => (topic.clone(), department()).prop_map(|(topic, department)| Command::RaisePointOfOrder {
            topic, department, text: text("Off topic"),
        }),
        1 => (topic.clone(), 1u32..3, any::<bool>()).prop_map(|(topic, point, sustained)| {
            Command::RulePointOfOrder { topic, point, sustained, reason: text("Heard") }
        }),
        6 => (topic.clone(), department(), motion()).prop_map(|(topic, department, kind)| Command::MoveMotion {
            topic, department, kind, reason: text("It is time"), calendar: calendar(),
        }),
        5 => (topic.clone(), 1u32..6, department())
            .prop_map(|(topic, motion, department)| Command::SecondMotion { topic, motion, department }),
        1 => (topic.clone(), 1u32..6).prop_map(|(topic, motion)| Command::WithdrawMotion { topic, motion }),
        5 => (topic.clone(), 1u32..6).prop_map(|(topic, motion)| Command::PutMotion { topic, motion, calendar: calendar() }),
        2 => Just(Command::CheckClocks),
        1 => (topic, department()).prop_map(|(topic, department)| Command::RecordStatement {
            topic, department, stance: Stance::Oppose, reasons: text("Costs"),
        }),
    ]
}

fn on_the_text() -> impl Strategy<Value = Command> {
    let topic = topic();
    prop_oneof![
        1 => (topic.clone(), 0..3)
            .prop_map(|(topic, n)| Command::SubmitProposal { topic, text: text(&format!("T{n}")) }),
        1 => (topic.clone(), department(), 0..3).prop_map(|(topic, department, n)| {
            let text = text(&format!("A{n}"));
            Command::SubmitAmendment { topic, department, version: None, amends: None, text }
        }),
        1 => (topic.clone(), 1u32..3, department()).prop_map(|(topic, amendment, department)| {
            Command::SecondAmendment { topic, amendment, department }
        }),
        1 => (topic.clone(), 1u32..3).prop_map(|(topic, amendment)| Command::PutAmendment { topic, amendment }),
        2 => (topic.clone(), 1u32..3, any::<bool>())
            .prop_map(|(topic, amendment, adopt)| Command::ResolveAmendment { topic, amendment, adopt }),
        2 => (topic, proptest::collection::vec(item(), 0..3))
            .prop_map(|(topic, items)| Command::DraftItems { topic, items }),
        1 => (0u32..5, item()).prop_map(|(item, draft)| Command::ReviseItem { item, draft }),
        3 => (0u32..5).prop_map(|item| Command::AcceptItem { item, department: code("PRESS") }),
        1 => (0u32..5).prop_map(|item| Command::DropItem { item, reason: text("Not needed") }),
    ]
}

fn on_ballots() -> impl Strategy<Value = Command> {
    let topic = topic();
    prop_oneof![
        2 => Just(Command::CheckReminders),
        1 => Just(Command::RemindSeats { text: None, calendar: calendar() }),
        10 => (topic.clone(), 1u32..3).prop_map(|(topic, version)| Command::OpenBallot { topic, version, calendar: calendar() }),
        20 => (topic.clone(), department(), choice(), 0u32..4).prop_map(|(topic, department, choice, weight)| {
            let split = vec![VotePart { choice: Choice::Abstain, weight }; usize::from(weight == 1)];
            Command::CastVote { topic, department, choice, split, reason: None }
        }),
        2 => (topic.clone(), department(), any::<bool>()).prop_map(|(topic, department, current_version_only)| {
            Command::RecordRecusal { topic, department, reason: text("Own land"), current_version_only }
        }),
        1 => (topic.clone(), department())
            .prop_map(|(topic, department)| Command::WithdrawRecusal { topic, department, reason: text("Sold it") }),
        2 => (proptest::option::of(topic.clone()), department(), department())
            .prop_map(|(topic, department, holder)| Command::GiveMandate { topic, department, holders: vec![holder] }),
        1 => (proptest::option::of(topic.clone()), department())
            .prop_map(|(topic, department)| Command::RevokeMandate { topic, department }),
        2 => (topic.clone(), 1u32..3)
            .prop_map(|(topic, version)| Command::RecordGeneralConsent { topic, version, calendar: calendar() }),
        4 => (topic, proptest::option::of(choice()))
            .prop_map(|(topic, casting_vote)| Command::CloseBallot { topic, casting_vote }),
        1 => Just(Command::CheckDeadlines),
    ]
}

fn outcomes() -> impl Strategy<Value = Command> {
    let topic = topic();
    let reason = || text("So be it");
    prop_oneof![
        30 => (topic.clone(), any::<bool>())
            .prop_map(|(topic, declaratory)| Command::AdoptDecision { topic, declaratory, calendar: calendar() }),
        1 => topic.clone().prop_map(move |topic| Command::RejectTopic { topic, reason: reason() }),
        2 => (topic.clone(), 1i8..28, department()).prop_map(move |(topic, day, moved_by)| Command::DeferTopic {
            topic, resume_on: date(2027, 3, day), moved_by, reason: reason(), calendar: calendar(),
        }),
        1 => (topic.clone(), department())
            .prop_map(move |(topic, referred_to)| Command::ReferTopic { topic, referred_to, reason: reason() }),
        1 => topic.prop_map(move |topic| Command::WithdrawTopic { topic, reason: reason() }),
        1 => Just(Command::Close),
    ]
}

/// The ballot's numbers agree with each other, and with who may vote.
fn ballots_add_up(proceedings: &Proceedings, topic: &Topic) {
    assert!(topic.ballots.iter().filter(|ballot| ballot.is_open()).count() <= 1);
    let deciding: BTreeSet<&Code> = proceedings.agenda.deciding_on(topic.number).collect();
    for ballot in &topic.ballots {
        assert!(ballot.votes.keys().all(|voter| deciding.contains(voter)), "a stranger voted");
        let Some(result) = ballot.result else {
            let version = if ballot.is_on_proposal() { topic.current_version() } else { 0 };
            assert_eq!(ballot.version, version, "the text changed during an open ballot");
            let reconsiders = ballot.motion.is_some_and(|number| {
                topic
                    .motions
                    .iter()
                    .any(|known| known.number == number && known.kind == MotionKind::Reconsider)
            });
            assert!(topic.outcome.is_none() || reconsiders, "an outcome while a ballot is open");
            continue;
        };
        decided_by_the_roll(proceedings, ballot, &result);
        if !ballot.is_on_proposal() {
            continue;
        }
        let same_version = topic.ballots.iter().filter_map(|other| other.result);
        let mut before =
            same_version.filter(|other| other.version == result.version && other.ballot < result.ballot);
        let counts = |other: &BallotResult| {
            topic.reconsidered.is_none_or(|last| other.ballot > last || result.ballot <= last)
        };
        assert!(before.all(|other| !other.settles() || !counts(&other)), "tried until it fits");
    }
}

/// Nothing was decided without the quorum of the body's rule, and no seat was counted twice or against its recusal.
fn decided_by_the_roll(proceedings: &Proceedings, ballot: &Ballot, result: &BallotResult) {
    let constitution = &proceedings.agenda.constitution;
    let recused = ballot.roll.iter().filter(|seat| seat.recused).count() as u32;
    let voted = ballot.roll.iter().filter(|seat| seat.voted).count() as u32;
    assert_eq!(ballot.roll.len() as u32, result.eligible);
    assert_eq!(recused, result.recused);
    let weight: u32 = ballot.roll.iter().filter(|seat| !seat.recused).map(|seat| seat.weight).sum();
    assert!(result.yes + result.no + result.abstain <= weight, "counted twice");
    assert!(ballot.roll.iter().all(|seat| !(seat.recused && seat.voted)), "a recused seat voted");
    assert!(result.cast == voted || result.method.counts_silence());
    if !result.passed {
        return;
    }
    assert!(result.cast >= constitution.quorum(recused, 0), "without the quorum");
    assert!(recused == 0 || result.cast >= 2, "one vote decided for all");
    let carried = result.yes >= result.needed || result.casting_vote == Some(Choice::Yes);
    assert!(carried || result.method.counts_silence() && result.no == 0);
    let carries = |code: &Code| carried_by(&ballot.votes, code) <= constitution.rule.voting.mandates_max;
    assert!(constitution.voters.iter().all(|voter| carries(&voter.department)));
}

/// A decision was passed, and can be carried out.
fn decisions_are_executable(state: &State, topic: &Topic) {
    let Some(decision) = state.decision(topic.number) else {
        return assert!(
            !matches!(topic.outcome, Some(Outcome::Adopted { .. })),
            "adopted without a decision"
        );
    };
    assert!(decision.ballot.passed && decision.ballot.version == topic.current_version());
    assert_eq!(decision.items.len(), topic.items.len());
    assert_eq!(decision.declaratory, decision.items.is_empty());
    let agenda = &state.proceedings().expect("a docket").agenda;
    for item in &topic.items {
        let has_part = |department: &Code| {
            let accepted = topic.acceptances.get(&item.number).is_some_and(|all| all.contains(department));
            accepted || matches!(agenda.role_on(topic.number, department), Some(RoleOnTopic::Decides))
        };
        assert!(item.draft.bound().all(has_part), "bound without a part in the decision");
    }
    assert!(decision.items.iter().all(|item| item.due_on >= decision.decided_on));
}

/// One speaks at a time, who is there, is heard on the topic and has not recused itself; nobody waits who could not speak.
fn the_floor_is_in_order(proceedings: &Proceedings) {
    let speaking = proceedings.topics.iter().filter(|topic| topic.floor.speaker.is_some());
    assert!(speaking.count() <= 1, "two speak at once");
    for topic in &proceedings.topics {
        let heard = |code: &Code| {
            let role = proceedings.agenda.role_on(topic.number, code);
            assert!(matches!(role, Some(RoleOnTopic::Decides | RoleOnTopic::Advises)), "{code} is not heard");
            assert!(!topic.recused.contains(code), "{code} has recused itself");
        };
        topic.floor.waiting.iter().for_each(heard);
        let unruled = topic.floor.points.iter().filter(|point| point.ruling.is_none()).count();
        assert!(
            unruled <= 1 && (unruled == 0 || topic.outcome.is_none()),
            "a point of order without a ruling"
        );
        let Some(speaker) = &topic.floor.speaker else { continue };
        heard(&speaker.department);
        assert!(proceedings.present.contains_key(&speaker.department), "somebody speaks who left");
        assert!(
            matches!(topic.stage, TopicStage::Open { .. }),
            "somebody speaks on a topic that is not open"
        );
        assert!(unruled == 0 || speaker.since.is_none() && speaker.ends_at.is_none(), "not interrupted");
    }
}

/// Those that are pending were seconded where that is needed, each by another than its mover; each outranks those before it;
/// all have ended with their topic.
fn motions_are_in_order(proceedings: &Proceedings) {
    let needs_seconder = proceedings.agenda.constitution.rule.needs_seconder;
    for topic in &proceedings.topics {
        let mut before = 0;
        for motion in topic.pending_motions() {
            assert_eq!(needs_seconder, motion.seconded_by.is_some(), "pending without its second");
            assert_ne!(motion.seconded_by.as_ref(), Some(&motion.department), "seconded by its mover");
        }
        let mut ranks: Vec<u8> = topic.pending_motions().map(|motion| motion.kind.rank()).collect();
        ranks.sort_unstable();
        for rank in ranks {
            assert!(rank > before, "two motions of one rank are pending");
            before = rank;
        }
        for motion in topic.motions.iter().filter(|motion| motion.stage.is_open()) {
            let reconsiders = motion.kind == MotionKind::Reconsider;
            assert!(topic.outcome.is_none() || reconsiders, "a motion outlives its topic");
            let waits = motion.stage == MotionStage::AwaitsSecond;
            assert!(!waits || needs_seconder && !topic.recused.contains(&motion.department));
        }
        for ballot in topic.ballots.iter().filter(|ballot| ballot.is_open()) {
            let pending = topic.next_motion().map(|first| first.number);
            assert_eq!(ballot.motion, pending, "something is voted on before a motion that comes first");
        }
    }
}

/// What each spoke in its turns adds up, and is no more than the time of the topic.
fn times_add_up(state: &State, turns: &BTreeMap<(u32, u32), u64>) {
    let Some(proceedings) = state.proceedings() else { return };
    for topic in &proceedings.topics {
        let of_turns: u64 =
            turns.iter().filter(|((on, _), _)| *on == topic.number).map(|(_, spoken)| spoken).sum();
        assert_eq!(topic.floor.spoken.values().sum::<u64>(), of_turns);
        assert!(
            !proceedings.is_meeting()
                || topic.floor.speaker.is_some()
                || of_turns <= topic.spent_until(Timestamp::MAX)
        );
    }
}

fn invariants_hold(state: &State) {
    let Some(proceedings) = state.proceedings() else { return };
    let open = proceedings.topics.iter().filter(|topic| matches!(topic.stage, TopicStage::Open { .. }));
    assert!(!proceedings.is_meeting() || open.count() <= 1, "two topics are open");
    the_floor_is_in_order(proceedings);
    motions_are_in_order(proceedings);
    for topic in &proceedings.topics {
        assert!(topic.deferrals <= DEFERRALS_MAX);
        assert!(!matches!(state, State::Closed(_)) || topic.outcome.is_some(), "closed undecided");
        ballots_add_up(proceedings, topic);
        decisions_are_executable(state, topic);
    }
}

/// The same command from somebody who knows the docket.
fn informed(state: &State, command: Command, by: Code) -> (Command, Code) {
    let current = |topic| state.proceedings().and_then(|p| p.topic(topic)).map(Topic::current_version);
    match command {
        Command::CastVote { ref department, .. }
        | Command::RecordRecusal { ref department, .. }
        | Command::WithdrawRecusal { ref department, .. }
        | Command::GiveMandate { ref department, .. }
        | Command::RevokeMandate { ref department, .. }
        | Command::AcceptItem { ref department, .. }
        | Command::RecordStatement { ref department, .. }
        | Command::RequestFloor { ref department, .. }
        | Command::WithdrawFloorRequest { ref department, .. }
        | Command::RaisePointOfOrder { ref department, .. }
        | Command::MoveMotion { ref department, .. }
        | Command::SecondMotion { ref department, .. }
        | Command::SubmitAmendment { ref department, .. }
        | Command::SecondAmendment { ref department, .. } => {
            let own = department.clone();
            (command, own)
        }
        Command::PutMotion { topic, motion, calendar } => {
            let first = state.proceedings().and_then(|p| p.topic(topic)?.next_motion());
            (Command::PutMotion { topic, motion: first.map_or(motion, |first| first.number), calendar }, by)
        }
        Command::OpenBallot { topic, version, calendar } => {
            let version = current(topic).unwrap_or(version);
            (Command::OpenBallot { topic, version, calendar }, by)
        }
        Command::RecordGeneralConsent { topic, version, calendar } => {
            let version = current(topic).unwrap_or(version);
            (Command::RecordGeneralConsent { topic, version, calendar }, by)
        }
        Command::AdoptDecision { topic, calendar, .. } => {
            let items = state.proceedings().and_then(|p| p.topic(topic)).map_or(0, |topic| topic.items.len());
            (Command::AdoptDecision { topic, declaratory: items == 0, calendar }, by)
        }
        other => (other, by),
    }
}

/// The ballots and choices in which the answer of a department is awaited that was reminded of it, each by its topic and number.
fn awaited(state: &State, department: &Code, reminder: &Reminder) -> Vec<(bool, u32, u32)> {
    let proceedings = state.proceedings().expect("a docket");
    assert!(!reminder.topics.is_empty(), "a reminder of nothing");
    let of_topic = |number: &u32| {
        let topic = proceedings.topic(*number).expect("a topic");
        assert!(!topic.recused.contains(department), "whoever has recused itself was reminded");
        assert!(proceedings.agenda.deciding_on(*number).any(|code| code == department));
        if let Some(ballot) = topic.open_ballot() {
            assert!(!ballot.votes.contains_key(department), "whoever has voted was reminded");
            return (true, 0, ballot.number);
        }
        let choice = topic.open_choice().expect("an open ballot or choice");
        assert!(!choice.papers.contains_key(department), "whoever has chosen was reminded");
        (false, *number, choice.number)
    };
    reminder.topics.iter().map(of_topic).collect()
}

proptest! {
    #[test]
    fn no_command_breaks_a_docket(
        countersign in any::<bool>(),
        rule in rule(),
        commands in proptest::collection::vec((command(), department(), 0i64..600), 0..200),
    ) {
        let mut now = at("2027-03-01T01:00:00Z");
        let sign_by = at("2027-03-01T09:00:00Z");
        let mode = if countersign { Mode::Countersign { sign_by } } else { Mode::Meeting };
        let decide_by = Some(sign_by);
        let mut agenda = Agenda { decide_by, ..agenda(mode) };
        agenda.constitution.rule = rule;
        let prepare = Command::Prepare { agenda };
        let arrivals = ["WATER", "ROADS", "HEALTH"]
            .map(|department| Command::RecordArrival { department: code(department), delegate: line("Li") });
        let submit = Command::SubmitProposal { topic: 1, text: text("T0") };
        let opening = [Command::Open, Command::OpenTopic { topic: 1 }, submit];
        let begin = [prepare].into_iter().chain(arrivals).chain(opening);
        let begin = begin.map(|command| (command, code("WATER"), 0));

        let mut state = State::Absent;
        let mut motions: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let (mut turns, mut ended, mut reminded) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for (command, by, seconds) in begin.chain(commands) {
            now += jiff::SignedDuration::from_secs(seconds);
            let (command, by) = if seconds % 5 == 0 { (command, by) } else { informed(&state, command, by) };
            let issued = Issued { at: now, by: of(by.as_str()) };
            let Ok(events) = Docket::decide(&state, command.clone(), &issued) else { continue };
            state = Docket::fold(state, &events);
            invariants_hold(&state);
            for event in &events {
                match event {
                    Event::FloorYielded { topic, turn, spoken_seconds, .. } => {
                        prop_assert!(turns.insert((*topic, *turn), *spoken_seconds).is_none(), "a turn ended twice");
                    }
                    Event::MotionMoved { topic, motion, .. } => {
                        prop_assert!(motions.insert((*topic, *motion), 0).is_none(), "a number was given twice");
                    }
                    Event::MotionDecided { topic, motion, .. }
                    | Event::MotionLapsed { topic, motion }
                    | Event::MotionWithdrawn { topic, motion } => {
                        let ends = motions.get_mut(&(*topic, *motion)).expect("it was moved");
                        *ends += 1;
                        prop_assert!(*ends == 1, "a motion ended twice");
                    }
                    Event::SpeakingTimeEnded { turn, .. } => {
                        prop_assert!(ended.insert((0, *turn)), "a clock struck twice");
                    }
                    Event::TopicTimeEnded { topic, .. } => {
                        prop_assert!(ended.insert((1, *topic)), "a clock struck twice");
                    }
                    Event::SeatReminded { department, reminder } => {
                        for ballot in awaited(&state, department, reminder) {
                            let is_new = reminder.by_hand || reminded.insert((department.clone(), ballot));
                            prop_assert!(is_new, "the clock reminded twice");
                        }
                    }
                    _ => {}
                }
            }
            times_add_up(&state, &turns);
            let adds = matches!(
                command,
                Command::DraftItems { .. } | Command::RecordDigression { .. } | Command::RemindSeats { .. }
            );
            // A repeat has no effect: an outcome, a vote or an amendment does not count twice.
            let again = Docket::decide(&state, command.clone(), &issued);
            let repeats = again.is_ok_and(|events| !events.is_empty());
            prop_assert!(adds || !repeats, "{:?} had an effect twice", command);
        }
    }
}
