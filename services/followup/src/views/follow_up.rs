//! Follow-ups, a row each, and the rungs of their ladders that are still to come.

use super::board::{chosen, column};
use super::{notice, uuid_filter};
use domain::calendar::Zone;
use domain::followup::follow_up::{Cause, Event, FollowUp, Stage, Subject};
use domain::followup::ladder::{Rung, RungKind};
use domain::{Code, Timestamp, Uuid};
use proto::followup::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, ToSql, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, sort_key};
use service_kit::row::moment;
use service_kit::timer::Deadline;
use service_kit::view::ViewError;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<FollowUp>(record)? {
        project_event(tables, &id, &event)?;
        notice::insert_notice(tables, &id, record, &event)?;
    }
    set_next_rung(tables, &id)?;
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Planned { subject, rungs, .. } => {
            insert_follow_up(tables, id, subject)?;
            add_rungs(tables, id, rungs)
        }
        Event::Acknowledged => {
            set(tables, "acknowledged = 1 WHERE id = ?1", &[&id])?;
            drop_acknowledgement(tables, id)
        }
        Event::Contested => drop_acknowledgement(tables, id),
        Event::ContestResolved { lead, acknowledge_by, rungs } => {
            set(
                tables,
                "lead_code = ?2, acknowledge_by = ?3, acknowledged = 0 WHERE id = ?1",
                &[&id, &lead.as_str(), &acknowledge_by.as_microsecond()],
            )?;
            drop_acknowledgement(tables, id)?;
            add_rungs(tables, id, rungs)
        }
        Event::Blocked { help_from } => {
            set(tables, "help_from_code = ?2 WHERE id = ?1", &[&id, &help_from.as_str()])
        }
        Event::Unblocked => set(tables, "help_from_code = NULL WHERE id = ?1", &[&id]),
        Event::Claimed => stop(tables, id, Stage::Claimed),
        Event::Returned => set(tables, "stage = ?2 WHERE id = ?1", &[&id, &wire(Stage::Open)]),
        Event::Replanned { due_on, due_at, cause, rungs } => {
            set(
                tables,
                "due_on = ?2, due_at = ?3, extensions = extensions + ?4, escalated_to = 0, stage = ?5
                 WHERE id = ?1",
                &[
                    &id,
                    &due_on.to_string(),
                    &due_at.as_microsecond(),
                    &(*cause == Cause::Extension),
                    &wire(Stage::Open),
                ],
            )?;
            drop_all_but_acknowledgement(tables, id)?;
            add_rungs(tables, id, rungs)
        }
        Event::Satisfied => end(tables, id, Stage::Satisfied),
        Event::Cancelled => end(tables, id, Stage::Cancelled),
        Event::Reminded { rung, .. }
        | Event::AcknowledgementOverdue { rung, .. }
        | Event::Overdue { rung, .. }
        | Event::Skipped { rung, .. } => drop_rung(tables, id, *rung),
        Event::Escalated { rung, tier, .. } => {
            let tier: i32 = tier.to_wire();
            set(tables, "escalated_to = max(escalated_to, ?2) WHERE id = ?1", &[&id, &tier])?;
            drop_rung(tables, id, *rung)
        }
    }
}

fn insert_follow_up(tables: &Transaction<'_>, id: &str, subject: &Subject) -> rusqlite::Result<()> {
    let co_responsible: Vec<&str> = subject.co_responsible.iter().map(Code::as_str).collect();
    tables
        .prepare_cached(
            "INSERT INTO follow_ups (id, resolution, number, written, title, lead_code, co_responsible_codes,
                 due_on, due_at, acknowledge_by, time_zone, stage)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            id,
            subject.resolution.to_string(),
            sort_key(subject.number.as_str()),
            subject.number.as_str(),
            subject.title.as_str(),
            subject.lead.as_str(),
            co_responsible.join(" "),
            subject.due_on.to_string(),
            subject.due_at.as_microsecond(),
            subject.acknowledge_by.as_microsecond(),
            subject.zone.name(),
            wire(Stage::Open),
        ])
        .map(drop)
}

/// The zone whose calendar days are counted for a follow-up.
pub(super) fn zone_of(tables: &Connection, id: &str) -> rusqlite::Result<Zone> {
    let mut statement = tables.prepare_cached("SELECT time_zone FROM follow_ups WHERE id = ?1")?;
    statement.query_row([id], zone)
}

fn zone(row: &Row<'_>) -> rusqlite::Result<Zone> {
    Zone::named(&row.get::<_, String>("time_zone")?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into()))
}

/// Calendar days since a moment, in the follow-up's zone.
fn days_since(row: &Row<'_>, micros: i64, now: Timestamp) -> rusqlite::Result<u32> {
    let since = Timestamp::from_microsecond(micros).unwrap_or(now);
    Ok(zone(row)?.days_between(since, now))
}

fn wire(stage: Stage) -> i32 {
    stage.to_wire()
}

fn set(tables: &Transaction<'_>, assignments: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE follow_ups SET {assignments}"))?.execute(values).map(drop)
}

