use super::*;
use crate::constitution::Constitution;
use crate::decision_rule::{Abstention, DecisionRule, MajorityBase, Method, Tie};
use crate::due::DueRule;
use crate::testing::{self, actor, at, code, given, line, text};
use crate::{Actor, Refusal, Role, Uuid};
use jiff::civil::date;

mod amendments;
mod amendments_random;
mod appeals;
mod bound;
mod changes;
mod choices;
mod constitution;
mod deadlines;
mod hands;
mod labels;
mod late_topics;
mod mandates;
mod motions;
mod motions_random;
mod next;
mod put_down;
mod random;
mod reconsider;
mod reminders;
mod secret;
mod speakers;
mod sub_topics;
mod versions;
mod votes;

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}
fn of(department: &str) -> Actor {
    actor(&format!("li of {department}"), department, Role::Delegate)
}

/// WATER, ROADS and HEALTH have seats, and two of them are a quorum. WATER chairs, ROADS deputizes, OFFICE keeps the
/// record.
fn constitution(tie: Tie) -> Constitution {
    let constitution = testing::constitution(&["WATER", "ROADS", "HEALTH"]);
    let rule = DecisionRule { tie, ..constitution.rule };
    Constitution {
        deputies: vec![code("ROADS")],
        secretariat: vec![code("WATER"), code("OFFICE")],
        rule,
        ..constitution
    }
}

/// WATER, ROADS and HEALTH decide on topic 1, PRESS is kept informed; WATER also decides on topic 2.
fn agenda(mode: Mode) -> Agenda {
    let role = |topic, role| TopicRole { topic, role };
    let topic = |number, title| AgendaTopic {
        number,
        title: line(title),
        timebox_minutes: 20,
        label: Default::default(),
        carried: None,
        section: None,
        parent: None,
    };
    let participant = |department, roles| Participant { department: code(department), roles };
    Agenda {
        session: Uuid::from_u128(7),
        title: line("Flood control"),
        body: code("FLOOD"),
        constitution: constitution(Tie::Rejects),
        requester: None,
        mode,
        decide_by: None,
        remind_at: None,
        topics: vec![topic(1, "Evacuation routes"), topic(2, "Pump stations")],
        participants: vec![
            participant("WATER", vec![role(1, RoleOnTopic::Decides), role(2, RoleOnTopic::Decides)]),
            participant("ROADS", vec![role(1, RoleOnTopic::Decides)]),
            participant("HEALTH", vec![role(1, RoleOnTopic::Decides)]),
            participant("PRESS", vec![role(1, RoleOnTopic::Informed)]),
        ],
    }
}

