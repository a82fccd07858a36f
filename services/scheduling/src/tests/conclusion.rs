use super::*;
use domain::deliberation::docket::{Agenda, AgendaTopic, Command, Docket, Mode};
use domain::{Line, Text};
use service_kit::Order;
use std::time::Duration;

/// A docket without anybody who decides, as nothing is decided on it.
fn agenda(session: Uuid) -> Agenda {
    Agenda {
        session,
        title: Line::parse("会商").unwrap(),
        body: Code::parse("JOINT").unwrap(),
        chair: Code::parse("NDRC").unwrap(),
        mode: Mode::Meeting,
        decide_by: None,
        quorum_percent: 0,
        topics: vec![AgendaTopic { no: 1, title: Line::parse("资金来源").unwrap(), timebox_minutes: 60 }],
        participants: vec![],
    }
}

fn order(word: &str) -> Order {
    let command_id = derived_id(Uuid::nil(), &["docket", word]);
    Order {
        command_id,
        digest: [0; 32],
        actor: Actor::process("deliberation"),
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
    }
}

#[tokio::test]
async fn a_session_is_over_when_its_docket_is_closed() {
    let place = Place::furnished().await;
    crate::conclude_sessions(&place.service.kit);
    let session_id = place.admitted("one").await;
    place.schedule("schedule", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    place.clock.send_replace(at("2027-03-08T01:00:00Z"));
    let convene = pb::ConveneSessionRequest { command_id: id("convene"), session_id: session_id.clone() };
    place.service.convene_session(clerk(convene)).await.unwrap();

    let docket: Uuid = session_id.parse().unwrap();
    let withdraw = Command::WithdrawTopic { topic: 1, reason: Text::parse("已另行商定").unwrap() };
    let steps = [Command::Prepare { agenda: agenda(docket) }, Command::Open, withdraw, Command::Close];
    for (nth, command) in steps.into_iter().enumerate() {
        place.service.kit.execute::<Docket>(&order(&nth.to_string()), docket, command).await.unwrap();
    }
    for _ in 0..500 {
        if place.session(&session_id).await.state() == pb::SessionState::Concluded {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the session goes on: {:?}", place.session(&session_id).await.state());
}
