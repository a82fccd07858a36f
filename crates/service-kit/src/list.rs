//! Lists: filtered and sorted by SQL, a page at a time.

use crate::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use proto::Invalid;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

/// A query for some rows of a view: conditions with their values, an order, a page.
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
    /// Begins a query. `from` is `SELECT … FROM …` without conditions. `order_by` names one of the
    /// `sortable` columns, with ` desc` after it for the reverse order; empty means the first of them.
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
                format!("must be one of {known}, with ' desc' after it or not"),
            ));
        }
        let size = if page_size == 0 { PAGE_ITEMS_DEFAULT } else { page_size };
        if size > PAGE_ITEMS_MAX {
            return Err(Invalid::field(
                "page_size",
                format!("is {size}; at most {PAGE_ITEMS_MAX} are returned"),
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

    /// Like [`ListQuery::filter`] with a text, when it is set and not empty.
    pub fn filter_text(self, condition: &str, text: &Option<String>) -> Self {
        self.filter_some(condition, text.clone().filter(|text| !text.is_empty()))
    }

    /// Runs the query.
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

/// Digits to which the numbers in a [`sort_key`] are filled up.
const SORT_KEY_DIGITS: usize = 12;

/// A key by which texts with numbers in them sort as people count: `JC-2/10` after `JC-2/9`.
pub fn sort_key(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 2 * SORT_KEY_DIGITS);
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        key.push_str(before);
        key.extend(std::iter::repeat_n('0', SORT_KEY_DIGITS.saturating_sub(digits.len())));
        key.push_str(digits);
        rest = after;
    }
    key.push_str(rest);
    key
}

/// Words that one search may have, at most.
const SEARCH_WORDS_MAX: usize = 20;

impl ListQuery {
    /// Keeps only rows whose `column` contains every word of `text`; the column must hold what
    /// [`searchable`] made. `field` is the text's name in the request.
    pub fn filter_words(self, column: &str, field: &str, text: &str) -> Result<Self, Invalid> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        if words.len() > SEARCH_WORDS_MAX {
            let fault = format!("has {} words; at most {SEARCH_WORDS_MAX} are looked for", words.len());
            return Err(Invalid::field(field, fault));
        }
        let condition = format!("instr({column}, ?) > 0");
        Ok(words.into_iter().fold(self, |query, word| query.filter(&condition, [word])))
    }
}

/// What [`ListQuery::filter_words`] looks in: the texts one below the other, without regard to case.
pub fn searchable(texts: &[&str]) -> String {
    texts.join("\n").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_people_count() {
        let mut numbers = ["JC-2027-0001/10", "JC-2027-0001/9", "JC-2027-0001/1", "JC-2026-0002"];
        numbers.sort_by_key(|number| sort_key(number));
        assert_eq!(numbers, ["JC-2026-0002", "JC-2027-0001/1", "JC-2027-0001/9", "JC-2027-0001/10"]);
    }

    #[test]
    fn every_word_of_a_search_must_be_there() {
        let tables = Connection::open_in_memory().unwrap();
        tables.execute_batch("CREATE TABLE rows (id INTEGER, searched TEXT)").unwrap();
        for (id, text) in [(1, searchable(&["排水 泵站", "JC-1"])), (2, searchable(&["泵站"]))] {
            tables.execute("INSERT INTO rows VALUES (?1, ?2)", (id, text)).unwrap();
        }
        let ask = |text: &str| -> Result<Vec<i64>, Invalid> {
            let query = ListQuery::new("SELECT id FROM rows", &["id"], "id", "", 0, "")?;
            let page = query.filter_words("searched", "text", text)?.run(&tables, |row| row.get(0)).unwrap();
            Ok(page.rows)
        };
        assert_eq!(ask("泵站"), Ok(vec![1, 2]));
        assert_eq!(ask("泵站 jc"), Ok(vec![1]));
        assert_eq!(ask(&"a ".repeat(21)).unwrap_err().violations[0].field, "text");
    }
}
