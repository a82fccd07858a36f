//! Bodies, a row each: the version in force.

use domain::scheduling::body::{Body, Charter, Event};
use domain::{Code, Uuid};
use prost::Message as _;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id;
    for event in decode::<Body>(record)? {
        match event {
            Event::Defined { body, charter } => put(tables, id, &body, 1, &charter)?,
            Event::Changed { version, charter, .. } => {
                let code: Option<String> = tables
                    .prepare_cached("SELECT code FROM bodies WHERE body_id = ?1")?
                    .query_row([id.to_string()], |row| row.get(0))
                    .optional()?;
                let Some(body) = code.and_then(|code| Code::parse(&code).ok()) else { continue };
                put(tables, id, &body, version, &charter)?;
            }
        }
    }
    Ok(())
}

fn put(
    tables: &Transaction<'_>,
    id: Uuid,
    body: &Code,
    version: u32,
    charter: &Charter,
) -> rusqlite::Result<()> {
    let summary = summary(body, version, charter);
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO bodies (code, body_id, name, message) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![summary.code, id.to_string(), summary.name, summary.encode_to_vec()])
        .map(drop)
}

/// The row of a body.
pub(crate) fn summary(body: &Code, version: u32, charter: &Charter) -> pb::BodySummary {
    pb::BodySummary {
        code: body.to_wire(),
        name: charter.name.to_wire(),
        version,
        chair_code: charter.chair.to_wire(),
        secretariat_codes: charter.secretariat.to_wire(),
        seat_count: u32::try_from(charter.seats.len()).unwrap_or(u32::MAX),
    }
}

/// The query for bodies.
pub(crate) fn bodies(
    request: &pb::ListBodiesRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::BodySummary>> + Send + 'static, Invalid> {
    let query = list(request)?;
    Ok(move |tables: &Connection| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListBodiesRequest) -> Result<ListQuery, Invalid> {
    ListQuery::new(
        "SELECT * FROM bodies",
        &["code", "name"],
        "code",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )
}
