//! An answer as people read it: lines for a single thing, tables for lists.

use super::cell;
use super::descriptors::{is_any, is_choice, is_compact, is_well_known, nested, packed, unpack};
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use jiff::tz::TimeZone;
use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use std::io::Write;
use uuid::Uuid;

/// Fields of an answer that are not about its subject.
const APART: [&str; 2] = ["next_page_token", "position"];

/// Columns of a table beneath a single thing, at most; what has more is told in lines.
const COLUMNS_MAX: usize = 12;

/// A line under the heading, and nothing else.
pub const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints for people.
pub struct Printer<'a> {
    /// Where to.
    pub out: &'a mut dyn Write,
    /// The time zone of moments.
    pub zone: TimeZone,
    /// Columns of the terminal; none when it is a file or a pipe.
    pub width: Option<u16>,
}

/// What stands above a list, and how its things are shown.
struct Heading {
    text: String,
    /// Each thing in lines of its own, and not as a row.
    blocks: bool,
}

/// What a message says, taken apart: single values, and lists of things.
#[derive(Default)]
struct Parts {
    values: Vec<(String, String)>,
    lists: Vec<(Heading, Vec<DynamicMessage>)>,
}

impl Printer<'_> {
    /// Prints an answer.
    pub fn answer(&mut self, answer: &DynamicMessage) -> std::io::Result<()> {
        let descriptor = answer.descriptor();
        // The position that a view has reached matters to programs, that of a command to everybody.
        let carries = descriptor.fields().any(|field| nested(&field).is_some() || is_list_of_things(&field));
        let mut parts = Parts::default();
        let summed = with_totals(answer);
        self.take_apart(summed.as_ref().unwrap_or(answer), &mut parts, if carries { &APART } else { &[] });
        let lists = descriptor.fields().filter(is_list_of_things).count();
        let alone = parts.values.len() <= 1 && lists == 1;
        self.parts(&parts, 0, alone)?;
        if alone && parts.lists.is_empty() {
            let name = descriptor.fields().find(is_list_of_things).map(|field| words(field.name()));
            writeln!(self.out, "no {}", name.unwrap_or_default())?;
        }
        let next = answer.get_field_by_name("next_page_token");
        if let Some(token) = next.as_deref().and_then(Value::as_str).filter(|token| !token.is_empty()) {
            writeln!(self.out, "\nmore with --page-token {token}")?;
        }
        Ok(())
    }

    fn take_apart(&self, message: &DynamicMessage, parts: &mut Parts, apart: &[&str]) {
        let mut fields: Vec<FieldDescriptor> = message.descriptor().fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        for field in fields {
            if apart.contains(&field.name()) {
                continue;
            }
            let value = message.get_field(&field);
            if is_list_of_things(&field) {
                let things: Vec<DynamicMessage> = things(&value);
                let blocks =
                    field.kind().as_message().is_some_and(|message| is_deep(message) || is_wide(message));
                if !things.is_empty() {
                    parts.lists.push((Heading { text: words(field.name()), blocks }, things));
                }
            } else if field.kind().as_message().is_some_and(is_any) {
                for any in things(&value) {
                    let Some(thing) = unpack(&any) else {
                        let (url, bytes) = packed(&any);
                        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
                        let text = format!("not known to this program; in base64: {bytes}");
                        parts.values.push((name, text));
                        continue;
                    };
                    let heading = Heading { text: thing.descriptor().name().to_owned(), blocks: true };
                    parts.lists.push((heading, vec![thing]));
                }
            } else if nested(&field).is_some() {
                if let (true, Some(inner)) = (message.has_field(&field), value.as_message()) {
                    self.take_apart(inner, parts, &[]);
                }
            } else {
                let text = cell::field(message, &field, &self.zone);
                let line = (words(field.name()), text);
                if !line.1.is_empty() && !parts.values.contains(&line) {
                    parts.values.push(line);
                }
            }
        }
    }

    fn parts(&mut self, parts: &Parts, indent: usize, alone: bool) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        let widest = parts.values.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, text) in &parts.values {
            let gap = " ".repeat(widest - name.chars().count());
            let hanging = format!("\n{margin}{}", " ".repeat(widest + 3));
            writeln!(self.out, "{margin}{name}:{gap}  {}", text.trim_end().replace('\n', &hanging))?;
        }
        for (at, (heading, things)) in parts.lists.iter().enumerate() {
            if at > 0 || !parts.values.is_empty() {
                writeln!(self.out)?;
            }
            if alone {
                self.table(things, indent)?;
            } else if heading.blocks {
                self.blocks(&heading.text, things, indent)?;
            } else {
                writeln!(self.out, "{margin}{}", heading.text)?;
                self.table(things, indent + 2)?;
            }
        }
        Ok(())
    }

    fn blocks(&mut self, name: &str, things: &[DynamicMessage], indent: usize) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        for (at, thing) in things.iter().enumerate() {
            if at > 0 {
                writeln!(self.out)?;
            }
            let which =
                if things.len() > 1 { format!(" ({} of {})", at + 1, things.len()) } else { String::new() };
            writeln!(self.out, "{margin}{name}{which}")?;
            let mut parts = Parts::default();
            self.take_apart(thing, &mut parts, &[]);
            self.parts(&parts, indent + 2, false)?;
        }
        Ok(())
    }

    fn table(&mut self, things: &[DynamicMessage], indent: usize) -> std::io::Result<()> {
        let Some(first) = things.first() else { return Ok(()) };
        let mut columns = Vec::new();
        collect_columns(&first.descriptor(), &[], &mut columns);
        let mut rows: Vec<Vec<String>> = things
            .iter()
            .map(|thing| columns.iter().map(|column| self.cell(thing, column)).collect())
            .collect();
        // A column without a word in it only takes space, and so does an id beside a number.
        let numbered = columns.iter().any(|column| last(column).name() == "number");
        let used: Vec<bool> = (0..columns.len())
            .map(|at| {
                let mut cells =
                    rows.iter().map(|row| row[at].as_str()).filter(|cell| !cell.is_empty()).peekable();
                cells.peek().is_some() && !(numbered && cells.all(|cell| Uuid::parse_str(cell).is_ok()))
            })
            .collect();
        let keep = |cells: Vec<String>| -> Vec<String> {
            cells.into_iter().zip(&used).filter(|(_, used)| **used).map(|(cell, _)| cell).collect()
        };
        let columns: Vec<&Vec<FieldDescriptor>> =
            columns.iter().zip(&used).filter(|(_, used)| **used).map(|(column, _)| column).collect();
        let mut table = Table::new();
        table.load_style(STYLE);
        if let Some(width) = self.width {
            let width = width.saturating_sub(indent as u16).max(20);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.set_header(columns.iter().map(|column| words(last(column).name())));
        for row in rows.drain(..).map(keep) {
            table.add_row(row.into_iter().zip(&columns).map(|(text, column)| {
                let alignment =
                    if is_number(last(column)) { CellAlignment::Right } else { CellAlignment::Left };
                Cell::new(text).set_alignment(alignment)
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let margin = " ".repeat(indent);
        for line in table.lines() {
            writeln!(self.out, "{margin}{}", line.trim_end())?;
        }
        Ok(())
    }

    fn cell(&self, thing: &DynamicMessage, column: &[FieldDescriptor]) -> String {
        let Some((first, rest)) = column.split_first() else { return String::new() };
        if rest.is_empty() {
            if is_list_of_things(first) && !is_list_of_small(first) {
                return things(&thing.get_field(first)).len().to_string();
            }
            return cell::field(thing, first, &self.zone);
        }
        match thing.get_field(first).as_message() {
            Some(inner) if thing.has_field(first) => self.cell(inner, rest),
            _ => String::new(),
        }
    }
}

/// The answer with the totals as the last of its rows, when it has both.
fn with_totals(answer: &DynamicMessage) -> Option<DynamicMessage> {
    let totals = answer.get_field_by_name("totals")?;
    let rows = answer.descriptor().get_field_by_name("rows")?;
    let row = rows.kind().as_message()?.clone();
    let kind = totals.as_message()?.descriptor();
    let counts = row.fields().find(|field| field.kind().as_message() == Some(&kind))?;
    let name = row.fields().find(|field| field.kind() == Kind::String)?;
    let mut last = DynamicMessage::new(row);
    last.set_field(&counts, totals.into_owned());
    last.set_field(&name, Value::String("all".into()));
    let mut summed = answer.clone();
    summed.clear_field_by_name("totals");
    summed.get_field_mut(&rows).as_list_mut()?.push(Value::Message(last));
    Some(summed)
}

fn collect_columns(
    message: &MessageDescriptor,
    outer: &[FieldDescriptor],
    columns: &mut Vec<Vec<FieldDescriptor>>,
) {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    for field in fields {
        let path: Vec<FieldDescriptor> = outer.iter().chain([&field]).cloned().collect();
        let known = |inner: &MessageDescriptor| path.iter().any(|field| field.parent_message() == inner);
        match nested(&field) {
            Some(inner) if !known(&inner) => collect_columns(&inner, &path, columns),
            _ => columns.push(path),
        }
    }
}

fn last(column: &[FieldDescriptor]) -> &FieldDescriptor {
    column.last().expect("a column shows a field")
}

/// Whether a field holds many messages that are shown as rows.
fn is_list_of_things(field: &FieldDescriptor) -> bool {
    field.is_list() && field.kind().as_message().is_some_and(|message| !is_well_known(message))
}

/// Whether each message of the list fits into a few letters of a cell.
fn is_list_of_small(field: &FieldDescriptor) -> bool {
    field.kind().as_message().is_some_and(|message| is_compact(message) || is_choice(message))
}

/// Whether messages of this type have lists of things in them that a row could only count.
fn is_deep(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| is_list_of_things(&field) && !is_list_of_small(&field))
}

/// Whether a row of such messages would be too long to read.
fn is_wide(message: &MessageDescriptor) -> bool {
    let mut columns = Vec::new();
    collect_columns(message, &[], &mut columns);
    columns.len() > COLUMNS_MAX
}

fn is_number(field: &FieldDescriptor) -> bool {
    field.cardinality() != Cardinality::Repeated
        && !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Bool | Kind::Enum(_) | Kind::Message(_))
}

fn things(value: &Value) -> Vec<DynamicMessage> {
    let values = value.as_list().unwrap_or_default();
    values.iter().filter_map(|value| value.as_message().cloned()).collect()
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}
