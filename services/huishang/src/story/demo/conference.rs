//! The standing conference of 28 departments: its request, its session and its three decisions.

use crate::language::{say, text};
use crate::story::demo::cast::conference;
use crate::story::demo::followthrough::Items;
use crate::story::demo::stage::{Stage, expect_refusal, narrate, result};
use crate::story::matter::{MatterDriver, attendee, topic};
use client::command_id;
use domain::Role;
use proto::Wire as _;
use proto::deliberation::v1::{
    AdoptDecisionRequest, DueRule, ItemDraft, RecordGeneralConsentRequest, RecordRecusalRequest,
    ReviseItemRequest, VoteChoice, due_rule::Rule,
};
use proto::scheduling::v1::{
    CancelSessionRequest, MatterClass, MergeSessionRequest, SessionKind, SessionOutline,
};
use std::ops::Range;

/// What each topic gets of the session.
const TOPIC_MINUTES: u32 = 30;

/// An item as the stories draft it, due after this many working days.
pub fn item(
    title: &str,
    criterion: &str,
    lead: &str,
    co_responsible: &[&str],
    working_days: u32,
) -> ItemDraft {
    ItemDraft {
        title: title.into(),
        deliverable: say("Report with documents: {title}", &[("title", &title)]),
        criterion: Some(criterion.into()),
        lead_code: Some(lead.into()),
        co_responsible_codes: co_responsible.iter().map(|&code| code.to_owned()).collect(),
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(working_days)) }),
    }
}

/// What is requested of these topics, half an hour each.
fn outline(stage: &Stage, topics: Range<usize>) -> SessionOutline {
    let titles = [
        text("Survey of residential quarters built before 2000 老旧小区普查"),
        text("Funding of lift retrofits 加装电梯资金"),
        text("One window for renewal permits 改造审批一窗受理"),
        text("Naming of the program 活动命名"),
        text("Greetings and photographs 合影"),
    ];
    let topics: Vec<_> =
        (1..).zip(&titles[topics]).map(|(number, title)| topic(number, title, TOPIC_MINUTES)).collect();
    let all: Vec<u32> = topics.iter().map(|topic| topic.number).collect();
    let duration_minutes = topics.iter().map(|topic| topic.timebox_minutes).sum();
    SessionOutline {
        title: text("Joint conference on the renewal of old residential quarters 老旧小区改造部际联席会议")
            .into(),
        purpose: text(
            "Decide the survey, its funding and the permits, each with a department that answers for it",
        )
        .into(),
        body_code: text("RENEWAL-CONFERENCE").into(),
        kind: SessionKind::Standing.into(),
        matter_class: MatterClass::Ordinary.into(),
        topics,
        attendees: conference().map(|(code, _)| attendee(code, &all, &[])).to_vec(),
        duration_minutes,
        earliest_start_at: stage.at(4, 9, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        emergency: None,
        carries_out_item_id: None,
        equipment: vec![],
    }
}

/// From the request to the closed docket.
pub async fn convene_and_decide(stage: &Stage) -> anyhow::Result<Items<'_>> {
    withdraw_the_sprawling_one(stage).await?;
    let request = |topics| MatterDriver::request(&stage.deployment, text("HOUSING"), outline(stage, topics));
    let (mut matter, separate) = (request(0..2).await?, request(2..3).await?);
    merge(&separate, &matter).await?;
    matter.outline = outline(stage, 0..3);
    matter.submit_papers(paper).await?;
    let screened = matter.screen().await?;
    narrate(say(
        "Screening (审核) of its 3 topics finds {findings} rules broken.",
        &[("findings", &screened.findings.len())],
    ))?;
    matter.admit().await?;
    matter.schedule(text("HALL"), stage.at(4, 9, 0)).await?;
    narrate(say(
        "Scheduled in the hall for {date} 09:00; 28 departments are invited.",
        &[("date", &stage.date(4))],
    ))?;
    matter.accept_invitations().await?;
    meet(stage, &matter).await?;
    let items = Items::of_closed(stage, &matter).await?;
    narrate(text("Every topic has its outcome; the docket is closed."))?;
    Ok(items)
}

