//! What outlives its session: an objection that makes a meeting of a silence procedure, a lost quorum and its second call, a
//! draft that is amended, and matters that come back.

use crate::language::text;
use crate::stdout::print_line;
use crate::story::demo::amending;
use crate::story::demo::followthrough::wait_for_record;
use crate::story::demo::stage::{Stage, expect_refusal, narrate};
use crate::story::matter::{MatterDriver, attendee, topic};
use anyhow::Context as _;
use client::command_id;
use domain::scheduling::matter::Matter;
use domain::{Aggregate as _, Role, Uuid};
use proto::Wire as _;
use proto::deliberation::v1 as deliberation;
use proto::deliberation::v1::{DocumentLanguage, GetMinutesRequest, VoteChoice};
use proto::scheduling::v1 as scheduling;
use proto::scheduling::v1::{
    GetMatterRequest, GetSessionRequest, MatterClass, MatterStage, SessionKind, SessionOutline, SessionTopic,
};

/// The days of the silence procedure, of the first call, of the second, and of the deferred matter.
const DAYS: [i32; 4] = [32, 37, 38, 42];

/// The city's departments, the chair first.
fn seats() -> [&'static str; 4] {
    [text("CITY-HOTLINE"), text("CITY-ROADS"), text("CITY-WATER"), text("CITY-HOUSING")]
}

/// Plays all of it; its minutes are printed in both languages.
pub async fn play(stage: &Stage) -> anyhow::Result<()> {
    let matter = objection(stage).await?;
    second_call(stage, &matter).await?;
    let [_, roads, water, housing] = seats();
    amending::play(&matter, [roads, water, housing]).await?;
    let put_off = refer_and_defer(stage, &matter).await?;
    come_back(stage, put_off).await?;
    for language in [DocumentLanguage::Chinese, DocumentLanguage::English] {
        print_minutes(&matter, language).await?;
    }
    Ok(())
}

fn outline(stage: &Stage) -> SessionOutline {
    let topic = |number, title: &str| SessionTopic { papers_required: false, ..topic(number, title, 20) };
    SessionOutline {
        title: text("Works on Willow Lane 柳巷施工会商").into(),
        purpose: text("Agree when the drain is dug, and what becomes of the traffic").into(),
        body_code: text("LINJIANG-JOINT").into(),
        kind: SessionKind::Standing.into(),
        matter_class: MatterClass::Important.into(),
        topics: vec![
            topic(1, text("Hours of the works 施工时段")),
            topic(2, text("A footbridge during the works 施工便桥")),
            topic(3, text("Parking for the residents 居民停车")),
        ],
        attendees: seats().map(|code| attendee(code, &[1, 2, 3], &[])).to_vec(),
        duration_minutes: 60,
        earliest_start_at: stage.at(DAYS[1], 14, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    }
}

/// A silence procedure, until somebody objects.
async fn objection(stage: &Stage) -> anyhow::Result<MatterDriver> {
    let matter = MatterDriver::request(&stage.deployment, text("CITY-HOTLINE"), outline(stage)).await?;
    matter.screen().await?;
    let reason = text("Nobody is expected to object");
    matter.convert_to_countersign(stage.at(DAYS[0], 18, 0), reason).await?;
    matter.submit_proposal(1, text("The drain is dug by night, from 22:00.")).await?;
    matter.open_ballot(1, 1).await?;
    narrate(text(
        "By silence (默示同意): whoever does not object by tomorrow evening agrees that the drain is dug by night.",
    ))?;
    matter.vote(1, text("CITY-HOUSING"), VoteChoice::No, text("People sleep there")).await?;
    let call = deliberation::CallMeetingRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        reason: text("CITY-HOUSING objects: people sleep there").into(),
        ..Default::default()
    };
    let position = matter.chair().call(call).await?.position;
    follow(&matter, position).await?;
    matter.screen().await?;
    matter.admit().await?;
    matter.schedule(text("ROOM-3"), stage.at(DAYS[1], 14, 0)).await?;
    matter.accept_invitations().await?;
    narrate(text(
        "CITY-HOUSING objects, and the chair makes a meeting of it: screened, admitted, invited to.",
    ))?;
    Ok(matter)
}

/// Reads the session, once it has followed its docket up to a position.
async fn follow(matter: &MatterDriver, at_least_position: u64) -> anyhow::Result<()> {
    let get = GetSessionRequest { at_least_position, session_id: matter.id.clone() };
    matter.clerk().call(get).await?;
    Ok(())
}

