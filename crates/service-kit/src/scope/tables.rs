//! A view's tables as somebody sees them: whatever is selected from them says who may see it.

use super::Scope;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

/// The rows that a query selects from, and who may see them.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    pub(crate) select: &'static str,
    /// The condition under which a row is within a scope, with a `?` wherever it is compared with what the scope has; none
    /// when everybody sees all rows.
    visible: Option<&'static str>,
    /// What of it is found out row by row, where a list walks from one to the next.
    by_row: Option<Conditions>,
}

/// What finds rows within a scope one by one.
#[derive(Debug, Clone, Copy)]
struct Conditions {
    reached: &'static str,
    is_seen: &'static str,
}

/// A text of SQL, with the values of a scope in its places.
type Filled = (&'static str, Vec<Value>);

/// What finds rows within a scope one by one, with its values.
pub(crate) struct ByRow {
    /// Selects the rows that the scope leads to.
    pub(crate) reached: Filled,
    /// Whether a row, which is called `listed`, is among them.
    pub(crate) is_seen: Filled,
}

impl Rows {
    /// Rows that everybody may see. `select` is `SELECT … FROM …`, without conditions.
    pub const fn of_everybody(select: &'static str) -> Rows {
        Rows { select, visible: None, by_row: None }
    }

    /// Rows that those concerned may see: those for which the condition holds. Each `?` in it stands for what is within
    /// the scope: `json_each(?, '$.departments')` has the departments in its column `value`, `'$.clerkOf'` the one whose
    /// clerk somebody is, and `'$.bodies'` the bodies, as in `lead_code IN (SELECT value FROM json_each(?, '$.departments'))`.
    pub const fn of_those_concerned(select: &'static str, condition: &'static str) -> Rows {
        Rows { select, visible: Some(condition), by_row: None }
    }

    /// Another selection of the same rows.
    pub const fn selecting(&self, select: &'static str) -> Rows {
        Rows { select, visible: self.visible, by_row: None }
    }

    /// Another selection of the same rows, with every column that [`Rows::shown_by_row`] looks at.
    pub const fn selecting_each(&self, select: &'static str) -> Rows {
        Rows { select, visible: self.visible, by_row: self.by_row }
    }

    /// The same rows, of which somebody may see a large part: `reached` selects all rows that a scope leads to, and `is_seen`
    /// is the condition for one row, which is called `listed`. Each `?` as above. Lists choose between the two conditions;
    /// what is looked up is known to be few, and each of it is looked at by itself.
    pub const fn shown_by_row(self, reached: &'static str, is_seen: &'static str) -> Rows {
        Rows { select: self.select, visible: self.visible, by_row: Some(Conditions { reached, is_seen }) }
    }

    /// How rows are found within a scope one by one, if they can be.
    pub(crate) fn by_row(&self, scope: &Scope) -> Option<ByRow> {
        let (Conditions { reached, is_seen }, codes) = (self.by_row?, scope.codes()?);
        let filled = |text: &'static str| (text, vec![Value::from(codes.clone()); text.matches('?').count()]);
        Some(ByRow { reached: filled(reached), is_seen: filled(is_seen) })
    }

    /// The condition for one row, with the values of a scope that has nothing.
    pub(crate) fn by_row_of_anybody(&self) -> Option<Filled> {
        let is_seen = self.by_row?.is_seen;
        Some((is_seen, vec![Value::from("{}".to_owned()); is_seen.matches('?').count()]))
    }

    /// The condition that the scope adds, with its values.
    pub(crate) fn within(&self, scope: &Scope) -> Option<(&'static str, Vec<Value>)> {
        let (condition, codes) = (self.visible?, scope.codes()?);
        let places = condition.matches('?').count();
        Some((condition, vec![Value::from(codes); places]))
    }
}

/// A view's tables as they are within a scope.
#[derive(Clone, Copy)]
pub struct ScopedTables<'t> {
    pub(crate) connection: &'t Connection,
    scope: &'t Scope,
}

impl<'t> ScopedTables<'t> {
    pub(crate) fn new(connection: &'t Connection, scope: &'t Scope) -> ScopedTables<'t> {
        ScopedTables { connection, scope }
    }

    /// The scope.
    pub fn scope(&self) -> &'t Scope {
        self.scope
    }

    /// The first of the rows for which the condition holds, if there is one. There is a value for each `?` of the
    /// selection and the condition.
    pub fn first<T>(
        &self,
        rows: &Rows,
        condition: &str,
        values: impl IntoIterator<Item = Value>,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let (sql, values) = self.query(rows, condition, "", values);
        self.connection.prepare_cached(&sql)?.query_row(params_from_iter(values), read).optional()
    }

    /// Reads the rows for which the condition holds, sorted by these columns, as long as `read` answers that it wants
    /// more.
    pub fn each(
        &self,
        rows: &Rows,
        condition: &str,
        order_by: &str,
        values: impl IntoIterator<Item = Value>,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        let (sql, values) = self.query(rows, condition, &format!(" ORDER BY {order_by}"), values);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = statement.query(params_from_iter(values))?;
        while let Some(row) = found.next()? {
            if !read(row)? {
                break;
            }
        }
        Ok(())
    }

    /// The first rows for which the condition holds, at most `max`, sorted by these columns.
    pub fn all<T>(
        &self,
        rows: &Rows,
        condition: &str,
        order_by: &str,
        values: impl IntoIterator<Item = Value>,
        max: u32,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(rows, condition, order_by, values, |row| {
            found.push(read(row)?);
            Ok(found.len() < max as usize)
        })?;
        Ok(found)
    }

    /// The scope's condition comes after the values of the selection and before the others; last where each row is looked at
    /// by itself.
    fn query(
        &self,
        rows: &Rows,
        condition: &str,
        order: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> (String, Vec<Value>) {
        let (select, mut values) = (rows.select, values.into_iter().collect::<Vec<_>>());
        if let Some(ByRow { is_seen: (is_seen, codes), .. }) = rows.by_row(self.scope) {
            values.extend(codes);
            let found =
                format!("SELECT * FROM ({select} WHERE ({condition})) AS listed WHERE ({is_seen}){order}");
            return (found, values);
        }
        let Some((visible, departments)) = rows.within(self.scope) else {
            return (format!("{select} WHERE ({condition}){order}"), values);
        };
        let of_selection = select.matches('?').count();
        values.splice(of_selection..of_selection, departments);
        (format!("{select} WHERE ({visible}) AND ({condition}){order}"), values)
    }
}
