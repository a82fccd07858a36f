//! What items were at any past position, as far as lists and scorecards look at it.

use domain::Code;
use domain::resolution::action_item::Stage;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::list::ListQuery;
use service_kit::spans::{self, FOREVER, Past, THEN, node, position_of};
use service_kit::{Record, Rows, spans_at};
use std::collections::BTreeSet;

/// Items as they were, each as often as it changed. Seen by those whom the item concerns now.
pub(in super::super) const ROWS: Rows = super::ROWS.selecting(concat!("SELECT * FROM ", past_items!()));
/// The same, of which each row says by itself who sees it: for walks from one to the next.
const WALKED: Rows = ROWS.shown_by_row(
    items_concerning!(),
    concat!(
        "EXISTS (SELECT 1 FROM items WHERE items.rowid = listed.rowid AND (",
        item_concerns!("items"),
        "))"
    ),
);
/// The department was named to judge.
pub(super) const TO_JUDGE: &str =
    "rowid IN (SELECT item FROM ever_called_upon WHERE department = ?) AND acceptor_code = ?";
/// The department was asked for help, or judged.
pub(super) const CALLED_UPON: &str = "rowid IN (SELECT item FROM ever_called_upon WHERE department = ?)
     AND instr(called_upon, ' ' || ? || ' ') > 0";

/// From one due moment to the next, of each what began before the position: what begins later costs one look a moment.
macro_rules! by_due {
    ($index:literal) => {
        WALKED.selecting_each(concat!(
            "SELECT * FROM ",
            past_items!(
                "dues.due_at",
                concat!(
                    "dues CROSS JOIN item_spans AS spans INDEXED BY ",
                    $index,
                    " ON spans.due_at = dues.due_at CROSS JOIN items ON items.rowid = spans.item"
                )
            )
        ))
    };
}
const BY_DUE: Rows = by_due!("spans_by_due");
const BY_DUE_OF_LEAD: Rows = by_due!("spans_of_lead");
const BY_DUE_ACCEPTED: Rows = by_due!("accepted_spans_by_due");
const BY_DUE_RESCINDED: Rows = by_due!("rescinded_spans_by_due");

/// From one number to the next.
const BY_NUMBER: Rows = WALKED.selecting_each(concat!(
    "SELECT * FROM ",
    past_items!(
        "spans.due_at",
        "items CROSS JOIN item_spans AS spans INDEXED BY spans_of_item ON spans.item = items.rowid"
    )
));
/// From one number to the next of what a department ever led: the `?`.
const BY_NUMBER_OF_LEAD: Rows = WALKED.selecting_each(concat!(
    "SELECT * FROM ",
    past_items!(
        "spans.due_at",
        "led.number",
        "led.item",
        "ever_led AS led CROSS JOIN item_spans AS spans INDEXED BY spans_of_item
             ON led.department = ? AND spans.item = led.item
             CROSS JOIN items ON items.rowid = led.item"
    )
));
/// All that some departments led.
const OF_LEADS: Rows = WALKED.selecting_each(concat!(
    "SELECT * FROM ",
    past_items!(
        "spans.due_at",
        "item_spans AS spans INDEXED BY spans_of_lead CROSS JOIN items ON items.rowid = spans.item"
    )
));
/// What did not hold.
const NOT_HOLDING: Rows = super::ROWS.selecting(concat!(
    "SELECT * FROM ",
    past_items!(
        "spans.due_at",
        "item_spans AS spans INDEXED BY spans_not_holding CROSS JOIN items ON items.rowid = spans.item"
    )
));
/// What was assigned by a position: items get their rowids as they are assigned.
const ASSIGNED_THEN: &str =
    "rowid <= (SELECT rowid FROM items WHERE assigned <= ? ORDER BY assigned DESC, rowid DESC LIMIT 1)";

/// The same as [`THEN`] for what was open then, found without a look at anything else; its values are [`Past::way`].
const OPEN_THEN: &str = concat!(
    "stage <= 4 AND ",
    spans_at!("item_spans", "open_spans_by_end", "open_spans_by_begin", "stage <= 4")
);

/// How past items are found that match what is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// They were open, of which there are few at any time.
    Open,
    /// By a filter that leaves few, or by whom they concern.
    Filter,
    /// Their results did not hold, as few do.
    NotHolding,
    /// By the one department that led them.
    LedBy(String),
    /// By who led them, which are few.
    Leads,
    /// By the stage, if it is one of those in which items end.
    Stage(Option<Stage>),
}

