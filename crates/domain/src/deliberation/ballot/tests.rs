use super::*;
use crate::testing::code;

fn rules(method: Method, abstention: Abstention, tie: Tie) -> Rules {
    Rules { method, abstention, tie, majority_of: MajorityBase::Votes, secret: false }
}

fn vote(choice: Choice) -> Vote {
    Vote { choice, split: vec![], reason: None, cast_by: None, put_down_by_clerk: false }
}

/// A ballot with this many votes of each kind.
fn ballot(rules: Rules, yes: u32, no: u32, abstain: u32) -> Ballot {
    let mut ballot = Ballot::new(1, 1, rules);
    let choices = [(Choice::Yes, yes), (Choice::No, no), (Choice::Abstain, abstain)];
    for (choice, votes) in choices {
        for _ in 0..votes {
            let department = Code::parse(&format!("D{}", ballot.votes.len())).unwrap();
            ballot.votes.insert(department, vote(choice));
        }
    }
    ballot
}

/// So many seats with one vote each, all of them there.
fn seats(count: u32) -> Vec<Seat> {
    let seat = |n| Seat {
        department: code(&format!("D{n}")),
        weight: 1,
        veto: false,
        present: true,
        recused: false,
        voted: false,
        cast_by: None,
        put_down_by_clerk: false,
        objected: false,
    };
    (0..count).map(seat).collect()
}

/// All of them may vote, and so many have to. D0 is in the chair.
fn roll(seats: &[Seat], quorum: u32) -> Roll {
    let all_seats_weight = seats.iter().map(|seat| seat.weight).sum();
    Roll { seats: seats.to_vec(), quorum, all_seats_weight, chair: Some(code("D0")), body_version: 1 }
}

#[test]
fn each_method_needs_its_own_share() {
    use Abstention::{CountsAsCast, DoesNotCount};
    let two_thirds = Method::QualifiedMajority { numerator: 2, denominator: 3 };
    // method, abstention, (yes, no, abstain), counted, needed, passed; seven departments may vote
    let cases = [
        (Method::SimpleMajority, DoesNotCount, (3, 2, 2), 5, 3, true),
        (Method::SimpleMajority, CountsAsCast, (3, 2, 2), 7, 4, false),
        (Method::SimpleMajority, DoesNotCount, (0, 0, 7), 0, 1, false),
        (two_thirds, DoesNotCount, (4, 2, 1), 6, 4, true),
        (two_thirds, CountsAsCast, (4, 2, 1), 7, 5, false),
        (Method::Consensus, DoesNotCount, (5, 0, 2), 5, 5, true),
        (Method::Consensus, CountsAsCast, (5, 0, 2), 7, 7, false),
        (Method::Consensus, DoesNotCount, (6, 1, 0), 7, 7, false),
        (Method::UnanimousCountersign, DoesNotCount, (7, 0, 0), 7, 7, true),
        (Method::UnanimousCountersign, DoesNotCount, (6, 0, 0), 7, 7, false),
        (Method::UnanimousCountersign, DoesNotCount, (6, 0, 1), 7, 7, false),
    ];
    for (method, abstention, (yes, no, abstain), base, needed, passed) in cases {
        let held = ballot(rules(method, abstention, Tie::Rejects), yes, no, abstain);
        let result = held.count(&roll(&seats(7), 4), None);
        assert_eq!(
            (result.base, result.needed, result.passed),
            (base, needed, passed),
            "{}",
            result.sentence()
        );
    }
}

#[test]
fn too_few_votes_decide_nothing() {
    let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects), 3, 0, 0);
    let all = seats(7);
    let result = held.count(&roll(&all, 4), None);
    assert!(!result.is_quorate() && !result.passed);
    assert_eq!(
        result.sentence(),
        "failed without a quorum: 3 cast of 7 eligible (0 recused), quorum 4; 3 yes, 0 no, 0 abstained"
    );
    // A recused department is not waited for.
    let mut fewer = seats(7);
    fewer[5..].iter_mut().for_each(|seat| seat.recused = true);
    let result = held.count(&roll(&fewer, 3), None);
    assert!(result.passed && result.recused == 2, "quorum is 3 of the 5 that are left");
}

#[test]
fn only_a_chair_with_a_casting_vote_breaks_a_tie() {
    let count = |tie, casting| {
        let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, tie), 3, 3, 1);
        held.count(&roll(&seats(7), 4), casting)
    };
    assert!(count(Tie::Rejects, None).tied);
    assert!(!count(Tie::Rejects, Some(Choice::Yes)).passed);
    assert!(!count(Tie::ChairDecides, None).passed);
    assert!(!count(Tie::ChairDecides, Some(Choice::No)).passed);
    let broken = count(Tie::ChairDecides, Some(Choice::Yes));
    assert!(broken.passed && broken.casting_vote == Some(Choice::Yes), "{}", broken.sentence());
    // Where one more yes would not have carried it, there is nothing to break.
    let held = ballot(rules(Method::SimpleMajority, Abstention::CountsAsCast, Tie::ChairDecides), 2, 2, 3);
    let result = held.count(&roll(&seats(7), 4), Some(Choice::Yes));
    assert!(!result.tied && !result.passed && result.casting_vote.is_none());
    // Where nobody has voted yes or no, no voices are equal.
    let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::ChairDecides), 0, 0, 4);
    let result = held.count(&roll(&seats(7), 4), Some(Choice::Yes));
    assert!(!result.tied && !result.passed && result.casting_vote.is_none());
}

