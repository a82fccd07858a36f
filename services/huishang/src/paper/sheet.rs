//! The first sheet of a workbook, and all of its texts.

use super::markup::{Piece, attribute, pieces};
use anyhow::{Context as _, ensure};
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// Bytes of a part of a workbook, at most.
const PART_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A workbook.
pub(super) struct Book {
    /// All texts in it.
    pub(super) text: String,
    /// The first sheet.
    pub(super) rows: Vec<Vec<String>>,
}

/// Reads a workbook.
pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Book> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context(crate::language::text("the workbook"))?;
    let shared = match archive.index_for_name("xl/sharedStrings.xml") {
        Some(_) => texts(&part(&mut archive, "xl/sharedStrings.xml")?),
        None => Vec::new(),
    };
    let sheet = part(&mut archive, "xl/worksheets/sheet1.xml")?;
    ensure!(
        !pieces(&sheet).any(|piece| matches!(piece, Piece::Open { name, .. } if name == "f")),
        crate::language::text("it has formulas; the console writes none, and what they give may change")
    );
    let mut names: Vec<String> =
        archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    names.retain(|name| name.starts_with("xl/worksheets/sheet") && name.ends_with(".xml"));
    // Texts may also stand in the sheets themselves, as some programs write them.
    let mut all = shared.clone();
    for name in names {
        all.extend(texts_of(&part(&mut archive, &name)?, "is"));
    }
    Ok(Book { text: all.join("\n"), rows: rows(&sheet, &shared) })
}

pub(super) fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = archive.by_name(name).with_context(|| name.to_owned())?;
    file.take(PART_BYTES_MAX).read_to_string(&mut text).with_context(|| name.to_owned())?;
    Ok(text)
}

/// The shared texts, in their order.
fn texts(xml: &str) -> Vec<String> {
    texts_of(xml, "si")
}

/// The texts within each of these elements; what is said of their sound is left out.
fn texts_of(xml: &str, element: &str) -> Vec<String> {
    let (mut found, mut current, mut is_text) = (Vec::new(), None::<String>, false);
    let mut phonetic = 0_u32;
    for piece in pieces(xml) {
        match piece {
            Piece::Open { name, is_closed, .. } if name == element => {
                current = Some(String::new());
                if is_closed {
                    found.extend(current.take());
                }
            }
            Piece::Open { name, is_closed: false, .. } if name == "rph" => phonetic += 1,
            Piece::Open { name, is_closed: false, .. } if name == "t" => is_text = phonetic == 0,
            Piece::Text(text) if is_text => {
                current.iter_mut().for_each(|current| current.push_str(&text));
            }
            Piece::Close(name) if name == "t" => is_text = false,
            Piece::Close(name) if name == "rph" => phonetic = phonetic.saturating_sub(1),
            Piece::Close(name) if name == element => found.extend(current.take()),
            _ => {}
        }
    }
    found
}

/// The rows of a sheet, each cell at its place.
fn rows(xml: &str, shared: &[String]) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), None::<Cell>);
    let mut is_value = false;
    for piece in pieces(xml) {
        match piece {
            Piece::Open { name, attributes, is_closed } if name == "c" => {
                let place = attribute(attributes, "r").unwrap_or_default();
                let read = Cell {
                    at: column(place),
                    kind: attribute(attributes, "t").map(str::to_owned),
                    value: String::new(),
                };
                cell = (!is_closed).then_some(read);
            }
            Piece::Open { name, is_closed: false, .. } if name == "v" || name == "t" => is_value = true,
            Piece::Text(text) if is_value => cell.iter_mut().for_each(|cell| cell.value.push_str(&text)),
            Piece::Close(name) if name == "v" || name == "t" => is_value = false,
            Piece::Close(name) if name == "c" => {
                if let Some(read) = cell.take() {
                    let (at, value) = (read.at.unwrap_or(row.len()), read.value(shared));
                    if row.len() <= at {
                        row.resize(at + 1, String::new());
                    }
                    row[at] = value;
                }
            }
            Piece::Close(name) if name == "row" => rows.push(std::mem::take(&mut row)),
            _ => {}
        }
    }
    rows
}

struct Cell {
    at: Option<usize>,
    kind: Option<String>,
    value: String,
}

impl Cell {
    fn value(self, shared: &[String]) -> String {
        match self.kind.as_deref() {
            Some("s") => {
                let text = self.value.trim().parse().ok().and_then(|at: usize| shared.get(at));
                text.cloned().unwrap_or_default()
            }
            Some("inlineStr" | "str" | "e") => self.value,
            Some("b") => if self.value.trim() == "1" { "true" } else { "false" }.to_owned(),
            // Programs write the same number in several ways.
            _ => self.value.trim().parse::<f64>().map_or(self.value, |number| number.to_string()),
        }
    }
}

/// The number of a column, from its letters: 0 for A. Columns beyond those that workbooks have are none.
fn column(place: &str) -> Option<usize> {
    const COLUMNS_MAX: usize = 16_384;
    let letters = place.chars().take_while(char::is_ascii_uppercase);
    let number = letters.fold(0_usize, |number, letter| {
        number.saturating_mul(26).saturating_add(usize::from(letter as u8 - b'A') + 1)
    });
    number.checked_sub(1).filter(|at| *at < COLUMNS_MAX)
}
