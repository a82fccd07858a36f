//! Sample events of a docket.

mod reminders;

use crate::convert::sample::{Sample, at, code, constitution, line, samples, text};
use domain::decision_rule::OptionTie;
use domain::deliberation::ballot::options::ChoiceMethod;
use domain::deliberation::ballot::{
    Abstention, BallotResult, Choice, Hands, MajorityBase, Method, OpenedVote, Seat, Tie, VotePart,
};
use domain::deliberation::docket::choices::{
    ChoicePaper, ChoiceResult, Figures, OpenedPaper, SealedLot, TieBroken,
};
use domain::deliberation::docket::passages::Splice;
use domain::deliberation::docket::{self, Docket, Event, Mode, MotionKind};
use domain::deliberation::minutes;
use domain::due::DueRule;
use domain::resolution_change::{ChangeEffect, ResolutionChange};
use domain::{Label, Text, Uuid};
use jiff::civil::date;

pub fn all() -> Vec<Box<dyn Sample>> {
    let dockets = samples::<Docket>(
        [
            on_the_floor(),
            on_the_text(),
            on_choices(),
            on_ballots(),
            outcomes(),
            about_a_matter(),
            in_secret(),
            on_secret_choices(),
            with_labels(),
            of_speakers(),
            of_motions(),
            of_amendments(),
            reminders::all(),
            divided(),
        ]
        .concat(),
    );
    dockets.into_iter().chain(samples::<minutes::Minutes>(of_minutes())).collect()
}

