//! What a supervisor sees in the end: the board, the indicators and the verified log.

use crate::client::layout::{Column, Set, Table};
use crate::client::{label_of, said};
use crate::language::{say, text};
use crate::stdout::print_line;
use crate::story::demo::stage::{PAGE_COLUMNS, Stage, expect_refusal, heading, narrate};
use anyhow::{Context as _, bail};
use client::Client;
use domain::Role;
use proto::deliberation::v1::{GetDocketRequest, ListDocketsRequest};
use proto::followup::v1::{BoardCounts, BoardRow, GetBoardRequest, GetIndicatorsRequest, Indicator};
use proto::ledger::v1::GetHeadRequest;
use proto::ledger::v1::{VerifyLogRequest, VerifyLogResponse};
use proto::resolution::v1::{GetResolutionRequest, ListItemsRequest, ListResolutionsRequest};
use proto::scheduling::v1::{GetSessionRequest, GetSessionResponse, ListSessionsRequest};
use tonic::Status;
use uuid::Uuid;

/// The figures of the board.
const FIGURES: [&str; 9] = [
    "open",
    "due_soon",
    "late",
    "blocked",
    "escalated",
    "unacknowledged",
    "awaiting_acceptance",
    "extended",
    "done",
];

/// Prints the board, the indicators with their baselines, what an outsider sees, and the result of the log's
/// verification.
pub async fn report(stage: &Stage) -> anyhow::Result<()> {
    let head = stage.operator.call(GetHeadRequest {}).await?;
    board(stage, head.position).await?;
    indicators(stage, head.position).await?;
    outside(stage, head.position).await?;
    verify(stage).await
}

async fn board(stage: &Stage, at_least_position: u64) -> anyhow::Result<()> {
    heading(text("The supervisors' board 督办看板"))?;
    let board = stage.supervisor.call(GetBoardRequest { at_least_position, ..Default::default() }).await?;
    let totals = board.totals.context("the board has no totals")?;
    let total = BoardRow { department_code: text("all").into(), counts: Some(totals) };
    let rows: Vec<&BoardRow> = board.rows.iter().chain([&total]).collect();
    let codes = rows.iter().map(|row| row.department_code.clone()).collect();
    let mut columns = vec![Column { heading: text("department").into(), cells: codes, set: Set::Text }];
    columns.extend(FIGURES.into_iter().enumerate().map(|(at, figure)| {
        let cell = |row: &&BoardRow| match figures(&row.counts.unwrap_or_default())[at] {
            0 => "·".to_owned(),
            count => count.to_string(),
        };
        let heading = label_of("huishang.followup.v1.BoardCounts", figure);
        Column { heading, cells: rows.iter().map(cell).collect(), set: Set::Number }
    }));
    print_table(columns)?;
    if totals.late == 0 || totals.escalated == 0 || totals.blocked == 0 || totals.done == 0 {
        bail!(
            "the story should end with items late, escalated, blocked and done, but the board has {totals:?}"
        );
    }
    Ok(())
}

/// The columns of a row, in the order of the header.
fn figures(counts: &BoardCounts) -> [u32; 9] {
    [
        counts.open,
        counts.due_soon,
        counts.late,
        counts.blocked,
        counts.escalated,
        counts.unacknowledged,
        counts.awaiting_acceptance,
        counts.extended,
        counts.done,
    ]
}

async fn indicators(stage: &Stage, at_least_position: u64) -> anyhow::Result<()> {
    heading(text("The indicators and their baselines 指标"))?;
    let answer =
        stage.supervisor.call(GetIndicatorsRequest { at_least_position, ..Default::default() }).await?;
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let column = |heading: &str, set: Set, cell: &dyn Fn(&Indicator) -> String| Column {
        heading: heading.into(),
        cells: answer.indicators.iter().map(cell).collect(),
        set,
    };
    print_table(vec![
        column(text("indicator"), Set::Text, &|indicator| in_words("name", &indicator.name)),
        column(text("here"), Set::Number, &|indicator| shown(indicator.value)),
        column(text("baseline"), Set::Number, &|indicator| shown(indicator.baseline)),
        column(text("unit"), Set::Text, &|indicator| in_words("unit", &indicator.unit)),
        column(text("computed from"), Set::Text, &operands),
    ])
}

/// What there is of the matters, as somebody sees it.
#[derive(PartialEq, Eq)]
struct Seen {
    sessions: Vec<String>,
    dockets: usize,
    resolutions: Vec<String>,
    items: usize,
    open: u32,
}

