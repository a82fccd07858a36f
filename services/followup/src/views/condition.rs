//! A condition on rows, which grows as more is asked for.

use super::follow_up::UNDER;
use domain::Code;
use domain::text::composed;
use rusqlite::Row;
use rusqlite::types::Value;
use service_kit::scope::as_json;
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeSet;

/// A condition, with a value for each `?`.
#[derive(Debug, Clone)]
pub(super) struct Condition(String, Vec<Value>);

impl Condition {
    pub(super) fn new(condition: &str, values: impl IntoIterator<Item = Value>) -> Condition {
        Condition(condition.to_owned(), values.into_iter().collect())
    }

    /// What these departments lead; with none, all rows.
    pub(super) fn under(codes: Option<&BTreeSet<Code>>) -> Condition {
        match codes {
            Some(codes) => Condition::new(UNDER, [as_json(codes).into()]),
            None => Condition::always(),
        }
    }

    /// Of these, what is of a body; with none, or an empty code, all.
    pub(super) fn of_body(self, code: &Option<String>) -> Condition {
        match code.as_deref().filter(|code| !code.is_empty()) {
            Some(code) => self.and("body_code = ?", [composed(code).into_owned().into()]),
            None => self,
        }
    }

    /// All rows.
    pub(super) fn always() -> Condition {
        Condition::new("TRUE", [])
    }

    /// Both.
    pub(super) fn and(self, other: &str, values: impl IntoIterator<Item = Value>) -> Condition {
        let Condition(condition, own) = self;
        Condition(format!("({condition}) AND ({other})"), own.into_iter().chain(values).collect())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.1
    }

    /// The first of the rows. The values of the selection come before those of the condition.
    pub(super) fn first<T>(
        self,
        tables: ScopedTables<'_>,
        rows: &Rows,
        selected: impl IntoIterator<Item = Value>,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let values = selected.into_iter().chain(self.1);
        tables.first(rows, &self.0, values, read)
    }
}