pub fn agenda(mode: Mode) -> docket::Agenda {
    docket::Agenda {
        session: Uuid::from_u128(7),
        title: line("防汛会商"),
        body: code("FLOOD"),
        constitution: constitution(),
        requester: None,
        mode,
        decide_by: Some(at("2027-03-01T02:00:00Z")),
        remind_at: None,
        topics: vec![docket::AgendaTopic {
            number: 1,
            title: line("转移路线"),
            timebox_minutes: 20,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: vec![
            participant("WATER", docket::RoleOnTopic::Decides),
            participant("FINANCE", docket::RoleOnTopic::Advises),
            participant("HEALTH", docket::RoleOnTopic::Informed),
        ],
    }
}

/// A docket whose topic is about a matter that was deferred before.
fn about_a_matter() -> Vec<Event> {
    let carried = docket::Carried { matter: Uuid::from_u128(9), deferrals: 1, deferrals_max: 3 };
    let mut agenda = agenda(Mode::Meeting);
    agenda.topics[0].carried = Some(carried);
    let sign_by = "2027-03-09T10:00:00Z".parse().unwrap();
    vec![
        Event::Prepared { agenda },
        Event::Adjourned { present: 1, needed: 2, reason: text("未达法定人数") },
        Event::SigningExtended {
            sign_by, reason: text("尚有部门未签"), extensions: 1, remind_at: None
        },
        Event::MeetingCalled { reason: text("有部门提出异议") },
        Event::TopicRelabelled { topic: 1, label: Label::Secret, reason: text("涉及商业秘密") },
        Event::TopicRelabelled { topic: 1, label: Label::Internal, reason: text("保密期已满") },
    ]
}

/// A docket in sections and sub-topics.
fn divided() -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    let first = agenda.topics[0].clone();
    agenda.topics.push(docket::AgendaTopic { number: 2, parent: Some(1), ..first });
    agenda.topics[0].section = Some(line("一、防汛"));
    vec![Event::Prepared { agenda }]
}

fn participant(department: &str, role: docket::RoleOnTopic) -> docket::Participant {
    docket::Participant { department: code(department), roles: vec![docket::TopicRole { topic: 1, role }] }
}

pub fn item(due: Option<DueRule>) -> docket::DraftedItem {
    let draft = docket::ItemDraft {
        title: line("Mark the routes"),
        deliverable: text("Signs on every route"),
        criterion: Some(text("Seen by the inspectors")),
        lead: Some(code("ROADS")),
        co_responsible: vec![code("ROADS"), code("PRESS")],
        due,
    };
    docket::DraftedItem { number: 3, topic: 1, draft }
}

fn result(method: Method) -> BallotResult {
    BallotResult {
        ballot: 2,
        version: 3,
        method,
        abstention: Abstention::CountsAsCast,
        tie: Tie::ChairDecides,
        eligible: 20,
        recused: 1,
        quorum: 10,
        cast: 18,
        yes: 9,
        no: 5,
        abstain: 4,
        base: 14,
        needed: 8,
        tied: true,
        casting_vote: Some(Choice::Yes),
        passed: true,
        vetoed: false,
        body_version: 3,
        majority_of: MajorityBase::Votes,
        secret: false,
    }
}

fn roll() -> Vec<Seat> {
    let seat = Seat {
        department: code("WATER"),
        weight: 3,
        veto: true,
        present: true,
        recused: false,
        voted: true,
        cast_by: None,
        put_down_by_clerk: true,
        objected: false,
    };
    let absent = Seat {
        department: code("ROADS"),
        cast_by: Some(code("BRIDGES")),
        put_down_by_clerk: false,
        ..seat.clone()
    };
    let recused = Seat { department: code("MOF"), recused: true, voted: false, ..seat.clone() };
    vec![seat, absent, recused]
}

/// Somebody had said that it opposes, and did not vote.
fn objecting() -> Vec<Seat> {
    let mut roll = roll();
    (roll[0].voted, roll[0].objected) = (false, true);
    roll
}

fn ballot_opened(method: Method) -> Event {
    let (abstention, tie) = (Abstention::DoesNotCount, Tie::Rejects);
    let majority_of = MajorityBase::Votes;
    Event::BallotOpened {
        topic: 1,
        ballot: 2,
        version: 3,
        method,
        abstention,
        tie,
        majority_of,
        secret: false,
        motion: None,
        amendment: None,
        remind_at: None,
    }
}

fn voted(choice: Choice, reason: Option<Text>) -> Event {
    Event::VoteCast {
        topic: 1,
        ballot: 2,
        department: code("WATER"),
        choice,
        split: vec![],
        reason,
        cast_by: None,
        put_down_by_clerk: false,
    }
}

fn recused(version: Option<u32>, put_down_by_clerk: bool) -> Event {
    let (department, reason) = (code("WATER"), text("Own land"));
    Event::RecusalRecorded { topic: 1, department, reason, version, put_down_by_clerk }
}

fn on_the_floor() -> Vec<Event> {
    use docket::Stance;
    let (department, opened_at) = (code("WATER"), at("2027-03-01T01:00:00.5Z"));
    let stated = |stance, put_down_by_clerk| {
        let (department, reasons) = (code("WATER"), text("If it is paid for"));
        Event::StatementRecorded { topic: 1, department, stance, reasons, put_down_by_clerk }
    };
    vec![
        Event::Prepared { agenda: agenda(Mode::Meeting) },
        Event::Prepared { agenda: agenda(Mode::Countersign { sign_by: at("2027-03-05T09:00:00Z") }) },
        Event::ArrivalRecorded { department: department.clone(), delegate: line("李伟") },
        Event::DepartureRecorded { department },
        Event::Opened { opened_at, present: 3, needed: 2, departments: 4 },
        Event::TopicOpened { topic: 1, opened_at, time_ends_at: None },
        Event::TopicPaused { topic: 1, spent_seconds: 900 },
        Event::DigressionRecorded { topic: 1, minutes: 4, note: Some(line("Parking")) },
        Event::DigressionRecorded { topic: 1, minutes: 5, note: None },
        Event::DebateClosed { topic: 1, spent_seconds: 1530, overrun_seconds: 330, digression_minutes: 9 },
        stated(Stance::Support, false),
        stated(Stance::SupportWithConditions, false),
        stated(Stance::Oppose, false),
        stated(Stance::Abstain, false),
        stated(Stance::Abstain, true),
    ]
}

fn on_the_text() -> Vec<Event> {
    let amendment = 2;
    vec![
        Event::ProposalSubmitted { topic: 1, version: 1, text: text("第一条\n第二条") },
        Event::AmendmentSubmitted {
            topic: 1,
            amendment,
            department: code("ROADS"),
            version: 1,
            text: text("第一条"),
            amends: None,
            needs_seconder: false,
            put_down_by_clerk: false,
            person: None,
        },
        Event::AmendmentAdopted { topic: 1, amendment, version: 2 },
        Event::AmendmentRejected { topic: 1, amendment },
        Event::ItemDrafted { item: item(Some(DueRule::On(date(2027, 3, 31)))) },
        Event::ItemDrafted { item: item(Some(DueRule::AfterDays(30))) },
        Event::ItemDrafted { item: item(Some(DueRule::AfterHours(6))) },
        Event::ItemRevised { item: item(Some(DueRule::AfterWorkingDays(5))) },
        Event::ItemRevised { item: item(None) },
        Event::ItemDropped { topic: 1, item: 3, reason: text("Not needed") },
    ]
}

fn on_choices() -> Vec<Event> {
    let opened = |method| Event::ChoiceOpened {
        topic: 1,
        choice: 2,
        question: line("Which route?"),
        options: vec![line("North"), line("South")],
        method,
        secret: false,
        lot: None,
        remind_at: None,
    };
    let cast = |named, points, cast_by: Option<&str>| Event::ChoiceCast {
        topic: 1,
        choice: 2,
        department: code("ROADS"),
        paper: ChoicePaper {
            named,
            points,
            put_down_by_clerk: cast_by.is_none(),
            cast_by: cast_by.map(code),
        },
    };
    let figures = vec![Figures { of_options: vec![3, 1] }, Figures { of_options: vec![4, 0] }];
    let result =
        ChoiceResult { first: vec![1], figures, cast: 2, quorum: 2, body_version: 3, tie_broken: None };
    let equal = |by, lot| {
        let tie_broken = Some(TieBroken { option: 2, by, lot, lot_secret: None });
        let result = ChoiceResult { first: vec![1, 2], tie_broken, ..result.clone() };
        Event::ChoiceClosed { topic: 1, choice: 2, result, roll: roll(), sealed: false }
    };
    let by_lot = equal(OptionTie::Lot, Some(Uuid::from_u128(17)));
    let by_the_chair = equal(OptionTie::ChairPrefers, None);
    vec![
        opened(ChoiceMethod::Single),
        opened(ChoiceMethod::Approval),
        opened(ChoiceMethod::InstantRunoff),
        opened(ChoiceMethod::Schulze),
        opened(ChoiceMethod::Score),
        cast(vec![2, 1], vec![], None),
        cast(vec![], vec![10, 0], Some("BRIDGES")),
        Event::ChoiceClosed { topic: 1, choice: 2, result: result.clone(), roll: roll(), sealed: false },
        by_lot,
        by_the_chair,
        Event::ItemAccepted { topic: 1, item: 3, department: code("PRESS") },
    ]
}

fn on_secret_choices() -> Vec<Event> {
    let (topic, choice) = (1, 2);
    let commitment = line(&"0f".repeat(32));
    let opened = Event::ChoiceOpened {
        topic,
        choice,
        question: line("Who?"),
        options: vec![line("Li"), line("Wang")],
        method: ChoiceMethod::Schulze,
        secret: true,
        lot: Some(SealedLot { commitment, sealed: vec![4, 5, 6] }),
        remind_at: None,
    };
    let paper = OpenedPaper { tracking_code: line("ABCD-EFGH"), named: vec![2, 1], points: vec![] };
    let tie_broken = Some(TieBroken {
        option: 2,
        by: OptionTie::Lot,
        lot: Some(Uuid::from_u128(17)),
        lot_secret: Some(Uuid::from_u128(18)),
    });
    let figures = vec![Figures { of_options: vec![3, 1] }];
    let result = ChoiceResult { first: vec![1, 2], figures, cast: 3, quorum: 3, body_version: 3, tie_broken };
    let cast_by = Some(code("BRIDGES"));
    vec![
        opened,
        Event::ChoiceSealed { topic, choice, department: code("ROADS"), sealed: vec![7, 8, 9], cast_by },
        Event::SecretChoiceOpened { topic, choice, papers: vec![paper] },
        Event::ChoiceClosed { topic, choice, result, roll: roll(), sealed: true },
        Event::ChoiceVoided { topic, choice, reason: text("The key is lost") },
    ]
}

fn of_speakers() -> Vec<Event> {
    let (topic, turn, department) = (1, 4, || code("ROADS"));
    let (now, later) = (at("2027-03-01T01:10:00Z"), at("2027-03-01T01:15:00Z"));
    let given = |ends_at, reason| Event::FloorGiven {
        topic,
        turn,
        department: department(),
        given_at: now,
        ends_at,
        reason,
    };
    let ruled = |sustained, turn, resumed_at, ends_at| Event::PointOfOrderRuled {
        topic,
        point: 2,
        sustained,
        reason: text("与议题无关"),
        turn,
        resumed_at,
        ends_at,
    };
    let limited =
        |speaking_minutes, list_closed| Event::DebateLimited { topic, speaking_minutes, list_closed };
    vec![
        Event::TopicOpened { topic, opened_at: now, time_ends_at: Some(later) },
        Event::FloorRequested { topic, department: department() },
        Event::FloorRequestWithdrawn { topic, department: department() },
        given(None, None),
        given(Some(later), Some(text("只有该部门掌握水位"))),
        Event::FloorYielded { topic, turn, department: department(), spoken_seconds: 240 },
        limited(Some(5), true),
        limited(None, false),
        Event::SpeakingTimeEnded { topic, turn, department: department(), ended_at: later },
        Event::TopicTimeEnded { topic, ended_at: later },
        Event::PointOfOrderRaised {
            topic,
            point: 2,
            department: department(),
            text: text("离题了"),
            turn: Some(turn),
            spoken_seconds: 90,
        },
        ruled(true, Some(turn), Some(now), Some(later)),
        ruled(false, None, None, None),
    ]
}

fn of_motions() -> Vec<Event> {
    let (topic, motion, department) = (1, 2, || code("ROADS"));
    let moved = |kind, needs_seconder| Event::MotionMoved {
        topic,
        motion,
        department: department(),
        kind,
        reason: text("数据尚未报齐"),
        needs_seconder,
        put_down_by_clerk: false,
        person: None,
    };
    vec![
        Event::BallotOpened {
            topic: 1,
            ballot: 4,
            version: 0,
            method: Method::QualifiedMajority { numerator: 2, denominator: 3 },
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            majority_of: MajorityBase::Votes,
            secret: false,
            motion: Some(2),
            amendment: None,
            remind_at: None,
        },
        moved(MotionKind::CloseDebate, true),
        moved(MotionKind::Defer { resume_on: date(2027, 3, 31) }, false),
        moved(MotionKind::Refer { referred_to: code("CITY") }, false),
        Event::BallotClosed { topic: 1, result: result(Method::Silence), roll: objecting() },
        Event::MotionSeconded { topic, motion, department: code("BRIDGES"), put_down_by_clerk: false },
        Event::MotionWithdrawn { topic, motion },
        Event::MotionLapsed { topic, motion },
        Event::MotionDecided { topic, motion, ballot: 4, carried: true },
        Event::MotionDecided { topic, motion, ballot: 4, carried: false },
    ]
}

fn of_amendments() -> Vec<Event> {
    let (topic, amendment) = (1, 3);
    let (department, reason) = (code("ROADS"), text("数据尚未报齐"));
    vec![
        Event::AmendmentSubmitted {
            topic,
            amendment,
            department: department.clone(),
            version: 1,
            text: text("第一条"),
            amends: Some(2),
            needs_seconder: true,
            put_down_by_clerk: true,
            person: Some("wen@OFFICE".to_owned()),
        },
        Event::AmendmentSeconded { topic, amendment, department: code("BRIDGES"), put_down_by_clerk: true },
        Event::AmendmentWithdrawn { topic, amendment },
        Event::AmendmentLapsed { topic, amendment },
        Event::AmendmentAmended { topic, amendment: 2, by: 3 },
        Event::AmendmentRebased {
            topic,
            amendment,
            version: 2,
            splice: Splice { kept_until: 12, own_from: 9, own_until: 18, kept_from: 30 },
        },
        Event::AmendmentFell { topic, amendment, by: Some(2) },
        Event::AmendmentFell { topic, amendment, by: None },
        Event::BallotOpened {
            topic,
            ballot: 5,
            version: 0,
            method: Method::SimpleMajority,
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            majority_of: MajorityBase::Votes,
            secret: true,
            motion: None,
            amendment: Some(3),
            remind_at: None,
        },
        Event::MotionMoved {
            topic,
            motion: 3,
            department,
            kind: MotionKind::CloseDebate,
            reason,
            needs_seconder: true,
            put_down_by_clerk: true,
            person: Some("wen@OFFICE".to_owned()),
        },
        Event::MotionSeconded { topic, motion: 3, department: code("BRIDGES"), put_down_by_clerk: true },
        Event::MotionMoved {
            topic,
            motion: 4,
            department: code("BRIDGES"),
            kind: MotionKind::Reconsider,
            reason: text("数据已报齐"),
            needs_seconder: false,
            put_down_by_clerk: false,
            person: None,
        },
        Event::TopicReconsidered { topic, motion: 4 },
        Event::MotionMoved {
            topic,
            motion: 5,
            department: code("BRIDGES"),
            kind: MotionKind::Appeal { point: 2 },
            reason: text("并未离题"),
            needs_seconder: false,
            put_down_by_clerk: false,
            person: None,
        },
    ]
}

fn with_labels() -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.topics[0].label = Label::Secret;
    vec![Event::Prepared { agenda }]
}

