//! Scorecards, clock ledgers and indicators, counted again from the exported log by programs that share no code with them.

use anyhow::{Context as _, ensure};
use domain::Timestamp;
use proto::Wire as _;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{GetItemRequest, GetItemResponse, GetScorecardRequest};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use tests::{Client, Sandbox};

/// The zone that sandboxes count days in.
const ZONE: &str = "Asia/Shanghai";

/// Exports the log of an installation.
pub(crate) fn export(sandbox: &Sandbox) -> anyhow::Result<PathBuf> {
    let log = sandbox.folder().join("log.jsonl");
    let exported = sandbox.run("operator", &["log", "export", &log.display().to_string()])?;
    ensure!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    Ok(log)
}

/// What a program counts in an exported log, as of a moment.
pub(crate) fn count(script: &str, log: &std::path::Path, now: Timestamp) -> anyhow::Result<Value> {
    let output = std::process::Command::new("python3")
        .arg(tests::root().join("tests/recount").join(script))
        .arg(log)
        .args([&now.to_string(), ZONE])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Checks that every clock ledger, how late every item is, and every scorecard are what the log says.
pub(crate) async fn follow_through_agrees(
    sandbox: &Sandbox,
    supervisor: &Client,
    now: Timestamp,
) -> anyhow::Result<Vec<GetItemResponse>> {
    agrees(sandbox, supervisor, now, None).await
}

/// The same as of a past moment.
pub(crate) async fn the_past_agrees(
    sandbox: &Sandbox,
    supervisor: &Client,
    then: Timestamp,
) -> anyhow::Result<()> {
    let shown = agrees(sandbox, supervisor, then, then.to_wire()).await?;
    ensure!(!shown.is_empty(), "there were no items at {then}");
    Ok(())
}

async fn agrees(
    sandbox: &Sandbox,
    supervisor: &Client,
    now: Timestamp,
    as_of_at: Option<prost_types::Timestamp>,
) -> anyhow::Result<Vec<GetItemResponse>> {
    let recounted = count("recount.py", &export(sandbox)?, now)?;
    let at_least_position = supervisor.call(GetHeadRequest {}).await?.position;
    let mut shown = Vec::new();
    for (number, counted) in recounted["spans"].as_object().context("spans")? {
        let request =
            GetItemRequest { at_least_position, number: number.clone(), as_of_at, ..Default::default() };
        let item = supervisor.call(request).await?;
        let spans: Vec<Value> = item
            .spans
            .iter()
            .map(|span| {
                let holder = span.holder().as_str_name().trim_start_matches("ITEM_HOLDER_");
                json!([holder, span.department_code.clone().unwrap_or_default(), span.working_days])
            })
            .collect();
        ensure!(*counted == json!(spans), "{number}: told is {spans:?}, counted is {counted}");
        let told: u64 = item.spans.iter().map(|span| u64::from(span.working_days)).sum();
        ensure!(told == u64::from(item.working_days), "{number}: {told} of {} days", item.working_days);
        let of = item.item.as_ref().context("an item")?;
        let (promised, counted) = (&of.first_due_on, &recounted["lateness"][number]);
        let lateness = json!([promised, of.days_past_promise, of.due_on, of.days_late]);
        ensure!(*counted == lateness, "{number}: told is {lateness}, counted is {counted}");
        shown.push(item);
    }
    for counted in recounted["cards"].as_array().context("scorecards")? {
        scorecards_agree(supervisor, counted, at_least_position, as_of_at).await?;
    }
    Ok(shown)
}

/// Checks the scorecards of everything, of a body, or of a month.
async fn scorecards_agree(
    supervisor: &Client,
    counted: &Value,
    at_least_position: u64,
    as_of_at: Option<prost_types::Timestamp>,
) -> anyhow::Result<()> {
    let of = |name: &str| counted[name].as_str().map(str::to_owned);
    let request = GetScorecardRequest {
        at_least_position,
        body_code: of("body"),
        starts_on: of("starts"),
        ends_on: of("ends"),
        as_of_at,
        page_size: 500,
        ..Default::default()
    };
    let cards: Map<String, Value> = supervisor
        .call(request)
        .await?
        .rows
        .into_iter()
        .map(|card| {
            let figures = json!({
                "items": card.items,
                "kept": card.kept,
                "accepted_late": card.accepted_late,
                "open_late": card.open_late,
                "median_days_late": card.median_days_late,
                "worst_days_late": card.worst_days_late,
                "returned": card.returned,
                "extended": card.extended,
                "reopened": card.reopened,
                "not_holding": card.not_holding,
                "rescinded": card.rescinded,
            });
            (card.department_code, figures)
        })
        .collect();
    ensure!(counted["cards"] == Value::Object(cards.clone()), "{cards:?} {counted}");
    Ok(())
}
