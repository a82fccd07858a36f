use super::*;
use crate::calendar::WorkingCalendar;
use crate::deliberation::ballot::Choice;
use crate::deliberation::docket::{
    Agenda, AgendaTopic, Command, Docket, ItemDraft, Mode, Participant, RoleOnTopic, TopicRole,
};
use crate::due::DueRule;
use crate::process::rescind_items;
use crate::resolution::action_item;
use crate::resolution::register::{self, Register};
use crate::resolution::resolution::{self, State};
use crate::resolution_change::ChangeEffect;
use crate::testing::{actor, code, constitution, given, line, text};
use crate::{Aggregate, Role};

const DOCKET: Uuid = Uuid::from_u128(7);

/// A countersign on one topic, with two items, up to its decision.
fn decided() -> Vec<docket::Event> {
    let deciding = |department| Participant {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
    };
    let agenda = Agenda {
        session: DOCKET,
        title: line("Flood control"),
        body: code("FLOOD"),
        constitution: constitution(&["WATER", "ROADS", "HEALTH"]),
        requester: None,
        mode: Mode::Countersign { sign_by: "2027-03-08T10:00:00Z".parse().unwrap() },
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("Pump stations"),
            timebox_minutes: 20,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: vec![deciding("WATER"), deciding("ROADS"), deciding("HEALTH")],
    };
    let item = |title, days| ItemDraft {
        title: line(title),
        deliverable: text("Twelve stations"),
        criterion: Some(text("Two hours under load")),
        lead: Some(code("WATER")),
        co_responsible: vec![code("ROADS")],
        due: Some(DueRule::AfterWorkingDays(days)),
    };
    let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let vote = |department, choice| {
        let vote =
            Command::CastVote { topic: 1, department: code(department), choice, split: vec![], reason: None };
        (department, vote)
    };
    let commands = [
        ("WATER", Command::Prepare { agenda }),
        ("WATER", Command::SubmitProposal { topic: 1, text: text("The stations are rebuilt.") }),
        ("WATER", Command::DraftItems { topic: 1, items: vec![item("Rebuild", 5), item("Test", 10)] }),
        ("WATER", Command::OpenBallot { topic: 1, version: 1, calendar: calendar.clone() }),
        vote("WATER", Choice::Yes),
        vote("ROADS", Choice::Yes),
        vote("HEALTH", Choice::No),
        ("WATER", Command::CloseBallot { topic: 1, casting_vote: None }),
        ("WATER", Command::AdoptDecision { topic: 1, declaratory: false, calendar }),
    ];
    commands.into_iter().fold(Vec::new(), |mut history, (department, command)| {
        let step = format!("{command:?}");
        let by = actor("li", department, Role::Chair);
        let events = given::<Docket>(&history).at("2027-03-01T02:00:00Z").by(by).when(command);
        history.extend(events.unwrap_or_else(|refused| panic!("{step}: {refused}")));
        history
    })
}

#[test]
fn a_decision_is_registered_under_its_number_with_its_items() {
    let history = decided();
    let state = Docket::fold(docket::State::default(), &history);
    let registering = react(DOCKET, &state, history.last().unwrap()).unwrap();
    assert_eq!(registering.register(), Register::id(&code("FLOOD"), 2027));
    assert_eq!(registering.resolution, Resolution::id(DOCKET, 1));

    let issued = given::<Register>(&[]).when(registering.issue()).unwrap();
    let register = Register::fold(register::State::default(), &issued);
    let number = register.number_of(registering.resolution).unwrap();
    let numbered = registering.with_number(number);

    let (id, register) = numbered.resolution;
    let resolution = Resolution::fold(State::default(), &given::<Resolution>(&[]).when(register).unwrap());
    let registered = &resolution.registered().unwrap().registration;
    assert_eq!((id, registered.number.as_str()), (registering.resolution, "FLOOD-2027-0001"));
    let Origin::Session { votes, dissenting, .. } = &registered.origin else { panic!("{registered:?}") };
    assert_eq!((votes.yes, votes.no, &dissenting[..]), (2, 1, &[code("HEALTH")][..]));
    assert_eq!(votes.body_version, constitution(&["WATER"]).version);
    assert_eq!(registered.items, [ActionItem::id(DOCKET, 1), ActionItem::id(DOCKET, 2)]);

    let items: Vec<(Uuid, String, String)> = numbered
        .items
        .into_iter()
        .map(|(id, command)| match command {
            action_item::Command::Assign { assignment } => {
                (id, assignment.number.to_string(), assignment.due_on.to_string())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        items,
        [
            (registered.items[0], "FLOOD-2027-0001/1".to_owned(), "2027-03-08".to_owned()),
            (registered.items[1], "FLOOD-2027-0001/2".to_owned(), "2027-03-15".to_owned())
        ]
    );

    let rescinded = resolution::Event::Changed {
        by: Uuid::from_u128(9),
        effect: ChangeEffect::Rescinds,
        carried_over: vec![],
        reason: text("FLOOD-2027-0002"),
        changed_at: "2027-03-09T02:00:00Z".parse().unwrap(),
    };
    let ended = Resolution::evolve(resolution.clone(), &rescinded);
    let rescinded_items: Vec<Uuid> =
        rescind_items::react(id, &ended, &[], &rescinded).into_iter().map(|(id, _)| id).collect();
    assert_eq!(rescinded_items, registered.items);
}

#[test]
fn only_an_adopted_decision_is_registered() {
    let history = decided();
    let before = &history[..history.len() - 1];
    let state = Docket::fold(docket::State::default(), before);
    assert!(before.iter().all(|event| react(DOCKET, &state, event).is_none()));
}

#[test]
fn a_resolution_is_labelled_as_the_topic_that_it_was_decided_on() {
    let relabelled =
        docket::Event::TopicRelabelled { topic: 1, label: crate::Label::Secret, reason: text("Prices") };
    let follows = |history: &[docket::Event]| {
        relabel(DOCKET, &Docket::fold(docket::State::default(), history), &relabelled)
    };
    let history = decided();
    let (resolution, command) = follows(&history).unwrap();
    assert_eq!(resolution, Resolution::id(DOCKET, 1));
    assert!(matches!(command, resolution::Command::Relabel { label: crate::Label::Secret, .. }));
    assert!(follows(&history[..history.len() - 1]).is_none(), "there is none yet");
}
