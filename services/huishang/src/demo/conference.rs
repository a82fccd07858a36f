//! The standing conference of 28 departments: what it decides, and what becomes of it.

use crate::demo::cast::CONFERENCE;
use crate::demo::stage::{Stage, explain, refused, tell};
use crate::matter::{Matter, attendee, topic};
use proto::Wire as _;
use proto::deliberation::events::v1::{
    DueRule, ItemDraft, QualifiedMajority, VoteChoice, ballot_method::Method, due_rule::Rule,
};
use proto::scheduling::events::v1::{SessionKind, SessionOutline};

/// An item as the stories write it: title, deliverable, criterion, lead, supporters, working days.
pub fn item(
    title: &str,
    criterion: &str,
    lead: &str,
    co_responsible: &[&str],
    working_days: u32,
) -> ItemDraft {
    ItemDraft {
        title: title.into(),
        deliverable: format!("Report with documents: {title}"),
        criterion: Some(criterion.into()),
        lead: Some(lead.into()),
        co_responsible: co_responsible.iter().map(|&code| code.to_owned()).collect(),
        due: Some(DueRule { rule: Some(Rule::InWorkingDays(working_days)) }),
    }
}

fn outline(stage: &Stage, topics: u32) -> SessionOutline {
    let titles = [
        "Survey of residential quarters built before 2000 老旧小区普查",
        "Funding of lift retrofits 加装电梯资金",
        "One window for renewal permits 改造审批一窗受理",
        "Naming of the programme 活动命名",
        "Greetings and photographs 合影",
    ];
    let topics: Vec<_> = (1..=topics).map(|no| topic(no, titles[no as usize - 1], 90 / topics)).collect();
    let all: Vec<u32> = topics.iter().map(|topic| topic.no).collect();
    SessionOutline {
        title: "Joint conference on the renewal of old residential quarters 老旧小区改造部际联席会议".into(),
        purpose: "Decide the survey, its funding and the permits, each with a department that answers for it"
            .into(),
        body: "RENEWAL-CONFERENCE".into(),
        kind: SessionKind::Standing.into(),
        chair: "HOUSING".into(),
        topics,
        attendees: CONFERENCE.iter().map(|(code, _)| attendee(code, &all, &[])).collect(),
        minutes: 90,
        earliest_start: stage.at(4, 9, 0).to_wire(),
        case_reference: None,
        decide_by: None,
        quorum_percent: 67,
    }
}

/// From the request to the closed docket.
pub async fn convene_and_decide(stage: &Stage) -> anyhow::Result<Matter> {
    let sprawling = Matter::request(&stage.installation, outline(stage, 5)).await?;
    sprawling.file_papers(paper).await?;
    sprawling.screen().await?;
    tell("HOUSING asks for a session (会商申请) with 5 topics.")?;
    refused("admitting it as it is", sprawling.admit().await, "RULE_BROKEN")?;

    let matter = Matter::request(&stage.installation, outline(stage, 3)).await?;
    matter.file_papers(paper).await?;
    let screened = matter.screen().await?;
    tell(format!(
        "Asked again with 3 topics; screening (审核) finds {} rules broken.",
        screened.findings.len()
    ))?;
    matter.admit().await?;
    matter.schedule("HALL", stage.at(4, 9, 0)).await?;
    tell(format!("Scheduled in the hall for {} 09:00, 28 departments invited.", stage.date(4)))?;
    merge(&sprawling, &matter).await?;
    matter.accept_invitations().await?;

    stage.move_clock(4, 9, 0).await?;
    matter.convene().await?;
    for (code, _) in &CONFERENCE[..18] {
        matter.arrive(code).await?;
    }
    tell("The docket (议程) lies open; 18 of 28 departments have arrived.")?;
    refused("opening it now", matter.open().await, "NO_QUORUM")?;
    for (code, _) in &CONFERENCE[18..] {
        matter.arrive(code).await?;
    }
    matter.open().await?;
    tell("All 28 are there: the quorum of 67 % is met, the chair opens.")?;
    survey(&matter).await?;
    funding(&matter).await?;
    permits(&matter).await?;
    matter.close().await?;
    tell("Every topic has its outcome; the docket is closed.")?;
    Ok(matter)
}

fn paper(topic: u32) -> String {
    format!("{topic:064x}")
}

