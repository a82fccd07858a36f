//! What is not settled, by its title: matters, sessions and action items, for comparing another one with them.
//!
//! Titles are found by the trigrams that they share with a text, in any script, and ranked by the share of the shorter
//! one that is in the other.

use domain::Code;
use domain::resolution::action_item::{self, ActionItem};
use domain::resolution::register;
use domain::scheduling::matter::{self, Matter};
use domain::scheduling::session::{self, Session};
use domain::text::search_key;
use domain::{Aggregate as _, Uuid};
use proto::scheduling::v1 as pb;
use rusqlite::types::Value;
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

/// Similar things in an answer, at most.
const ANSWERED_MAX: usize = 10;
/// Things that share a trigram and are looked at, at most.
const CANDIDATES_MAX: u32 = 200;
/// Trigrams of a text that are sought, at most.
const TRIGRAMS_MAX: usize = 200;
/// The first character of the scripts of East Asia.
const FIRST_WIDE: char = '\u{2e80}';
/// From which likeness on a thing is similar, in percent.
const LIKENESS_PERCENT_MIN: u32 = 50;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    match record.stream.category.as_str() {
        Matter::CATEGORY => {
            for event in decode::<Matter>(record)? {
                of_matter(tables, &id, &event)?;
            }
        }
        Session::CATEGORY => {
            for event in decode::<Session>(record)? {
                of_session(tables, &id, &event)?;
            }
        }
        ActionItem::CATEGORY => {
            for event in decode::<ActionItem>(record)? {
                of_item(tables, &id, &event)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn of_matter(tables: &Transaction<'_>, id: &str, event: &matter::Event) -> rusqlite::Result<()> {
    use matter::Event;
    match event {
        Event::TakenIn { intake, raised_by } => {
            insert(tables, id, pb::SimilarKind::Matter, intake.title.as_str(), Some(&intake.body))?;
            concern(tables, id, intake.concerned.iter().chain(raised_by))
        }
        Event::PutOnAgenda { concerned, .. } => {
            concern(tables, id, concerned)?;
            put_before(tables, id, None)
        }
        Event::Absorbed { concerned, .. } | Event::Relabelled { concerned, .. } => {
            concern(tables, id, concerned)
        }
        Event::Referred { to, chair, .. } => {
            concern(tables, id, [chair])?;
            put_before(tables, id, Some(to))
        }
        Event::ReferralAccepted { body } => {
            tables
                .prepare_cached("UPDATE unsettled SET body_code = ?2 WHERE id = ?1")?
                .execute([id, body.as_str()])?;
            put_before(tables, id, None)
        }
        Event::Split { .. } | Event::Merged { .. } | Event::Decided { .. } | Event::Withdrawn { .. } => {
            remove(tables, id)
        }
        Event::TakenOffAgenda { .. }
        | Event::Classified { .. }
        | Event::Deferred { .. }
        | Event::Resumed { .. }
        | Event::ReferralReturned { .. } => put_before(tables, id, None),
    }
}

fn of_session(tables: &Transaction<'_>, id: &str, event: &session::Event) -> rusqlite::Result<()> {
    use session::Event;
    let attending = |attendees: &[session::Attendee]| {
        let attending = attendees.iter().map(|attendee| attendee.department.clone());
        attending.collect::<Vec<_>>()
    };
    match event {
        Event::Requested { outline, requester, chair } => {
            insert(tables, id, pb::SimilarKind::Session, outline.title.as_str(), Some(&outline.body))?;
            concern(tables, id, attending(&outline.attendees).iter().chain(requester).chain([chair]))
        }
        Event::Revised { title: Some(title), attendees, .. } => {
            retitle(tables, id, title.as_str())?;
            concern(tables, id, &attending(attendees))
        }
        Event::Revised { attendees, .. } | Event::TopicsAbsorbed { attendees, .. } => {
            concern(tables, id, &attending(attendees))
        }
        Event::Merged { .. } | Event::Cancelled { .. } | Event::Concluded => remove(tables, id),
        _ => Ok(()),
    }
}

fn of_item(tables: &Transaction<'_>, id: &str, event: &action_item::Event) -> rusqlite::Result<()> {
    use action_item::Event;
    match event {
        Event::Assigned { assignment } => {
            let body = register::body_of(&assignment.number);
            insert(tables, id, pb::SimilarKind::Item, assignment.title.as_str(), body.as_ref())?;
            concern(tables, id, assignment.co_responsible.iter().chain([&assignment.lead]))
        }
        Event::Reassigned { lead, .. } => concern(tables, id, [lead]),
        Event::Accepted { .. } | Event::Rescinded { .. } => remove(tables, id),
        _ => Ok(()),
    }
}

/// The rows are found by their rowid, which the index of their text has too.
fn insert(
    tables: &Transaction<'_>,
    id: &str,
    kind: pb::SimilarKind,
    title: &str,
    body: Option<&Code>,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached("INSERT INTO unsettled (id, kind, title, body_code) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, kind as i32, title, body.map(Code::as_str)])?;
    tables
        .prepare_cached("INSERT INTO unsettled_titles (rowid, title) VALUES (?1, ?2)")?
        .execute(params![tables.last_insert_rowid(), search_key(title)])
        .map(drop)
}

fn retitle(tables: &Transaction<'_>, id: &str, title: &str) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "UPDATE unsettled_titles SET title = ?2 WHERE rowid = (SELECT rowid FROM unsettled WHERE id = ?1)",
        )?
        .execute([id, &search_key(title)])?;
    tables.prepare_cached("UPDATE unsettled SET title = ?2 WHERE id = ?1")?.execute([id, title]).map(drop)
}

/// Puts a matter before another body, or before none but its own.
fn put_before(tables: &Transaction<'_>, id: &str, other: Option<&Code>) -> rusqlite::Result<()> {
    tables
        .prepare_cached("UPDATE unsettled SET referred_to_code = ?2 WHERE id = ?1")?
        .execute(params![id, other.map(Code::as_str)])
        .map(drop)
}

fn concern<'c>(
    tables: &Transaction<'_>,
    id: &str,
    departments: impl IntoIterator<Item = &'c Code>,
) -> rusqlite::Result<()> {
    let mut insert = tables.prepare_cached(
        "INSERT OR IGNORE INTO concerned_by_unsettled (id, department_code)
         SELECT ?1, ?2 FROM unsettled WHERE id = ?1",
    )?;
    for department in departments {
        insert.execute([id, department.as_str()])?;
    }
    Ok(())
}

fn remove(tables: &Transaction<'_>, id: &str) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "DELETE FROM unsettled_titles WHERE rowid = (SELECT rowid FROM unsettled WHERE id = ?1)",
        )?
        .execute([id])?;
    tables.prepare_cached("DELETE FROM concerned_by_unsettled WHERE id = ?1")?.execute([id])?;
    tables.prepare_cached("DELETE FROM unsettled WHERE id = ?1")?.execute([id]).map(drop)
}

/// What is not settled is seen by those whom it concerns, and by the stewards of its body.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT id, kind, title FROM unsettled",
    "id IN (SELECT id FROM concerned_by_unsettled
         WHERE department_code IN (SELECT value FROM json_each(?, '$.departments')))
         OR body_code IN (SELECT value FROM json_each(?, '$.bodies'))
         OR referred_to_code IN (SELECT value FROM json_each(?, '$.bodies'))",
);

