//! What changed on the board since a moment or a position: beside each number what it was then, and how many of its rows changed
//! since. Those that left a number are among what it was.

use super::{Board, COLUMNS, Cell, Changed, Column, count, href};
use crate::desk::directory::Directory;
use crate::desk::markup::Markup;
use crate::desk::moment::Calendar;
use crate::desk::past::{Past, Since};
use crate::desk::reader::Reader;
use crate::desk::words::{Words, said};
use crate::grid::{self, Grid};
use proto::followup::v1::BoardCounts;
use std::collections::BTreeSet;
use tonic::Status;

/// What is shown beside the board.
pub(super) struct Changes {
    since: Since,
    past: Past,
    /// The board as it was.
    before: Board,
    /// The board of the items that changed.
    changed: Board,
}

impl Changes {
    /// Nothing where it is not asked for.
    pub(super) async fn read(reader: &Reader, since: &Since, past: &Past) -> Result<Option<Changes>, Status> {
        if !since.is_asked() {
            return Ok(None);
        }
        let then = since.past();
        let both =
            futures::future::try_join(Board::read(reader, &then), Board::read_since(reader, since, past));
        let (before, changed) = both.await?;
        Ok(Some(Changes { since: since.clone(), past: past.clone(), before, changed }))
    }

    /// The departments that led something, or lead what changed.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        let rows = self.before.rows.iter().chain(&self.changed.rows);
        rows.map(|row| row.department_code.as_str())
    }

    /// How many items changed.
    pub(super) fn sentence(&self, words: Words, calendar: &Calendar) -> Markup {
        let totals = &self.changed.totals;
        let changed = totals.open + totals.done + totals.cancelled;
        let rows = self.past.link(&self.since.link("/items"));
        let pieces = [("n", count(words, changed, &rows)), ("since", self.since.said(words, calendar))];
        Markup::fill(words.t("Changed since {since}: {n}."), &pieces)
    }

    /// A cell with what changed in it.
    pub(super) fn beside(
        &self,
        words: Words,
        cell: Cell,
        (lead, column): (Option<&str>, &Column),
        past: &Past,
    ) -> Cell {
        let (before, changed) = match lead {
            Some(code) => (self.before.of(code), self.changed.of(code)),
            None => (self.before.totals, self.changed.totals),
        };
        let (before, changed) = (column.count(&before), column.count(&changed));
        let rows = href(lead, column.name);
        Cell {
            before: Changed::before(words, (before, cell.count), self.since.past().link(&rows)),
            changed: Changed::of(words, changed, past.link(&self.since.link(&rows))),
            ..cell
        }
    }

    /// The table as a file has it: beside each column what it was, and how many of its rows changed.
    pub(super) fn grid(&self, words: Words, directory: &Directory, board: &Board) -> Grid {
        let names = [words.t("Code"), words.t("Department")].map(str::to_owned);
        let headings = COLUMNS.iter().flat_map(|column| {
            let title = words.t(column.title);
            let beside = [said("{column}, before"), said("{column}, changed")];
            [title.to_owned()].into_iter().chain(beside.map(|text| words.say(text, &[("column", &title)])))
        });
        let line = |code: &str, name: String, [now, before, changed]: [BoardCounts; 3]| {
            let names = [code.to_owned(), name].map(grid::Cell::Text);
            let counts = COLUMNS.iter().flat_map(|column| {
                [now, before, changed].map(|counts| grid::Cell::Number(column.count(&counts)))
            });
            names.into_iter().chain(counts).collect()
        };
        let codes = board.rows.iter().map(|row| row.department_code.as_str()).chain(self.codes());
        let of = |code: &str| [board, &self.before, &self.changed].map(|board| board.of(code));
        let totals = [board, &self.before, &self.changed].map(|board| board.totals);
        let rows = codes.collect::<BTreeSet<_>>().into_iter();
        Grid {
            name: "board",
            language: words.0,
            headings: names.into_iter().chain(headings).collect(),
            rows: rows
                .map(|code| line(code, directory.name(code), of(code)))
                .chain([line("", words.t("All").to_owned(), totals)])
                .collect(),
            position: board.position,
            evaluated_at: board.evaluated_at,
        }
    }
}
