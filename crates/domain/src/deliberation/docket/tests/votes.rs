//! Who casts a vote and how, what needs no ballot, and what a recusal takes.

use super::*;
use crate::decision_rule::{Quorum, QuorumBase, RecusalEffect, VotingRule};

fn clerk() -> Actor {
    actor("wen", "OFFICE", Role::Clerk)
}

/// A meeting that these departments attend, of a body that decides by another rule, with version 1 proposed on topic 1.
fn meeting(change: impl FnOnce(&mut Constitution), present: &[&str]) -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    change(&mut agenda.constitution);
    let history = followed_by(vec![Event::Prepared { agenda }], present.iter().map(|code| arrived(code)));
    followed_by(history, [opened(), topic_opened(1), proposed(1)])
}

const ALL: &[&str] = &["WATER", "ROADS", "HEALTH"];

fn result(events: &[Event]) -> &crate::deliberation::ballot::BallotResult {
    let closed = events.iter().find_map(|event| match event {
        Event::BallotClosed { result, .. } => Some(result),
        _ => None,
    });
    closed.unwrap()
}

#[test]
fn a_clerk_puts_a_whole_show_of_hands_down_at_once() {
    let history = followed_by(meeting(|_| (), ALL), [ballot_opened(1, 1, Tie::Rejects)]);
    let hand = |department, choice| RollCallVote { department: code(department), choice };
    let call = |by, votes| given::<Docket>(&history).by(by).when(Command::RecordRollCall { topic: 1, votes });
    let hands = vec![hand("WATER", Choice::Yes), hand("ROADS", Choice::No), hand("HEALTH", Choice::Abstain)];
    let events = call(clerk(), hands.clone()).unwrap();
    let put = |department, choice| put_down(voted(department, choice));
    assert_eq!(events, [put("WATER", Choice::Yes), put("ROADS", Choice::No), put("HEALTH", Choice::Abstain)]);
    assert!(matches!(call(of("ROADS"), hands.clone()), Err(Rejection::NotYourDepartment { .. })));
    let twice = [hands, vec![hand("WATER", Choice::No)]].concat();
    assert_eq!(call(clerk(), twice), Err(Rejection::DuplicateParticipant { department_code: code("WATER") }));
    let stranger = call(clerk(), vec![hand("WATER", Choice::Yes), hand("PRESS", Choice::Yes)]);
    assert!(matches!(stranger, Err(Rejection::NotEntitledToVote { .. })), "all of it or nothing");
}

#[test]
fn a_clerk_does_not_change_what_a_seat_cast_itself() {
    let cast = [ballot_opened(1, 1, Tie::Rejects), voted("ROADS", Choice::No)];
    let history = followed_by(meeting(|_| (), ALL), cast);
    let hand = |department, choice| RollCallVote { department: code(department), choice };
    let call = |by, votes| given::<Docket>(&history).by(by).when(Command::RecordRollCall { topic: 1, votes });
    let other = call(clerk(), vec![hand("WATER", Choice::Yes), hand("ROADS", Choice::Yes)]);
    let (department_code, cast_by_code) = (code("ROADS"), code("ROADS"));
    assert_eq!(other, Err(Rejection::VoteByAnother { department_code, cast_by_code }));
    let same = call(clerk(), vec![hand("WATER", Choice::Yes), hand("ROADS", Choice::No)]).unwrap();
    assert_eq!(same, [put_down(voted("WATER", Choice::Yes))], "the vote stays its own");
    let yes = Command::CastVote {
        topic: 1,
        department: code("ROADS"),
        choice: Choice::Yes,
        split: vec![],
        reason: None,
    };
    let by_itself = given::<Docket>(&history).by(of("ROADS")).when(yes);
    assert_eq!(by_itself, Ok(vec![voted("ROADS", Choice::Yes)]), "and it changes its mind");
}

#[test]
fn a_seat_splits_its_weight_and_no_more() {
    let heavy = |constitution: &mut Constitution| constitution.voters[1].weight = 5;
    let history = followed_by(meeting(heavy, ALL), [ballot_opened(1, 1, Tie::Rejects)]);
    let split = |choice, parts: &[(Choice, u32)]| {
        let split = parts.iter().map(|&(choice, weight)| VotePart { choice, weight }).collect();
        let cast = Command::CastVote { topic: 1, department: code("ROADS"), choice, split, reason: None };
        given::<Docket>(&history).by(of("ROADS")).when(cast)
    };
    assert!(split(Choice::Yes, &[(Choice::No, 2), (Choice::Abstain, 2)]).is_ok());
    for parts in [&[(Choice::No, 5)][..], &[(Choice::No, 0)], &[(Choice::Yes, 1)], &[(Choice::No, 1); 2]] {
        let refused = split(Choice::Yes, parts).map_err(|refused| refused.reason());
        assert_eq!(refused, Err("SPLIT_TOO_HEAVY"), "{parts:?}");
    }
}

