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
    for event in decode::<Room>(record)? {
        // Bookings are shown with their sessions.
        let Event::Registered { profile, .. } = event else { continue };
        let wire: pb::Room = profile.to_wire();
        tables
            .prepare_cached(
                "INSERT OR REPLACE INTO rooms (code, name, seats, message) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![wire.code, wire.name, wire.seats, wire.encode_to_vec()])?;
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
