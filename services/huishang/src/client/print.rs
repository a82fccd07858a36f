//! Answers for people: lines for a single resource, tables for lists.

use super::cell::{self, Style};
use super::descriptors::{
    case_word, fields, is_any, is_choice, is_timestamp, is_well_known, label, messages, nested, packed,
    unpack,
};
use super::layout::{Table, columns, wrap};
use super::table::{columns_of, is_deep, is_list_of_messages, is_wide};
use super::{identified, moment};
use crate::language::{say, text};
use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};
use std::io::Write;

/// Fields of an answer that are not about its resource.
const ENVELOPE: [&str; 3] = ["next_page_token", "position", EARLIER];
/// The field that says how to ask for what came before an answer.
const EARLIER: &str = "earlier_history_before_position";
/// Columns of a terminal that are used at least.
const WIDTH_MIN: usize = 20;
/// Values of a choice's case that are shown on one line, at most.
const INLINE_VALUES_MAX: usize = 3;

/// Prints for people.
pub struct Printer<'a> {
    /// Where to print.
    pub out: &'a mut dyn Write,
    /// The time zone of moments.
    pub zone: TimeZone,
    /// Columns of the terminal; `None` for a file or a pipe, where ids are whole and every row is one line.
    pub width: Option<usize>,
}

/// A message or several within another one.
struct Block {
    heading: String,
    messages: Vec<DynamicMessage>,
    /// Whether each message is shown as lines, and not as a row.
    as_lines: bool,
}

/// The contents of a message: single values, and messages.
#[derive(Default)]
struct Parts {
    values: Vec<(String, String)>,
    blocks: Vec<Block>,
}

