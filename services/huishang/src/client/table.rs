//! A list of messages as a table: one column for each field that is set in any of them.

use super::cell;
use super::descriptors::{is_choice, is_compact, is_well_known, label, nested};
use super::print::{fields, messages};
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use jiff::tz::TimeZone;
use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use uuid::Uuid;

/// Columns of a table below a single resource, at most; messages with more fields are shown as lines.
const COLUMNS_MAX: usize = 12;

/// Columns of a terminal that a table uses at least.
const WIDTH_MIN: u16 = 20;

/// A line below the header, and nothing else.
pub const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A field of a message, preceded by those of the messages that contain it.
type Column = Vec<FieldDescriptor>;

/// The cells of a table.
pub struct Rows {
    columns: Vec<Column>,
    cells: Vec<Vec<String>>,
}

impl Rows {
    /// A row for each message. Empty columns are left out, and so are ids next to numbers.
    pub fn of(kind: &MessageDescriptor, rows: &[DynamicMessage], zone: &TimeZone) -> Rows {
        let columns = columns(kind);
        let has_number = columns.iter().any(|column| last(column).name() == "number");
        let cells_of =
            |column: &Column| -> Vec<String> { rows.iter().map(|row| cell(row, column, zone)).collect() };
        let is_shown = |cells: &[String]| {
            let mut filled = cells.iter().filter(|cell| !cell.is_empty()).peekable();
            filled.peek().is_some() && !(has_number && filled.all(|cell| Uuid::parse_str(cell).is_ok()))
        };
        let (columns, by_column): (Vec<Column>, Vec<Vec<String>>) = columns
            .into_iter()
            .map(|column| (cells_of(&column), column))
            .filter(|(cells, _)| is_shown(cells))
            .map(|(cells, column)| (column, cells))
            .unzip();
        let cells =
            (0..rows.len()).map(|row| by_column.iter().map(|column| column[row].clone()).collect()).collect();
        Rows { columns, cells }
    }

    /// The table, within the terminal's width less the indent.
    pub fn table(self, width: Option<u16>, indent: usize) -> Table {
        let mut table = Table::new();
        table.load_style(STYLE);
        if let Some(width) = width {
            let width = width.saturating_sub(indent as u16).max(WIDTH_MIN);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.set_header(self.columns.iter().map(|column| label(last(column))));
        for row in self.cells {
            table.add_row(row.into_iter().zip(&self.columns).map(|(text, column)| {
                let alignment =
                    if is_number(last(column)) { CellAlignment::Right } else { CellAlignment::Left };
                Cell::new(text).set_alignment(alignment)
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
    }
}

fn cell(row: &DynamicMessage, column: &[FieldDescriptor], zone: &TimeZone) -> String {
    let Some((first, rest)) = column.split_first() else { return String::new() };
    if rest.is_empty() {
        if is_list_of_messages(first) && !is_list_of_compact(first) {
            return messages(&row.get_field(first)).len().to_string();
        }
        return cell::field(row, first, zone);
    }
    match row.get_field(first).as_message() {
        Some(inner) if row.has_field(first) => cell(inner, rest, zone),
        _ => String::new(),
    }
}

/// The columns of a message; those of a nested message replace it.
fn columns(message: &MessageDescriptor) -> Vec<Column> {
    let mut columns = Vec::new();
    collect_columns(message, &[], &mut columns);
    columns
}

fn collect_columns(message: &MessageDescriptor, outer: &[FieldDescriptor], columns: &mut Vec<Column>) {
    for field in fields(message) {
        let path: Column = outer.iter().chain([&field]).cloned().collect();
        let is_recursive =
            |inner: &MessageDescriptor| path.iter().any(|field| field.parent_message() == inner);
        match nested(&field) {
            Some(inner) if !is_recursive(&inner) => collect_columns(&inner, &path, columns),
            _ => columns.push(path),
        }
    }
}

fn last(column: &[FieldDescriptor]) -> &FieldDescriptor {
    column.last().expect("a column shows a field")
}

/// Whether a field is a list of messages that are shown as rows or blocks.
pub fn is_list_of_messages(field: &FieldDescriptor) -> bool {
    field.is_list() && field.kind().as_message().is_some_and(|message| !is_well_known(message))
}

/// Whether every message of the list fits into a cell.
fn is_list_of_compact(field: &FieldDescriptor) -> bool {
    field.kind().as_message().is_some_and(|message| is_compact(message) || is_choice(message))
}

/// Whether messages of this type contain lists that a row could only count.
pub fn is_deep(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| is_list_of_messages(&field) && !is_list_of_compact(&field))
}

/// Whether a row would have too many columns.
pub fn is_wide(message: &MessageDescriptor) -> bool {
    columns(message).len() > COLUMNS_MAX
}

fn is_number(field: &FieldDescriptor) -> bool {
    field.cardinality() != Cardinality::Repeated
        && !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Bool | Kind::Enum(_) | Kind::Message(_))
}