fn advises(topic: u32) -> TopicRole {
    TopicRole { topic, role: RoleOnTopic::Advises }
}
fn arrived(department: &str) -> Event {
    Event::ArrivalRecorded { department: code(department), delegate: line("Li") }
}
fn opened() -> Event {
    Event::Opened { opened_at: at("2027-03-01T01:00:00Z"), present: 3, needed: 2, departments: 3 }
}
fn topic_opened(topic: u32) -> Event {
    Event::TopicOpened {
        topic,
        opened_at: at("2027-03-01T01:05:00Z"),
        time_ends_at: Some(at("2027-03-01T01:25:00Z")),
    }
}
fn proposed(version: u32) -> Event {
    Event::ProposalSubmitted { topic: 1, version, text: text(&format!("Text {version}")) }
}
fn draft() -> ItemDraft {
    ItemDraft {
        title: line("Mark the routes"),
        deliverable: text("Signs on every route"),
        criterion: Some(text("Seen by the inspectors")),
        lead: Some(code("ROADS")),
        co_responsible: vec![code("ROADS"), code("HEALTH")],
        due: Some(DueRule::AfterWorkingDays(5)),
    }
}
fn drafted(draft: ItemDraft) -> Event {
    Event::ItemDrafted { item: DraftedItem { number: 1, topic: 1, draft } }
}
fn ballot_opened(ballot: u32, version: u32, tie: Tie) -> Event {
    let (method, abstention) = (Method::SimpleMajority, Abstention::DoesNotCount);
    let majority_of = MajorityBase::Votes;
    let (secret, motion) = (false, None);
    Event::BallotOpened {
        topic: 1,
        ballot,
        version,
        method,
        abstention,
        tie,
        majority_of,
        secret,
        motion,
        amendment: None,
        remind_at: None,
    }
}
fn voted(department: &str, choice: Choice) -> Event {
    voted_in(1, department, choice)
}
fn voted_in(ballot: u32, department: &str, choice: Choice) -> Event {
    Event::VoteCast {
        topic: 1,
        ballot,
        department: code(department),
        choice,
        split: vec![],
        reason: None,
        cast_by: None,
        put_down_by_clerk: false,
    }
}
/// The same vote, put down by a clerk.
fn put_down(vote: Event) -> Event {
    match vote {
        Event::VoteCast { topic, ballot, department, choice, split, reason, cast_by, .. } => {
            let put_down_by_clerk = true;
            Event::VoteCast { topic, ballot, department, choice, split, reason, cast_by, put_down_by_clerk }
        }
        other => other,
    }
}
fn amend(department: &str, to: &str) -> Command {
    let (department, text) = (code(department), text(to));
    Command::SubmitAmendment { topic: 1, department, version: None, amends: None, text }
}
fn vote(department: &str) -> Command {
    let choice = Choice::Yes;
    Command::CastVote { topic: 1, department: code(department), choice, split: vec![], reason: None }
}
fn recused(department: &str) -> Event {
    let reason = text("Own land");
    Event::RecusalRecorded {
        topic: 1,
        department: code(department),
        reason,
        version: None,
        put_down_by_clerk: false,
    }
}
fn recuse(department: &str) -> Command {
    let (department, reason) = (code(department), text("Own land"));
    Command::RecordRecusal { topic: 1, department, reason, current_version_only: false }
}
fn open_ballot(version: u32) -> Command {
    Command::OpenBallot { topic: 1, version, calendar: calendar() }
}
fn close_ballot(casting_vote: Option<Choice>) -> Command {
    Command::CloseBallot { topic: 1, casting_vote }
}
fn adopt(declaratory: bool) -> Command {
    Command::AdoptDecision { topic: 1, declaratory, calendar: calendar() }
}

/// A meeting that everybody attends, with topic 1 open.
fn in_session() -> Vec<Event> {
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let mut history = vec![Event::Prepared { agenda: agenda(Mode::Meeting) }];
    history.extend(attendance.into_iter().chain([opened(), topic_opened(1)]));
    history
}

fn followed_by(mut history: Vec<Event>, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    history.extend(more);
    history
}

/// Version 1 on topic 1 passed by two votes to one.
fn passed(history: Vec<Event>) -> Vec<Event> {
    let votes = [voted("WATER", Choice::Yes), voted("ROADS", Choice::Yes), voted("HEALTH", Choice::No)];
    let history = followed_by(history, [proposed(1), ballot_opened(1, 1, Tie::Rejects)]);
    let history = followed_by(history, votes);
    let closed = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    followed_by(history, closed)
}

#[test]
fn a_docket_opens_only_with_its_quorum() {
    let mut history =
        vec![Event::Prepared { agenda: agenda(Mode::Meeting) }, arrived("WATER"), arrived("PRESS")];
    let refused = given::<Docket>(&history).when(Command::Open).unwrap_err();
    assert_eq!(refused, Rejection::NoQuorum { present: 1, needed: 2, departments: 3 });
    assert_eq!(refused.to_string(), "1 of 3 deciding departments are present; 2 are needed");

    history.push(arrived("ROADS"));
    let events = given::<Docket>(&history).at("2027-03-01T01:00:00Z").when(Command::Open).unwrap();
    let opened_at = at("2027-03-01T01:00:00Z");
    assert_eq!(events, [Event::Opened { opened_at, present: 2, needed: 2, departments: 3 }]);
}

