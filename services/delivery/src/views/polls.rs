//! The polls that are open: of each, whom it waits for is asked of its own history.

use domain::scheduling::poll::{Event, Poll};
use domain::{Timestamp, Uuid};
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::row::uuid;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(crate) fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    // It has the id of its session.
    let id = record.stream.id.to_string();
    for event in decode::<Poll>(record)? {
        match event {
            Event::Opened { close_by, .. } => {
                tables
                    .prepare_cached(
                        "INSERT OR REPLACE INTO open_polls (session_id, close_by) VALUES (?1, ?2)",
                    )?
                    .execute(params![id, Timestamp::as_microsecond(close_by)])?;
            }
            Event::TimeAdopted { .. } | Event::Closed { .. } | Event::Ended { .. } => {
                tables.prepare_cached("DELETE FROM open_polls WHERE session_id = ?1")?.execute([&id])?;
            }
            Event::Answered { .. }
            | Event::TimeProposed { .. }
            | Event::TimeDeclined { .. }
            | Event::Reminded { .. } => {}
        }
    }
    Ok(())
}

/// A poll is found by those whom its session ever concerned.
const OPEN: Rows = Rows::of_those_concerned(
    "SELECT session_id, close_by FROM open_polls",
    "session_id IN (SELECT entry_id FROM calendar_departments
             WHERE department_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT entry_id FROM calendar_bodies
             WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The sessions whose polls are open, those that close first at the beginning, at most `max`.
pub(crate) fn open_polls(
    max: u32,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Uuid>> + Send + 'static {
    move |tables| tables.all(&OPEN, "1", "close_by, session_id", [], max, |row| uuid(row, "session_id"))
}
