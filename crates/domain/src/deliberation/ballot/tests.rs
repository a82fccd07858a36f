use super::*;
use crate::testing::code;

fn rules(method: Method, abstention: Abstention, tie: Tie) -> Rules {
    Rules { method, abstention, tie }
}

/// A ballot with this many votes of each kind.
fn ballot(rules: Rules, yes: u32, no: u32, abstain: u32) -> Ballot {
    let mut ballot = Ballot::new(1, 1, rules);
    let choices = [(Choice::Yes, yes), (Choice::No, no), (Choice::Abstain, abstain)];
    for (choice, votes) in choices {
        for _ in 0..votes {
            let department = Code::parse(&format!("D{}", ballot.votes.len())).unwrap();
            ballot.votes.insert(department, Vote { choice, reason: None });
        }
    }
    ballot
}

/// So many seats with one vote each.
fn seats(count: u32) -> Vec<Voter> {
    (0..count).map(|n| Voter { department: code(&format!("D{n}")), weight: 1, veto: false }).collect()
}

/// All of them may vote, and so many have to.
fn electorate(seats: &[Voter], quorum: u32) -> Electorate<'_> {
    Electorate { voters: seats.iter().collect(), recused: 0, quorum, body_version: 1 }
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
        let result = held.count(&electorate(&seats(7), 4), None);
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
    let result = held.count(&electorate(&all, 4), None);
    assert!(!result.is_quorate() && !result.passed);
    assert_eq!(
        result.sentence(),
        "failed without a quorum: 3 cast of 7 eligible (0 recused), quorum 4; 3 yes, 0 no, 0 abstained"
    );
    // A recused department is not waited for.
    let smaller = Electorate { recused: 2, ..electorate(&all[..5], 3) };
    assert!(held.count(&smaller, None).passed, "quorum is 3 of the 5 that are left");
}

#[test]
fn only_a_chair_with_a_casting_vote_breaks_a_tie() {
    let count = |tie, casting| {
        let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, tie), 3, 3, 1);
        held.count(&electorate(&seats(7), 4), casting)
    };
    assert!(count(Tie::Rejects, None).tied);
    assert!(!count(Tie::Rejects, Some(Choice::Yes)).passed);
    assert!(!count(Tie::ChairDecides, None).passed);
    assert!(!count(Tie::ChairDecides, Some(Choice::No)).passed);
    let broken = count(Tie::ChairDecides, Some(Choice::Yes));
    assert!(broken.passed && broken.casting_vote == Some(Choice::Yes), "{}", broken.sentence());
    // Where one more yes would not have carried it, there is nothing to break.
    let held = ballot(rules(Method::SimpleMajority, Abstention::CountsAsCast, Tie::ChairDecides), 2, 2, 3);
    let result = held.count(&electorate(&seats(7), 4), Some(Choice::Yes));
    assert!(!result.tied && !result.passed && result.casting_vote.is_none());
    // Where nobody has voted yes or no, no voices are equal.
    let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::ChairDecides), 0, 0, 4);
    let result = held.count(&electorate(&seats(7), 4), Some(Choice::Yes));
    assert!(!result.tied && !result.passed && result.casting_vote.is_none());
}

#[test]
fn votes_weigh_as_much_as_their_seats_and_heads_make_the_quorum() {
    let mut all = seats(3);
    all[0].weight = 3;
    let held = ballot(rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects), 1, 2, 0);
    let result = held.count(&electorate(&all, 3), None);
    assert_eq!((result.yes, result.no, result.base, result.needed, result.cast), (3, 2, 5, 3, 3));
    assert!(result.passed, "{}", result.sentence());
    assert!(!held.count(&electorate(&all, 4), None).passed, "three heads are no quorum of four");
}

#[test]
fn a_no_with_a_veto_is_enough() {
    let mut all = seats(5);
    let rules = rules(Method::SimpleMajority, Abstention::DoesNotCount, Tie::Rejects);
    all[0].veto = true;
    assert!(ballot(rules, 4, 1, 0).count(&electorate(&all, 3), None).passed, "D0 votes yes, D4 no");
    all[4].veto = true;
    let result = ballot(rules, 4, 1, 0).count(&electorate(&all, 3), None);
    assert!(result.vetoed && !result.passed, "{}", result.sentence());
    assert!(result.sentence().contains("; a veto;"), "{}", result.sentence());
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
        let electorate = electorate(&all, quorum);
        let result = ballot(rules, yes, no, abstain).count(&electorate, None);
        proptest::prop_assert_eq!(result.cast, result.yes + result.no + result.abstain);
        proptest::prop_assert!(result.cast <= result.eligible && result.needed >= 1);
        proptest::prop_assert!(!result.passed || (result.yes >= result.needed && result.is_quorate()));
        proptest::prop_assert!(!result.passed || yes > no);
        if result.passed && method != Method::UnanimousCountersign {
            proptest::prop_assert!(ballot(rules, yes + 1, no, abstain).count(&electorate, None).passed);
        }
    }
}
