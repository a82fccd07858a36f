//! Resolutions, a row each.

use super::{Named, message, moment, uuid};
use domain::resolution::resolution::{Event, Registration, Resolution};
use domain::{Text, Timestamp};
use prost::Message as _;
use proto::resolution::events::v1::ResolutionRegistration;
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, searchable, sort_key};
use service_kit::view::ViewError;

/// Stage 5 of an item on the wire is the accepted one.
const ROWS: &str = "SELECT *, (SELECT count(*) FROM items WHERE resolution = resolutions.id AND stage = 5)
    AS items_accepted FROM resolutions";

pub(super) fn take(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let (id, at) = (record.stream.id.to_string(), record.envelope.time);
    for event in decode::<Resolution>(record)? {
        match &event {
            Event::Registered { registration } => enter(tables, &id, at, registration)?,
            Event::Rescinded { reason } => {
                end(tables, &id, at, pb::ResolutionStage::Rescinded, reason, None)?;
            }
            Event::Superseded { by, reason } => {
                end(tables, &id, at, pb::ResolutionStage::Superseded, reason, Some(by.to_string()))?;
            }
        }
    }
    Ok(())
}

fn enter(
    tables: &Transaction<'_>,
    id: &str,
    at: Timestamp,
    registration: &Registration,
) -> rusqlite::Result<()> {
    let message: ResolutionRegistration = registration.to_wire();
    let number = registration.number.as_str();
    tables
        .prepare_cached(
            "INSERT INTO resolutions (id, number, written, title, body, session, decided_on, declaratory,
                 items, stage, registered_at, registration, searched)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            id,
            sort_key(number),
            number,
            registration.title.as_str(),
            registration.body.as_str(),
            registration.session.to_string(),
            registration.decided_on.to_string(),
            registration.declaratory,
            registration.items.len() as i64,
            pb::ResolutionStage::InForce as i32,
            at.as_microsecond(),
            message.encode_to_vec(),
            searchable(&[number, registration.title.as_str(), registration.text.as_str()]),
        ])
        .map(drop)
}

fn end(
    tables: &Transaction<'_>,
    id: &str,
    at: Timestamp,
    stage: pb::ResolutionStage,
    reason: &Text,
    superseded_by: Option<String>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "UPDATE resolutions SET stage = ?2, reason = ?3, superseded_by = ?4, ended_at = ?5 WHERE id = ?1",
        )?
        .execute(params![id, stage as i32, reason.as_str(), superseded_by, at.as_microsecond()])
        .map(drop)
}

/// The question for one resolution.
pub(crate) fn resolution(
    named: Named,
) -> impl FnOnce(&Connection) -> rusqlite::Result<Option<pb::Resolution>> + Send + 'static {
    move |tables| {
        let sql = format!("{ROWS} WHERE {}", named.condition);
        tables.prepare_cached(&sql)?.query_row([&named.value], full).optional()
    }
}

/// The question for resolutions.
pub(crate) fn resolutions(
    request: &pb::ListResolutionsRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::ResolutionRow>> + Send + 'static, Invalid> {
    let stage = match pb::ResolutionStage::try_from(request.stage) {
        Ok(pb::ResolutionStage::Unspecified) => None,
        Ok(stage) => Some(stage as i32),
        Err(_) => return Err(Invalid::field("stage", format!("has the unknown number {}", request.stage))),
    };
    let session = match request.session.as_str() {
        "" => String::new(),
        session => uuid("session", session)?,
    };
    let query = ListQuery::new(
        ROWS,
        &["number", "decided_on", "title", "body"],
        "id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("body = ?", &request.body)
    .filter_text("session = ?", &session)
    .filter_some("stage = ?", stage)
    .filter_words("searched", "text", &request.text)?;
    Ok(move |tables: &Connection| query.run(tables, summary))
}

fn full(row: &Row<'_>) -> rusqlite::Result<pb::Resolution> {
    Ok(pb::Resolution {
        id: row.get("id")?,
        registration: Some(message(row, "registration")?),
        registered_at: moment(row.get("registered_at")?),
        stage: row.get("stage")?,
        reason: row.get("reason")?,
        superseded_by: row.get("superseded_by")?,
        ended_at: row.get::<_, Option<i64>>("ended_at")?.and_then(moment),
        items: row.get("items")?,
        items_accepted: row.get("items_accepted")?,
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::ResolutionRow> {
    Ok(pb::ResolutionRow {
        id: row.get("id")?,
        number: row.get("written")?,
        title: row.get("title")?,
        body: row.get("body")?,
        session: row.get("session")?,
        decided_on: row.get("decided_on")?,
        declaratory: row.get("declaratory")?,
        stage: row.get("stage")?,
        items: row.get("items")?,
        items_accepted: row.get("items_accepted")?,
    })
}
