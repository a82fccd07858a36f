//! What follow-ups were at any past position.

use proto::followup::v1::BoardColumn;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::list::ListQuery;
use service_kit::spans::{self, FOREVER, Past, THEN, node, position_of};
use service_kit::{Record, Rows, spans_at};

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
/// The same, of which each row says by itself who sees it: for walks from one to the next.
const WALKED: Rows = ROWS.shown_by_row(
    concat!(
        "SELECT follow_up FROM follow_up_spans WHERE lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL ",
        follow_ups_concerning!()
    ),
    concat!(
        "listed.lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR EXISTS (SELECT 1 FROM follow_ups WHERE follow_ups.rowid = listed.rowid AND (",
        follow_up_concerns!("follow_ups"),
        "))"
    ),
);

/// From one due moment to the next, of each what began before the position: what begins later costs one look a moment.
macro_rules! by_due {
    ($index:literal) => {
        WALKED.selecting_each(concat!(
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
const BY_NUMBER: Rows = WALKED.selecting_each(concat!(
    "SELECT * FROM ",
    past_follow_ups!(
        "spans.due_at",
        "follow_ups CROSS JOIN follow_up_spans AS spans INDEXED BY spans_of_follow_up
             ON spans.follow_up = follow_ups.rowid"
    )
));
/// From one number to the next of what a department ever led: the `?`.
const BY_NUMBER_OF_LEAD: Rows = WALKED.selecting_each(concat!(
    "SELECT * FROM ",
    past_follow_ups!(
        "spans.due_at",
        "led.number",
        "led.follow_up",
        "ever_led AS led CROSS JOIN follow_up_spans AS spans INDEXED BY spans_of_follow_up
             ON led.department = ? AND spans.follow_up = led.follow_up
             CROSS JOIN follow_ups ON follow_ups.rowid = led.follow_up"
    )
));
/// All that some departments led.
const OF_LEADS: Rows = WALKED.selecting_each(concat!(
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
    "rowid IN (SELECT follow_up FROM ever_called_upon WHERE department = ?)
     AND (acceptor_code = ? OR instr(blockages || ' ', ':' || ? || ' ') > 0)";

/// The same as [`THEN`] for what was open then, found without a look at anything else; its values are [`Past::way`].
const OPEN_THEN: &str =
    concat!("open AND ", spans_at!("follow_up_spans", "open_spans_by_end", "open_spans_by_begin", "open"));

/// How past follow-ups are found that match what is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// They were open, of which there are few at any time.
    Open,
    /// By a filter that leaves few, or by whom they concern.
    Filter,
    /// By the one department that led them.
    LedBy(String),
    /// By who led them, which are few.
    Leads,
    /// By the column of the board, if it has an index of its own.
    Column(Option<BoardColumn>),
}

impl Way {
    /// How they are found for somebody who sees some of all follow-ups: by whom they concern, where nothing leaves few.
    pub(super) fn of_some(self) -> Way {
        match self {
            Way::Open | Way::Filter => self,
            Way::LedBy(_) | Way::Leads | Way::Column(_) => Way::Filter,
        }
    }
}

/// Keeps what was so at a past position.
pub(super) fn then(query: ListQuery, past: Past, way: Way) -> ListQuery {
    if way == Way::Open {
        return query.filter(OPEN_THEN, past.way()).sort_few();
    }
    let by_number = query.is_sorted_by("number");
    let query = query.filter(THEN, past.then());
    match way {
        Way::Open | Way::Filter => query.sort_few(),
        Way::LedBy(code) if by_number => query.reading(BY_NUMBER_OF_LEAD).selecting_with([code]),
        Way::Leads if by_number => query.reading(OF_LEADS).sort_few(),
        Way::LedBy(_) | Way::Leads => query.reading(BY_DUE_OF_LEAD),
        Way::Column(column) if by_number => {
            let query = query.reading(BY_NUMBER).filter(PLANNED_THEN, [past.position]);
            // What was late or cancelled is so for ever.
            match column {
                Some(BoardColumn::Cancelled) => query.filter::<i64>("is_cancelled_ever", []),
                Some(BoardColumn::WasLate) => query.filter::<i64>("is_late_ever", []),
                _ => query,
            }
        }
        Way::Column(Some(BoardColumn::Done)) => query.reading(BY_DUE_DONE),
        Way::Column(Some(BoardColumn::Cancelled)) => query.reading(BY_DUE_CANCELLED),
        Way::Column(Some(BoardColumn::WasLate)) => query.reading(BY_DUE_LATE),
        Way::Column(_) => query.reading(BY_DUE),
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
    if let Some(last) = last {
        spans::end(tables, "follow_up_spans", last, position)?;
    }
    tables
        .prepare_cached("INSERT OR IGNORE INTO dues SELECT due_at FROM follow_ups WHERE rowid = ?1")?
        .execute([follow_up])?;
    let insert = "INSERT INTO follow_up_spans (follow_up, since, until, node, lead_code, due_on, due_at,
            acknowledge_by, stage, acknowledged, contested, paused, acceptor_code, first_due_on, blockages,
            help_from_code, escalated_to, highest_escalation, instructed, was_late, extensions, next_notice_at)
        SELECT rowid, ?2, ?3, ?4, lead_code, due_on, due_at, acknowledge_by, stage, acknowledged, contested, paused,
            acceptor_code, first_due_on, blockages, help_from_code, escalated_to, highest_escalation, instructed,
            was_late, extensions, next_notice_at
        FROM follow_ups WHERE rowid = ?1";
    let values = params![follow_up, position, FOREVER, node(position, FOREVER)];
    tables.prepare_cached(insert)?.execute(values)?;
    let led =
        "INSERT OR IGNORE INTO ever_led SELECT lead_code, number, rowid FROM follow_ups WHERE rowid = ?1";
    tables.prepare_cached(led)?.execute([follow_up]).map(drop)
}
