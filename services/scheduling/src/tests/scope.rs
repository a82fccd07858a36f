//! Who sees a session: those who take part in it. For everybody else it does not exist.

use super::*;
use domain::aggregate::derived_id;
use domain::deliberation::docket::{Command, Docket};
use domain::directory::hierarchy::{self, Hierarchy};

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
        }),
        ..Default::default()
    }
}

impl Fixture {
    /// Whether the session is shown, and is in the list; both or neither.
    async fn is_shown(&self, session_id: &str, department: &str, role: Role) -> bool {
        let list = pb::ListSessionsRequest { at_least_position: self.bench.end(), ..Default::default() };
        let listed = self.service.list_sessions(by(list, department, role)).await.unwrap().into_inner();
        let shown = self.service.get_session(by(get(session_id), department, role)).await;
        assert_eq!(listed.sessions.len(), usize::from(shown.is_ok()), "{role:?} of {department}");
        shown.is_ok()
    }

    async fn place_below(&self, department: &str, parent: &str) {
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
        for role in [Role::Chair, Role::Delegate, Role::DepartmentLead] {
            assert_eq!(fixture.is_shown(&session_id, department, role).await, shown, "{department}");
        }
        for role in [Role::Supervisor, Role::Auditor, Role::Operator] {
            assert!(fixture.is_shown(&session_id, department, role).await, "{role:?}");
        }
        let keeps_the_record = !department.is_empty();
        assert_eq!(
            fixture.is_shown(&session_id, department, Role::Clerk).await,
            keeps_the_record,
            "{department}"
        );
    }
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