fn stop(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    set(tables, "stage = ?2, help_from_code = NULL WHERE id = ?1", &[&id, &wire(stage)])
}

fn end(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    stop(tables, id, stage)?;
    tables.prepare_cached("DELETE FROM rungs WHERE follow_up = ?1")?.execute([id]).map(drop)
}

fn add_rungs(tables: &Transaction<'_>, id: &str, rungs: &[Rung]) -> rusqlite::Result<()> {
    let mut add = tables
        .prepare_cached("INSERT INTO rungs (follow_up, due_at, number, kind) VALUES (?1, ?2, ?3, ?4)")?;
    for rung in rungs {
        let kind: i32 = rung.kind.to_wire();
        add.execute(params![id, rung.due_at.as_microsecond(), rung.number, kind])?;
    }
    Ok(())
}

fn drop_rung(tables: &Transaction<'_>, id: &str, number: u32) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached("DELETE FROM rungs WHERE follow_up = ?1 AND number = ?2")?;
    statement.execute(params![id, number]).map(drop)
}

fn drop_acknowledgement(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    let kind: i32 = RungKind::Acknowledgement.to_wire();
    let mut statement = tables.prepare_cached("DELETE FROM rungs WHERE follow_up = ?1 AND kind = ?2")?;
    statement.execute(params![id, kind]).map(drop)
}

fn drop_all_but_acknowledgement(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    let kind: i32 = RungKind::Acknowledgement.to_wire();
    let mut statement = tables.prepare_cached("DELETE FROM rungs WHERE follow_up = ?1 AND kind <> ?2")?;
    statement.execute(params![id, kind]).map(drop)
}

/// Sets which rung comes first; none while the clock has stopped.
fn set_next_rung(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    set(
        tables,
        "(next_notice_at, next_rung) = (
             SELECT due_at, number FROM rungs WHERE follow_up = follow_ups.id AND follow_ups.stage = ?2
             ORDER BY due_at, number LIMIT 1
         ) WHERE id = ?1",
        &[&id, &wire(Stage::Open)],
    )
}

/// The rungs that come first, each for its follow-up.
pub(crate) fn next_deadlines(tables: &Connection, most: u32) -> rusqlite::Result<Vec<Deadline>> {
    let unreadable = |fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault);
    let read = |row: &Row<'_>| {
        let id = Uuid::try_parse(&row.get::<_, String>("id")?).map_err(|fault| unreadable(fault.into()))?;
        let at = Timestamp::from_microsecond(row.get("next_notice_at")?)
            .map_err(|fault| unreadable(fault.into()))?;
        Ok(Deadline { at, id, number: row.get("next_rung")? })
    };
    tables
        .prepare_cached(
            "SELECT id, next_notice_at, next_rung FROM follow_ups WHERE open AND next_notice_at IS NOT NULL
             ORDER BY next_notice_at, rowid LIMIT ?1",
        )?
        .query_map([most], read)?
        .collect()
}

/// The query for follow-ups.
pub fn follow_ups(
    request: &pb::ListFollowUpsRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::FollowUp>> + Send + 'static + use<>, Invalid>
{
    let query = list(request, now, zone)?;
    Ok(move |tables: &Connection| query.run(tables, |row| follow_up(row, now)))
}

pub(crate) fn list(
    request: &pb::ListFollowUpsRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<ListQuery, Invalid> {
    let mut query = ListQuery::new(
        "SELECT rowid, * FROM follow_ups",
        &["due_at", "number", "lead_code", "next_notice_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("lead_code = ?", &request.lead_code)
    .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?);
    for chosen in chosen("columns", &request.columns)? {
        let (condition, values) = column(chosen, now, zone);
        query = query.filter(condition, values);
    }
    Ok(query)
}

fn follow_up(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<pb::FollowUp> {
    let (stage, due_at): (i32, i64) = (row.get("stage")?, row.get("due_at")?);
    let late = stage == wire(Stage::Open) && due_at < now.as_microsecond();
    let co_responsible: String = row.get("co_responsible_codes")?;
    let subject = pb::FollowUpSubject {
        resolution_id: row.get("resolution")?,
        number: row.get("written")?,
        title: row.get("title")?,
        lead_code: row.get("lead_code")?,
        co_responsible_codes: co_responsible.split_whitespace().map(str::to_owned).collect(),
        due_on: row.get("due_on")?,
        due_at: moment(due_at),
        acknowledge_by: moment(row.get("acknowledge_by")?),
    };
    Ok(pb::FollowUp {
        item_id: row.get("id")?,
        subject: Some(subject),
        stage,
        acknowledged: row.get("acknowledged")?,
        help_from_code: row.get("help_from_code")?,
        late,
        days_late: if late { days_since(row, due_at, now)? } else { 0 },
        escalated_to: row.get("escalated_to")?,
        extensions: row.get("extensions")?,
        next_notice_at: row.get::<_, Option<i64>>("next_notice_at")?.and_then(moment),
    })
}
