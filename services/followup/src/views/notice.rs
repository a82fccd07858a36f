//! Notices, a row each: who was notified of what, and when.

use super::follow_up::ChangingRow;
use domain::calendar::{WorkingCalendar, Zone};
use domain::followup::follow_up::{Event, State, Tier};
use domain::followup::ladder::RungKind;
use domain::{Code, Timestamp, Uuid};
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use proto::{Invalid, Wire as _};
use rusqlite::types::Value;
use rusqlite::{Row, Transaction, params};
use service_kit::list::{ListQuery, Page, uuid_filter};
use service_kit::row::moment;
use service_kit::serve::read;
use service_kit::spans::AsOf;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

/// What an event tells somebody.
struct Told {
    kind: Kind,
    addressee: String,
    days: u32,
    deadline_at: Timestamp,
}

/// What an event tells somebody at a moment, if it does.
fn told(event: &Event, zone: &Zone, at: Timestamp) -> Option<Told> {
    let to = |addressee: &str, kind, days, deadline_at: &Timestamp| {
        Some(Told { kind, addressee: addressee.to_owned(), days, deadline_at: *deadline_at })
    };
    match event {
        Event::Reminded { lead, days_before, due_at, days_left, .. } => {
            to(lead.as_str(), Kind::Reminder, days_left.unwrap_or(*days_before), due_at)
        }
        Event::AcknowledgementOverdue { lead, acknowledge_by, .. } => {
            let days = zone.days_between(*acknowledge_by, at);
            to(lead.as_str(), Kind::AcknowledgementOverdue, days, acknowledge_by)
        }
        Event::Overdue { lead, due_at, days_late, .. } => {
            to(lead.as_str(), Kind::Overdue, *days_late, due_at)
        }
        Event::Escalated { tier: Tier::Supervisor, due_at, days_late, .. } => {
            to(SUPERVISOR, Kind::EscalatedToSupervisor, *days_late, due_at)
        }
        Event::Escalated { tier: Tier::Leadership, due_at, days_late, .. } => {
            to("leadership", Kind::EscalatedToLeadership, *days_late, due_at)
        }
        Event::Notified { kind, department, distance, due_at, .. } => {
            to(department.as_ref().map_or(SUPERVISOR, Code::as_str), awaited(*kind)?, *distance, due_at)
        }
        Event::Urged { lead, due_at } => {
            to(lead.as_str(), Kind::Urge, zone.days_between(at, *due_at), due_at)
        }
        Event::Instructed { lead, due_at } => {
            to(lead.as_str(), Kind::Instruction, zone.days_between(at, *due_at), due_at)
        }
        Event::Disputed { due_at, .. } => {
            to(SUPERVISOR, Kind::AcceptedWorkDisputed, zone.days_between(*due_at, at), due_at)
        }
        _ => None,
    }
}

/// Whoever is told of what no department answers for.
const SUPERVISOR: &str = "supervisor";

fn awaited(kind: RungKind) -> Option<Kind> {
    Some(match kind {
        RungKind::Judgement => Kind::JudgementAwaited,
        RungKind::Ruling => Kind::RulingAwaited,
        RungKind::Report => Kind::ReportAwaited,
        RungKind::Stale => Kind::Stale,
        RungKind::LookBack => Kind::LookBackDue,
        _ => return None,
    })
}

/// What will be told of a follow-up until a moment if nobody acts.
pub(crate) fn upcoming(
    id: Uuid,
    state: &State,
    now: Timestamp,
    until: Timestamp,
    calendar: &WorkingCalendar,
) -> Vec<pb::Notice> {
    let Some(item) = state.followed_item() else { return vec![] };
    let notice = |(at, event): (Timestamp, Event)| {
        let Told { kind, addressee, days, deadline_at } = told(&event, &item.subject.zone, at)?;
        Some(pb::Notice {
            position: 0,
            occurred_at: Some(at.to_wire()),
            kind: kind.into(),
            addressee,
            item_id: id.to_string(),
            number: item.subject.number.to_string(),
            title: item.subject.title.to_string(),
            lead_code: item.subject.lead.to_string(),
            days,
            deadline_at: Some(deadline_at.to_wire()),
            session_id: None,
        })
    };
    state.upcoming(now, until, calendar).into_iter().filter_map(notice).collect()
}

/// Inserts the notice that an event is, if it is one.
pub(super) fn insert_notice(
    tables: &Transaction<'_>,
    record: &Record,
    row: &ChangingRow,
    event: &Event,
) -> rusqlite::Result<()> {
    let occurred_at = record.envelope.time;
    let Some(Told { kind, addressee, days, deadline_at }) = told(event, &row.zone()?, occurred_at) else {
        return Ok(());
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

/// A notice is seen by those who see the follow-up, or the emergency; that an answer is awaited (18, 19), by whoever owes it.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT * FROM notices",
    concat!(
        "(follow_up IN (SELECT id FROM follow_ups WHERE rowid IN (",
        follow_ups_concerning!(),
        ")) OR kind IN (18, 19) AND addressee IN (SELECT value FROM json_each(?, '$.departments'))
         OR kind NOT IN (18, 19) AND session_id IN (
             SELECT session_id FROM called WHERE department IN (SELECT value FROM json_each(?, '$.departments')))
         OR session_id IN (SELECT id FROM sessions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies'))))"
    ),
)
.shown_by_row(
    follow_ups_concerning!(),
    "EXISTS (SELECT 1 FROM follow_ups AS told WHERE told.id = listed.follow_up AND (
         told.lead_code IN (SELECT value FROM json_each(?, '$.departments'))
         OR told.body_code IN (SELECT value FROM json_each(?, '$.bodies'))
         OR EXISTS (SELECT 1 FROM called_upon WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
                        AND called_upon.follow_up = told.rowid)
         OR EXISTS (SELECT 1 FROM supporting WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
                        AND supporting.follow_up = told.rowid)))
     OR listed.kind IN (18, 19) AND listed.addressee IN (SELECT value FROM json_each(?, '$.departments'))
     OR listed.kind NOT IN (18, 19) AND EXISTS (SELECT 1 FROM called WHERE called.session_id = listed.session_id
                    AND department IN (SELECT value FROM json_each(?, '$.departments')))
     OR EXISTS (SELECT 1 FROM sessions WHERE sessions.id = listed.session_id
                    AND body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The query for notices.
pub(crate) fn notices(
    request: &pb::ListNoticesRequest,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Notice>> + Send + 'static, Invalid> {
    let (query, as_of) = (list(request)?, AsOf::read(request.as_of_at, request.as_of_position)?);
    Ok(move |tables: ScopedTables<'_>| {
        let past = as_of.past(tables)?.map(|past| past.position);
        query.filter_some("position <= ?", past).run(tables, notice)
    })
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
    .filter_some("session_id = ?", uuid_filter("session_id", &request.session_id)?)
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
        session_id: row.get("session_id")?,
    })
}
