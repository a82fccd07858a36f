//! A draft that is amended: an amendment that beats another and carries a third along, and a motion to close the debate.

use crate::language::{say, text};
use crate::story::demo::stage::{expect_refusal, narrate, result};
use crate::story::matter::MatterDriver;
use client::command_id;
use proto::deliberation::v1 as deliberation;
use proto::deliberation::v1::MotionKind;

/// Amends the draft on topic 1 and adopts what comes of it. Of two amendments to one passage, the one that passes makes the
/// other fall, and one to another passage goes on.
pub(super) async fn play(
    matter: &MatterDriver,
    [roads, water, housing]: [&'static str; 3],
) -> anyhow::Result<()> {
    matter.open_topic(1).await?;
    matter
        .submit_proposal(1, text("The drain is dug by night, from 22:00. Traffic goes by Willow Lane."))
        .await?;
    for (department, words) in [
        (roads, text("The drain is dug by night, from 22:00, in three nights. Traffic goes by Willow Lane.")),
        (
            housing,
            text("The drain is dug by day, from 7:00 to 19:00, in six days. Traffic goes by Willow Lane."),
        ),
        (water, text("The drain is dug by night, from 22:00. Traffic goes by the quay.")),
    ] {
        amend(matter, department, words).await?;
    }
    narrate(text("Three amendments; CITY-WATER seconds (附议) that of CITY-HOUSING: by day, in six days."))?;
    let second = deliberation::SecondAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        amendment_number: 2,
        department_code: water.into(),
        ..Default::default()
    };
    matter.delegate(water)?.call(second).await?;
    expect_refusal(
        text("What was seconded is rejected by the chair alone"),
        matter.chair().call(resolve(matter, 2, false)).await,
        "AMENDMENT_SECONDED",
    )?;
    let put = deliberation::PutAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        amendment_number: 2,
        ..Default::default()
    };
    matter.chair().call(put).await?;
    matter.vote_all(1, &[]).await?;
    let ballot = matter.close_ballot(1).await?;
    narrate(say("The ballot on it: {result}", &[("result", &result(ballot))]))?;
    expect_refusal(
        text("CITY-ROADS' one, whose passage is another now, is adopted as well"),
        matter.chair().call(resolve(matter, 1, true)).await,
        "AMENDMENT_RESOLVED",
    )?;
    matter.chair().call(resolve(matter, 3, true)).await?;
    narrate(text("CITY-WATER's, to another passage, was carried over, and nobody objects: version 3."))?;
    close_by_motion(matter, roads).await?;
    matter.open_ballot(1, 3).await?;
    matter.vote_all(1, &[]).await?;
    let ballot = matter.close_ballot(1).await?;
    matter.adopt(1, true).await?;
    narrate(say("The ballot: {result}", &[("result", &result(ballot))]))
}

async fn amend(matter: &MatterDriver, department: &str, words: &str) -> anyhow::Result<()> {
    let amendment = deliberation::SubmitAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        department_code: department.into(),
        version: Some(1),
        text: words.into(),
        ..Default::default()
    };
    matter.delegate(department)?.call(amendment).await?;
    Ok(())
}

fn resolve(matter: &MatterDriver, number: u32, adopt: bool) -> deliberation::ResolveAmendmentRequest {
    deliberation::ResolveAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        amendment_number: number,
        adopt,
        ..Default::default()
    }
}

/// A department moves that all is said, and two thirds agree.
async fn close_by_motion(matter: &MatterDriver, department: &str) -> anyhow::Result<()> {
    let motion = deliberation::MoveMotionRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        department_code: department.into(),
        kind: MotionKind::CloseDebate.into(),
        reason: text("All is said").into(),
        ..Default::default()
    };
    matter.delegate(department)?.call(motion).await?;
    let put = deliberation::PutMotionRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        motion_number: 1,
        ..Default::default()
    };
    matter.chair().call(put).await?;
    matter.vote_all(1, &[]).await?;
    matter.close_ballot(1).await?;
    narrate(text("CITY-ROADS moves (动议) to close the debate, and two thirds agree."))
}
