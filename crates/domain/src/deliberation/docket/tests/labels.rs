//! Who sees what of a docket with a secret topic, and what they find who take no part in it.

use super::*;
use crate::{Audience, Label};

/// Topic 2 is secret: WATER decides on it, ROADS may take the chair, and OFFICE keeps the record.
fn with_a_secret_topic() -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.topics[1].label = Label::Secret;
    let arrivals = ["WATER", "ROADS", "HEALTH", "PRESS"].map(arrived);
    let opened = [opened(), topic_opened(2)];
    let said = Event::ProposalSubmitted { topic: 2, version: 1, text: text("Sell the pumps") };
    [vec![Event::Prepared { agenda }], arrivals.to_vec(), opened.to_vec(), vec![said]].concat()
}

fn proceedings(events: &[Event]) -> Proceedings {
    Docket::fold(State::default(), events).proceedings().expect("prepared").clone()
}

fn seen_by(events: &[Event], department: &str) -> Proceedings {
    let docket = proceedings(events);
    let seen = docket.seen_by(|audience| match audience {
        Audience::Everybody => true,
        Audience::Concerned { departments, .. } => departments.contains(&&code(department)),
    });
    seen.into_owned()
}

#[test]
fn a_secret_topic_is_shown_to_those_who_take_part_in_it() {
    let events = with_a_secret_topic();
    for department in ["WATER", "ROADS"] {
        assert_eq!(seen_by(&events, department), proceedings(&events), "{department}");
    }
    let seen = seen_by(&events, "HEALTH");
    assert_eq!(seen.topics[0], proceedings(&events).topics[0]);
    let whole = &proceedings(&events).topics[1];
    let entry = &seen.agenda.topics[1];
    assert_eq!(entry.title, line("…"));
    assert_eq!(
        seen.topics[1],
        Topic { stage: whole.stage, ..Topic::new(entry) },
        "only that it is being discussed"
    );
    assert!(!format!("{seen:?}").contains("Sell the pumps"));
    assert!(seen.agenda.participants.iter().flat_map(|part| &part.roles).all(|role| role.topic == 1));
}

#[test]
fn others_do_not_see_who_is_there_for_a_secret_topic_alone() {
    let Some(Event::Prepared { mut agenda }) = with_a_secret_topic().into_iter().next() else {
        panic!("prepared")
    };
    let role = TopicRole { topic: 2, role: RoleOnTopic::Decides };
    agenda.participants.push(Participant { department: code("METRO"), roles: vec![role] });
    let (department, holders) = (code("METRO"), vec![code("WATER")]);
    let mandate = Event::MandateGiven { topic: None, department, holders, put_down_by_clerk: false };
    let events =
        [vec![Event::Prepared { agenda }, opened(), arrived("METRO"), arrived("HEALTH")], vec![mandate]];
    let shows = |department: &str| {
        let seen = seen_by(&events.concat(), department);
        let takes_part = seen.agenda.participants.iter().any(|one| one.department == code("METRO"));
        [takes_part, seen.present.contains_key(&code("METRO")), !seen.mandates.is_empty()]
    };
    assert_eq!(shows("HEALTH"), [false; 3]);
    assert_eq!(shows("WATER"), [true; 3]);
}

#[test]
fn whoever_would_be_bound_sees_it_too_and_nobody_for_a_mandate_that_is_of_no_use_there() {
    let holders = vec![code("HEALTH")];
    let (department, put_down_by_clerk) = (code("WATER"), false);
    let mandate = Event::MandateGiven { topic: None, department, holders, put_down_by_clerk };
    let item = DraftedItem { number: 1, topic: 2, draft: ItemDraft { lead: Some(code("PRESS")), ..draft() } };
    for (event, department, seen) in [(mandate, "HEALTH", 0), (Event::ItemDrafted { item }, "PRESS", 1)] {
        assert!(seen_by(&with_a_secret_topic(), department).topics[1].versions.is_empty());
        let events = [with_a_secret_topic(), vec![event]].concat();
        assert_eq!(seen_by(&events, department).topics[1].versions.len(), seen, "{department}");
    }
}

