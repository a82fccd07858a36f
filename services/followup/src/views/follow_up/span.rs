//! What follow-ups were at any past position.

use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::list::ListQuery;
use service_kit::spans::{FOREVER, Past, THEN, node, position_of};
use service_kit::{Record, Rows};

/// Follow-ups as they were, each as often as it changed. Seen by those whom the item concerns now, and by those who led it
/// then, for whom the board counts it.
pub(in super::super) const ROWS: Rows = Rows::of_those_concerned(
    concat!("SELECT * FROM ", past_follow_ups!()),
    concat!(
        "lead_code IN (SELECT value FROM json_each(?, '$.departments')) OR rowid IN (",
        follow_ups_concerning!(),
        ")"
    ),
);
/// The department is asked for help, or judges.
pub(in super::super) const CALLED_UPON: &str =
    "acceptor_code = ? OR instr(blockages || ' ', ':' || ? || ' ') > 0";

/// The column that tells follow-ups apart which were equal in the one that they are sorted by: that of the index.
pub(super) fn unique(order_by: &str) -> &'static str {
    if order_by.trim_start().starts_with("number") { "rowid" } else { "follow_up" }
}

/// The same for what was open then, found without a look at anything else.
const OPEN_THEN: &str = "open AND span IN (
    SELECT span FROM json_each(?) AS nodes CROSS JOIN follow_up_spans INDEXED BY open_spans_by_end
        ON node = nodes.value AND until > ? WHERE open
    UNION ALL
    SELECT span FROM json_each(?) AS nodes CROSS JOIN follow_up_spans INDEXED BY open_spans_by_begin
        ON node = nodes.value AND since <= ? WHERE open)";

/// Keeps what was so at a past position; with `are_open`, as far as it was open then.
pub(in super::super) fn then(query: ListQuery, past: Past, are_open: bool) -> ListQuery {
    match are_open {
        true => query.filter(OPEN_THEN, past.way()).sort_few(),
        false => query.filter(THEN, past.then()),
    }
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
