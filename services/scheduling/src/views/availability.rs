//! What keeps departments, rooms and members busy apart from sessions, a row each, and the calendars that say so.

use domain::Uuid;
use domain::scheduling::availability::{Availability, Event, Holder};
use domain::scheduling::slots::Busy;
use proto::Wire as _;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::events::decode;
use service_kit::row::uuid;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Subscribed calendars that are followed, at most.
const SUBSCRIBED_MAX: u32 = 10_000;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Availability>(record)? {
        project_event(tables, &id, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::AbsenceRecorded { holder, absence, starts_at, ends_at } => {
            let time = Busy { starts_at: *starts_at, ends_at: *ends_at };
            insert_times(tables, id, columns(holder), (Some(&absence.to_string()), None), &[time])
        }
        Event::AbsenceWithdrawn { absence } => {
            let remove = "DELETE FROM busy_times WHERE availability_id = ?1 AND absence_id = ?2";
            tables.prepare_cached(remove)?.execute([id, &absence.to_string()]).map(drop)
        }
        Event::BusyTimesImported { holder, calendar, times, read_at } => {
            forget(tables, id, calendar.as_str())?;
            let (kind, code) = columns(holder);
            let insert = "INSERT INTO calendars (availability_id, calendar, kind, code, read_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![id, calendar.as_str(), kind, code, read_at.as_microsecond()];
            tables.prepare_cached(insert)?.execute(values)?;
            insert_times(tables, id, (kind, code), (None, Some(calendar.as_str())), times)
        }
        Event::BusyTimesForgotten { calendar } => forget(tables, id, calendar.as_str()),
        Event::CalendarSubscribed { holder, calendar, subscription, .. } => {
            let (kind, code) = columns(holder);
            let insert = "INSERT INTO calendars (availability_id, calendar, kind, code, subscription_id)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET subscription_id = ?5, failing_since = NULL";
            let values = params![id, calendar.as_str(), kind, code, subscription.to_string()];
            tables.prepare_cached(insert)?.execute(values).map(drop)
        }
        Event::BusyTimesRead { subscription, times, read_at } => {
            let of_it = "SELECT calendar, kind, code FROM calendars WHERE subscription_id = ?1";
            let read = |row: &rusqlite::Row<'_>| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i32>(1)?, row.get::<_, String>(2)?))
            };
            let found =
                tables.prepare_cached(of_it)?.query_row([subscription.to_string()], read).optional()?;
            let Some((calendar, kind, code)) = found else { return Ok(()) };
            forget_times(tables, id, &calendar)?;
            insert_times(tables, id, (kind, &code), (None, Some(&calendar)), times)?;
            confirm(tables, *subscription, read_at.as_microsecond())
        }
        Event::BusyTimesConfirmed { subscription, read_at } => {
            confirm(tables, *subscription, read_at.as_microsecond())
        }
        Event::CalendarFailed { subscription, failed_at, .. } => {
            let fail = "UPDATE calendars SET failing_since = ?2 WHERE subscription_id = ?1";
            let values = params![subscription.to_string(), failed_at.as_microsecond()];
            tables.prepare_cached(fail)?.execute(values).map(drop)
        }
    }
}

/// Inserts what an absence, or a calendar, says.
fn insert_times(
    tables: &Transaction<'_>,
    id: &str,
    (kind, code): (i32, &str),
    (absence, calendar): (Option<&str>, Option<&str>),
    times: &[Busy],
) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT INTO busy_times (availability_id, kind, code, absence_id, calendar, starts_at, ends_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    times.iter().try_for_each(|time| {
        let (starts_at, ends_at) = (time.starts_at.as_microsecond(), time.ends_at.as_microsecond());
        insert.execute(params![id, kind, code, absence, calendar, starts_at, ends_at]).map(drop)
    })
}

/// Notes that a calendar was read.
fn confirm(tables: &Transaction<'_>, subscription: Uuid, read_at: i64) -> rusqlite::Result<()> {
    let confirm = "UPDATE calendars SET read_at = ?2, failing_since = NULL WHERE subscription_id = ?1";
    tables.prepare_cached(confirm)?.execute(params![subscription.to_string(), read_at]).map(drop)
}

fn columns(holder: &Holder) -> (i32, &str) {
    (holder.kind.to_wire(), holder.code.as_str())
}

fn forget(tables: &Transaction<'_>, id: &str, calendar: &str) -> rusqlite::Result<()> {
    forget_times(tables, id, calendar)?;
    let remove = "DELETE FROM calendars WHERE availability_id = ?1 AND calendar = ?2";
    tables.prepare_cached(remove)?.execute([id, calendar]).map(drop)
}

fn forget_times(tables: &Transaction<'_>, id: &str, calendar: &str) -> rusqlite::Result<()> {
    let remove = "DELETE FROM busy_times WHERE availability_id = ?1 AND calendar = ?2";
    tables.prepare_cached(remove)?.execute([id, calendar]).map(drop)
}

/// Whose calendars are subscribed to, but for members who were erased or taken out of the directory; only the service looks at it.
const SUBSCRIBED: Rows = Rows::of_everybody(
    "SELECT availability_id, subscription_id FROM calendars LEFT JOIN members USING (code)",
);

/// The query for the calendars that are subscribed to: whose availability it is about, and the subscription.
pub(crate) fn subscribed_calendars()
-> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<(Uuid, Uuid)>> + Send + 'static {
    |tables: ScopedTables<'_>| {
        let read =
            |row: &rusqlite::Row<'_>| Ok((uuid(row, "availability_id")?, uuid(row, "subscription_id")?));
        let condition = "subscription_id IS NOT NULL AND (kind <> 3 OR member_id IS NOT NULL)";
        tables.all(&SUBSCRIBED, condition, "subscription_id", [], SUBSCRIBED_MAX, read)
    }
}