impl Way {
    /// How they are found for somebody who sees some of all items: by whom they concern, where nothing leaves few.
    pub(super) fn of_some(self) -> Way {
        match self {
            Way::Open | Way::Filter | Way::NotHolding => self,
            Way::LedBy(_) | Way::Leads | Way::Stage(_) => Way::Filter,
        }
    }
}

/// Keeps what was so at a past position.
pub(super) fn then(query: ListQuery, past: Past, way: Way) -> ListQuery {
    if way == Way::Open {
        return query.filter(OPEN_THEN, past.way()).sort_few();
    }
    let by_due = query.is_sorted_by("due_at");
    let query = query.filter(THEN, past.then());
    match way {
        Way::Open | Way::Filter => query.sort_few(),
        Way::NotHolding => query.reading(NOT_HOLDING).sort_few(),
        Way::LedBy(_) | Way::Leads if by_due => query.reading(BY_DUE_OF_LEAD),
        Way::LedBy(code) => query.reading(BY_NUMBER_OF_LEAD).selecting_with([code]),
        Way::Leads => query.reading(OF_LEADS).sort_few(),
        // As the index says it.
        Way::Stage(Some(Stage::Accepted)) if by_due => {
            query.reading(BY_DUE_ACCEPTED).filter::<i64>("stage = 5", [])
        }
        Way::Stage(Some(Stage::Rescinded)) if by_due => {
            query.reading(BY_DUE_RESCINDED).filter::<i64>("stage = 6", [])
        }
        Way::Stage(_) if by_due => query.reading(BY_DUE),
        Way::Stage(_) => query.reading(BY_NUMBER).filter(ASSIGNED_THEN, [past.position]),
    }
}

/// Keeps what an item is since a record, as its row has it now, if that differs from before.
pub(super) fn keep(
    tables: &Transaction<'_>,
    record: &Record,
    id: &str,
    called_upon: &BTreeSet<&Code>,
) -> rusqlite::Result<()> {
    let position = position_of(record);
    let called_upon: String =
        std::iter::once(String::from(" ")).chain(called_upon.iter().map(|code| format!("{code} "))).collect();
    let last = "SELECT span, since,
            spans.lead_code = items.lead_code AND spans.stage = items.stage AND spans.due_on = items.due_on
            AND spans.due_at = items.due_at AND spans.first_due_at = items.first_due_at
            AND spans.first_done_at IS items.first_done_at AND spans.promised_at = items.promised_at
            AND spans.missed_promised_at IS items.missed_promised_at AND spans.missed_done_at IS items.missed_done_at
            AND spans.acceptor_code IS items.acceptor_code AND spans.called_upon = ?2
            AND is_blocked = (blocked_reason IS NOT NULL) AND extension_requested = (extension_due_on IS NOT NULL)
            AND spans.paused_since IS items.paused_since AND spans.claimed_at IS items.claimed_at
            AND spans.heard_at = items.heard_at AND spans.holder_code IS items.holder_code
            AND spans.holds IS items.holds AND spans.returned = items.returned
            AND spans.extended = items.extended AND spans.reopened = items.reopened
        FROM items JOIN item_spans AS spans ON spans.item = items.rowid
        WHERE items.id = ?1 ORDER BY since DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let last: Option<(i64, i64, bool)> =
        tables.prepare_cached(last)?.query_row([id, &called_upon], read).optional()?;
    match last {
        Some((.., true)) => return Ok(()),
        Some((span, since, false)) => spans::end(tables, "item_spans", (span, since), position)?,
        None => {}
    }
    tables
        .prepare_cached("INSERT OR IGNORE INTO dues SELECT due_at FROM items WHERE id = ?1")?
        .execute([id])?;
    let insert =
        "INSERT INTO item_spans (item, since, until, node, lead_code, stage, due_on, due_at, first_due_at,
            first_done_at, promised_at, missed_promised_at, missed_done_at, acceptor_code, called_upon, is_blocked, extension_requested, paused_since, claimed_at, heard_at,
            holder_code, holds, returned, extended, reopened)
        SELECT rowid, ?2, ?3, ?4, lead_code, stage, due_on, due_at, first_due_at, first_done_at, promised_at,
            missed_promised_at, missed_done_at, acceptor_code, ?5,
            blocked_reason IS NOT NULL, extension_due_on IS NOT NULL, paused_since, claimed_at, heard_at,
            holder_code, holds, returned, extended, reopened
        FROM items WHERE id = ?1";
    let values = params![id, position, FOREVER, node(position, FOREVER), called_upon];
    tables.prepare_cached(insert)?.execute(values)?;
    let led = "INSERT OR IGNORE INTO ever_led SELECT lead_code, number, rowid FROM items WHERE id = ?1";
    tables.prepare_cached(led)?.execute([id]).map(drop)
}
