//! What Huishang's speed and size are measured with.
//!
//! `cargo bench -p tests` prints a table: each case is measured in turn with its reference in the same run;
//! `-- NAME…` chooses cases. `cargo bench -p tests -- growth [EVENTS…]` prints what grows with the log,
//! `cargo bench -p tests -- planner` what plans of many meetings are worth.
//! [`settings`] says what shortens a run. A figure never makes the command fail.

mod board;
mod broker;
mod command;
mod disk;
mod echo;
mod growth;
mod history;
mod jetstream;
mod load;
mod measure;
mod pauses;
mod planner;
mod postgres;
mod replay;
mod report;
mod serving;
mod settings;
mod size;
mod slots;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use report::Line;
use settings::Settings;
use std::path::Path;

type Row = for<'s> fn(&'s Settings) -> LocalBoxFuture<'s, anyhow::Result<Vec<Line>>>;

/// The cases, by the names that choose them.
const ROWS: &[(&str, Row)] = &[
    ("embedded-512", |settings| serving::embedded_512(settings).boxed_local()),
    ("embedded-64", |settings| serving::embedded_64(settings).boxed_local()),
    ("embedded-1", |settings| serving::embedded_1(settings).boxed_local()),
    ("postgres", |settings| serving::against_postgres(settings).boxed_local()),
    ("distributed", |settings| serving::distributed(settings).boxed_local()),
    ("distributed-r3", |settings| serving::distributed_r3(settings).boxed_local()),
    ("broker", |_| broker::of_a_command().boxed_local()),
    ("pauses", |settings| pauses::of_a_caller(settings).boxed_local()),
    ("replay", |settings| replay::into_views(settings).boxed_local()),
    ("board", |settings| board::of_follow_ups(settings).boxed_local()),
    ("fold", |settings| replay::by_folding(settings).boxed_local()),
    ("slots", |_| async { slots::of_a_year() }.boxed_local()),
    ("log", |settings| size::of_a_log(settings).boxed_local()),
    ("memory", |settings| size::of_a_process(settings).boxed_local()),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let settings = Settings::read()?;
    tempfile::env::override_temp_dir(&settings.folder)
        .map_err(|before| anyhow::anyhow!("temporary files already go to {}", before.display()))?;
    match words.as_slice() {
        [echo::ARGUMENT] => echo::serve().await,
        [growth::ARGUMENT, events, streams, folder] => {
            growth::grow(events.parse()?, streams.parse()?, Path::new(folder)).await
        }
        ["growth", more @ ..] => {
            let more =
                more.iter().map(|text| text.replace('_', "").parse()).collect::<Result<Vec<u64>, _>>()?;
            growth::print(&settings, &more)
        }
        ["planner"] => planner::print(),
        chosen => table(&settings, chosen).await,
    }
}

async fn table(settings: &Settings, chosen: &[&str]) -> anyhow::Result<()> {
    let names: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = chosen.iter().find(|name| !names.contains(name)) {
        anyhow::bail!("there is no case {unknown}; there are growth, planner, {}", names.join(", "));
    }
    let mut lines = Vec::new();
    for (name, row) in ROWS.iter().filter(|(name, _)| chosen.is_empty() || chosen.contains(name)) {
        eprintln!("{name}");
        match row(settings).await {
            Ok(measured) => lines.extend(measured),
            Err(error) => {
                eprintln!("{error:#}");
                lines.push(Line::not_measured(name, &format!("{error:#}")));
            }
        }
    }
    report::print_targets(lines);
    Ok(())
}
