//! When those that have not answered a countersign are reminded.

use domain::deliberation::docket::{Event, reminders};
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::timer::Deadline;
use service_kit::{Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    if let Event::Prepared { agenda } = event {
        let days = reminders::days_before(&agenda.constitution.rule);
        tables
            .prepare_cached("INSERT OR REPLACE INTO reminding (docket, days) VALUES (?1, ?2)")?
            .execute(params![id, days])?;
    }
    let days = tables
        .prepare_cached("SELECT days FROM reminding WHERE docket = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(next_at) = days.and_then(|days| reminders::next_after(event, days)) else { return Ok(()) };
    tables
        .prepare_cached("UPDATE reminding SET remind_at = ?2 WHERE docket = ?1")?
        .execute(params![id, next_at.map(domain::Timestamp::as_microsecond)])
        .map(drop)
}

/// What is planned, whoever sees it.
const REMINDING: Rows = Rows::of_those_concerned("SELECT docket, remind_at FROM reminding", "FALSE");

/// The reminders that come first.
pub(crate) fn next_reminders(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    tables.all(&REMINDING, "remind_at IS NOT NULL", "remind_at, docket", [], max, super::deadline)
}
