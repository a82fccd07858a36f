//! The board (台账): department × column. Every number opens exactly the rows that it counts.

mod changes;

use super::answer::{Failure, html};
use super::api::api_call;
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::ROWS_AT_ONCE;
use super::markup::{Light, Markup};
use super::past::{Past, Since};
use super::reader::Reader;
use super::since::SinceForm;
use super::targets;
use super::today;
use super::words::{Words, said};
use super::{Asked, Desk};
use askama::Template;
use changes::Changes;
use http::Response;
use prost_types::Timestamp;
use proto::followup::v1::{BoardColumn, BoardCounts, BoardRow, GetBoardRequest};
use std::collections::BTreeSet;
use tonic::Status;
use tonic::body::Body;

/// A column: its name in links, what it is called, and what it counts.
pub(super) struct Column {
    pub(super) column: BoardColumn,
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
}

/// The columns of the board, in their order.
pub(super) const COLUMNS: [Column; 12] = [
    Column {
        column: BoardColumn::Open,
        name: "open",
        title: said("Open"),
        meaning: said("Neither accepted nor rescinded."),
    },
    Column {
        column: BoardColumn::DueSoon,
        name: "due_soon",
        title: said("Due within 7 days"),
        meaning: said("Due within the next 7 days while their clocks run."),
    },
    Column {
        column: BoardColumn::Late,
        name: "late",
        title: said("Late"),
        meaning: said("Past their due moment while their clocks run."),
    },
    Column {
        column: BoardColumn::Blocked,
        name: "blocked",
        title: said("Blocked"),
        meaning: said("The work cannot go on, and a department was asked for help."),
    },
    Column {
        column: BoardColumn::Escalated,
        name: "escalated",
        title: said("Escalated"),
        meaning: said("The supervisor or the leadership was notified since the due date was set."),
    },
    Column {
        column: BoardColumn::Unacknowledged,
        name: "unacknowledged",
        title: said("Unacknowledged"),
        meaning: said("The lead has not acknowledged them."),
    },
    Column {
        column: BoardColumn::AwaitingAcceptance,
        name: "awaiting_acceptance",
        title: said("To be judged"),
        meaning: said("Claimed to be done, and not judged yet."),
    },
    Column {
        column: BoardColumn::Extended,
        name: "extended",
        title: said("Extended"),
        meaning: said("The due date was moved at least once."),
    },
    Column {
        column: BoardColumn::Paused,
        name: "paused",
        title: said("Paused"),
        meaning: said("Contested, suspended or waiting for another item: their clocks stand still."),
    },
    Column { column: BoardColumn::Done, name: "done", title: said("Done"), meaning: said("Accepted.") },
    Column {
        column: BoardColumn::Cancelled,
        name: "cancelled",
        title: said("Rescinded"),
        meaning: said("Rescinded; no longer owed."),
    },
    Column {
        column: BoardColumn::WasLate,
        name: "was_late",
        title: said("Was late"),
        meaning: said("Were overdue at some time, whatever became of them."),
    },
];

/// What falls due later: counted by weeks, and not on the board.
pub(super) const AHEAD: Column = Column {
    column: BoardColumn::Ahead,
    name: "ahead",
    title: said("Due later than now"),
    meaning: said("Due later than now while their clocks run."),
};

/// All that items can be listed by.
pub(super) fn columns() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().chain([&AHEAD])
}

pub(super) fn column(name: &str) -> Option<&'static Column> {
    columns().find(|column| column.name == name)
}

impl Column {
    pub(super) fn count(&self, counts: &BoardCounts) -> u32 {
        match self.column {
            BoardColumn::Open => counts.open,
            BoardColumn::DueSoon => counts.due_soon,
            BoardColumn::Late => counts.late,
            BoardColumn::Blocked => counts.blocked,
            BoardColumn::Escalated => counts.escalated,
            BoardColumn::Unacknowledged => counts.unacknowledged,
            BoardColumn::AwaitingAcceptance => counts.awaiting_acceptance,
            BoardColumn::Extended => counts.extended,
            BoardColumn::Done => counts.done,
            BoardColumn::Paused => counts.paused,
            BoardColumn::Cancelled => counts.cancelled,
            BoardColumn::WasLate => counts.was_late,
            // The board has no such column.
            BoardColumn::Unspecified | BoardColumn::Ahead => 0,
        }
    }
}

