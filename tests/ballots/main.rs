//! The arithmetic of ballots against a second implementation, which shares nothing with it: `recount.py` counts
//! thousands of random ballots again, and must come to the same result in each.

use domain::constitution::{Constitution, Voter};
use domain::decision_rule::{
    Abstention, DecisionRule, MajorityBase, MatterClass, Method, OptionTie, Quorum, QuorumBase,
    RecusalEffect, Tie, VotingRule,
};
use domain::deliberation::ballot::options::{ChoiceMethod, POINTS_MAX, Preference, choose};
use domain::deliberation::ballot::{Ballot, BallotResult, Choice, Hands, Roll, Rules, Seat, Vote, VotePart};
use domain::testing::{code, constitution};
use serde_json::{Value, json};
use std::process::Command;

/// Ballots on proposals.
const BALLOTS: u64 = 6_000;
/// Choices among options.
const CHOICES: u64 = 4_000;

/// Numbers that look random and are the same in every run: SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to one less than this.
    fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end)) as u32
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.below(many) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }
}

fn choice(numbers: &mut Numbers) -> Choice {
    numbers.of(&[Choice::Yes, Choice::Yes, Choice::No, Choice::Abstain])
}

fn method(numbers: &mut Numbers) -> Method {
    let denominator = 2 + numbers.below(8);
    let numerator = denominator / 2 + 1 + numbers.below(denominator - denominator / 2);
    let qualified = Method::QualifiedMajority { numerator, denominator };
    numbers.of(&[
        Method::SimpleMajority,
        Method::SimpleMajority,
        qualified,
        qualified,
        Method::Consensus,
        Method::UnanimousCountersign,
        Method::ChairDecides,
        Method::GeneralConsent,
        Method::Silence,
    ])
}

fn rule(numbers: &mut Numbers) -> DecisionRule {
    let denominator = 1 + numbers.below(5);
    let quorum = Quorum {
        base: numbers.of(&[QuorumBase::AllSeats, QuorumBase::Present]),
        numerator: 1 + numbers.below(denominator),
        denominator,
    };
    let voting = VotingRule {
        majority_of: numbers.of(&[MajorityBase::Votes, MajorityBase::Present, MajorityBase::AllSeats]),
        recusal: numbers.of(&[RecusalEffect::LowersQuorum, RecusalEffect::CountsAsPresent]),
        votes_min_after_recusal: 1 + numbers.below(4),
        mandates_max: 2,
        excludes_general_consent: false,
        secret_ballots: false,
        hand_counts: false,
        option_tie: OptionTie::NoDecision,
    };
    DecisionRule {
        method: method(numbers),
        abstention: numbers.of(&[Abstention::CountsAsCast, Abstention::DoesNotCount]),
        tie: numbers.of(&[Tie::Rejects, Tie::ChairDecides]),
        quorum,
        voting,
        ..DecisionRule::default_for(MatterClass::Ordinary)
    }
}

/// A body of up to nine seats, under a random rule.
fn body(numbers: &mut Numbers) -> Constitution {
    let seats: Vec<String> = (0..1 + numbers.below(9)).map(|number| format!("D{number}")).collect();
    let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
    let usual = constitution(&seats);
    let is_weighted = numbers.one_in(2);
    let voters = usual.voters.into_iter().map(|voter| Voter {
        weight: if is_weighted { 1 + numbers.below(9) } else { 1 },
        veto: numbers.one_in(8),
        ..voter
    });
    Constitution { voters: voters.collect(), rule: rule(numbers), ..usual }
}

/// A seat on the roll of a topic, with its vote.
fn seat(numbers: &mut Numbers, voter: &Voter) -> (Seat, Option<Vote>) {
    let is_there = !numbers.one_in(4);
    let by_mandate = !is_there && numbers.one_in(2);
    let recused = numbers.one_in(6);
    let votes = !recused && (by_mandate || is_there && !numbers.one_in(5));
    let choice = choice(numbers);
    let other = numbers.of(&[Choice::Yes, Choice::No, Choice::Abstain]);
    let is_split = voter.weight > 1 && other != choice && numbers.one_in(3);
    let split = is_split.then(|| VotePart { choice: other, weight: 1 + numbers.below(voter.weight - 1) });
    let cast_by = by_mandate.then(|| code("D0"));
    let vote = Vote {
        choice,
        split: split.into_iter().collect(),
        reason: None,
        cast_by: cast_by.clone(),
        put_down_by_clerk: false,
    };
    let seat = Seat {
        department: voter.department.clone(),
        weight: voter.weight,
        veto: voter.veto,
        present: is_there || by_mandate && votes,
        recused,
        voted: votes,
        cast_by,
        put_down_by_clerk: false,
        objected: !votes && !recused && numbers.one_in(9),
    };
    (seat, votes.then_some(vote))
}

