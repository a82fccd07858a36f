use super::*;
use crate::decision_rule::MatterClass;
use crate::deliberation::docket::Docket;
use crate::scheduling::session::{Attendee, Kind, Outline, RoleOnTopic, Session, TopicRole};
use crate::testing::{code, constitution, given};
use crate::{Aggregate, Code, Line, Text};

const MATTER: Uuid = Uuid::from_u128(9);

fn attendee(department: &str) -> Attendee {
    let roles = vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }];
    Attendee { department: code(department), roles, companions: 0 }
}

fn outline() -> Outline {
    Outline {
        title: Line::parse("Flood control").unwrap(),
        purpose: Text::parse("Agree on the routes").unwrap(),
        body: Code::parse("FLOOD").unwrap(),
        kind: Kind::Emergency,
        class: MatterClass::Emergency,
        emergency: None,
        topics: vec![session::Topic {
            number: 1,
            title: Line::parse("Evacuation routes").unwrap(),
            timebox_minutes: 20,
            papers_required: false,
            label: Default::default(),
            matter: Some(MATTER),
            section: None,
            parent: None,
        }],
        attendees: ["WATER", "METRO"].map(attendee).to_vec(),
        duration_minutes: 30,
        earliest_start_at: "2027-03-01T01:00:00Z".parse().unwrap(),
        case_reference: None,
        decide_by: Some("2027-03-01T02:00:00Z".parse().unwrap()),
        carries_out: None,
        equipment: vec![],
    }
}

fn now() -> Timestamp {
    "2027-03-01T01:00:00Z".parse().unwrap()
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

/// The matter of the topic was deferred once before.
fn history_of_matters() -> History {
    History { deferrals: BTreeMap::from([(MATTER, 1)]), deferrals_max: 3 }
}

/// The docket after the reaction to the last event of a session's history.
fn docket_after(history: &[session::Event]) -> docket::State {
    let id = Uuid::from_u128(7);
    let state = Session::fold(session::State::Absent, history);
    let commands = react(id, &state, history.last().unwrap(), &history_of_matters(), now(), &calendar());
    commands.into_iter().fold(docket::State::Absent, |state, (target, command)| {
        assert_eq!(target, id, "the docket has its session's id");
        Docket::fold(state, &given::<Docket>(&[]).when(command).unwrap())
    })
}

#[test]
fn a_convened_session_has_its_docket_prepared_with_everything_on_it() {
    let requester = Some(Code::parse("PARKS").unwrap());
    let requested =
        session::Event::Requested { outline: outline(), requester: requester.clone(), chair: code("WATER") };
    let admitted = [requested, session::Event::Admitted];
    assert_eq!(docket_after(&admitted), docket::State::Absent);

    let convened: Vec<_> = admitted
        .into_iter()
        .chain([session::Event::Convened { room: None, constitution: constitution(&["WATER", "ROADS"]) }])
        .collect();
    let docket::State::Prepared(proceedings) = docket_after(&convened) else { panic!("not prepared") };
    let agenda = proceedings.agenda;
    assert_eq!(agenda.requester, requester);
    assert_eq!((agenda.mode, agenda.decide_by), (Mode::Meeting, outline().decide_by));
    assert_eq!(agenda.constitution, constitution(&["WATER", "ROADS"]));
    assert_eq!((agenda.topics[0].number, agenda.topics[0].timebox_minutes), (1, 20));
    assert_eq!(agenda.role_on(1, &code("WATER")), Some(docket::RoleOnTopic::Decides));
    assert_eq!(
        agenda.role_on(1, &code("METRO")),
        Some(docket::RoleOnTopic::Advises),
        "it has no seat by now"
    );
}

#[test]
fn a_countersign_has_its_docket_opened_at_once() {
    let sign_by = "2027-03-05T09:00:00Z".parse().unwrap();
    let reason = Text::parse("No meeting is needed").unwrap();
    let state = docket_after(&[
        session::Event::Requested { outline: outline(), requester: None, chair: code("WATER") },
        session::Event::ConvertedToCountersign { sign_by, reason, constitution: constitution(&["WATER"]) },
    ]);
    let docket::State::Open(proceedings) = state else { panic!("not open") };
    assert_eq!(proceedings.agenda.mode, Mode::Countersign { sign_by });
}

#[test]
fn a_topic_that_is_labelled_otherwise_is_on_its_docket_once_there_is_one() {
    let requested = session::Event::Requested { outline: outline(), requester: None, chair: code("WATER") };
    let relabelled = session::Event::TopicRelabelled {
        topic: 1,
        label: crate::Label::Secret,
        reason: Text::parse("Prices").unwrap(),
    };
    let follows = |history: &[session::Event]| {
        let state = Session::fold(session::State::Absent, history);
        react(Uuid::from_u128(7), &state, history.last().unwrap(), &history_of_matters(), now(), &calendar())
    };
    assert_eq!(follows(&[requested.clone(), relabelled.clone()]), [], "it is prepared with what is so then");
    let constitution = constitution(&["WATER", "METRO"]);
    let convened = session::Event::Convened { room: None, constitution };
    let commands = follows(&[requested, convened, relabelled]);
    let [(_, docket::Command::Relabel { topic: 1, label: crate::Label::Secret, .. })] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
}
