//! What a supervisor sees in the end: the board, the indicators, the verified log.

use crate::demo::stage::{Stage, part, tell};
use crate::page::say;
use anyhow::{Context as _, bail};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use proto::followup::v1 as followup;

/// The width of what is printed.
const PAGE_COLUMNS: u16 = 110;

/// Prints the board, the indicators against their baselines, and the verdict on the log.
pub async fn close(stage: &Stage) -> anyhow::Result<()> {
    let head = stage.operator.call(proto::ledger::v1::GetHeadRequest {}).await?;
    board(stage, head.position).await?;
    indicators(stage, head.position).await?;
    verify(stage).await
}

async fn board(stage: &Stage, at_least_position: u64) -> anyhow::Result<()> {
    part("The supervisors' board 督办台账")?;
    let board = stage.supervisor.call(followup::GetBoardRequest { at_least_position }).await?;
    let mut table = Table::new();
    table.load_style(crate::client::STYLE);
    table.set_header([
        "department",
        "open",
        "due soon",
        "late",
        "blocked",
        "escalated",
        "not ackn.",
        "to accept",
        "extended",
        "done",
    ]);
    let total = followup::BoardRow { department: "all".into(), counts: board.totals };
    for row in board.rows.iter().chain([&total]) {
        let counts = row.counts.unwrap_or_default();
        let mut cells = vec![Cell::new(&row.department)];
        let figures = [
            counts.open,
            counts.due_soon,
            counts.late,
            counts.blocked,
            counts.escalated,
            counts.unacknowledged,
            counts.awaiting_acceptance,
            counts.extended,
            counts.done,
        ];
        let shown = |figure: u32| if figure == 0 { "·".to_owned() } else { figure.to_string() };
        cells.extend(figures.map(|figure| Cell::new(shown(figure)).set_alignment(CellAlignment::Right)));
        table.add_row(cells);
    }
    say(&table.to_string())?;
    let totals = board.totals.context("a board has totals")?;
    if totals.late == 0 || totals.escalated == 0 || totals.blocked == 0 || totals.done == 0 {
        bail!(
            "the story should end with items late, escalated, blocked and done, but the board has {totals:?}"
        );
    }
    Ok(())
}

async fn indicators(stage: &Stage, at_least_position: u64) -> anyhow::Result<()> {
    part("The indicators against their baselines 指标")?;
    let answer = stage.supervisor.call(followup::GetIndicatorsRequest { at_least_position }).await?;
    let mut table = Table::new();
    table.load_style(crate::client::STYLE);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(PAGE_COLUMNS);
    table.set_header(["indicator", "here", "baseline", "unit", "computed from"]);
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    for indicator in answer.indicators {
        let figure = |figure: f64, meaning: &str| format!("{} {meaning}", (figure * 100.0).round() / 100.0);
        let mut computed = figure(indicator.numerator, &indicator.numerator_meaning);
        if !indicator.denominator_meaning.is_empty() {
            computed =
                format!("{computed} / {}", figure(indicator.denominator, &indicator.denominator_meaning));
        }
        table.add_row([
            indicator.name,
            shown(indicator.value),
            shown(indicator.baseline),
            indicator.unit,
            computed,
        ]);
    }
    say(&table.to_string())?;
    Ok(())
}

async fn verify(stage: &Stage) -> anyhow::Result<()> {
    part("The log 台账")?;
    let verdict = stage.operator.verify_log().await.context("the log does not verify")?;
    tell(format!(
        "{} records, each bound to the one before by SHA-256; all verified. Head {}…",
        verdict.records,
        &verdict.hash[..16]
    ))?;
    Ok(())
}
