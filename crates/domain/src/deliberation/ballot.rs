//! A ballot (表决): who may vote, what is needed, and a result that carries its own arithmetic.
//!
//! The rules here are pure counting; when a ballot may be opened and who may vote is for the docket to
//! decide. [`roll`] is who may vote, [`count`] how votes become a result, [`options`] how one of several is chosen, [`secret`]
//! what nobody may know of a vote before the count.

mod count;
pub mod options;
pub mod roll;
pub mod secret;

pub use crate::decision_rule::{Abstention, MajorityBase, Method, Tie};
use count::Tally;
pub use roll::{Roll, Seat};
pub use secret::{OpenedVote, SealedVote, SealedVotes};

use crate::{Code, Text};
use std::collections::BTreeMap;

/// How a department votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// 赞成
    Yes,
    /// 反对
    No,
    /// 弃权
    Abstain,
}

/// A part of a seat's weight that votes otherwise than the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VotePart {
    /// How it votes.
    pub choice: Choice,
    /// How much of the weight it is; at least 1.
    pub weight: u32,
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
    /// Of what the majority is taken.
    pub majority_of: MajorityBase,
    /// Whether nobody knows before the count how somebody votes, and afterwards nobody but the voter.
    pub secret: bool,
}

/// The current vote of a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// How it votes.
    pub choice: Choice,
    /// The parts of its weight that vote otherwise.
    pub split: Vec<VotePart>,
    /// Why, when it gave a reason.
    pub reason: Option<Text>,
    /// The department that cast it, when that is another one: by mandate, or as a substitute.
    pub cast_by: Option<Code>,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
}

impl Vote {
    /// Whether the seat cast it itself: no other department did, and no clerk put it down.
    pub fn is_cast_by_the_seat(&self) -> bool {
        self.cast_by.is_none() && !self.put_down_by_clerk
    }
}

/// Hands that were raised, by whomever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hands {
    /// For the proposal.
    pub yes: u32,
    /// Against it.
    pub no: u32,
    /// In abstention.
    pub abstain: u32,
}

impl Hands {
    /// How many there were.
    pub fn all(self) -> u32 {
        self.yes.saturating_add(self.no).saturating_add(self.abstain)
    }
}

/// One ballot on one version of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Its number within the docket, from 1.
    pub number: u32,
    /// The version of the proposal that is voted on; 0 when it is a motion or an amendment.
    pub version: u32,
    /// The motion that is voted on, when it is one.
    pub motion: Option<u32>,
    /// The amendment that is voted on, when it is one.
    pub amendment: Option<u32>,
    /// The rules it is held under.
    pub rules: Rules,
    /// The votes; one per department. A secret ballot has none.
    pub votes: Votes,
    /// The hands that were counted in place of votes by name.
    pub hands: Option<Hands>,
    /// The votes of a secret ballot; one per department. None once it is counted.
    pub sealed: SealedVotes,
    /// The votes of a secret ballot that was counted, sorted by their codes.
    pub opened: Vec<OpenedVote>,
    /// Why it was voided, which ends it without a count.
    pub voided: Option<Text>,
    /// Who might vote when it was counted; empty while it is open.
    pub roll: Vec<Seat>,
    /// The result, once it is closed.
    pub result: Option<BallotResult>,
}

/// The result of a closed ballot, with every number that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BallotResult {
    /// The ballot's number within the docket.
    pub ballot: u32,
    /// The version of the proposal that was voted on; 0 when it was a motion or an amendment.
    pub version: u32,
    /// What the proposal needed in order to pass.
    pub method: Method,
    /// How abstentions were counted.
    pub abstention: Abstention,
    /// What a tie would have meant.
    pub tie: Tie,
    /// Of what the majority was taken.
    pub majority_of: MajorityBase,
    /// Departments that decide on the topic.
    pub eligible: u32,
    /// Eligible departments that recused themselves.
    pub recused: u32,
    /// Votes that had to be cast for the ballot to be valid.
    pub quorum: u32,
    /// Departments that cast a vote; where silence agrees, those that were there.
    pub cast: u32,
    /// The weight of the votes for the proposal.
    pub yes: u32,
    /// The weight of those against it.
    pub no: u32,
    /// The weight of the abstentions.
    pub abstain: u32,
    /// The weight of which the majority was taken.
    pub base: u32,
    /// The weight of yes votes that was needed.
    pub needed: u32,
    /// Whether it was a tie.
    pub tied: bool,
    /// The vote of the chair, when it decided: a tie, or a matter that is the chair's to decide.
    pub casting_vote: Option<Choice>,
    /// Whether a no was enough: that of a seat with a veto on this class of matters.
    pub vetoed: bool,
    /// Whether the proposal passed.
    pub passed: bool,
    /// The number of the body's version whose rule was applied.
    pub body_version: u32,
    /// Whether the ballot was secret.
    pub secret: bool,
}

