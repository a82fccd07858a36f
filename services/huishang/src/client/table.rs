//! A list of messages as a table: one column for each field that is set in any of them.

use super::cell::{self, Style};
use super::descriptors::{
    fields, is_choice, is_compact, is_timestamp, is_well_known, label, messages, nested,
};
use super::layout::{Column, Set};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};

/// Columns of a table below a single resource, at most; messages with more fields are shown as lines.
const COLUMNS_MAX: usize = 12;

/// A field of a message, preceded by those of the messages that contain it.
type Path = Vec<FieldDescriptor>;

/// Columns by which a row is set further in for each tier.
const INDENT: &str = "  ";

/// The columns of a table with a row for each message. Empty columns are left out, and so are ids next to numbers. Rows
/// with a tier are set in by it: a tree is seen as one.
pub fn columns_of(kind: &MessageDescriptor, rows: &[DynamicMessage], style: &Style) -> Vec<Column> {
    let tier = kind.get_field_by_name("tier").filter(|field| field.kind() == Kind::Uint32);
    let mut columns = plain_columns(kind, rows, style);
    if let (Some(tier), Some(first)) = (tier, columns.iter_mut().find(|column| column.set == Set::Text)) {
        for (cell, row) in first.cells.iter_mut().zip(rows) {
            let above = row.get_field(&tier).as_u32().unwrap_or(1).saturating_sub(1);
            *cell = format!("{}{cell}", INDENT.repeat(above as usize));
        }
        first.set = Set::Whole;
    }
    columns
}

fn plain_columns(kind: &MessageDescriptor, rows: &[DynamicMessage], style: &Style) -> Vec<Column> {
    let paths = paths(kind);
    let has_number = paths.iter().any(|path| last(path).name() == "number");
    let is_id = |path: &Path| last(path).name().ends_with("_id");
    // Where a row has nothing else, the id is what it says of the number.
    let says_more = paths.iter().any(|path| !is_id(path) && last(path).name() != "number");
    let column = |path: &Path| Column {
        heading: label(last(path)),
        cells: rows.iter().map(|row| cell(row, path, style)).collect(),
        set: set(last(path)),
    };
    let shown = paths.iter().filter(|path| !(has_number && says_more && is_id(path)));
    shown.map(column).filter(|column| column.cells.iter().any(|cell| !cell.is_empty())).collect()
}

/// How the cells of a field are set.
fn set(field: &FieldDescriptor) -> Set {
    match field.kind() {
        _ if field.is_list() || field.is_map() => Set::Text,
        Kind::Message(message) if is_timestamp(&message) => Set::Whole,
        Kind::String | Kind::Bytes | Kind::Bool | Kind::Enum(_) | Kind::Message(_) => Set::Text,
        _ => Set::Number,
    }
}

fn cell(row: &DynamicMessage, column: &[FieldDescriptor], style: &Style) -> String {
    let Some((first, rest)) = column.split_first() else { return String::new() };
    if rest.is_empty() {
        if is_list_of_messages(first) && !is_list_of_compact(first) {
            return messages(&row.get_field(first)).len().to_string();
        }
        return cell::field(row, first, style);
    }
    match row.get_field(first).as_message() {
        Some(inner) if row.has_field(first) => cell(inner, rest, style),
        _ => String::new(),
    }
}

/// The fields that a row shows; those of a nested message replace it.
fn paths(message: &MessageDescriptor) -> Vec<Path> {
    let mut paths = Vec::new();
    collect_paths(message, &[], &mut paths);
    paths
}

fn collect_paths(message: &MessageDescriptor, outer: &[FieldDescriptor], paths: &mut Vec<Path>) {
    for field in fields(message) {
        let path: Path = outer.iter().chain([&field]).cloned().collect();
        let is_recursive =
            |inner: &MessageDescriptor| path.iter().any(|field| field.parent_message() == inner);
        match nested(&field) {
            Some(inner) if !is_recursive(&inner) => collect_paths(&inner, &path, paths),
            _ => paths.push(path),
        }
    }
}

fn last(path: &[FieldDescriptor]) -> &FieldDescriptor {
    path.last().expect("a column shows a field")
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
    paths(message).len() > COLUMNS_MAX
}