/// Hands that are counted in place of votes by name, where it does not matter whose they are.
fn hands(numbers: &mut Numbers, method: Method, seats: &[Seat]) -> Option<Hands> {
    let by_majority =
        matches!(method, Method::SimpleMajority | Method::QualifiedMajority { .. } | Method::Consensus);
    let alike = seats.iter().all(|seat| seat.weight == 1 && !seat.veto);
    if !by_majority || !alike || numbers.one_in(2) {
        return None;
    }
    let there = seats.iter().filter(|seat| !seat.recused).count() as u32;
    let yes = numbers.below(there + 1);
    let no = numbers.below(there - yes + 1);
    Some(Hands { yes, no, abstain: numbers.below(there - yes - no + 1) })
}

fn word(choice: Choice) -> &'static str {
    match choice {
        Choice::Yes => "yes",
        Choice::No => "no",
        Choice::Abstain => "abstain",
    }
}

fn method_words(method: Method) -> Value {
    match method {
        Method::QualifiedMajority { numerator, denominator } => {
            json!({"name": "qualified", "numerator": numerator, "denominator": denominator})
        }
        Method::SimpleMajority => json!({"name": "simple"}),
        Method::Consensus => json!({"name": "consensus"}),
        Method::UnanimousCountersign => json!({"name": "unanimous"}),
        Method::ChairDecides => json!({"name": "chair"}),
        Method::GeneralConsent => json!({"name": "consent"}),
        Method::Silence => json!({"name": "silence"}),
    }
}

fn rule_words(rule: &DecisionRule) -> Value {
    json!({
        "abstention": match rule.abstention { Abstention::CountsAsCast => "counts", Abstention::DoesNotCount => "not" },
        "tie": match rule.tie { Tie::Rejects => "rejects", Tie::ChairDecides => "chair" },
        "quorum_base": match rule.quorum.base { QuorumBase::AllSeats => "all", QuorumBase::Present => "present" },
        "quorum_numerator": rule.quorum.numerator,
        "quorum_denominator": rule.quorum.denominator,
        "majority_of": match rule.voting.majority_of {
            MajorityBase::Votes => "votes",
            MajorityBase::Present => "present",
            MajorityBase::AllSeats => "all",
        },
        "recusal": match rule.voting.recusal {
            RecusalEffect::LowersQuorum => "lowers",
            RecusalEffect::CountsAsPresent => "counts",
        },
        "votes_min_after_recusal": rule.voting.votes_min_after_recusal,
    })
}

fn result_words(result: &BallotResult) -> Value {
    json!({
        "eligible": result.eligible,
        "recused": result.recused,
        "quorum": result.quorum,
        "cast": result.cast,
        "yes": result.yes,
        "no": result.no,
        "abstain": result.abstain,
        "base": result.base,
        "needed": result.needed,
        "tied": result.tied,
        "casting_vote": result.casting_vote.map(word),
        "vetoed": result.vetoed,
        "passed": result.passed,
    })
}

