//! Matters, a row each, whom they concern, and the days on which they come back.

use domain::scheduling::matter::{Event, Intake, Matter, Stage};
use domain::text::search_key;
use domain::{Code, Timestamp};
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::{Row, ToSql, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, index, searchable};
use service_kit::row::{moment, timestamp, uuid};
use service_kit::serve::read;
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Matter>(record)? {
        project_event(tables, &id, record.envelope.time, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, at: Timestamp, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::TakenIn { intake, raised_by } => insert_matter(tables, id, at, intake, raised_by.as_ref()),
        Event::PutOnAgenda { session, concerned, .. } => {
            concern(tables, id, concerned)?;
            set(tables, "session_id = ?2 WHERE matter_id = ?1", &[&id, &session.to_string()])?;
            set_stage(tables, id, Stage::OnAgenda)
        }
        Event::TakenOffAgenda { .. } | Event::Resumed { .. } => set_stage(tables, id, Stage::Backlog),
        Event::Deferred { resume_on, resume_at, deferrals, .. } => {
            set_stage(tables, id, Stage::Deferred)?;
            set(
                tables,
                "resume_on = ?2, resume_at = ?3, deferrals = ?4 WHERE matter_id = ?1",
                &[&id, &resume_on.to_string(), &resume_at.as_microsecond(), deferrals],
            )
        }
        Event::Referred { to, chair, .. } => {
            concern(tables, id, std::slice::from_ref(chair))?;
            set_stage(tables, id, Stage::Referred)?;
            set(tables, "in_charge_code = ?2 WHERE matter_id = ?1", &[&id, &to.as_str()])
        }
        Event::ReferralAccepted { body } => {
            set(tables, "body_code = ?2 WHERE matter_id = ?1", &[&id, &body.as_str()])?;
            set_stage(tables, id, Stage::Backlog)
        }
        Event::ReferralReturned { .. } => set_stage(tables, id, Stage::Backlog),
        Event::Split { .. } => set_stage(tables, id, Stage::Split),
        Event::Merged { .. } => set_stage(tables, id, Stage::Merged),
        Event::Absorbed { deferrals, concerned, .. } => {
            concern(tables, id, concerned)?;
            set(tables, "deferrals = ?2 WHERE matter_id = ?1", &[&id, deferrals])
        }
        Event::Classified { .. } => Ok(()),
        Event::Relabelled { concerned, .. } => concern(tables, id, concerned),
        Event::Decided { .. } => set_stage(tables, id, Stage::Decided),
        Event::Withdrawn { .. } => set_stage(tables, id, Stage::Withdrawn),
    }
}

fn insert_matter(
    tables: &Transaction<'_>,
    id: &str,
    taken_in_at: Timestamp,
    intake: &Intake,
    raised_by: Option<&Code>,
) -> rusqlite::Result<()> {
    let case_reference = intake.case_reference.as_ref().map(|reference| reference.as_str());
    let summary = intake.summary.as_ref().map(|summary| summary.as_str());
    let searched =
        searchable(&[intake.title.as_str(), summary.unwrap_or_default(), case_reference.unwrap_or_default()]);
    tables
        .prepare_cached(
            "INSERT INTO matters (matter_id, title, body_code, in_charge_code, stage, raised_by_code,
                 case_reference, case_key, searched, taken_in_at, deferrals)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            id,
            intake.title.as_str(),
            intake.body.as_str(),
            Stage::Backlog.to_wire(),
            raised_by.map(Code::as_str),
            case_reference,
            case_reference.map(search_key),
            searched,
            taken_in_at.as_microsecond(),
            intake.deferrals,
        ])?;
    index(tables, "matter_pairs", tables.last_insert_rowid(), &searched)?;
    concern(tables, id, &intake.concerned)?;
    concern(tables, id, raised_by.into_iter().cloned().collect::<Vec<_>>().as_slice())
}

fn concern(tables: &Transaction<'_>, id: &str, departments: &[Code]) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT OR IGNORE INTO concerned_by_matter (matter_id, department_code) VALUES (?1, ?2)",
    )?;
    for department in departments {
        insert.execute([id, department.as_str()])?;
    }
    Ok(())
}

/// A matter that moves is not deferred any more, and before its own body unless it is referred.
fn set_stage(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    set(
        tables,
        "stage = ?2, settled = ?3, resume_on = NULL, resume_at = NULL, in_charge_code = body_code
         WHERE matter_id = ?1",
        &[&id, &stage.to_wire(), &!stage.is_open()],
    )
}

fn set(tables: &Transaction<'_>, change: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE matters SET {change}"))?.execute(values).map(drop)
}

/// A matter is seen by those whom it concerns, and by the stewards of the bodies that it is before.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, * FROM matters",
    "matter_id IN (SELECT matter_id FROM concerned_by_matter
             WHERE department_code IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT matter_id FROM matters
             WHERE in_charge_code IN (SELECT value FROM json_each(?, '$.bodies'))
         UNION ALL SELECT matter_id FROM matters
             WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The matters that come back first.
pub(crate) fn next_returns(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        Ok(Deadline {
            at: timestamp(row, "resume_at")?,
            id: uuid(row, "matter_id")?,
            number: row.get("deferrals")?,
        })
    };
    tables.all(&ROWS, "resume_at IS NOT NULL", "resume_at, rowid", [], max, read)
}

/// The query for matters.
pub(crate) fn matters(
    request: &pb::ListMattersRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::MatterSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListMattersRequest) -> Result<ListQuery, Invalid> {
    let stage = request.stage.filter(|&stage| stage != 0);
    let stage = stage.map(|stage| read::<Stage, i32>("stage", stage)).transpose()?;
    let case_key = request.case_reference.as_deref().map(|reference| search_key(reference.trim()));
    ListQuery::new(
        ROWS,
        &["taken_in_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("stage = ?", stage.map(|stage| stage.to_wire()))
    .filter_text("in_charge_code = ?", &request.body_code)
    .filter_text(
        "matter_id IN (SELECT matter_id FROM concerned_by_matter WHERE department_code = ?)",
        &request.department_code,
    )
    .filter_text("case_key = ?", &case_key)
    .filter_some("settled = ?", request.settled)
    .filter_id_prefix("matter_id", &request.id_prefix)?
    .filter_words("searched", "matter_pairs", "text", request.text())
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::MatterSummary> {
    Ok(pb::MatterSummary {
        matter_id: row.get("matter_id")?,
        title: row.get("title")?,
        body_code: row.get("body_code")?,
        stage: row.get("stage")?,
        raised_by_code: row.get("raised_by_code")?,
        case_reference: row.get("case_reference")?,
        taken_in_at: moment(row.get("taken_in_at")?),
        deferrals: row.get("deferrals")?,
        session_id: row.get("session_id")?,
        resume_on: row.get("resume_on")?,
    })
}
