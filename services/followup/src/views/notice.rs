//! Notices, a row each: who was notified of what, and when.

use super::follow_up::ChangingRow;
use super::uuid_filter;
use domain::Timestamp;
use domain::followup::follow_up::{Event, Tier};
use proto::Invalid;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params};
use service_kit::list::{ListQuery, Page};
use service_kit::row::moment;
use service_kit::serve::read;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

/// Inserts the notice that an event is, if it is one.
pub(super) fn insert_notice(
    tables: &Transaction<'_>,
    record: &Record,
    row: &ChangingRow,
    event: &Event,
) -> rusqlite::Result<()> {
    let occurred_at = record.envelope.time;
    let (kind, addressee, days, deadline_at) = match event {
        Event::Reminded { lead, days_before, due_at, .. } => {
            (Kind::Reminder, lead.as_str(), *days_before, due_at)
        }
        Event::AcknowledgementOverdue { lead, acknowledge_by, .. } => {
            let days = row.zone()?.days_between(*acknowledge_by, occurred_at);
            (Kind::AcknowledgementOverdue, lead.as_str(), days, acknowledge_by)
        }
        Event::Overdue { lead, due_at, days_late, .. } => (Kind::Overdue, lead.as_str(), *days_late, due_at),
        Event::Escalated { tier: Tier::Supervisor, due_at, days_late, .. } => {
            (Kind::EscalatedToSupervisor, "supervisor", *days_late, due_at)
        }
        Event::Escalated { tier: Tier::Leadership, due_at, days_late, .. } => {
            (Kind::EscalatedToLeadership, "leadership", *days_late, due_at)
        }
        _ => return Ok(()),
    };
    tables
        .prepare_cached(
            "INSERT INTO notices (position, occurred_at, kind, addressee, days, deadline_at, follow_up, number,
                 written, title, lead_code)
             SELECT ?2, ?3, ?4, ?5, ?6, ?7, id, number, written, title, lead_code FROM follow_ups WHERE rowid = ?1",
        )?
        .execute(params![
            row.rowid(),
            record.position as i64,
            occurred_at.as_microsecond(),
            kind as i32,
            addressee,
            days,
            deadline_at.as_microsecond(),
        ])
        .map(drop)
}

/// A notice is seen by those who see the follow-up.
const ROWS: Rows = Rows::of_departments(
    "SELECT * FROM notices",
    concat!("follow_up IN (SELECT id FROM follow_ups WHERE rowid IN (", follow_ups_concerning!(), "))"),
);

/// The query for notices.
pub(crate) fn notices(
    request: &pb::ListNoticesRequest,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Notice>> + Send + 'static, Invalid> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, notice))
}

pub(crate) fn list(request: &pb::ListNoticesRequest) -> Result<ListQuery, Invalid> {
    let starts_at: Option<Timestamp> = read("starts_at", request.starts_at)?;
    let ends_at: Option<Timestamp> = read("ends_at", request.ends_at)?;
    let mut query = ListQuery::new(
        ROWS,
        &["occurred_at"],
        "id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("lead_code = ?", &request.lead_code)
    .filter_some("follow_up = ?", uuid_filter("item_id", &request.item_id)?)
    .filter_some("occurred_at >= ?", starts_at.map(Timestamp::as_microsecond))
    .filter_some("occurred_at < ?", ends_at.map(Timestamp::as_microsecond));
    let kinds = kinds(&request.kinds)?;
    if !kinds.is_empty() {
        let placeholders = vec!["?"; kinds.len()].join(", ");
        query = query.filter(&format!("kind IN ({placeholders})"), kinds.into_iter().map(Value::from));
    }
    Ok(query)
}

/// The kinds that a query names, each once.
fn kinds(numbers: &[i32]) -> Result<BTreeSet<i32>, Invalid> {
    for (nth, &number) in numbers.iter().enumerate() {
        if !Kind::try_from(number).is_ok_and(|kind| kind != Kind::Unspecified) {
            return Err(Invalid::field(&format!("kinds[{nth}]"), format!("has the unknown number {number}")));
        }
    }
    Ok(numbers.iter().copied().collect())
}

fn notice(row: &Row<'_>) -> rusqlite::Result<pb::Notice> {
    Ok(pb::Notice {
        position: row.get::<_, i64>("position")? as u64,
        occurred_at: moment(row.get("occurred_at")?),
        kind: row.get("kind")?,
        addressee: row.get("addressee")?,
        item_id: row.get("follow_up")?,
        number: row.get("written")?,
        title: row.get("title")?,
        lead_code: row.get("lead_code")?,
        days: row.get("days")?,
        deadline_at: moment(row.get("deadline_at")?),
    })
}
