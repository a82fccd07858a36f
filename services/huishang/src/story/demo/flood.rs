//! A flood at night: minutes of notice, no room, and a deadline for the decision.

use crate::language::{say, text};
use crate::story::demo::conference::item;
use crate::story::demo::followthrough::Items;
use crate::story::demo::stage::{Stage, narrate, result};
use crate::story::matter::{MatterDriver, attendee};
use proto::Wire as _;
use proto::deliberation::v1::VoteChoice;
use proto::scheduling::v1::{EmergencyDeclaration, MatterClass, SessionKind, SessionOutline, SessionTopic};

/// The day of the flood.
const DAY: i32 = 18;

/// Who comes; two more were invited.
fn present() -> [&'static str; 3] {
    [text("EMERGENCY"), text("CITY-WATER"), text("METRO")]
}

/// From the alarm to the decision, in 35 minutes.
pub async fn decide_by_deadline(stage: &Stage) -> anyhow::Result<Items<'_>> {
    stage.move_clock(DAY, 20, 10).await?;
    let matter = MatterDriver::request(&stage.deployment, text("EMERGENCY"), outline(stage)).await?;
    let screened = matter.screen().await?;
    matter.admit().await?;
    matter.convene().await?;
    narrate(say(
        "The river alarm. Screened with {findings} findings: notice and papers are waived in an emergency. Decision \
         due by 21:00.",
        &[("findings", &screened.findings.len())],
    ))?;
    stage.move_clock(DAY, 20, 20).await?;
    for department in present() {
        matter.arrive(department).await?;
    }
    matter.open().await?;
    matter.open_topic(1).await?;
    matter
        .submit_proposal(1, text("Close all underpasses at once, and metro lines 1 and 5 from 21:30."))
        .await?;
    narrate(text("Three of four deciding departments have come, CITY-ROADS not yet: that is a quorum."))?;
    narrate(text("The chair proposes to close all underpasses at once, and two metro lines from 21:30."))?;
    stage.move_clock(DAY, 20, 45).await?;
    matter.draft_items(1, &items()).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1).await?;
    for department in present() {
        matter.vote(1, department, VoteChoice::Yes, "").await?;
    }
    let ballot = matter.close_ballot(1).await?;
    matter.adopt(1, false).await?;
    let items = Items::of_closed(stage, &matter).await?;
    narrate(say("The ballot: {result}", &[("result", &result(ballot))]))?;
    narrate(text(
        "Decided 35 minutes after the alarm, 15 minutes before the deadline; two parties owe a result by tomorrow.",
    ))?;
    Ok(items)
}

fn outline(stage: &Stage) -> SessionOutline {
    SessionOutline {
        title: text("Emergency session: the Lin river rises 临江汛情应急会商").into(),
        purpose: text("Close the underpasses and the metro before the water reaches them").into(),
        body_code: text("LINJIANG-EMERGENCY").into(),
        kind: SessionKind::Emergency.into(),
        matter_class: MatterClass::Emergency.into(),
        topics: vec![SessionTopic {
            number: 1,
            title: text("Close underpasses and metro lines 封闭下穿隧道与地铁").into(),
            timebox_minutes: 30,
            papers_required: false,
            matter_id: None,
        }],
        attendees: vec![
            attendee(text("EMERGENCY"), &[1], &[]),
            attendee(text("CITY-WATER"), &[1], &[]),
            attendee(text("CITY-ROADS"), &[1], &[]),
            attendee(text("METRO"), &[1], &[]),
            attendee(text("BLUESKY"), &[], &[1]),
        ],
        duration_minutes: 60,
        earliest_start_at: stage.at(DAY, 20, 15).to_wire(),
        case_reference: None,
        decide_by: stage.at(DAY, 21, 0).to_wire(),
        emergency: Some(EmergencyDeclaration {
            reason: text("The river rises 40 cm an hour").into(),
            authority: text("Flood plan, level II 防汛应急预案二级响应").into(),
        }),
        carries_out_item_id: None,
    }
}

fn items() -> [proto::deliberation::v1::ItemDraft; 2] {
    [
        item(
            text("Barriers at 23 underpasses"),
            text("Photographs with the time"),
            text("CITY-ROADS"),
            &[text("BLUESKY")],
            1,
        ),
        item(
            text("Stop lines 1 and 5, evacuate passengers"),
            text("Last train empty"),
            text("METRO"),
            &[text("EMERGENCY")],
            1,
        ),
    ]
}
