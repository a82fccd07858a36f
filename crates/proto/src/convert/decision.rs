//! How a body decides: the values that scheduling keeps and deliberation works with.

use crate::deliberation::{events::v1 as deliberation, v1 as deliberation_api};
use crate::scheduling::{events::v1 as scheduling, v1 as scheduling_api};
use crate::wire::missing;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_required, wire_struct};
use domain::constitution::{Constitution, Voter};
use domain::decision_rule::{Abstention, DecisionRule, MatterClass, Method, Quorum, QuorumBase, Tie};

wire_enum!(MatterClass => scheduling::MatterClass, scheduling_api::MatterClass, deliberation::MatterClass,
    deliberation_api::MatterClass { Ordinary, Important, Personnel, Emergency });
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
    DecisionRule => scheduling::DecisionRule, scheduling_api::DecisionRule, deliberation::DecisionRule,
    deliberation_api::DecisionRule { matter_class: class, method, abstention, tie, quorum, ballots_per_version }
);
wire_struct!(Voter => scheduling::Voter, scheduling_api::Voter, deliberation::Voter, deliberation_api::Voter {
    department_code: department, weight, veto,
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
                }
            }
        }
        wire_required!(Method => $package::BallotMethod);
    )+ };
}
wire_method!(scheduling, scheduling_api, deliberation, deliberation_api);
