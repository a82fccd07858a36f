//! What rows of a view were at any past moment: from which position of the log to which they were so.
//!
//! A span is found by any position in it without looking at the others, as in a relational interval tree: it is kept
//! under one node of a binary tree over all positions, and whoever looks for a position asks the nodes on its way.

use crate::Record;
use crate::scope::{Rows, ScopedTables};
use domain::text::composed;
use domain::{Code, Timestamp};
use proto::{Invalid, Wire};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction};
use std::collections::BTreeSet;

/// The condition under which something was so at a position; its values are [`Past::then`].
pub const THEN: &str = "since <= ? AND until > ?";
/// Where a span ends that is still so.
pub const FOREVER: i64 = i64::MAX;
/// The most departments whose past items are looked up one department at a time.
const LEADS_FEW: usize = 20;

/// Who leads what is asked for, as far as it matters for how that is found in a past state.
#[derive(Debug, Clone, PartialEq)]
pub enum Leads {
    /// Anybody, or one of many departments.
    Any,
    /// This department.
    One(String),
    /// One of a few.
    Few,
}

impl Leads {
    /// The department that a request names, if it names one.
    pub fn named(code: &Option<String>) -> Leads {
        match code.as_deref().filter(|code| !code.is_empty()) {
            Some(code) => Leads::One(composed(code).into_owned()),
            None => Leads::Any,
        }
    }

    /// The same, where it is also one of these.
    pub fn among(self, codes: Option<&BTreeSet<Code>>) -> Leads {
        match (self, codes) {
            (Leads::Any, Some(codes)) if codes.len() == 1 => {
                Leads::named(&codes.first().map(Code::to_string))
            }
            (Leads::Any, Some(codes)) if codes.len() <= LEADS_FEW => Leads::Few,
            (known, _) => known,
        }
    }
}

/// The table of moments, for the schema of a view that answers for past ones.
#[macro_export]
macro_rules! moments_table {
    () => {
        "-- When the records happened.
CREATE TABLE moments (
    position INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
);
CREATE INDEX moments_by_time ON moments (at);
"
    };
}

const MOMENTS: Rows = Rows::of_everybody("SELECT position, at FROM moments");

/// Notes when a record happened.
pub fn note_moment(tables: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    tables
        .prepare_cached("INSERT OR IGNORE INTO moments (position, at) VALUES (?1, ?2)")?
        .execute((position_of(record), record.envelope.time.as_microsecond()))
        .map(drop)
}

/// The position of a record, as tables have it.
pub fn position_of(record: &Record) -> i64 {
    i64::try_from(record.position).unwrap_or(i64::MAX)
}

/// The node under which a span is kept, from its first position up to before `until`.
pub fn node(since: i64, until: i64) -> i64 {
    let last = until.saturating_sub(1).max(since);
    match (since ^ last).checked_ilog2() {
        Some(height) => (last >> height) << height,
        None => since,
    }
}

/// Ends a span before a position; one that began with it goes, as several changes of one record are one.
pub fn end(
    tables: &Transaction<'_>,
    table: &str,
    (span, since): (i64, i64),
    until: i64,
) -> rusqlite::Result<()> {
    if since == until {
        let delete = format!("DELETE FROM {table} WHERE span = ?1");
        return tables.prepare_cached(&delete)?.execute([span]).map(drop);
    }
    let update = format!("UPDATE {table} SET until = ?2, node = ?3 WHERE span = ?1");
    tables.prepare_cached(&update)?.execute([span, until, node(since, until)]).map(drop)
}

/// The nodes under which spans with a position in them are kept, as JSON arrays: those up to the position, whose spans
/// begin before it and must end after it, and those beyond, whose spans end after it and must not begin after it.
fn way(position: i64) -> (String, String) {
    let ancestors = (0..63_u32).map(|height| ((position >> height) | 1) << height);
    let (up_to, beyond): (Vec<i64>, Vec<i64>) = ancestors.partition(|&node| node <= position);
    let json = |nodes: Vec<i64>| {
        let nodes: Vec<String> = nodes.iter().map(i64::to_string).collect();
        format!("[{}]", nodes.join(","))
    };
    (json(up_to), json(beyond))
}

/// The time for which a query is answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AsOf {
    /// The present.
    Now,
    /// By what the log had at a moment.
    Moment(Timestamp),
    /// By what the log had up to a position.
    Position(i64),
}

/// A past state of a view: the log up to a position, looked at at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// The last position that counts.
    pub position: i64,
    /// The moment by which it is judged what is late.
    pub at: Timestamp,
}

impl AsOf {
    /// Reads the two fields of a query, of which one may be given.
    pub fn read<W>(at: W, position: Option<u64>) -> Result<AsOf, Invalid>
    where
        Option<Timestamp>: Wire<W>,
    {
        AsOf::named(("as_of_at", "as_of_position"), at, position)
    }

