//! Sessions, a row each, and whom they concern.

use super::roles;
use domain::constitution::Constitution;
use domain::scheduling::session::{
    Attendee, DepartmentRole, Event, Kind, Outline, RoleOnTopic, Session, Stage, Topic, topics_to_decide,
};
use domain::{Code, Timestamp};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::moment;
use service_kit::serve::read;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Session>(record)? {
        project_event(tables, &id, record.envelope.time, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, at: Timestamp, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Requested { outline, requester, chair } => {
            insert_session(tables, id, at, outline, requester.as_ref(), chair)
        }
        Event::Screened { .. } => set_stage(tables, id, Stage::Screened),
        Event::Admitted => set_stage(tables, id, Stage::Admitted),
        Event::Returned { .. } => set_stage(tables, id, Stage::Returned),
        Event::Revised { title, topics, attendees, earliest_start_at, .. } => {
            if let Some(title) = title {
                tables
                    .prepare_cached("UPDATE sessions SET title = ?2 WHERE session_id = ?1")?
                    .execute([id, title.as_str()])?;
            }
            tables
                .prepare_cached("UPDATE sessions SET earliest_start_at = ?2 WHERE session_id = ?1")?
                .execute(params![id, earliest_start_at.as_microsecond()])?;
            replace_agenda(tables, id, topics, attendees)?;
            set_stage(tables, id, Stage::Requested)
        }
        Event::TopicsAbsorbed { topics, attendees, .. } => {
            replace_agenda(tables, id, topics, attendees)?;
            set_stage(tables, id, Stage::Requested)
        }
        Event::ConvertedToCountersign { constitution, .. } => {
            set_countersigned(tables, id, true)?;
            set_chair(tables, id, &constitution.chair)?;
            insert_substitutes(tables, id, constitution, false)?;
            set_stage(tables, id, Stage::Countersigning)
        }
        Event::Merged { .. } => set_stage(tables, id, Stage::Merged),
        Event::Scheduled { room, starts_at, ends_at, .. } => {
            set_slot(tables, id, Some((room, *starts_at, *ends_at)))?;
            set_stage(tables, id, Stage::Scheduled)
        }
        Event::TopicAdded { topic, roles, .. } => add_topic(tables, id, topic, roles),
        Event::Postponed { .. } => {
            set_slot(tables, id, None)?;
            set_stage(tables, id, Stage::Admitted)
        }
        Event::Cancelled { .. } => {
            set_slot(tables, id, None)?;
            set_stage(tables, id, Stage::Cancelled)
        }
        Event::Convened { constitution, .. } => {
            set_chair(tables, id, &constitution.chair)?;
            insert_substitutes(tables, id, constitution, true)?;
            set_stage(tables, id, Stage::Convened)
        }
        Event::Adjourned { .. } => {
            drop_substitutes(tables, id)?;
            set_slot(tables, id, None)?;
            set_stage(tables, id, Stage::Admitted)
        }
        Event::MeetingCalled { .. } => {
            set_countersigned(tables, id, false)?;
            drop_substitutes(tables, id)?;
            set_stage(tables, id, Stage::Requested)
        }
        Event::Concluded => set_stage(tables, id, Stage::Concluded),
        Event::TopicRelabelled { topic, label, .. } => roles::relabel(tables, id, *topic, *label),
        Event::PaperSubmitted { .. }
        | Event::PaperRelabelled { .. }
        | Event::SigningExtended { .. }
        | Event::FindingOverridden { .. }
        | Event::InvitationAnswered { .. }
        | Event::InvitationReminded { .. }
        | Event::DelegateNamed { .. } => Ok(()),
    }
}

fn set_countersigned(tables: &Transaction<'_>, id: &str, countersigned: bool) -> rusqlite::Result<()> {
    let set = "UPDATE sessions SET countersigned = ?2 WHERE session_id = ?1";
    tables.prepare_cached(set)?.execute(params![id, countersigned]).map(drop)
}

fn insert_session(
    tables: &Transaction<'_>,
    id: &str,
    requested_at: Timestamp,
    outline: &Outline,
    requester: Option<&Code>,
    chair: &Code,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO sessions (session_id, title, body_code, kind, stage, chair_code, requester_code,
                 topic_count, attendee_count, requested_at, earliest_start_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            id,
            outline.title.as_str(),
            outline.body.as_str(),
            outline.kind.to_wire(),
            Stage::Requested.to_wire(),
            chair.as_str(),
            requester.map(Code::as_str),
            outline.topics_to_decide().count() as i64,
            outline.attendees.len() as i64,
            requested_at.as_microsecond(),
            outline.earliest_start_at.as_microsecond(),
        ])?;
    replace_agenda(tables, id, &outline.topics, &outline.attendees)
}