#[test]
fn an_agenda_names_its_topics_and_participants_once() {
    let prepare = |change: fn(&mut Agenda)| {
        let mut agenda = agenda(Mode::Meeting);
        change(&mut agenda);
        given::<Docket>(&[]).when(Command::Prepare { agenda }).unwrap_err().reason()
    };
    assert_eq!(prepare(|agenda| agenda.topics.clear()), "TOPICS_REQUIRED");
    assert_eq!(prepare(|agenda| agenda.topics[1].number = 1), "DUPLICATE_TOPIC");
    assert_eq!(prepare(|agenda| agenda.participants[1].department = code("WATER")), "DUPLICATE_PARTICIPANT");
    assert_eq!(prepare(|agenda| agenda.participants[1].roles.push(advises(3))), "UNKNOWN_TOPIC");
    assert_eq!(prepare(|agenda| agenda.participants[1].roles.push(advises(1))), "DUPLICATE_ROLE");
}

#[test]
fn a_digression_is_no_longer_than_the_time_spent() {
    let history = followed_by(in_session(), [Event::DigressionRecorded { topic: 1, minutes: 4, note: None }]);
    let digress = |now, minutes| {
        given::<Docket>(&history).at(now).when(Command::RecordDigression { topic: 1, minutes, note: None })
    };
    // Opened five minutes after one o'clock.
    assert!(digress("2027-03-01T01:20:00Z", 11).is_ok());
    let too_long =
        Rejection::DigressionTooLong { topic_number: 1, minutes: 12, recorded_minutes: 4, spent_minutes: 15 };
    assert_eq!(digress("2027-03-01T01:20:59Z", 12), Err(too_long));
}

#[test]
fn a_meeting_without_a_quorum_is_adjourned_and_prepared_again() {
    let prepared = [Event::Prepared { agenda: agenda(Mode::Meeting) }];
    let adjourn = || Command::Adjourn { reason: text("Too few came") };
    let alone = followed_by(prepared.to_vec(), [arrived("WATER")]);
    let adjourned = Event::Adjourned { present: 1, needed: 2, reason: text("Too few came") };
    assert_eq!(given::<Docket>(&alone).when(adjourn()), Ok(vec![adjourned.clone()]));
    let both = followed_by(alone.clone(), [arrived("ROADS")]);
    let quorum = Rejection::QuorumPresent { present: 2, needed: 2 };
    assert_eq!(given::<Docket>(&both).when(adjourn()), Err(quorum));
    assert_eq!(
        given::<Docket>(&in_session()).when(adjourn()).unwrap_err().reason(),
        "WRONG_STAGE",
        "it has begun"
    );

    let over = followed_by(alone, [adjourned]);
    assert_eq!(given::<Docket>(&over).when(Command::Open).unwrap_err().reason(), "WRONG_STAGE");
    let again = given::<Docket>(&over).when(Command::Prepare { agenda: agenda(Mode::Meeting) }).unwrap();
    let state = Docket::fold(State::default(), &followed_by(over, again));
    assert!(matches!(&state, State::Prepared(proceedings) if proceedings.present.is_empty()), "{state:?}");
}

#[test]
fn a_topics_time_is_measured_without_its_pauses() {
    let history = followed_by(in_session(), [Event::DigressionRecorded { topic: 1, minutes: 4, note: None }]);
    let paused =
        given::<Docket>(&history).at("2027-03-01T01:20:00Z").when(Command::PauseTopic { topic: 1 }).unwrap();
    assert_eq!(paused, [Event::TopicPaused { topic: 1, spent_seconds: 900 }]);
    let again = Event::TopicOpened { topic: 1, opened_at: at("2027-03-01T02:00:00Z"), time_ends_at: None };
    let closed = given::<Docket>(&followed_by(followed_by(history, paused), [again]))
        .at("2027-03-01T02:10:30Z")
        .when(Command::CloseDebate { topic: 1 })
        .unwrap();
    assert_eq!(
        closed,
        [Event::DebateClosed { topic: 1, spent_seconds: 1530, overrun_seconds: 330, digression_minutes: 4 }]
    );
}

