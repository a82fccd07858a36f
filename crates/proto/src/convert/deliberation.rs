//! Deliberation's values and events.

use crate::deliberation::events::v1 as deliberation;
use crate::deliberation::v1 as api;
use crate::wire::missing;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::Date;
use domain::deliberation::ballot::options::ChoiceMethod;
use domain::deliberation::ballot::{BallotResult, Choice, Hands, OpenedVote, Seat, VotePart};
use domain::deliberation::docket::choices::{
    ChoicePaper, ChoiceResult, Figures, OpenedPaper, SealedLot, TieBroken,
};
use domain::deliberation::docket::{self, Mode};
use domain::deliberation::minutes;
use domain::due::DueRule;

wire_enum!(docket::RoleOnTopic => deliberation::RoleOnTopic, api::RoleOnTopic { Decides, Advises, Informed });
wire_enum!(docket::Stance => deliberation::Stance, api::Stance {
    Support, SupportWithConditions, Oppose, Abstain,
});
wire_enum!(docket::AmendmentStage => api::AmendmentStage {
    Pending, Adopted, Rejected, AwaitsSecond, Withdrawn, Lapsed, Fallen,
});
wire_enum!(docket::MotionStage => api::MotionStage {
    AwaitsSecond, Pending, Carried, Lost, Withdrawn, Lapsed,
});
wire_enum!(Choice => deliberation::VoteChoice, api::VoteChoice { Yes, No, Abstain });

wire_struct!(docket::TopicRole => deliberation::TopicRole, api::TopicRole { topic_number: topic, role });
wire_struct!(docket::Participant => deliberation::DocketParticipant, api::DocketParticipant {
    department_code: department, roles,
});
wire_struct!(docket::Carried => deliberation::CarriedMatter, api::CarriedMatter {
    matter_id: matter, deferrals, deferrals_max,
});
wire_struct!(docket::AgendaTopic => deliberation::AgendaTopic, api::AgendaTopic {
    number, title, timebox_minutes, carried, label, section, parent_number: parent,
});
wire_struct!(docket::Agenda => deliberation::DocketAgenda, api::DocketAgenda {
    session_id: session, title, body_code: body, constitution, requester_code: requester, mode, decide_by, remind_at,
    topics, participants,
});
wire_struct!(docket::ItemDraft => deliberation::ItemDraft, api::ItemDraft {
    title, deliverable, criterion, lead_code: lead, co_responsible_codes: co_responsible, due,
});
wire_struct!(docket::DraftedItem => deliberation::DraftedItem, api::DraftedItem {
    number, topic_number: topic, draft,
});
wire_struct!(docket::ItemDue => deliberation::ItemDue, api::ItemDue { item_number: item, due_on, due_at });
wire_struct!(docket::passages::Splice => deliberation::TextSplice { kept_until, own_from, own_until, kept_from });
wire_struct!(BallotResult => deliberation::BallotResult, api::BallotResult {
    ballot_number: ballot, version, method, abstention, tie, eligible, recused, quorum, cast, yes_votes: yes,
    no_votes: no, abstentions: abstain, base, needed, tied, casting_vote, passed,
    vetoed, body_version, majority_of, secret,
});
wire_struct!(OpenedVote => deliberation::OpenedVote, api::OpenedVote { tracking_code, choice });
wire_struct!(Hands => deliberation::Hands, api::Hands {
    yes_votes: yes, no_votes: no, abstentions: abstain,
});
wire_struct!(VotePart => deliberation::VotePart, api::VotePart { choice, weight });
wire_struct!(Seat => deliberation::RollSeat, api::RollSeat {
    department_code: department, weight, veto, present, recused, voted, cast_by_code: cast_by, put_down_by_clerk,
    objected,
});
wire_enum!(ChoiceMethod => deliberation::ChoiceMethod, api::ChoiceMethod {
    Single, Approval, InstantRunoff, Schulze, Score,
});
wire_struct!(Figures => deliberation::ChoiceFigures, api::ChoiceFigures { of_options });
wire_struct!(ChoiceResult => deliberation::ChoiceResult, api::ChoiceResult {
    first, figures, cast, quorum, body_version, tie_broken,
});
wire_struct!(TieBroken => deliberation::TieBroken, api::TieBroken {
    option_number: option, by, lot, lot_secret,
});
wire_struct!(OpenedPaper => deliberation::OpenedPaper, api::OpenedPaper { tracking_code, named, points });
wire_struct!(SealedLot => deliberation::SealedLot { commitment, sealed });
wire_struct!(ChoicePaper => deliberation::ChoicePaper { named, points, cast_by_code: cast_by, put_down_by_clerk });
wire_struct!(docket::Reminder => deliberation::Reminder {
    topic_numbers: topics, answer_by, reminded_at, by_hand,
});
wire_struct!(docket::RollCallVote => api::RollCallVote { department_code: department, choice });
wire_struct!(docket::Mandate => api::Mandate {
    topic_number: topic, department_code: department, holder_codes: holders, put_down_by_clerk,
});