#[test]
fn what_nobody_objects_to_passes_without_a_ballot_and_is_recorded_as_that() {
    let history = meeting(|_| (), ALL);
    let consent = |history: &[Event]| {
        given::<Docket>(history).by(of("WATER")).when(Command::RecordGeneralConsent {
            topic: 1,
            version: 1,
            calendar: calendar(),
        })
    };
    let events = consent(&history).unwrap();
    assert!(matches!(events.as_slice(), [Event::BallotOpened { .. }, Event::BallotClosed { .. }]));
    assert_eq!((result(&events).method, result(&events).passed), (Method::GeneralConsent, true));
    let passed = followed_by(history.clone(), events);
    assert_eq!(consent(&passed), Ok(vec![]), "once");
    assert!(given::<Docket>(&passed).by(of("WATER")).when(adopt(true)).is_ok());

    let stated = |stance| Event::StatementRecorded {
        topic: 1,
        department: code("HEALTH"),
        stance,
        reasons: text("Too dear"),
        put_down_by_clerk: false,
    };
    let opposed = followed_by(history.clone(), [stated(Stance::Oppose)]);
    assert_eq!(
        consent(&opposed),
        Err(Rejection::Objected { department_code: code("HEALTH"), topic_number: 1 })
    );
    assert!(given::<Docket>(&opposed).by(of("WATER")).when(open_ballot(1)).is_ok(), "a ballot follows");
    assert!(consent(&followed_by(opposed, [stated(Stance::Support)])).is_ok(), "its latest statement counts");

    let alone = followed_by(
        history,
        ["ROADS", "HEALTH"].map(|gone| Event::DepartureRecorded { department: code(gone) }),
    );
    assert_eq!(consent(&alone), Err(Rejection::NoQuorum { present: 1, needed: 2, departments: 3 }));
    let excluded = meeting(|it| it.rule.voting.excludes_general_consent = true, ALL);
    assert_eq!(consent(&excluded), Err(Rejection::GeneralConsentExcluded));
}

#[test]
fn silence_until_the_deadline_of_a_countersign_agrees() {
    let sign_by = at("2027-03-05T09:00:00Z");
    let mut agenda = agenda(Mode::Countersign { sign_by });
    agenda.constitution.rule.method = Method::Silence;
    let prepare = Command::Prepare { agenda };
    let history = given::<Docket>(&[]).at("2027-03-01T01:00:00Z").when(prepare).unwrap();
    let history = followed_by(history, [proposed(1)]);
    let opened =
        given::<Docket>(&history).by(of("WATER")).at("2027-03-01T02:00:00Z").when(open_ballot(1)).unwrap();
    let history = followed_by(history, opened);
    let early = given::<Docket>(&history).at("2027-03-05T08:00:00Z").when(close_ballot(None));
    assert_eq!(early, Err(Rejection::MissingVotes { missing: 3, sign_by }), "there is time to object");
    let count = |history: &[Event]| {
        given::<Docket>(history).at("2027-03-05T09:00:00Z").when(Command::CheckDeadlines).unwrap()
    };
    let agreed = count(&history);
    assert!(result(&agreed).passed, "{}", result(&agreed).sentence());
    let objected = count(&followed_by(history.clone(), [voted("HEALTH", Choice::No)]));
    assert!(!result(&objected).passed && result(&objected).settles(), "{}", result(&objected).sentence());

    // Who said that it opposes the topic, and did not take it back, is not silent; who votes says something else.
    let said = |stance| Event::StatementRecorded {
        topic: 1,
        department: code("HEALTH"),
        stance,
        reasons: text("It costs too much"),
        put_down_by_clerk: false,
    };
    let history = followed_by(history, [said(Stance::Oppose)]);
    let objected = count(&history);
    assert!(!result(&objected).passed, "{}", result(&objected).sentence());
    assert!(result(&count(&followed_by(history.clone(), [said(Stance::Support)]))).passed);
    assert!(result(&count(&followed_by(history, [voted("HEALTH", Choice::Abstain)]))).passed);
}

