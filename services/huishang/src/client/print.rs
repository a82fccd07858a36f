//! Answers for people: lines for a single resource, tables for lists.

use super::cell;
use super::descriptors::{is_any, label, nested, packed, unpack};
use super::table::{Rows, is_deep, is_list_of_messages, is_wide};
use crate::language::{say, text};
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use std::io::Write;
use unicode_width::UnicodeWidthStr as _;

/// Fields of an answer that are not about its resource.
const ENVELOPE: [&str; 2] = ["next_page_token", "position"];

/// Prints for people.
pub struct Printer<'a> {
    /// Where to print.
    pub out: &'a mut dyn Write,
    /// The time zone of moments.
    pub zone: TimeZone,
    /// Columns of the terminal; `None` for a file or a pipe.
    pub width: Option<u16>,
}

/// A list within a message.
struct List {
    heading: String,
    messages: Vec<DynamicMessage>,
    /// Whether each message is shown as lines, and not as a row.
    as_blocks: bool,
}

/// The contents of a message: single values, and lists of messages.
#[derive(Default)]
struct Parts {
    values: Vec<(String, String)>,
    lists: Vec<List>,
}

impl Printer<'_> {
    /// Prints the answer to a query.
    pub fn answer(&mut self, answer: &DynamicMessage) -> std::io::Result<()> {
        let descriptor = answer.descriptor();
        // The position is for programs, unless the answer has nothing else.
        let has_resource =
            descriptor.fields().any(|field| nested(&field).is_some() || is_list_of_messages(&field));
        let mut parts = Parts::default();
        let with_totals = with_totals(answer);
        let omitted: &[&str] = if has_resource { &ENVELOPE } else { &[] };
        self.collect(with_totals.as_ref().unwrap_or(answer), omitted, &mut parts);
        let lists = descriptor.fields().filter(is_list_of_messages).count();
        let only_list = parts.values.len() <= 1 && lists == 1;
        self.print_parts(&parts, 0, only_list)?;
        if only_list && parts.lists.is_empty() {
            let name = descriptor.fields().find(is_list_of_messages).map(|field| label(&field));
            writeln!(self.out, "{}", say("no {what}", &[("what", &name.unwrap_or_default())]))?;
        }
        let next = answer.get_field_by_name("next_page_token");
        if let Some(token) = next.as_deref().and_then(Value::as_str).filter(|token| !token.is_empty()) {
            writeln!(self.out, "\n{}", say("more with --page-token {token}", &[("token", &token)]))?;
        }
        Ok(())
    }

    /// Prints the answer to a command: its position, and the single values of the resource. Lists and nested
    /// messages are left out; a query shows them.
    pub fn command_answer(&mut self, answer: &DynamicMessage) -> std::io::Result<()> {
        let mut parts = Parts::default();
        for field in fields(&answer.descriptor()) {
            match answer.get_field(&field).as_message().filter(|_| nested(&field).is_some()) {
                Some(resource) => self.collect_single_values(resource, &mut parts),
                None => self.collect_value(answer, &field, &mut parts),
            }
        }
        self.print_parts(&parts, 0, false)
    }

    fn collect_single_values(&self, resource: &DynamicMessage, parts: &mut Parts) {
        let single = |field: &FieldDescriptor| !field.is_list() && nested(field).is_none();
        for field in fields(&resource.descriptor()).into_iter().filter(single) {
            self.collect_value(resource, &field, parts);
        }
    }

    fn collect_value(&self, message: &DynamicMessage, field: &FieldDescriptor, parts: &mut Parts) {
        let line = (label(field), cell::field(message, field, &self.zone));
        if !line.1.is_empty() && !parts.values.contains(&line) {
            parts.values.push(line);
        }
    }

    fn collect(&self, message: &DynamicMessage, omitted: &[&str], parts: &mut Parts) {
        for field in fields(&message.descriptor()) {
            if omitted.contains(&field.name()) {
                continue;
            }
            let value = message.get_field(&field);
            if is_list_of_messages(&field) {
                let messages = messages(&value);
                if !messages.is_empty() {
                    let as_blocks =
                        field.kind().as_message().is_some_and(|kind| is_deep(kind) || is_wide(kind));
                    parts.lists.push(List { heading: label(&field), messages, as_blocks });
                }
            } else if field.kind().as_message().is_some_and(is_any) {
                messages(&value).iter().for_each(|any| collect_any(any, parts));
            } else if nested(&field).is_some() {
                if let (true, Some(inner)) = (message.has_field(&field), value.as_message()) {
                    self.collect(inner, &[], parts);
                }
            } else {
                self.collect_value(message, &field, parts);
            }
        }
    }

    fn print_parts(&mut self, parts: &Parts, indent: usize, only_list: bool) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        let widest = parts.values.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, value) in &parts.values {
            let gap = " ".repeat(widest - name.width());
            let hanging = format!("\n{margin}{}", " ".repeat(widest + 3));
            writeln!(self.out, "{margin}{name}:{gap}  {}", value.trim_end().replace('\n', &hanging))?;
        }
        for (index, list) in parts.lists.iter().enumerate() {
            if index > 0 || !parts.values.is_empty() {
                writeln!(self.out)?;
            }
            if only_list {
                self.print_table(&list.messages, indent)?;
            } else if list.as_blocks {
                self.print_blocks(list, indent)?;
            } else {
                writeln!(self.out, "{margin}{}", list.heading)?;
                self.print_table(&list.messages, indent + 2)?;
            }
        }
        Ok(())
    }

    fn print_blocks(&mut self, list: &List, indent: usize) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        let count = list.messages.len();
        for (number, message) in (1..).zip(&list.messages) {
            if number > 1 {
                writeln!(self.out)?;
            }
            let which = if count > 1 {
                say(" ({number} of {count})", &[("number", &number), ("count", &count)])
            } else {
                String::new()
            };
            writeln!(self.out, "{margin}{}{which}", list.heading)?;
            let mut parts = Parts::default();
            self.collect(message, &[], &mut parts);
            self.print_parts(&parts, indent + 2, false)?;
        }
        Ok(())
    }

    fn print_table(&mut self, messages: &[DynamicMessage], indent: usize) -> std::io::Result<()> {
        let Some(first) = messages.first() else { return Ok(()) };
        let table = Rows::of(&first.descriptor(), messages, &self.zone).table(self.width, indent);
        let margin = " ".repeat(indent);
        for line in table.lines() {
            writeln!(self.out, "{margin}{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The message in an `Any`, or its bytes if its type is unknown.
fn collect_any(any: &DynamicMessage, parts: &mut Parts) {
    if let Some(message) = unpack(any) {
        let heading = message.descriptor().name().to_owned();
        parts.lists.push(List { heading, messages: vec![message], as_blocks: true });
        return;
    }
    let (url, bytes) = packed(any);
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    parts.values.push((name, say("unknown to this version; in Base64: {bytes}", &[("bytes", &bytes)])));
}

/// The answer with its totals as the last row, if it has both.
fn with_totals(answer: &DynamicMessage) -> Option<DynamicMessage> {
    let totals = answer.get_field_by_name("totals")?;
    let rows = answer.descriptor().get_field_by_name("rows")?;
    let row = rows.kind().as_message()?.clone();
    let kind = totals.as_message()?.descriptor();
    let counts = row.fields().find(|field| field.kind().as_message() == Some(&kind))?;
    let name = row.fields().find(|field| field.kind() == Kind::String)?;
    let mut last = DynamicMessage::new(row);
    last.set_field(&counts, totals.into_owned());
    last.set_field(&name, Value::String(text("all").into()));
    let mut answer = answer.clone();
    answer.clear_field_by_name("totals");
    answer.get_field_mut(&rows).as_list_mut()?.push(Value::Message(last));
    Some(answer)
}

/// The fields of a message, in the order of their numbers.
pub fn fields(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    fields
}

/// The messages in a list.
pub fn messages(list: &Value) -> Vec<DynamicMessage> {
    let values = list.as_list().unwrap_or_default();
    values.iter().filter_map(|value| value.as_message().cloned()).collect()
}
