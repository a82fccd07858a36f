//! Lists: filtered and sorted by SQL, a page at a time.

use crate::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use proto::Invalid;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

/// A question for some rows of a view: conditions with their values, an order, a page.
#[derive(Debug, Clone)]
pub struct ListQuery {
    from: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: String,
    offset: u64,
    size: u32,
}

/// One page of rows.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; empty on the last.
    pub next_page_token: String,
}

impl ListQuery {
    /// Begins a question. `from` is `SELECT … FROM …` without conditions. `order_by` names one of the
    /// `sortable` columns, with ` desc` behind it to turn it round; empty means the first of them.
    /// `unique` is a column that decides between equal rows, so that pages never overlap.
    pub fn new(
        from: &'static str,
        sortable: &[&'static str],
        unique: &'static str,
        order_by: &str,
        page_size: u32,
        page_token: &str,
    ) -> Result<ListQuery, Invalid> {
        let (column, direction) = match order_by.trim().split_once(' ') {
            Some((column, direction)) => (column, direction.trim()),
            None => (order_by.trim(), "asc"),
        };
        let column = if column.is_empty() { sortable[0] } else { column };
        if !sortable.contains(&column) || !matches!(direction, "asc" | "desc") {
            let known = sortable.join(", ");
            return Err(Invalid::field(
                "order_by",
                format!("must be one of {known}, with ' desc' behind it or not"),
            ));
        }
        let size = if page_size == 0 { PAGE_ITEMS_DEFAULT } else { page_size };
        if size > PAGE_ITEMS_MAX {
            return Err(Invalid::field(
                "page_size",
                format!("is {size}; at most {PAGE_ITEMS_MAX} rows are given"),
            ));
        }
        let offset = match page_token {
            "" => 0,
            token => token.strip_prefix("after-").and_then(|rows| rows.parse().ok()).ok_or_else(|| {
                Invalid::field("page_token", "must be the next_page_token of the answer before")
            })?,
        };
        Ok(ListQuery {
            from,
            conditions: Vec::new(),
            values: Vec::new(),
            order: format!("{column} {direction}, {unique} {direction}"),
            offset,
            size,
        })
    }

    /// Keeps only rows for which the condition holds; it has one `?` for each value.
    pub fn filter<V: Into<Value>>(mut self, condition: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.conditions.push(format!("({condition})"));
        self.values.extend(values.into_iter().map(Into::into));
        self
    }

    /// Like [`ListQuery::filter`], when there is a value.
    pub fn filter_some<V: Into<Value>>(self, condition: &str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.filter(condition, [value]),
            None => self,
        }
    }

    /// Like [`ListQuery::filter`] with a text, when it is not empty.
    pub fn filter_text(self, condition: &str, text: &str) -> Self {
        self.filter_some(condition, (!text.is_empty()).then(|| text.to_owned()))
    }

    /// Asks the view.
    pub fn run<T>(
        self,
        view: &Connection,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Page<T>> {
        let conditions = if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        };
        // One row more than the page tells whether there is a next one.
        let sql = format!(
            "{}{conditions} ORDER BY {} LIMIT {} OFFSET {}",
            self.from,
            self.order,
            u64::from(self.size) + 1,
            self.offset
        );
        let mut statement = view.prepare_cached(&sql)?;
        let mut rows = statement
            .query_map(rusqlite::params_from_iter(self.values), read)?
            .collect::<rusqlite::Result<Vec<T>>>()?;
        let more = rows.len() > self.size as usize;
        rows.truncate(self.size as usize);
        let next_page_token =
            if more { format!("after-{}", self.offset + u64::from(self.size)) } else { String::new() };
        Ok(Page { rows, next_page_token })
    }
}
