//! `huishang log verify-views`, which is also a part of `huishang log verify`.

use super::progress;
use super::source::from_status;
use crate::client::{options::Options, printable};
use crate::language::{current, say, text};
use crate::stdout::{print_line, print_note, print_text};
use anyhow::bail;
use client::{Address, SERVICES};
use proto::operations::v1::{VerifyViewsRequest, VerifyViewsResponse};
use serde_json::{Value, json};

/// Verifies the views of every process, prints the results, and fails if a view differs from its replay.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let results = verify(options).await?;
    if options.json {
        print_line(&json!({ "views": results.iter().map(json).collect::<Vec<_>>() }).to_string())?;
    } else {
        results.iter().try_for_each(|result| print_text(&sentence(result)))?;
    }
    ensure_equal(&results)
}

/// Has every process verify its views; returns the results.
pub async fn verify(options: &Options) -> anyhow::Result<Vec<VerifyViewsResponse>> {
    let addresses = options.server.addresses()?;
    for service in SERVICES {
        if let Err(why) = addresses.of(service) {
            print_note(&say(
                "the views of {service} are not verified: {why}",
                &[("service", &service), ("why", &current().fault(&why.to_string()))],
            ));
        }
    }
    let mut results = Vec::new();
    for address in addresses.processes() {
        of_process(address, options, &mut results).await?;
    }
    Ok(results)
}

async fn of_process(
    address: &Address,
    options: &Options,
    results: &mut Vec<VerifyViewsResponse>,
) -> anyhow::Result<()> {
    let client = options.client_at(address).await?;
    let mut answers = client.stream(VerifyViewsRequest {}).await.map_err(from_status)?;
    let bar = progress::records(text("replaying"), 0);
    while let Some(answer) = answers.message().await.map_err(from_status)? {
        bar.set_prefix(format!("{} {}", text("replaying"), answer.view));
        bar.set_length(answer.records);
        bar.set_position(answer.replayed);
        if answer.done {
            results.push(answer);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A result, for people.
pub fn sentence(result: &VerifyViewsResponse) -> String {
    let VerifyViewsResponse { view, records, .. } = result;
    match &result.difference {
        None => say(
            "the view {view} equals its replay of {records} records",
            &[("view", view), ("records", records)],
        ),
        Some(difference) => say(
            "the view {view} differs from its replay of {records} records: table {table}, row {row}\n  \
             view    {has}\n  replay  {replay_has}",
            &[
                ("view", view),
                ("records", records),
                ("table", &difference.table),
                ("row", &printable(&difference.row)),
                ("has", &printable(&difference.has)),
                ("replay_has", &printable(&difference.replay_has)),
            ],
        ),
    }
}

/// A result, for programs.
pub fn json(result: &VerifyViewsResponse) -> Value {
    let difference = result.difference.as_ref().map(|difference| {
        json!({
            "table": difference.table, "row": difference.row,
            "has": difference.has, "replayHas": difference.replay_has,
        })
    });
    json!({
        "view": result.view, "records": result.records,
        "equal": difference.is_none(), "difference": difference,
    })
}

/// Fails if a view differs from its replay.
pub fn ensure_equal(results: &[VerifyViewsResponse]) -> anyhow::Result<()> {
    let different: Vec<&str> = results
        .iter()
        .filter(|result| result.difference.is_some())
        .map(|result| result.view.as_str())
        .collect();
    if different.is_empty() {
        return Ok(());
    }
    bail!(say(
        "these views differ from their replay: {views}. Stop the process, remove views/NAME.sqlite* in its data \
         directory, and start it again: the view is rebuilt",
        &[("views", &different.join(text(", ")))]
    ))
}
