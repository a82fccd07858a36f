//! Sample events of bodies.

use crate::convert::sample::{code, line, text};
use domain::decision_rule::{
    Abstention, DecisionRule, MajorityBase, MatterClass, Method, OptionTie, Quorum, QuorumBase,
    RecusalEffect, SecondCall, Tie, VotingRule,
};
use domain::scheduling::body;
use domain::testing::seat;

/// Not the default rules: those may change, a sample may not.
pub(super) const RULES: body::MeetingRules = body::MeetingRules {
    topics_max: 6,
    duration_minutes_max: 90,
    notice_days_min: 5,
    papers_days_min: 3,
    sessions_per_quarter_max: Some(4),
    deferrals_max: None,
    second_call_quorum: None,
    added_topic_days_min: None,
    counts_working_days: false,
    hourly_rate: None,
    answer_working_days: None,
};

fn decision_rule(class: MatterClass, method: Method, base: QuorumBase) -> DecisionRule {
    let quorum = Quorum { base, numerator: 2, denominator: 3 };
    let (abstention, tie) = match base {
        QuorumBase::AllSeats => (Abstention::CountsAsCast, Tie::Rejects),
        QuorumBase::Present => (Abstention::DoesNotCount, Tie::ChairDecides),
    };
    DecisionRule {
        class,
        method,
        abstention,
        tie,
        quorum,
        ballots_per_version: 2,
        voting: VotingRule::default(),
        speaking_minutes: 0,
        needs_seconder: false,
        reminder_working_days: None,
        late_topics: Default::default(),
        second_call: None,
    }
}

pub fn charter() -> body::Charter {
    use body::{Seat, Standing};
    let two_thirds = Method::QualifiedMajority { numerator: 2, denominator: 3 };
    body::Charter {
        name: line("人工智能部际联席会议"),
        seats: vec![
            Seat {
                weight: 3,
                vetoes: vec![MatterClass::Personnel],
                since_on: Some("2027-03-01".parse().unwrap()),
                until_on: Some("2029-02-28".parse().unwrap()),
                substitutes: vec![code("MIIT-2")],
                ..seat("MIIT", Standing::Decides)
            },
            seat("MOF", Standing::Advises),
            seat("MEE", Standing::Observes),
        ],
        chair: code("NDRC"),
        deputies: vec![code("MIIT")],
        convenors: vec![code("NDRC")],
        secretariat: vec![code("NDRC"), code("MIIT")],
        meeting_rules: RULES,
        decision_rules: vec![
            decision_rule(MatterClass::Ordinary, Method::SimpleMajority, QuorumBase::AllSeats),
            decision_rule(MatterClass::Important, two_thirds, QuorumBase::Present),
            decision_rule(MatterClass::Personnel, Method::Consensus, QuorumBase::AllSeats),
            decision_rule(MatterClass::Emergency, Method::UnanimousCountersign, QuorumBase::AllSeats),
        ],
        emergency_plans: vec![],
    }
}

fn with_a_voting_rule() -> body::Charter {
    let rule = decision_rule(MatterClass::Important, Method::ChairDecides, QuorumBase::AllSeats);
    let voting = VotingRule {
        majority_of: MajorityBase::Present,
        recusal: RecusalEffect::CountsAsPresent,
        votes_min_after_recusal: 3,
        mandates_max: 1,
        excludes_general_consent: true,
        secret_ballots: false,
        hand_counts: false,
        option_tie: OptionTie::NoDecision,
    };
    body::Charter { decision_rules: vec![DecisionRule { voting, ..rule }], ..charter() }
}

fn with_a_second_call() -> body::Charter {
    let rule = decision_rule(MatterClass::Ordinary, Method::SimpleMajority, QuorumBase::AllSeats);
    let quorum = Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 3 };
    let second_call = Some(SecondCall { quorum, after_minutes: 90 });
    body::Charter { decision_rules: vec![DecisionRule { second_call, ..rule }], ..charter() }
}

/// A charter that has an emergency plan as well.
fn with_a_plan() -> body::Charter {
    let plan = body::EmergencyPlan {
        code: code("FLOOD-1"),
        name: line("防汛应急预案"),
        departments: vec![code("MIIT")],
        substitutes: vec![],
        acknowledge_minutes: 10,
        decide_minutes: 120,
    };
    body::Charter { emergency_plans: vec![plan], ..charter() }
}

/// A charter that counts working days, with a plan that names substitutes of its own.
fn with_substitutes() -> body::Charter {
    let mut charter = with_a_plan();
    charter.meeting_rules.counts_working_days = true;
    charter.emergency_plans[0].substitutes =
        vec![body::PlanSubstitutes { department: code("MIIT"), substitutes: vec![code("MOT")] }];
    charter
}

pub(super) fn of_a_body() -> Vec<body::Event> {
    use body::Function;
    let office = |department, function| body::Office { department: code(department), function };
    let unlimited = body::MeetingRules { sessions_per_quarter_max: None, ..RULES };
    let patient = body::MeetingRules {
        deferrals_max: Some(3),
        second_call_quorum: Some(Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 3 }),
        ..RULES
    };
    let patient = body::Charter { meeting_rules: patient, ..charter() };
    let lenient = body::MeetingRules { added_topic_days_min: Some(1), ..RULES };
    let lenient = body::Charter { meeting_rules: lenient, ..charter() };
    let prompt = body::MeetingRules { answer_working_days: Some(2), ..RULES };
    let prompt = body::Charter { meeting_rules: prompt, ..charter() };
    let to = |version, charter, reason, pending| body::Event::Changed {
        version,
        charter,
        reason: text(reason),
        pending,
        pending_offices: vec![],
    };
    let changed = body::Charter { meeting_rules: unlimited, decision_rules: vec![], ..charter() };
    vec![
        body::Event::Defined {
            body: code("JC-AI"),
            charter: charter(),
            pending: vec![],
            pending_offices: vec![],
        },
        to(2, changed, "国务院批复", vec![]),
        to(3, with_a_voting_rule(), "会议纪要", vec![]),
        to(4, patient, "国务院批复", vec![]),
        body::Event::Defined {
            body: code("JC-AI"),
            charter: charter(),
            pending: vec![code("MIIT")],
            pending_offices: vec![],
        },
        to(2, charter(), "国务院批复", vec![code("MIIT")]),
        body::Event::SeatAccepted { version: 3, department: code("MIIT") },
        to(5, with_a_plan(), "国务院批复", vec![]),
        to(6, with_substitutes(), "国务院批复", vec![]),
        body::Event::Defined {
            body: code("JC-AI"),
            charter: charter(),
            pending: vec![],
            pending_offices: vec![
                office("NDRC", Function::Chair),
                office("MIIT", Function::Deputy),
                office("NDRC", Function::Convenor),
                office("MIIT-2", Function::Substitute),
            ],
        },
        body::Event::Changed {
            version: 2,
            charter: charter(),
            reason: text("国务院批复"),
            pending: vec![],
            pending_offices: vec![office("NDRC", Function::Chair)],
        },
        to(7, with_a_second_call(), "国务院批复", vec![]),
        to(8, lenient, "国务院批复", vec![]),
        to(9, prompt, "国务院批复", vec![]),
    ]
}
