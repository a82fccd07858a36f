//! Bodies, a row each: the version in force.

use domain::scheduling::body::{Body, Event, Version};
use domain::{Code, Uuid};
use prost::Message as _;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::message;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id;
    for event in decode::<Body>(record)? {
        let before = read_row(tables, id)?;
        if let Some((after, pending)) = after(before, event) {
            put(tables, id, &after, &pending)?;
        }
    }
    Ok(())
}

/// The row of a body, and the departments that have not accepted their seats yet.
type Row = (pb::BodySummary, Vec<Code>);

fn row(version: Version) -> Row {
    (summary(&version), version.pending)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The row of a body after an event.
fn after(before: Option<Row>, event: Event) -> Option<Row> {
    match event {
        Event::Defined { body, charter, pending, pending_offices } => {
            Some(row(Version { body, number: 1, charter, pending, pending_offices }))
        }
        Event::Changed { version: number, charter, pending, pending_offices, .. } => {
            let body = Code::parse(&before?.0.code).ok()?;
            Some(row(Version { body, number, charter, pending, pending_offices }))
        }
        Event::SeatAccepted { version, department } => {
            let (before, mut pending) = before?;
            pending.retain(|code| *code != department);
            let pending_seat_count = count(pending.len());
            Some((pb::BodySummary { version, pending_seat_count, ..before }, pending))
        }
    }
}

fn read_row(tables: &Transaction<'_>, id: Uuid) -> rusqlite::Result<Option<Row>> {
    let read = |row: &rusqlite::Row<'_>| {
        let pending: String = row.get("pending")?;
        let pending = pending.split_whitespace().filter_map(|code| Code::parse(code).ok()).collect();
        Ok((message(row, "message")?, pending))
    };
    tables
        .prepare_cached("SELECT message, pending FROM bodies WHERE body_id = ?1")?
        .query_row([id.to_string()], read)
        .optional()
}

fn put(
    tables: &Transaction<'_>,
    id: Uuid,
    summary: &pb::BodySummary,
    pending: &[Code],
) -> rusqlite::Result<()> {
    let pending: Vec<&str> = pending.iter().map(Code::as_str).collect();
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO bodies (code, body_id, name, message, pending) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            summary.code,
            id.to_string(),
            summary.name,
            summary.encode_to_vec(),
            pending.join(" ")
        ])
        .map(drop)
}

/// The row of a body.
pub(crate) fn summary(version: &Version) -> pb::BodySummary {
    let charter = &version.charter;
    pb::BodySummary {
        code: version.body.to_wire(),
        name: charter.name.to_wire(),
        version: version.number,
        chair_code: charter.chair.to_wire(),
        secretariat_codes: charter.secretariat.to_wire(),
        seat_count: count(charter.seats.len()),
        pending_seat_count: count(version.pending.len()),
    }
}

/// Everybody may know who decides what, and by which rules.
const ROWS: Rows = Rows::of_everybody("SELECT * FROM bodies");

/// The query for bodies.
pub(crate) fn bodies(
    request: &pb::ListBodiesRequest,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::BodySummary>> + Send + 'static, Invalid>
{
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| message(row, "message")))
}

pub(crate) fn list(request: &pb::ListBodiesRequest) -> Result<ListQuery, Invalid> {
    ListQuery::new(ROWS, &["code", "name"], "code", &request.order_by, request.page_size, &request.page_token)
}
