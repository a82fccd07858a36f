//! Where what is owed comes from: the session, the matter and the public-service case in which it was decided. The views of
//! several services keep it, each in tables of its own, to filter by it.

use domain::deliberation::docket::{self, Docket};
use domain::resolution::resolution::{Event, Origin, Resolution};
use domain::scheduling::matter::{self, Matter};
use domain::scheduling::session::{self, Session};
use domain::text::composed;
use domain::{Aggregate as _, Line, Uuid};
use proto::Invalid;
use rusqlite::Transaction;
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::uuid_filter;
use service_kit::view::ViewError;

/// The tables, for the schema of a view.
#[macro_export]
macro_rules! tables {
    () => {
        "-- What the topics of dockets are about, from which session and matter a resolution comes, and which public-service case a
-- session or a matter is about.
CREATE TABLE topics (
    docket TEXT NOT NULL,
    topic INTEGER NOT NULL,
    matter TEXT,
    PRIMARY KEY (docket, topic)
) WITHOUT ROWID;
CREATE TABLE origins (
    resolution TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    matter TEXT
) WITHOUT ROWID;
CREATE INDEX origins_by_session ON origins (session);
CREATE INDEX origins_by_matter ON origins (matter);
CREATE TABLE cases (
    thing TEXT PRIMARY KEY,
    reference TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX cases_by_reference ON cases (reference);
"
    };
}

/// Notes in the tables of a view what a record says of where something comes from. The view wants the records of dockets,
/// resolutions, sessions and matters.
pub fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    match record.stream.category.as_str() {
        Docket::CATEGORY => project_docket(tables, record),
        Resolution::CATEGORY => project_resolution(tables, record),
        Session::CATEGORY => project_session(tables, record),
        Matter::CATEGORY => project_matter(tables, record),
        _ => Ok(()),
    }
}

/// Notes what the topics of a docket are about.
fn project_docket(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Docket>(record)? {
        let topics = match event {
            docket::Event::Prepared { agenda } => agenda.topics,
            docket::Event::TopicAdded { added, .. } => vec![added],
            _ => continue,
        };
        let mut insert = tables.prepare_cached("INSERT OR REPLACE INTO topics VALUES (?1, ?2, ?3)")?;
        for topic in &topics {
            let matter = topic.carried.map(|carried| carried.matter.to_string());
            insert.execute((record.stream.id.to_string(), topic.number, matter))?;
        }
    }
    Ok(())
}

/// Notes on which topic a resolution was decided. What was adopted elsewhere comes from no session.
fn project_resolution(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Resolution>(record)? {
        let Event::Registered { registration, .. } = event else { continue };
        let Origin::Session { session, topic, .. } = registration.origin else { continue };
        let origin = "INSERT OR REPLACE INTO origins VALUES (?1, ?2,
            (SELECT matter FROM topics WHERE docket = ?2 AND topic = ?3))";
        let resolution = record.stream.id.to_string();
        tables.prepare_cached(origin)?.execute((resolution, session.to_string(), topic))?;
    }
    Ok(())
}

/// Notes the case that raised a session.
fn project_session(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Session>(record)? {
        let session::Event::Requested { outline, .. } = event else { continue };
        insert_case(tables, record.stream.id, outline.case_reference.as_ref())?;
    }
    Ok(())
}

/// Notes the case that a matter is about.
fn project_matter(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    for event in decode::<Matter>(record)? {
        let matter::Event::TakenIn { intake, .. } = event else { continue };
        insert_case(tables, record.stream.id, intake.case_reference.as_ref())?;
    }
    Ok(())
}

fn insert_case(tables: &Transaction<'_>, thing: Uuid, reference: Option<&Line>) -> rusqlite::Result<()> {
    let Some(reference) = reference else { return Ok(()) };
    let insert = "INSERT OR REPLACE INTO cases VALUES (?1, ?2)";
    tables.prepare_cached(insert)?.execute((thing.to_string(), reference.as_str())).map(drop)
}

/// The conditions that keep only what comes of a session, a matter or a case, each with its values; what is unset or empty
/// keeps everything.
pub fn conditions(
    session_id: &Option<String>,
    matter_id: &Option<String>,
    case_reference: &Option<String>,
) -> Result<Vec<(&'static str, Vec<String>)>, Invalid> {
    let session = uuid_filter("session_id", session_id)?;
    let matter = uuid_filter("matter_id", matter_id)?;
    let case = case_reference.as_deref().filter(|reference| !reference.is_empty());
    let of_session = "resolution IN (SELECT resolution FROM origins WHERE session = ?)";
    let of_matter = "resolution IN (SELECT resolution FROM origins WHERE matter = ?)";
    let of_case = "resolution IN (
        SELECT origins.resolution FROM cases JOIN origins ON origins.session = cases.thing WHERE reference = ?
        UNION ALL
        SELECT origins.resolution FROM cases JOIN origins ON origins.matter = cases.thing WHERE reference = ?)";
    let conditions = [
        session.map(|session| (of_session, vec![session])),
        matter.map(|matter| (of_matter, vec![matter])),
        case.map(|reference| (of_case, vec![composed(reference).into_owned(); 2])),
    ];
    Ok(conditions.into_iter().flatten().collect())
}
