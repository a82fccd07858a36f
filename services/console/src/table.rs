//! A list as a table: a column for each field of its rows, with its name in the reader's language. What it is written as
//! is another matter: `csv`, `xlsx`.

use crate::grid::Grid;
use client::Language;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, SerializeOptions};
use proto::Wire as _;
use serde_json::Value;
use tonic::Status;

/// Messages within messages whose fields are columns of their own, at most; what is deeper is one cell of JSON.
const DEPTH_MAX: usize = 3;
/// What stands between the names of a field and of the message that it is in, and between several values in a cell.
const WITHIN: &str = " / ";
const BETWEEN: &str = "; ";

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    Xlsx,
}

impl Form {
    /// The form of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Form> {
        match name {
            "csv" => Some(Form::Csv),
            "xlsx" => Some(Form::Xlsx),
            _ => None,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Form::Csv => "text/csv; charset=utf-8",
            Form::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The name of a file with the table.
    pub(crate) fn file_of(self, table: &Table) -> String {
        self.named_file(&table.name)
    }

    /// A file of this name.
    pub(crate) fn named_file(self, name: &str) -> String {
        format!("{name}.{}", if self == Form::Csv { "csv" } else { "xlsx" })
    }
}

/// A list, or some pages of it, as a table.
pub(crate) struct Table {
    /// What its rows are, such as `items`.
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) columns: Vec<Column>,
    /// Each as JSON.
    pub(crate) rows: Vec<Value>,
    /// What else the answer says, such as the position that its view has reached.
    pub(crate) rest: Value,
    /// The token of the page after it; empty after the last.
    pub(crate) next_page_token: String,
}

/// The field of an answer that has the rows, if it is a list: its only repeated message or, of several, the one that it begins
/// with.
pub(crate) fn rows_of(answer: &MessageDescriptor) -> Option<FieldDescriptor> {
    let is_list = |field: &FieldDescriptor| field.is_list() && field.kind().as_message().is_some();
    let mut lists = answer.fields().filter(is_list);
    let only = lists.next()?;
    match lists.next() {
        None => Some(only),
        Some(_) => answer.get_field(1).filter(is_list),
    }
}

impl Table {
    /// Of one page of a list.
    pub(crate) fn read(rows: &FieldDescriptor, answer: &[u8], language: Language) -> Result<Table, Status> {
        let broken =
            |error: &dyn std::fmt::Display| Status::internal(format!("the answer cannot be shown: {error}"));
        let answer =
            DynamicMessage::decode(rows.parent_message().clone(), answer).map_err(|error| broken(&error))?;
        let all_fields = SerializeOptions::new().skip_default_fields(false);
        let json = answer.serialize_with_options(serde_json::value::Serializer, &all_fields);
        let mut rest = json.map_err(|error| broken(&error))?;
        let mut columns = Vec::new();
        if let Kind::Message(row) = rows.kind() {
            collect(&row, &[], "", language, &mut columns);
        }
        let next_page_token = rest["nextPageToken"].as_str().unwrap_or_default().to_owned();
        let found = match rest[rows.json_name()].take() {
            Value::Array(found) => found,
            _ => Vec::new(),
        };
        Ok(Table { name: rows.json_name().to_owned(), language, columns, rows: found, rest, next_page_token })
    }

    /// What is known of a table of a page beside its cells.
    pub(crate) fn of_grid(grid: &Grid) -> Table {
        let at = grid.evaluated_at.and_then(|at| jiff::Timestamp::from_wire(at).ok());
        Table {
            name: grid.name.to_owned(),
            language: grid.language,
            columns: Vec::new(),
            rows: vec![Value::Null; grid.rows.len()],
            rest: serde_json::json!({
                "position": grid.position.to_string(),
                "evaluatedAt": at.map(|at| at.to_string()),
            }),
            next_page_token: String::new(),
        }
    }

    /// The same with the page after it.
    pub(crate) fn and(self, next: Table) -> Table {
        let rows = self.rows.into_iter().chain(next.rows).collect();
        Table { rows, ..next }
    }
}

/// A column: the path of a field within a row.
pub(crate) struct Column {
    path: Vec<String>,
    pub(crate) field: FieldDescriptor,
    pub(crate) heading: String,
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
    /// Its value in a row, as JSON.
    pub(crate) fn value<'r>(&self, row: &'r Value) -> &'r Value {
        self.path.iter().try_fold(row, |value, name| value.get(name)).unwrap_or(&Value::Null)
    }

    /// The names that lead to it, as JSON has them.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// Its value as a text, with words for the values of enums.
    pub(crate) fn text(&self, row: &Value, language: Language) -> String {
        match self.value(row) {
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(|value| self.word(value, language)).collect();
                values.join(BETWEEN)
            }
            value => self.word(value, language),
        }
    }

    fn word(&self, value: &Value, language: Language) -> String {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use prost::Message as _;
    use proto::contract::descriptors;
    use proto::directory::v1 as directory;

    /// A list of one department with this name.
    pub(crate) fn departments(name: &str, language: Language) -> Table {
        let department = directory::Department {
            code: "WATER".into(),
            name: name.into(),
            level: directory::DepartmentLevel::Municipal.into(),
            ..Default::default()
        };
        let answer = directory::ListDepartmentsResponse {
            departments: vec![department],
            next_page_token: "next".into(),
            position: 42,
        };
        let kind =
            descriptors().get_message_by_name("huishang.directory.v1.ListDepartmentsResponse").unwrap();
        Table::read(&rows_of(&kind).unwrap(), &answer.encode_to_vec(), language).unwrap()
    }

    #[test]
    fn pages_are_put_together() {
        let table = departments("Water", Language::English).and(departments("Roads", Language::English));
        assert_eq!((table.rows.len(), table.next_page_token.as_str()), (2, "next"));
        assert_eq!(table.rest["position"], "42");
        let names: Vec<String> =
            table.rows.iter().map(|row| table.columns[1].text(row, Language::English)).collect();
        assert_eq!(names, ["Water", "Roads"]);
    }
}
