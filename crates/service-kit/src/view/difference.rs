//! Where the tables of two databases differ.

use data_encoding::HEXLOWER;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};
use std::collections::BTreeSet;

/// Characters of a text that are shown, at most.
const SHOWN_CHARACTERS_MAX: usize = 80;
/// Bytes of a blob that are shown, at most.
const SHOWN_BYTES_MAX: usize = 24;
const NO_ROW: &str = "no such row";

/// The first place where a view differs from its replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The row, by its key; empty when the tables themselves differ.
    pub row: String,
    /// What the view has there.
    pub has: String,
    /// What the replay has there.
    pub replay_has: String,
}

/// The first difference between the ordinary tables of a view and of its replay, table by table in the order
/// of their names, row by row in the order of their keys. What SQLite derives from tables, as indexes and
/// full text do, is not compared.
pub(super) fn first(view: &Connection, replay: &Connection) -> rusqlite::Result<Option<Difference>> {
    let (here, there) = (tables(view)?, tables(replay)?);
    for table in here.union(&there) {
        let known = |tables: &BTreeSet<String>, columns: &Columns| match tables.contains(table) {
            true => columns.names.join(", "),
            false => "no such table".to_owned(),
        };
        let columns = (Columns::of(view, table)?, Columns::of(replay, table)?);
        let (has, replay_has) = (known(&here, &columns.0), known(&there, &columns.1));
        if has != replay_has {
            return Ok(Some(Difference { table: table.clone(), row: String::new(), has, replay_has }));
        }
        let found = columns.0.first_difference(table, view, replay)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn tables(database: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let wanted = "SELECT name FROM pragma_table_list
                  WHERE schema = 'main' AND type = 'table' AND name NOT IN ('witness', 'erased')
                    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    database.prepare(wanted)?.query_map([], |row| row.get(0))?.collect()
}

type Row = Vec<Value>;

/// The columns of a table, those of its key first.
struct Columns {
    names: Vec<String>,
    key: usize,
}

impl Columns {
    /// A table without a key is known by all its columns.
    fn of(database: &Connection, table: &str) -> rusqlite::Result<Columns> {
        let wanted = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY pk = 0, pk, cid";
        let mut statement = database.prepare(wanted)?;
        let columns = statement.query_map([table], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? > 0)))?;
        let columns: Vec<(String, bool)> = columns.collect::<rusqlite::Result<_>>()?;
        let key = columns.iter().filter(|(_, key)| *key).count();
        let names: Vec<String> = columns.into_iter().map(|(name, _)| name).collect();
        Ok(Columns { key: if key == 0 { names.len() } else { key }, names })
    }

    fn first_difference(
        &self,
        table: &str,
        view: &Connection,
        replay: &Connection,
    ) -> rusqlite::Result<Option<Difference>> {
        let (mut here, mut there) = (self.all(view, table)?, self.all(replay, table)?);
        let (mut here, mut there) = (here.query([])?, there.query([])?);
        loop {
            let (row, replayed) = (self.row(here.next()?)?, self.row(there.next()?)?);
            if row == replayed && row.is_none() {
                return Ok(None);
            }
            if row != replayed {
                let (row, has, replay_has) = self.describe(table, replay, row, replayed)?;
                return Ok(Some(Difference { table: table.to_owned(), row, has, replay_has }));
            }
        }
    }

    fn all<'a>(&self, database: &'a Connection, table: &str) -> rusqlite::Result<Statement<'a>> {
        let names: Vec<String> = self.names.iter().map(|name| quoted(name)).collect();
        let names = names.join(", ");
        database.prepare(&format!("SELECT {names} FROM {} ORDER BY {names}", quoted(table)))
    }

    fn row(&self, row: Option<&rusqlite::Row<'_>>) -> rusqlite::Result<Option<Row>> {
        row.map(|row| (0..self.names.len()).map(|column| row.get(column)).collect()).transpose()
    }

    /// The key of the row that differs, and its values on either side.
    fn describe(
        &self,
        table: &str,
        replay: &Connection,
        row: Option<Row>,
        replayed: Option<Row>,
    ) -> rusqlite::Result<(String, String, String)> {
        let key = |row: &Row| self.show(row, |column| column < self.key);
        match (row, replayed) {
            (Some(row), Some(replayed)) if row[..self.key] == replayed[..self.key] => {
                let differs = |column: usize| row[column] != replayed[column];
                Ok((key(&row), self.show(&row, differs), self.show(&replayed, differs)))
            }
            (Some(row), replayed) => match replayed {
                Some(replayed) if self.has(replay, table, &row)? => {
                    Ok((key(&replayed), NO_ROW.to_owned(), self.show(&replayed, |_| true)))
                }
                _ => Ok((key(&row), self.show(&row, |_| true), NO_ROW.to_owned())),
            },
            (None, replayed) => {
                let replayed = replayed.unwrap_or_default();
                Ok((key(&replayed), NO_ROW.to_owned(), self.show(&replayed, |_| true)))
            }
        }
    }

    /// Whether there is a row with the key of this one.
    fn has(&self, database: &Connection, table: &str, row: &Row) -> rusqlite::Result<bool> {
        let keys: Vec<String> =
            self.names[..self.key].iter().map(|name| format!("{} IS ?", quoted(name))).collect();
        let wanted = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {})", quoted(table), keys.join(" AND "));
        database.query_row(&wanted, params_from_iter(&row[..self.key]), |row| row.get(0))
    }

    fn show(&self, row: &Row, wanted: impl Fn(usize) -> bool) -> String {
        let columns = self.names.iter().zip(row).enumerate().filter(|(column, _)| wanted(*column));
        let shown: Vec<String> =
            columns.map(|(_, (name, value))| format!("{name}={}", show(value))).collect();
        shown.join(" ")
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => {
            let mut shown: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!("{shown:?}")
        }
        Value::Blob(bytes) => {
            let digits = HEXLOWER.encode(&bytes[..bytes.len().min(SHOWN_BYTES_MAX)]);
            format!("{} bytes {digits}{}", bytes.len(), if bytes.len() > SHOWN_BYTES_MAX { "…" } else { "" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(content: &str) -> Connection {
        let database = Connection::open_in_memory().expect("a database");
        database
            .execute_batch("CREATE TABLE \"of\" (id TEXT, n INTEGER, said TEXT, PRIMARY KEY (id, n))")
            .unwrap();
        database.execute_batch("CREATE TABLE keyless (position INTEGER)").unwrap();
        database.execute_batch(content).unwrap();
        database
    }

    fn found(here: &str, there: &str) -> Option<[String; 4]> {
        let difference = first(&database(here), &database(there)).expect("they are read");
        difference.map(|found| [found.table, found.row, found.has, found.replay_has])
    }

    fn difference(table: &str, row: &str, has: &str, replay_has: &str) -> Option<[String; 4]> {
        Some([table, row, has, replay_has].map(str::to_owned))
    }

    #[test]
    fn the_first_difference_is_named_by_table_and_row() {
        let rows = "INSERT INTO \"of\" VALUES ('a', 1, 'x'), ('b', 1, 'y'), ('c', 2, NULL);";
        let reversed = "INSERT INTO \"of\" VALUES ('c', 2, NULL), ('b', 1, 'y'), ('a', 1, 'x');";
        assert_eq!(found(rows, reversed), None);
        let with = |change: &str| format!("{rows}{change}");
        assert_eq!(
            found(&with("UPDATE \"of\" SET said = 'z' WHERE id = 'b'"), rows),
            difference("of", "id=\"b\" n=1", "said=\"z\"", "said=\"y\"")
        );
        assert_eq!(
            found(&with("DELETE FROM \"of\" WHERE id = 'a'"), rows),
            difference("of", "id=\"a\" n=1", "no such row", "id=\"a\" n=1 said=\"x\"")
        );
        assert_eq!(
            found(&with("DELETE FROM \"of\" WHERE id = 'c'"), rows),
            difference("of", "id=\"c\" n=2", "no such row", "id=\"c\" n=2 said=null")
        );
        assert_eq!(
            found(&with("INSERT INTO \"of\" VALUES ('aa', 1, x'01')"), rows),
            difference("of", "id=\"aa\" n=1", "id=\"aa\" n=1 said=1 bytes 01", "no such row")
        );
        assert_eq!(
            found(&with("INSERT INTO keyless VALUES (7)"), rows),
            difference("keyless", "position=7", "position=7", "no such row")
        );
        assert_eq!(
            found(&with("CREATE TABLE more (id TEXT)"), rows),
            difference("more", "", "id", "no such table")
        );
    }
}
