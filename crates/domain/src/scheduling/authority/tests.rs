use super::*;
use crate::Aggregate;
use crate::decision_rule::MatterClass;
use crate::scheduling::body::{Body, Charter, Event as BodyEvent};
use crate::scheduling::session::{Declaration, Event, Session, Topic, TopicRole};
use crate::testing::{actor, at, charter, code, line, text};
use crate::{Actor, Refusal};

/// WATER chairs and ROADS deputizes; both decide, and METRO has no seat. The clerks of OFFICE act, and WATER may declare
/// an emergency.
fn body() -> body::State {
    let charter = Charter {
        deputies: vec![code("ROADS")],
        secretariat: vec![code("OFFICE")],
        ..charter(&["WATER", "ROADS"])
    };
    Body::evolve(
        body::State::default(),
        &BodyEvent::Defined { body: code("FLOOD"), charter, pending: vec![], pending_offices: vec![] },
    )
}

fn attendee(department: &str, role: RoleOnTopic) -> Attendee {
    Attendee { department: code(department), roles: vec![TopicRole { topic: 1, role }], companions: 0 }
}

fn outline(attendees: Vec<Attendee>) -> Outline {
    Outline {
        title: line("Willow Lane"),
        purpose: text("Stop the flood"),
        body: code("FLOOD"),
        kind: Kind::Standing,
        class: MatterClass::Ordinary,
        emergency: None,
        topics: vec![Topic {
            number: 1,
            title: line("The drain"),
            timebox_minutes: 20,
            papers_required: false,
            label: Default::default(),
            matter: None,
            section: None,
            parent: None,
        }],
        attendees,
        duration_minutes: 30,
        earliest_start_at: at("2027-03-08T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

fn with_vote(department: &str) -> Outline {
    outline(vec![attendee("WATER", RoleOnTopic::Decides), attendee(department, RoleOnTopic::Decides)])
}

fn refusal(session: &State, command: Command, by: Actor) -> Result<(), &'static str> {
    let issued = Issued { at: at("2027-03-01T01:00:00Z"), by };
    check(session, &body(), &command, &issued).map_err(|refused| refused.reason())
}

fn requested(outline: Outline, by: &str, role: Role) -> Result<(), &'static str> {
    refusal(&State::Absent, Command::Request { outline, chair: code("WATER") }, actor("li", by, role))
}

/// HOUSING requested a session that WATER and METRO attend.
fn session() -> State {
    let outline =
        outline(vec![attendee("WATER", RoleOnTopic::Decides), attendee("METRO", RoleOnTopic::Advises)]);
    let requested = Event::Requested { outline, requester: Some(code("HOUSING")), chair: code("WATER") };
    Session::evolve(State::default(), &requested)
}

#[test]
fn a_session_is_requested_of_a_body_that_is_defined() {
    let request = Command::Request { outline: with_vote("ROADS"), chair: code("WATER") };
    let issued = Issued { at: at("2027-03-01T01:00:00Z"), by: actor("li", "HOUSING", Role::Clerk) };
    assert_eq!(
        check(&State::Absent, &body::State::Undefined, &request, &issued),
        Err(Rejection::UnknownBody { body_code: code("FLOOD") })
    );
    assert_eq!(check(&State::Absent, &body(), &request, &issued), Ok(()));
    let nobody = Actor { department: None, ..issued.by };
    assert_eq!(refusal(&State::Absent, request, nobody), Err("DEPARTMENT_REQUIRED"));
}

#[test]
fn whoever_has_no_seat_is_heard_and_has_no_vote() {
    assert_eq!(requested(with_vote("METRO"), "METRO", Role::Clerk), Err("SEAT_REQUIRED"));
    let guest =
        outline(vec![attendee("WATER", RoleOnTopic::Decides), attendee("METRO", RoleOnTopic::Advises)]);
    assert_eq!(requested(guest, "METRO", Role::Clerk), Ok(()));
    let revise = Command::Revise {
        title: None,
        purpose: None,
        topics: with_vote("METRO").topics,
        attendees: with_vote("METRO").attendees,
        duration_minutes: 30,
        earliest_start_at: at("2027-03-08T01:00:00Z"),
        equipment: vec![],
    };
    assert_eq!(refusal(&session(), revise, actor("li", "HOUSING", Role::Clerk)), Err("SEAT_REQUIRED"));
}

#[test]
fn an_emergency_is_declared_by_a_convenor() {
    let declaration = Declaration { reason: line("The river rises"), authority: line("Plan 3") };
    let emergency = || Outline {
        kind: Kind::Emergency,
        class: MatterClass::Emergency,
        emergency: Some(declaration.clone()),
        ..with_vote("ROADS")
    };
    assert_eq!(requested(emergency(), "WATER", Role::DepartmentLead), Ok(()));
    for stranger in ["METRO", "ROADS", "OFFICE"] {
        assert_eq!(requested(emergency(), stranger, Role::Clerk), Err("NOT_A_CONVENOR"), "{stranger}");
    }
}

#[test]
fn a_paper_on_a_secret_topic_comes_from_those_who_take_part_in_it() {
    let mut outline =
        outline(vec![attendee("WATER", RoleOnTopic::Decides), attendee("ROADS", RoleOnTopic::Advises)]);
    outline.topics[0].label = crate::Label::Secret;
    outline.attendees[1].roles.clear();
    let requested = Event::Requested { outline, requester: Some(code("OFFICE")), chair: code("WATER") };
    let session = Session::fold(State::default(), &[requested]);
    let paper = || crate::scheduling::session::Paper {
        title: crate::testing::line("A plan"),
        sha256: crate::testing::line(&"a".repeat(64)),
        uri: crate::testing::line("urn:1"),
        label: crate::Label::Internal,
    };
    let submit = |department| {
        let command = Command::SubmitPaper { topic: 1, paper: paper() };
        refusal(&session, command, actor("li", department, Role::Delegate))
    };
    assert_eq!(submit("WATER"), Ok(()));
    assert_eq!(submit("ROADS"), Err("UNKNOWN_TOPIC"), "it attends, and has no role on it");
}
