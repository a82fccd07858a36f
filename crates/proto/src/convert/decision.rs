//! How a body decides: the values that scheduling keeps and deliberation works with; and what its decisions change, which
//! resolution keeps.

use crate::deliberation::{events::v1 as deliberation, v1 as deliberation_api};
use crate::resolution::{events::v1 as resolution, v1 as resolution_api};
use crate::scheduling::{events::v1 as scheduling, v1 as scheduling_api};
use crate::wire::missing;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_required, wire_struct};
use domain::Label;
use domain::constitution::{Constitution, Voter};
use domain::decision_rule::{
    Abstention, DecisionRule, LateTopics, MajorityBase, MatterClass, Method, OptionTie, Quorum, QuorumBase,
    RecusalEffect, SecondCall, Tie, VotingRule,
};
use domain::resolution_change::{ChangeEffect, ResolutionChange};

wire_enum!(MatterClass => scheduling::MatterClass, scheduling_api::MatterClass, deliberation::MatterClass,
    deliberation_api::MatterClass { Ordinary, Important, Personnel, Emergency });
wire_enum!(ChangeEffect => resolution::ChangeEffect, resolution_api::ChangeEffect, deliberation::ChangeEffect,
    deliberation_api::ChangeEffect { Amends, Supersedes, Rescinds });
wire_struct!(
    ResolutionChange => resolution::ResolutionChange, resolution_api::ResolutionChange,
    deliberation::ResolutionChange, deliberation_api::ResolutionChange {
        resolution_id: resolution, effect, carried_over_item_ids: carried_over,
    }
);
wire_enum!(QuorumBase => scheduling::QuorumBase, scheduling_api::QuorumBase, deliberation::QuorumBase,
    deliberation_api::QuorumBase { AllSeats, Present });
wire_enum!(Abstention => scheduling::AbstentionRule, scheduling_api::AbstentionRule,
    deliberation::AbstentionRule, deliberation_api::AbstentionRule { CountsAsCast, DoesNotCount });
wire_enum!(Tie => scheduling::TieRule, scheduling_api::TieRule, deliberation::TieRule, deliberation_api::TieRule {
    Rejects, ChairDecides,
});
wire_struct!(Quorum => scheduling::Quorum, scheduling_api::Quorum, deliberation::Quorum, deliberation_api::Quorum {
    base, numerator, denominator,
});
wire_struct!(
    SecondCall => scheduling::SecondCall, scheduling_api::SecondCall, deliberation::SecondCall,
    deliberation_api::SecondCall { quorum, after_minutes }
);
wire_struct!(
    DecisionRule => scheduling::DecisionRule, scheduling_api::DecisionRule, deliberation::DecisionRule,
    deliberation_api::DecisionRule {
        matter_class: class, method, abstention, tie, quorum, ballots_per_version, voting, speaking_minutes,
        needs_seconder, second_call, reminder_working_days, late_topics,
    }
);
wire_struct!(Voter => scheduling::Voter, scheduling_api::Voter, deliberation::Voter, deliberation_api::Voter {
    department_code: department, weight, veto, substitute_codes: substitutes,
});
wire_struct!(
    Constitution => scheduling::Constitution, scheduling_api::Constitution, deliberation::Constitution,
    deliberation_api::Constitution {
        version, chair_code: chair, deputy_codes: deputies, secretariat_codes: secretariat, voters, rule,
    }
);

/// The one of several methods that is given, in the messages of some packages.
macro_rules! wire_method {
    ($($package:ident),+) => { $(
        impl Wire<$package::BallotMethod> for Method {
            fn to_wire(&self) -> $package::BallotMethod {
                use $package::ballot_method::Method as There;
                let method = match *self {
                    Method::Consensus => There::Consensus($package::Consensus {}),
                    Method::SimpleMajority => There::SimpleMajority($package::SimpleMajority {}),
                    Method::QualifiedMajority { numerator, denominator } => {
                        There::QualifiedMajority($package::QualifiedMajority { numerator, denominator })
                    }
                    Method::UnanimousCountersign => {
                        There::UnanimousCountersign($package::UnanimousCountersign {})
                    }
                    Method::ChairDecides => There::ChairDecision($package::ChairDecision {}),
                    Method::GeneralConsent => There::GeneralConsent($package::GeneralConsent {}),
                    Method::Silence => There::Silence($package::Silence {}),
                };
                $package::BallotMethod { method: Some(method) }
            }
            fn from_wire(wire: $package::BallotMethod) -> Result<Self, Invalid> {
                use $package::ballot_method::Method as There;
                match wire.method.ok_or_else(missing)? {
                    There::Consensus(_) => Ok(Method::Consensus),
                    There::SimpleMajority(_) => Ok(Method::SimpleMajority),
                    There::QualifiedMajority(wire) => {
                        read_fields!(wire => Method::QualifiedMajority { numerator, denominator })
                    }
                    There::UnanimousCountersign(_) => Ok(Method::UnanimousCountersign),
                    There::ChairDecision(_) => Ok(Method::ChairDecides),
                    There::GeneralConsent(_) => Ok(Method::GeneralConsent),
                    There::Silence(_) => Ok(Method::Silence),
                }
            }
        }
        wire_required!(Method => $package::BallotMethod);
    )+ };
}
wire_method!(scheduling, scheduling_api, deliberation, deliberation_api);

