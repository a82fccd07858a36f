//! When those that have not answered a countersign are reminded.

use domain::Timestamp;
use domain::deliberation::docket::Event;
use rusqlite::{Transaction, params};
use service_kit::timer::Deadline;
use service_kit::{Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Prepared { agenda } => plan(tables, id, agenda.remind_at),
        Event::SigningExtended { remind_at, .. } => plan(tables, id, *remind_at),
        Event::BallotOpened { remind_at: at @ Some(_), .. } => plan(tables, id, *at),
        Event::RemindersSent { by_hand_on: None, .. }
        | Event::MeetingCalled { .. }
        | Event::Closed { .. } => plan(tables, id, None),
        _ => Ok(()),
    }
}

/// The next time, or that there is none.
fn plan(tables: &Transaction<'_>, id: &str, at: Option<Timestamp>) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM reminding WHERE docket = ?1")?.execute([id])?;
    let Some(at) = at else { return Ok(()) };
    tables
        .prepare_cached("INSERT INTO reminding (docket, remind_at) VALUES (?1, ?2)")?
        .execute(params![id, at.as_microsecond()])
        .map(drop)
}

/// What is planned, whoever sees it.
const REMINDING: Rows = Rows::of_those_concerned("SELECT docket, remind_at FROM reminding", "FALSE");

/// The reminders that come first.
pub(crate) fn next_reminders(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    tables.all(&REMINDING, "TRUE", "remind_at, docket", [], max, super::deadline)
}
