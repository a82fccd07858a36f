//! A decision rule (决策规则): what a matter of one class needs in order to be decided. A body sets it, and its dockets
//! keep to it.

use std::fmt;

/// How much weight a matter has for those who decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatterClass {
    /// 一般事项: what has no rule of its own.
    Ordinary,
    /// 重大事项
    Important,
    /// 人事事项
    Personnel,
    /// 应急事项
    Emergency,
}

impl MatterClass {
    /// Every class, in the order of the glossary.
    pub const ALL: [MatterClass; 4] =
        [MatterClass::Ordinary, MatterClass::Important, MatterClass::Personnel, MatterClass::Emergency];

    /// The class in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            MatterClass::Ordinary => "ordinary",
            MatterClass::Important => "important",
            MatterClass::Personnel => "personnel",
            MatterClass::Emergency => "emergency",
        }
    }
}

impl fmt::Display for MatterClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a proposal needs in order to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// 协商一致: every counted vote is a yes.
    Consensus,
    /// 简单多数: more than half of the counted votes.
    SimpleMajority,
    /// 特定多数: at least this share of the counted votes.
    QualifiedMajority {
        /// The numerator of the share, such as the 2 in 2/3.
        numerator: u32,
        /// The denominator of the share, such as the 3 in 2/3.
        denominator: u32,
    },
    /// 一致会签: every department that may vote signs; a missing vote or an abstention fails it.
    UnanimousCountersign,
}

impl Method {
    /// The share of a qualified majority that a minority could reach, or that nobody could.
    pub fn impossible_share(self) -> Option<(u32, u32)> {
        match self {
            Method::QualifiedMajority { numerator, denominator }
                if u64::from(numerator) * 2 <= u64::from(denominator) || numerator > denominator =>
            {
                Some((numerator, denominator))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Consensus => f.write_str("consensus"),
            Method::SimpleMajority => f.write_str("simple majority"),
            Method::QualifiedMajority { numerator, denominator } => {
                write!(f, "majority of {numerator}/{denominator}")
            }
            Method::UnanimousCountersign => f.write_str("unanimous countersign"),
        }
    }
}

/// Whether abstentions are among the votes of which the majority is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Abstention {
    /// They are counted, and so weigh against the proposal.
    CountsAsCast,
    /// They are left out of the count.
    DoesNotCount,
}

/// What happens when there are as many yes as no, at least one of each, and one more yes would have carried the
/// proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tie {
    /// The proposal fails.
    Rejects,
    /// The chair's casting vote decides.
    ChairDecides,
}

/// Of whom a quorum is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuorumBase {
    /// All seats of the body that decide, invited or not.
    AllSeats,
    /// The departments that decide and are present.
    Present,
}

/// How many must be there, and cast a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quorum {
    /// Of whom it is a share.
    pub base: QuorumBase,
    /// The numerator of the share, such as the 1 in 1/2.
    pub numerator: u32,
    /// The denominator of the share, such as the 2 in 1/2.
    pub denominator: u32,
}

impl Quorum {
    /// Whether it is more than none and at most all.
    pub fn is_possible(self) -> bool {
        0 < self.numerator && self.numerator <= self.denominator
    }

    /// How many of so many are needed: the share, rounded up, and at least one.
    pub fn of(self, count: u32) -> u32 {
        share(count, self.numerator, self.denominator).max(1)
    }
}

/// `of × numerator / denominator`, rounded up; a denominator of 0 counts as 1.
pub fn share(of: u32, numerator: u32, denominator: u32) -> u32 {
    let share = (u64::from(of) * u64::from(numerator)).div_ceil(u64::from(denominator.max(1)));
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// How a body decides matters of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecisionRule {
    /// The class of matters.
    pub class: MatterClass,
    /// What a proposal needs in order to pass.
    pub method: Method,
    /// How abstentions are counted.
    pub abstention: Abstention,
    /// What a tie means.
    pub tie: Tie,
    /// How many must be there, and cast a vote.
    pub quorum: Quorum,
    /// Ballots that one version of a proposal may have: more than one only repeats what failed.
    pub ballots_per_version: u32,
}

impl DecisionRule {
    /// The rule of a body that set none: a simple majority, with half of all seats.
    pub fn default_for(class: MatterClass) -> DecisionRule {
        DecisionRule {
            class,
            method: Method::SimpleMajority,
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            quorum: Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 2 },
            ballots_per_version: 1,
        }
    }
}
