//! Notices, a row each: what was said to whom, and when.

use super::{days_between, moment, uuid};
use domain::Timestamp;
use domain::followup::follow_up::{Event, Tier};
use proto::Invalid;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, params};
use service_kit::Record;
use service_kit::list::{ListQuery, Page};
use service_kit::serve::read;
use std::collections::BTreeSet;

/// Notes what an event says to anybody, if it does.
pub(super) fn note(
    tables: &Transaction<'_>,
    id: &str,
    record: &Record,
    event: &Event,
) -> rusqlite::Result<()> {
    let time = record.envelope.time;
    let (kind, recipient, days, deadline) = match event {
        Event::Reminded { lead, days_before, due_at, .. } => {
            (Kind::Reminder, lead.as_str(), *days_before, due_at)
        }
        Event::AcknowledgementOverdue { lead, acknowledge_by, .. } => {
            let days = days_between(acknowledge_by.as_microsecond(), time.as_microsecond());
            (Kind::AcknowledgementOverdue, lead.as_str(), days, acknowledge_by)
        }
        Event::Overdue { lead, due_at, days_late, .. } => (Kind::Overdue, lead.as_str(), *days_late, due_at),
        Event::Escalated { to: Tier::Supervisor, due_at, days_late, .. } => {
            (Kind::EscalatedToSupervisor, "supervisor", *days_late, due_at)
        }
        Event::Escalated { to: Tier::Leadership, due_at, days_late, .. } => {
            (Kind::EscalatedToLeadership, "leadership", *days_late, due_at)
        }
        _ => return Ok(()),
    };
    tables
        .prepare_cached(
            "INSERT INTO notices (position, time, kind, recipient, days, deadline, follow_up, number, written,
                 title, lead)
             SELECT ?2, ?3, ?4, ?5, ?6, ?7, id, number, written, title, lead FROM follow_ups WHERE id = ?1",
        )?
        .execute(params![
            id,
            record.position as i64,
            time.as_microsecond(),
            kind as i32,
            recipient,
            days,
            deadline.as_microsecond(),
        ])
        .map(drop)
}

/// The question for notices.
pub(crate) fn notices(
    request: &pb::ListNoticesRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::Notice>> + Send + 'static, Invalid> {
    let since: Option<Timestamp> = read("since", request.since)?;
    let until: Option<Timestamp> = read("until", request.until)?;
    let mut query = ListQuery::new(
        "SELECT * FROM notices",
        &["time", "number"],
        "id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("lead = ?", &request.department)
    .filter_some("follow_up = ?", uuid("item_id", &request.item_id)?)
    .filter_some("time >= ?", since.map(Timestamp::as_microsecond))
    .filter_some("time < ?", until.map(Timestamp::as_microsecond));
    let kinds = kinds(&request.kinds)?;
    if !kinds.is_empty() {
        let places = vec!["?"; kinds.len()].join(", ");
        query = query.filter(&format!("kind IN ({places})"), kinds.into_iter().map(Value::from));
    }
    Ok(move |tables: &Connection| query.run(tables, notice))
}

/// The kinds that a question names, each once.
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
        time: moment(row.get("time")?),
        kind: row.get("kind")?,
        to: row.get("recipient")?,
        item_id: row.get("follow_up")?,
        number: row.get("written")?,
        title: row.get("title")?,
        lead: row.get("lead")?,
        days: row.get("days")?,
        deadline: moment(row.get("deadline")?),
    })
}
