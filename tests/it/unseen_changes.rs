//! What somebody who does not see a topic is told of what happened on it meanwhile: nothing, in whatever they ask.

use crate::in_both_modes;
use crate::substitutes::{arrives, convened, scheduled};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    CastVoteRequest, CloseDebateRequest, GetNextStepsRequest, OpenBallotRequest, OpenDocketRequest,
    OpenTopicRequest, PauseTopicRequest, RecordStatementRequest, Stance, SubmitProposalRequest, VoteChoice,
};
use proto::scheduling::v1::{Label, RoleOnTopic, SessionTopic, TopicRole};
use tests::{Client, Mode, Sandbox, command, joint_outline};
use tonic::Status;

fn statement(docket_id: &str, expected_position: u64) -> RecordStatementRequest {
    RecordStatementRequest {
        docket_id: docket_id.into(),
        topic_number: 1,
        department_code: "HEALTH".into(),
        stance: Stance::Support.into(),
        reasons: "We agree".into(),
        expected_position: Some(expected_position),
        validate_only: true,
        ..command()
    }
}

/// A session of which topic 1 is for WATER and HEALTH, and topic 2 secret, for WATER and ROADS.
async fn with_a_secret_topic(sandbox: &Sandbox) -> anyhow::Result<String> {
    let operator = sandbox.client(Role::Operator, None).await?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for department in ["WATER", "ROADS", "HEALTH"] {
        clerk.register_department(department).await?;
    }
    operator.define_joint_body(&["WATER", "ROADS", "HEALTH"]).await?;
    let mut outline = joint_outline("Two topics", &["WATER", "ROADS", "HEALTH"]);
    let secret =
        SessionTopic { number: 2, title: "The other".into(), timebox_minutes: 10, ..Default::default() };
    outline.topics.push(SessionTopic { label: Some(Label::Secret.into()), ..secret });
    let on = |topic_number| TopicRole { topic_number, role: RoleOnTopic::Decides.into() };
    outline.attendees[0].roles = vec![on(1), on(2)];
    outline.attendees[1].roles = vec![on(2)];
    let session_id = clerk.admitted_session(outline).await?;
    scheduled(&clerk, &session_id).await?;
    convened(&clerk, &operator, &session_id).await?;
    for department in ["WATER", "ROADS", "HEALTH"] {
        arrives(&clerk, &session_id, department).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: session_id.clone(), ..command() }).await?;
    Ok(session_id)
}

/// What may happen next without being about a topic, with what refuses it.
async fn next_of_no_topic(client: &Client, docket_id: &str) -> Result<Vec<(String, String)>, Status> {
    let ask = GetNextStepsRequest { docket_id: docket_id.into(), ..Default::default() };
    let steps = client.call(ask).await?.steps.into_iter().filter(|step| step.topic_number.is_none());
    Ok(steps.map(|step| (step.command, step.reason)).collect())
}

async fn nobody_is_overtaken_by_what_they_do_not_see(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let docket_id = with_a_secret_topic(&sandbox).await?;
    let chair = sandbox.client(Role::Chair, Some("WATER")).await?;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;
    let on = |topic_number| OpenTopicRequest { docket_id: docket_id.clone(), topic_number, ..command() };
    let known = chair.call(on(1)).await?.position;
    let pause = PauseTopicRequest { docket_id: docket_id.clone(), topic_number: 1, ..command() };
    // Given that HEALTH knows all of it up to there,
    let known = known.max(chair.call(pause).await?.position);
    let before = next_of_no_topic(&health, &docket_id).await?;
    // when the others come to a vote on their topic,
    chair.call(on(2)).await?;
    let text = "The text of the other".into();
    let proposal = SubmitProposalRequest { docket_id: docket_id.clone(), topic_number: 2, text, ..command() };
    chair.call(proposal).await?;
    chair.call(CloseDebateRequest { docket_id: docket_id.clone(), topic_number: 2, ..command() }).await?;
    let ballot = OpenBallotRequest { docket_id: docket_id.clone(), topic_number: 2, version: 1, ..command() };
    chair.call(ballot).await?;
    let vote = CastVoteRequest {
        docket_id: docket_id.clone(),
        topic_number: 2,
        department_code: "ROADS".into(),
        choice: VoteChoice::Yes.into(),
        ..command()
    };
    let voted = roads.call(vote).await?.position;
    // then HEALTH is neither overtaken nor told of it,
    health.call_patiently(statement(&docket_id, known)).await?;
    ensure!(next_of_no_topic(&health, &docket_id).await? == before);
    // while those who see it are.
    let seen = next_of_no_topic(&roads, &docket_id).await?;
    ensure!(seen.iter().any(|(command, _)| command == "docket remind-seats"), "{seen:?}");
    let of_roads = RecordStatementRequest {
        topic_number: 2,
        department_code: "ROADS".into(),
        ..statement(&docket_id, known)
    };
    let aborted = roads.call(of_roads).await.err().context("ROADS is overtaken")?;
    let details = Client::details(&aborted);
    ensure!(details["position"] == voted.to_string(), "{details:?}");
    let events = "TopicOpened,ProposalSubmitted,DebateClosed,BallotOpened,VoteCast";
    ensure!(details["events"] == events, "{details:?}");
    // What happens on the own topic overtakes HEALTH as ever, and is named alone.
    let opened = chair.call(on(1)).await?.position;
    let aborted = health.call(statement(&docket_id, known)).await.err().context("HEALTH is overtaken")?;
    let details = Client::details(&aborted);
    ensure!(details["events"] == "TopicOpened" && details["position"] == opened.to_string(), "{details:?}");
    Ok(())
}
in_both_modes!(nobody_is_overtaken_by_what_they_do_not_see);
