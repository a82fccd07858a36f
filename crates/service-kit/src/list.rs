//! Lists: filtered and sorted by SQL, a page at a time.

use crate::limits::{FOUND_ROWS_FEW_MAX, PAGE_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use crate::scope::{Rows, ScopedTables, as_json};
use crate::serve::read;
use domain::text::composed;
use domain::{Code, Date, Uuid};
use prost::Message;
use proto::Invalid;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use std::collections::BTreeSet;
use walk::{Steps, Walk};
use words::Matching;

pub(crate) mod page_token;
mod walk;
mod words;

pub use words::{index, searchable};

/// Bytes around a row in an answer, at most.
const ROW_FRAME_BYTES: usize = 8;

/// A query for some rows of a view: conditions with their values, an order, a page.
#[derive(Debug, Clone)]
pub struct ListQuery {
    from: Rows,
    conditions: Vec<String>,
    values: Vec<Value>,
    sort: Sort,
    sorts_few: bool,
    /// Whether it looks for words of which a walk may not come to any soon.
    searches: bool,
    /// How the rows with these words could be found.
    matching: Option<Matching>,
    /// The conditions by which few rows are found, each with its value.
    found: Vec<(String, Value)>,
    group: Option<&'static str>,
    /// What is walked instead for somebody who sees many of the rows.
    walk: Option<Box<ListQuery>>,
    page_token: String,
    size: u32,
}

/// Reads a filter by an id, in the form in which tables have it; one that is unset or empty filters nothing.
pub fn uuid_filter(field: &str, id: &Option<String>) -> Result<Option<String>, Invalid> {
    let id: Option<Uuid> = read(field, id.clone().filter(|id| !id.is_empty()))?;
    Ok(id.map(|id| id.to_string()))
}

/// Reads a filter by a day; one that is unset or empty filters nothing.
pub fn date_filter(field: &str, day: &Option<String>) -> Result<Option<Date>, Invalid> {
    read(field, day.clone().filter(|day| !day.is_empty()))
}

/// Whether a filter is set and not empty.
pub fn is_given(filter: &Option<String>) -> bool {
    filter.as_deref().is_some_and(|filter| !filter.is_empty())
}

/// How rows are sorted: by a column, and where it is equal by another one that never is.
#[derive(Debug, Clone, Copy)]
struct Sort {
    column: &'static str,
    unique: &'static str,
    descending: bool,
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
    /// Begins a query. `from` selects `unique` and every sortable column, because page tokens are made from them. Where
    /// it has a `?`, see [`ListQuery::selecting_with`]. `order_by` names one of the `sortable` columns, with ` desc`
    /// after it for the reverse order; empty means the first of them. `unique` is a column that decides between equal
    /// rows. None of these columns is ever NULL. A page begins after the last row of the page before, whatever was
    /// added or removed meanwhile: a row that was there when the walk began, and matches when its page is read, comes
    /// once.
    pub fn new(
        from: Rows,
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
        let known = sortable.iter().find(|&&known| known == column);
        let (Some(&column), "asc" | "desc") = (known, direction) else {
            let known = sortable.join(", ");
            let fault = format!("must be one of {known}, with ' desc' after it or not");
            return Err(Invalid::field("order_by", fault));
        };
        let size = checked_size(page_size)?;
        page_token::check(page_token)?;
        Ok(ListQuery {
            from,
            conditions: Vec::new(),
            values: Vec::new(),
            sort: Sort { column, unique, descending: direction == "desc" },
            sorts_few: false,
            searches: false,
            matching: None,
            found: Vec::new(),
            group: None,
            walk: None,
            page_token: page_token.to_owned(),
            size,
        })
    }

    /// Reads another selection of the rows, with the same columns: one that finds them by another way.
    pub fn reading(self, from: Rows) -> Self {
        ListQuery { from, ..self }
    }

    /// For somebody who sees many of the rows, walks from one to the next as this other query finds them: the same rows in the
    /// same order.
    pub fn or_walking(self, other: ListQuery) -> Self {
        ListQuery { walk: Some(Box::new(other)), ..self }
    }

    /// Gives the values for each `?` in what is selected.
    pub fn selecting_with<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.values.splice(0..0, values.into_iter().map(Into::into));
        self
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

    /// Like [`ListQuery::filter`] with a text, when it is set and not empty; composed, as codes are.
    pub fn filter_text(self, condition: &str, text: &Option<String>) -> Self {
        let text = text.as_deref().filter(|text| !text.is_empty());
        self.filter_some(condition, text.map(|text| composed(text).into_owned()))
    }

    /// Keeps only rows whose code is among these; the condition has one `?`, which stands for their table, in its
    /// column `value`. With none, all.
    pub fn filter_codes(self, condition: &str, codes: Option<&BTreeSet<Code>>) -> Self {
        self.filter_some(condition, codes.map(as_json))
    }

    /// Keeps only rows whose `column`, a UUID in its canonical form, begins with this; all when it is unset or empty.
    /// As a range, it is read from the column's index.
    pub fn filter_id_prefix(self, column: &str, prefix: &Option<String>) -> Result<Self, Invalid> {
        let Some(prefix) = prefix.as_deref().filter(|prefix| !prefix.is_empty()) else { return Ok(self) };
        let prefix = prefix.to_ascii_lowercase();
        let is_of_uuid = |byte: u8| byte == b'-' || byte.is_ascii_hexdigit();
        if prefix.len() > UUID_BYTES || !prefix.bytes().all(is_of_uuid) {
            let fault = "must be the beginning of a UUID, such as \"0190a3f2\"";
            return Err(Invalid::field("id_prefix", fault));
        }
        // No character of a UUID is greater than this one.
        let end = format!("{prefix}g");
        Ok(self.filter(&format!("{column} >= ? AND {column} < ?"), [prefix, end]))
    }

    /// Whether it is sorted by this column.
    pub fn is_sorted_by(&self, column: &str) -> bool {
        self.sort.column == column
    }

    /// Finds what the filters leave and sorts that, when it is sorted by this column: they leave few rows, which are
    /// far apart in its order.
    pub fn sort_few_by(mut self, column: &str) -> Self {
        self.sorts_few = self.is_sorted_by(column);
        self
    }

    /// The same, whatever it is sorted by.
    pub fn sort_few(mut self) -> Self {
        self.sorts_few = true;
        self
    }

    /// Finds the rows for which a condition of the list's own table holds by its index, if there are few, and says so. The
    /// condition has one `?`, and follows from the filters: it leaves nothing out that they keep.
    pub fn find_few(
        &mut self,
        view: ScopedTables<'_>,
        table: &str,
        condition: &str,
        value: impl Into<Value>,
    ) -> rusqlite::Result<bool> {
        self.find_few_by(view, table, condition, condition.to_owned(), value.into())
    }

    /// The same, where the few are found by another condition than that by which they are counted in this table.
    fn find_few_by(
        &mut self,
        view: ScopedTables<'_>,
        table: &str,
        counted: &str,
        condition: String,
        value: Value,
    ) -> rusqlite::Result<bool> {
        let counting = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {counted} LIMIT {FOUND_ROWS_FEW_MAX})"
        );
        let mut counting = view.connection.prepare_cached(&counting)?;
        let found: u32 = counting.query_row([&value], |row| row.get(0))?;
        let are_few = found < FOUND_ROWS_FEW_MAX;
        if are_few {
            self.sorts_few = true;
            self.found.push((condition, value));
        }
        Ok(are_few)
    }

    /// Makes one row of those that are equal in this column, which is the one that the rows are sorted by; what is
    /// selected adds the others up.
    pub fn group_by(mut self, column: &'static str) -> Self {
        self.group = Some(column);
        self
    }

    /// Runs the query on what is within the scope. Rows that together would be too large for one answer go to the next
    /// page.
    ///
    /// # Errors
    /// The page token comes from another list, order or filter.
    pub fn run<T: Message>(
        mut self,
        view: ScopedTables<'_>,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Page<T>> {
        self.find_words(view)?;
        let scoped = match self.from.within(view.scope()) {
            Some((condition, codes)) => self.clone().filter(condition, codes),
            None => self.clone(),
        };
        let belongs_to = scoped.belongs_to();
        let last = match self.page_token.is_empty() {
            true => None,
            false => Some(page_token::read(&self.page_token, &belongs_to).map_err(page_token::refused)?),
        };
        let found = self.found.clone();
        let after = |query: ListQuery| {
            let query = match last.clone() {
                Some(last) => query.starting_after(last),
                None => query,
            };
            // What finds it is no part of what the token belongs to: there may be more next time.
            found.iter().fold(query, |query, (condition, value)| query.filter(condition, [value.clone()]))
        };
        let walk = self.walk.as_deref().unwrap_or(&self).clone();
        if let Some(Walk { sql, values }) = after(walk).walked(view)? {
            let page = scoped.page(view, (&sql, values), Some(Steps::none()), &belongs_to, &mut read)?;
            if let Some(page) = page {
                return Ok(page);
            }
        }
        let query = after(scoped);
        let page = query.page(view, (&query.sql(), query.values.clone()), None, &belongs_to, &mut read)?;
        Ok(page.unwrap_or(Page { rows: Vec::new(), next_page_token: String::new() }))
    }

    /// Reads a page; none when that takes too many steps.
    fn page<T: Message>(
        &self,
        view: ScopedTables<'_>,
        (sql, values): (&str, Vec<Value>),
        mut steps: Option<Steps>,
        belongs_to: &str,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<Page<T>>> {
        let Sort { column, unique, .. } = self.sort;
        let mut statement = view.connection.prepare_cached(sql)?;
        let mut found = statement.query(rusqlite::params_from_iter(values))?;
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        while let Some(row) = found.next()? {
            match steps.as_mut().map(|steps| steps.take(row)).transpose()? {
                None | Some(Some(true)) => {}
                Some(Some(false)) => continue,
                Some(None) => return Ok(None),
            }
            let next = read(row)?;
            bytes += next.encoded_len() + ROW_FRAME_BYTES;
            let is_full = rows.len() == self.size as usize || bytes > PAGE_BYTES_MAX;
            if let Some(last) = last.as_ref().filter(|_| is_full) {
                return Ok(Some(Page { rows, next_page_token: page_token::write(last, belongs_to) }));
            }
            rows.push(next);
            last = Some([row.get(column)?, row.get(unique)?]);
        }
        Ok(Some(Page { rows, next_page_token: String::new() }))
    }

    fn sql(&self) -> String {
        let (conditions, order) = (self.conditions(), self.order());
        let group = self.group.map(|column| format!(" GROUP BY {column}")).unwrap_or_default();
        // One row more than the page shows whether there is a next one.
        format!("{}{conditions}{group}{order} LIMIT {}", self.from.select, u64::from(self.size) + 1)
    }

    fn conditions(&self) -> String {
        match self.conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", self.conditions.join(" AND ")),
        }
    }

    fn order(&self) -> String {
        let Sort { column, unique, descending } = self.sort;
        let direction = if descending { "DESC" } else { "ASC" };
        let then = if column == unique { String::new() } else { format!(", {unique} {direction}") };
        format!(" ORDER BY {}{column} {direction}{then}", self.sign())
    }

    /// Before the column that is sorted by: with it, no index is sought or walked by that column.
    fn sign(&self) -> &'static str {
        if self.sorts_few { "+" } else { "" }
    }

    /// The plan of a page that would be slow in a grown view, if there is one: it looks at every row of a table that is
    /// not said to have few, or sorts what none of the indexes finds that are said to find `few` rows. For tests that
    /// hold a view's indexes.
    pub fn slow_plan(&self, view: &Connection, few: &[&str]) -> rusqlite::Result<Option<String>> {
        let later = |query: &ListQuery| query.clone().starting_after([Value::Integer(1), Value::Integer(1)]);
        let walk = self.walk.as_deref().unwrap_or(self);
        let plans = [
            self.plan(view)?,
            later(self).plan(view)?,
            walk.plan_of_walk(view)?,
            later(walk).plan_of_walk(view)?,
        ];
        for steps in plans {
            let uses = |step: &str, name: &str| step.split(' ').any(|word| word == name);
            let is_of_few = |step: &str| few.iter().any(|name| uses(step, name));
            let finds_few = steps.iter().any(|step| is_of_few(step));
            let slow = |step: &String| {
                let reads_all = step.starts_with("SCAN ") && !step.contains(" INDEX ") && !is_of_few(step);
                reads_all
                    || (step.starts_with("USE TEMP B-TREE") && step.ends_with(" ORDER BY") && !finds_few)
            };
            if steps.iter().any(slow) {
                return Ok(Some(format!("{}: {}", self.sql(), steps.join("; "))));
            }
        }
        Ok(None)
    }

    /// How SQLite finds a page, step by step. For tests that hold which index finds it.
    pub fn plan(&self, view: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut statement = view.prepare(&format!("EXPLAIN QUERY PLAN {}", self.sql()))?;
        let steps = statement.query_map(rusqlite::params_from_iter(&self.values), |row| row.get("detail"))?;
        steps.collect()
    }

    /// What a page token belongs to: the list, its order, and which filters are set. Their values are left out:
    /// the present moment may be among them.
    fn belongs_to(&self) -> String {
        format!("{} {:?} {:?}", self.from.select, self.sort, self.conditions)
    }

    /// Keeps only rows that are sorted after this one. Compared like this, an index begins at the row.
    fn starting_after(self, last: [Value; 2]) -> Self {
        let Sort { column, unique, descending } = self.sort;
        let (sign, after) = (self.sign(), if descending { "<" } else { ">" });
        self.filter(&format!("({sign}{column}, {unique}) {after} (?, ?)"), last)
    }
}