#[test]
fn only_one_topic_of_a_meeting_is_open() {
    let refused = given::<Docket>(&in_session()).when(Command::OpenTopic { topic: 2 });
    assert_eq!(refused, Err(Rejection::AnotherTopicOpen { open_topic_number: 1, topic_number: 2 }));
}

#[test]
fn an_adopted_amendment_is_the_next_version_and_outdates_the_others() {
    let amended = |amendment, department| Event::AmendmentSubmitted {
        topic: 1,
        amendment,
        department: code(department),
        version: 1,
        text: text(&format!("As {department} wants it")),
        amends: None,
        needs_seconder: false,
        put_down_by_clerk: false,
        person: None,
    };
    let history = followed_by(in_session(), [proposed(1), amended(1, "ROADS"), amended(2, "HEALTH")]);
    let resolve = |amendment, adopt| Command::ResolveAmendment { topic: 1, amendment, adopt };

    assert_eq!(
        given::<Docket>(&history).when(open_ballot(1)),
        Err(Rejection::AmendmentPending { amendment_number: 1, topic_number: 1 })
    );
    let adopted = given::<Docket>(&history).when(resolve(1, true)).unwrap();
    let fell = Event::AmendmentFell { topic: 1, amendment: 2, by: Some(1) };
    assert_eq!(adopted, [Event::AmendmentAdopted { topic: 1, amendment: 1, version: 2 }, fell]);

    let history = followed_by(history, adopted);
    let state = Docket::fold(State::Absent, &history);
    let topic = state.proceedings().unwrap().topic(1).unwrap();
    assert_eq!(topic.version(2).unwrap().as_str(), "As ROADS wants it");
    assert_eq!(
        given::<Docket>(&history).when(resolve(2, true)),
        Err(Rejection::AmendmentResolved { amendment_number: 2, topic_number: 1, stage: "fallen" })
    );

    // A log may have an amendment that was not carried over when there was no rule for that.
    let earlier = history.into_iter().filter(|event| !matches!(event, Event::AmendmentFell { .. }));
    let earlier: Vec<Event> = earlier.collect();
    assert_eq!(
        given::<Docket>(&earlier).when(resolve(2, true)),
        Err(Rejection::AmendmentOutdated { amendment_number: 2, version: 1, current_version: 2 })
    );
    let second = Command::SecondAmendment { topic: 1, amendment: 2, department: code("WATER") };
    let seconded = given::<Docket>(&earlier).by(of("WATER")).when(second);
    assert_eq!(seconded.unwrap_err().reason(), "AMENDMENT_OUTDATED");
    assert!(given::<Docket>(&earlier).when(resolve(2, false)).is_ok());
}