/// An enum of which one may say nothing: unspecified is what is usual.
macro_rules! wire_usual {
    ($type:path => $wire:path $(, $same:path)* { $($case:ident),+ $(,)? }) => {
        impl Wire<i32> for $type {
            fn to_wire(&self) -> i32 {
                use $type as Here;
                use $wire as There;
                (match self { $(Here::$case => There::$case),+ }) as i32
            }
            fn from_wire(wire: i32) -> Result<Self, Invalid> {
                use $type as Here;
                use $wire as There;
                match There::try_from(wire) {
                    $(Ok(There::$case) => Ok(Here::$case),)+
                    Ok(There::Unspecified) => Ok(Here::default()),
                    Err(_) => {
                        let known = [$(There::$case.as_str_name()),+].join(", ");
                        Err(Invalid::value(format!("must be one of {known}")))
                    }
                }
            }
        }
        crate::same_numbers!([$($same),*] $wire [$($case)+]);
    };
}
wire_usual!(MajorityBase => scheduling::MajorityBase, scheduling_api::MajorityBase, deliberation::MajorityBase,
    deliberation_api::MajorityBase { Votes, Present, AllSeats });
wire_usual!(RecusalEffect => scheduling::RecusalEffect, scheduling_api::RecusalEffect,
    deliberation::RecusalEffect, deliberation_api::RecusalEffect { LowersQuorum, CountsAsPresent });

wire_usual!(OptionTie => scheduling::OptionTie, scheduling_api::OptionTie, deliberation::OptionTie,
    deliberation_api::OptionTie { NoDecision, ChairPrefers, Lot });

wire_usual!(LateTopics => scheduling::LateTopics, scheduling_api::LateTopics, deliberation::LateTopics,
    deliberation_api::LateTopics { Excluded, Majority, TwoThirds, Consensus });

/// Where it is stored, what is usual is left out: records from before there was another have the same bytes.
macro_rules! wire_unless_usual {
    ($($type:ty),+) => { $(
        impl Wire<Option<i32>> for $type {
            fn to_wire(&self) -> Option<i32> {
                (*self != <$type>::default()).then(|| Wire::<i32>::to_wire(self))
            }
            fn from_wire(wire: Option<i32>) -> Result<Self, Invalid> {
                Self::from_wire(wire.unwrap_or_default())
            }
        }
    )+ };
}
wire_usual!(Label => scheduling::Label, scheduling_api::Label, deliberation::Label, deliberation_api::Label,
    resolution::Label, resolution_api::Label { Public, Internal, Secret });
wire_unless_usual!(MajorityBase, OptionTie, LateTopics, Label);

/// The finer points of voting: what is usual is left out where it is stored, and may be left out where it is asked for.
macro_rules! wire_voting {
    ($($package:ident $shown:literal),+) => { $(
        impl Wire<Option<$package::VotingRule>> for VotingRule {
            fn to_wire(&self) -> Option<$package::VotingRule> {
                ($shown || *self != VotingRule::default()).then(|| $package::VotingRule {
                    majority_of: self.majority_of.to_wire(),
                    recusal: self.recusal.to_wire(),
                    votes_min_after_recusal: self.votes_min_after_recusal,
                    mandates_max: self.mandates_max,
                    excludes_general_consent: self.excludes_general_consent,
                    secret_ballots: self.secret_ballots,
                    option_tie: self.option_tie.to_wire(),
                    hand_counts: self.hand_counts,
                })
            }
            fn from_wire(wire: Option<$package::VotingRule>) -> Result<Self, Invalid> {
                let Some(mut wire) = wire else { return Ok(VotingRule::default()) };
                if wire.votes_min_after_recusal == 0 {
                    wire.votes_min_after_recusal = VotingRule::default().votes_min_after_recusal;
                }
                read_fields!(wire => VotingRule {
                    majority_of, recusal, votes_min_after_recusal, mandates_max, excludes_general_consent,
                    secret_ballots, option_tie, hand_counts
                })
            }
        }
    )+ };
}
wire_voting!(scheduling false, scheduling_api true, deliberation false, deliberation_api true);
