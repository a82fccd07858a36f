//! Deliberation's values and events.

use crate::deliberation::events::v1 as deliberation;
use crate::wire::missing;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::Date;
use domain::deliberation::ballot::{Abstention, BallotResult, Choice, Method, Tie};
use domain::deliberation::docket::{self, Mode};
use domain::deliberation::due::DueRule;

wire_enum!(docket::RoleOnTopic => deliberation::RoleOnTopic { Decides, Advises, Informed });
wire_enum!(docket::Stance => deliberation::Stance { Support, SupportWithConditions, Oppose, Abstain });
wire_enum!(Abstention => deliberation::AbstentionRule { CountsAsCast, DoesNotCount });
wire_enum!(Tie => deliberation::TieRule { Rejects, ChairDecides });
wire_enum!(Choice => deliberation::VoteChoice { Yes, No, Abstain });

wire_struct!(docket::TopicRole => deliberation::TopicRole { topic, role });
wire_struct!(docket::Participant => deliberation::DocketParticipant { department, roles });
wire_struct!(docket::AgendaTopic => deliberation::AgendaTopic { no, title, timebox_minutes });
wire_struct!(docket::Agenda => deliberation::DocketAgenda {
    session, title, body, chair, mode, decide_by, quorum_percent, topics, participants,
});
wire_struct!(docket::ItemDraft => deliberation::ItemDraft {
    title, deliverable, criterion, lead, co_responsible, due,
});
wire_struct!(docket::DraftedItem => deliberation::DraftedItem { no, topic, draft });
wire_struct!(docket::Due => deliberation::ItemDue { item, due, due_at });
wire_struct!(BallotResult => deliberation::BallotResult {
    ballot, version, method, abstention, tie, eligible, recused, quorum, cast, yes, no, abstain, base, needed,
    tied, casting_vote, passed,
});

impl Wire<deliberation::DocketMode> for Mode {
    fn to_wire(&self) -> deliberation::DocketMode {
        use deliberation::docket_mode::Mode as There;
        let mode = match self {
            Mode::Meeting => There::Meeting(deliberation::Meeting {}),
            Mode::Countersign { deadline } => {
                There::Countersign(deliberation::Countersign { deadline: deadline.to_wire() })
            }
        };
        deliberation::DocketMode { mode: Some(mode) }
    }
    fn from_wire(wire: deliberation::DocketMode) -> Result<Self, Invalid> {
        use deliberation::docket_mode::Mode as There;
        match wire.mode.ok_or_else(missing)? {
            There::Meeting(_) => Ok(Mode::Meeting),
            There::Countersign(wire) => read_fields!(wire => Mode::Countersign { deadline })
                .map_err(|fault| fault.within("countersign")),
        }
    }
}
wire_required!(Mode => deliberation::DocketMode);

impl Wire<deliberation::BallotMethod> for Method {
    fn to_wire(&self) -> deliberation::BallotMethod {
        use deliberation::ballot_method::Method as There;
        let method = match *self {
            Method::Consensus => There::Consensus(deliberation::Consensus {}),
            Method::SimpleMajority => There::SimpleMajority(deliberation::SimpleMajority {}),
            Method::QualifiedMajority { numerator, denominator } => {
                There::QualifiedMajority(deliberation::QualifiedMajority { numerator, denominator })
            }
            Method::UnanimousCountersign => {
                There::UnanimousCountersign(deliberation::UnanimousCountersign {})
            }
        };
        deliberation::BallotMethod { method: Some(method) }
    }
    fn from_wire(wire: deliberation::BallotMethod) -> Result<Self, Invalid> {
        use deliberation::ballot_method::Method as There;
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
wire_required!(Method => deliberation::BallotMethod);

impl Wire<deliberation::DueRule> for DueRule {
    fn to_wire(&self) -> deliberation::DueRule {
        use deliberation::due_rule::Rule;
        let rule = match *self {
            DueRule::On(date) => Rule::On(date.to_wire()),
            DueRule::InDays(days) => Rule::InDays(days),
            DueRule::InWorkingDays(days) => Rule::InWorkingDays(days),
        };
        deliberation::DueRule { rule: Some(rule) }
    }
    fn from_wire(wire: deliberation::DueRule) -> Result<Self, Invalid> {
        use deliberation::due_rule::Rule;
        match wire.rule.ok_or_else(missing)? {
            Rule::On(date) => Date::from_wire(date).map(DueRule::On).map_err(|fault| fault.within("on")),
            Rule::InDays(days) => Ok(DueRule::InDays(days)),
            Rule::InWorkingDays(days) => Ok(DueRule::InWorkingDays(days)),
        }
    }
}
wire_required!(DueRule => deliberation::DueRule);

wire_events!(docket::Docket, docket::Event => deliberation {
    Prepared => DocketPrepared { agenda },
    DelegateArrived => DelegateArrived { department, delegate },
    DelegateLeft => DelegateLeft { department },
    Opened => DocketOpened { opened_at, present, needed, departments },
    TopicOpened => TopicOpened { topic, opened_at },
    TopicPaused => TopicPaused { topic, spent_seconds },
    DigressionMarked => DigressionMarked { topic, minutes, note },
    DebateClosed => DebateClosed { topic, spent_seconds, overrun_seconds, digression_minutes },
    PositionStated => PositionStated { topic, department, stance, reasons },
    Proposed => ProposalMade { topic, version, text },
    AmendmentProposed => AmendmentProposed { topic, amendment, department, version, text },
    AmendmentAdopted => AmendmentAdopted { topic, amendment, version },
    AmendmentRejected => AmendmentRejected { topic, amendment },
    ItemDrafted => ItemDrafted { item },
    ItemRevised => ItemRevised { item },
    ItemDropped => ItemDropped { topic, item, reason },
    BallotOpened => BallotOpened { topic, ballot, version, method, abstention, tie },
    VoteCast => VoteCast { topic, ballot, department, choice, reason },
    Recused => DepartmentRecused { topic, department, reason },
    BallotClosed => BallotClosed { topic, result },
    DecisionAdopted => DecisionAdopted {
        topic, title, version, ballot, decided_on, acknowledge_by, declaratory, dues,
    },
    TopicRejected => TopicRejected { topic, reason },
    TopicDeferred => TopicDeferred { topic, until, by, reason, deferrals },
    TopicReferred => TopicReferred { topic, to, reason },
    TopicWithdrawn => TopicWithdrawn { topic, reason },
    DecidedLate => DecidedLate { topic, decide_by, late_minutes },
    Closed => DocketClosed {
        closed_at, adopted, rejected, deferred, referred, withdrawn, spent_seconds, digression_minutes,
    },
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