/// The votes of a ballot, by the departments whose they are.
pub type Votes = BTreeMap<Code, Vote>;

/// Whether a vote is against the proposal: `Some(true)` when only a part of its weight is.
pub fn against(choice: Choice, split: &[VotePart]) -> Option<bool> {
    let in_part = split.iter().any(|part| part.choice == Choice::No);
    let mostly = choice == Choice::No;
    (mostly || in_part).then_some(!mostly || !split.is_empty())
}

/// How many seats besides its own a department has voted for.
pub fn carried_by(votes: &Votes, department: &Code) -> u32 {
    let carried = votes.values().filter(|vote| vote.cast_by.as_ref() == Some(department));
    u32::try_from(carried.count()).unwrap_or(u32::MAX)
}

impl Ballot {
    /// Opens a ballot without votes.
    pub fn new(number: u32, version: u32, rules: Rules) -> Ballot {
        let (votes, sealed) = (BTreeMap::new(), BTreeMap::new());
        let (opened, roll) = (Vec::new(), Vec::new());
        Ballot {
            number,
            version,
            motion: None,
            amendment: None,
            rules,
            votes,
            hands: None,
            sealed,
            opened,
            voided: None,
            roll,
            result: None,
        }
    }

    /// Whether it is on a version of the proposal, and not on a motion or an amendment.
    pub fn is_on_proposal(&self) -> bool {
        self.motion.is_none() && self.amendment.is_none()
    }

    /// Whether votes may still be cast.
    pub fn is_open(&self) -> bool {
        self.result.is_none() && self.voided.is_none()
    }
}

impl BallotResult {
    /// Whether enough departments cast a vote.
    pub fn is_quorate(&self) -> bool {
        self.cast >= self.quorum
    }

    /// Whether it was about a version of the proposal, and not about a motion or an amendment.
    pub fn is_on_proposal(&self) -> bool {
        self.version > 0
    }

    /// Whether it says something for good about the version: there was a quorum, and it was not that nobody agreed
    /// without a ballot.
    pub fn settles(&self) -> bool {
        self.is_quorate() && (self.passed || self.method != Method::GeneralConsent)
    }

    /// The result, what decided it, and its arithmetic in one sentence.
    pub fn sentence(&self) -> String {
        let BallotResult { eligible, recused, quorum, cast, yes, no, abstain, .. } = self;
        if self.secret && !self.is_quorate() {
            return format!(
                "failed without a quorum: {cast} cast of {eligible} eligible ({recused} recused), quorum {quorum}; the \
                 secret votes were not opened"
            );
        }
        if !self.is_quorate() {
            return format!(
                "failed without a quorum: {cast} cast of {eligible} eligible ({recused} recused), quorum {quorum}; \
                 {yes} yes, {no} no, {abstain} abstained"
            );
        }
        let verdict = if self.passed { "passed" } else { "failed" };
        let (method, measure) = (self.method, self.measure());
        if self.secret {
            return format!(
                "{verdict} by {method} in a secret ballot: {yes} yes, {no} no, {abstain} abstained; {measure}; {cast} \
                 cast of {eligible} eligible ({recused} recused), quorum {quorum}"
            );
        }
        format!(
            "{verdict} by {method}: {yes} yes, {no} no, {abstain} abstained; {measure}; {cast} cast of {eligible} \
             eligible ({recused} recused), quorum {quorum}"
        )
    }

    /// What the votes were measured by, and what decided.
    fn measure(&self) -> String {
        let BallotResult { no, base, needed, .. } = self;
        let deciding = match self.casting_vote {
            _ if self.vetoed => "; a veto",
            _ if self.method == Method::ChairDecides => "",
            Some(Choice::Yes) => "; the chair's casting vote was yes",
            Some(_) => "; the chair's casting vote was not yes",
            None if self.tied => "; a tie",
            None => "",
        };
        match (self.method, self.casting_vote) {
            (Method::ChairDecides, Some(Choice::Yes)) => format!("the chair decided yes{deciding}"),
            (Method::ChairDecides, Some(_)) => format!("the chair did not decide yes{deciding}"),
            (Method::ChairDecides, None) => format!("the chair did not decide{deciding}"),
            (Method::GeneralConsent | Method::Silence, _) if *no > 0 => {
                format!("somebody objected{deciding}")
            }
            (Method::GeneralConsent | Method::Silence, _) if self.yes == 0 => {
                format!("nobody agreed{deciding}")
            }
            (Method::GeneralConsent | Method::Silence, _) => format!("nobody objected{deciding}"),
            _ if *base == 0 => format!("all abstained{deciding}"),
            _ => format!("{needed} yes of {base} {} were needed{deciding}", self.majority_of.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