/// Notes what a session is about now, and whom it concerns.
fn replace_agenda(
    tables: &Transaction<'_>,
    id: &str,
    topics: &[Topic],
    attendees: &[Attendee],
) -> rusqlite::Result<()> {
    tables
        .prepare_cached("UPDATE sessions SET topic_count = ?2, attendee_count = ?3 WHERE session_id = ?1")?
        .execute(params![id, topics_to_decide(topics).count() as i64, attendees.len() as i64])?;
    insert_matters(tables, id, topics)?;
    roles::replace(tables, id, topics, attendees)?;
    replace_concerned(tables, id, attendees)
}

/// Adds the matters of topics to those that the session is or was about.
fn insert_matters(tables: &Transaction<'_>, id: &str, topics: &[Topic]) -> rusqlite::Result<()> {
    let mut insert = tables
        .prepare_cached("INSERT OR IGNORE INTO session_matters (matter_id, session_id) VALUES (?1, ?2)")?;
    for matter in topics.iter().filter_map(|topic| topic.matter) {
        insert.execute([matter.to_string().as_str(), id])?;
    }
    Ok(())
}

fn replace_concerned(tables: &Transaction<'_>, id: &str, attendees: &[Attendee]) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM concerned WHERE session_id = ?1")?.execute([id])?;
    let mut insert = tables.prepare_cached(
        "INSERT INTO concerned (session_id, department_code, attends, decides) VALUES (?1, ?2, 1, ?3)",
    )?;
    for attendee in attendees {
        let decides = attendee.roles.iter().any(|role| role.role == RoleOnTopic::Decides);
        insert.execute(params![id, attendee.department.as_str(), decides])?;
    }
    insert_chair_and_requester(tables, id)
}

/// Notes one topic more, and those of the attendees that decide as well from now on.
fn add_topic(
    tables: &Transaction<'_>,
    id: &str,
    topic: &Topic,
    given: &[DepartmentRole],
) -> rusqlite::Result<()> {
    let count = "UPDATE sessions SET topic_count = topic_count + 1 WHERE session_id = ?1";
    tables.prepare_cached(count)?.execute([id])?;
    insert_matters(tables, id, std::slice::from_ref(topic))?;
    roles::add(tables, id, topic, given)?;
    let mut decide = tables.prepare_cached(
        "UPDATE concerned SET decides = 1 WHERE session_id = ?1 AND department_code = ?2 AND attends",
    )?;
    for given in given.iter().filter(|given| given.role == RoleOnTopic::Decides) {
        decide.execute([id, given.department.as_str()])?;
    }
    Ok(())
}

fn insert_chair_and_requester(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT OR IGNORE INTO concerned (session_id, department_code, attends)
             SELECT session_id, chair_code, 0 FROM sessions WHERE session_id = ?1
             UNION ALL
             SELECT session_id, requester_code, 0 FROM sessions WHERE session_id = ?1 AND requester_code IS NOT NULL",
        )?
        .execute([id])
        .map(drop)
}

/// In a meeting, and in an emergency, the substitutes of those that decide may have to come.
fn insert_substitutes(
    tables: &Transaction<'_>,
    id: &str,
    constitution: &Constitution,
    is_meeting: bool,
) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT OR IGNORE INTO concerned (session_id, department_code, attends)
         SELECT session_id, ?3, 0 FROM sessions WHERE session_id = ?1 AND (?5 OR kind = ?4)
             AND EXISTS (SELECT 1 FROM concerned WHERE session_id = ?1 AND department_code = ?2 AND attends)",
    )?;
    for voter in &constitution.voters {
        for substitute in &voter.substitutes {
            let kind: i32 = Kind::Emergency.to_wire();
            insert.execute(params![id, voter.department.as_str(), substitute.as_str(), kind, is_meeting])?;
        }
    }
    Ok(())
}

fn set_stage(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached("UPDATE sessions SET stage = ?2 WHERE session_id = ?1")?;
    statement.execute(params![id, stage.to_wire()]).map(drop)
}

