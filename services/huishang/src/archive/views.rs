//! `huishang log verify-views`, and what it is for `huishang log verify`.

use super::progress;
use super::source::said;
use crate::client::Error;
use crate::client::connection::{self, Options};
use crate::page::say;
use anyhow::bail;
use proto::views::v1::views_service_client::ViewsServiceClient;
use proto::views::v1::{VerifyViewsRequest, VerifyViewsResponse};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tonic::Request;

const SERVICES: [&str; 5] = ["scheduling", "deliberation", "resolution", "followup", "ledger"];

/// Verifies the views of every process, prints the verdicts, and fails when one is not its replay.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let verdicts = verify(options).await?;
    if options.json {
        say(&json!({ "views": verdicts.iter().map(json).collect::<Vec<_>>() }).to_string())?;
    } else {
        verdicts.iter().try_for_each(|verdict| say(&sentence(verdict)))?;
    }
    judge(&verdicts)
}

/// Has the views of every process verified; answers with their verdicts.
pub async fn verify(options: &Options) -> anyhow::Result<Vec<VerifyViewsResponse>> {
    let mut addresses = BTreeSet::new();
    for service in SERVICES {
        match options.address(service) {
            Ok(address) => drop(addresses.insert(address)),
            Err(Error::Usage(why)) => eprintln!("note: the views of {service} are not verified: {why}"),
            Err(error) => return Err(error.into()),
        }
    }
    let mut verdicts = Vec::new();
    for address in addresses {
        of_process(&address, options, &mut verdicts).await?;
    }
    Ok(verdicts)
}

async fn of_process(
    address: &str,
    options: &Options,
    verdicts: &mut Vec<VerifyViewsResponse>,
) -> anyhow::Result<()> {
    let mut client = ViewsServiceClient::new(connection::connect(address).await?);
    let mut request = Request::new(VerifyViewsRequest {});
    request.metadata_mut().insert("authorization", options.token()?);
    let mut answers = client.verify_views(request).await.map_err(said)?.into_inner();
    let bar = progress::records("replaying", 0);
    while let Some(answer) = answers.message().await.map_err(said)? {
        bar.set_prefix(format!("replaying {}", answer.view));
        bar.set_length(answer.records);
        bar.set_position(answer.replayed);
        if answer.done {
            verdicts.push(answer);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A verdict for people.
pub fn sentence(verdict: &VerifyViewsResponse) -> String {
    let VerifyViewsResponse { view, records, .. } = verdict;
    match &verdict.difference {
        None => format!("the view {view} equals its replay of {records} records"),
        Some(difference) => format!(
            "the view {view} is not its replay of {records} records: table {}, row {}\n  it has       {}\n  the log says {}",
            difference.table, difference.row, difference.has, difference.replay_has
        ),
    }
}

/// A verdict for programs.
pub fn json(verdict: &VerifyViewsResponse) -> Value {
    let difference = verdict.difference.as_ref().map(|difference| {
        json!({
            "table": difference.table, "row": difference.row,
            "has": difference.has, "replayHas": difference.replay_has,
        })
    });
    json!({
        "view": verdict.view, "records": verdict.records,
        "equal": difference.is_none(), "difference": difference,
    })
}

/// An error when a view is not its replay.
pub fn judge(verdicts: &[VerifyViewsResponse]) -> anyhow::Result<()> {
    let wrong: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| verdict.difference.is_some())
        .map(|verdict| verdict.view.as_str())
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    bail!(
        "not what the log makes of them: {}. Stop the process, remove views/NAME.sqlite* in its data directory, and start it: the view is built anew",
        wrong.join(", ")
    )
}
