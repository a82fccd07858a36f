//! Rooms, a row each.

use domain::scheduling::room::{Event, Room};
use prost::Message as _;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Connection, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Room>(record)? {
        // Bookings are shown with their sessions.
        let Event::Registered { profile } = event else { continue };
        let wire: pb::Room = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO rooms (code, name, seats, message) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.seats, wire.encode_to_vec()])?;
    }
    Ok(())
}

/// The query for rooms.
pub(crate) fn rooms(
    request: &pb::ListRoomsRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::Room>> + Send + 'static, Invalid> {
    let query = list(request)?;
    Ok(move |tables: &Connection| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListRoomsRequest) -> Result<ListQuery, Invalid> {
    Ok(ListQuery::new(
        "SELECT * FROM rooms",
        &["code", "name", "seats"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("seats >= ?", request.seats_min))
}