#[test]
fn to_others_a_secret_topic_is_like_one_that_is_not_there() {
    let state = with_a_secret_topic();
    let asked = |topic, by: Actor| {
        let commands = [
            Command::RecordStatement {
                topic,
                department: code("HEALTH"),
                stance: Stance::Oppose,
                reasons: text("No"),
            },
            Command::SubmitAmendment {
                topic,
                department: code("HEALTH"),
                version: None,
                amends: None,
                text: text("Keep them"),
            },
            Command::CastVote {
                topic,
                department: code("HEALTH"),
                choice: Choice::No,
                split: vec![],
                reason: None,
            },
            Command::RecordRecusal {
                topic,
                department: code("HEALTH"),
                reason: text("Own land"),
                current_version_only: false,
            },
            Command::OpenTopic { topic },
            Command::OpenBallot { topic, version: 1, calendar: calendar() },
            Command::WithdrawTopic { topic, reason: text("No") },
        ];
        commands.map(|command| {
            let refused = given::<Docket>(&state).by(by.clone()).when(command).unwrap_err();
            refused.to_string().replace(&format!("topic {topic} "), "topic N ")
        })
    };
    for role in [Role::Delegate, Role::Chair, Role::Clerk] {
        let by = actor("zhao", "HEALTH", role);
        assert_eq!(asked(2, by.clone()), asked(9, by), "{role:?}");
    }
    let statement = Command::RecordStatement {
        topic: 2,
        department: code("WATER"),
        stance: Stance::Support,
        reasons: text("Sell"),
    };
    assert!(given::<Docket>(&state).by(of("WATER")).when(statement).is_ok());
    let close = Command::PauseTopic { topic: 2 };
    assert!(given::<Docket>(&state).by(actor("wang", "OFFICE", Role::Clerk)).when(close).is_ok());
}

#[test]
fn what_can_happen_next_follows_from_the_topics_that_are_seen() {
    let debate_closed =
        Event::DebateClosed { topic: 2, spent_seconds: 0, overrun_seconds: 0, digression_minutes: 0 };
    let mut on_two = ballot_opened(1, 1, Tie::Rejects);
    if let Event::BallotOpened { topic, .. } = &mut on_two {
        *topic = 2;
    }
    let state = Docket::fold(State::Absent, &followed_by(with_a_secret_topic(), [debate_closed, on_two]));
    let commands = |hidden: BTreeSet<u32>| {
        let steps = super::super::next::steps(&state, &hidden, at("2027-03-01T01:10:00Z"), &calendar());
        assert!(steps.iter().all(|step| step.topic.is_none_or(|topic| !hidden.contains(&topic))));
        steps.into_iter().filter(|step| step.topic.is_none()).map(|step| step.rpc).collect::<Vec<_>>()
    };
    assert!(commands(BTreeSet::new()).contains(&"RemindSeats"));
    assert!(!commands([2].into()).contains(&"RemindSeats"), "nobody is told of the ballot");
}

#[test]
fn a_topic_is_labelled_as_in_its_session_also_when_the_docket_is_closed() {
    let events = with_a_secret_topic();
    let relabel = |topic, label| Command::Relabel { topic, label, reason: text("保密期已满") };
    let by_process = |history: &[Event], command| {
        given::<Docket>(history).by(crate::Actor::process("open_docket")).when(command)
    };
    let relabelled = by_process(&events, relabel(2, Label::Internal)).unwrap();
    let internal = [events.clone(), relabelled].concat();
    assert_eq!(seen_by(&internal, "HEALTH"), proceedings(&internal), "it is for all who take part");
    assert_eq!(by_process(&internal, relabel(2, Label::Internal)), Ok(vec![]), "once");
    assert!(by_process(&internal, relabel(9, Label::Secret)).is_err());

    let closed_at = at("2027-03-01T03:00:00Z");
    let (adopted, rejected, deferred, referred, withdrawn) = (0, 0, 0, 0, 2);
    let end = Event::Closed {
        closed_at,
        adopted,
        rejected,
        deferred,
        referred,
        withdrawn,
        spent_seconds: 0,
        digression_minutes: 0,
    };
    let closed = [internal, vec![end]].concat();
    let secret = by_process(&closed, relabel(1, Label::Secret)).unwrap();
    let closed = [closed, secret].concat();
    assert_eq!(proceedings(&closed).hidden_from(|_| false), [1].into());
}

#[test]
fn nobody_learns_the_title_of_a_secret_topic_by_moving_it() {
    let mut events = with_a_secret_topic();
    let Some(Event::Prepared { agenda }) = events.first_mut() else { panic!("prepared") };
    agenda.constitution.rule.late_topics = crate::decision_rule::LateTopics::Majority;
    let events = [events, vec![topic_opened(1)]].concat();
    let secret = proceedings(&events).agenda.topics[1].title.clone();
    let moved = |title: &Line, by: &str| {
        let (department, kind) =
            (code(by), MotionKind::Main { title: title.clone(), text: text("So be it") });
        let command = Command::MoveMotion {
            topic: 1,
            department,
            kind,
            reason: text("It is time"),
            calendar: calendar(),
        };
        given::<Docket>(&events).by(of(by)).when(command).map(|_| ()).map_err(|refused| refused.reason())
    };
    assert_eq!(moved(&secret, "HEALTH"), moved(&line("Something else"), "HEALTH"));
    assert_eq!(moved(&secret, "WATER"), Err("TITLE_ON_AGENDA"));
}