#[test]
fn a_department_has_one_vote_and_only_its_own_people_or_a_clerk_cast_it() {
    let history = followed_by(in_session(), [proposed(1), ballot_opened(1, 1, Tie::Rejects)]);
    let attempt = |history: &[Event], by, department| given::<Docket>(history).by(by).when(vote(department));

    assert_eq!(attempt(&history, of("ROADS"), "ROADS"), Ok(vec![voted("ROADS", Choice::Yes)]));
    assert_eq!(
        attempt(&history, of("ROADS"), "HEALTH"),
        Err(Rejection::NotYourDepartment { department_code: "ROADS".into(), needed_codes: "HEALTH".into() })
    );
    for clerk in [actor("wen", "OFFICE", Role::Clerk), actor("wen", "WATER", Role::Clerk)] {
        assert_eq!(
            attempt(&history, clerk, "ROADS"),
            Ok(vec![put_down(voted("ROADS", Choice::Yes))]),
            "a show of hands"
        );
    }
    let nobody = Actor { department: None, ..actor("wen", "OFFICE", Role::Clerk) };
    for (clerk, department) in [(actor("wen", "METRO", Role::Clerk), "METRO"), (nobody, "no department")] {
        let (department_code, needed_codes) = (department.to_owned(), "ROADS".to_owned());
        assert_eq!(
            attempt(&history, clerk, "ROADS"),
            Err(Rejection::NotYourDepartment { department_code, needed_codes })
        );
    }
    assert_eq!(
        attempt(&history, of("PRESS"), "PRESS"),
        Err(Rejection::NotEntitledToVote { department_code: code("PRESS"), topic_number: 1 })
    );
    let gone = followed_by(history.clone(), [Event::DepartureRecorded { department: code("ROADS") }]);
    assert_eq!(
        attempt(&gone, of("ROADS"), "ROADS"),
        Err(Rejection::NotPresent { department_code: code("ROADS") })
    );
    // The same vote again changes nothing; another one replaces it.
    let once = followed_by(history.clone(), [voted("ROADS", Choice::Yes)]);
    assert_eq!(attempt(&once, of("ROADS"), "ROADS"), Ok(vec![]));
    let twice = followed_by(once, [voted("ROADS", Choice::No)]);
    let result = Docket::fold(State::Absent, &twice);
    let topic = result.proceedings().unwrap().topic(1).unwrap();
    assert_eq!(topic.open_ballot().unwrap().votes.len(), 1);

    let state = Docket::fold(State::Absent, &followed_by(twice, [recused("ROADS")]));
    let topic = state.proceedings().unwrap().topic(1).unwrap();
    assert!(topic.open_ballot().unwrap().votes.is_empty(), "the vote is void");
}

#[test]
fn a_tie_waits_for_the_casting_vote_of_the_chair() {
    let votes = [voted("WATER", Choice::Yes), voted("ROADS", Choice::No)];
    let history = followed_by(in_session(), [proposed(1), ballot_opened(1, 1, Tie::ChairDecides)]);
    let history = followed_by(history, votes);
    let close = |by, casting| given::<Docket>(&history).by(of(by)).when(close_ballot(casting));

    assert_eq!(close("WATER", None), Err(Rejection::CastingVoteRequired { yes_votes: 1, no_votes: 1 }));
    assert!(matches!(close("ROADS", Some(Choice::Yes)), Err(Rejection::NotYourDepartment { .. })));
    let secretary = actor("wen", "OFFICE", Role::Clerk);
    let for_the_chair = given::<Docket>(&history).by(secretary.clone()).when(close_ballot(Some(Choice::Yes)));
    assert!(matches!(for_the_chair, Err(Rejection::NotYourDepartment { .. })), "{for_the_chair:?}");
    let closed = close("WATER", Some(Choice::Yes)).unwrap();
    assert!(
        matches!(closed.as_slice(), [Event::BallotClosed { result, .. }] if result.passed && result.tied)
    );

    // Nobody breaks it when neither the chair nor its deputy is there, or both have recused themselves.
    let close =
        |history: &[Event], by: Actor, casting| given::<Docket>(history).by(by).when(close_ballot(casting));
    let left = ["WATER", "ROADS"].map(|gone| Event::DepartureRecorded { department: code(gone) });
    let history = followed_by(history, left);
    assert_eq!(
        close(&history, of("WATER"), Some(Choice::Yes)),
        Err(Rejection::NotPresent { department_code: code("WATER") })
    );
    let failed = close(&history, secretary, None).unwrap();
    assert!(
        matches!(failed.as_slice(), [Event::BallotClosed { result, .. }] if result.tied && !result.passed)
    );
}