async fn merge(sprawling: &Matter, into: &Matter) -> anyhow::Result<()> {
    let request = proto::scheduling::v1::MergeSessionRequest {
        command_id: crate::installation::command_id(),
        session_id: sprawling.id.clone(),
        into: into.id.clone(),
        reason: "The same matter, asked for again within the rules".into(),
    };
    sprawling.clerk.call(request).await.map_err(|status| explain(&status))?;
    tell("The sprawling request is merged into it: one session less.")?;
    Ok(())
}

async fn survey(matter: &Matter) -> anyhow::Result<()> {
    matter.open_topic(1).await?;
    matter.propose(1, "Survey all residential quarters built before 2000 and publish the list.").await?;
    let undated = ItemDraft {
        due: None,
        ..item(
            "Survey 4,200 quarters 普查",
            "Every quarter has a record with photographs",
            "HOUSING",
            &["LAND", "CIVIL"],
            0,
        )
    };
    matter.draft_items(1, std::slice::from_ref(&undated)).await?;
    matter.close_debate(1).await?;
    matter.open_ballot(1, 1, two_thirds()).await?;
    matter
        .vote_all(
            1,
            &[("FINANCE", VoteChoice::No, "The costs are not known yet"), ("TAX", VoteChoice::Abstain, "")],
        )
        .await?;
    let ballot = matter.close_ballot(1).await?;
    tell(format!("Topic 1, the survey: {}", ballot.sentence))?;
    refused(
        "adopting it although its item has no due date",
        matter.adopt(1, false).await,
        "DECISION_NOT_EXECUTABLE",
    )?;
    let dated = item(
        "Survey 4,200 quarters 普查",
        "Every quarter has a record with photographs",
        "HOUSING",
        &["LAND", "CIVIL"],
        20,
    );
    let request = proto::deliberation::v1::ReviseItemRequest {
        command_id: crate::installation::command_id(),
        docket_id: matter.id.clone(),
        item: 1,
        draft: Some(dated),
    };
    matter.chair.call(request).await?;
    matter
        .draft_items(
            1,
            &[item(
                "Map of quarters and pipes 一张图",
                "Open on the land portal",
                "LAND",
                &["WATER", "ENERGY"],
                15,
            )],
        )
        .await?;
    matter.adopt(1, false).await?;
    tell(
        "With due dates it is adopted: 2 action items (督办事项). FINANCE's dissent is part of the record.",
    )?;
    Ok(())
}

async fn funding(matter: &Matter) -> anyhow::Result<()> {
    matter.open_topic(2).await?;
    matter.propose(2, "Pay a third of each lift retrofit from the renewal fund.").await?;
    matter
        .draft_items(
            2,
            &[
                item(
                    "Rules of the renewal fund 资金办法",
                    "Published and in force",
                    "FINANCE",
                    &["HOUSING", "AUDIT"],
                    10,
                ),
                item(
                    "Catalogue of certified lifts 产品目录",
                    "At least 30 models listed",
                    "INDUSTRY",
                    &["MARKET"],
                    12,
                ),
            ],
        )
        .await?;
    matter.close_debate(2).await?;
    matter.open_ballot(2, 1, two_thirds()).await?;
    matter.vote_all(2, &[]).await?;
    let ballot = matter.close_ballot(2).await?;
    tell(format!("Topic 2, the funding: {}", ballot.sentence))?;
    matter.adopt(2, false).await?;
    Ok(())
}

async fn permits(matter: &Matter) -> anyhow::Result<()> {
    matter.open_topic(3).await?;
    matter.propose(3, "One window accepts every application for a renewal permit.").await?;
    matter
        .draft_items(
            3,
            &[
                item(
                    "Joint permit rules 联合审批细则",
                    "Signed by the five departments",
                    "TRANSPORT",
                    &["LAND", "POLICE"],
                    8,
                ),
                item("Noise limits of building sites 施工噪声", "Measured at 50 sites", "ECOLOGY", &[], 15),
            ],
        )
        .await?;
    matter.close_debate(3).await?;
    matter.open_ballot(3, 1, Method::Consensus(Default::default())).await?;
    matter.vote_all(3, &[]).await?;
    let ballot = matter.close_ballot(3).await?;
    tell(format!("Topic 3, the permits: {}", ballot.sentence))?;
    matter.adopt(3, false).await?;
    Ok(())
}

fn two_thirds() -> Method {
    Method::QualifiedMajority(QualifiedMajority { numerator: 2, denominator: 3 })
}