async fn meet(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    stage.move_clock(4, 9, 0).await?;
    matter.convene().await?;
    let conference = conference();
    let (early, late) = conference.split_at(18);
    for (code, _) in early {
        matter.arrive(code).await?;
    }
    narrate(text("The docket (议程) is prepared; 18 of 28 departments have arrived."))?;
    expect_refusal(text("The chair opens it now"), matter.open().await, "NO_QUORUM")?;
    for (code, _) in late {
        matter.arrive(code).await?;
    }
    matter.open().await?;
    narrate(text("All 28 are present: the quorum of two thirds is met, and the chair opens the docket."))?;
    survey(matter).await?;
    funding(matter).await?;
    permits(stage, matter).await
}

fn paper(topic: u32) -> String {
    format!("{topic:064x}")
}

async fn withdraw_the_sprawling_one(stage: &Stage) -> anyhow::Result<()> {
    let sprawling = MatterDriver::request(&stage.deployment, text("HOUSING"), outline(stage, 0..5)).await?;
    sprawling.submit_papers(paper).await?;
    sprawling.screen().await?;
    narrate(text("HOUSING requests a session (会商申请) with 5 topics."))?;
    expect_refusal(text("The clerk admits it as it is"), sprawling.admit().await, "RULE_BROKEN")?;
    let request = CancelSessionRequest {
        command_id: command_id(),
        session_id: sprawling.id.clone(),
        reason: text("Three of its topics need the conference").into(),
        ..Default::default()
    };
    sprawling.clerk().call(request).await?;
    Ok(())
}

async fn merge(separate: &MatterDriver, into: &MatterDriver) -> anyhow::Result<()> {
    let request = MergeSessionRequest {
        command_id: command_id(),
        session_id: separate.id.clone(),
        into_session_id: into.id.clone(),
        reason: text("The same departments decide on both").into(),
        ..Default::default()
    };
    separate.clerk().call(request).await?;
    narrate(text(
        "It is withdrawn, and requested again: two topics in one session, the permits in another of their own.",
    ))?;
    narrate(text("The second is merged into the first, which takes its topic on: one session less."))
}

async fn survey(matter: &MatterDriver) -> anyhow::Result<()> {
    let title = text("Survey 4,200 quarters 普查");
    let criterion = text("Every quarter has a record with photographs");
    let dated = item(title, criterion, text("HOUSING"), &[text("LAND"), text("CIVIL")], 20);
    let undated = ItemDraft { due: None, ..dated.clone() };
    let map = text("Map of quarters and pipes 一张图");
    let map =
        item(map, text("Available on the land portal"), text("LAND"), &[text("WATER"), text("ENERGY")], 15);
    let (costs, no) = (text("The costs are not known yet"), VoteChoice::No);

    matter.open_topic(1).await?;
    matter
        .submit_proposal(1, text("Survey all residential quarters built before 2000 and publish the list."))
        .await?;
    matter.draft_items(1, &[undated]).await?;
    matter.close_debate(1).await?;
    expect_refusal(
        text("The chair opens the ballot although an item has no due date"),
        matter.open_ballot(1, 1).await,
        "DECISION_NOT_EXECUTABLE",
    )?;
    let request = ReviseItemRequest {
        command_id: command_id(),
        docket_id: matter.id.clone(),
        item_number: 1,
        draft: Some(dated),
        ..Default::default()
    };
    matter.chair().call(request).await?;
    matter.draft_items(1, &[map]).await?;
    matter.open_ballot(1, 1).await?;
    matter.vote_all(1, &[(text("FINANCE"), no, costs), (text("TAX"), VoteChoice::Abstain, "")]).await?;
    let ballot = matter.close_ballot(1).await?;
    narrate(say("Topic 1, the survey: {result}", &[("result", &result(ballot))]))?;
    matter.adopt(1, false).await?;
    narrate(text(
        "Adopted with the 2 action items (督办事项) that were voted on. FINANCE's dissent is on record.",
    ))
}

