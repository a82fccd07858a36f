//! What was promised, what is likely, and what was: a target that is missed, a chain of waiting, the board as of last month,
//! and a forecast from a department's own history.

use crate::language::{say, text};
use crate::story::demo::followthrough::Items;
use crate::story::demo::stage::{Stage, heading, narrate};
use anyhow::{Context as _, bail};
use client::{Client, command_id};
use domain::Role;
use proto::Wire as _;
use proto::followup::v1::GetBoardRequest;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1 as resolution;
use resolution::{
    AcceptWorkRequest, AcknowledgeItemRequest, AddDependencyRequest, ClaimCompletionRequest, DueRule,
    Evidence, GetForecastRequest, GetItemRequest, ItemToRecord, ListTargetsRequest, RecordResolutionRequest,
    SetTargetRequest, TargetMeasure, TargetPhase, TargetTerms, due_rule::Rule,
};

/// The items of last year's plan, and how many of them are done before their due date.
const PLANNED: usize = 12;
const IN_TIME: usize = 9;
/// The last day of the target.
const TARGET_ENDS: i32 = 25;

/// INDUSTRY gets a target, and FINANCE its part of a plan that was adopted elsewhere; returns the plan's items.
pub async fn promise(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let terms = TargetTerms {
        department_code: text("INDUSTRY").into(),
        phase: TargetPhase::Now.into(),
        title: text("The registry before the rains").into(),
        measure: TargetMeasure::ShareDone.into(),
        goal: 100,
        starts_on: stage.date(0).to_string(),
        ends_on: stage.date(TARGET_ENDS).to_string(),
        body_code: None,
    };
    let set = SetTargetRequest {
        command_id: command_id(),
        terms: Some(terms),
        reason: text("The rains begin in April").into(),
        ..Default::default()
    };
    stage.supervisor.call(set).await?;
    narrate(text(
        "The supervisor sets INDUSTRY a target of its own (分阶段目标): all that it promised for the first weeks is done.",
    ))?;
    record_plan(stage, PLANNED, 11).await
}

async fn record_plan(stage: &Stage, items: usize, day: i32) -> anyhow::Result<Vec<String>> {
    let item = ItemToRecord {
        title: text("Pay out the fund of a city").into(),
        deliverable: text("The account of the city").into(),
        criterion: text("The city has confirmed it").into(),
        lead_code: text("FINANCE").into(),
        co_responsible_codes: vec![],
        due: Some(DueRule { rule: Some(Rule::AfterDays(14)) }),
    };
    let record = RecordResolutionRequest {
        command_id: command_id(),
        body_code: text("RENEWAL-PLAN").into(),
        title: text("The fund of urban renewal").into(),
        text: text("The fund is paid out city by city.").into(),
        decided_on: stage.date(day).to_string(),
        source: text("Plan of urban renewal").into(),
        items: vec![item; items],
        ..Default::default()
    };
    let recorded = stage.supervisor.call(record).await?.resolution.context("the plan")?;
    Ok(recorded.registration.context("its items")?.item_ids)
}

/// FINANCE does most of its part in time.
pub async fn keep(stage: &Stage, planned: &[String]) -> anyhow::Result<()> {
    let finance = stage.deployment.client(Role::DepartmentLead, Some(text("FINANCE")))?;
    for item in &planned[..IN_TIME] {
        finish(stage, &finance, item).await?;
    }
    Ok(())
}

async fn finish(stage: &Stage, lead: &Client, item: &str) -> anyhow::Result<()> {
    let (item_id, command_id) = (|| item.to_owned(), client::command_id);
    let evidence = Evidence {
        title: text("The account").into(),
        sha256: "b0".repeat(32),
        uri: format!("urn:evidence:{item}"),
    };
    let acknowledge =
        AcknowledgeItemRequest { command_id: command_id(), item_id: item_id(), ..Default::default() };
    lead.call(acknowledge).await?;
    let claim = ClaimCompletionRequest {
        command_id: command_id(),
        item_id: item_id(),
        summary: text("Paid out").into(),
        evidence: vec![evidence],
        ..Default::default()
    };
    lead.call(claim).await?;
    let accept = AcceptWorkRequest { command_id: command_id(), item_id: item_id(), ..Default::default() };
    stage.supervisor.call(accept).await?;
    Ok(())
}