/// The values of which exactly one case is given, in the messages of one package.
macro_rules! wire_choices {
    ($package:ident) => {
        impl Wire<$package::DocketMode> for Mode {
            fn to_wire(&self) -> $package::DocketMode {
                use $package::docket_mode::Mode as There;
                let mode = match self {
                    Mode::Meeting => There::Meeting($package::Meeting {}),
                    Mode::Countersign { sign_by } => {
                        There::Countersign($package::Countersign { sign_by: sign_by.to_wire() })
                    }
                };
                $package::DocketMode { mode: Some(mode) }
            }
            fn from_wire(wire: $package::DocketMode) -> Result<Self, Invalid> {
                use $package::docket_mode::Mode as There;
                match wire.mode.ok_or_else(missing)? {
                    There::Meeting(_) => Ok(Mode::Meeting),
                    There::Countersign(wire) => read_fields!(wire => Mode::Countersign { sign_by })
                        .map_err(|fault| fault.within("countersign")),
                }
            }
        }
        wire_required!(Mode => $package::DocketMode);

        impl Wire<$package::DueRule> for DueRule {
            fn to_wire(&self) -> $package::DueRule {
                use $package::due_rule::Rule;
                let rule = match *self {
                    DueRule::On(date) => Rule::DueOn(date.to_wire()),
                    DueRule::AfterDays(days) => Rule::AfterDays(days),
                    DueRule::AfterWorkingDays(days) => Rule::AfterWorkingDays(days),
                    DueRule::AfterHours(hours) => Rule::AfterHours(hours),
                };
                $package::DueRule { rule: Some(rule) }
            }
            fn from_wire(wire: $package::DueRule) -> Result<Self, Invalid> {
                use $package::due_rule::Rule;
                match wire.rule.ok_or_else(missing)? {
                    Rule::DueOn(date) => {
                        Date::from_wire(date).map(DueRule::On).map_err(|fault| fault.within("due_on"))
                    }
                    Rule::AfterDays(days) => Ok(DueRule::AfterDays(days)),
                    Rule::AfterWorkingDays(days) => Ok(DueRule::AfterWorkingDays(days)),
                    Rule::AfterHours(hours) => Ok(DueRule::AfterHours(hours)),
                }
            }
        }
        wire_required!(DueRule => $package::DueRule);
    };
}
wire_choices!(deliberation);
wire_choices!(api);