/// The query for what is like a text: the most similar first.
pub(crate) fn similar_to(
    text: &str,
    other_than: Option<Uuid>,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<pb::SimilarMatter>> + Send + 'static {
    let (sought, compared) = (trigrams(text), parts(text));
    let other_than = other_than.map(|id| id.to_string()).unwrap_or_default();
    move |tables: ScopedTables<'_>| {
        if sought.is_empty() {
            return Ok(Vec::new());
        }
        let quoted =
            sought.iter().take(TRIGRAMS_MAX).map(|trigram| format!("\"{}\"", trigram.replace('"', "\"\"")));
        let any = quoted.collect::<Vec<_>>().join(" OR ");
        let condition =
            "id <> ? AND rowid IN (SELECT rowid FROM unsettled_titles WHERE unsettled_titles MATCH ?
             ORDER BY rank LIMIT ?)";
        let values = [Value::from(other_than), Value::from(any), Value::from(i64::from(CANDIDATES_MAX))];
        let mut found = tables.all(&ROWS, condition, "rowid", values, CANDIDATES_MAX, |row| {
            let title: String = row.get("title")?;
            let likeness_percent = likeness_percent(&compared, &parts(&title));
            Ok(pb::SimilarMatter {
                kind: row.get("kind")?,
                similar_id: row.get("id")?,
                title,
                likeness_percent,
            })
        })?;
        found.retain(|similar| similar.likeness_percent >= LIKENESS_PERCENT_MIN);
        found.sort_by_key(|similar| std::cmp::Reverse(similar.likeness_percent));
        found.truncate(ANSWERED_MAX);
        Ok(found)
    }
}

/// The parts of three characters that a text has, as it is searched.
fn trigrams(text: &str) -> BTreeSet<String> {
    let characters: Vec<char> = search_key(text).chars().collect();
    characters.windows(3).map(|three| three.iter().collect()).collect()
}

/// The parts by which texts are compared: of three characters, and of two in scripts where that is a word.
fn parts(text: &str) -> BTreeSet<String> {
    let characters: Vec<char> = search_key(text).chars().collect();
    let is_wide = |character: &char| *character >= FIRST_WIDE;
    let words = characters.windows(2).filter(|two| two.iter().all(is_wide));
    let others = characters.windows(3).filter(|three| !three.iter().any(is_wide));
    words.chain(others).map(|part| part.iter().collect()).collect()
}

/// How much of the one with fewer parts is in the other, in percent.
fn likeness_percent(one: &BTreeSet<String>, other: &BTreeSet<String>) -> u32 {
    let (shared, fewer) = (one.intersection(other).count(), one.len().min(other.len()));
    (shared * 100).checked_div(fewer).map_or(0, |percent| u32::try_from(percent).unwrap_or(100))
}
