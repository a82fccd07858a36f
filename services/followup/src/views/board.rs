//! The board: how items stand, by the department that leads them.

use super::DAY_MICROS;
use domain::Timestamp;
use proto::Invalid;
use proto::followup::v1::{BoardColumn, BoardCounts, BoardRow};
use rusqlite::{Connection, Row};

/// How many days ahead the board looks.
const DUE_SOON_DAYS: i64 = 7;

/// The columns, in the order of the counts.
const COLUMNS: [BoardColumn; 9] = [
    BoardColumn::Open,
    BoardColumn::DueSoon,
    BoardColumn::Late,
    BoardColumn::Blocked,
    BoardColumn::Escalated,
    BoardColumn::Unacknowledged,
    BoardColumn::AwaitingAcceptance,
    BoardColumn::Extended,
    BoardColumn::Done,
];

/// The condition under which a follow-up is in a column at a moment, and its values. In stage 1 the clock runs, in
/// stage 2 the item is claimed, in stage 3 accepted.
pub(super) fn column(column: BoardColumn, now: Timestamp) -> (&'static str, Vec<i64>) {
    let now = now.as_microsecond();
    match column {
        // Nothing is in a column that is not specified.
        BoardColumn::Unspecified => ("FALSE", vec![]),
        BoardColumn::Open => ("stage IN (1, 2)", vec![]),
        BoardColumn::DueSoon => {
            ("stage = 1 AND due_at >= ? AND due_at <= ?", vec![now, now + DUE_SOON_DAYS * DAY_MICROS])
        }
        BoardColumn::Late => ("stage = 1 AND due_at < ?", vec![now]),
        BoardColumn::Blocked => ("stage IN (1, 2) AND help_from_code IS NOT NULL", vec![]),
        BoardColumn::Escalated => ("stage IN (1, 2) AND escalated_to > 0", vec![]),
        BoardColumn::Unacknowledged => ("stage IN (1, 2) AND acknowledged = 0", vec![]),
        BoardColumn::AwaitingAcceptance => ("stage = 2", vec![]),
        BoardColumn::Extended => ("stage IN (1, 2) AND extensions > 0", vec![]),
        BoardColumn::Done => ("stage = 3", vec![]),
    }
}

/// Reads the columns that a query names, each once.
pub(super) fn chosen(field: &str, columns: &[i32]) -> Result<Vec<BoardColumn>, Invalid> {
    let mut chosen = Vec::new();
    for (nth, &number) in columns.iter().enumerate() {
        match BoardColumn::try_from(number) {
            Ok(column) if COLUMNS.contains(&column) => {
                if !chosen.contains(&column) {
                    chosen.push(column);
                }
            }
            _ => {
                let known = COLUMNS.map(|column| column.as_str_name()).join(", ");
                return Err(Invalid::field(&format!("{field}[{nth}]"), format!("must be one of {known}")));
            }
        }
    }
    Ok(chosen)
}

/// The query for the board.
pub(crate) fn board(
    now: Timestamp,
) -> impl FnOnce(&Connection) -> rusqlite::Result<Vec<BoardRow>> + Send + 'static {
    move |tables| {
        let (conditions, values): (Vec<_>, Vec<_>) =
            COLUMNS.map(|named| column(named, now)).into_iter().unzip();
        let counts: Vec<String> =
            conditions.iter().map(|condition| format!("count(*) FILTER (WHERE {condition})")).collect();
        let sql = format!(
            "SELECT lead_code, {} FROM follow_ups GROUP BY lead_code ORDER BY lead_code",
            counts.join(", ")
        );
        let values: Vec<i64> = values.concat();
        tables.prepare_cached(&sql)?.query_map(rusqlite::params_from_iter(values), row)?.collect()
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<BoardRow> {
    let counts = BoardCounts {
        open: row.get(1)?,
        due_soon: row.get(2)?,
        late: row.get(3)?,
        blocked: row.get(4)?,
        escalated: row.get(5)?,
        unacknowledged: row.get(6)?,
        awaiting_acceptance: row.get(7)?,
        extended: row.get(8)?,
        done: row.get(9)?,
    };
    Ok(BoardRow { department_code: row.get(0)?, counts: Some(counts) })
}

/// The sum of the rows.
pub(crate) fn totals(rows: &[BoardRow]) -> BoardCounts {
    rows.iter().filter_map(|row| row.counts).fold(BoardCounts::default(), |sum, row| BoardCounts {
        open: sum.open + row.open,
        due_soon: sum.due_soon + row.due_soon,
        late: sum.late + row.late,
        blocked: sum.blocked + row.blocked,
        escalated: sum.escalated + row.escalated,
        unacknowledged: sum.unacknowledged + row.unacknowledged,
        awaiting_acceptance: sum.awaiting_acceptance + row.awaiting_acceptance,
        extended: sum.extended + row.extended,
        done: sum.done + row.done,
    })
}
