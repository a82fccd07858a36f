//! A table as CSV, which spreadsheets read and programs too.

use crate::desk::Provenance;
use crate::grid::{Cell, Grid};
use crate::table::Table;

/// Spreadsheets take a text for UTF-8 only if it begins with this.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes a table: a heading, and a line for each row.
pub(crate) fn write(table: &Table) -> Vec<u8> {
    let mut written = String::from(BYTE_ORDER_MARK);
    line(&mut written, table.columns.iter().map(|column| column.heading.clone()));
    for row in &table.rows {
        line(&mut written, table.columns.iter().map(|column| column.text(row, table.language)));
    }
    written.into_bytes()
}

/// The same of a table of a page.
pub(crate) fn write_grid(grid: &Grid) -> Vec<u8> {
    let mut written = String::from(BYTE_ORDER_MARK);
    line(&mut written, grid.headings.iter().cloned());
    for row in &grid.rows {
        line(&mut written, row.iter().map(Cell::text));
    }
    written.into_bytes()
}

/// A table with what lets anybody make it again after its last line, past an empty one.
pub(crate) fn with_provenance(mut table: Vec<u8>, provenance: Option<&Provenance>) -> Vec<u8> {
    if let Some(provenance) = provenance {
        table.extend(format!("\r\n{}\r\n", quoted(&provenance.text())).into_bytes());
    }
    table
}

fn line(table: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.map(|cell| quoted(&harmless(cell))).collect();
    table.push_str(&cells.join(","));
    table.push_str("\r\n");
}

/// Whether a spreadsheet would take a text for a formula: it may pass over what is not seen, and some take wide and small
/// signs like others. Numbers are none.
pub(crate) fn is_formula(cell: &str) -> bool {
    const SIGNS: [char; 13] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹦', '﹢'];
    let seen = cell.trim_start_matches(['\u{200b}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}']);
    seen.starts_with(SIGNS) && cell.parse::<f64>().is_err()
}

/// A cell that no spreadsheet takes for a formula: an apostrophe makes it a text. Numbers stay numbers.
fn harmless(cell: String) -> String {
    if is_formula(&cell) { format!("'{cell}") } else { cell }
}

fn quoted(cell: &str) -> String {
    match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::departments;
    use client::Language;

    fn table_of(name: &str, language: Language) -> String {
        String::from_utf8(write(&departments(name, language))).unwrap()
    }

    #[test]
    fn a_list_is_a_table_with_a_heading_and_a_line_for_each_row() {
        let table = table_of("Water, \"old\"", Language::English);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("\u{feff}code,name,"), "{table}");
        assert!(lines[1].starts_with("WATER,\"Water, \"\"old\"\"\","), "{table}");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn headings_and_words_are_in_the_callers_language() {
        let table = table_of("水务局", Language::Chinese);
        assert!(!table.lines().next().unwrap().contains("name"), "{table}");
        assert!(!table.contains("DEPARTMENT_LEVEL"), "{table}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for name in ["=1+1", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "+1 2", "\t=1"] {
            let table = table_of(name, Language::English);
            assert!(table.contains(&format!("'{}", name.trim_end())), "{table}");
        }
        assert!(table_of("-2.5", Language::English).contains(",-2.5,"), "a number is none");
    }
}