/// Rows on a page, when the caller asks for so many.
pub fn checked_size(page_size: u32) -> Result<u32, Invalid> {
    match page_size {
        0 => Ok(PAGE_ITEMS_DEFAULT),
        1..=PAGE_ITEMS_MAX => Ok(page_size),
        _ => {
            let fault = format!("is {page_size}; at most {PAGE_ITEMS_MAX} are returned");
            Err(Invalid::field("page_size", fault))
        }
    }
}

/// The token of a page whose rows are told apart by a text, and which ends with this one. `walk` is what the rows depend on.
pub fn token_after(last: &str, walk: &str) -> String {
    page_token::write(&[Value::Text(last.to_owned()), Value::Null], walk)
}

/// The text with which the page before ended; none on the first page.
pub fn read_token(token: &str, walk: &str) -> Result<Option<String>, Invalid> {
    if token.is_empty() {
        return Ok(None);
    }
    match page_token::read(token, walk)? {
        [Value::Text(last), Value::Null] => Ok(Some(last)),
        _ => Err(page_token::invalid()),
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

/// Length of a UUID in its canonical form.
const UUID_BYTES: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    fn everything(tables: &Connection) -> ScopedTables<'_> {
        static WHOLE: Scope = Scope::whole();
        ScopedTables::new(tables, &WHOLE)
    }

    /// A table of rows with a sort value.
    fn table(rows: &[(i64, i64)]) -> Connection {
        let tables = Connection::open_in_memory().unwrap();
        tables
            .execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, rank INTEGER NOT NULL, open INTEGER)")
            .unwrap();
        for (id, rank) in rows {
            tables.execute("INSERT INTO rows VALUES (?1, ?2, 1)", (id, rank)).unwrap();
        }
        tables
    }

    fn page(tables: &Connection, order_by: &str, size: u32, token: &str) -> rusqlite::Result<Page<i64>> {
        let query = ListQuery::new(
            Rows::of_everybody("SELECT * FROM rows"),
            &["rank", "id"],
            "id",
            order_by,
            size,
            token,
        )
        .unwrap();
        query.filter("open = ?", [1]).run(everything(tables), |row| row.get("id"))
    }

    /// Walks to the end, and does something after each page.
    fn walk(tables: &Connection, order_by: &str, size: u32, mut between: impl FnMut(&[i64])) -> Vec<i64> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let page = page(tables, order_by, size, &token).unwrap();
            between(&page.rows);
            all.extend(page.rows);
            token = page.next_page_token;
            if token.is_empty() {
                return all;
            }
        }
    }

    #[test]
    fn a_walk_shows_every_row_once_although_rows_leave_and_come_meanwhile() {
        let tables = table(&(1..=12).map(|id| (id, id)).collect::<Vec<_>>());
        let walked = walk(&tables, "rank", 4, |rows| {
            for id in rows {
                tables.execute("UPDATE rows SET open = 0 WHERE id = ?1", [id]).unwrap();
            }
        });
        assert_eq!(walked, (1..=12).collect::<Vec<_>>());

        let tables = table(&(1..=12).map(|id| (id, id)).collect::<Vec<_>>());
        let mut new = 100;
        let walked = walk(&tables, "rank", 4, |_| {
            new += 1;
            tables.execute("INSERT INTO rows VALUES (?1, 0, 1)", [new]).unwrap();
        });
        assert_eq!(walked, (1..=12).collect::<Vec<_>>());
    }

    #[test]
    fn equal_values_are_walked_in_both_directions() {
        let rows: Vec<(i64, i64)> = (1..=20).map(|id| (id, id % 3)).collect();
        let tables = table(&rows);
        for order_by in ["rank", "rank desc", "id", "id desc"] {
            let whole = walk(&tables, order_by, 500, |_| ());
            for size in [1, 2, 3, 7, 19, 20] {
                assert_eq!(walk(&tables, order_by, size, |_| ()), whole, "{order_by} by {size}");
            }
            assert_eq!(whole.len(), 20);
        }
    }

    #[test]
    fn rows_that_are_too_large_for_one_answer_come_on_several_pages() {
        const BYTES: usize = 40 * 1024;
        let rows: Vec<(i64, i64)> = (1..=300).map(|id| (id, id)).collect();
        let tables = table(&rows);
        let (mut walked, mut token) = (0, String::new());
        loop {
            let query =
                ListQuery::new(Rows::of_everybody("SELECT * FROM rows"), &["id"], "id", "", 500, &token)
                    .unwrap();
            let page = query.run(everything(&tables), |_| Ok("x".repeat(BYTES))).unwrap();
            assert!(page.rows.len() * BYTES <= PAGE_BYTES_MAX && !page.rows.is_empty());
            walked += page.rows.len();
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(walked, 300);
        let query =
            ListQuery::new(Rows::of_everybody("SELECT * FROM rows"), &["id"], "id", "", 1, "").unwrap();
        let page = query.run(everything(&tables), |_| Ok("x".repeat(2 * PAGE_BYTES_MAX))).unwrap();
        assert_eq!(page.rows.len(), 1, "a page is never empty while there are rows");
    }

    #[test]
    fn a_token_that_was_not_given_out_for_this_walk_is_refused() {
        let tables = table(&[(1, 1), (2, 2), (3, 3)]);
        let token = page(&tables, "rank", 1, "").unwrap().next_page_token;
        assert!(page(&tables, "rank", 2, &token).is_ok(), "the size of a page may change");
        assert!(page(&tables, "rank desc", 1, &token).is_err());
        let broken = token.replace(&token[..1], if token.starts_with('a') { "b" } else { "a" });
        for token in ["after-4", &broken, &token[1..], "é", &"a".repeat(100_000)] {
            let query =
                ListQuery::new(Rows::of_everybody("SELECT * FROM rows"), &["rank"], "id", "", 1, token);
            let refused = match query {
                Err(invalid) => invalid.violations[0].field.clone(),
                Ok(query) => {
                    let error =
                        query.filter("open = ?", [1]).run(everything(&tables), |_| Ok(())).unwrap_err();
                    page_token::refusal(&error).expect("refused for its token").violations[0].field.clone()
                }
            };
            assert_eq!(refused, "page_token");
        }
    }

    #[test]
    fn numbers_sort_as_people_count() {
        let mut numbers = ["JC-2027-0001/10", "JC-2027-0001/9", "JC-2027-0001/1", "JC-2026-0002"];
        numbers.sort_by_key(|number| sort_key(number));
        assert_eq!(numbers, ["JC-2026-0002", "JC-2027-0001/1", "JC-2027-0001/9", "JC-2027-0001/10"]);
    }

    #[test]
    fn a_code_is_found_however_it_was_composed() {
        let tables = Connection::open_in_memory().unwrap();
        tables.execute_batch("CREATE TABLE rows (id INTEGER, code TEXT)").unwrap();
        tables.execute("INSERT INTO rows VALUES (1, 'CAFÉ')", []).unwrap();
        let query =
            ListQuery::new(Rows::of_everybody("SELECT id FROM rows"), &["id"], "id", "", 0, "").unwrap();
        let query = query.filter_text("code = ?", &Some("CAFE\u{301}".to_owned()));
        assert_eq!(query.run(everything(&tables), |row| row.get::<_, i64>(0)).unwrap().rows, [1]);
    }

    #[test]
    fn rows_are_found_by_the_beginning_of_their_id_through_its_index() {
        let tables = Connection::open_in_memory().unwrap();
        tables.execute_batch("CREATE TABLE rows (id TEXT PRIMARY KEY)").unwrap();
        let ids = ["0190a3f1-ffff-7000-8000-000000000001", "0190a3f2-0000-7000-8000-000000000002"];
        for id in ids {
            tables.execute("INSERT INTO rows VALUES (?1)", [id]).unwrap();
        }
        let query = |prefix: &str| -> Result<ListQuery, Invalid> {
            let query = ListQuery::new(Rows::of_everybody("SELECT id FROM rows"), &["id"], "id", "", 0, "")?;
            query.filter_id_prefix("id", &Some(prefix.to_owned()))
        };
        let found = |prefix: &str| -> Vec<String> {
            query(prefix).unwrap().run(everything(&tables), |row| row.get(0)).unwrap().rows
        };
        assert_eq!(found("0190a3f2"), ids[1..]);
        assert_eq!(found("0190A3F1-FFFF"), ids[..1]);
        assert_eq!(found(ids[1]), ids[1..]);
        assert_eq!(
            (found("0190a3f"), found("")),
            (ids.map(String::from).to_vec(), ids.map(String::from).to_vec())
        );
        assert_eq!(found("0190a3f3"), [""; 0]);
        let plan = query("0190").unwrap().plan(&tables).unwrap();
        assert!(plan.iter().any(|step| step.contains("(id>? AND id<?)")), "{plan:?}");
        for wrong in ["FLOOD", "0190%", &"0".repeat(37)] {
            assert_eq!(query(wrong).unwrap_err().violations[0].field, "id_prefix");
        }
    }
}
