//! A page of a list for somebody who sees many of its rows: from one row to the next in the order of the list, each looked
//! at by itself, until the page is full. To collect what a scope has first, and sort that, takes time for all of it.

use super::ListQuery;
use crate::limits::{SEEN_ROWS_FEW_MAX, WALKED_ROWS_MAX};
use crate::scope::ScopedTables;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

/// The column that says whether a row is within the scope.
const IS_SEEN: &str = "is_seen";

/// A walk from row to row: the query, and its values.
pub(super) struct Walk {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl ListQuery {
    /// The walk to a page, when the scope has so many rows that some of them soon come. Of what is searched, none may.
    pub(super) fn walked(&self, view: ScopedTables<'_>) -> rusqlite::Result<Option<Walk>> {
        let Some(by_row) = self.from.by_row(view.scope()).filter(|_| self.group.is_none() && !self.searches)
        else {
            return Ok(None);
        };
        let reached = format!("SELECT count(*) FROM ({} LIMIT {SEEN_ROWS_FEW_MAX})", by_row.reached.0);
        let mut reached_by = view.connection.prepare_cached(&reached)?;
        let reached: u32 =
            reached_by.query_row(rusqlite::params_from_iter(by_row.reached.1), |row| row.get(0))?;
        let (is_seen, codes) = by_row.is_seen;
        let values = codes.into_iter().chain(self.values.clone()).collect();
        Ok((reached == SEEN_ROWS_FEW_MAX).then(|| Walk { sql: self.walking(is_seen), values }))
    }

    fn walking(&self, is_seen: &str) -> String {
        let (conditions, order) = (self.conditions(), self.order());
        let from = self.from.select;
        format!(
            "SELECT *, coalesce({is_seen}, FALSE) AS {IS_SEEN} FROM ({from}{conditions}) AS listed{order}"
        )
    }

    /// How many rows are within the scope when they are collected and not by themselves, or the other way round. For tests
    /// that hold a view's conditions.
    pub fn seen_differently(&self, view: ScopedTables<'_>) -> rusqlite::Result<u32> {
        let (within, by_row) = (self.from.within(view.scope()), self.from.by_row(view.scope()));
        let (Some((visible, codes)), Some(by_row)) = (within, by_row) else { return Ok(0) };
        let (select, (is_seen, own)) = (self.from.select, by_row.is_seen);
        let differs = format!("coalesce({visible}, FALSE) <> coalesce({is_seen}, FALSE)");
        let mut statement =
            view.connection.prepare(&format!("SELECT count(*) FROM ({select}) AS listed WHERE {differs}"))?;
        let selected = self.values.iter().take(select.matches('?').count()).cloned();
        statement.query_row(rusqlite::params_from_iter(selected.chain(codes).chain(own)), |row| row.get(0))
    }

    /// The steps of the walk, as SQLite plans it.
    pub(super) fn plan_of_walk(&self, view: &Connection) -> rusqlite::Result<Vec<String>> {
        let Some((is_seen, codes)) = self.from.by_row_of_anybody() else { return Ok(Vec::new()) };
        let mut statement = view.prepare(&format!("EXPLAIN QUERY PLAN {}", self.walking(is_seen)))?;
        let values = rusqlite::params_from_iter(codes.iter().chain(&self.values));
        let steps = statement.query_map(values, |row| row.get("detail"))?;
        steps.collect()
    }
}

/// How far a walk has come.
pub(super) struct Steps(usize);

impl Steps {
    pub(super) fn none() -> Steps {
        Steps(0)
    }

