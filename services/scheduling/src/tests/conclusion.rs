use super::*;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Command, Docket, Mode, Participant, RoleOnTopic, TopicRole,
};
use domain::testing::{code, constitution, text};

/// A docket on which these departments decide.
pub(super) fn agenda_of(session: Uuid, departments: &[&str]) -> Agenda {
    let decides = TopicRole { topic: 1, role: RoleOnTopic::Decides };
    let participant = |department: &&str| Participant { department: code(department), roles: vec![decides] };
    Agenda {
        participants: departments.iter().map(participant).collect(),
        constitution: constitution(departments),
        ..agenda(session)
    }
}

/// A docket that nothing is decided on.
fn agenda(session: Uuid) -> Agenda {
    Agenda {
        session,
        title: line("会商"),
        body: code("JOINT"),
        constitution: constitution(&["NDRC"]),
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("资金来源"),
            timebox_minutes: 60,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: vec![Participant {
            department: code("NDRC"),
            roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
        }],
    }
}

fn context(word: &str) -> CommandContext {
    CommandContext::of_process("deliberation", derived_id(Uuid::nil(), &["docket", word]))
}

#[tokio::test]
async fn a_session_is_concluded_for_whoever_waits_for_the_closing_of_its_docket() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    fixture.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    fixture.bench.move_clock("2027-03-08T01:00:00Z");
    fixture.service.convene_session(clerk(convene("convene", &session_id))).await.unwrap();

    let docket: Uuid = session_id.parse().unwrap();
    let withdraw = Command::WithdrawTopic { topic: 1, reason: text("已另行商定") };
    let arrive = Command::RecordArrival { department: code("NDRC"), delegate: line("Li") };
    let steps =
        [Command::Prepare { agenda: agenda(docket) }, arrive, Command::Open, withdraw, Command::Close];
    let mut closed = 0;
    for (nth, command) in steps.into_iter().enumerate() {
        let context = context(&nth.to_string());
        closed = fixture.service.kit.execute::<Docket>(&context, docket, command).await.unwrap().position;
    }
    let get = pb::GetSessionRequest { at_least_position: closed, session_id: session_id.clone() };
    let session = fixture.service.get_session(clerk(get)).await.unwrap().into_inner().session.unwrap();
    assert_eq!(session.stage(), pb::SessionStage::Concluded);

    let list = pb::ListSessionsRequest {
        at_least_position: closed,
        stage: Some(pb::SessionStage::Concluded.into()),
        ..Default::default()
    };
    let listed = fixture.service.list_sessions(clerk(list)).await.unwrap().into_inner().sessions;
    assert_eq!(listed.into_iter().map(|row| row.session_id).collect::<Vec<_>>(), [session_id]);
}
