//! Resolutions, a row each.

use super::{Named, dissent, enum_filter};
use domain::deliberation::docket::{self, Docket};
use domain::resolution::resolution::{Event, Origin, Registration, Resolution, Stage};
use domain::resolution_change::ChangeEffect;
use domain::{Label, Text, Timestamp, Uuid};
use prost::Message as _;
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, index, searchable, sort_key, uuid_filter};
use service_kit::row::{message, moment};
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Stage 5 of an item on the wire is the accepted one, and label 1 the public one.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, *, (SELECT count(*) FROM items WHERE resolution = resolutions.id AND stage = 5)
    AS accepted_items FROM resolutions",
    concat!(
        "rowid IN (SELECT resolutions.rowid FROM participants JOIN resolutions
             ON resolutions.session = participants.docket AND resolutions.topic = participants.topic
             WHERE participants.department IN (SELECT value FROM json_each(?, '$.departments'))
                 AND participants.sees
         UNION ALL SELECT rowid FROM resolutions WHERE label = 1
         UNION ALL SELECT rowid FROM resolutions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies'))
         UNION ALL SELECT resolutions.rowid FROM items JOIN resolutions ON resolutions.id = items.resolution
             WHERE items.rowid IN (",
        items_concerning!(),
        "))"
    ),
);
const NUMBER_AND_TITLE: Rows = ROWS.selecting("SELECT written, title FROM resolutions");

/// Projects whom a docket concerns, who see what was decided on it, and the votes against it.
pub(super) fn project_docket(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Docket>(record)? {
        dissent::project(tables, &id, &event)?;
        let agenda = match event {
            docket::Event::Prepared { agenda } => agenda,
            docket::Event::TopicRelabelled { topic, label, .. } => {
                tables
                    .prepare_cached(
                        "UPDATE participants SET is_secret = ?3 WHERE docket = ?1 AND topic = ?2",
                    )?
                    .execute(params![id, topic, label == Label::Secret])?;
                continue;
            }
            _ => continue,
        };
        tables
            .prepare_cached("INSERT OR REPLACE INTO dockets (docket, body_code) VALUES (?1, ?2)")?
            .execute([id.as_str(), agenda.body.as_str()])?;
        tables.prepare_cached("DELETE FROM participants WHERE docket = ?1")?.execute([&id])?;
        let mut insert = tables.prepare_cached(
            "INSERT OR IGNORE INTO participants (docket, topic, department, takes_part, is_secret)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for topic in &agenda.topics {
            let part = agenda.taking_part_in(topic.number);
            for department in agenda.concerned() {
                let (takes_part, is_secret) = (part.contains(&department), topic.label == Label::Secret);
                insert.execute(params![id, topic.number, department.as_str(), takes_part, is_secret])?;
            }
        }
    }
    Ok(())
}

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Resolution>(record)? {
        match &event {
            Event::Registered { registration, registered_at } => {
                insert_resolution(tables, &id, registration, *registered_at)?;
            }
            Event::Relabelled { label, .. } => relabel(tables, &id, *label)?,
            Event::Changed { by, effect: ChangeEffect::Amends, .. } => {
                tables
                    .prepare_cached(
                        "UPDATE resolutions SET amended_by = amended_by || ?2 || ' ' WHERE id = ?1",
                    )?
                    .execute([&id, &by.to_string()])?;
            }
            Event::Changed { by, effect, carried_over, reason, changed_at } => {
                let (stage, successor) = match effect {
                    ChangeEffect::Rescinds => (Stage::Rescinded, None),
                    _ => (Stage::Superseded, Some(by)),
                };
                end(tables, &id, stage, reason, successor, *changed_at)?;
                let rescinded_by = successor.is_none().then(|| by.to_string());
                let carried_over: String = carried_over.iter().map(|item| format!("{item} ")).collect();
                tables
                    .prepare_cached(
                        "UPDATE resolutions SET rescinded_by = ?2, carried_over = ?3 WHERE id = ?1",
                    )?
                    .execute(params![id, rescinded_by, carried_over])?;
            }
        }
    }
    Ok(())
}

fn relabel(tables: &Transaction<'_>, id: &str, label: Label) -> Result<(), ViewError> {
    let kept: Option<pb::ResolutionRegistration> = tables
        .prepare_cached("SELECT registration FROM resolutions WHERE id = ?1")?
        .query_row([id], |row| message(row, "registration"))
        .optional()?;
    let Some(mut kept) = kept else { return Ok(()) };
    kept.label = label.to_wire();
    let on_the_wire: i32 = label.to_wire();
    tables
        .prepare_cached("UPDATE resolutions SET label = ?2, registration = ?3 WHERE id = ?1")?
        .execute(params![id, on_the_wire, kept.encode_to_vec()])?;
    Ok(())
}

