//! Polls, a row each, with their times and who has answered.

use super::session::OF_A_SEEN_SESSION;
use domain::Code;
use domain::scheduling::poll::{Event, Poll, Stage};
use domain::scheduling::session::Slot;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::{moment, timestamp, uuid};
use service_kit::serve::read;
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Poll>(record)? {
        project_event(tables, &id, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Opened { asked, slots, close_by, remind_at } => {
            forget(tables, id)?;
            let insert = "INSERT INTO polls (session_id, stage, close_by, remind_at) VALUES (?1, ?2, ?3, ?4)";
            let stage: i32 = Stage::Open.to_wire();
            let remind_at = remind_at.map(|moment| moment.as_microsecond());
            let values = params![id, stage, close_by.as_microsecond(), remind_at];
            tables.prepare_cached(insert)?.execute(values)?;
            let insert =
                "INSERT OR IGNORE INTO poll_departments (session_id, department_code) VALUES (?1, ?2)";
            for department in &asked.departments {
                tables.prepare_cached(insert)?.execute([id, department.as_str()])?;
            }
            (1..).zip(slots).try_for_each(|(number, slot)| insert_time(tables, id, number, slot))
        }
        Event::Answered { department, answers, .. } => {
            answers.iter().try_for_each(|answer| insert_answer(tables, id, answer.number, department))
        }
        Event::TimeProposed { number, slot, department, .. } => {
            insert_time(tables, id, *number, slot)?;
            insert_answer(tables, id, *number, department)
        }
        Event::TimeDeclined { number, .. } => {
            let update = "UPDATE poll_times SET declined = 1 WHERE session_id = ?1 AND number = ?2";
            tables.prepare_cached(update)?.execute(params![id, number]).map(drop)
        }
        Event::Reminded { .. } => {
            let update = "UPDATE polls SET remind_at = NULL WHERE session_id = ?1";
            tables.prepare_cached(update)?.execute([id]).map(drop)
        }
        Event::TimeAdopted { .. } => set_stage(tables, id, Stage::Adopted),
        Event::Closed { .. } => set_stage(tables, id, Stage::Closed),
        Event::Ended { .. } => set_stage(tables, id, Stage::Ended),
    }
}

/// A session has one poll at a time; what is known of the one before is in its history.
fn forget(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    for table in ["polls", "poll_times", "poll_departments", "poll_answers"] {
        tables.prepare_cached(&format!("DELETE FROM {table} WHERE session_id = ?1"))?.execute([id])?;
    }
    Ok(())
}

fn insert_time(tables: &Transaction<'_>, id: &str, number: u32, slot: &Slot) -> rusqlite::Result<()> {
    let (starts_at, ends_at) = (slot.starts_at.as_microsecond(), slot.ends_at.as_microsecond());
    tables
        .prepare_cached(
            "INSERT INTO poll_times (session_id, number, room_code, starts_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, number, slot.room.as_str(), starts_at, ends_at])
        .map(drop)
}

fn insert_answer(tables: &Transaction<'_>, id: &str, number: u32, department: &Code) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT OR IGNORE INTO poll_answers (session_id, number, department_code) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id, number, department.as_str()])
        .map(drop)
}

fn set_stage(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let stage: i32 = stage.to_wire();
    let update = "UPDATE polls SET stage = ?2 WHERE session_id = ?1";
    tables.prepare_cached(update)?.execute(params![id, stage]).map(drop)
}

/// A poll is seen by those who see its session. A department waits while it has not answered to a time that is not declined.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, session_id, stage, close_by,
         (SELECT title FROM sessions WHERE sessions.session_id = polls.session_id) AS title,
         (SELECT body_code FROM sessions WHERE sessions.session_id = polls.session_id) AS body_code,
         (SELECT COUNT(*) FROM poll_times AS times WHERE times.session_id = polls.session_id AND NOT declined) AS time_count,
         (SELECT COUNT(*) FROM poll_departments AS asked WHERE asked.session_id = polls.session_id) AS department_count,
         (SELECT COUNT(*) FROM poll_departments AS asked WHERE asked.session_id = polls.session_id AND EXISTS (
             SELECT 1 FROM poll_times AS times WHERE times.session_id = asked.session_id AND NOT declined AND NOT EXISTS (
                 SELECT 1 FROM poll_answers AS given WHERE given.session_id = asked.session_id
                     AND given.number = times.number AND given.department_code = asked.department_code))) AS waiting_count
     FROM polls",
    OF_A_SEEN_SESSION,
);

/// The query for polls.
pub(crate) fn polls(
    request: &pb::ListPollsRequest,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::PollSummary>> + Send + 'static, Invalid>
{
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListPollsRequest) -> Result<ListQuery, Invalid> {
    let stage = request.stage.filter(|&stage| stage != 0).map(|stage| read::<Stage, i32>("stage", stage));
    let stage: Option<i32> = stage.transpose()?.map(|stage| stage.to_wire());
    let waits = "stage = 1 AND session_id IN (
        SELECT asked.session_id FROM poll_departments AS asked JOIN poll_times AS times USING (session_id)
        WHERE asked.department_code = ? AND NOT declined AND NOT EXISTS (
            SELECT 1 FROM poll_answers AS given WHERE given.session_id = asked.session_id
                AND given.number = times.number AND given.department_code = asked.department_code))";
    let list = ListQuery::new(
        ROWS,
        &["close_by"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?;
    Ok(list.filter_some("stage = ?", stage).filter_text(waits, &request.waiting_for_code))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::PollSummary> {
    Ok(pb::PollSummary {
        session_id: row.get("session_id")?,
        title: row.get("title")?,
        body_code: row.get("body_code")?,
        stage: row.get("stage")?,
        close_by: moment(row.get("close_by")?),
        time_count: row.get("time_count")?,
        department_count: row.get("department_count")?,
        waiting_count: row.get("waiting_count")?,
    })
}

/// When polls that are open close, and when those that somebody has not answered are to be reminded of; they are seen by those who
/// see their sessions.
const OPEN: Rows = Rows::of_those_concerned(
    "SELECT * FROM (
     SELECT session_id, close_by AS at, 1 AS number FROM polls WHERE stage = 1
     UNION ALL
     SELECT session_id, remind_at AS at, 2 AS number FROM polls WHERE stage = 1 AND remind_at IS NOT NULL AND EXISTS (
         SELECT 1 FROM poll_departments AS asked JOIN poll_times AS times USING (session_id)
         WHERE asked.session_id = polls.session_id AND NOT declined AND NOT EXISTS (
             SELECT 1 FROM poll_answers AS given WHERE given.session_id = asked.session_id
                 AND given.number = times.number AND given.department_code = asked.department_code)))",
    OF_A_SEEN_SESSION,
);

/// What comes first: a poll closes, or somebody is reminded of one.
pub(crate) fn next_closings(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        Ok(Deadline { at: timestamp(row, "at")?, id: uuid(row, "session_id")?, number: row.get("number")? })
    };
    tables.all(&OPEN, "1", "at, session_id", [], max, read)
}
