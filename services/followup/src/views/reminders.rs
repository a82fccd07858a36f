//! Notices to whoever has not answered in an open ballot.

use domain::deliberation::docket::{Docket, Event};
use proto::followup::v1::NoticeKind as Kind;
use rusqlite::{Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Docket>(record)? {
        match &event {
            Event::Prepared { agenda } => {
                tables
                    .prepare_cached(
                        "INSERT OR REPLACE INTO dockets (id, title, chair_code) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![id, agenda.title.as_str(), agenda.constitution.chair.as_str()])?;
            }
            Event::SeatReminded { department, reminder } => {
                let answer_by = reminder.answer_by.unwrap_or(reminder.reminded_at);
                tables
                    .prepare_cached(
                        "INSERT INTO notices (position, occurred_at, kind, addressee, days, deadline_at, follow_up,
                             number, written, title, lead_code, session_id)
                         SELECT ?2, ?3, ?4, ?5, 0, ?6, '', '', '', title, chair_code, id FROM dockets WHERE id = ?1",
                    )?
                    .execute(params![
                        id,
                        record.position as i64,
                        record.envelope.time.as_microsecond(),
                        Kind::AnswerAwaited as i32,
                        department.as_str(),
                        answer_by.as_microsecond(),
                    ])?;
            }
            _ => {}
        }
    }
    Ok(())
}