#[test]
fn votes_weigh_as_much_as_their_seats_and_heads_make_the_quorum() {
    let mut all = seats(3);
    all[0].weight = 3;
    let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects), 1, 2, 0);
    let result = held.count(&roll(&all, 3), None);
    assert_eq!((result.yes, result.no, result.base, result.needed, result.cast), (3, 2, 5, 3, 3));
    assert!(result.passed, "{}", result.sentence());
    assert!(!held.count(&roll(&all, 4), None).passed, "three heads are no quorum of four");
}

#[test]
fn a_no_with_a_veto_is_enough() {
    let mut all = seats(5);
    let rules = rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects);
    all[0].veto = true;
    assert!(ballot(rules, 4, 1, 0).count(&roll(&all, 3), None).passed, "D0 votes yes, D4 no");
    all[4].veto = true;
    let result = ballot(rules, 4, 1, 0).count(&roll(&all, 3), None);
    assert!(result.vetoed && !result.passed, "{}", result.sentence());
    assert!(result.sentence().contains("; a veto;"), "{}", result.sentence());
}

#[test]
fn a_majority_is_of_the_votes_of_those_present_or_of_all_seats() {
    let mut all = seats(7);
    all[6].present = false;
    // Three yes, one no; seven seats, six of them there.
    for (majority_of, base, needed, passed) in [
        (MajorityBase::Votes, 4, 3, true),
        (MajorityBase::Present, 6, 4, false),
        (MajorityBase::AllSeats, 7, 4, false),
    ] {
        let rules = Rules {
            majority_of,
            ..rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::ChairDecides)
        };
        let result = ballot(rules, 3, 1, 0).count(&roll(&all, 4), None);
        assert_eq!(
            (result.base, result.needed, result.passed),
            (base, needed, passed),
            "{}",
            result.sentence()
        );
    }
    let rules = Rules {
        majority_of: MajorityBase::AllSeats,
        ..rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects)
    };
    let result = ballot(rules, 3, 1, 0).count(&roll(&all, 4), None);
    assert!(result.sentence().contains("4 yes of 7 in all were needed"), "{}", result.sentence());
}

#[test]
fn the_parts_of_a_split_vote_weigh_what_they_say_and_the_rest_follows_the_seat() {
    let mut all = seats(2);
    all[0].weight = 10;
    all[0].veto = true;
    let mut held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects), 0, 1, 1);
    let split =
        vec![VotePart { choice: Choice::Yes, weight: 6 }, VotePart { choice: Choice::Abstain, weight: 1 }];
    held.votes.get_mut(&code("D0")).unwrap().split = split;
    let result = held.count(&roll(&all, 2), None);
    assert_eq!((result.yes, result.no, result.abstain, result.cast), (6, 3, 2, 2));
    assert!(result.passed && !result.vetoed, "a part of a seat is no veto: {}", result.sentence());
}

#[test]
fn silence_agrees_until_somebody_objects() {
    let mut all = seats(4);
    all[3].present = false;
    let consent = |no| {
        let rules = rules(Method::GeneralConsent, Abstention::DoesNotCount, Tie::Rejects);
        ballot(rules, 0, no, 0).count(&roll(&all, 3), None)
    };
    let result = consent(0);
    assert_eq!((result.yes, result.cast, result.passed), (3, 3, true));
    assert_eq!(
        result.sentence(),
        "passed by general consent: 3 yes, 0 no, 0 abstained; nobody objected; 3 cast of 4 eligible (0 recused), \
         quorum 3"
    );
    let result = consent(1);
    assert!(!result.passed && !result.settles(), "a ballot follows: {}", result.sentence());
}

#[test]
fn where_all_abstain_that_is_what_decided() {
    let rules = rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::ChairDecides);
    let result = ballot(rules, 0, 0, 3).count(&roll(&seats(5), 3), Some(Choice::Yes));
    assert_eq!((result.passed, result.tied, result.casting_vote), (false, false, None));
    assert!(result.sentence().contains("3 abstained; all abstained; 3 cast"), "{}", result.sentence());
}

#[test]
fn who_said_that_it_opposes_is_not_silent() {
    let silent = ballot(rules(Method::Silence, Abstention::DoesNotCount, Tie::Rejects), 0, 0, 0);
    let mut all = seats(4);
    all[2].objected = true;
    let result = silent.count(&roll(&all, 3), None);
    assert_eq!((result.yes, result.no, result.cast, result.passed), (3, 1, 4, false));
    assert!(result.sentence().contains("somebody objected"), "{}", result.sentence());
    // In writing, too; whoever is not there is not counted for the quorum.
    all[2].present = false;
    let result = silent.count(&roll(&all, 3), None);
    assert_eq!((result.yes, result.no, result.cast, result.passed), (3, 1, 3, false));
}