    /// The same of fields with other names.
    pub fn named<W>(
        (at_field, position_field): (&str, &str),
        at: W,
        position: Option<u64>,
    ) -> Result<AsOf, Invalid>
    where
        Option<Timestamp>: Wire<W>,
    {
        let at: Option<Timestamp> = crate::serve::read(at_field, at)?;
        match (at, position) {
            (None, None) => Ok(AsOf::Now),
            (Some(at), None) => Ok(AsOf::Moment(at)),
            (None, Some(position)) => Ok(AsOf::Position(i64::try_from(position).unwrap_or(i64::MAX))),
            (Some(_), Some(_)) => {
                Err(Invalid::field(position_field, format!("is given beside {at_field}; give one of them")))
            }
        }
    }

    /// Whether the present is asked for.
    pub fn is_now(self) -> bool {
        self == AsOf::Now
    }

    /// The position that a view must have reached to answer, at least.
    pub fn at_least(self, asked: u64) -> u64 {
        match self {
            AsOf::Position(position) => asked.max(u64::try_from(position).unwrap_or_default()),
            _ => asked,
        }
    }

    /// The position and the moment that are asked for; none for the present. By a position, the moment is that of the
    /// last record up to there that the view knows.
    pub fn past(self, tables: ScopedTables<'_>) -> rusqlite::Result<Option<Past>> {
        let (condition, order, bound) = match self {
            AsOf::Now => return Ok(None),
            AsOf::Moment(at) => ("at <= ?", "at DESC, position DESC", at.as_microsecond()),
            AsOf::Position(position) => ("position <= ?", "position DESC", position),
        };
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>("position")?, row.get::<_, i64>("at")?));
        let last = tables.all(&MOMENTS, condition, order, [bound.into()], 1, read)?.pop();
        let (last, last_at) = last.unwrap_or_default();
        Ok(Some(match self {
            AsOf::Moment(at) => Past { position: last, at },
            _ => Past { position: bound, at: Timestamp::from_microsecond(last_at).unwrap_or(Timestamp::MIN) },
        }))
    }
}

impl Past {
    /// The present, as if it were past: what is still so ends later.
    pub fn present(now: Timestamp) -> Past {
        Past { position: FOREVER - 1, at: now }
    }

    /// The moment at which a past state is looked at, or now.
    pub fn moment(past: Option<Past>, now: Timestamp) -> Timestamp {
        past.map_or(now, |past| past.at)
    }

    /// From this position up to another one, or to the present: the values of what changed after the one, up to the other.
    pub fn until(self, past: Option<Past>) -> [Value; 2] {
        [self.position.into(), past.map_or(FOREVER, |past| past.position).into()]
    }

    /// The values of [`THEN`].
    pub fn then(self) -> [Value; 2] {
        [self.position.into(), self.position.into()]
    }

    /// The values of a condition that finds spans by their nodes, see [`spans_at`](crate::spans_at), in the order:
    /// nodes up to the position, the position, nodes beyond, the position.
    pub fn way(self) -> [Value; 4] {
        let (up_to, beyond) = way(self.position);
        [up_to.into(), self.position.into(), beyond.into(), self.position.into()]
    }
}

/// The condition that finds the spans of a table that a position is in, without a look at the others: by its indexes
/// of nodes with the ends of spans and of nodes with their beginnings, which may be those of some spans only. Its
/// values are [`Past::way`](crate::spans::Past::way).
#[macro_export]
macro_rules! spans_at {
    ($table:literal, $by_end:literal, $by_begin:literal $(, $which:literal)?) => {
        concat!(
            "span IN (SELECT span FROM json_each(?) AS nodes CROSS JOIN ",
            $table,
            " INDEXED BY ",
            $by_end,
            " ON node = nodes.value AND until > ?",
            $(" WHERE ", $which,)?
            " UNION ALL SELECT span FROM json_each(?) AS nodes CROSS JOIN ",
            $table,
            " INDEXED BY ",
            $by_begin,
            " ON node = nodes.value AND since <= ?",
            $(" WHERE ", $which,)?
            ")"
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(json: &str, node: i64) -> bool {
        json.trim_matches(['[', ']']).split(',').any(|one| one == node.to_string())
    }

    /// A span is on the way to a position if the position is in it; and if it is on the way, one comparison tells.
    #[test]
    fn a_span_is_found_by_every_position_in_it_and_by_no_other() {
        let ways: Vec<(String, String)> = (0..80).map(way).collect();
        for since in 1..70 {
            for until in (since + 1..72).chain([FOREVER]) {
                let node = node(since, until);
                for (position, (up_to, beyond)) in (0..).zip(&ways) {
                    let found =
                        has(up_to, node) && until > position || has(beyond, node) && since <= position;
                    assert_eq!(
                        found,
                        since <= position && position < until,
                        "{since}..{until} at {position}"
                    );
                }
            }
        }
    }
}