/// The light of a department: that of its worst open item.
pub(super) fn light_of(counts: &BoardCounts) -> Option<Light> {
    match counts {
        counts if counts.late > 0 => Some(Light::Red),
        counts if counts.due_soon + counts.blocked + counts.unacknowledged > 0 => Some(Light::Amber),
        counts if counts.open > 0 => Some(Light::Green),
        _ => None,
    }
}

/// The word of a light.
pub(super) fn light_word(words: Words, light: Light) -> &'static str {
    match light {
        Light::Red => words.t("Red"),
        Light::Amber => words.t("Yellow"),
        Light::Green => words.t("Green"),
    }
}

/// The board as of a moment or a position, all departments of it.
pub(super) struct Board {
    pub(super) evaluated_at: Option<Timestamp>,
    pub(super) position: u64,
    pub(super) rows: Vec<BoardRow>,
    pub(super) totals: BoardCounts,
}

impl Board {
    /// The counts of a department; of one that has nothing, none.
    fn of(&self, code: &str) -> BoardCounts {
        let row = self.rows.iter().find(|row| row.department_code == code);
        row.and_then(|row| row.counts).unwrap_or_default()
    }

    pub(super) async fn read(reader: &Reader, past: &Past) -> Result<Board, Status> {
        Board::read_since(reader, &Since::default(), past).await
    }

    /// The same of the items that changed.
    async fn read_since(reader: &Reader, since: &Since, past: &Past) -> Result<Board, Status> {
        let (mut rows, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = GetBoardRequest { page_size: ROWS_AT_ONCE, page_token, ..request(since, past) };
            let page = reader.ask(request).await?;
            rows.extend(page.rows);
            if page.next_page_token.is_empty() {
                let totals = page.totals.unwrap_or_default();
                return Ok(Board { evaluated_at: page.evaluated_at, position: page.position, rows, totals });
            }
            page_token = page.next_page_token;
        }
    }
}

/// What a board is asked for with.
fn request(since: &Since, past: &Past) -> GetBoardRequest {
    GetBoardRequest {
        as_of_at: past.at,
        as_of_position: past.position,
        changed_since_at: since.at,
        changed_since_position: since.position,
        ..Default::default()
    }
}

/// A cell: a number, and where its rows are, if they can be listed.
#[derive(Clone, Default)]
pub(super) struct Cell {
    pub(super) count: u32,
    pub(super) href: Option<String>,
    pub(super) class: &'static str,
    /// What it was before, and where that is, where it is asked what changed and it was another number.
    pub(super) before: Option<Changed>,
    /// How many of its rows changed, and where they are, where that is asked and some did.
    pub(super) changed: Option<Changed>,
}

impl Cell {
    /// What is said beside its number.
    pub(super) fn beside(&self) -> impl Iterator<Item = &Changed> {
        self.before.iter().chain(&self.changed)
    }
}

/// A number beside the one of a cell, in words.
#[derive(Clone)]
pub(super) struct Changed {
    pub(super) text: String,
    /// None where there is nothing to list.
    pub(super) href: Option<String>,
}

impl Changed {
    /// That so many of the rows at an address changed.
    pub(super) fn of(words: Words, count: u32, href: String) -> Option<Changed> {
        let changed = Changed { text: words.say("{n} changed", &[("n", &count)]), href: Some(href) };
        (count > 0).then_some(changed)
    }

    /// That there were so many before, where that is another number.
    fn before(words: Words, (count, now): (u32, u32), href: String) -> Option<Changed> {
        let text = words.say("was {n}", &[("n", &count)]);
        (count != now).then(|| Changed { text, href: (count > 0).then_some(href) })
    }
}