async fn second_call(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    stage.move_clock(DAYS[1], 14, 0).await?;
    matter.convene().await?;
    let [chair, .., housing] = seats();
    for department in [chair, housing] {
        matter.arrive(department).await?;
    }
    expect_refusal(text("Two of four have come, and the chair opens it"), matter.open().await, "NO_QUORUM")?;
    let adjourn = deliberation::AdjournDocketRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        reason: text("CITY-ROADS and CITY-WATER are at a burst main").into(),
        ..Default::default()
    };
    let position = matter.chair().call(adjourn).await?.position;
    follow(matter, position).await?;
    matter.schedule(text("ROOM-3"), stage.at(DAYS[2], 14, 0)).await?;
    narrate(text("It is adjourned (流会), its room is free, and it is called again for the next day."))?;
    stage.move_clock(DAYS[2], 14, 0).await?;
    matter.convene().await?;
    matter.open_with_everybody().await.context(text("the second call"))
}

/// What is beyond the body goes to another, and what is not ripe waits for a day; returns the ids of their matters.
async fn refer_and_defer(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<[String; 2]> {
    matter.open_topic(2).await?;
    let refer = deliberation::ReferTopicRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 2,
        referred_to_code: text("LINJIANG-EMERGENCY").into(),
        reason: text("Rescue vehicles have to pass").into(),
        ..Default::default()
    };
    matter.chair().call(refer).await?;
    matter.open_topic(3).await?;
    let defer = deliberation::DeferTopicRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        topic_number: 3,
        resume_on: stage.date(DAYS[3]).to_string(),
        moved_by_code: text("CITY-ROADS").into(),
        reason: text("The spaces are counted until Monday").into(),
        ..Default::default()
    };
    matter.chair().call(defer).await?;
    let at_least_position = matter.close().await?;
    let get = GetSessionRequest { at_least_position, session_id: matter.id.clone() };
    let session = matter.clerk().call(get).await?.session.and_then(|session| session.outline);
    let topics = session.context("a session has topics")?.topics;
    let of = |nth: usize| {
        topics.get(nth).and_then(|topic| topic.matter_id.clone()).context("a topic has a matter")
    };
    narrate(text(
        "The footbridge is referred (移交) to the emergency command, and the parking is deferred (缓议) until Monday.",
    ))?;
    Ok([of(1)?, of(2)?])
}

/// The other body returns what was referred to it, and a timer brings back what was deferred.
async fn come_back(stage: &Stage, [referred, deferred]: [String; 2]) -> anyhow::Result<()> {
    let command = stage.deployment.client(Role::Clerk, Some(text("EMERGENCY")))?;
    let give_back = scheduling::ReturnReferralRequest {
        command_id: command_id(),
        matter_id: referred.clone(),
        reason: text("A footbridge of two metres lets them pass; decide it yourselves").into(),
        ..Default::default()
    };
    let position = command.call(give_back).await?.position;
    wait_for(stage, &referred, position).await?;
    stage.move_clock(DAYS[3], 9, 0).await?;
    wait_for(stage, &deferred, position).await?;
    narrate(text(
        "The command returns the footbridge, and on Monday the parking is back by itself: both wait in the backlog (待议), \
         and nothing that was discussed is lost.",
    ))
}

/// Waits until a matter is in the backlog.
async fn wait_for(stage: &Stage, matter_id: &str, position: u64) -> anyhow::Result<()> {
    let stream = Matter::stream(Uuid::try_parse(matter_id)?).to_string();
    let mut at_least_position = position;
    loop {
        let get = GetMatterRequest { at_least_position, matter_id: matter_id.to_owned() };
        let answer = stage.supervisor.call(get).await?;
        if answer.matter.is_some_and(|matter| matter.stage() == MatterStage::Backlog) {
            return Ok(());
        }
        let seen = at_least_position.max(answer.position);
        at_least_position = wait_for_record(&stage.operator, &stream, seen).await?;
    }
}

/// Prints what the minutes say, without their tables.
async fn print_minutes(matter: &MatterDriver, language: DocumentLanguage) -> anyhow::Result<()> {
    let get =
        GetMinutesRequest { at_least_position: 0, docket_id: matter.id.clone(), language: language.into() };
    let html = matter.clerk().call(get).await?.html;
    print_line("")?;
    for line in html.lines() {
        let tag = ["h1", "h2", "h3", "p"].into_iter().find(|tag| line.starts_with(&format!("<{tag}>")));
        let Some(tag) = tag else { continue };
        let said = line.trim_start_matches(&format!("<{tag}>")).trim_end_matches(&format!("</{tag}>"));
        narrate(if tag == "p" { format!("│ {said}") } else { format!("│ ■ {said}") })?;
    }
    Ok(())
}
