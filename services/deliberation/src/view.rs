//! Lists of dockets, and the next deadlines of countersigns. A single docket is read from its own history.

mod clocks;
mod reminders;

pub(crate) use clocks::next_clocks;
pub(crate) use reminders::next_reminders;

use domain::Aggregate as _;
use domain::deliberation::docket::{Agenda, Docket, Event, Mode};
use domain::deliberation::minutes::{self, Minutes};
use proto::Invalid;
use proto::deliberation::v1 as pb;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::row::{moment, timestamp, uuid};
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Position, Record, Rows, ScopedTables, View};

/// The tables behind the lists.
pub(crate) struct DeliberationView;

impl View for DeliberationView {
    const NAME: &'static str = "deliberation";
    const SCHEMA: &'static str = include_str!("schema.sql");
    const CATEGORIES: &'static [&'static str] = &[Docket::CATEGORY, Minutes::CATEGORY];

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        let id = record.stream.id.to_string();
        if record.stream.category == Minutes::CATEGORY {
            for event in decode::<Minutes>(record)? {
                project_minutes(tables, &id, &event)?;
            }
            return Ok(());
        }
        for event in decode::<Docket>(record)? {
            project(tables, &id, record.position, &event)?;
            clocks::project(tables, &id, &event)?;
            reminders::project(tables, &id, &event)?;
        }
        Ok(())
    }
}

fn project(tables: &Transaction<'_>, id: &str, position: Position, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Prepared { agenda } => insert_docket(tables, id, position, agenda),
        Event::Opened { opened_at, .. } => tables
            .prepare_cached("UPDATE dockets SET stage = ?2, opened_at = ?3 WHERE id = ?1")?
            .execute(params![id, pb::DocketStage::Open as i32, opened_at.as_microsecond()])
            .map(drop),
        Event::Adjourned { .. } => tables
            .prepare_cached("UPDATE dockets SET stage = ?2 WHERE id = ?1")?
            .execute(params![id, pb::DocketStage::Adjourned as i32])
            .map(drop),
        Event::SigningExtended { sign_by, .. } => {
            let values = params![id, sign_by.as_microsecond()];
            tables
                .prepare_cached("UPDATE countersigning SET sign_by = ?2 WHERE docket = ?1")?
                .execute(values)?;
            tables.prepare_cached("UPDATE dockets SET sign_by = ?2 WHERE id = ?1")?.execute(values).map(drop)
        }
        Event::MeetingCalled { .. } => {
            tables.prepare_cached("DELETE FROM countersigning WHERE docket = ?1")?.execute([id])?;
            tables
                .prepare_cached("UPDATE dockets SET stage = ?2 WHERE id = ?1")?
                .execute(params![id, pb::DocketStage::Adjourned as i32])
                .map(drop)
        }
        Event::Closed { closed_at, .. } => tables
            .prepare_cached("UPDATE dockets SET stage = ?2, closed_at = ?3 WHERE id = ?1")?
            .execute(params![id, pb::DocketStage::Closed as i32, closed_at.as_microsecond()])
            .map(drop),
        // A deferred topic that is opened again, and one that is reconsidered, no longer has an outcome.
        Event::TopicOpened { topic, .. } | Event::TopicReconsidered { topic, .. } => tables
            .prepare_cached("DELETE FROM outcomes WHERE docket = ?1 AND topic = ?2")?
            .execute(params![id, topic])
            .map(drop),
        Event::DecisionAdopted { topic, .. }
        | Event::TopicRejected { topic, .. }
        | Event::TopicDeferred { topic, .. }
        | Event::TopicReferred { topic, .. }
        | Event::TopicWithdrawn { topic, .. } => tables
            .prepare_cached("INSERT OR IGNORE INTO outcomes (docket, topic) VALUES (?1, ?2)")?
            .execute(params![id, topic])
            .map(drop),
        Event::TopicAdded { .. } => tables
            .prepare_cached("UPDATE dockets SET topics = topics + 1 WHERE id = ?1")?
            .execute([id])
            .map(drop),
        Event::BallotOpened { ballot, .. } => tables
            .prepare_cached(
                "INSERT INTO countersigning (sign_by, docket, ballot)
                 SELECT sign_by, id, ?2 FROM dockets WHERE id = ?1 AND sign_by IS NOT NULL",
            )?
            .execute(params![id, ballot])
            .map(drop),
        // Secret ballots, which alone are voided, are held in meetings.
        Event::BallotClosed { result, .. } => tables
            .prepare_cached(
                "DELETE FROM countersigning
                 WHERE sign_by = (SELECT sign_by FROM dockets WHERE id = ?1) AND docket = ?1 AND ballot = ?2",
            )?
            .execute(params![id, result.ballot])
            .map(drop),
        _ => Ok(()),
    }
}

/// Minutes to which somebody objects wait for their correction, and for no moment.
fn project_minutes(tables: &Transaction<'_>, id: &str, event: &minutes::Event) -> rusqlite::Result<()> {
    use minutes::Event;
    let wait = |waits: bool| {
        let mut statement = tables.prepare_cached("UPDATE confirming SET waits = ?2 WHERE docket = ?1")?;
        statement.execute(params![id, waits]).map(drop)
    };
    match event {
        Event::Drafted { confirm_by, .. } => tables
            .prepare_cached("INSERT INTO confirming (docket, confirm_by, waits) VALUES (?1, ?2, 1)")?
            .execute(params![id, confirm_by.as_microsecond()])
            .map(drop),
        Event::Corrected { .. } => wait(true),
        Event::Objected { .. } | Event::Settled { .. } => wait(false),
        Event::Confirmed { .. } | Event::Sealed { .. } => Ok(()),
    }
}

