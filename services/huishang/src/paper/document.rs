//! A file that is verified: all of its text, and its figures by their places.

use super::{markup, sheet};
use crate::client::text_file::without_bom;
use anyhow::Context as _;

/// What the line of a paper begins with, in any version.
const LINE_BEGIN: &str = "huishang-paper/";

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Xlsx,
    Page,
    /// A line alone.
    Text,
}

/// A file.
pub(super) struct Document {
    pub(super) form: Form,
    /// All that is written in it.
    pub(super) text: String,
    /// What it shows, in its order.
    pub(super) figures: Vec<Figure>,
}

/// Something that a file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    /// Where it stands: its row and its column in a table, or what is written before it.
    pub(super) place: Place,
    pub(super) value: String,
}

/// Where something stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Cell { row: String, column: String },
    After(String),
}

impl Document {
    /// Reads a file by what it begins with.
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Document> {
        if bytes.starts_with(b"PK") {
            let book = sheet::read(bytes)?;
            return Ok(Document { form: Form::Xlsx, text: book.text, figures: cells(&book.rows) });
        }
        let text = std::str::from_utf8(bytes).context(crate::language::text(
            "it is not a CSV file, a workbook, a saved page or a text file",
        ))?;
        let text = without_bom(text).to_owned();
        if text.trim_start().starts_with('<') {
            let page = markup::page(&text);
            return Ok(Document { form: Form::Page, text: page.text, figures: page.figures });
        }
        if text.trim_start().starts_with(LINE_BEGIN) {
            return Ok(Document { form: Form::Text, text, figures: Vec::new() });
        }
        Ok(Document { form: Form::Csv, figures: cells(&records(&text)), text })
    }

    /// All that it shows, for people.
    pub(super) fn lines(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut row_before = None;
        for Figure { place, value } in &self.figures {
            match place {
                Place::Cell { row, column } => {
                    if row_before != Some(row) {
                        lines.push(row.clone());
                        row_before = Some(row);
                    }
                    lines.push(format!("  {column}: {value}"));
                }
                Place::After(_) => lines.push(value.clone()),
            }
        }
        lines.join("\n")
    }
}

/// The cells of a table, those of its first row, which names its columns, too. The line that proves it is none of them.
fn cells(rows: &[Vec<String>]) -> Vec<Figure> {
    let Some(headings) = rows.first() else { return Vec::new() };
    let is_line = |row: &[String]| matches!(row, [cell] if cell.starts_with(LINE_BEGIN));
    let shown = |row: &[String]| row.iter().any(|cell| !cell.is_empty()) && !is_line(row);
    let rows = rows.iter().zip(1..).filter(|(row, _)| shown(row));
    rows.flat_map(|(row, number)| {
        // What it is about, by its first two cells, as ids say little.
        let name = row.iter().take(2).filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        let cell = move |at: usize| Figure {
            place: Place::Cell {
                row: format!("{number} ({name})"),
                column: headings.get(at).cloned().unwrap_or_default(),
            },
            value: row.get(at).cloned().unwrap_or_default(),
        };
        (0..row.len().max(headings.len())).map(cell)
    })
    .collect()
}

/// The records of a CSV file (RFC 4180).
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, is_quoted) {
            ('"', true) if characters.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', _) => is_quoted = !is_quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (other, _) => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
