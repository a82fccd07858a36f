//! A village has nobody at a screen: what it says by telephone is put down for it, marked so, until somebody of it speaks.

use crate::language::{say, text};
use crate::story::demo::stage::{Stage, expect_refusal, narrate};
use anyhow::Context as _;
use client::{Client, command_id};
use domain::Role;
use proto::directory::v1::{Department, DepartmentKind, DepartmentLevel, RegisterDepartmentRequest};
use proto::resolution::v1::due_rule::Rule;
use proto::resolution::v1::{
    ContestPutDownRequest, DueRule, Evidence, Item, ItemToRecord, KeepEvidenceRequest, ListItemsRequest,
    PutDownRequest, RecordResolutionRequest, SaidKind, SaidMeans,
};
use sha2::{Digest as _, Sha256};

/// The day on which the village is said to have called; it is over by now.
const DAY: i32 = 21;

/// From the decision to the contest of what was put down.
pub async fn play(stage: &Stage) -> anyhow::Result<()> {
    let office = stage.deployment.client(Role::Clerk, Some(text("CITY-HOTLINE")))?;
    let item = recorded(stage, &office).await?;
    let said = |kind: SaidKind| PutDownRequest {
        command_id: command_id(),
        item_id: item.item_id.clone(),
        for_code: text("WILLOW-VILLAGE").into(),
        said_by: text("Mrs Zhao, the mayor").into(),
        means: SaidMeans::Telephone.into(),
        said_on: stage.date(DAY).to_string(),
        kind: kind.into(),
        ..Default::default()
    };
    office.call(said(SaidKind::Acknowledgement)).await?;
    narrate(say(
        "WILLOW-VILLAGE leads {number} and has nobody at a screen. Its mayor calls, and a clerk of those who see to the \
         business of the body puts down (代填) that the village takes it on: marked, with who said it, how and when.",
        &[("number", &item.number)],
    ))?;
    let photo = text("A ditch with dry banks, seen from the bridge").as_bytes();
    let sha256 = event_log::hex::encode(&Sha256::digest(photo));
    let shown = Evidence { title: text("The ditch").into(), sha256, uri: "urn:photo:ditch".into() };
    let claim = PutDownRequest {
        text: Some(text("The ditch is cleared").into()),
        evidence: vec![shown],
        ..said(SaidKind::Completion)
    };
    office.call(claim).await?;
    let keep = KeepEvidenceRequest {
        command_id: command_id(),
        item_id: item.item_id.clone(),
        content: photo.to_vec(),
        ..Default::default()
    };
    office.call(keep).await?;
    narrate(text(
        "Then it says that the ditch is cleared. The photo is kept in the log (留存佐证材料), found by its SHA-256.",
    ))?;
    contested(stage, &item, &office, said(SaidKind::Progress)).await
}

async fn recorded(stage: &Stage, office: &Client) -> anyhow::Result<Item> {
    let village = Department {
        code: text("WILLOW-VILLAGE").into(),
        name: text("Willow Village 柳村").into(),
        level: DepartmentLevel::County.into(),
        kind: DepartmentKind::Agency.into(),
        without_users: true,
        ..Default::default()
    };
    let register = RegisterDepartmentRequest {
        command_id: command_id(),
        department: Some(village),
        ..Default::default()
    };
    office.call(register).await?;
    let ditch = ItemToRecord {
        title: text("Clear the ditch of Willow Village").into(),
        deliverable: text("800 m, down to the river").into(),
        criterion: text("Dry banks after two rains").into(),
        lead_code: text("WILLOW-VILLAGE").into(),
        co_responsible_codes: vec![],
        due: Some(DueRule { rule: Some(Rule::AfterWorkingDays(60)) }),
    };
    let record = RecordResolutionRequest {
        command_id: command_id(),
        body_code: text("LINJIANG-JOINT").into(),
        title: text("Ditches before the rainy season").into(),
        text: text("Every village clears its ditch.").into(),
        decided_on: stage.date(DAY).to_string(),
        source: text("City document 2027-31").into(),
        items: vec![ditch],
        ..Default::default()
    };
    let at_least_position = stage.supervisor.call(record).await?.position;
    let lead_code = Some(text("WILLOW-VILLAGE").into());
    let list = ListItemsRequest { at_least_position, lead_code, ..Default::default() };
    stage.supervisor.call(list).await?.items.into_iter().next().context("the village has no item")
}

async fn contested(
    stage: &Stage,
    item: &Item,
    office: &Client,
    report: PutDownRequest,
) -> anyhow::Result<()> {
    let contest = ContestPutDownRequest {
        command_id: command_id(),
        item_id: item.item_id.clone(),
        kind: SaidKind::Completion.into(),
        reason: text("Only as far as the bridge").into(),
        ..Default::default()
    };
    let village = stage.deployment.client(Role::DepartmentLead, Some(text("WILLOW-VILLAGE")))?;
    village.call(contest).await?;
    narrate(text(
        "A student of the village signs in and contests that. The claim is taken back before anybody has judged it, and from \
         now on the village speaks for itself.",
    ))?;
    let report = PutDownRequest {
        command_id: command_id(),
        percent: Some(50),
        text: Some(text("Half of it").into()),
        ..report
    };
    expect_refusal(
        text("The clerk puts down a report of the village"),
        office.call(report).await,
        "HAS_OWN_USERS",
    )
}
