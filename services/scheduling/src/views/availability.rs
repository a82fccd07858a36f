//! What keeps departments and rooms busy apart from sessions, a row each.

use domain::scheduling::availability::{Availability, Event, Holder};
use proto::Wire as _;
use rusqlite::{Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Availability>(record)? {
        project_event(tables, &id, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT INTO busy_times (availability_id, kind, code, absence_id, calendar, starts_at, ends_at, read_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    match event {
        Event::AbsenceRecorded { holder, absence, starts_at, ends_at } => {
            let (kind, code) = columns(holder);
            let (starts_at, ends_at) = (starts_at.as_microsecond(), ends_at.as_microsecond());
            insert.execute(params![
                id,
                kind,
                code,
                absence.to_string(),
                None::<&str>,
                starts_at,
                ends_at,
                None::<i64>
            ])?;
        }
        Event::AbsenceWithdrawn { absence } => {
            let remove = "DELETE FROM busy_times WHERE availability_id = ?1 AND absence_id = ?2";
            tables.prepare_cached(remove)?.execute([id, &absence.to_string()])?;
        }
        Event::BusyTimesImported { holder, calendar, times, read_at } => {
            forget(tables, id, calendar.as_str())?;
            let (kind, code) = columns(holder);
            for time in times {
                let (starts_at, ends_at) = (time.starts_at.as_microsecond(), time.ends_at.as_microsecond());
                let (calendar, read_at) = (calendar.as_str(), read_at.as_microsecond());
                insert.execute(params![
                    id,
                    kind,
                    code,
                    None::<&str>,
                    calendar,
                    starts_at,
                    ends_at,
                    read_at
                ])?;
            }
        }
        Event::BusyTimesForgotten { calendar } => forget(tables, id, calendar.as_str())?,
    }
    Ok(())
}

fn columns(holder: &Holder) -> (i32, &str) {
    (holder.kind.to_wire(), holder.code.as_str())
}

fn forget(tables: &Transaction<'_>, id: &str, calendar: &str) -> rusqlite::Result<()> {
    let remove = "DELETE FROM busy_times WHERE availability_id = ?1 AND calendar = ?2";
    tables.prepare_cached(remove)?.execute([id, calendar]).map(drop)
}
