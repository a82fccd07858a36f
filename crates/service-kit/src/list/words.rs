//! Words in lists: they are found by the pairs of characters that they have, in any language. An index says which rows have all
//! pairs of the words; whether they have the words is looked at row by row.
//!
//! Of a word that many rows have, some soon come in the order of the list, so nothing is found first. A word of one character
//! has no pairs, and is looked for in that way too.

use super::ListQuery;
use crate::scope::ScopedTables;
use domain::text::search_key;
use proto::Invalid;
use rusqlite::{Transaction, params};
use std::collections::BTreeSet;

/// Words that one search may have, at most.
const SEARCH_WORDS_MAX: usize = 20;

/// The SQL of a table that has the pairs of each row of another one, by its rowid.
#[macro_export]
macro_rules! pairs_table {
    ($name:literal) => {
        concat!(
            "CREATE VIRTUAL TABLE ",
            $name,
            " USING fts5 (pairs, content = '', detail = 'none', columnsize = 0, tokenize = 'ascii');\n"
        )
    };
}

/// How rows with some words are found.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    /// The table with the pairs of the rows.
    table: &'static str,
    /// What it is asked for.
    pairs: String,
}

impl ListQuery {
    /// Keeps only rows whose `column` contains every word of `text`; the column must hold what [`searchable`] made, and
    /// `pairs` is the table that [`index`] fills. `field` is the text's name in the request.
    pub fn filter_words(
        mut self,
        column: &str,
        pairs: &'static str,
        field: &str,
        text: &str,
    ) -> Result<Self, Invalid> {
        let text = search_key(text);
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if words.len() > SEARCH_WORDS_MAX {
            let fault = format!("has {} words; at most {SEARCH_WORDS_MAX} are looked for", words.len());
            return Err(Invalid::field(field, fault));
        }
        self.searches |= !words.is_empty();
        let of_words: BTreeSet<String> = words.iter().flat_map(|word| pairs_of(word)).collect();
        if !of_words.is_empty() {
            self.matching =
                Some(Matching { table: pairs, pairs: of_words.into_iter().collect::<Vec<_>>().join(" ") });
        }
        let condition = format!("instr({column}, ?) > 0");
        Ok(words.into_iter().fold(self, |query, word| query.filter(&condition, [word])))
    }

    /// Finds the rows with the words by their pairs, if there are few, and says so.
    pub fn find_words(&mut self, view: ScopedTables<'_>) -> rusqlite::Result<bool> {
        let Some(matching) = self.matching.take() else { return Ok(false) };
        let Matching { table, pairs } = matching;
        let matches = format!("{table} MATCH ?");
        let condition = format!("{} IN (SELECT rowid FROM {table} WHERE {matches})", self.sort.unique);
        let are_few = self.find_few_by(view, table, &matches, condition, pairs.into())?;
        self.searches &= are_few;
        Ok(are_few)
    }
}

/// What [`ListQuery::filter_words`] looks in: the texts one below the other, as they are searched.
pub fn searchable(texts: &[&str]) -> String {
    search_key(&texts.join("\n"))
}

/// Adds a row, with what [`searchable`] made of its texts, to a table of pairs.
pub fn index(
    tables: &Transaction<'_>,
    table: &'static str,
    rowid: i64,
    searched: &str,
) -> rusqlite::Result<()> {
    let pairs = pairs_of(searched).into_iter().collect::<Vec<_>>().join(" ");
    tables
        .prepare_cached(&format!("INSERT INTO {table} (rowid, pairs) VALUES (?1, ?2)"))?
        .execute(params![rowid, pairs])
        .map(drop)
}

/// Each pair of characters that stand beside each other, in digits and letters alone: the code points, with a letter between
/// that is no digit of theirs.
fn pairs_of(text: &str) -> BTreeSet<String> {
    let pairs = text.chars().zip(text.chars().skip(1));
    let within_words = pairs.filter(|(one, other)| !one.is_whitespace() && !other.is_whitespace());
    within_words.map(|(one, other)| format!("{:x}z{:x}", u32::from(one), u32::from(other))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FOUND_ROWS_FEW_MAX;
    use crate::list::Page;
    use crate::scope::{Rows, Scope};
    use rusqlite::Connection;

    fn rows(texts: &[&str]) -> Connection {
        let mut tables = Connection::open_in_memory().unwrap();
        let schema = concat!(
            "CREATE TABLE rows (id INTEGER PRIMARY KEY, searched TEXT NOT NULL);",
            crate::pairs_table!("row_pairs")
        );
        tables.execute_batch(schema).unwrap();
        let unit = tables.transaction().unwrap();
        for (id, text) in (1_i64..).zip(texts) {
            let searched = searchable(&[text]);
            unit.execute("INSERT INTO rows VALUES (?1, ?2)", (id, &searched)).unwrap();
            index(&unit, "row_pairs", id, &searched).unwrap();
        }
        unit.commit().unwrap();
        tables
    }

    fn query(text: &str, token: &str) -> Result<ListQuery, Invalid> {
        ListQuery::new(Rows::of_everybody("SELECT id FROM rows"), &["id"], "id", "", 2, token)?.filter_words(
            "searched",
            "row_pairs",
            "text",
            text,
        )
    }

    fn page(tables: &Connection, text: &str, token: &str) -> Page<i64> {
        static WHOLE: Scope = Scope::whole();
        query(text, token).unwrap().run(ScopedTables::new(tables, &WHOLE), |row| row.get(0)).unwrap()
    }

    #[test]
    fn every_word_of_a_search_must_be_there() {
        let tables = rows(&["排水 泵站\nJC-1", "泵站", "站泵水排", "水"]);
        let ask = |text: &str| page(&tables, text, "").rows;
        assert_eq!(ask("泵站"), [1, 2], "and not what has its characters otherwise");
        assert_eq!(ask("泵站 jc"), [1]);
        assert_eq!(ask("ＪＣ－１　泵站"), [1], "the width of letters does not matter");
        assert_eq!(ask("水"), [1, 3], "one character: the page is full");
        assert_eq!(ask("站泵水"), [3]);
        assert_eq!(ask("\"泵站\" OR *"), [0; 0], "it is no language of queries");
        assert_eq!(query(&"a ".repeat(21), "").unwrap_err().violations[0].field, "text");
    }

    #[test]
    fn what_many_rows_have_is_not_found_first_and_a_walk_goes_on_when_few_become_many() {
        let most = FOUND_ROWS_FEW_MAX as usize;
        let mut texts = vec!["防汛 工程"; most - 1];
        texts.push("工程");
        let tables = rows(&texts);
        static WHOLE: Scope = Scope::whole();
        let is_found = |text: &str| {
            let mut query = query(text, "").unwrap();
            query.find_words(ScopedTables::new(&tables, &WHOLE)).unwrap()
        };
        assert!(is_found("防汛") && is_found("没有") && !is_found("工程") && !is_found("工"));
        let first = page(&tables, "防汛", "");
        assert_eq!(first.rows, [1, 2]);
        tables.execute("INSERT INTO rows VALUES (?1, '防汛')", [most as i64 + 1]).unwrap();
        let pairs = pairs_of("防汛").into_iter().next().unwrap();
        tables
            .execute("INSERT INTO row_pairs (rowid, pairs) VALUES (?1, ?2)", (most as i64 + 1, pairs))
            .unwrap();
        assert!(!is_found("防汛"));
        assert_eq!(page(&tables, "防汛", &first.next_page_token).rows, [3, 4]);
    }
}