async fn funding(matter: &MatterDriver) -> anyhow::Result<()> {
    let rules = text("Rules of the renewal fund 资金办法");
    let lifts = text("Catalog of certified lifts 产品目录");
    let items = [
        item(rules, text("Published and in force"), text("FINANCE"), &[text("HOUSING"), text("AUDIT")], 10),
        item(lifts, text("At least 30 models listed"), text("INDUSTRY"), &[text("MARKET")], 12),
    ];
    let (no, reserve) = (VoteChoice::No, text("The fund would have no reserve"));
    matter.open_topic(2).await?;
    matter.submit_proposal(2, text("Pay half of each lift retrofit from the renewal fund.")).await?;
    matter.draft_items(2, &items).await?;
    matter.close_debate(2).await?;
    matter.open_ballot(2, 1).await?;
    matter.vote_all(2, &[(text("AUDIT"), no, reserve)]).await?;
    let ballot = matter.close_ballot(2).await?;
    narrate(say("AUDIT has a veto on the funding: {result}", &[("result", &result(ballot))]))?;
    matter.open_topic(2).await?;
    matter.submit_proposal(2, text("Pay a third of each lift retrofit from the renewal fund.")).await?;
    matter.close_debate(2).await?;
    matter.open_ballot(2, 2).await?;
    matter.vote_all(2, &[]).await?;
    let ballot = matter.close_ballot(2).await?;
    narrate(say("Topic 2, the funding: {result}", &[("result", &result(ballot))]))?;
    matter.adopt(2, false).await?;
    Ok(())
}

async fn permits(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    let permits = text("Joint permit rules 联合审批细则");
    let noise = text("Noise limits for building sites 施工噪声");
    let items = [
        item(
            permits,
            text("Signed by the five departments"),
            text("TRANSPORT"),
            &[text("LAND"), text("POLICE")],
            8,
        ),
        item(noise, text("Measured at 50 sites"), text("ECOLOGY"), &[], 15),
    ];
    matter.open_topic(3).await?;
    matter.submit_proposal(3, text("One window accepts every application for a renewal permit.")).await?;
    matter.draft_items(3, &items).await?;
    without_its_chair(stage, matter).await
}

/// The chair recuses itself from the permits, so that its deputy leads; and nobody objects.
async fn without_its_chair(stage: &Stage, matter: &MatterDriver) -> anyhow::Result<()> {
    let (topic_number, docket_id) = (3, || matter.id.clone());
    let recuse = RecordRecusalRequest {
        command_id: command_id(),
        docket_id: docket_id(),
        topic_number,
        department_code: text("HOUSING").into(),
        reason: text("It issues most of these permits itself").into(),
        ..Default::default()
    };
    matter.delegate(text("HOUSING"))?.call(recuse).await?;
    narrate(text("HOUSING recuses itself (回避) from the permits; its deputy PLANNING takes the chair."))?;
    expect_refusal(
        text("HOUSING closes the debate all the same"),
        matter.close_debate(topic_number).await,
        "DEPARTMENT_RECUSED",
    )?;
    let deputy = stage.deployment.client(Role::Chair, Some(text("PLANNING")))?;
    let consent = RecordGeneralConsentRequest {
        command_id: command_id(),
        docket_id: docket_id(),
        topic_number,
        version: 1,
        ..Default::default()
    };
    let docket = deputy.call(consent).await?.docket.unwrap_or_default();
    let topic = docket.topics.into_iter().find(|topic| topic.number == topic_number).unwrap_or_default();
    let ballot = topic.ballots.into_iter().next_back().unwrap_or_default();
    narrate(say("Topic 3, the permits: {result}", &[("result", &result(ballot))]))?;
    let adopt = AdoptDecisionRequest {
        command_id: command_id(),
        docket_id: docket_id(),
        topic_number,
        ..Default::default()
    };
    deputy.call(adopt).await?;
    Ok(())
}
