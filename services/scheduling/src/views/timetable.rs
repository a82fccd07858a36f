//! Timetables, a row each, and the sessions that there are to be planned.

use domain::scheduling::session;
use domain::scheduling::timetable::{Event, Stage, State, Timetable};
use domain::{Aggregate as _, Code, Timestamp, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::moment;
use service_kit::scope::as_json;
use service_kit::serve::read;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Sessions that are looked at for one timetable, at most: more than it may have, so that too many are refused.
const SESSIONS_MAX: u32 = 100;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Timetable>(record)? {
        match event {
            Event::Proposed { .. } => insert(tables, &id, record.envelope.time, &event)?,
            Event::Adopted { sessions, .. } => {
                let update = "UPDATE timetables SET adopted_count = adopted_count + ?2,
                     stage = CASE WHEN adopted_count + ?2 >= change_count THEN ?4 WHEN adopted_count + ?2 > 0 THEN ?3
                         ELSE stage END
                     WHERE timetable_id = ?1";
                let (partly, all): (i32, i32) = (Stage::PartlyAdopted.to_wire(), Stage::Adopted.to_wire());
                tables.prepare_cached(update)?.execute(params![id, sessions.len() as i64, partly, all])?;
            }
            Event::Withdrawn { .. } => {
                let update = "UPDATE timetables SET stage = ?2 WHERE timetable_id = ?1";
                tables.prepare_cached(update)?.execute(params![id, Stage::Withdrawn.to_wire()])?;
            }
        }
    }
    Ok(())
}

fn insert(tables: &Transaction<'_>, id: &str, at: Timestamp, event: &Event) -> rusqlite::Result<()> {
    let state = Timetable::evolve(State::default(), event);
    let Some(known) = state.known() else { return Ok(()) };
    let rows = &known.proposal.rows;
    tables
        .prepare_cached(
            "INSERT INTO timetables (timetable_id, title, stage, proposed_at, session_count, change_count, unplaced_count,
                 adopted_count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)",
        )?
        .execute(params![
            id,
            known.proposal.title.as_str(),
            known.stage().to_wire(),
            at.as_microsecond(),
            rows.len() as i64,
            known.proposal.changes().count() as i64,
            rows.iter().filter(|row| row.slot.is_none()).count() as i64,
        ])?;
    let mut insert =
        tables.prepare_cached("INSERT INTO timetable_bodies (timetable_id, body_code) VALUES (?1, ?2)")?;
    for body in &known.proposal.bodies {
        insert.execute([id, body.as_str()])?;
    }
    Ok(())
}

/// A timetable is seen by the stewards of its bodies.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, * FROM timetables",
    "timetable_id IN (SELECT timetable_id FROM timetable_bodies
         WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The query for timetables.
pub(crate) fn timetables(
    request: &pb::ListTimetablesRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::TimetableSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListTimetablesRequest) -> Result<ListQuery, Invalid> {
    let stage = request.stage.filter(|&stage| stage != 0).map(|stage| read::<Stage, i32>("stage", stage));
    let stage: Option<i32> = stage.transpose()?.map(|stage| stage.to_wire());
    ListQuery::new(
        ROWS,
        &["proposed_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("stage = ?", stage)
    .filter_id_prefix("timetable_id", &request.id_prefix)
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::TimetableSummary> {
    Ok(pb::TimetableSummary {
        timetable_id: row.get("timetable_id")?,
        title: row.get("title")?,
        stage: row.get("stage")?,
        proposed_at: moment(row.get("proposed_at")?),
        session_count: row.get("session_count")?,
        change_count: row.get("change_count")?,
        unplaced_count: row.get("unplaced_count")?,
        adopted_count: row.get("adopted_count")?,
    })
}

/// Whoever plans for a body plans all of its sessions.
const SESSIONS: Rows =
    Rows::of_everybody("SELECT session_id, body_code, stage, earliest_start_at, starts_at FROM sessions");

/// The query for the sessions of these bodies that are admitted or scheduled and may start within a window.
pub(crate) fn to_be_planned(
    bodies: &[Code],
    (from_at, until_at): (Timestamp, Timestamp),
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Uuid>> + Send + 'static {
    let bodies = as_json(bodies);
    move |tables: ScopedTables<'_>| {
        let condition = "body_code IN (SELECT value FROM json_each(?))
             AND (stage = ? AND earliest_start_at < ? OR stage = ? AND starts_at >= ? AND starts_at < ?)";
        let values = [
            Value::from(bodies),
            Value::from(session::Stage::Admitted.to_wire()),
            Value::from(until_at.as_microsecond()),
            Value::from(session::Stage::Scheduled.to_wire()),
            Value::from(from_at.as_microsecond()),
            Value::from(until_at.as_microsecond()),
        ];
        let found = tables.all(&SESSIONS, condition, "session_id", values, SESSIONS_MAX, |row| {
            row.get::<_, String>("session_id")
        })?;
        Ok(found.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect())
    }
}
