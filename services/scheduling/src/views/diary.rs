//! Diaries: when rooms and departments are taken by sessions that are scheduled or take place.

use domain::scheduling::session::Stage;
use domain::scheduling::slots::{Busy, Diaries, RoomDiary};
use domain::{Code, Timestamp, Uuid};
use proto::Wire as _;
use rusqlite::Row;
use rusqlite::types::Value;
use service_kit::{Rows, ScopedTables};
use std::collections::BTreeMap;

/// Rooms that are looked at, at most.
const ROOMS_MAX: u32 = 500;
/// Bookings of rooms, and sessions of departments, that are looked at, at most.
const ENTRIES_MAX: u32 = 100_000;

/// Everybody may look for a room.
const ROOMS: Rows = Rows::of_everybody("SELECT code, seats FROM rooms");

/// Whoever looks for a slot learns when a room is taken, and not for what.
const TAKEN: Rows = Rows::of_everybody("SELECT room_code AS code, starts_at, ends_at FROM sessions");

/// Whoever looks for a slot learns when a department is busy, and not with what.
const BUSY: Rows = Rows::of_everybody(
    "SELECT department_code AS code, starts_at, ends_at FROM sessions JOIN concerned USING (session_id)",
);

/// The query for who is busy in a time, apart from one session.
pub(crate) fn diaries(
    other_than: Uuid,
    (from_at, until_at): (Timestamp, Timestamp),
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Diaries> + Send + 'static {
    move |tables: ScopedTables<'_>| {
        let entries = |rows: &Rows, condition: &str| {
            let condition = format!(
                "stage IN (?, ?) AND starts_at < ? AND ends_at > ? AND session_id <> ? AND {condition}"
            );
            let values = [
                Value::from(Stage::Scheduled.to_wire()),
                Value::from(Stage::Convened.to_wire()),
                Value::from(until_at.as_microsecond()),
                Value::from(from_at.as_microsecond()),
                Value::from(other_than.to_string()),
            ];
            tables.all(rows, &condition, "starts_at", values, ENTRIES_MAX, entry)
        };
        let mut taken = by_code(entries(&TAKEN, "room_code IS NOT NULL")?);
        let departments = by_code(entries(&BUSY, "attends")?);
        let rooms = tables.all(&ROOMS, "1", "code", [], ROOMS_MAX, |row| {
            Ok((row.get::<_, String>("code")?, row.get("seats")?))
        })?;
        let diary = |(name, seats): (String, u32)| {
            let code = Code::parse(&name).ok()?;
            Some(RoomDiary { busy: taken.remove(&code).unwrap_or_default(), code, seats })
        };
        Ok(Diaries { rooms: rooms.into_iter().filter_map(diary).collect(), departments })
    }
}

/// A row of a diary; none when it cannot be read.
fn entry(row: &Row<'_>) -> rusqlite::Result<Option<(Code, Busy)>> {
    let code: String = row.get("code")?;
    let moment = |column| Ok::<_, rusqlite::Error>(Timestamp::from_microsecond(row.get(column)?).ok());
    let (starts_at, ends_at) = (moment("starts_at")?, moment("ends_at")?);
    let busy = starts_at.zip(ends_at).map(|(starts_at, ends_at)| Busy { starts_at, ends_at });
    Ok(Code::parse(&code).ok().zip(busy))
}

fn by_code(entries: Vec<Option<(Code, Busy)>>) -> BTreeMap<Code, Vec<Busy>> {
    let mut found: BTreeMap<Code, Vec<Busy>> = BTreeMap::new();
    for (code, busy) in entries.into_iter().flatten() {
        found.entry(code).or_default().push(busy);
    }
    found
}