fn in_secret() -> Vec<Event> {
    let (topic, ballot) = (1, 2);
    let opened = Event::BallotOpened {
        topic,
        ballot,
        version: 3,
        method: Method::SimpleMajority,
        abstention: Abstention::DoesNotCount,
        tie: Tie::Rejects,
        majority_of: MajorityBase::Votes,
        secret: true,
        motion: None,
        amendment: None,
        remind_at: None,
    };
    let sealed = |cast_by: Option<&str>| Event::VoteSealed {
        topic,
        ballot,
        department: code("ROADS"),
        sealed: (0..96).collect(),
        cast_by: cast_by.map(code),
    };
    let vote = |tracking_code, choice| OpenedVote { tracking_code: line(tracking_code), choice };
    let votes = vec![
        vote("3H7K-QD2M-XV5T-AB6N-PW4C-ZE7R", Choice::Yes),
        vote("TR5W-2KLN-66QA-MJ3D-YX4P-VB7C", Choice::Abstain),
    ];
    vec![
        opened,
        sealed(None),
        sealed(Some("BRIDGES")),
        Event::SecretVotesOpened { topic, ballot, votes },
        Event::BallotClosed {
            topic,
            result: BallotResult { secret: true, casting_vote: None, ..result(Method::SimpleMajority) },
            roll: vec![],
        },
        Event::ChangesDeclared {
            topic,
            changes: vec![ResolutionChange {
                resolution: Uuid::from_u128(9),
                effect: ChangeEffect::Supersedes,
                carried_over: vec![Uuid::from_u128(11)],
            }],
        },
        Event::ChangesDeclared { topic, changes: vec![] },
        Event::BallotVoided { topic, ballot, reason: text("The wrong version") },
        Event::HandsCounted { topic, ballot, hands: Hands { yes: 3, no: 1, abstain: 2 } },
    ]
}