#[test]
fn a_version_is_voted_on_once_and_its_items_are_settled_with_it() {
    let history = passed(followed_by(in_session(), [drafted(draft())]));
    let attempt = |history: &[Event], command| given::<Docket>(history).by(of("WATER")).when(command);
    let settled = Err(Rejection::VersionVotedOn { version: 1, topic_number: 1, ballot_number: 1 });
    assert_eq!(attempt(&history, open_ballot(1)), settled);
    let other = ItemDraft { lead: Some(code("HEALTH")), ..draft() };
    assert_eq!(attempt(&history, Command::ReviseItem { item: 1, draft: other.clone() }), settled);
    assert_eq!(attempt(&history, Command::DropItem { item: 1, reason: text("Costs") }), settled);
    assert_eq!(attempt(&history, Command::DraftItems { topic: 1, items: vec![draft()] }), settled);

    let reason = || text("Let us not");
    let undoing = [
        Command::RejectTopic { topic: 1, reason: reason() },
        Command::WithdrawTopic { topic: 1, reason: reason() },
        Command::ReferTopic { topic: 1, referred_to: code("CITY"), reason: reason() },
        Command::DeferTopic {
            topic: 1,
            resume_on: date(2027, 4, 1),
            moved_by: code("WATER"),
            reason: reason(),
            calendar: calendar(),
        },
    ];
    for undoing in undoing {
        assert_eq!(
            attempt(&history, undoing),
            Err(Rejection::BallotPassed { ballot_number: 1, topic_number: 1 }),
            "nobody but the voters undoes what has passed"
        );
    }

    // A new version begins anew.
    let history = followed_by(history, [proposed(2)]);
    let revised = attempt(&history, Command::ReviseItem { item: 1, draft: other }).unwrap();
    assert!(attempt(&followed_by(history, revised), open_ballot(2)).is_ok());
}

#[test]
fn without_a_quorum_a_ballot_is_repeated_under_its_own_rules() {
    let history = followed_by(
        in_session(),
        [proposed(1), ballot_opened(1, 1, Tie::Rejects), voted("WATER", Choice::Yes)],
    );
    let closed = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
    assert!(matches!(closed.as_slice(), [Event::BallotClosed { result, .. }] if !result.is_quorate()));
    let history = followed_by(history, closed);
    let again = given::<Docket>(&history).by(of("WATER")).when(open_ballot(1));
    assert_eq!(again, Ok(vec![ballot_opened(2, 1, Tie::Rejects)]));
}

#[test]
fn what_is_voted_on_can_be_carried_out() {
    let unfinished = drafted(ItemDraft { due: None, ..draft() });
    let history = followed_by(in_session(), [proposed(1), unfinished]);
    let refused = given::<Docket>(&history).by(of("WATER")).when(open_ballot(1));
    assert_eq!(refused.map_err(|refused| refused.reason()), Err("DECISION_NOT_EXECUTABLE"));
}

#[test]
fn a_recusal_takes_voice_vote_and_chair_and_comes_before_the_count() {
    let history = followed_by(in_session(), [proposed(1), recused("WATER")]);
    let attempt = |command| given::<Docket>(&history).by(of("WATER")).when(command);
    let refused = Err(Rejection::DepartmentRecused { department_code: code("WATER"), topic_number: 1 });
    let water = || code("WATER");
    let words = || text("All the same");
    assert_eq!(
        attempt(Command::RecordStatement {
            topic: 1,
            department: water(),
            stance: Stance::Support,
            reasons: words()
        }),
        refused
    );
    assert_eq!(attempt(amend("WATER", "…")), refused);
    assert_eq!(attempt(Command::CloseDebate { topic: 1 }), refused, "nor does it lead the debate");
    assert_eq!(attempt(open_ballot(1)), refused);
    assert!(attempt(Command::DropItem { item: 9, reason: words() }) != refused, "no item of that topic");

    let counted = passed(in_session());
    assert_eq!(
        given::<Docket>(&counted).by(of("HEALTH")).when(recuse("HEALTH")),
        Err(Rejection::BallotCounted { ballot_number: 1, topic_number: 1 })
    );
    let history = followed_by(counted, [proposed(2)]);
    assert!(given::<Docket>(&history).by(of("HEALTH")).when(recuse("HEALTH")).is_ok(), "before the next one");
}