#[test]
fn a_recusal_is_withdrawn_before_the_count_and_not_after_it() {
    let withdraw = || Command::WithdrawRecusal {
        topic: 1,
        department: code("HEALTH"),
        reason: text("The land is sold"),
    };
    let history = followed_by(in_session(), [proposed(1), recused("HEALTH")]);
    let by = |history: &[Event], who, command| given::<Docket>(history).by(of(who)).when(command);
    assert!(matches!(by(&history, "ROADS", withdraw()), Err(Rejection::NotYourDepartment { .. })));
    let withdrawn = by(&history, "HEALTH", withdraw()).unwrap();
    let again = followed_by(history.clone(), withdrawn);
    let again = followed_by(again, [ballot_opened(1, 1, Tie::Rejects)]);
    assert!(by(&again, "HEALTH", vote("HEALTH")).is_ok(), "it takes part again");

    let counted = followed_by(
        history,
        [ballot_opened(1, 1, Tie::Rejects), voted("WATER", Choice::Yes), voted("ROADS", Choice::Yes)],
    );
    let closed = by(&counted, "WATER", close_ballot(None)).unwrap();
    let counted = followed_by(counted, closed);
    let refused = Err(Rejection::BallotCounted { ballot_number: 1, topic_number: 1 });
    assert_eq!(by(&counted, "HEALTH", withdraw()), refused);
    assert_eq!(by(&counted, "ROADS", recuse("ROADS")), refused);
}

#[test]
fn a_recusal_from_one_motion_ends_with_it() {
    let from_version = Command::RecordRecusal {
        topic: 1,
        department: code("HEALTH"),
        reason: text("It names our building"),
        current_version_only: true,
    };
    let history = followed_by(in_session(), [proposed(1)]);
    let events = given::<Docket>(&history).by(of("HEALTH")).when(from_version.clone()).unwrap();
    let history = followed_by(history, events);
    let recused = |history: &[Event]| {
        Docket::fold(State::Absent, history).recused_from(1).unwrap().contains(&code("HEALTH"))
    };
    assert!(recused(&history));
    assert!(!recused(&followed_by(history.clone(), [proposed(2)])));
    // From the topic as a whole it is for good.
    let whole = given::<Docket>(&history).by(of("HEALTH")).when(recuse("HEALTH")).unwrap();
    let history = followed_by(history, whole);
    assert!(recused(&followed_by(history.clone(), [proposed(2)])));
    assert_eq!(given::<Docket>(&history).by(of("HEALTH")).when(from_version), Ok(vec![]));
    let before = given::<Docket>(&in_session()).by(of("HEALTH"));
    let too_early = before.when(Command::RecordRecusal {
        topic: 1,
        department: code("HEALTH"),
        reason: text("It names our building"),
        current_version_only: true,
    });
    assert_eq!(too_early, Err(Rejection::NoProposal { topic_number: 1 }));
}

/// Five seats, of which some recuse themselves and the others vote yes.
fn decided_with(voting: VotingRule, recusing: &[&str]) -> crate::deliberation::ballot::BallotResult {
    let five = ["WATER", "ROADS", "HEALTH", "PARKS", "PORTS"];
    let mut agenda = agenda(Mode::Meeting);
    let quorum = Quorum { base: QuorumBase::AllSeats, numerator: 3, denominator: 5 };
    agenda.constitution = testing::constitution(&five);
    agenda.constitution.rule = DecisionRule { quorum, voting, ..agenda.constitution.rule };
    let decides = vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }];
    agenda.participants =
        five.map(|department| Participant { department: code(department), roles: decides.clone() }).to_vec();
    let history = followed_by(vec![Event::Prepared { agenda }], five.map(arrived));
    let history = followed_by(history, [opened(), topic_opened(1), proposed(1)]);
    let history = followed_by(history, recusing.iter().map(|department| recused(department)));
    let opened = given::<Docket>(&history).when(open_ballot(1)).unwrap();
    let history = followed_by(history, opened);
    let left = five.iter().filter(|department| !recusing.contains(department));
    let history = followed_by(history, left.map(|department| voted(department, Choice::Yes)));
    *result(&given::<Docket>(&history).when(close_ballot(None)).unwrap())
}

#[test]
fn one_of_five_decides_nothing_when_four_have_recused_themselves() {
    let lowered = VotingRule::default();
    let met = VotingRule { recusal: RecusalEffect::CountsAsPresent, ..lowered };
    let three = ["WATER", "ROADS", "HEALTH"];
    let four = ["WATER", "ROADS", "HEALTH", "PARKS"];
    for voting in [lowered, met] {
        let result = decided_with(voting, &four);
        assert!(!result.passed && result.quorum == 2, "{}", result.sentence());
        assert!(result.sentence().starts_with("failed without a quorum: 1 cast of 5 eligible (4 recused)"));
        assert!(decided_with(voting, &three).passed, "two are as few as may");
    }
    let careful = VotingRule { votes_min_after_recusal: 3, ..lowered };
    assert!(!decided_with(careful, &three).passed);
    // With one recused, three of the five are three of four, or two and the one that counts as there.
    assert_eq!(decided_with(lowered, &["PORTS"]).quorum, 3);
    assert_eq!(decided_with(met, &["PORTS"]).quorum, 2);
    let of_all = |voting| VotingRule { majority_of: MajorityBase::AllSeats, ..voting };
    assert!(decided_with(of_all(lowered), &three).passed, "two of the two that are left");
    assert!(!decided_with(of_all(met), &three).passed, "two of five");
}
