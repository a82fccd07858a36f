//! A ballot (表决): who may vote, what is needed, and a result that carries its own arithmetic.
//!
//! The rules here are pure counting; when a ballot may be opened and who may vote is for the docket to
//! decide.

pub use crate::decision_rule::{Abstention, Method, Tie};

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

/// Who may vote, and how many have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Electorate {
    /// Departments that decide on the topic.
    pub eligible: u32,
    /// Eligible departments that recused themselves.
    pub recused: u32,
    /// The share of the remaining ones that must cast a vote, in percent.
    pub quorum_percent: u32,
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
    /// Votes cast: yes, no and abstentions.
    pub cast: u32,
    /// Votes for the proposal.
    pub yes: u32,
    /// Votes against it.
    pub no: u32,
    /// Abstentions.
    pub abstain: u32,
    /// Counted votes, of which the majority was taken.
    pub base: u32,
    /// Yes votes that were needed.
    pub needed: u32,
    /// Whether it was a tie.
    pub tied: bool,
    /// The chair's casting vote, when a tie was decided by it.
    pub casting_vote: Option<Choice>,
    /// Whether the proposal passed.
    pub passed: bool,
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
    pub fn count(&self, electorate: Electorate, casting_vote: Option<Choice>) -> BallotResult {
        let votes = |choice| count(self.votes.values().filter(|vote| vote.choice == choice));
        let (yes, no, abstain) = (votes(Choice::Yes), votes(Choice::No), votes(Choice::Abstain));
        let Rules { method, abstention, tie } = self.rules;
        let voters = electorate.eligible.saturating_sub(electorate.recused);
        let cast = yes + no + abstain;
        let base = match (method, abstention) {
            (Method::UnanimousCountersign, _) => voters,
            (_, Abstention::CountsAsCast) => cast,
            (_, Abstention::DoesNotCount) => yes + no,
        };
        let needed = needed(method, base);
        let quorum = share(voters, electorate.quorum_percent, 100).max(1);
        let tied = method == Method::SimpleMajority && yes == no && yes > 0 && yes + 1 == needed;
        let casting_vote = casting_vote.filter(|_| tied && tie == Tie::ChairDecides);
        let carried = yes >= needed || casting_vote == Some(Choice::Yes);
        BallotResult {
            ballot: self.number,
            version: self.version,
            method,
            abstention,
            tie,
            eligible: electorate.eligible,
            recused: electorate.recused,
            quorum,
            cast,
            yes,
            no,
            abstain,
            base,
            needed,
            tied,
            casting_vote,
            passed: cast >= quorum && carried,
        }
    }
}

impl BallotResult {
    /// The rules that it was held under.
    pub fn rules(&self) -> Rules {
        Rules { method: self.method, abstention: self.abstention, tie: self.tie }
    }

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

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