wire_events!(docket::Docket, docket::Event => deliberation {
    Prepared => DocketPrepared { agenda },
    ArrivalRecorded => ArrivalRecorded { department_code: department, delegate },
    DepartureRecorded => DepartureRecorded { department_code: department },
    Opened => DocketOpened { opened_at, present, needed, departments },
    Adjourned => DocketAdjourned { present, needed, reason },
    SigningExtended => SigningExtended { sign_by, reason, extensions, remind_at },
    SeatReminded => SeatReminded { department_code: department, reminder },
    RemindersSent => RemindersSent { seats, by_hand_on, text },
    MeetingCalled => MeetingCalled { reason },
    TopicRelabelled => TopicRelabelled { topic_number: topic, label, reason },
    TopicAdded => TopicAdded { topic_number: topic, motion_number: motion, department_code: department, added },
    TopicOpened => TopicOpened { topic_number: topic, opened_at, time_ends_at },
    TopicPaused => TopicPaused { topic_number: topic, spent_seconds },
    DigressionRecorded => DigressionRecorded { topic_number: topic, minutes, note },
    DebateClosed => DebateClosed { topic_number: topic, spent_seconds, overrun_seconds, digression_minutes },
    FloorRequested => FloorRequested { topic_number: topic, department_code: department },
    FloorRequestWithdrawn => FloorRequestWithdrawn { topic_number: topic, department_code: department },
    FloorGiven => FloorGiven {
        topic_number: topic, turn, department_code: department, given_at, ends_at, reason,
    },
    FloorYielded => FloorYielded { topic_number: topic, turn, department_code: department, spoken_seconds },
    DebateLimited => DebateLimited { topic_number: topic, speaking_minutes, list_closed },
    SpeakingTimeEnded => SpeakingTimeEnded { topic_number: topic, turn, department_code: department, ended_at },
    TopicTimeEnded => TopicTimeEnded { topic_number: topic, ended_at },
    PointOfOrderRaised => PointOfOrderRaised {
        topic_number: topic, point_number: point, department_code: department, text, turn, spoken_seconds,
    },
    PointOfOrderRuled => PointOfOrderRuled {
        topic_number: topic, point_number: point, sustained, reason, turn, resumed_at, ends_at,
    },
    MotionMoved => MotionMoved {
        topic_number: topic, motion_number: motion, department_code: department, kind, reason, needs_seconder,
        put_down_by_clerk, person,
    },
    MotionSeconded => MotionSeconded {
        topic_number: topic, motion_number: motion, department_code: department, put_down_by_clerk,
    },
    MotionWithdrawn => MotionWithdrawn { topic_number: topic, motion_number: motion },
    MotionLapsed => MotionLapsed { topic_number: topic, motion_number: motion },
    MotionDecided => MotionDecided {
        topic_number: topic, motion_number: motion, ballot_number: ballot, carried,
    },
    StatementRecorded => StatementRecorded {
        topic_number: topic, department_code: department, stance, reasons, put_down_by_clerk,
    },
    ProposalSubmitted => ProposalSubmitted { topic_number: topic, version, text },
    AmendmentSubmitted => AmendmentSubmitted {
        topic_number: topic, amendment_number: amendment, department_code: department, version, text,
        amended_number: amends, needs_seconder, put_down_by_clerk, person,
    },
    AmendmentAdopted => AmendmentAdopted { topic_number: topic, amendment_number: amendment, version },
    AmendmentRejected => AmendmentRejected { topic_number: topic, amendment_number: amendment },
    AmendmentSeconded => AmendmentSeconded {
        topic_number: topic, amendment_number: amendment, department_code: department, put_down_by_clerk,
    },
    AmendmentWithdrawn => AmendmentWithdrawn { topic_number: topic, amendment_number: amendment },
    AmendmentLapsed => AmendmentLapsed { topic_number: topic, amendment_number: amendment },
    AmendmentAmended => AmendmentAmended { topic_number: topic, amendment_number: amendment, by_number: by },
    AmendmentRebased => AmendmentRebased {
        topic_number: topic, amendment_number: amendment, version, splice,
    },
    AmendmentFell => AmendmentFell { topic_number: topic, amendment_number: amendment, by_number: by },
    ItemDrafted => ItemDrafted { item },
    ItemRevised => ItemRevised { item },
    ItemDropped => ItemDropped { topic_number: topic, item_number: item, reason },
    ItemAccepted => ItemAccepted { topic_number: topic, item_number: item, department_code: department },
    ChangesDeclared => ChangesDeclared { topic_number: topic, changes },
    ChoiceOpened => ChoiceOpened {
        topic_number: topic, choice_number: choice, question, options, method, secret, lot, remind_at,
    },
    ChoiceSealed => ChoiceSealed {
        topic_number: topic, choice_number: choice, department_code: department, sealed, cast_by_code: cast_by,
    },
    SecretChoiceOpened => SecretChoiceOpened { topic_number: topic, choice_number: choice, papers },
    ChoiceVoided => ChoiceVoided { topic_number: topic, choice_number: choice, reason },
    ChoiceCast => ChoiceCast {
        topic_number: topic, choice_number: choice, department_code: department, paper,
    },
    ChoiceClosed => ChoiceClosed { topic_number: topic, choice_number: choice, result, roll, sealed },
    BallotOpened => BallotOpened {
        topic_number: topic, ballot_number: ballot, version, method, abstention, tie, majority_of, secret,
        motion_number: motion, amendment_number: amendment, remind_at,
    },
    VoteSealed => VoteSealed {
        topic_number: topic, ballot_number: ballot, department_code: department, sealed, cast_by_code: cast_by,
    },
    SecretVotesOpened => SecretVotesOpened { topic_number: topic, ballot_number: ballot, votes },
    HandsCounted => HandsCounted { topic_number: topic, ballot_number: ballot, hands },
    BallotVoided => BallotVoided { topic_number: topic, ballot_number: ballot, reason },
    VoteCast => VoteCast {
        topic_number: topic, ballot_number: ballot, department_code: department, choice, split, reason,
        cast_by_code: cast_by, put_down_by_clerk,
    },
    RecusalRecorded => RecusalRecorded {
        topic_number: topic, department_code: department, reason, version, put_down_by_clerk,
    },
    RecusalWithdrawn => RecusalWithdrawn {
        topic_number: topic, department_code: department, reason, put_down_by_clerk,
    },
    MandateGiven => MandateGiven {
        topic_number: topic, department_code: department, holder_codes: holders, put_down_by_clerk,
    },
    MandateRevoked => MandateRevoked { topic_number: topic, department_code: department },
    BallotClosed => BallotClosed { topic_number: topic, result, roll },
    DecisionAdopted => DecisionAdopted {
        topic_number: topic, title, version, ballot_number: ballot, decided_on, acknowledge_by, declaratory,
        due_dates,
    },
    TopicRejected => TopicRejected { topic_number: topic, reason },
    TopicDeferred => TopicDeferred {
        topic_number: topic, resume_on, moved_by_code: moved_by, reason, deferrals,
    },
    TopicReferred => TopicReferred { topic_number: topic, referred_to_code: referred_to, reason },
    TopicWithdrawn => TopicWithdrawn { topic_number: topic, reason },
    TopicReconsidered => TopicReconsidered { topic_number: topic, motion_number: motion },
    DecidedLate => DecidedLate { topic_number: topic, decide_by, late_minutes },
    Closed => DocketClosed {
        closed_at, adopted, rejected, deferred, referred, withdrawn, spent_seconds, digression_minutes,
    },
});

wire_struct!(minutes::Digest => deliberation::DocumentDigest, api::DocumentDigest { language, sha256 });

wire_events!(minutes::Minutes, minutes::Event => deliberation {
    Drafted => MinutesDrafted {
        participant_codes: participants, secretariat_codes: secretariat, concerned_codes: concerned, confirm_by,
        body_code: body,
    },
    Corrected => MinutesCorrected { text },
    Confirmed => MinutesConfirmed { department_code: department },
    Objected => MinutesObjected { department_code: department, reason },
    Settled => MinutesSettled { silent_codes: silent },
    Sealed => MinutesSealed { digests: sha256 },
});

mod motion;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
