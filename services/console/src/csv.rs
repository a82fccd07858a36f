//! A list as a table that spreadsheets read: CSV with the names of columns in the caller's language. A table has the
//! rows of one page, as the list has.

use client::Language;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, SerializeOptions};
use serde_json::Value;
use tonic::Status;

/// Messages within messages whose fields are columns of their own, at most; what is deeper is one cell of JSON.
const DEPTH_MAX: usize = 3;
/// Spreadsheets take a text for UTF-8 only if it begins with this.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What stands between the names of a field and of the message that it is in, and between several values in a cell.
const WITHIN: &str = " / ";
const BETWEEN: &str = "; ";

/// The field of an answer that has the rows, if it is a list: its only repeated message.
pub(crate) fn rows_of(answer: &MessageDescriptor) -> Option<FieldDescriptor> {
    let mut lists = answer.fields().filter(|field| field.is_list() && field.kind().as_message().is_some());
    let only = lists.next()?;
    lists.next().is_none().then_some(only)
}

/// A list as a table, and the token of the page after it, if there is one.
pub(crate) fn table(
    rows: &FieldDescriptor,
    answer: &[u8],
    language: Language,
) -> Result<(Vec<u8>, Option<String>), Status> {
    let broken =
        |error: &dyn std::fmt::Display| Status::internal(format!("the answer cannot be shown: {error}"));
    let answer =
        DynamicMessage::decode(rows.parent_message().clone(), answer).map_err(|error| broken(&error))?;
    let all_fields = SerializeOptions::new().skip_default_fields(false);
    let json = answer.serialize_with_options(serde_json::value::Serializer, &all_fields);
    let json = json.map_err(|error| broken(&error))?;
    let mut columns = Vec::new();
    if let Kind::Message(row) = rows.kind() {
        collect(&row, &[], "", language, &mut columns);
    }
    let mut table = String::from(BYTE_ORDER_MARK);
    line(&mut table, columns.iter().map(|column| column.heading.clone()));
    for row in json[rows.json_name()].as_array().into_iter().flatten() {
        line(&mut table, columns.iter().map(|column| column.cell(row, language)));
    }
    let next = json["nextPageToken"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
    Ok((table.into_bytes(), next))
}

/// A column: the path of a field within a row.
struct Column {
    path: Vec<String>,
    field: FieldDescriptor,
    heading: String,
}

fn collect(
    kind: &MessageDescriptor,
    path: &[String],
    within: &str,
    language: Language,
    columns: &mut Vec<Column>,
) {
    for field in kind.fields() {
        let path = [path, &[field.json_name().to_owned()]].concat();
        let name = language.label(&field).unwrap_or(field.json_name());
        let heading = format!("{within}{name}");
        match field.kind() {
            Kind::Message(inner)
                if !field.is_list() && !field.is_map() && !is_text(&inner) && path.len() < DEPTH_MAX =>
            {
                collect(&inner, &path, &format!("{heading}{WITHIN}"), language, columns);
            }
            _ => columns.push(Column { path, field, heading }),
        }
    }
}

/// Whether JSON has a text for the message.
fn is_text(kind: &MessageDescriptor) -> bool {
    kind.full_name().starts_with("google.protobuf.")
}

impl Column {
    fn cell(&self, row: &Value, language: Language) -> String {
        let value = self.path.iter().try_fold(row, |value, name| value.get(name));
        match value {
            Some(Value::Array(values)) => {
                let values: Vec<String> = values.iter().map(|value| self.text(value, language)).collect();
                values.join(BETWEEN)
            }
            Some(value) => self.text(value, language),
            None => String::new(),
        }
    }

    fn text(&self, value: &Value, language: Language) -> String {
        match (value, self.field.kind()) {
            (Value::Null, _) => String::new(),
            (Value::String(name), Kind::Enum(kind)) => {
                let known = kind.get_value_by_name(name);
                match known.as_ref().map(|value| (value.number(), language.value(value))) {
                    Some((0, _)) => String::new(),
                    Some((_, Some(word))) => word.to_owned(),
                    _ => name.clone(),
                }
            }
            (Value::String(text), _) => text.clone(),
            (other, _) => other.to_string(),
        }
    }
}

fn line(table: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.map(|cell| quoted(&harmless(cell))).collect();
    table.push_str(&cells.join(","));
    table.push_str("\r\n");
}

/// A cell that no spreadsheet takes for a formula: an apostrophe makes it a text. Numbers stay numbers.
fn harmless(cell: String) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell.parse::<f64>().is_err();
    if is_formula { format!("'{cell}") } else { cell }
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
    use prost::Message as _;
    use proto::contract::descriptors;
    use proto::directory::v1 as directory;

    fn departments(name: &str) -> Vec<u8> {
        let department = directory::Department {
            code: "WATER".into(),
            name: name.into(),
            level: directory::DepartmentLevel::Municipal.into(),
            ..Default::default()
        };
        let answer = directory::ListDepartmentsResponse {
            departments: vec![department],
            next_page_token: "next".into(),
            ..Default::default()
        };
        answer.encode_to_vec()
    }

    fn table_of(name: &str, language: Language) -> String {
        let answer =
            descriptors().get_message_by_name("huishang.directory.v1.ListDepartmentsResponse").unwrap();
        let (table, next) = table(&rows_of(&answer).unwrap(), &departments(name), language).unwrap();
        assert_eq!(next.as_deref(), Some("next"));
        String::from_utf8(table).unwrap()
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
