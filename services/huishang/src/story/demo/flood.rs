//! A flood at night: an alarm by a prepared plan, a substitute that is called, and a clock for the decision.

use crate::language::{say, text};
use crate::story::demo::conference::item;
use crate::story::demo::followthrough::{Items, wait_for_record};
use crate::story::demo::stage::{Stage, addressee, narrate, result};
use crate::story::matter::MatterDriver;
use client::command_id;
use domain::scheduling::emergency::Emergency;
use domain::{Aggregate as _, Uuid};
use proto::deliberation::v1::VoteChoice;
use proto::followup::v1::{ListNoticesRequest, Notice, NoticeKind};
use proto::scheduling::v1::RaiseEmergencyRequest;

/// The day of the flood.
const DAY: i32 = 18;

/// Who comes by itself; CITY-ROADS does not, and CITY-HOUSING takes its place.
fn present() -> [&'static str; 3] {
    [text("EMERGENCY"), text("CITY-WATER"), text("METRO")]
}

/// From the alarm to the decision, in 35 minutes.
pub async fn decide_by_deadline(stage: &Stage) -> anyhow::Result<Items<'_>> {
    stage.move_clock(DAY, 20, 10).await?;
    let matter = MatterDriver::raise_emergency(&stage.deployment, text("EMERGENCY"), alarm()).await?;
    narrate(text(
        "The river alarm. By the plan FLOOD-2 its session is convened at once, and five parties are called: each has ten \
         minutes, and the decision 50.",
    ))?;
    for department in present().into_iter().chain([text("BLUESKY")]) {
        matter.acknowledge_call(department).await?;
    }
    stage.move_clock(DAY, 20, 21).await?;
    let silent = notice(stage, &matter, NoticeKind::EmergencyPassedOver).await?;
    narrate(say(
        "{silent} did not acknowledge by 20:20: it is passed over, and CITY-HOUSING is called in its place.",
        &[("silent", &addressee(&silent))],
    ))?;
    matter.acknowledge_call(text("CITY-HOUSING")).await?;
    for department in present().into_iter().chain([text("CITY-HOUSING"), text("BLUESKY")]) {
        matter.arrive(department).await?;
    }
    matter.open().await?;
    matter.open_topic(1).await?;
    matter
        .submit_proposal(1, text("Close all underpasses at once, and metro lines 1 and 5 from 21:30."))
        .await?;
    narrate(text("The chair proposes to close all underpasses at once, and two metro lines from 21:30."))?;
    stage.move_clock(DAY, 20, 36).await?;
    let halfway = notice(stage, &matter, NoticeKind::EmergencyDecisionHalfway).await?;
    narrate(say(
        "Since 20:35 half of the time is over: the clock of the decision tells {chair}.",
        &[("chair", &addressee(&halfway))],
    ))?;
    stage.move_clock(DAY, 20, 45).await?;
    matter.draft_items(1, &items()).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1).await?;
    for department in present() {
        matter.vote(1, department, VoteChoice::Yes, "").await?;
    }
    matter.vote_as(text("CITY-HOUSING"), 1, text("CITY-ROADS"), VoteChoice::Yes).await?;
    let ballot = matter.close_ballot(1).await?;
    matter.adopt(1, false).await?;
    let items = Items::of_closed(stage, &matter).await?;
    narrate(say("The ballot: {result}", &[("result", &result(ballot))]))?;
    narrate(text(
        "Decided 35 minutes after the alarm, 15 minutes before the deadline; two parties owe a result by tomorrow.",
    ))?;
    Ok(items)
}

/// Waits for a notice on the emergency: it is the work of a timer, some time after the clock was moved past its moment.
async fn notice(stage: &Stage, matter: &MatterDriver, kind: NoticeKind) -> anyhow::Result<Notice> {
    let stream = Emergency::stream(Uuid::try_parse(&matter.id)?).to_string();
    let mut at_least_position = 0;
    loop {
        let (session_id, kinds) = (Some(matter.id.clone()), vec![kind.into()]);
        let request = ListNoticesRequest { at_least_position, session_id, kinds, ..Default::default() };
        let answer = stage.supervisor.call(request).await?;
        if let Some(notice) = answer.notices.into_iter().next() {
            return Ok(notice);
        }
        let seen = at_least_position.max(answer.position);
        at_least_position = wait_for_record(&stage.operator, &stream, seen).await?;
    }
}

fn alarm() -> RaiseEmergencyRequest {
    RaiseEmergencyRequest {
        command_id: command_id(),
        body_code: text("LINJIANG-EMERGENCY").into(),
        plan_code: text("FLOOD-2").into(),
        title: text("Emergency session: the Lin river rises 临江汛情应急会商").into(),
        purpose: text("Close the underpasses and the metro before the water reaches them").into(),
        reason: text("The river rises 40 cm an hour").into(),
        authority: text("Flood plan, level II 防汛应急预案二级响应").into(),
        topic_titles: vec![text("Close underpasses and metro lines 封闭下穿隧道与地铁").into()],
        ..Default::default()
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