impl Printer<'_> {
    /// Prints the answer to a query.
    pub fn answer(&mut self, answer: &DynamicMessage) -> std::io::Result<()> {
        let style = self.style(answer);
        let descriptor = answer.descriptor();
        // The position is for programs, unless the answer has nothing else.
        let has_resource =
            descriptor.fields().any(|field| nested(&field).is_some() || is_list_of_messages(&field));
        let with_totals = with_totals(answer);
        let omitted: &[&str] = if has_resource { &ENVELOPE } else { &[] };
        let parts = Parts::of(with_totals.as_ref().unwrap_or(answer), omitted, &style);
        let lists = descriptor.fields().filter(is_list_of_messages).count();
        let only_list = parts.values.len() <= 1 && lists == 1;
        self.print_parts(&parts, 0, only_list, &style)?;
        if only_list && parts.blocks.is_empty() {
            let name = descriptor.fields().find(is_list_of_messages).map(|field| label(&field));
            writeln!(self.out, "{}", say("no {what}", &[("what", &name.unwrap_or_default())]))?;
        } else if !style.offsets && style.zone != TimeZone::UTC && moment::is_in(&descriptor) {
            let zone = style.zone.iana_name().unwrap_or(text("the realm's time zone"));
            writeln!(self.out, "\n{}", say("times in {zone}", &[("zone", &zone)]))?;
        }
        let next = answer.get_field_by_name("next_page_token");
        if let Some(token) = next.as_deref().and_then(Value::as_str).filter(|token| !token.is_empty()) {
            writeln!(self.out, "\n{}", say("more with --page-token {token}", &[("token", &token)]))?;
        }
        let earlier = answer.get_field_by_name(EARLIER);
        if let Some(position) = earlier.as_deref().and_then(Value::as_u64).filter(|&position| position > 0) {
            let hint = say("earlier with --history-before-position {position}", &[("position", &position)]);
            writeln!(self.out, "\n{hint}")?;
        }
        Ok(())
    }

    /// Prints the answer to a command: its position, and the single values of the resource. Lists and nested
    /// messages are left out; a query shows them. On a terminal, how a query waits for the position.
    pub fn command_answer(&mut self, answer: &DynamicMessage) -> std::io::Result<()> {
        let style = self.style(answer);
        let mut parts = Parts::default();
        for field in fields(&answer.descriptor()) {
            match answer.get_field(&field).as_message().filter(|_| nested(&field).is_some()) {
                Some(resource) => parts.collect_single_values(resource, &style),
                None => parts.collect_value(answer, &field, &style),
            }
        }
        self.print_parts(&parts, 0, false, &style)?;
        let position = answer.get_field_by_name("position");
        match position
            .as_deref()
            .and_then(Value::as_u64)
            .filter(|&position| position > 0 && self.width.is_some())
        {
            Some(position) => {
                let hint = say(
                    "a query waits for this with --at-least-position {position}",
                    &[("position", &position)],
                );
                writeln!(self.out, "\n{hint}")
            }
            None => Ok(()),
        }
    }

    /// How the values of an answer are shown.
    pub fn style(&self, answer: &DynamicMessage) -> Style {
        let id_chars =
            if self.width.is_some() { identified::telling_apart(answer) } else { identified::WHOLE };
        Style { zone: self.zone.clone(), offsets: self.width.is_none(), id_chars }
    }

    fn width_within(&self, indent: usize) -> Option<usize> {
        self.width.map(|width| width.saturating_sub(indent).max(WIDTH_MIN))
    }

    fn print_parts(
        &mut self,
        parts: &Parts,
        indent: usize,
        only_list: bool,
        style: &Style,
    ) -> std::io::Result<()> {
        self.print_values(&parts.values, indent)?;
        for (index, block) in parts.blocks.iter().enumerate() {
            if index > 0 || !parts.values.is_empty() {
                writeln!(self.out)?;
            }
            if only_list {
                self.print_table(&block.messages, indent, style)?;
            } else if block.as_lines {
                self.print_lines(block, indent, style)?;
            } else {
                writeln!(self.out, "{}{}", " ".repeat(indent), block.heading)?;
                self.print_table(&block.messages, indent + 2, style)?;
            }
        }
        Ok(())
    }

    fn print_values(&mut self, values: &[(String, String)], indent: usize) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        let widest = values.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        let width = self.width_within(indent + widest + 3);
        for (name, value) in values {
            let gap = " ".repeat(widest - columns(name));
            let lines = match width {
                Some(width) => wrap(value, width),
                None => value.trim_end().lines().map(str::to_owned).collect(),
            };
            let hanging = format!("\n{margin}{}", " ".repeat(widest + 3));
            writeln!(self.out, "{margin}{name}:{gap}  {}", lines.join(&hanging))?;
        }
        Ok(())
    }

    fn print_lines(&mut self, block: &Block, indent: usize, style: &Style) -> std::io::Result<()> {
        let margin = " ".repeat(indent);
        let count = block.messages.len();
        for (number, message) in (1..).zip(&block.messages) {
            if number > 1 {
                writeln!(self.out)?;
            }
            let which = match count {
                1 => String::new(),
                _ => say(" ({number} of {count})", &[("number", &number), ("count", &count)]),
            };
            writeln!(self.out, "{margin}{}{which}", block.heading)?;
            self.print_parts(&Parts::of(message, &[], style), indent + 2, false, style)?;
        }
        Ok(())
    }

    fn print_table(
        &mut self,
        messages: &[DynamicMessage],
        indent: usize,
        style: &Style,
    ) -> std::io::Result<()> {
        let Some(first) = messages.first() else { return Ok(()) };
        let columns = columns_of(&first.descriptor(), messages, style);
        let margin = " ".repeat(indent);
        for line in Table::new(columns, self.width_within(indent)).lines() {
            writeln!(self.out, "{margin}{line}")?;
        }
        Ok(())
    }
}

impl Parts {
    fn of(message: &DynamicMessage, omitted: &[&str], style: &Style) -> Parts {
        let mut parts = Parts::default();
        parts.collect(message, omitted, style);
        parts
    }

