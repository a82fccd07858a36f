//! Scorecards, clock ledgers and indicators, counted again from the exported log by programs that share no code with them.

use anyhow::{Context as _, ensure};
use domain::Timestamp;
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

/// Checks that every clock ledger and every scorecard is what the log says.
pub(crate) async fn follow_through_agrees(
    sandbox: &Sandbox,
    supervisor: &Client,
    now: Timestamp,
) -> anyhow::Result<Vec<GetItemResponse>> {
    let recounted = count("recount.py", &export(sandbox)?, now)?;
    let at_least_position = supervisor.call(GetHeadRequest {}).await?.position;
    let mut shown = Vec::new();
    for (number, counted) in recounted["spans"].as_object().context("spans")? {
        let request = GetItemRequest { at_least_position, number: number.clone(), ..Default::default() };
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
        shown.push(item);
    }
    let request = GetScorecardRequest { at_least_position, page_size: 500, ..Default::default() };
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
    ensure!(recounted["cards"] == Value::Object(cards.clone()), "{cards:?} {recounted}");
    Ok(shown)
}
