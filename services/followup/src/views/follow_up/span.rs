//! What follow-ups were at any past position.

use proto::followup::v1::BoardColumn;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::list::ListQuery;
use service_kit::spans::{FOREVER, Past, THEN, node, position_of};
use service_kit::{Record, Rows};

/// Follow-ups as they were, each as often as it changed. Seen by those whom the item concerns now, and by those who led it
/// then, for whom the board counts it; found by whom it ever concerned.
pub(in super::super) const ROWS: Rows = Rows::of_those_concerned(
    concat!("SELECT * FROM ", past_follow_ups!()),
    concat!(
        "rowid IN (
            SELECT follow_up FROM follow_up_spans WHERE lead_code IN (SELECT value FROM json_each(?, '$.departments'))
            UNION ALL ",
        follow_ups_concerning!(),
        ") AND (lead_code IN (SELECT value FROM json_each(?, '$.departments')) OR rowid IN (",
        follow_ups_concerning!(),
        "))"
    ),
);

/// From one due moment to the next, of each what began before the position: what begins later costs one look a moment.
macro_rules! by_due {
    ($index:literal) => {
        ROWS.selecting(concat!(
            "SELECT * FROM ",
            past_follow_ups!(
                "dues.due_at",
                concat!(
                    "dues CROSS JOIN follow_up_spans AS spans INDEXED BY ",
                    $index,
                    " ON spans.due_at = dues.due_at CROSS JOIN follow_ups ON follow_ups.rowid = spans.follow_up"
                )
            )
        ))
    };
}
const BY_DUE: Rows = by_due!("spans_by_due");
const BY_DUE_OF_LEAD: Rows = by_due!("spans_of_lead");
const BY_DUE_DONE: Rows = by_due!("done_spans_by_due");
const BY_DUE_CANCELLED: Rows = by_due!("cancelled_spans_by_due");
const BY_DUE_LATE: Rows = by_due!("late_spans_by_due");

/// From one number to the next.
const BY_NUMBER: Rows = ROWS.selecting(concat!(
    "SELECT * FROM ",
    past_follow_ups!(
        "spans.due_at",
        "follow_ups CROSS JOIN follow_up_spans AS spans INDEXED BY spans_of_follow_up
             ON spans.follow_up = follow_ups.rowid"
    )
));
/// All that a department led.
const OF_LEAD: Rows = ROWS.selecting(concat!(
    "SELECT * FROM ",
    past_follow_ups!(
        "spans.due_at",
        "follow_up_spans AS spans INDEXED BY spans_of_lead CROSS JOIN follow_ups
             ON follow_ups.rowid = spans.follow_up"
    )
));
/// What was planned by a position: follow-ups get their rowids as they are planned.
const PLANNED_THEN: &str =
    "rowid <= (SELECT rowid FROM follow_ups WHERE planned <= ? ORDER BY planned DESC, rowid DESC LIMIT 1)";

/// The department is asked for help, or judges.
pub(in super::super) const CALLED_UPON: &str =
    "acceptor_code = ? OR instr(blockages || ' ', ':' || ? || ' ') > 0";

/// The column that tells follow-ups apart which were equal in the one that they are sorted by: that of the index.
pub(super) fn unique(order_by: &str) -> &'static str {
    if is_by_number(order_by) { "rowid" } else { "follow_up" }
}

fn is_by_number(order_by: &str) -> bool {
    order_by.trim_start().starts_with("number")
}

/// The same for what was open then, found without a look at anything else.
const OPEN_THEN: &str = "open AND span IN (
    SELECT span FROM json_each(?) AS nodes CROSS JOIN follow_up_spans INDEXED BY open_spans_by_end
        ON node = nodes.value AND until > ? WHERE open
    UNION ALL
    SELECT span FROM json_each(?) AS nodes CROSS JOIN follow_up_spans INDEXED BY open_spans_by_begin
        ON node = nodes.value AND since <= ? WHERE open)";

/// How past follow-ups are found that match what is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// They were open, of which there are few at any time.
    Open,
    /// By a filter that leaves few, or by whom they concern.
    Filter,
    /// By who led them.
    Lead,
    /// By the column of the board, if it has an index of its own.
    Column(Option<BoardColumn>),
}

/// Keeps what was so at a past position.
pub(super) fn then(query: ListQuery, order_by: &str, past: Past, way: Way) -> ListQuery {
    let is_by_number = is_by_number(order_by);
    let rows = match way {
        Way::Open => return query.filter(OPEN_THEN, past.way()).sort_few(),
        Way::Filter => return query.filter(THEN, past.then()).sort_few(),
        Way::Lead if is_by_number => return query.reading(OF_LEAD).filter(THEN, past.then()).sort_few(),
        Way::Lead => BY_DUE_OF_LEAD,
        Way::Column(column) if is_by_number => {
            let query = query.reading(BY_NUMBER).filter(PLANNED_THEN, [past.position]);
            let query = query.filter(THEN, past.then());
            // What was late or cancelled is so for ever.
            return match column {
                Some(BoardColumn::Cancelled) => query.filter::<i64>("is_cancelled_ever", []),
                Some(BoardColumn::WasLate) => query.filter::<i64>("is_late_ever", []),
                _ => query,
            };
        }
        Way::Column(Some(BoardColumn::Done)) => BY_DUE_DONE,
        Way::Column(Some(BoardColumn::Cancelled)) => BY_DUE_CANCELLED,
        Way::Column(Some(BoardColumn::WasLate)) => BY_DUE_LATE,
        Way::Column(_) => BY_DUE,
    };
    query.reading(rows).filter(THEN, past.then())
}

/// Keeps what a follow-up is since a record, as its row has it now.
pub(super) fn keep(tables: &Transaction<'_>, record: &Record, follow_up: i64) -> rusqlite::Result<()> {
    let position = position_of(record);
    let last = "SELECT span, since FROM follow_up_spans WHERE follow_up = ?1 ORDER BY since DESC LIMIT 1";
    let last: Option<(i64, i64)> = tables
        .prepare_cached(last)?
        .query_row([follow_up], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        // Several events of one record are one change.
        Some((span, since)) if since == position => {
            tables.prepare_cached("DELETE FROM follow_up_spans WHERE span = ?1")?.execute([span])?;
        }
        Some((span, since)) => {
            tables
                .prepare_cached("UPDATE follow_up_spans SET until = ?2, node = ?3 WHERE span = ?1")?
                .execute([span, position, node(since, position)])?;
        }
        None => {}
    }
    tables
        .prepare_cached("INSERT OR IGNORE INTO dues SELECT due_at FROM follow_ups WHERE rowid = ?1")?
        .execute([follow_up])?;
    let insert = "INSERT INTO follow_up_spans (follow_up, since, until, node, lead_code, due_on, due_at,
            acknowledge_by, stage, acknowledged, contested, paused, acceptor_code, first_due_on, blockages,
            help_from_code, escalated_to, highest_escalation, was_late, extensions, next_notice_at)
        SELECT rowid, ?2, ?3, ?4, lead_code, due_on, due_at, acknowledge_by, stage, acknowledged, contested, paused,
            acceptor_code, first_due_on, blockages, help_from_code, escalated_to, highest_escalation, was_late,
            extensions, next_notice_at
        FROM follow_ups WHERE rowid = ?1";
    let values = params![follow_up, position, FOREVER, node(position, FOREVER)];
    tables.prepare_cached(insert)?.execute(values).map(drop)
}