#[test]
fn dissent_is_what_was_voted_and_not_what_was_said_before() {
    let opposing = Event::StatementRecorded {
        topic: 1,
        department: code("WATER"),
        stance: Stance::Oppose,
        reasons: text("Too dear, at first sight"),
        put_down_by_clerk: false,
    };
    let history = passed(followed_by(in_session(), [opposing]));
    let adopted = given::<Docket>(&history).by(of("WATER")).when(adopt(true)).unwrap();
    let decision = Docket::fold(State::Absent, &followed_by(history, adopted)).decision(1).unwrap();
    assert_eq!(decision.dissenting, [code("HEALTH")], "WATER voted yes in the end");
}

#[test]
fn a_decision_says_who_does_what_by_when() {
    let history = passed(in_session());
    let attempt = |history: &[Event], declaratory| {
        given::<Docket>(history).at("2027-03-01T01:20:00Z").when(adopt(declaratory))
    };
    assert_eq!(attempt(&history, false), Err(Rejection::DecisionWithoutItems { topic_number: 1 }));
    assert!(attempt(&history, true).is_ok(), "a declaratory decision needs none");

    let without_due = followed_by(history.clone(), [drafted(ItemDraft { due: None, ..draft() })]);
    let refused = attempt(&without_due, false).unwrap_err();
    assert_eq!(refused.to_string(), "the decision on topic 1 cannot be carried out: item 1 has no due date");
    assert_eq!(refused.reason(), "DECISION_NOT_EXECUTABLE");
    let long_ago = ItemDraft { due: Some(DueRule::On(date(2027, 2, 26))), ..draft() };
    assert!(matches!(
        attempt(&followed_by(history.clone(), [drafted(long_ago)]), false),
        Err(Rejection::DueBeforeDecision { .. })
    ));

    let history = followed_by(history, [drafted(draft())]);
    assert_eq!(attempt(&history, true), Err(Rejection::DeclaratoryWithItems { topic_number: 1, items: 1 }));
    let events = attempt(&history, false).unwrap();
    // Monday, 1 March: five working days later is Monday, 8 March; three are Thursday, 4 March.
    let due_at = at("2027-03-08T15:59:59.999999Z");
    assert_eq!(
        events,
        [
            Event::DebateClosed { topic: 1, spent_seconds: 900, overrun_seconds: 0, digression_minutes: 0 },
            Event::DecisionAdopted {
                topic: 1,
                title: line("Evacuation routes"),
                version: 1,
                ballot: 1,
                decided_on: date(2027, 3, 1),
                acknowledge_by: at("2027-03-04T15:59:59.999999Z"),
                declaratory: false,
                due_dates: vec![ItemDue { item: 1, due_on: date(2027, 3, 8), due_at }],
            }
        ]
    );

    let state = Docket::fold(State::Absent, &followed_by(history, events));
    let decision = state.decision(1).unwrap();
    assert_eq!(decision.text.as_str(), "Text 1");
    assert_eq!(decision.dissenting, [code("HEALTH")]);
    assert_eq!((decision.session, decision.body), (Uuid::from_u128(7), code("FLOOD")));
    assert_eq!((decision.ballot.yes, decision.ballot.no, decision.ballot.needed), (2, 1, 2));
    let item = &decision.items[0];
    assert_eq!(
        (item.number, &item.lead, item.due_on, item.due_at),
        (1, &code("ROADS"), date(2027, 3, 8), due_at)
    );
    assert_eq!(state.decision(2), None);
}

#[test]
fn a_vote_on_an_older_version_carries_nothing() {
    let history = followed_by(passed(in_session()), [proposed(2), drafted(draft())]);
    assert_eq!(
        given::<Docket>(&history).when(adopt(false)),
        Err(Rejection::NoPassedBallot { version: 2, topic_number: 1 })
    );
}

