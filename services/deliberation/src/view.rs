//! What deliberation is asked for in lists, and when the next countersign runs out. One docket is asked
//! for itself.

use domain::deliberation::docket::{Agenda, Docket, Event, Mode};
use domain::{Aggregate as _, Timestamp, Uuid};
use proto::deliberation::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page};
use service_kit::timer::Deadline;
use service_kit::view::ViewError;
use service_kit::{Position, Record, View};

/// The tables behind the lists.
pub(crate) struct DeliberationView;

impl View for DeliberationView {
    const NAME: &'static str = "deliberation";
    const SCHEMA: &'static str = include_str!("schema.sql");

    fn apply(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
        if record.stream.category != Docket::CATEGORY {
            return Ok(());
        }
        let id = record.stream.id.to_string();
        for event in decode::<Docket>(record)? {
            take(tables, &id, record.position, &event)?;
        }
        Ok(())
    }
}

fn take(tables: &Transaction<'_>, id: &str, position: Position, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Prepared { agenda } => enter(tables, id, position, agenda),
        Event::Opened { opened_at, .. } => tables
            .prepare_cached("UPDATE dockets SET state = ?2, opened_at = ?3 WHERE id = ?1")?
            .execute(params![id, pb::DocketState::Open as i32, opened_at.as_microsecond()])
            .map(drop),
        Event::Closed { closed_at, .. } => tables
            .prepare_cached("UPDATE dockets SET state = ?2, closed_at = ?3 WHERE id = ?1")?
            .execute(params![id, pb::DocketState::Closed as i32, closed_at.as_microsecond()])
            .map(drop),
        // A deferred topic that is called again has no outcome any more.
        Event::TopicOpened { topic, .. } => tables
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
        Event::BallotOpened { ballot, .. } => tables
            .prepare_cached(
                "INSERT INTO countersigning (deadline, docket, ballot)
                 SELECT deadline, id, ?2 FROM dockets WHERE id = ?1 AND deadline IS NOT NULL",
            )?
            .execute(params![id, ballot])
            .map(drop),
        Event::BallotClosed { result, .. } => tables
            .prepare_cached(
                "DELETE FROM countersigning
                 WHERE deadline = (SELECT deadline FROM dockets WHERE id = ?1) AND docket = ?1 AND ballot = ?2",
            )?
            .execute(params![id, result.ballot])
            .map(drop),
        _ => Ok(()),
    }
}

fn enter(tables: &Transaction<'_>, id: &str, position: Position, agenda: &Agenda) -> rusqlite::Result<()> {
    let deadline = match agenda.mode {
        Mode::Meeting => None,
        Mode::Countersign { deadline } => Some(deadline.as_microsecond()),
    };
    tables
        .prepare_cached(
            "INSERT INTO dockets (id, position, title, body, chair, state, topics, deadline)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id,
            position as i64,
            agenda.title.as_str(),
            agenda.body.as_str(),
            agenda.chair.as_str(),
            pb::DocketState::Prepared as i32,
            agenda.topics.len() as i64,
            deadline,
        ])?;
    let mut takes_part =
        tables.prepare_cached("INSERT INTO participants (docket, department) VALUES (?1, ?2)")?;
    for participant in &agenda.participants {
        takes_part.execute([id, participant.department.as_str()])?;
    }
    Ok(())
}

/// The countersigns with open ballots that run out first. After a deadline no ballot can be opened, so a
/// docket has one deadline only.
pub(crate) fn next_deadlines(tables: &Connection, most: u32) -> rusqlite::Result<Vec<Deadline>> {
    let read = |row: &Row<'_>| {
        let unreadable = |fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault);
        let id = Uuid::try_parse(&row.get::<_, String>(0)?).map_err(|fault| unreadable(fault.into()))?;
        let at = Timestamp::from_microsecond(row.get(1)?).map_err(|fault| unreadable(fault.into()))?;
        Ok(Deadline { at, id, no: 1 })
    };
    tables
        .prepare_cached("SELECT docket, deadline FROM countersigning ORDER BY deadline, docket LIMIT ?1")?
        .query_map([most], read)?
        .collect()
}

/// The question for dockets.
pub(crate) fn dockets(
    request: &pb::ListDocketsRequest,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::DocketSummary>> + Send + 'static, Invalid> {
    let state = match request.state {
        None | Some(0) => None,
        Some(state) if pb::DocketState::try_from(state).is_ok() => Some(state),
        Some(state) => return Err(Invalid::field("state", format!("has the unknown number {state}"))),
    };
    let mut query = ListQuery::new(
        "SELECT *, (SELECT count(*) FROM outcomes WHERE docket = id) AS decided FROM dockets",
        &["position", "title", "body"],
        "id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_some("state = ?", state)
    .filter_some("body = ?", request.body.clone());
    if let Some(department) = &request.department {
        query = query.filter(
            "chair = ? OR id IN (SELECT docket FROM participants WHERE department = ?)",
            [department.clone(), department.clone()],
        );
    }
    Ok(move |tables: &Connection| query.run(tables, summary))
}

fn summary(row: &Row<'_>) -> rusqlite::Result<pb::DocketSummary> {
    Ok(pb::DocketSummary {
        docket_id: row.get("id")?,
        title: row.get("title")?,
        body: row.get("body")?,
        chair: row.get("chair")?,
        state: row.get("state")?,
        countersign: row.get::<_, Option<i64>>("deadline")?.is_some(),
        topics: row.get("topics")?,
        decided: row.get("decided")?,
        opened_at: row.get::<_, Option<i64>>("opened_at")?.and_then(moment),
        closed_at: row.get::<_, Option<i64>>("closed_at")?.and_then(moment),
    })
}

fn moment<W>(micros: i64) -> Option<W>
where
    Timestamp: Wire<W>,
{
    Timestamp::from_microsecond(micros).ok().map(|at| at.to_wire())
}
