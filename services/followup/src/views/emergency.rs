//! Notices of emergencies: who is called, who was passed over, and how the time for the decision runs out.

use domain::scheduling::emergency::{Alarm, Emergency, Event, State};
use domain::{Code, Timestamp, Uuid};
use proto::Wire as _;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::events::decode;
use service_kit::row::uuid;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Emergencies whose clocks run, at most: what is asked of each is asked of its own history.
const RUNNING_MAX: u32 = 100;

/// Whom an emergency is about, as far as its notices say so.
struct Subject {
    title: String,
    chair: String,
    secretariat: Vec<String>,
}

impl Subject {
    fn of(alarm: &Alarm) -> Subject {
        let secretariat = alarm.secretariat.iter().map(Code::to_string).collect();
        Subject { title: alarm.title.to_string(), chair: alarm.chair.to_string(), secretariat }
    }
}

/// What an event tells somebody.
struct Told {
    kind: Kind,
    addressee: String,
    deadline_at: Timestamp,
}

/// What an event tells, and whom.
fn told(event: &Event, subject: &Subject) -> Vec<Told> {
    let to = |addressee: &str, kind, deadline_at: &Timestamp| Told {
        kind,
        addressee: addressee.to_owned(),
        deadline_at: *deadline_at,
    };
    match event {
        Event::Raised { alarm, acknowledge_by, .. } => {
            let call = |department: &Code| to(department.as_str(), Kind::EmergencyCall, acknowledge_by);
            alarm.calls.iter().map(|planned| call(&planned.department)).collect()
        }
        Event::SubstituteCalled { passed_over, substitute, called_at, acknowledge_by, .. } => vec![
            to(passed_over.as_str(), Kind::EmergencyPassedOver, called_at),
            to(substitute.as_str(), Kind::EmergencyCall, acknowledge_by),
        ],
        Event::Unreached { acknowledge_by, .. } => subject
            .secretariat
            .iter()
            .map(|department| to(department, Kind::EmergencyUnreached, acknowledge_by))
            .collect(),
        Event::DecisionHalfway { decide_by } => {
            vec![to(&subject.chair, Kind::EmergencyDecisionHalfway, decide_by)]
        }
        Event::DecisionOverdue { decide_by } => vec![
            to(&subject.chair, Kind::EmergencyDecisionOverdue, decide_by),
            to("supervisor", Kind::EmergencyDecisionOverdue, decide_by),
        ],
        Event::Acknowledged { .. } | Event::Ended { .. } => vec![],
    }
}

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Emergency>(record)? {
        match &event {
            Event::Raised { alarm, raised_by, .. } => {
                insert_emergency(tables, &id, alarm, raised_by.as_ref())?
            }
            Event::SubstituteCalled { substitute, .. } => insert_called(tables, &id, [substitute])?,
            Event::Ended { .. } => {
                tables
                    .prepare_cached("UPDATE emergencies SET running = 0 WHERE session_id = ?1")?
                    .execute([&id])?;
            }
            _ => {}
        }
        insert_notices(tables, record, &id, &event)?;
    }
    Ok(())
}

fn insert_emergency(
    tables: &Transaction<'_>,
    id: &str,
    alarm: &Alarm,
    raised_by: Option<&Code>,
) -> rusqlite::Result<()> {
    let subject = Subject::of(alarm);
    tables
        .prepare_cached(
            "INSERT INTO emergencies (session_id, title, chair_code, secretariat_codes) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, subject.title, subject.chair, subject.secretariat.join(" ")])?;
    let calls = alarm.calls.iter().map(|planned| &planned.department);
    insert_called(tables, id, calls.chain([&alarm.chair]).chain(&alarm.secretariat).chain(raised_by))
}

fn insert_called<'c>(
    tables: &Transaction<'_>,
    id: &str,
    departments: impl IntoIterator<Item = &'c Code>,
) -> rusqlite::Result<()> {
    let mut insert =
        tables.prepare_cached("INSERT OR IGNORE INTO called (session_id, department) VALUES (?1, ?2)")?;
    for department in departments {
        insert.execute([id, department.as_str()])?;
    }
    Ok(())
}

fn insert_notices(
    tables: &Transaction<'_>,
    record: &Record,
    id: &str,
    event: &Event,
) -> rusqlite::Result<()> {
    let subject = tables
        .prepare_cached("SELECT title, chair_code, secretariat_codes FROM emergencies WHERE session_id = ?1")?
        .query_row([id], |row| {
            let codes: String = row.get(2)?;
            let secretariat = codes.split(' ').map(str::to_owned).collect();
            Ok(Subject { title: row.get(0)?, chair: row.get(1)?, secretariat })
        })
        .optional()?;
    let Some(subject) = subject else { return Ok(()) };
    let mut insert = tables.prepare_cached(
        "INSERT INTO notices (position, occurred_at, kind, addressee, days, deadline_at, follow_up, number, written,
             title, lead_code, session_id)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, '', '', '', ?6, ?7, ?8)",
    )?;
    for Told { kind, addressee, deadline_at } in told(event, &subject) {
        insert.execute(params![
            record.position as i64,
            record.envelope.time.as_microsecond(),
            kind as i32,
            addressee,
            deadline_at.as_microsecond(),
            subject.title,
            subject.chair,
            id,
        ])?;
    }
    Ok(())
}

/// An emergency is seen by those who were called to it, and those who act for its body.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT * FROM emergencies",
    "session_id IN (
         SELECT session_id FROM called WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT id FROM sessions WHERE body_code IN (SELECT value FROM json_each(?, '$.bodies')))",
);

/// The emergencies whose clocks run.
pub(crate) fn running(tables: ScopedTables<'_>) -> rusqlite::Result<Vec<Uuid>> {
    tables.all(&ROWS, "running", "session_id", [], RUNNING_MAX, |row| uuid(row, "session_id"))
}

/// What will be told of an emergency until a moment if nobody acts.
pub(crate) fn upcoming(id: Uuid, state: &State, now: Timestamp, until: Timestamp) -> Vec<pb::Notice> {
    let Some(raised) = state.raised() else { return vec![] };
    let subject = Subject::of(&raised.alarm);
    let notices = state.upcoming(now, until).into_iter().flat_map(|(at, event)| {
        let told = told(&event, &subject);
        told.into_iter().map(move |told| (at, told))
    });
    notices
        .map(|(at, Told { kind, addressee, deadline_at })| pb::Notice {
            position: 0,
            occurred_at: Some(at.to_wire()),
            kind: kind.into(),
            addressee,
            item_id: String::new(),
            number: String::new(),
            title: subject.title.clone(),
            lead_code: subject.chair.clone(),
            days: 0,
            deadline_at: Some(deadline_at.to_wire()),
            session_id: Some(id.to_string()),
        })
        .collect()
}
