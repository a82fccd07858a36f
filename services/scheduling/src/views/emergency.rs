//! The clocks of emergencies, a row each until they strike.

use super::session::OF_A_SEEN_SESSION;
use domain::scheduling::emergency::{DECISION, Emergency, Event, FIRST_CALL, HALFWAY};
use domain::{Code, Timestamp};
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::row::{timestamp, uuid};
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Emergency>(record)? {
        project_event(tables, &id, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Raised { alarm, acknowledge_by, halfway_at, .. } => {
            start(tables, id, HALFWAY, None, *halfway_at)?;
            start(tables, id, DECISION, None, alarm.decide_by)?;
            for (number, call) in (FIRST_CALL..).zip(&alarm.calls) {
                start(tables, id, number, Some(&call.department), *acknowledge_by)?;
                put_call(tables, id, &call.department, &call.department)?;
            }
            Ok(())
        }
        Event::Acknowledged { seat, .. } => {
            stop_call(tables, id, seat)?;
            tables
                .prepare_cached("DELETE FROM emergency_calls WHERE session_id = ?1 AND seat_code = ?2")?
                .execute([id, seat.as_str()])
                .map(drop)
        }
        Event::Unreached { seat, .. } => stop_call(tables, id, seat),
        Event::SubstituteCalled { seat, substitute, acknowledge_by, number, .. } => {
            stop_call(tables, id, seat)?;
            put_call(tables, id, seat, substitute)?;
            start(tables, id, *number, Some(seat), *acknowledge_by)
        }
        Event::DecisionHalfway { .. } => stop(tables, id, HALFWAY),
        Event::DecisionOverdue { .. } => stop(tables, id, DECISION),
        Event::Ended { .. } => {
            tables.prepare_cached("DELETE FROM emergency_calls WHERE session_id = ?1")?.execute([id])?;
            let mut clocks = tables.prepare_cached("DELETE FROM emergency_clocks WHERE session_id = ?1")?;
            clocks.execute([id]).map(drop)
        }
    }
}

/// Who is called for a seat now.
fn put_call(tables: &Transaction<'_>, id: &str, seat: &Code, department: &Code) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO emergency_calls (session_id, seat_code, department_code) VALUES (?1, ?2, ?3)",
        )?
        .execute([id, seat.as_str(), department.as_str()])
        .map(drop)
}

fn start(
    tables: &Transaction<'_>,
    id: &str,
    number: u32,
    seat: Option<&Code>,
    strikes_at: Timestamp,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO emergency_clocks (session_id, number, seat_code, strikes_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, number, seat.map(Code::as_str), strikes_at.as_microsecond()])
        .map(drop)
}

fn stop(tables: &Transaction<'_>, id: &str, number: u32) -> rusqlite::Result<()> {
    tables
        .prepare_cached("DELETE FROM emergency_clocks WHERE session_id = ?1 AND number = ?2")?
        .execute(params![id, number])
        .map(drop)
}

fn stop_call(tables: &Transaction<'_>, id: &str, seat: &Code) -> rusqlite::Result<()> {
    tables
        .prepare_cached("DELETE FROM emergency_clocks WHERE session_id = ?1 AND seat_code = ?2")?
        .execute([id, seat.as_str()])
        .map(drop)
}

/// The next clock of each emergency; it is seen by those who see the session.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT * FROM (
         SELECT session_id, number, MIN(strikes_at) AS strikes_at FROM emergency_clocks GROUP BY session_id)",
    OF_A_SEEN_SESSION,
);

/// The emergencies whose clocks strike first.
pub(crate) fn next_strikes(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        Ok(Deadline {
            at: timestamp(row, "strikes_at")?,
            id: uuid(row, "session_id")?,
            number: row.get("number")?,
        })
    };
    tables.all(&ROWS, "1", "strikes_at, session_id", [], max, read)
}
