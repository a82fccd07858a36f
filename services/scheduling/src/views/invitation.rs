//! Invitations to sessions that wait to begin, a row each, and when those that have not answered are reminded.

use super::session::{OF_A_SEEN_SESSION, of_a_seen_session};
use domain::scheduling::session::{Event, Session};
use domain::{Audience, Code, Timestamp};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::{moment, timestamp, uuid};
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, Scope, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Session>(record)? {
        project_event(tables, &id, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Scheduled { invited, starts_at, answer_by, .. } => {
            invited.iter().try_for_each(|own| insert(tables, id, own, *starts_at, *answer_by))
        }
        Event::InvitationAnswered { department, answer, late, .. } => {
            let answer: i32 = answer.to_wire();
            tables
                .prepare_cached(
                    "UPDATE invitations SET answer = ?3, late = ?4 WHERE session_id = ?1 AND department_code = ?2",
                )?
                .execute(params![id, department.as_str(), answer, late])
                .map(drop)
        }
        Event::InvitationReminded { department, reminded_at, .. } => tables
            .prepare_cached(
                "UPDATE invitations SET reminded_at = ?3 WHERE session_id = ?1 AND department_code = ?2",
            )?
            .execute(params![id, department.as_str(), reminded_at.as_microsecond()])
            .map(drop),
        Event::Postponed { .. } | Event::Cancelled { .. } | Event::Convened { .. } => {
            tables.prepare_cached("DELETE FROM invitations WHERE session_id = ?1")?.execute([id]).map(drop)
        }
        _ => Ok(()),
    }
}

fn insert(
    tables: &Transaction<'_>,
    id: &str,
    department: &Code,
    starts_at: Timestamp,
    answer_by: Option<Timestamp>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO invitations (session_id, department_code, body_code, starts_at, answer_by)
             SELECT session_id, ?2, body_code, ?3, ?4 FROM sessions WHERE session_id = ?1",
        )?
        .execute(params![
            id,
            department.as_str(),
            starts_at.as_microsecond(),
            answer_by.map(Timestamp::as_microsecond)
        ])
        .map(drop)
}

/// An invitation is seen by those who see its session, except by those from whom every topic is hidden in which the invited
/// department takes part.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, session_id, department_code, body_code, starts_at, answer_by, answer, late, reminded_at,
         (SELECT title FROM sessions WHERE sessions.session_id = invitations.session_id) AS title,
         (SELECT chair_code FROM sessions WHERE sessions.session_id = invitations.session_id) AS chair_code,
         (SELECT requester_code FROM sessions WHERE sessions.session_id = invitations.session_id) AS requester_code,
         (SELECT MAX(decides AND NOT is_secret) FROM roles WHERE roles.session_id = invitations.session_id
              AND roles.department_code = invitations.department_code) AS decides_openly,
         (SELECT MAX(decides) FROM roles WHERE roles.session_id = invitations.session_id
              AND roles.department_code = invitations.department_code) AS decides
     FROM invitations",
    concat!(
        of_a_seen_session!(),
        " AND (body_code IN (SELECT value FROM json_each(?, '$.bodies'))
         OR EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = invitations.session_id
             AND (chair_code IN (SELECT value FROM json_each(?, '$.departments'))
                 OR requester_code IN (SELECT value FROM json_each(?, '$.departments'))
                 OR invitations.department_code IN (chair_code, requester_code)))
         OR NOT EXISTS (SELECT 1 FROM roles WHERE roles.session_id = invitations.session_id
             AND roles.department_code = invitations.department_code)
         OR EXISTS (SELECT 1 FROM roles WHERE roles.session_id = invitations.session_id
             AND roles.department_code = invitations.department_code
             AND (NOT is_secret OR EXISTS (SELECT 1 FROM roles AS own WHERE own.session_id = roles.session_id
                 AND own.topic = roles.topic
                 AND own.department_code IN (SELECT value FROM json_each(?, '$.departments'))))))"
    ),
);

/// The query for invitations.
pub(crate) fn invitations(
    request: &pb::ListInvitationsRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::InvitationSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| summary(row, tables.scope())))
}

pub(crate) fn list(request: &pb::ListInvitationsRequest) -> Result<ListQuery, Invalid> {
    let list = ListQuery::new(
        ROWS,
        &["starts_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(list
        .filter_some("(answer > 0) = ?", request.answered)
        .filter_some("(reminded_at IS NOT NULL) = ?", request.reminded)
        .filter_text("department_code = ?", &request.department_code)
        .filter_text("body_code = ?", &request.body_code))
}

fn summary(row: &Row<'_>, scope: &Scope) -> rusqlite::Result<pb::InvitationSummary> {
    let at = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.and_then(moment));
    Ok(pb::InvitationSummary {
        session_id: row.get("session_id")?,
        title: row.get("title")?,
        body_code: row.get("body_code")?,
        starts_at: moment(row.get("starts_at")?),
        department_code: row.get("department_code")?,
        decides: decides(row, scope)?,
        answer_by: at("answer_by")?,
        answer: Some(row.get("answer")?).filter(|answer| *answer != 0),
        late: row.get("late")?,
        reminded_at: at("reminded_at")?,
    })
}

/// Whether the invited department decides on a topic, as far as somebody may know: what it has to do with a secret one is for
/// that department and those who see to the session.
fn decides(row: &Row<'_>, scope: &Scope) -> rusqlite::Result<bool> {
    let is = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<bool>>(column)?.unwrap_or_default());
    let code = |column: &str| row.get::<_, Option<String>>(column);
    let (own, chair, requester) = (code("department_code")?, code("chair_code")?, code("requester_code")?);
    let knowing: Vec<Code> =
        [own, chair, requester].into_iter().flatten().filter_map(|code| Code::parse(&code).ok()).collect();
    let body = code("body_code")?.and_then(|code| Code::parse(&code).ok());
    let may_know = scope.covers(&Audience::of(&knowing).before(body));
    Ok(is("decides_openly")? || (may_know && is("decides")?))
}

/// When those that have not answered are reminded, of each session; it is seen by those who see the session.
const REMINDERS: Rows = Rows::of_those_concerned(
    "SELECT * FROM (
         SELECT session_id, MIN(answer_by) AS answer_by FROM invitations
         WHERE answer = 0 AND reminded_at IS NULL AND answer_by IS NOT NULL GROUP BY session_id)",
    OF_A_SEEN_SESSION,
);

/// The reminders that come first.
pub(crate) fn next_answers(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        Ok(Deadline { at: timestamp(row, "answer_by")?, id: uuid(row, "session_id")?, number: 1 })
    };
    tables.all(&REMINDERS, "1", "answer_by, session_id", [], max, read)
}