impl Seen {
    async fn by(client: &Client, at_least_position: u64) -> anyhow::Result<Seen> {
        let sessions = ListSessionsRequest { at_least_position, ..Default::default() };
        let dockets = ListDocketsRequest { at_least_position, ..Default::default() };
        let resolutions = ListResolutionsRequest { at_least_position, ..Default::default() };
        let items = ListItemsRequest { at_least_position, ..Default::default() };
        let board = GetBoardRequest { at_least_position, ..Default::default() };
        let sessions = client.call(sessions).await?.sessions.into_iter();
        let resolutions = client.call(resolutions).await?.resolutions.into_iter();
        Ok(Seen {
            sessions: sessions.map(|session| session.session_id).collect(),
            dockets: client.call(dockets).await?.dockets.len(),
            resolutions: resolutions.map(|resolution| resolution.number).collect(),
            items: client.call(items).await?.items.len(),
            open: client.call(board).await?.totals.context("the board has no totals")?.open,
        })
    }

    fn is_nothing(&self) -> bool {
        *self == Seen { sessions: vec![], dockets: 0, resolutions: vec![], items: 0, open: 0 }
    }
}

/// What a department sees that takes part in nothing: nothing, and not even that there is something.
async fn outside(stage: &Stage, at_least_position: u64) -> anyhow::Result<()> {
    heading(text("Seen from outside 局外所见"))?;
    let there = Seen::by(&stage.supervisor, at_least_position).await?;
    narrate(say(
        "The supervisor sees {sessions} sessions, {dockets} dockets and {resolutions} resolutions. The city library took \
         part in none: it sees no session, docket, resolution or item, and a board on which nothing is open.",
        &[
            ("sessions", &there.sessions.len()),
            ("dockets", &there.dockets),
            ("resolutions", &there.resolutions.len()),
        ],
    ))?;
    for role in [Role::DepartmentLead, Role::Delegate, Role::Chair] {
        let library = stage.deployment.client(role, Some(text("CITY-LIBRARY")))?;
        if !Seen::by(&library, at_least_position).await?.is_nothing() {
            bail!("whoever takes part in nothing should see nothing, as {role:?} too");
        }
    }
    let library = stage.deployment.client(Role::DepartmentLead, Some(text("CITY-LIBRARY")))?;
    let session_id = there.sessions.first().context("there is no session")?;
    let session = |session_id: String| GetSessionRequest { at_least_position, session_id };
    let nobodys = library.call(session(Uuid::new_v4().to_string())).await;
    let asked = library.call(session(session_id.clone())).await;
    let said = |answer: Result<GetSessionResponse, Status>| answer.err().map(|refused| refused.to_string());
    if said(nobodys) != said(asked.clone()) {
        bail!("an outsider should not learn from a refusal that a session exists");
    }
    expect_refusal(text("It has heard of a session's id, and asks for it."), asked, "NOT_FOUND")?;
    let docket = GetDocketRequest { at_least_position, docket_id: session_id.clone() };
    expect_refusal(
        text("It asks for what was debated, and who voted how"),
        library.call(docket).await,
        "NOT_FOUND",
    )?;
    let number = there.resolutions.first().context("there is no resolution")?.clone();
    let resolution = GetResolutionRequest { at_least_position, number, ..Default::default() };
    expect_refusal(
        text("It has heard of a resolution's number, and asks for it"),
        library.call(resolution).await,
        "NOT_FOUND",
    )?;
    narrate(text("Each time it gets the answer that an id gets which nobody has."))
}

pub fn print_table(columns: Vec<Column>) -> anyhow::Result<()> {
    Table::new(columns, Some(PAGE_COLUMNS)).lines().iter().try_for_each(|line| print_line(line))
}

/// What the service says in a field of an indicator.
fn in_words(field: &str, said_there: &str) -> String {
    said("huishang.followup.v1.Indicator", field, said_there.to_owned())
}

/// What an indicator was computed from.
fn operands(indicator: &Indicator) -> String {
    let figure = |figure: f64, meaning: &str| format!("{} {meaning}", (figure * 100.0).round() / 100.0);
    let meaning = in_words("numerator_meaning", &indicator.numerator_meaning);
    let numerator = figure(indicator.numerator, &meaning);
    if indicator.denominator_meaning.is_empty() {
        return numerator;
    }
    let meaning = in_words("denominator_meaning", &indicator.denominator_meaning);
    format!("{numerator} / {}", figure(indicator.denominator, &meaning))
}

async fn verify(stage: &Stage) -> anyhow::Result<()> {
    heading(text("The log 台账"))?;
    let verified = verify_log(&stage.operator).await.context(text("the log cannot be verified"))?;
    narrate(say(
        "{records} records, each bound to the one before by SHA-256; all verified. Head {hash}…",
        &[("records", &verified.records), ("hash", &verified.hash.get(..16).unwrap_or(&verified.hash))],
    ))
}

/// Has the ledger verify its whole log; returns the last answer.
async fn verify_log(client: &Client) -> Result<VerifyLogResponse, Status> {
    let mut answers = client.stream(VerifyLogRequest {}).await?;
    while let Some(answer) = answers.message().await? {
        if answer.done {
            return Ok(answer);
        }
    }
    Err(Status::data_loss("the verification ended without a result"))
}
