//! Rooms, a row each.

use domain::scheduling::room::{Event, Room};
use prost::Message as _;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Room>(record)? {
        match event {
            Event::Registered { profile, .. } => {
                let wire: pb::Room = profile.to_wire();
                let insert = "INSERT OR REPLACE INTO rooms (code, room_id, name, seats, message) VALUES (?1, ?2, ?3, ?4, ?5)";
                tables.prepare_cached(insert)?.execute(params![
                    wire.code,
                    id,
                    wire.name,
                    wire.seats,
                    wire.encode_to_vec()
                ])?;
            }
            Event::Booked { session, starts_at, ends_at } => {
                let insert = "INSERT OR REPLACE INTO bookings (room_id, session_id, starts_at, ends_at) VALUES (?1, ?2, ?3, ?4)";
                let (starts_at, ends_at) = (starts_at.as_microsecond(), ends_at.as_microsecond());
                tables.prepare_cached(insert)?.execute(params![
                    id,
                    session.to_string(),
                    starts_at,
                    ends_at
                ])?;
            }
            Event::Released { session } => {
                let remove = "DELETE FROM bookings WHERE room_id = ?1 AND session_id = ?2";
                tables.prepare_cached(remove)?.execute([&id, &session.to_string()])?;
            }
        }
    }
    Ok(())
}

/// Everybody may look for a room. What it is booked for is shown with the sessions.
const ROWS: Rows = Rows::of_everybody("SELECT * FROM rooms");

/// The query for rooms.
pub(crate) fn rooms(
    request: &pb::ListRoomsRequest,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Room>> + Send + 'static, Invalid> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListRoomsRequest) -> Result<ListQuery, Invalid> {
    Ok(ListQuery::new(
        ROWS,
        &["code", "name", "seats"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("seats >= ?", request.seats_min))
}