    fn collect(&mut self, message: &DynamicMessage, omitted: &[&str], style: &Style) {
        for field in fields(&message.descriptor()).iter().filter(|field| !omitted.contains(&field.name())) {
            let value = message.get_field(field);
            if is_list_of_messages(field) {
                self.push(label(field), messages(&value));
            } else if field.kind().as_message().is_some_and(is_any) {
                messages(&value).iter().for_each(|any| self.collect_any(any));
            } else if let (Some(inner), true) = (value.as_message(), is_long_choice(message, field)) {
                self.collect_case(inner, field);
            } else if nested(field).is_some() {
                match value.as_message().filter(|_| message.has_field(field)) {
                    Some(inner) if has_own_names(message, inner) => self.collect(inner, &[], style),
                    Some(inner) => self.push_lines(label(field), inner.clone()),
                    None => {}
                }
            } else {
                self.collect_value(message, field, style);
            }
        }
    }

    fn collect_single_values(&mut self, resource: &DynamicMessage, style: &Style) {
        let single = |field: &FieldDescriptor| !field.is_list() && nested(field).is_none();
        for field in fields(&resource.descriptor()).into_iter().filter(single) {
            self.collect_value(resource, &field, style);
        }
    }

    fn collect_value(&mut self, message: &DynamicMessage, field: &FieldDescriptor, style: &Style) {
        let value = cell::field(message, field, style);
        if !value.is_empty() {
            self.values.push((label(field), value));
        }
    }

    /// The case of a choice, with what belongs to it below.
    fn collect_case(&mut self, choice: &DynamicMessage, field: &FieldDescriptor) {
        if let Some((case, value)) = choice.fields().next()
            && let Some(inner) = value.as_message()
        {
            self.push_lines(format!("{}: {}", label(field), case_word(&case)), inner.clone());
        }
    }

    /// The message in an `Any`, or its bytes if its type is unknown.
    fn collect_any(&mut self, any: &DynamicMessage) {
        if let Some(message) = unpack(any) {
            self.push_lines(message.descriptor().name().to_owned(), message);
            return;
        }
        let (url, bytes) = packed(any);
        let name = cell::printable(url.rsplit('/').next().unwrap_or_default());
        self.values.push((name, say("unknown to this version; in Base64: {bytes}", &[("bytes", &bytes)])));
    }

    fn push(&mut self, heading: String, messages: Vec<DynamicMessage>) {
        if let Some(first) = messages.first().map(|message| message.descriptor()) {
            self.blocks.push(Block { heading, messages, as_lines: is_deep(&first) || is_wide(&first) });
        }
    }

    fn push_lines(&mut self, heading: String, message: DynamicMessage) {
        self.blocks.push(Block { heading, messages: vec![message], as_lines: true });
    }
}

/// Whether a field has a choice whose case is too much for one line.
fn is_long_choice(message: &DynamicMessage, field: &FieldDescriptor) -> bool {
    let value = message.get_field(field);
    let Some(choice) = value.as_message().filter(|choice| is_choice(&choice.descriptor())) else {
        return false;
    };
    let case = choice.fields().next().and_then(|(_, value)| value.as_message().map(|case| case.descriptor()));
    case.is_some_and(|case| !is_well_known(&case) && !is_short(&case))
}

/// Whether the values of a message are few and simple.
fn is_short(message: &MessageDescriptor) -> bool {
    let is_simple = |field: &FieldDescriptor| {
        !field.is_list() && !field.is_map() && field.kind().as_message().is_none_or(is_timestamp)
    };
    message.fields().len() <= INLINE_VALUES_MAX && message.fields().all(|field| is_simple(&field))
}

/// Whether the fields of a nested message can be shown in its place: none of them is called like one beside it, of those that
/// are there.
fn has_own_names(message: &DynamicMessage, inner: &DynamicMessage) -> bool {
    inner.fields().all(|(field, _)| message.fields().all(|(own, _)| own.name() != field.name()))
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