struct Row {
    code: String,
    name: String,
    light: Option<Markup>,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    frame: Frame,
    lede: Vec<Markup>,
    since: SinceForm,
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    totals: Vec<Cell>,
    summary: String,
}

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = &Past::read(reader, &query, &around.calendar).await?;
    let since = &Since::read(&query, &around.calendar);
    if let Some(form) = export::wanted(&query).filter(|_| !since.is_asked()) {
        return export::list(desk, reader, asked, request(since, past), form).await;
    }
    let (board, changes, missed) = futures::future::try_join3(
        Board::read(reader, past),
        Changes::read(reader, since, past),
        targets::missed(reader, past),
    )
    .await?;
    if let Some((form, changes)) = export::wanted(&query).zip(changes.as_ref()) {
        let grid = changes.grid(words, &around.directory, &board);
        return export::grid(desk, reader, asked, &api_call(&request(since, past)), &grid, form).await;
    }
    let mut frame = Frame::new(reader, &around, asked, Nav::Board, words.t("Board"));
    frame.offer_files(&query, "/board");
    let api = api_call(&request(since, past));
    frame.stamp = Some(Stamp::new(reader, &around.calendar, board.evaluated_at, board.position, &api).await);
    past.show(words, &query, &mut frame);
    let changes = changes.as_ref();
    let codes = board.rows.iter().map(|row| row.department_code.as_str());
    let codes: BTreeSet<&str> = codes.chain(changes.iter().flat_map(|changes| changes.codes())).collect();
    let rows: Vec<Row> = codes
        .into_iter()
        .map(|code| {
            let counts = board.of(code);
            Row {
                code: code.to_owned(),
                name: around.directory.name(code),
                light: light_of(&counts).map(|light| Markup::light(light, light_word(words, light))),
                cells: cells(words, &counts, Some(code), past, changes),
            }
        })
        .collect();
    let lede = lede(words, &board, past).into_iter();
    let lede = lede.chain(missed_targets(words, missed.len(), past));
    let page = BoardPage {
        lede: lede.chain(changes.map(|changes| changes.sentence(words, &around.calendar))).collect(),
        since: SinceForm::new(&query, today::looked(asked), &around.calendar),
        columns: COLUMNS.iter().map(|column| (words.t(column.title), words.t(column.meaning))).collect(),
        summary: words.say("{n} departments", &[("n", &rows.len())]),
        rows,
        totals: cells(words, &board.totals, None, past, changes),
        frame,
    };
    Ok(html(&page))
}

fn cells(
    words: Words,
    counts: &BoardCounts,
    lead: Option<&str>,
    past: &Past,
    changes: Option<&Changes>,
) -> Vec<Cell> {
    let cell = |column: &Column| {
        let count = column.count(counts);
        let class = match (column.column, count) {
            (_, 0) => "nil",
            (BoardColumn::Late, _) => "bad",
            (BoardColumn::Done | BoardColumn::Cancelled | BoardColumn::WasLate, _) => "edge",
            _ => "",
        };
        let rows = href(lead, column.name);
        let cell = Cell { count, href: (count > 0).then(|| past.link(&rows)), class, ..Cell::default() };
        match changes {
            Some(changes) => changes.beside(words, cell, (lead, column), past),
            None => cell,
        }
    };
    COLUMNS.iter().map(cell).collect()
}

/// Where the rows of a cell are.
pub(super) fn href(lead: Option<&str>, column: &str) -> String {
    href_of_days(lead, column, &[])
}

/// The same of those that are due on some days.
pub(super) fn href_of_days(lead: Option<&str>, column: &str, days: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(lead.map(|lead| ("lead", lead)));
    query.append_pair("column", column);
    query.extend_pairs(days);
    format!("/items?{}", query.finish())
}

/// A number that opens its rows; 0 opens nothing.
pub(super) fn counted(words: Words, count: u32, column: &str, past: &Past) -> Markup {
    self::count(words, count, &past.link(&href(None, column)))
}

/// How many items there are, and where they are; 0 are nowhere.
pub(super) fn count(words: Words, count: u32, href: &str) -> Markup {
    let text = match count {
        1 => words.t("1 item").to_owned(),
        _ => words.say("{n} items", &[("n", &count)]),
    };
    match count > 0 {
        true => Markup::link(href, &text),
        false => Markup::text(&text),
    }
}

/// That targets are missed, where some are.
fn missed_targets(words: Words, count: usize, past: &Past) -> Option<Markup> {
    let text = match count {
        0 => return None,
        1 => words.t("1 target is missed.").to_owned(),
        _ => words.say("{n} targets are missed.", &[("n", &count)]),
    };
    Some(Markup::link(&past.link("/targets?missed=yes"), &text))
}

fn lede(words: Words, board: &Board, past: &Past) -> Vec<Markup> {
    let totals = &board.totals;
    let link = |count, column| counted(words, count, column, past);
    vec![
        Markup::fill(
            words.t(
                "{departments} departments lead {open} that are open: {late} late, {escalated} escalated.",
            ),
            &[
                ("departments", Markup::text(&board.rows.len().to_string())),
                ("open", link(totals.open, "open")),
                ("late", link(totals.late, "late")),
                ("escalated", link(totals.escalated, "escalated")),
            ],
        ),
        Markup::fill(
            words.t("{blocked} blocked, {waiting} to be judged."),
            &[
                ("blocked", link(totals.blocked, "blocked")),
                ("waiting", link(totals.awaiting_acceptance, "awaiting_acceptance")),
            ],
        ),
    ]
}