#[test]
fn the_chair_decides_once_enough_others_were_heard() {
    let rules = rules(Method::ChairDecides, Abstention::DoesNotCount, Tie::Rejects);
    let decided = |yes, no, quorum| ballot(rules, yes, no, 0).count(&roll(&seats(5), quorum), None);
    // D0 votes first: yes where there is a yes.
    assert!(decided(1, 4, 3).passed, "against four");
    assert!(!decided(0, 5, 3).passed);
    assert!(!decided(1, 1, 3).passed, "two were heard, and three had to be");
    assert!(decided(1, 4, 3).sentence().contains("the chair decided yes"));
    let mut recused = seats(5);
    recused[0].recused = true;
    assert!(!ballot(rules, 5, 0, 0).count(&roll(&recused, 3), None).passed, "nobody is in the chair");
}

mod options {
    use crate::deliberation::ballot::options::{ChoiceMethod, Preference, choose};

    fn ranked(ballots: &[(u32, &[usize])]) -> Vec<Preference> {
        let preference =
            |&(weight, named): &(u32, &[usize])| Preference { weight, named: named.to_vec(), points: vec![] };
        ballots.iter().map(preference).collect()
    }

    #[test]
    fn the_last_drops_out_until_one_has_a_majority() {
        let ballots = ranked(&[(4, &[0, 1]), (3, &[1, 0]), (2, &[2, 1])]);
        let chosen = choose(ChoiceMethod::InstantRunoff, 3, &ballots);
        assert_eq!(chosen.figures, [[4, 3, 2], [4, 5, 0]]);
        assert_eq!(chosen.first, [1]);
        assert_eq!(choose(ChoiceMethod::Single, 3, &ballots).first, [0], "the most named first");
    }

    /// The example of Schulze's paper, with 45 voters and five candidates.
    #[test]
    fn the_strongest_paths_choose_as_in_the_paper() {
        let ballots = ranked(&[
            (5, &[0, 2, 1, 4, 3]),
            (5, &[0, 3, 4, 2, 1]),
            (8, &[1, 4, 3, 0, 2]),
            (3, &[2, 0, 1, 4, 3]),
            (7, &[2, 0, 4, 1, 3]),
            (2, &[2, 1, 0, 3, 4]),
            (7, &[3, 2, 4, 1, 0]),
            (8, &[4, 1, 0, 3, 2]),
        ]);
        let chosen = choose(ChoiceMethod::Schulze, 5, &ballots);
        assert_eq!((chosen.first, &chosen.figures[0]), (vec![4], &vec![0, 20, 26, 30, 22]));
    }

    #[test]
    fn equal_options_are_all_first_and_nothing_is_chosen_where_nobody_prefers_anything() {
        for method in [ChoiceMethod::Single, ChoiceMethod::InstantRunoff, ChoiceMethod::Schulze] {
            assert_eq!(
                choose(method, 3, &ranked(&[(1, &[0, 1, 2]), (1, &[1, 0, 2])])).first,
                [0, 1],
                "{method:?}"
            );
            assert_eq!(choose(method, 3, &ranked(&[(1, &[])])).first, [], "{method:?}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn the_arithmetic_adds_up_and_more_yes_never_hurts(
        (yes, no, abstain, silent) in (0u32..12, 0u32..12, 0u32..12, 1u32..5),
        method in 0usize..4, counts in proptest::bool::ANY, quorum in 1u32..30,
    ) {
        let method = [
            Method::Consensus,
            Method::SimpleMajority,
            Method::QualifiedMajority { numerator: 2, denominator: 3 },
            Method::UnanimousCountersign,
        ][method];
        let abstention = if counts { Abstention::CountsAsCast } else { Abstention::DoesNotCount };
        let rules = rules(method, abstention, Tie::Rejects);
        let all = seats(yes + no + abstain + silent);
        let roll = roll(&all, quorum);
        let result = ballot(rules, yes, no, abstain).count(&roll, None);
        proptest::prop_assert_eq!(result.cast, result.yes + result.no + result.abstain);
        proptest::prop_assert!(result.cast <= result.eligible && result.needed >= 1);
        proptest::prop_assert!(!result.passed || (result.yes >= result.needed && result.is_quorate()));
        proptest::prop_assert!(!result.passed || yes > no);
        if result.passed && method != Method::UnanimousCountersign {
            proptest::prop_assert!(ballot(rules, yes + 1, no, abstain).count(&roll, None).passed);
        }
    }
}

#[test]
fn a_vote_is_against_the_proposal_with_all_of_its_weight_or_a_part() {
    let part = |choice| vec![VotePart { choice, weight: 1 }];
    assert_eq!(against(Choice::Yes, &[]), None);
    assert_eq!(against(Choice::Abstain, &part(Choice::Yes)), None);
    assert_eq!(against(Choice::No, &[]), Some(false));
    assert_eq!(against(Choice::No, &part(Choice::Yes)), Some(true));
    assert_eq!(against(Choice::Yes, &part(Choice::No)), Some(true));
}
