//! What the indicators are computed from: sessions, meetings, decisions, and the size of the directory.

use domain::Code;
use domain::deliberation::docket::{self, Agenda, Docket, Mode};
use domain::directory::department::{self, Department};
use domain::scheduling::session::{self, Attendee, Session, Topic};
use rusqlite::{ToSql, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::view::ViewError;

pub(super) fn project_department(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Department>(record)? {
        let department::Event::Registered { profile } = event;
        tables
            .prepare_cached("INSERT OR IGNORE INTO departments (code) VALUES (?1)")?
            .execute([profile.code.as_str()])?;
    }
    Ok(())
}

pub(super) fn project_session(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    use session::Event;
    let id = record.stream.id.to_string();
    for event in decode::<Session>(record)? {
        match event {
            Event::Requested { outline, requester, chair } => {
                let (topics, idle) = figures(&outline.topics, &outline.attendees);
                tables
                    .prepare_cached(
                        "INSERT INTO sessions (id, requested_at, topics, idle) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![id, record.envelope.time.as_microsecond(), topics, idle])?;
                tables
                    .prepare_cached("INSERT INTO sessions_of_body (body_code, session) VALUES (?1, ?2)")?
                    .execute([outline.body.as_str(), &id])?;
                insert_concerned(tables, &id, [&chair].into_iter().chain(&requester), true)?;
                insert_concerned(tables, &id, attending(&outline.attendees), false)?;
            }
            Event::Revised { topics, attendees, .. } | Event::TopicsAbsorbed { topics, attendees, .. } => {
                let (topics, idle) = figures(&topics, &attendees);
                set(tables, "sessions SET topics = ?2, idle = ?3 WHERE id = ?1", &[&id, &topics, &idle])?;
                let attended = "DELETE FROM concerned WHERE session = ?1 AND NOT always";
                tables.prepare_cached(attended)?.execute([&id])?;
                insert_concerned(tables, &id, attending(&attendees), false)?;
            }
            Event::Convened { .. } => set(tables, "sessions SET convened = 1 WHERE id = ?1", &[&id])?,
            Event::ConvertedToCountersign { .. } | Event::Merged { .. } => {
                set(tables, "sessions SET avoided = 1 WHERE id = ?1", &[&id])?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn attending(attendees: &[Attendee]) -> impl Iterator<Item = &Code> {
    attendees.iter().map(|attendee| &attendee.department)
}

fn insert_concerned<'c>(
    tables: &Transaction<'_>,
    id: &str,
    departments: impl Iterator<Item = &'c Code>,
    always: bool,
) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT OR IGNORE INTO concerned (session, department, always) VALUES (?1, ?2, ?3)",
    )?;
    for department in departments {
        insert.execute(params![id, department.as_str(), always])?;
    }
    Ok(())
}

/// The number of topics, and of attendees without a role on any.
fn figures(topics: &[Topic], attendees: &[Attendee]) -> (i64, i64) {
    let idle = attendees.iter().filter(|attendee| attendee.roles.is_empty()).count();
    (topics.len() as i64, idle as i64)
}

pub(super) fn project_docket(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    use docket::Event;
    let id = record.stream.id.to_string();
    for event in decode::<Docket>(record)? {
        match event {
            Event::Prepared { agenda } if agenda.mode == Mode::Meeting => {
                insert_meeting(tables, &id, &agenda)?
            }
            Event::ArrivalRecorded { department, .. } => {
                tables
                    .prepare_cached("INSERT OR IGNORE INTO attended (meeting, department) VALUES (?1, ?2)")?
                    .execute([id.as_str(), department.as_str()])?;
            }
            // Nobody spent time in a meeting that did not take place.
            Event::Adjourned { .. } => {
                tables.prepare_cached("DELETE FROM attended WHERE meeting = ?1")?.execute([&id])?;
            }
            Event::Opened { opened_at, .. } => {
                set(
                    tables,
                    "meetings SET opened_at = ?2 WHERE id = ?1",
                    &[&id, &opened_at.as_microsecond()],
                )?;
            }
            Event::DecisionAdopted { topic, declaratory, due_dates, .. } => {
                let executable = declaratory || !due_dates.is_empty();
                tables
                    .prepare_cached(
                        "INSERT OR REPLACE INTO decisions (docket, topic, adopted_at, executable)
                         VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![id, topic, record.envelope.time.as_microsecond(), executable])?;
            }
            Event::Closed {
                closed_at,
                adopted,
                rejected,
                deferred,
                referred,
                withdrawn,
                spent_seconds,
                digression_minutes,
            } => set(
                tables,
                "meetings SET closed_at = ?2, outcomes = ?3, spent_seconds = ?4, digression_minutes = ?5
                 WHERE id = ?1",
                &[
                    &id,
                    &closed_at.as_microsecond(),
                    &(adopted + rejected + deferred + referred + withdrawn),
                    &(spent_seconds as i64),
                    &digression_minutes,
                ],
            )?,
            _ => {}
        }
    }
    Ok(())
}

fn insert_meeting(tables: &Transaction<'_>, id: &str, agenda: &Agenda) -> rusqlite::Result<()> {
    let bounded = agenda.topics.iter().filter(|topic| topic.timebox_minutes > 0).count();
    tables
        .prepare_cached("INSERT OR REPLACE INTO meetings (id, topics, bounded) VALUES (?1, ?2, ?3)")?
        .execute(params![id, agenda.topics.len() as i64, bounded as i64])
        .map(drop)
}

fn set(tables: &Transaction<'_>, update: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE {update}"))?.execute(values).map(drop)
}