fn insert_resolution(
    tables: &Transaction<'_>,
    id: &str,
    registration: &Registration,
    registered_at: Timestamp,
) -> rusqlite::Result<()> {
    let message: pb::ResolutionRegistration = registration.to_wire();
    let stage: i32 = Stage::InForce.to_wire();
    let number = registration.number.as_str();
    let (session, topic) = match &registration.origin {
        Origin::Session { session, topic, .. } => (Some(session.to_string()), Some(topic)),
        Origin::Elsewhere { .. } => (None, None),
    };
    let label: i32 = registration.label.to_wire();
    let searched = searchable(&[number, registration.title.as_str(), registration.text.as_str()]);
    tables
        .prepare_cached(
            "INSERT INTO resolutions (id, number, written, title, body_code, session, decided_on, declaratory,
                 items, stage, registered_at, registration, searched, topic, label)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            id,
            sort_key(number),
            number,
            registration.title.as_str(),
            registration.body.as_str(),
            session,
            registration.decided_on.to_string(),
            registration.declaratory,
            registration.items.len() as i64,
            stage,
            registered_at.as_microsecond(),
            message.encode_to_vec(),
            searched,
            topic,
            label,
        ])?;
    index(tables, "resolution_pairs", tables.last_insert_rowid(), &searched)
}

fn end(
    tables: &Transaction<'_>,
    id: &str,
    stage: Stage,
    reason: &Text,
    successor: Option<&Uuid>,
    ended_at: Timestamp,
) -> rusqlite::Result<()> {
    let (stage, successor): (i32, _) = (stage.to_wire(), successor.map(Uuid::to_string));
    tables
        .prepare_cached(
            "UPDATE resolutions SET stage = ?2, reason = ?3, successor = ?4, ended_at = ?5 WHERE id = ?1",
        )?
        .execute(params![id, stage, reason.as_str(), successor, ended_at.as_microsecond()])
        .map(drop)
}

/// The query for one resolution; the answer lacks the view's position.
pub(crate) fn resolution(
    named: Named,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetResolutionResponse>> + Send + 'static {
    move |tables| {
        let Some(mut found) = tables.first(&ROWS, named.condition, [named.value.into()], full)? else {
            return Ok(None);
        };
        if let Some(resolution) = &mut found.resolution
            && let Some(registration) = &resolution.registration
            && let (Some(session), Some(topic)) = (&registration.session_id, registration.topic_number)
        {
            resolution.dissents = dissent::of_decision(tables, session, topic)?;
        }
        Ok(Some(found))
    }
}

/// The number and the title of a resolution.
pub(super) fn number_and_title(
    tables: ScopedTables<'_>,
    id: &str,
) -> rusqlite::Result<Option<(String, String)>> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    tables.first(&NUMBER_AND_TITLE, "id = ?", [id.to_owned().into()], read)
}

/// The query for resolutions.
pub(crate) fn resolutions(
    request: &pb::ListResolutionsRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::ResolutionSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListResolutionsRequest) -> Result<ListQuery, Invalid> {
    ListQuery::new(
        ROWS,
        &["number", "decided_on"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("body_code = ?", &request.body_code)
    .filter_some("session = ?", uuid_filter("session_id", &request.session_id)?)
    .filter_some("stage = ?", enum_filter::<Stage>("stage", request.stage)?)
    .filter_id_prefix("id", &request.id_prefix)?
    .filter_words("searched", "resolution_pairs", "text", request.text())
}

fn full(row: &Row<'_>) -> rusqlite::Result<pb::GetResolutionResponse> {
    let resolution = pb::Resolution {
        resolution_id: row.get("id")?,
        registration: Some(message(row, "registration")?),
        registered_at: moment(row.get("registered_at")?),
        stage: row.get("stage")?,
        reason: row.get("reason")?,
        successor_resolution_id: row.get("successor")?,
        ended_at: row.get::<_, Option<i64>>("ended_at")?.and_then(moment),
        amended_by_resolution_ids: ids(row, "amended_by")?,
        rescinded_by_resolution_id: row.get("rescinded_by")?,
        carried_over_item_ids: ids(row, "carried_over")?,
        dissents: vec![],
    };
    Ok(pb::GetResolutionResponse {
        resolution: Some(resolution),
        accepted_items: row.get("accepted_items")?,
        ..Default::default()
    })
}

/// Ids that are kept as a list.
fn ids(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<String>> {
    Ok(row.get::<_, String>(column)?.split_terminator(' ').map(str::to_owned).collect())
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::ResolutionSummary> {
    Ok(pb::ResolutionSummary {
        resolution_id: row.get("id")?,
        number: row.get("written")?,
        title: row.get("title")?,
        body_code: row.get("body_code")?,
        session_id: row.get("session")?,
        decided_on: row.get("decided_on")?,
        declaratory: row.get("declaratory")?,
        stage: row.get("stage")?,
        items: row.get("items")?,
        accepted_items: row.get("accepted_items")?,
    })
}