fn insert_docket(
    tables: &Transaction<'_>,
    id: &str,
    position: Position,
    agenda: &Agenda,
) -> rusqlite::Result<()> {
    let sign_by = match agenda.mode {
        Mode::Meeting => None,
        Mode::Countersign { sign_by } => Some(sign_by.as_microsecond()),
    };
    tables
        .prepare_cached(
            "INSERT INTO dockets (id, position, title, body, chair, stage, topics, sign_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET position = ?2, title = ?3, body = ?4, chair = ?5, stage = ?6,
                 topics = ?7, sign_by = ?8",
        )?
        .execute(params![
            id,
            position as i64,
            agenda.title.as_str(),
            agenda.body.as_str(),
            agenda.constitution.chair.as_str(),
            pb::DocketStage::Prepared as i32,
            agenda.topics_to_decide().count() as i64,
            sign_by,
        ])?;
    tables.prepare_cached("DELETE FROM participants WHERE docket = ?1")?.execute([id])?;
    tables.prepare_cached("DELETE FROM kept_by WHERE docket = ?1")?.execute([id])?;
    let mut insert_keeper =
        tables.prepare_cached("INSERT OR IGNORE INTO kept_by (department, docket) VALUES (?1, ?2)")?;
    for department in &agenda.constitution.secretariat {
        insert_keeper.execute([department.as_str(), id])?;
    }
    let mut insert_participant =
        tables.prepare_cached("INSERT OR IGNORE INTO participants (docket, department) VALUES (?1, ?2)")?;
    for department in agenda.concerned() {
        insert_participant.execute([id, department.as_str()])?;
    }
    Ok(())
}

/// A docket is seen by those whom it concerns, by the clerks who keep its record, and by the stewards of its body.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT rowid, *, (SELECT count(*) FROM outcomes WHERE docket = id) AS decided_topic_count FROM dockets",
    "id IN (SELECT docket FROM participants WHERE department IN (SELECT value FROM json_each(?, '$.departments'))
         UNION ALL SELECT docket FROM kept_by WHERE department IN (SELECT value FROM json_each(?, '$.clerkOf'))
         UNION ALL SELECT id FROM dockets WHERE body IN (SELECT value FROM json_each(?, '$.bodies')))",
);
/// What has to be counted at its deadline, whoever sees it.
const COUNTERSIGNING: Rows = Rows::of_those_concerned("SELECT docket, sign_by FROM countersigning", "FALSE");

/// Minutes that wait for a moment, whoever sees them.
const CONFIRMING: Rows = Rows::of_those_concerned("SELECT docket, confirm_by FROM confirming", "FALSE");

/// The minutes whose time to confirm is over first.
pub(crate) fn next_confirmations(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    tables.all(&CONFIRMING, "waits", "confirm_by, docket", [], max, deadline)
}

/// The earliest deadlines of countersigns with open ballots, at most `max`. After the deadline no ballot can
/// be opened, so a docket has only one deadline.
pub(crate) fn next_deadlines(tables: ScopedTables<'_>, max: u32) -> rusqlite::Result<Vec<Deadline>> {
    tables.all(&COUNTERSIGNING, "TRUE", "sign_by, docket", [], max, deadline)
}

/// The deadline of a docket, of which it has one.
fn deadline(row: &Row<'_>) -> rusqlite::Result<Deadline> {
    Ok(Deadline { at: timestamp(row, 1)?, id: uuid(row, "docket")?, number: 1 })
}

/// The query for a page of dockets.
pub(crate) fn dockets(
    request: &pb::ListDocketsRequest,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::DocketSummary>> + Send + 'static,
    Invalid,
> {
    let query = list(request)?;
    Ok(move |tables: ScopedTables<'_>| query.run(tables, summary))
}

pub(crate) fn list(request: &pb::ListDocketsRequest) -> Result<ListQuery, Invalid> {
    let stage = match request.stage {
        None | Some(0) => None,
        Some(stage) if pb::DocketStage::try_from(stage).is_ok() => Some(stage),
        Some(stage) => return Err(Invalid::field("stage", format!("has the unknown number {stage}"))),
    };
    ListQuery::new(ROWS, &["position"], "rowid", &request.order_by, request.page_size, &request.page_token)?
        .filter_some("stage = ?", stage)
        .filter_text("body = ?", &request.body_code)
        .filter_text("id IN (SELECT docket FROM participants WHERE department = ?)", &request.department_code)
        .filter_id_prefix("id", &request.id_prefix)
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::DocketSummary> {
    Ok(pb::DocketSummary {
        docket_id: row.get("id")?,
        title: row.get("title")?,
        body_code: row.get("body")?,
        chair_code: row.get("chair")?,
        stage: row.get("stage")?,
        countersign: row.get::<_, Option<i64>>("sign_by")?.is_some(),
        topic_count: row.get("topics")?,
        decided_topic_count: row.get("decided_topic_count")?,
        opened_at: row.get::<_, Option<i64>>("opened_at")?.and_then(moment),
        closed_at: row.get::<_, Option<i64>>("closed_at")?.and_then(moment),
    })
}
