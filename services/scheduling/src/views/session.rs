//! Sessions, a row each, and who attends them.

use domain::scheduling::session::{Attendee, Event, Outline, Session, Stage};
use domain::{Code, Timestamp, Uuid};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{Connection, Row, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::view::ViewError;

pub(super) fn take(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Session>(record)? {
        take_event(tables, &id, record.envelope.time, &event)?;
    }
    Ok(())
}

fn take_event(tables: &Transaction<'_>, id: &str, at: Timestamp, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Requested { outline, requester } => enter(tables, id, at, outline, requester.as_ref()),
        Event::Screened { .. } => stands(tables, id, Stage::Screened),
        Event::Admitted => stands(tables, id, Stage::Admitted),
        Event::Returned { .. } => stands(tables, id, Stage::Returned),
        Event::Revised { topics, attendees, earliest_start, .. } => {
            tables
                .prepare_cached(
                    "UPDATE sessions SET topics = ?2, attendees = ?3, earliest_start = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    id,
                    topics.len() as i64,
                    attendees.len() as i64,
                    earliest_start.as_microsecond()
                ])?;
            attend(tables, id, attendees)?;
            stands(tables, id, Stage::Requested)
        }
        Event::TurnedIntoCountersign { .. } => {
            tables.prepare_cached("UPDATE sessions SET countersigned = 1 WHERE id = ?1")?.execute([id])?;
            stands(tables, id, Stage::Countersigning)
        }
        Event::Merged { .. } => stands(tables, id, Stage::Merged),
        Event::Scheduled { room, from, until, .. } => {
            takes_place(tables, id, Some((room, *from, *until)))?;
            stands(tables, id, Stage::Scheduled)
        }
        Event::Postponed { .. } => {
            takes_place(tables, id, None)?;
            stands(tables, id, Stage::Admitted)
        }
        Event::Cancelled { .. } => {
            takes_place(tables, id, None)?;
            stands(tables, id, Stage::Cancelled)
        }
        Event::Convened { .. } => stands(tables, id, Stage::Convened),
        Event::Concluded => stands(tables, id, Stage::Concluded),
        Event::PapersSubmitted { .. }
        | Event::FindingOverridden { .. }
        | Event::InvitationAnswered { .. }
        | Event::DelegateNamed { .. } => Ok(()),
    }
}

fn enter(
    tables: &Transaction<'_>,
    id: &str,
    at: Timestamp,
    outline: &Outline,
    requester: Option<&Code>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO sessions (id, title, body, kind, state, chair, requester, topics, attendees,
                 requested_at, earliest_start)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            id,
            outline.title.as_str(),
            outline.body.as_str(),
            outline.kind.to_wire(),
            Stage::Requested.to_wire(),
            outline.chair.as_str(),
            requester.map(Code::as_str),
            outline.topics.len() as i64,
            outline.attendees.len() as i64,
            at.as_microsecond(),
            outline.earliest_start.as_microsecond(),
        ])?;
    attend(tables, id, &outline.attendees)
}

fn attend(tables: &Transaction<'_>, id: &str, attendees: &[Attendee]) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM attending WHERE session = ?1")?.execute([id])?;
    let mut attends = tables.prepare_cached("INSERT INTO attending (session, department) VALUES (?1, ?2)")?;
    for attendee in attendees {
        attends.execute([id, attendee.department.as_str()])?;
    }
    Ok(())
}

fn stands(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached("UPDATE sessions SET state = ?2 WHERE id = ?1")?;
    statement.execute(params![id, stage.to_wire()]).map(drop)
}

fn takes_place(
    tables: &Transaction<'_>,
    id: &str,
    slot: Option<(&Code, Timestamp, Timestamp)>,
) -> rusqlite::Result<()> {
    let mut statement =
        tables.prepare_cached("UPDATE sessions SET room = ?2, \"from\" = ?3, until = ?4 WHERE id = ?1")?;
    let (room, from, until) = match slot {
        Some((room, from, until)) => {
            (Some(room.as_str()), Some(from.as_microsecond()), Some(until.as_microsecond()))
        }
        None => (None, None, None),
    };
    statement.execute(params![id, room, from, until]).map(drop)
}

/// How many sessions of the body, without this one, are to be held, or were, from one moment up to
/// another. Those that are not admitted yet, and countersigns, are none.
pub(crate) fn count_sessions(
    tables: &Connection,
    but: Uuid,
    body: &Code,
    from: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<u32> {
    let held = [Stage::Admitted, Stage::Scheduled, Stage::Convened, Stage::Concluded].map(|s| s.to_wire());
    tables
        .prepare_cached(
            "SELECT count(*) FROM sessions
             WHERE body = ?1 AND id <> ?2 AND countersigned = 0 AND state IN (?3, ?4, ?5, ?6)
               AND coalesce(\"from\", earliest_start) >= ?7 AND coalesce(\"from\", earliest_start) < ?8",
        )?
        .query_row(
            params![
                body.as_str(),
                but.to_string(),
                held[0],
                held[1],
                held[2],
                held[3],
                from.as_microsecond(),
                until.as_microsecond(),
            ],
            |row| row.get(0),
        )
}

/// The question for sessions.
pub(crate) fn sessions(
    request: &pb::ListSessionsRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::SessionSummary>> + Send + 'static, Invalid>
{
    let sortable = &["requested_at", "\"from\"", "title", "body", "state"];
    // A word of SQL must stand in quotes to be a column.
    let order_by = match request.order_by.trim() {
        order if order == "from" || order.starts_with("from ") => order.replacen("from", "\"from\"", 1),
        order => order.to_owned(),
    };
    let state = match request.state {
        0 => None,
        state => Some(service_kit::serve::read::<Stage, i32>("state", state)?.to_wire()),
    };
    let mut query = ListQuery::new(
        "SELECT * FROM sessions",
        sortable,
        "id",
        &order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("state = ?", state)
    .filter_text("body = ?", &request.body);
    if !request.department.is_empty() {
        query = query.filter(
            "requester = ? OR id IN (SELECT session FROM attending WHERE department = ?)",
            [request.department.clone(), request.department.clone()],
        );
    }
    Ok(move |tables: &Connection| query.run(tables, summary))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::SessionSummary> {
    Ok(pb::SessionSummary {
        session_id: row.get("id")?,
        title: row.get("title")?,
        body: row.get("body")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        chair: row.get("chair")?,
        requester: row.get("requester")?,
        topics: row.get("topics")?,
        attendees: row.get("attendees")?,
        requested_at: moment(row.get("requested_at")?),
        room: row.get("room")?,
        from: row.get::<_, Option<i64>>("from")?.and_then(moment),
        until: row.get::<_, Option<i64>>("until")?.and_then(moment),
    })
}

fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}
