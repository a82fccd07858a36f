//! Who sees a session: those who take part in it. For everybody else it does not exist.

use super::*;
use domain::aggregate::derived_id;
use domain::deliberation::docket::{Command, Docket};
use domain::directory::hierarchy::{self, Hierarchy};
use domain::scheduling::body::{self, Body};

fn get(session_id: &str) -> pb::GetSessionRequest {
    pb::GetSessionRequest { at_least_position: 0, session_id: session_id.into() }
}

fn paper(word: &str, session_id: &str) -> pb::SubmitPaperRequest {
    pb::SubmitPaperRequest {
        command_id: id(word),
        session_id: session_id.into(),
        topic_number: 1,
        paper: Some(pb::Paper {
            title: "方案".into(),
            sha256: "0a".repeat(32),
            uri: "https://files.example.cn/plan.pdf".into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

impl Fixture {
    /// Whether the session is shown, and is in the list, and its matter is; all or nothing.
    async fn is_shown(&self, session_id: &str, department: &str, role: Role) -> bool {
        let list = pb::ListSessionsRequest { at_least_position: self.bench.end(), ..Default::default() };
        let listed = self.service.list_sessions(by(list, department, role)).await.unwrap().into_inner();
        let shown = self.service.get_session(by(get(session_id), department, role)).await;
        assert_eq!(listed.sessions.len(), usize::from(shown.is_ok()), "{role:?} of {department}");
        let list = pb::ListMattersRequest { at_least_position: self.bench.end(), ..Default::default() };
        let listed = self.service.list_matters(by(list, department, role)).await.unwrap().into_inner();
        assert_eq!(listed.matters.len(), usize::from(shown.is_ok()), "{role:?} of {department}");
        shown.is_ok()
    }

    pub(super) async fn place_below(&self, department: &str, parent: &str) {
        let place = hierarchy::Command::Place {
            department: testing::code(department),
            parent: Some(testing::code(parent)),
        };
        let command_id = derived_id(Uuid::nil(), &["place", department]);
        let context = CommandContext::of_process("directory", command_id);
        self.service.kit.execute::<Hierarchy>(&context, Hierarchy::realm_id(), place).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_is_shown_to_those_who_take_part_and_to_those_above_them() {
    let fixture = Fixture::furnished().await;
    fixture.place_below("MOF", "COUNCIL").await;
    let requested = fixture.service.request_session(by(request("one"), "MIIT", Role::DepartmentLead)).await;
    let session_id = requested.unwrap().into_inner().session.unwrap().session_id;
    for (department, shown) in
        [("NDRC", true), ("MOF", true), ("MIIT", true), ("COUNCIL", true), ("PRESS", false), ("", false)]
    {
        for role in [Role::Clerk, Role::Chair, Role::Delegate, Role::DepartmentLead] {
            assert_eq!(fixture.is_shown(&session_id, department, role).await, shown, "{department}");
        }
        for role in [Role::Supervisor, Role::Auditor, Role::Operator] {
            assert!(fixture.is_shown(&session_id, department, role).await, "{role:?}");
        }
    }
}

#[tokio::test]
async fn the_clerks_of_a_secretariat_see_what_is_before_their_body_and_nobody_else_of_it_does() {
    let fixture = Fixture::without_body().await;
    for code in ["OFFICE", "PRESS"] {
        fixture.register_department(code).await;
    }
    let with =
        |secretariat: &str| pb::BodyCharter { secretariat_codes: vec![secretariat.into()], ..charter(None) };
    fixture.service.define_body(operator(define("JOINT", with("OFFICE")))).await.unwrap();
    let requested = fixture.service.request_session(by(request("one"), "MIIT", Role::DepartmentLead)).await;
    let session_id = requested.unwrap().into_inner().session.unwrap().session_id;
    assert!(fixture.is_shown(&session_id, "OFFICE", Role::Clerk).await);
    assert!(fixture.is_shown(&session_id, "NDRC", Role::Clerk).await, "it has the chair");
    for role in [Role::Chair, Role::Delegate, Role::DepartmentLead] {
        assert!(!fixture.is_shown(&session_id, "OFFICE", role).await, "{role:?}");
    }
    assert!(!fixture.is_shown(&session_id, "PRESS", Role::Clerk).await);

    let handed_over = change("hand over", with("PRESS"));
    fixture.service.change_body(by(handed_over, "OFFICE", Role::Clerk)).await.unwrap();
    assert!(fixture.is_shown(&session_id, "PRESS", Role::Clerk).await, "as the body is now");
    assert!(!fixture.is_shown(&session_id, "OFFICE", Role::Clerk).await);
}

#[tokio::test]
async fn a_body_of_an_old_log_gets_its_stewards_by_a_change_of_nothing() {
    let fixture = Fixture::without_body().await;
    fixture.register_department("OFFICE").await;
    let (body, charter) = (testing::code("JOINT"), testing::charter(&["NDRC", "MOF"]));
    let charter = body::Charter { secretariat: vec![testing::code("OFFICE")], ..charter };
    let context = workbench::context("define", "OFFICE", Role::Clerk);
    let define = body::Command::Define {
        body: body.clone(),
        charter: charter.clone(),
        answered_for: [testing::code("NDRC"), testing::code("MOF")].into(),
    };
    fixture.service.kit.execute::<Body>(&context, Body::id(&body), define).await.unwrap();
    let requested = fixture.service.request_session(by(request("one"), "MIIT", Role::DepartmentLead)).await;
    let session_id = requested.unwrap().into_inner().session.unwrap().session_id;
    assert!(!fixture.is_shown(&session_id, "OFFICE", Role::Clerk).await);
    let nothing = change("nothing", charter.to_wire());
    let changed = fixture.service.change_body(by(nothing, "OFFICE", Role::Clerk)).await.unwrap();
    assert_eq!(changed.into_inner().body.unwrap().version, 1);
    assert!(fixture.is_shown(&session_id, "OFFICE", Role::Clerk).await);
}

#[tokio::test]
async fn a_stranger_learns_from_no_refusal_that_a_session_exists() {
    let fixture = Fixture::furnished().await;
    let hidden = fixture.admitted("one").await;
    let absent = Uuid::from_u128(9).to_string();
    let refused = async |session_id: &str| {
        let answer = pb::AnswerInvitationRequest {
            command_id: id("answer"),
            session_id: session_id.into(),
            // It knows the present position, and what is asked.
            expected_position: Some(1),
            department_code: "MIIT".into(),
            answer: pb::InvitationAnswer::Accept.into(),
            ..Default::default()
        };
        let stranger = |validate_only| {
            let answer = pb::AnswerInvitationRequest { validate_only, ..answer.clone() };
            by(answer, "MIIT", Role::Delegate)
        };
        [
            fixture.service.get_session(by(get(session_id), "MIIT", Role::Delegate)).await.unwrap_err(),
            fixture.service.answer_invitation(stranger(false)).await.unwrap_err(),
            fixture.service.answer_invitation(stranger(true)).await.unwrap_err(),
            fixture
                .service
                .submit_paper(by(paper("paper", session_id), "MIIT", Role::DepartmentLead))
                .await
                .unwrap_err(),
        ]
        .map(|status| {
            let details = String::from_utf8_lossy(status.details()).into_owned();
            (status.code(), status.message().to_owned(), details)
        })
    };
    let before = fixture.bench.end();
    assert_eq!(refused(&hidden).await, refused(&absent).await);
    assert!(refused(&hidden).await.iter().all(|(code, ..)| *code == Grpc::NotFound));
    assert_eq!(fixture.bench.end(), before, "nothing was written");
}

#[tokio::test]
async fn the_request_of_another_department_is_not_answered_again_to_a_stranger() {
    let fixture = Fixture::furnished().await;
    fixture.service.request_session(by(request("one"), "NDRC", Role::DepartmentLead)).await.unwrap();
    let repeated = fixture.service.request_session(by(request("one"), "MIIT", Role::DepartmentLead)).await;
    assert_eq!(repeated.unwrap_err().code(), Grpc::AlreadyExists);
    let again = fixture.service.request_session(by(request("one"), "NDRC", Role::DepartmentLead)).await;
    let session = again.unwrap().into_inner().session.unwrap();
    assert_eq!(session.requester_code.as_deref(), Some("NDRC"), "what is remembered is what was written");
}

#[tokio::test]
async fn a_recused_department_does_not_see_the_papers_of_the_topic() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    fixture.service.submit_paper(clerk(paper("paper", &session_id))).await.unwrap();
    let papers = async |department: &str, role| {
        let shown = fixture.service.get_session(by(get(&session_id), department, role)).await;
        shown.unwrap().into_inner().session.unwrap().papers.len()
    };
    assert_eq!(papers("NDRC", Role::Delegate).await, 1);

    let docket: Uuid = session_id.parse().unwrap();
    let prepare = Command::Prepare { agenda: conclusion::agenda_of(docket, &["NDRC", "MOF"]) };
    let recuse = Command::RecordRecusal {
        topic: 1,
        department: testing::code("NDRC"),
        reason: testing::text("与本议题有利害关系"),
        current_version_only: false,
    };
    let arrive = Command::RecordArrival { department: testing::code("NDRC"), delegate: line("王主任") };
    for (nth, command) in [prepare, arrive, Command::Open, recuse].into_iter().enumerate() {
        let command_id = derived_id(Uuid::nil(), &["recusal", &nth.to_string()]);
        let mut context = CommandContext::of_process("deliberation", command_id);
        if nth == 3 {
            context.actor = testing::actor("chen", "NDRC", Role::Clerk);
        }
        fixture.service.kit.execute::<Docket>(&context, docket, command).await.unwrap();
    }
    assert_eq!(papers("NDRC", Role::Delegate).await, 0);
    assert_eq!(papers("NDRC", Role::Clerk).await, 0, "nor does its clerk");
    assert_eq!(papers("MOF", Role::Delegate).await, 1);
    assert_eq!(papers("NDRC", Role::Auditor).await, 1);
    let again = fixture.service.submit_paper(by(paper("second", &session_id), "NDRC", Role::Clerk)).await;
    assert_eq!(again.unwrap().into_inner().session.unwrap().papers, [], "nor in the answer to a command");
}

/// NDRC decides on both topics, of which the second is secret; MOF is informed of the first and decides on the second, MIIT is
/// informed of the first, and PRESS of the second.
fn with_a_secret_topic(word: &str) -> pb::RequestSessionRequest {
    use pb::RoleOnTopic::{Decides, Informed};
    let mut request = request(word);
    let outline = request.outline.as_mut().unwrap();
    outline.topics[0].timebox_minutes = 30;
    let secret = pb::SessionTopic {
        title: "泵站出让底价".into(),
        label: Some(pb::Label::Secret.into()),
        ..outline.topics[0].clone()
    };
    outline.topics.push(secret);
    let attendee = |code: &str, roles: &[(u32, pb::RoleOnTopic)]| pb::SessionAttendee {
        department_code: code.into(),
        roles: roles
            .iter()
            .map(|&(topic_number, role)| pb::TopicRole { topic_number, role: role.into() })
            .collect(),
        companions: 0,
    };
    outline.attendees = vec![
        attendee("NDRC", &[(1, Decides), (2, Decides)]),
        attendee("MOF", &[(1, Informed), (2, Decides)]),
        attendee("MIIT", &[(1, Informed)]),
        attendee("PRESS", &[(2, Informed)]),
    ];
    request
}

#[tokio::test]
async fn nobody_else_learns_who_takes_part_in_a_secret_topic() {
    let fixture = Fixture::furnished().await;
    fixture.register_department("PRESS").await;
    let requested = fixture.service.request_session(clerk(with_a_secret_topic("one"))).await.unwrap();
    let session_id = requested.into_inner().session.unwrap().session_id;
    fixture.service.screen_session(clerk(screen("screen", &session_id))).await.unwrap();
    fixture.service.admit_session(clerk(admit("admit", &session_id))).await.unwrap();
    fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();

    let invited = async |department: &str| {
        let list =
            pb::ListInvitationsRequest { at_least_position: fixture.bench.end(), ..Default::default() };
        let listed = fixture.service.list_invitations(by(list, department, Role::Delegate)).await.unwrap();
        let rows = listed.into_inner().invitations.into_iter();
        rows.map(|row| format!("{} {}", row.department_code, row.decides)).collect::<Vec<_>>()
    };
    assert_eq!(invited("NDRC").await, ["NDRC true", "MOF true", "MIIT false", "PRESS false"]);
    assert_eq!(invited("MIIT").await, ["NDRC true", "MOF false", "MIIT false"]);
    assert_eq!(invited("MOF").await, ["NDRC true", "MOF true", "MIIT false", "PRESS false"]);

    let shown = async |department: &str| {
        let shown = fixture.service.get_session(by(get(&session_id), department, Role::Delegate)).await;
        let session = shown.unwrap().into_inner().session.unwrap();
        let attending = session.outline.unwrap().attendees.len();
        (attending, session.invitations.len(), session.expected.unwrap().waiting_codes)
    };
    let codes = |codes: &[&str]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown("MIIT").await, (3, 3, codes(&["NDRC", "MOF", "MIIT"])));
    assert_eq!(shown("PRESS").await, (4, 4, codes(&["NDRC", "MOF", "MIIT", "PRESS"])));

    // Once the topic is labelled otherwise, everybody of the session learns it.
    let relabel = pb::RelabelTopicRequest {
        command_id: id("relabel"),
        session_id: session_id.clone(),
        topic_number: 2,
        label: pb::Label::Internal.into(),
        reason: "底价已公布".into(),
        ..Default::default()
    };
    fixture.service.relabel_topic(clerk(relabel)).await.unwrap();
    assert_eq!(invited("MIIT").await, invited("NDRC").await);
}

#[tokio::test]
async fn who_does_not_see_the_session_that_stands_in_the_way_is_not_told_which_it_is() {
    let fixture = Fixture::furnished().await;
    let others = fixture.admitted("others").await;
    fixture.schedule("schedule others", &others, "2027-03-08T01:00:00Z").await.unwrap();
    // MIIT has a body of its own, in which MOF decides as well.
    let seat = |code: &str| pb::Seat { department_code: code.into(), ..Default::default() };
    let charter = pb::BodyCharter {
        chair_code: "MIIT".into(),
        seats: vec![seat("MIIT"), seat("MOF")],
        ..charter(None)
    };
    let define = pb::DefineBodyRequest { body_code: "INDUSTRY".into(), ..define("INDUSTRY", charter) };
    fixture.service.define_body(operator(define)).await.unwrap();
    let own = |message| by(message, "MIIT", Role::Clerk);
    let mut request = request("own");
    let outline = request.outline.as_mut().unwrap();
    outline.body_code = "INDUSTRY".into();
    outline.attendees.iter_mut().for_each(|attendee| attendee.department_code = "MIIT".into());
    outline.attendees.truncate(1);
    let requested = fixture.service.request_session(own(request)).await.unwrap().into_inner();
    let session_id = requested.session.unwrap().session_id;
    fixture.service.screen_session(by(screen("own", &session_id), "MIIT", Role::Clerk)).await.unwrap();
    fixture.service.admit_session(by(admit("own", &session_id), "MIIT", Role::Clerk)).await.unwrap();

    let schedule = schedule("taken", &session_id, "2027-03-08T01:30:00Z");
    let taken = fixture.service.schedule_session(by(schedule, "MIIT", Role::Clerk)).await.unwrap_err();
    assert_eq!(refusal(&taken, "session_id"), ("ROOM_TAKEN".into(), "…".into()));
    assert!(!taken.message().contains(&others), "{taken}");
}