/// A ballot on a proposal, with the service's result.
fn ballot(numbers: &mut Numbers) -> Value {
    let body = body(numbers);
    let DecisionRule { method, abstention, tie, voting, .. } = body.rule;
    let rules = Rules { method, abstention, tie, majority_of: voting.majority_of, secret: false };
    let mut held = Ballot::new(1, 1, rules);
    let mut seats = Vec::new();
    // Some seats do not decide on the topic, but are seats of the body all the same.
    for voter in &body.voters {
        if voter.department != body.chair && numbers.one_in(6) {
            continue;
        }
        let (seat, vote) = seat(numbers, voter);
        held.votes.extend(vote.map(|vote| (voter.department.clone(), vote)));
        seats.push(seat);
    }
    held.hands = hands(numbers, method, &seats);
    if held.hands.is_some() {
        held.votes.clear();
        seats
            .iter_mut()
            .for_each(|seat| (seat.voted, seat.cast_by, seat.present) = (false, None, !seat.recused));
    }
    let recused = seats.iter().filter(|seat| seat.recused);
    let recused_weight = recused.clone().map(|seat| seat.weight).sum();
    let present = seats.iter().filter(|seat| seat.present && !seat.recused).count() as u32;
    let roll = Roll {
        quorum: body.quorum(recused.count() as u32, present),
        all_seats_weight: body.all_seats_weight(recused_weight),
        chair: numbers.one_in(2).then(|| body.chair.clone()),
        body_version: 1,
        seats,
    };
    let casting_vote = numbers.one_in(2).then(|| choice(numbers));
    let result = held.count(&roll, casting_vote);
    let split = |part: &VotePart| json!([word(part.choice), part.weight]);
    let vote = |seat: &Seat| {
        let vote = held.votes.get(&seat.department)?;
        let split: Vec<Value> = vote.split.iter().map(split).collect();
        Some(json!({"choice": word(vote.choice), "split": split}))
    };
    let on_the_roll = |seat: &Seat| {
        json!({
            "department": seat.department.as_str(),
            "weight": seat.weight,
            "veto": seat.veto,
            "present": seat.present,
            "recused": seat.recused,
            "objected": seat.objected,
            "vote": vote(seat),
        })
    };
    json!({
        "body": body.voters.iter().map(|voter| voter.weight).collect::<Vec<_>>(),
        "rule": rule_words(&body.rule),
        "method": method_words(method),
        "roll": roll.seats.iter().map(on_the_roll).collect::<Vec<_>>(),
        "chair": roll.chair.as_ref().map(|chair| chair.as_str()),
        "casting_vote": casting_vote.map(word),
        "hands": held.hands.map(|hands| json!({"yes": hands.yes, "no": hands.no, "abstain": hands.abstain})),
        "result": result_words(&result),
    })
}

/// A choice among options, with the service's result.
fn choosing(numbers: &mut Numbers) -> Value {
    let options = 2 + numbers.below(5) as usize;
    let preferences: Vec<Preference> = (0..1 + numbers.below(8))
        .map(|_| {
            let mut left: Vec<usize> = (0..options).collect();
            let count = numbers.below(options as u32 + 1) as usize;
            let mut named = Vec::new();
            for _ in 0..count {
                let at = numbers.below(left.len() as u32) as usize;
                named.push(left.remove(at));
            }
            let points = (0..options).map(|_| numbers.below(POINTS_MAX + 1)).collect();
            Preference { weight: 1 + numbers.below(3), named, points }
        })
        .collect();
    let (name, method) = numbers.of(&[
        ("single", ChoiceMethod::Single),
        ("approval", ChoiceMethod::Approval),
        ("score", ChoiceMethod::Score),
        ("instant-runoff", ChoiceMethod::InstantRunoff),
        ("schulze", ChoiceMethod::Schulze),
    ]);
    let preference = |preference: &Preference| json!({"weight": preference.weight, "named": preference.named, "points": preference.points});
    json!({
        "choice": name,
        "options": options,
        "preferences": preferences.iter().map(preference).collect::<Vec<_>>(),
        "result": {"first": choose(method, options, &preferences).first},
    })
}

#[test]
fn a_second_implementation_counts_the_same() -> anyhow::Result<()> {
    let mut numbers = Numbers(20270301);
    let ballots = (0..BALLOTS).map(|_| ballot(&mut numbers)).collect::<Vec<_>>();
    let choices = (0..CHOICES).map(|_| choosing(&mut numbers)).collect::<Vec<_>>();
    for passed in [true, false] {
        let count = ballots.iter().filter(|case| case["result"]["passed"] == passed).count() as u64;
        anyhow::ensure!(count > BALLOTS / 10, "only {count} of the ballots have passed = {passed}");
    }
    let lines: Vec<String> = ballots.iter().chain(&choices).map(Value::to_string).collect();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cases.jsonl");
    std::fs::write(&file, lines.join("\n"))?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ballots/recount.py");
    let recounted = Command::new("python3").arg(script).arg(&file).output()?;
    let said = String::from_utf8_lossy(&recounted.stdout);
    anyhow::ensure!(recounted.status.success(), "{said}\n{}", String::from_utf8_lossy(&recounted.stderr));
    anyhow::ensure!(said.contains("10000 cases, 0 differ"), "{said}");
    Ok(())
}