    /// Takes a row; `None` when the walk is too long, and otherwise whether the row is within the scope.
    pub(super) fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<Option<bool>> {
        self.0 += 1;
        if self.0 > WALKED_ROWS_MAX { Ok(None) } else { row.get(IS_SEEN).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Page;
    use crate::scope::{Rows, Scope};
    use domain::directory::hierarchy;
    use domain::scheduling::stewards;
    use domain::{Actor, Code, Role};

    const ROWS: Rows = Rows::of_those_concerned(
        "SELECT rowid, * FROM matters",
        "rowid IN (SELECT rowid FROM matters WHERE lead IN (SELECT value FROM json_each(?, '$.departments')))",
    )
    .shown_by_row(
        "SELECT rowid FROM matters WHERE lead IN (SELECT value FROM json_each(?, '$.departments'))",
        "listed.lead IN (SELECT value FROM json_each(?, '$.departments'))",
    );

    const COLLECTED: Rows = ROWS.selecting("SELECT rowid, * FROM matters NOT INDEXED");

    /// Of so many matters, in the order of their ranks, those that `is_of_bureau` says are of BUREAU.
    fn matters(count: u32, is_of_bureau: impl Fn(u32) -> bool) -> Connection {
        let mut tables = Connection::open_in_memory().unwrap();
        tables
            .execute_batch(
                "CREATE TABLE matters (rank INTEGER NOT NULL, lead TEXT);
                 CREATE INDEX matters_by_rank ON matters (rank);
                 CREATE INDEX matters_of_lead ON matters (lead)",
            )
            .unwrap();
        let unit = tables.transaction().unwrap();
        for rank in 0..count {
            let lead = if is_of_bureau(rank) { Some("BUREAU") } else { None };
            unit.execute("INSERT INTO matters VALUES (?1, ?2)", (rank, lead)).unwrap();
        }
        unit.commit().unwrap();
        tables
    }

    fn bureau() -> Scope {
        let department = Some(Code::parse("BUREAU").unwrap());
        let actor = Actor { subject: "li".into(), department, roles: vec![Role::Delegate] };
        Scope::of(&actor, &hierarchy::State::default(), &stewards::State::default())
    }

    /// Found by another way where few are seen, in which they are sorted.
    fn list(token: &str) -> ListQuery {
        plain(token).reading(COLLECTED).sort_few().or_walking(plain(token))
    }

    fn plain(token: &str) -> ListQuery {
        ListQuery::new(ROWS, &["rank"], "rowid", "", 500, token).unwrap()
    }

    fn ranks(tables: &Connection) -> (Vec<u32>, bool) {
        let scope = bureau();
        let view = ScopedTables::new(tables, &scope);
        let is_walked = plain("").walked(view).unwrap().is_some();
        let searched = plain("").filter_words("lead", "no_pairs", "text", "b").unwrap();
        assert!(searched.walked(view).unwrap().is_none(), "what is searched may be rare");
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let page: Page<u32> = list(&token).run(view, |row| row.get("rank")).unwrap();
            all.extend(page.rows);
            token = page.next_page_token;
            if token.is_empty() {
                return (all, is_walked);
            }
        }
    }

    #[test]
    fn whoever_sees_many_rows_gets_the_same_as_whoever_sees_few() {
        let many = 2 * SEEN_ROWS_FEW_MAX;
        let every_second: fn(u32) -> bool = |rank| rank % 2 == 0;
        let late: fn(u32) -> bool = |rank| rank >= 2 * WALKED_ROWS_MAX as u32;
        let few: fn(u32) -> bool = |rank| rank % 100 == 7;
        let cases = [
            (many * 2, every_second, true),
            // The walk to the first of them is too long.
            (2 * WALKED_ROWS_MAX as u32 + many, late, true),
            (many, few, false),
        ];
        for (count, is_of_bureau, walked) in cases {
            let (ranks, is_walked) = ranks(&matters(count, is_of_bureau));
            assert_eq!(ranks, (0..count).filter(|&rank| is_of_bureau(rank)).collect::<Vec<_>>());
            assert_eq!(is_walked, walked);
        }
        let tables = matters(10, every_second);
        assert!(list("").walked(ScopedTables::new(&tables, &bureau())).unwrap().is_none(), "collected");
        let plan = plain("").plan_of_walk(&tables).unwrap();
        assert!(plan.iter().any(|step| step.contains("USING INDEX matters_by_rank")), "{plan:?}");
    }
}