/// What became of it: told by the queries that a supervisor has.
pub async fn look(stage: &Stage, conference: &Items<'_>, planned: &[String]) -> anyhow::Result<()> {
    heading(text("Targets, chains, the past, and what is likely 目标、等待链、回溯、预测"))?;
    let finance = stage.deployment.client(Role::DepartmentLead, Some(text("FINANCE")))?;
    for item in &planned[IN_TIME..] {
        finish(stage, &finance, item).await?;
    }
    missed_target(stage).await?;
    chain(stage, conference).await?;
    last_month(stage).await?;
    forecast(stage).await
}

async fn missed_target(stage: &Stage) -> anyhow::Result<()> {
    let at_least_position = stage.operator.call(GetHeadRequest {}).await?.position;
    let request = ListTargetsRequest { at_least_position, missed: Some(true), ..Default::default() };
    let missed = stage.supervisor.call(request).await?.targets;
    let [target] = &missed[..] else { bail!("one target should be missed, but there are {missed:?}") };
    narrate(say(
        "INDUSTRY's target is missed, and stays so: {done} of {scope} items were done when it ended.",
        &[("done", &target.done), ("scope", &target.scope)],
    ))
}

/// TRANSPORT waits for LAND, which waits for ENERGY.
async fn chain(stage: &Stage, conference: &Items<'_>) -> anyhow::Result<()> {
    let (waits, on) = (conference.item(5)?, conference.item(2)?);
    let wait = AddDependencyRequest {
        command_id: command_id(),
        item_id: waits.item_id.clone(),
        on_item_id: on.item_id.clone(),
        ..Default::default()
    };
    let position = stage.supervisor.call(wait).await?.position;
    let request =
        GetItemRequest { at_least_position: position, item_id: waits.item_id.clone(), ..Default::default() };
    let shown = stage.supervisor.call(request).await?;
    let [link] = &shown.chain[..] else { bail!("one item should be waited for: {:?}", shown.chain) };
    narrate(say(
        "{number} of TRANSPORT waits for {on} of LAND, which waits for ENERGY's help: its clock stands still.",
        &[("number", &waits.number), ("on", &link.number)],
    ))
}

async fn last_month(stage: &Stage) -> anyhow::Result<()> {
    let board = async |as_of_at| {
        let request = GetBoardRequest { as_of_at, page_size: 1, ..Default::default() };
        stage.supervisor.call(request).await?.totals.context("the board has no totals")
    };
    let (then, now) = (board(stage.at(14, 12, 0).to_wire()).await?, board(None).await?);
    if then.late >= now.late || then.done >= now.done {
        bail!("last month should have been another board than {now:?}: {then:?}");
    }
    narrate(say(
        "The board as of last month, {day}: {then_late} late and {then_done} done; today it is {late} and {done}.",
        &[
            ("day", &stage.date(14)),
            ("then_late", &then.late),
            ("then_done", &then.done),
            ("late", &now.late),
            ("done", &now.done),
        ],
    ))
}

async fn forecast(stage: &Stage) -> anyhow::Result<()> {
    let next = record_plan(stage, 1, 31).await?.pop().context("the next item")?;
    let at_least_position = stage.operator.call(GetHeadRequest {}).await?.position;
    let request = GetForecastRequest { at_least_position, item_id: next, ..Default::default() };
    let said = stage.supervisor.call(request).await?;
    let (Some(likely), Some(by)) = (said.likelihood_percent, said.nine_tenths_on.as_ref()) else {
        bail!("FINANCE has a history, and there should be a forecast: {said:?}")
    };
    narrate(say(
        "The next item of FINANCE is due on {due_on}. From {finished} items that it has done: {likely} % in time, and by \
         {by} in nine cases of ten.",
        &[("due_on", &said.due_on), ("finished", &said.finished), ("likely", &likely), ("by", by)],
    ))
}