#[test]
fn a_topic_is_deferred_twice_and_then_no_more() {
    let defer = |resume_on| Command::DeferTopic {
        topic: 2,
        resume_on,
        moved_by: code("WATER"),
        reason: text("The survey is not there yet"),
        calendar: calendar(),
    };
    let mut history = vec![Event::Prepared { agenda: agenda(Mode::Meeting) }, opened()];
    assert!(matches!(
        given::<Docket>(&history).at("2027-03-01T01:00:00Z").when(defer(date(2027, 2, 28))),
        Err(Rejection::ResumesInThePast { .. })
    ));
    for day in [2, 3] {
        history.extend(given::<Docket>(&history).when(defer(date(2027, 4, day))).unwrap());
        history.extend(given::<Docket>(&history).when(Command::OpenTopic { topic: 2 }).unwrap());
    }
    assert_eq!(
        given::<Docket>(&history).when(defer(date(2027, 4, 4))),
        Err(Rejection::DeferralsExhausted { topic_number: 2, deferrals: 2, max: 2 })
    );
}

#[test]
fn a_docket_closes_when_every_topic_has_an_outcome() {
    let withdrawn = |topic| Event::TopicWithdrawn { topic, reason: text("Settled elsewhere") };
    let mut history = vec![Event::Prepared { agenda: agenda(Mode::Meeting) }, opened(), withdrawn(1)];
    let refused = given::<Docket>(&history).when(Command::Close).unwrap_err();
    assert_eq!(refused, Rejection::TopicUndecided { topic_number: 2, title: line("Pump stations") });
    assert_eq!(refused.to_string(), "topic 2, Pump stations, has no outcome");

    let referred_to = code("PROVINCE");
    history.push(Event::TopicReferred { topic: 2, referred_to, reason: text("Beyond our means") });
    let events = given::<Docket>(&history).at("2027-03-01T03:00:00Z").when(Command::Close).unwrap();
    assert!(matches!(events.as_slice(), [Event::Closed { referred: 1, withdrawn: 1, adopted: 0, .. }]));
}

#[test]
fn a_hundred_items_are_drafted_in_portions_that_fit_into_a_record() {
    let portion = |items: usize| Command::DraftItems { topic: 1, items: vec![draft(); items] };
    let mut history = in_session();
    assert_eq!(
        given::<Docket>(&history).when(portion(51)),
        Err(Rejection::TooManyItems { items: 51, max: 50 })
    );
    let wordy = ItemDraft { deliverable: text(&"长".repeat(2_000)), ..draft() };
    assert!(matches!(
        given::<Docket>(&history).when(Command::DraftItems { topic: 1, items: vec![wordy; 9] }),
        Err(Rejection::ItemsTooLarge { .. })
    ));
    for items in [50, 50, 3] {
        history.extend(given::<Docket>(&history).when(portion(items)).unwrap());
    }
    let history = passed(history);
    let events = given::<Docket>(&history).at("2027-03-01T01:20:00Z").when(adopt(false)).unwrap();
    let decision = Docket::fold(State::Absent, &followed_by(history, events)).decision(1).unwrap();
    let numbers: Vec<u32> = decision.items.iter().map(|item| item.number).collect();
    assert_eq!(numbers, (1..=103).collect::<Vec<u32>>());
}

#[test]
fn an_item_is_led_and_supported_by_participants() {
    let attempt =
        |draft| given::<Docket>(&in_session()).when(Command::DraftItems { topic: 1, items: vec![draft] });
    assert_eq!(
        attempt(ItemDraft { lead: Some(code("MARS")), ..draft() }),
        Err(Rejection::NotAParticipant { department_code: code("MARS") })
    );
    assert_eq!(
        attempt(ItemDraft { co_responsible: vec![code("PRESS"), code("PRESS")], ..draft() }),
        Err(Rejection::DuplicateDepartment { department_code: code("PRESS") })
    );
}
