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
    /// 主持人决定: the vote of the department in the chair decides, once enough others have been heard.
    ChairDecides,
    /// 无异议通过: nobody who is present votes no.
    GeneralConsent,
    /// 默示同意: nobody votes no until the count, which for a countersign is its deadline.
    Silence,
}

impl Method {
    /// Whether who is there and casts no vote agrees.
    pub fn counts_silence(self) -> bool {
        matches!(self, Method::GeneralConsent | Method::Silence)
    }

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
            Method::ChairDecides => f.write_str("decision of the chair"),
            Method::GeneralConsent => f.write_str("general consent"),
            Method::Silence => f.write_str("silence"),
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

/// Whether a seat may move in a sitting that something else is taken on its agenda (临时动议), and what that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LateTopics {
    /// Nothing is added to the agenda of a sitting.
    #[default]
    Excluded,
    /// More than half of the votes.
    Majority,
    /// Two thirds of the votes.
    TwoThirds,
    /// All votes.
    Consensus,
}

impl LateTopics {
    /// What a motion needs in order to take something on the agenda, where it may.
    pub fn method(self) -> Option<Method> {
        match self {
            LateTopics::Excluded => None,
            LateTopics::Majority => Some(Method::SimpleMajority),
            LateTopics::TwoThirds => Some(Method::QualifiedMajority { numerator: 2, denominator: 3 }),
            LateTopics::Consensus => Some(Method::Consensus),
        }
    }
}

/// The call after one that had no quorum (第二次召集): when it may be, and how many have to be there then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecondCall {
    /// How many must be there, and cast a vote.
    pub quorum: Quorum,
    /// Minutes after the start of the call that had no quorum, at least.
    pub after_minutes: u32,
}

impl SecondCall {
    /// Minutes between two calls where the body says only that fewer are enough: a day.
    pub const AFTER_MINUTES_DEFAULT: u32 = 24 * 60;
    /// Minutes between two calls, at most: 60 days.
    pub const AFTER_MINUTES_MAX: u32 = 60 * 24 * 60;
}

/// `of × numerator / denominator`, rounded up; a denominator of 0 counts as 1.
pub fn share(of: u32, numerator: u32, denominator: u32) -> u32 {
    let share = (u64::from(of) * u64::from(numerator)).div_ceil(u64::from(denominator.max(1)));
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// Of what a majority is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MajorityBase {
    /// The votes that count.
    #[default]
    Votes,
    /// The seats that are present, whether they vote or not.
    Present,
    /// All seats of the body that decide, there or not.
    AllSeats,
}

impl MajorityBase {
    /// The base in words, as they follow a number.
    pub fn as_str(self) -> &'static str {
        match self {
            MajorityBase::Votes => "counted",
            MajorityBase::Present => "present",
            MajorityBase::AllSeats => "in all",
        }
    }
}

/// What the recusal of a seat does to the number that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RecusalEffect {
    /// The seat is not counted among those of which a quorum or a majority of all seats is a share.
    #[default]
    LowersQuorum,
    /// It is counted among them, and for the quorum as one that is there.
    CountsAsPresent,
}

/// What happens when several options come out of a choice equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OptionTie {
    /// Nothing is decided between them.
    #[default]
    NoDecision,
    /// The one of them that the seat in the chair preferred, if its own paper tells.
    ChairPrefers,
    /// Lot decides.
    Lot,
}

/// The finer points of voting, which a small body leaves as they usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VotingRule {
    /// Of what a majority is taken.
    pub majority_of: MajorityBase,
    /// What a recusal does to the quorum.
    pub recusal: RecusalEffect,
    /// Votes that are needed at least once a seat has recused itself, however low the quorum is by then.
    pub votes_min_after_recusal: u32,
    /// Seats that one department may vote for by mandate, besides its own; 0 where there are no mandates.
    pub mandates_max: u32,
    /// Whether a ballot is needed where nobody objects.
    pub excludes_general_consent: bool,
    /// Whether ballots are secret: nobody knows before the count how somebody votes, and afterwards only the voter.
    pub secret_ballots: bool,
    /// Whether hands may be counted in place of votes by name, where every seat has one vote and none a veto.
    pub hand_counts: bool,
    /// What happens when several options come out of a choice equal.
    pub option_tie: OptionTie,
}

impl Default for VotingRule {
    /// A majority of the votes; recusals lower the quorum to two votes at least; no mandates.
    fn default() -> VotingRule {
        VotingRule {
            majority_of: MajorityBase::Votes,
            recusal: RecusalEffect::LowersQuorum,
            votes_min_after_recusal: 2,
            mandates_max: 0,
            excludes_general_consent: false,
            secret_ballots: false,
            hand_counts: false,
            option_tie: OptionTie::NoDecision,
        }
    }
}

/// Minutes that a department may be given to speak on one topic, at most, where they are limited.
pub const SPEAKING_MINUTES_MAX: u32 = 600;

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
    /// The finer points of voting.
    pub voting: VotingRule,
    /// Minutes that each department may speak on a topic in all; 0 where they are not limited.
    pub speaking_minutes: u32,
    /// Whether another seat has to second a motion before the others have to decide it.
    pub needs_seconder: bool,
    /// What holds for the call after one that had no quorum; none where each call needs the same.
    pub second_call: Option<SecondCall>,
    /// Working days before the end of a countersign on which those that have not answered are reminded; 0 where the clock
    /// reminds nobody, and as usual where nothing is said.
    pub reminder_working_days: Option<u32>,
    /// What a motion needs that takes something on the agenda of a sitting.
    pub late_topics: LateTopics,
}

impl DecisionRule {
    /// Working days before the end of a countersign on which those that have not answered are reminded as a rule.
    pub const REMINDER_WORKING_DAYS_DEFAULT: u32 = 1;
    /// Working days before the end of a countersign on which the clock may remind, at most.
    pub const REMINDER_WORKING_DAYS_MAX: u32 = 30;

    /// The rule of a body that set none: a simple majority, with half of all seats.
    pub fn default_for(class: MatterClass) -> DecisionRule {
        DecisionRule {
            class,
            method: Method::SimpleMajority,
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            quorum: Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 2 },
            ballots_per_version: 1,
            voting: VotingRule::default(),
            speaking_minutes: 0,
            needs_seconder: false,
            second_call: None,
            reminder_working_days: None,
            late_topics: LateTopics::Excluded,
        }
    }

    /// What of the rule would show how somebody voted, so that its ballots cannot be secret.
    pub fn betrays_votes_by(&self) -> Option<&'static str> {
        match (self.method, self.tie) {
            (_, Tie::ChairDecides) => Some("tie"),
            _ if self.voting.option_tie == OptionTie::ChairPrefers => Some("option_tie"),
            (Method::SimpleMajority | Method::QualifiedMajority { .. } | Method::Consensus, _) => None,
            _ => Some("method"),
        }
    }
}
