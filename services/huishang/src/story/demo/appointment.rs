//! An appointment, by secret ballot: who has voted is known, each finds the own vote afterwards, and nobody another's.

use crate::language::{say, text};
use crate::story::demo::stage::{Stage, expect_refusal, narrate, result};
use crate::story::matter::{MatterDriver, attendee, topic};
use anyhow::{Context as _, bail};
use client::command_id;
use domain::Role;
use proto::Wire as _;
use proto::deliberation::v1::{
    Ballot, CastSecretVoteRequest, GetDocketRequest, RecordRollCallRequest, RollCallVote, VoteChoice,
};
use proto::scheduling::v1::{MatterClass, SessionKind, SessionOutline};
use uuid::Uuid;

/// The day on which the session meets.
const DAY: i32 = 14;

/// How each of the four votes.
fn votes() -> [(&'static str, VoteChoice); 4] {
    [
        (text("CITY-HOTLINE"), VoteChoice::Yes),
        (text("CITY-ROADS"), VoteChoice::No),
        (text("CITY-WATER"), VoteChoice::Yes),
        (text("CITY-HOUSING"), VoteChoice::Yes),
    ]
}

/// From the request to the accepted invitations.
pub async fn prepare(stage: &Stage) -> anyhow::Result<MatterDriver> {
    let outline = SessionOutline {
        title: text("Who leads the task force on old drains 老旧管网专班负责人").into(),
        purpose: text("Appoint somebody whom all four departments work with").into(),
        body_code: text("LINJIANG-JOINT").into(),
        kind: SessionKind::Standing.into(),
        matter_class: MatterClass::Personnel.into(),
        topics: vec![topic(1, text("The head of the task force 专班负责人"), 20)],
        attendees: votes().map(|(code, _)| attendee(code, &[1], &[])).to_vec(),
        duration_minutes: 30,
        earliest_start_at: stage.at(DAY, 16, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    };
    let matter = MatterDriver::request(&stage.deployment, text("CITY-HOTLINE"), outline).await?;
    matter.submit_papers(|_| "5eed".repeat(16)).await?;
    matter.screen().await?;
    matter.admit().await?;
    matter.schedule(text("ROOM-3"), stage.at(DAY, 16, 0)).await?;
    matter.accept_invitations().await?;
    Ok(matter)
}

/// From the convening to the closed docket.
pub async fn vote_in_secret(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    stage.move_clock(DAY, 16, 0).await?;
    matter.convene().await?;
    matter.open_with_everybody().await?;
    matter.open_topic(1).await?;
    matter.submit_proposal(1, text("Li Wei of City Water Affairs heads the task force.")).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1).await?;
    narrate(text("On personnel the city's body votes in secret (无记名表决)."))?;
    nobody_puts_it_down(matter).await?;
    let mut codes = Vec::new();
    for (department, choice) in votes() {
        codes.push((choice, cast(matter, department, choice).await?));
    }
    sealed(stage, matter).await?;

    let counted = matter.close_ballot(1).await?;
    narrate(say("The count: {result}", &[("result", &result(counted.clone()))]))?;
    found_again(&counted, &codes)?;
    matter.adopt(1, true).await?;
    matter.close().await?;
    let library = stage.deployment.client(Role::Delegate, Some(text("CITY-LIBRARY")))?;
    let docket = GetDocketRequest { docket_id: matter.id.clone(), ..Default::default() };
    expect_refusal(text("The city library asks for the docket"), library.call(docket).await, "NOT_FOUND")
}

async fn nobody_puts_it_down(matter: &MatterDriver) -> anyhow::Result<()> {
    let hands =
        votes().map(|(code, choice)| RollCallVote { department_code: code.into(), choice: choice.into() });
    let call = RecordRollCallRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        votes: hands.to_vec(),
        ..Default::default()
    };
    let tried = text("The clerk puts a show of hands down");
    expect_refusal(tried, matter.clerk().call(call).await, "BALLOT_IS_SECRET")
}

/// Casts a vote; returns its tracking code.
async fn cast(matter: &MatterDriver, department: &str, choice: VoteChoice) -> anyhow::Result<String> {
    let request = CastSecretVoteRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        department_code: department.into(),
        choice: choice.into(),
        voter_secret: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    Ok(matter.delegate(department)?.call(request).await?.tracking_code)
}

/// Before the count not even a supervisor sees more than who has voted.
async fn sealed(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    let request = GetDocketRequest { docket_id: matter.id.clone(), ..Default::default() };
    let docket = stage.supervisor.call(request).await?.docket.unwrap_or_default();
    let ballot = docket.topics.into_iter().flat_map(|topic| topic.ballots).next_back().context("a ballot")?;
    if !ballot.opened_votes.is_empty() || !ballot.votes.is_empty() {
        bail!("nobody should know how somebody votes, but the supervisor sees {ballot:?}");
    }
    narrate(say(
        "{voted} have voted, and all may see that; how is sealed, for the supervisor and in the log as well.",
        &[("voted", &ballot.sealed_votes.len())],
    ))
}

/// Each voter finds the own vote under the own code.
fn found_again(counted: &Ballot, codes: &[(VoteChoice, String)]) -> anyhow::Result<()> {
    for (choice, code) in codes {
        let found = counted.opened_votes.iter().find(|vote| vote.tracking_code == *code);
        if found.is_none_or(|vote| vote.choice() != *choice) {
            bail!("the vote {code} should be {choice:?}, but is {found:?}");
        }
    }
    narrate(say(
        "The votes are published without names. Each of the four finds its own by the tracking code (查验码) that nobody \
         else has, such as {code}.",
        &[("code", &codes[0].1)],
    ))
}
