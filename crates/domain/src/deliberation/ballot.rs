//! A ballot (表决): who may vote, what is needed, and a result that carries its own arithmetic.
//!
//! The rules here are pure counting; when a ballot may be opened and who may vote is for the docket to
//! decide.

pub use crate::decision_rule::{Abstention, Method, Tie};

use crate::constitution::Voter;
use crate::decision_rule::share;
use crate::{Code, Text};
use std::collections::BTreeMap;

/// How a department votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// 赞成
    Yes,
    /// 反对
    No,
    /// 弃权
    Abstain,
}

/// The rules that a ballot is held under, fixed when it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules {
    /// What the proposal needs in order to pass.
    pub method: Method,
    /// How abstentions are counted.
    pub abstention: Abstention,
    /// What a tie means.
    pub tie: Tie,
}

/// Who may vote, how many have to, and by which version of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Electorate<'a> {
    /// The seats that may vote: they decide on the topic and have not recused themselves.
    pub voters: Vec<&'a Voter>,
    /// Those that decide on the topic and have recused themselves.
    pub recused: u32,
    /// Votes that must be cast for the ballot to be valid.
    pub quorum: u32,
    /// The number of the body's version.
    pub body_version: u32,
}

/// The current vote of a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// How it votes.
    pub choice: Choice,
    /// Why, when it gave a reason.
    pub reason: Option<Text>,
}

/// One ballot on one version of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Its number within the docket, from 1.
    pub number: u32,
    /// The version of the proposal that is voted on.
    pub version: u32,
    /// The rules it is held under.
    pub rules: Rules,
    /// The votes; one per department.
    pub votes: BTreeMap<Code, Vote>,
    /// The result, once it is closed.
    pub result: Option<BallotResult>,
}

/// The result of a closed ballot, with every number that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BallotResult {
    /// The ballot's number within the docket.
    pub ballot: u32,
    /// The version of the proposal that was voted on.
    pub version: u32,
    /// What the proposal needed in order to pass.
    pub method: Method,
    /// How abstentions were counted.
    pub abstention: Abstention,
    /// What a tie would have meant.
    pub tie: Tie,
    /// Departments that decide on the topic.
    pub eligible: u32,
    /// Eligible departments that recused themselves.
    pub recused: u32,
    /// Votes that had to be cast for the ballot to be valid.
    pub quorum: u32,
    /// Departments that cast a vote.
    pub cast: u32,
    /// The weight of the votes for the proposal.
    pub yes: u32,
    /// The weight of those against it.
    pub no: u32,
    /// The weight of the abstentions.
    pub abstain: u32,
    /// The weight of the counted votes, of which the majority was taken.
    pub base: u32,
    /// The weight of yes votes that was needed.
    pub needed: u32,
    /// Whether it was a tie.
    pub tied: bool,
    /// The chair's casting vote, when a tie was decided by it.
    pub casting_vote: Option<Choice>,
    /// Whether a no was enough: that of a seat with a veto on this class of matters.
    pub vetoed: bool,
    /// Whether the proposal passed.
    pub passed: bool,
    /// The number of the body's version whose rule was applied.
    pub body_version: u32,
}

impl Ballot {
    /// Opens a ballot without votes.
    pub fn new(number: u32, version: u32, rules: Rules) -> Ballot {
        Ballot { number, version, rules, votes: BTreeMap::new(), result: None }
    }

    /// Whether votes may still be cast.
    pub fn is_open(&self) -> bool {
        self.result.is_none()
    }

    /// Counts the votes cast so far. The casting vote counts only when the rules give the chair one and the votes
    /// are tied.
    pub fn count(&self, electorate: &Electorate<'_>, casting_vote: Option<Choice>) -> BallotResult {
        let choice_of = |voter: &Voter| self.votes.get(&voter.department).map(|vote| vote.choice);
        let voters = || electorate.voters.iter().copied();
        let weight = |choice| total(voters().filter(|voter| choice_of(voter) == Some(choice)));
        let (yes, no, abstain) = (weight(Choice::Yes), weight(Choice::No), weight(Choice::Abstain));
        let Rules { method, abstention, tie } = self.rules;
        let cast = count(voters().filter(|voter| choice_of(voter).is_some()));
        let base = match (method, abstention) {
            (Method::UnanimousCountersign, _) => total(voters()),
            (_, Abstention::CountsAsCast) => yes.saturating_add(no).saturating_add(abstain),
            (_, Abstention::DoesNotCount) => yes.saturating_add(no),
        };
        let needed = needed(method, base);
        let tied = method == Method::SimpleMajority && yes == no && yes > 0 && yes + 1 == needed;
        let casting_vote = casting_vote.filter(|_| tied && tie == Tie::ChairDecides);
        let carried = yes >= needed || casting_vote == Some(Choice::Yes);
        let vetoed = voters().any(|voter| voter.veto && choice_of(voter) == Some(Choice::No));
        BallotResult {
            ballot: self.number,
            version: self.version,
            method,
            abstention,
            tie,
            eligible: count(voters()).saturating_add(electorate.recused),
            recused: electorate.recused,
            quorum: electorate.quorum,
            cast,
            yes,
            no,
            abstain,
            base,
            needed,
            tied,
            casting_vote,
            vetoed,
            passed: cast >= electorate.quorum && carried && !vetoed,
            body_version: electorate.body_version,
        }
    }
}

impl BallotResult {
    /// Whether enough departments cast a vote.
    pub fn is_quorate(&self) -> bool {
        self.cast >= self.quorum
    }

    /// The result, what decided it, and its arithmetic in one sentence.
    pub fn sentence(&self) -> String {
        let BallotResult { eligible, recused, quorum, cast, yes, no, abstain, base, needed, .. } = self;
        if !self.is_quorate() {
            return format!(
                "failed without a quorum: {cast} cast of {eligible} eligible ({recused} recused), quorum {quorum}; \
                 {yes} yes, {no} no, {abstain} abstained"
            );
        }
        let verdict = if self.passed { "passed" } else { "failed" };
        let casting = match self.casting_vote {
            _ if self.vetoed => "; a veto",
            Some(Choice::Yes) => "; the chair's casting vote was yes",
            Some(_) => "; the chair's casting vote was not yes",
            None if self.tied => "; a tie",
            None => "",
        };
        format!(
            "{verdict} by {}: {yes} yes, {no} no, {abstain} abstained; {needed} yes of {base} counted were \
             needed{casting}; {cast} cast of {eligible} eligible ({recused} recused), quorum {quorum}",
            self.method
        )
    }
}

/// The yes votes that a method needs out of the counted votes; at least one.
fn needed(method: Method, base: u32) -> u32 {
    match method {
        Method::Consensus | Method::UnanimousCountersign => base,
        Method::SimpleMajority => base / 2 + 1,
        Method::QualifiedMajority { numerator, denominator } => share(base, numerator, denominator),
    }
    .max(1)
}

fn total<'a>(voters: impl Iterator<Item = &'a Voter>) -> u32 {
    voters.map(|voter| voter.weight).fold(0, u32::saturating_add)
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
