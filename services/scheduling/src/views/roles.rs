//! Who takes part in which topic of a session, a row each: of a secret one, others do not learn that.

use domain::Label;
use domain::scheduling::session::{Attendee, DepartmentRole, RoleOnTopic, Topic};
use rusqlite::{Transaction, params};

/// Notes who takes part in which topics now.
pub(super) fn replace(
    tables: &Transaction<'_>,
    id: &str,
    topics: &[Topic],
    attendees: &[Attendee],
) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM roles WHERE session_id = ?1")?.execute([id])?;
    for attendee in attendees {
        for role in &attendee.roles {
            let label = topics.iter().find(|topic| topic.number == role.topic).map(|topic| topic.label);
            let is_secret = label == Some(Label::Secret);
            let decides = role.role == RoleOnTopic::Decides;
            insert(tables, id, (role.topic, is_secret), attendee.department.as_str(), decides)?;
        }
    }
    Ok(())
}

/// Notes who takes part in one topic more.
pub(super) fn add(
    tables: &Transaction<'_>,
    id: &str,
    topic: &Topic,
    roles: &[DepartmentRole],
) -> rusqlite::Result<()> {
    let topic = (topic.number, topic.label == Label::Secret);
    roles.iter().try_for_each(|given| {
        let decides = given.role == RoleOnTopic::Decides;
        insert(tables, id, topic, given.department.as_str(), decides)
    })
}

/// Notes that a topic is labelled otherwise.
pub(super) fn relabel(tables: &Transaction<'_>, id: &str, topic: u32, label: Label) -> rusqlite::Result<()> {
    let relabel = "UPDATE roles SET is_secret = ?3 WHERE session_id = ?1 AND topic = ?2";
    tables.prepare_cached(relabel)?.execute(params![id, topic, label == Label::Secret]).map(drop)
}

fn insert(
    tables: &Transaction<'_>,
    id: &str,
    (topic, is_secret): (u32, bool),
    department: &str,
    decides: bool,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT OR REPLACE INTO roles (session_id, department_code, topic, is_secret, decides)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![id, department, topic, is_secret, decides])
        .map(drop)
}
