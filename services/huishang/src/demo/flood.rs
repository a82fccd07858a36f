//! A flood at night: minutes of notice, no room, and a clock for the decision.

use crate::demo::conference::item;
use crate::demo::stage::{Stage, tell};
use crate::matter::{Matter, attendee};
use proto::Wire as _;
use proto::deliberation::events::v1::ballot_method::Method;
use proto::scheduling::events::v1::{SessionKind, SessionOutline, SessionTopic};

/// The day of the flood.
pub const DAY: i32 = 18;

/// From the alarm to the decision, in 35 minutes.
pub async fn decide_within_the_clock(stage: &Stage) -> anyhow::Result<Matter> {
    stage.move_clock(DAY, 20, 10).await?;
    let outline = SessionOutline {
        title: "Emergency session: the Lin river rises 临江汛情应急会商".into(),
        purpose: "Close the underpasses and the metro before the water reaches them".into(),
        body: "LINJIANG-EMERGENCY".into(),
        kind: SessionKind::Emergency.into(),
        chair: "EMERGENCY".into(),
        topics: vec![SessionTopic {
            no: 1,
            title: "Close underpasses and metro lines 封闭下穿隧道与地铁".into(),
            timebox_minutes: 30,
            papers_required: false,
        }],
        attendees: vec![
            attendee("EMERGENCY", &[1], &[]),
            attendee("CITY-WATER", &[1], &[]),
            attendee("CITY-ROADS", &[1], &[]),
            attendee("METRO", &[1], &[]),
            attendee("BLUESKY", &[], &[1]),
        ],
        minutes: 60,
        earliest_start: stage.at(DAY, 20, 15).to_wire(),
        case_reference: None,
        decide_by: Some(stage.at(DAY, 21, 0).to_wire()),
        quorum_percent: 50,
    };
    let matter = Matter::request(&stage.installation, outline).await?;
    let screened = matter.screen().await?;
    matter.admit().await?;
    matter.convene().await?;
    tell(format!(
        "20:10 the river alarm. Screened with {} findings: notice and papers are waived in an emergency. To be decided by 21:00.",
        screened.findings.len()
    ))?;
    stage.move_clock(DAY, 20, 20).await?;
    for department in ["EMERGENCY", "CITY-WATER", "METRO"] {
        matter.arrive(department).await?;
    }
    matter.open().await?;
    matter.open_topic(1).await?;
    matter.propose(1, "Close all underpasses at once, and metro lines 1 and 5 from 21:30.").await?;
    stage.move_clock(DAY, 20, 45).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1, Method::SimpleMajority(Default::default())).await?;
    for department in ["EMERGENCY", "CITY-WATER", "METRO"] {
        matter.vote(1, department, proto::deliberation::events::v1::VoteChoice::Yes, "").await?;
    }
    let ballot = matter.close_ballot(1).await?;
    matter
        .draft_items(
            1,
            &[
                item(
                    "Barriers at 23 underpasses",
                    "Photographs with the time",
                    "CITY-ROADS",
                    &["BLUESKY"],
                    1,
                ),
                item(
                    "Stop lines 1 and 5, bring passengers out",
                    "Last train empty",
                    "METRO",
                    &["EMERGENCY"],
                    1,
                ),
            ],
        )
        .await?;
    matter.adopt(1, false).await?;
    matter.close().await?;
    tell(format!("20:45 {}", ballot.sentence))?;
    tell(
        "Decided 35 minutes after the alarm, 15 minutes within its clock; two parties owe a result by tomorrow.",
    )?;
    Ok(matter)
}
