//! Notices to whoever has not answered, in an open ballot or to an invitation, and what such notices are still to come.

use domain::deliberation::docket::{self, Docket, reminders};
use domain::scheduling::session::{self, Session};
use domain::{Code, Timestamp, Uuid};
use proto::Wire as _;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::events::decode;
use service_kit::row::uuid;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Sessions and dockets that are to be asked whom they will remind, at most: what is asked of each is asked of its own history.
const AWAITING_MAX: u32 = 200;

/// What somebody is reminded of.
struct Told<'e> {
    kind: Kind,
    addressee: &'e Code,
    deadline_at: Timestamp,
}

/// What an event of a docket tells somebody, if it does.
fn told_by_docket(event: &docket::Event) -> Option<Told<'_>> {
    let docket::Event::SeatReminded { department, reminder } = event else { return None };
    let deadline_at = reminder.answer_by.unwrap_or(reminder.reminded_at);
    Some(Told { kind: Kind::AnswerAwaited, addressee: department, deadline_at })
}

/// What an event of a session tells somebody, if it does.
fn told_by_session(event: &session::Event) -> Option<Told<'_>> {
    let session::Event::InvitationReminded { department, answer_by, .. } = event else { return None };
    Some(Told { kind: Kind::InvitationUnanswered, addressee: department, deadline_at: *answer_by })
}

pub(super) fn project_docket(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Docket>(record)? {
        if let docket::Event::Prepared { agenda } = &event {
            let days = reminders::days_before(&agenda.constitution.rule);
            tables
                .prepare_cached(
                    "INSERT OR REPLACE INTO dockets (id, title, chair_code, days) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![id, agenda.title.as_str(), agenda.constitution.chair.as_str(), days])?;
        }
        let days = tables
            .prepare_cached("SELECT days FROM dockets WHERE id = ?1")?
            .query_row([&id], |row| row.get(0))
            .optional()?;
        if let Some(next_at) = days.and_then(|days| reminders::next_after(&event, days)) {
            tables
                .prepare_cached("UPDATE dockets SET next_at = ?2 WHERE id = ?1")?
                .execute(params![id, next_at.map(Timestamp::as_microsecond)])?;
        }
        if let Some(told) = told_by_docket(&event) {
            insert_notice(tables, record, "dockets", &told)?;
        }
    }
    Ok(())
}

pub(super) fn project_session(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    use session::Event;
    let id = record.stream.id.to_string();
    let plan = |next_at: Option<Timestamp>| {
        tables
            .prepare_cached("UPDATE invited SET next_at = ?2 WHERE id = ?1")?
            .execute(params![id, next_at.map(Timestamp::as_microsecond)])
            .map(drop)
    };
    for event in decode::<Session>(record)? {
        match &event {
            Event::Requested { outline, chair, .. } => {
                tables
                    .prepare_cached(
                        "INSERT OR REPLACE INTO invited (id, title, chair_code) VALUES (?1, ?2, ?3)",
                    )?
                    .execute([&*id, outline.title.as_str(), chair.as_str()])?;
            }
            Event::Revised { title: Some(title), .. } => {
                tables
                    .prepare_cached("UPDATE invited SET title = ?2 WHERE id = ?1")?
                    .execute([&*id, title.as_str()])?;
            }
            Event::Scheduled { answer_by, .. } => plan(*answer_by)?,
            Event::Postponed { .. }
            | Event::Cancelled { .. }
            | Event::Convened { .. }
            | Event::InvitationReminded { .. } => plan(None)?,
            _ => {}
        }
        if let Some(told) = told_by_session(&event) {
            insert_notice(tables, record, "invited", &told)?;
        }
    }
    Ok(())
}

/// Inserts a notice with what one of these tables says of its session or docket.
fn insert_notice(
    tables: &Transaction<'_>,
    record: &Record,
    table: &str,
    told: &Told<'_>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(&format!(
            "INSERT INTO notices (position, occurred_at, kind, addressee, days, deadline_at, follow_up,
                 number, written, title, lead_code, session_id)
             SELECT ?2, ?3, ?4, ?5, 0, ?6, '', '', '', title, chair_code, id FROM {table} WHERE id = ?1"
        ))?
        .execute(params![
            record.stream.id.to_string(),
            record.position as i64,
            record.envelope.time.as_microsecond(),
            told.kind as i32,
            told.addressee.as_str(),
            told.deadline_at.as_microsecond(),
        ])
        .map(drop)
}

/// What awaits answers is found by those who ever had to do with it; whom it reminds, and who may know of that, is asked of its
/// own history.
const OF_THOSE_CONCERNED: &str = "id IN (
    SELECT session FROM concerned WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
    UNION ALL SELECT id FROM sessions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))";
const DOCKETS: Rows = Rows::of_those_concerned("SELECT id, next_at FROM dockets", OF_THOSE_CONCERNED);
const INVITED: Rows = Rows::of_those_concerned("SELECT id, next_at FROM invited", OF_THOSE_CONCERNED);

/// The dockets, and the sessions, that will remind somebody until a moment.
pub(crate) fn awaiting(
    until: Timestamp,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<(Vec<Uuid>, Vec<Uuid>)> + Send + 'static {
    move |tables| {
        let until = Value::from(until.as_microsecond());
        let of = |rows: &Rows| {
            tables.all(rows, "next_at <= ?", "next_at, id", [until.clone()], AWAITING_MAX, |row| {
                uuid(row, "id")
            })
        };
        Ok((of(&DOCKETS)?, of(&INVITED)?))
    }
}

/// What will be told by a docket until a moment if nobody acts.
pub(crate) fn upcoming_of_docket(
    id: Uuid,
    state: &docket::State,
    now: Timestamp,
    until: Timestamp,
) -> Vec<pb::Notice> {
    let Some(proceedings) = state.proceedings() else { return vec![] };
    let agenda = &proceedings.agenda;
    let (title, chair) = (agenda.title.as_str(), &agenda.constitution.chair);
    let events = state.upcoming_reminders(now, until);
    let told = events.iter().filter_map(|(at, event)| Some((*at, told_by_docket(event)?)));
    told.map(|(at, told)| notice(id, title, chair, at, &told)).collect()
}

/// What will be told by a session until a moment if nobody acts.
pub(crate) fn upcoming_of_session(
    id: Uuid,
    state: &session::State,
    now: Timestamp,
    until: Timestamp,
) -> Vec<pb::Notice> {
    let Some(filed) = state.filed() else { return vec![] };
    let events = state.upcoming(now, until);
    let told = events.iter().filter_map(|(at, event)| Some((*at, told_by_session(event)?)));
    told.map(|(at, told)| notice(id, filed.outline.title.as_str(), &filed.chair, at, &told)).collect()
}

fn notice(id: Uuid, title: &str, chair: &Code, at: Timestamp, told: &Told<'_>) -> pb::Notice {
    pb::Notice {
        position: 0,
        occurred_at: at.to_wire(),
        kind: told.kind.into(),
        addressee: told.addressee.to_string(),
        item_id: String::new(),
        number: String::new(),
        title: title.to_owned(),
        lead_code: chair.to_string(),
        days: 0,
        deadline_at: told.deadline_at.to_wire(),
        session_id: Some(id.to_string()),
    }
}
