//! One call to the city's hotline, and the five parties it takes to answer it.

use crate::demo::conference::item;
use crate::demo::stage::{Stage, explain, refused, tell};
use crate::installation::command_id;
use crate::matter::{Matter, attendee, topic};
use proto::Wire as _;
use proto::deliberation::events::v1::{Stance, VoteChoice, ballot_method::Method};
use proto::deliberation::v1 as deliberation;
use proto::scheduling::events::v1::{SessionKind, SessionOutline};

fn outline(stage: &Stage, title: &str) -> SessionOutline {
    SessionOutline {
        title: title.into(),
        purpose: "A cellar floods whenever the metro pumps; five parties each answered 'not ours'".into(),
        body: "LINJIANG-JOINT".into(),
        kind: SessionKind::Case.into(),
        chair: "CITY-HOTLINE".into(),
        topics: vec![topic(1, "Cellar flooding at 14 Willow Lane 柳巷14号地下室进水", 45)],
        attendees: vec![
            attendee("CITY-HOTLINE", &[1], &[]),
            attendee("CITY-ROADS", &[1], &[]),
            attendee("CITY-WATER", &[1], &[]),
            attendee("CITY-HOUSING", &[1], &[]),
            attendee("METRO", &[], &[1]),
        ],
        minutes: 60,
        earliest_start: stage.at(DAY, 14, 0).to_wire(),
        case_reference: Some("12345-2027-030417".into()),
        decide_by: None,
        quorum_percent: 75,
    }
}

/// The day on which it meets.
pub const DAY: i32 = 14;

/// From the ticket to the invitations.
pub async fn take_the_call(stage: &Stage) -> anyhow::Result<Matter> {
    let matter = Matter::request(
        &stage.installation,
        outline(stage, "Joint session on hotline case 12345-2027-030417"),
    )
    .await?;
    matter.file_papers(|_| "c0ffee".repeat(11)[..64].to_owned()).await?;
    matter.screen().await?;
    matter.admit().await?;
    matter.schedule("ROOM-3", stage.at(DAY, 14, 0)).await?;
    tell("A ticket of the 12345 hotline becomes a session of four departments and the metro company.")?;
    double_booking(stage).await?;
    matter.accept_invitations().await?;
    Ok(matter)
}

/// From the convening to the closed docket.
pub async fn answer_it(stage: &Stage, matter: &Matter) -> anyhow::Result<()> {
    stage.move_clock(DAY, 14, 0).await?;
    matter.convene().await?;
    matter.open_with_everybody().await?;
    matter.open_topic(1).await?;
    matter.propose(1, "The metro company moves its outlet within 30 days.").await?;
    for (department, stance, reasons) in [
        ("METRO", Stance::Oppose, "The outlet is ours, but the drain under the lane is too narrow"),
        ("CITY-WATER", Stance::SupportWithConditions, "If the drain is widened first"),
    ] {
        let request = deliberation::StatePositionRequest {
            command_id: command_id(),
            docket_id: matter.id.clone(),
            topic: 1,
            department: department.into(),
            stance: stance.into(),
            reasons: reasons.into(),
        };
        matter.delegate(department)?.call(request).await?;
    }
    tell(
        "METRO opposes, CITY-WATER supports on condition: positions (立场) with their reasons are on record.",
    )?;
    amend(matter).await?;
    stage.move_clock(DAY, 14, 40).await?;
    let request = deliberation::MarkDigressionRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic: 1,
        minutes: 10,
        note: Some("Whose contractor laid the drain in 1998".into()),
    };
    matter.chair.call(request).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 2, Method::SimpleMajority(Default::default())).await?;
    refused(
        "a vote by the metro company, which only advises",
        vote_as_status(matter, "METRO").await,
        "NOT_ENTITLED",
    )?;
    matter.vote_all(1, &[("CITY-ROADS", VoteChoice::No, "The lane was paved last year")]).await?;
    let ballot = matter.close_ballot(1).await?;
    tell(format!("The ballot (表决) on version 2: {}", ballot.sentence))?;
    matter
        .draft_items(
            1,
            &[
                item(
                    "Widen the drain of Willow Lane",
                    "600 mm over 120 m, seen by the residents",
                    "CITY-WATER",
                    &["CITY-ROADS"],
                    12,
                ),
                item(
                    "Move the pump's outlet",
                    "No water in the cellar after two rains",
                    "CITY-HOUSING",
                    &["METRO"],
                    18,
                ),
            ],
        )
        .await?;
    matter.adopt(1, false).await?;
    matter.close().await?;
    tell("Adopted with CITY-ROADS' dissent: two departments owe a result, and the caller can see which.")?;
    Ok(())
}

async fn vote_as_status(matter: &Matter, department: &str) -> Result<(), tonic::Status> {
    let desk = matter.delegate(department).map_err(|error| tonic::Status::internal(error.to_string()))?;
    let request = deliberation::CastVoteRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic: 1,
        department: department.into(),
        choice: VoteChoice::No.into(),
        reason: None,
    };
    desk.call(request).await.map(drop)
}

async fn double_booking(stage: &Stage) -> anyhow::Result<()> {
    let other = Matter::request(&stage.installation, outline(stage, "Works meeting on Willow Lane")).await?;
    other.file_papers(|_| "ab".repeat(32)).await?;
    other.screen().await?;
    other.admit().await?;
    refused(
        "a works meeting in the same room at 14:30",
        other.schedule("ROOM-3", stage.at(DAY, 14, 30)).await,
        "ROOM_TAKEN",
    )?;
    let request = proto::scheduling::v1::TurnIntoCountersignRequest {
        command_id: command_id(),
        session_id: other.id.clone(),
        deadline: stage.at(12, 18, 0).to_wire(),
        reason: "One question with a yes or no needs no meeting".into(),
    };
    let position = other.clerk.call(request).await.map_err(|status| explain(&status))?.position;
    other.wait_for_docket(position).await?;
    other.propose(1, "Close the lane to lorries while the works last.").await?;
    other.open_ballot(1, 1, Method::UnanimousCountersign(Default::default())).await?;
    other.vote_all(1, &[]).await?;
    let ballot = other.close_ballot(1).await?;
    other.adopt(1, true).await?;
    other.close().await?;
    tell(format!("It becomes a countersign (电子会签) instead, {}. No meeting was held.", ballot.sentence))?;
    Ok(())
}

async fn amend(matter: &Matter) -> anyhow::Result<()> {
    let request = deliberation::ProposeAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic: 1,
        department: "CITY-WATER".into(),
        text:
            "City Water widens the drain; then the metro company moves its outlet, watched by City Housing."
                .into(),
    };
    matter.delegate("CITY-WATER")?.call(request).await?;
    let request = deliberation::ResolveAmendmentRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic: 1,
        amendment: 1,
        adopt: true,
    };
    matter.chair.call(request).await?;
    tell("CITY-WATER's amendment is adopted: version 2 lies before the session.")?;
    Ok(())
}
