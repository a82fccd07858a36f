//! Rooms, a row each.

use domain::scheduling::room::{Event, Room};
use domain::text::search_key;
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
                let insert = "INSERT OR REPLACE INTO rooms (code, room_id, name, seats, message, site_code) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                tables.prepare_cached(insert)?.execute(params![
                    wire.code,
                    id,
                    wire.name,
                    wire.seats,
                    wire.encode_to_vec(),
                    wire.site_code
                ])?;
                equip(tables, &wire)?;
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

fn equip(tables: &Transaction<'_>, room: &pb::Room) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM room_equipment WHERE code = ?1")?.execute([&room.code])?;
    let insert = "INSERT OR IGNORE INTO room_equipment (code, piece) VALUES (?1, ?2)";
    let mut insert = tables.prepare_cached(insert)?;
    room.equipment.iter().try_for_each(|piece| insert.execute([&room.code, &search_key(piece)]).map(drop))
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
    let query = ListQuery::new(
        ROWS,
        &["code", "name", "seats"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("seats >= ?", request.seats_min);
    let has = |query: ListQuery, piece: &String| {
        query.filter("code IN (SELECT code FROM room_equipment WHERE piece = ?)", [search_key(piece)])
    };
    Ok(request.equipment.iter().fold(query, has))
}
