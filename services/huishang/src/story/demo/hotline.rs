//! One call to the city's hotline, and the five parties it takes to answer it.

use crate::language::{say, text};
use crate::story::demo::conference::item;
use crate::story::demo::followthrough::Items;
use crate::story::demo::stage::{Stage, expect_refusal, narrate, result};
use crate::story::matter::{MatterDriver, attendee, topic};
use client::command_id;
use proto::Wire as _;
use proto::deliberation::v1 as deliberation;
use proto::deliberation::v1::{ItemDraft, Stance, VoteChoice};
use proto::scheduling::v1::{MatterClass, SessionKind, SessionOutline};

/// The day on which the session meets.
const DAY: i32 = 14;

fn outline(stage: &Stage, title: &str) -> SessionOutline {
    SessionOutline {
        title: title.into(),
        purpose: text("A cellar floods whenever the metro pumps; five parties each answered 'not ours'")
            .into(),
        body_code: text("LINJIANG-JOINT").into(),
        kind: SessionKind::Case.into(),
        matter_class: MatterClass::Ordinary.into(),
        topics: vec![topic(1, text("Cellar flooding at 14 Willow Lane 柳巷14号地下室进水"), 45)],
        attendees: vec![
            attendee(text("CITY-HOTLINE"), &[1], &[]),
            attendee(text("CITY-ROADS"), &[1], &[]),
            attendee(text("CITY-WATER"), &[1], &[]),
            attendee(text("CITY-HOUSING"), &[1], &[]),
            attendee(text("METRO"), &[], &[1]),
        ],
        duration_minutes: 60,
        earliest_start_at: stage.at(DAY, 14, 0).to_wire(),
        case_reference: Some("12345-2027-030417".into()),
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    }
}

/// From the ticket to the accepted invitations.
pub async fn prepare(stage: &Stage) -> anyhow::Result<MatterDriver> {
    let outline = outline(stage, text("Joint session on hotline case 12345-2027-030417"));
    let matter = MatterDriver::request(&stage.deployment, text("CITY-HOTLINE"), outline).await?;
    matter.submit_papers(|_| "c0ffee".repeat(11)[..64].to_owned()).await?;
    matter.screen().await?;
    matter.admit().await?;
    matter.schedule(text("ROOM-3"), stage.at(DAY, 14, 0)).await?;
    narrate(text(
        "A ticket of the 12345 hotline becomes a session of four departments and the metro company.",
    ))?;
    double_booking(stage).await?;
    matter.accept_invitations().await?;
    Ok(matter)
}

/// From the convening to the closed docket.
pub async fn meet_and_decide<'s>(stage: &'s Stage, matter: &MatterDriver) -> anyhow::Result<Items<'s>> {
    stage.move_clock(DAY, 14, 0).await?;
    matter.convene().await?;
    matter.open_with_everybody().await?;
    debate(stage, matter).await?;
    decide(matter).await?;
    let items = Items::of_closed(stage, matter).await?;
    narrate(text(
        "Adopted, with CITY-ROADS' dissent: two departments owe a result, and the caller can see which.",
    ))?;
    Ok(items)
}

async fn debate(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    matter.open_topic(1).await?;
    matter.submit_proposal(1, text("The metro company moves its outlet within 30 days.")).await?;
    for (department, stance, reasons) in [
        (
            text("METRO"),
            Stance::Oppose,
            text("The outlet is ours, but the drain under the lane is too narrow"),
        ),
        (text("CITY-WATER"), Stance::SupportWithConditions, text("If the drain is widened first")),
    ] {
        let request = deliberation::RecordStatementRequest {
            command_id: command_id(),
            docket_id: matter.id.clone(),
            topic_number: 1,
            department_code: department.into(),
            stance: stance.into(),
            reasons: reasons.into(),
            ..Default::default()
        };
        matter.delegate(department)?.call(request).await?;
    }
    narrate(text(
        "METRO opposes, CITY-WATER supports on a condition: their statements (表态) are recorded with reasons.",
    ))?;
    amend(matter).await?;
    stage.move_clock(DAY, 14, 40).await?;
    let request = deliberation::RecordDigressionRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        minutes: 10,
        note: Some(text("Whose contractor laid the drain in 1998").into()),
        ..Default::default()
    };
    matter.chair().call(request).await?;
    matter.close_debate(1).await?;
    Ok(())
}

async fn amend(matter: &MatterDriver) -> anyhow::Result<()> {
    let request = deliberation::SubmitAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        department_code: text("CITY-WATER").into(),
        text: text(
            "City Water widens the drain; then the metro company moves its outlet, watched by City Housing.",
        )
        .into(),
        ..Default::default()
    };
    matter.delegate(text("CITY-WATER"))?.call(request).await?;
    let request = deliberation::ResolveAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        amendment_number: 1,
        adopt: true,
        ..Default::default()
    };
    matter.chair().call(request).await?;
    narrate(text("CITY-WATER's amendment is adopted: version 2 is now before the session."))
}

async fn decide(matter: &MatterDriver) -> anyhow::Result<()> {
    matter.draft_items(1, &items()).await?;
    matter.open_ballot(1, 2).await?;
    let vote = deliberation::CastVoteRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 1,
        department_code: text("METRO").into(),
        choice: VoteChoice::No.into(),
        ..Default::default()
    };
    expect_refusal(
        text("The metro company, which only advises, votes"),
        matter.delegate(text("METRO"))?.call(vote).await,
        "NOT_ENTITLED_TO_VOTE",
    )?;
    matter.vote_all(1, &[(text("CITY-ROADS"), VoteChoice::No, text("The lane was paved last year"))]).await?;
    let ballot = matter.close_ballot(1).await?;
    narrate(say("The ballot (表决) on version 2: {result}", &[("result", &result(ballot))]))?;
    matter.adopt(1, false).await?;
    Ok(())
}

fn items() -> [ItemDraft; 2] {
    let drain = text("600 mm over 120 m, inspected by the residents");
    [
        item(text("Widen the drain of Willow Lane"), drain, text("CITY-WATER"), &[text("CITY-ROADS")], 12),
        item(
            text("Move the pump's outlet"),
            text("No water in the cellar after two rains"),
            text("CITY-HOUSING"),
            &[text("METRO")],
            18,
        ),
    ]
}

async fn double_booking(stage: &Stage) -> anyhow::Result<()> {
    let other = MatterDriver::request(
        &stage.deployment,
        text("CITY-HOTLINE"),
        outline(stage, text("Works meeting on Willow Lane")),
    )
    .await?;
    other.submit_papers(|_| "ab".repeat(32)).await?;
    other.screen().await?;
    other.admit().await?;
    expect_refusal(
        text("A works meeting in the same room at 14:30"),
        other.schedule(text("ROOM-3"), stage.at(DAY, 14, 30)).await,
        "ROOM_TAKEN",
    )?;
    other.convert_to_countersign(stage.at(12, 18, 0), text("A yes-or-no question needs no meeting")).await?;
    other.submit_proposal(1, text("Close the lane to trucks during the works.")).await?;
    other.open_ballot(1, 1).await?;
    other.vote_all(1, &[]).await?;
    let ballot = other.close_ballot(1).await?;
    other.adopt(1, true).await?;
    other.close().await?;
    narrate(say(
        "It becomes a countersign (电子会签) instead: {result}. No meeting was held.",
        &[("result", &result(ballot))],
    ))
}