fn on_ballots() -> Vec<Event> {
    let share = Method::QualifiedMajority { numerator: 2, denominator: 3 };
    vec![
        ballot_opened(Method::Consensus),
        ballot_opened(Method::SimpleMajority),
        ballot_opened(share),
        ballot_opened(Method::UnanimousCountersign),
        voted(Choice::Yes, None),
        voted(Choice::No, Some(text("Too dear"))),
        voted(Choice::Abstain, None),
        Event::VoteCast {
            topic: 1,
            ballot: 2,
            department: code("ROADS"),
            choice: Choice::Yes,
            split: vec![VotePart { choice: Choice::No, weight: 2 }],
            reason: None,
            cast_by: Some(code("BRIDGES")),
            put_down_by_clerk: true,
        },
        recused(None, false),
        recused(Some(3), false),
        recused(None, true),
        Event::RecusalWithdrawn {
            topic: 1,
            department: code("WATER"),
            reason: text("Sold it"),
            put_down_by_clerk: false,
        },
        Event::MandateGiven {
            topic: Some(1),
            department: code("WATER"),
            holders: vec![code("ROADS"), code("HEALTH")],
            put_down_by_clerk: false,
        },
        Event::MandateGiven {
            topic: None,
            department: code("WATER"),
            holders: vec![code("ROADS")],
            put_down_by_clerk: false,
        },
        Event::MandateGiven {
            topic: None,
            department: code("WATER"),
            holders: vec![code("ROADS")],
            put_down_by_clerk: true,
        },
        Event::MandateRevoked { topic: Some(1), department: code("WATER") },
        Event::BallotClosed { topic: 1, result: result(share), roll: vec![] },
        Event::BallotClosed {
            topic: 1,
            result: BallotResult {
                casting_vote: None,
                tied: false,
                vetoed: true,
                passed: false,
                ..result(share)
            },
            roll: vec![],
        },
        Event::BallotClosed {
            topic: 1,
            result: BallotResult { majority_of: MajorityBase::AllSeats, ..result(Method::GeneralConsent) },
            roll: roll(),
        },
        Event::BallotOpened {
            topic: 1,
            ballot: 3,
            version: 3,
            method: Method::ChairDecides,
            abstention: Abstention::DoesNotCount,
            tie: Tie::Rejects,
            majority_of: MajorityBase::Present,
            secret: false,
            motion: None,
            amendment: None,
            remind_at: None,
        },
        ballot_opened(Method::Silence),
    ]
}