fn set_chair(tables: &Transaction<'_>, id: &str, chair: &Code) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached("UPDATE sessions SET chair_code = ?2 WHERE session_id = ?1")?;
    statement.execute([id, chair.as_str()])?;
    drop_substitutes(tables, id)
}

/// Leaves those that attend, the chair and the requester.
fn drop_substitutes(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM concerned WHERE session_id = ?1 AND NOT attends")?.execute([id])?;
    insert_chair_and_requester(tables, id)
}

fn set_slot(
    tables: &Transaction<'_>,
    id: &str,
    slot: Option<(&Code, Timestamp, Timestamp)>,
) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached(
        "UPDATE sessions SET room_code = ?2, starts_at = ?3, ends_at = ?4,
             site_code = (SELECT site_code FROM rooms WHERE code = ?2)
         WHERE session_id = ?1",
    )?;
    let (room, starts_at, ends_at) = match slot {
        Some((room, starts_at, ends_at)) => {
            (Some(room.as_str()), starts_at.as_microsecond(), ends_at.as_microsecond())
        }
        None => (None, 0, 0),
    };
    statement.execute(params![id, room, starts_at, ends_at]).map(drop)
}

/// Of the rows of sessions, those whose session concerns a department, or is of a body, of those who ask.
macro_rules! of_a_seen_session {
    () => {
        "session_id IN (SELECT session_id FROM concerned
             WHERE department_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT session_id FROM sessions
             WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))"
    };
}
pub(super) use of_a_seen_session;
/// The same.
pub(super) const OF_A_SEEN_SESSION: &str = of_a_seen_session!();

/// A session is seen by those whom it concerns, and by the stewards of its body.
const ROWS: Rows = Rows::of_those_concerned("SELECT rowid, * FROM sessions", OF_A_SEEN_SESSION);

/// The query for sessions.
pub(crate) fn sessions(
    request: &pb::ListSessionsRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::SessionSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListSessionsRequest) -> Result<ListQuery, Invalid> {
    ListQuery::new(
        ROWS,
        &["requested_at", "starts_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("stage = ?", stage(request.stage)?)
    .filter_text("body_code = ?", &request.body_code)
    .filter_text(
        "session_id IN (SELECT session_id FROM concerned WHERE department_code = ?)",
        &request.department_code,
    )
    .filter_text(
        "session_id IN (SELECT session_id FROM session_matters WHERE matter_id = ?)",
        &request.matter_id,
    )
    .filter_text(
        "session_id IN (SELECT session_id FROM emergency_calls WHERE department_code = ?)",
        &request.called_code,
    )
    .filter_some("starts_at > 0 AND starts_at >= ?", micros("starts_from_at", request.starts_from_at)?)
    .filter_some("starts_at > 0 AND starts_at < ?", micros("starts_until_at", request.starts_until_at)?)
    .filter_id_prefix("session_id", &request.id_prefix)
}

/// A moment as the tables have it.
fn micros<W>(field: &str, moment: W) -> Result<Option<i64>, Invalid>
where
    Option<Timestamp>: Wire<W>,
{
    let moment: Option<Timestamp> = read(field, moment)?;
    Ok(moment.map(Timestamp::as_microsecond))
}

/// The stage to keep; none when it is unset or unspecified.
fn stage(wire: Option<i32>) -> Result<Option<i32>, Invalid> {
    let stage = wire.filter(|&stage| stage != 0).map(|stage| read::<Stage, i32>("stage", stage));
    Ok(stage.transpose()?.map(|stage| stage.to_wire()))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::SessionSummary> {
    let scheduled =
        |column: &str| Ok::<_, rusqlite::Error>(Some(row.get(column)?).filter(|&at| at > 0).and_then(moment));
    Ok(pb::SessionSummary {
        session_id: row.get("session_id")?,
        title: row.get("title")?,
        body_code: row.get("body_code")?,
        kind: row.get("kind")?,
        stage: row.get("stage")?,
        chair_code: row.get("chair_code")?,
        requester_code: row.get("requester_code")?,
        topic_count: row.get("topic_count")?,
        attendee_count: row.get("attendee_count")?,
        requested_at: moment(row.get("requested_at")?),
        room_code: row.get("room_code")?,
        starts_at: scheduled("starts_at")?,
        ends_at: scheduled("ends_at")?,
    })
}