fn outcomes() -> Vec<Event> {
    let reason = text("So be it");
    let due_at = at("2027-03-31T15:59:59.999999Z");
    vec![
        Event::DecisionAdopted {
            topic: 1,
            title: line("Evacuation routes"),
            version: 3,
            ballot: 2,
            decided_on: date(2027, 3, 1),
            acknowledge_by: at("2027-03-04T15:59:59.999999Z"),
            declaratory: false,
            due_dates: vec![docket::ItemDue { item: 3, due_on: date(2027, 3, 31), due_at }],
        },
        Event::TopicRejected { topic: 1, reason: reason.clone() },
        Event::TopicDeferred {
            topic: 1,
            resume_on: date(2027, 4, 1),
            moved_by: code("ROADS"),
            reason: reason.clone(),
            deferrals: 2,
        },
        Event::TopicReferred { topic: 1, referred_to: code("PROVINCE"), reason: reason.clone() },
        Event::TopicWithdrawn { topic: 1, reason },
        Event::DecidedLate { topic: 1, decide_by: at("2027-03-01T02:00:00Z"), late_minutes: 3 },
        Event::Closed {
            closed_at: at("2027-03-01T03:00:00Z"),
            adopted: 1,
            rejected: 2,
            deferred: 3,
            referred: 4,
            withdrawn: 5,
            spent_seconds: 6,
            digression_minutes: 7,
        },
    ]
}

fn of_minutes() -> Vec<minutes::Event> {
    use minutes::{Digest, Event};
    let departments = vec![code("WATER"), code("FINANCE")];
    let digest = |language: &str| Digest { language: line(language), sha256: line(&"0f".repeat(32)) };
    let drafted = |body| Event::Drafted {
        participants: departments.clone(),
        secretariat: vec![code("WATER")],
        concerned: departments.clone(),
        body,
        confirm_by: at("2027-03-08T16:00:00Z"),
    };
    vec![
        drafted(None),
        drafted(Some(code("FLOOD"))),
        Event::Corrected { text: text("补记一项") },
        Event::Confirmed { department: code("WATER") },
        Event::Objected { department: code("FINANCE"), reason: text("漏记一项") },
        Event::Settled { silent: vec![code("FINANCE")] },
        Event::Sealed { sha256: vec![digest("en"), digest("zh")] },
    ]
}
