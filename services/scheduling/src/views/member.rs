//! Members of departments, a row each: who may come for a department, as far as it matters to when that is busy.

use super::diary::Entry;
use domain::directory::member::{Event, Member};
use domain::scheduling::availability::{Holder, HolderKind};
use domain::scheduling::slots::{Busy, Engagement, MemberDiary, members_away};
use domain::{Code, ERASED_PREFIX, Role};
use rusqlite::types::Value;
use rusqlite::{Transaction, params};
use service_kit::events::decode;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeMap;

/// Members that are looked at, at most.
const MEMBERS_MAX: u32 = 100_000;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Member>(record)? {
        let Event::Registered { profile } = event;
        if profile.code.as_str().starts_with(ERASED_PREFIX) {
            tables.prepare_cached("DELETE FROM members WHERE member_id = ?1")?.execute([&id])?;
            continue;
        }
        let keep = "INSERT OR REPLACE INTO members (member_id, code, department_code, is_delegate) VALUES (?1, ?2, ?3, ?4)";
        let is_delegate = profile.roles.contains(&Role::Delegate);
        let values = params![id, profile.code.as_str(), profile.department.as_str(), is_delegate];
        tables.prepare_cached(keep)?.execute(values)?;
    }
    Ok(())
}

/// Whoever looks for a slot learns when all who can come for a department are away, and not who they are.
const MEMBERS: Rows = Rows::of_everybody("SELECT code, department_code, is_delegate FROM members");

/// When all who can come for a department are away, from what takes the time of members in a window.
pub(super) fn away(
    tables: ScopedTables<'_>,
    of_members: &[Entry],
    window: Busy,
) -> rusqlite::Result<Vec<Entry>> {
    let mut engagements: BTreeMap<Code, Vec<Engagement>> = BTreeMap::new();
    for entry in of_members {
        engagements.entry(entry.holder.code.clone()).or_default().push(entry.engagement);
    }
    if engagements.is_empty() {
        return Ok(vec![]);
    }
    // Only departments of which somebody is away are looked at.
    let codes: Vec<String> = engagements.keys().map(|code| format!("\"{code}\"")).collect();
    let condition = "department_code IN
        (SELECT department_code FROM members WHERE code IN (SELECT value FROM json_each(?)))";
    let read = |row: &rusqlite::Row<'_>| {
        let (code, department): (String, String) = (row.get("code")?, row.get("department_code")?);
        let codes = Code::parse(&code).ok().zip(Code::parse(&department).ok());
        let is_delegate: bool = row.get("is_delegate")?;
        Ok(codes.map(|(code, department)| (code, department, is_delegate)))
    };
    let values = [Value::from(format!("[{}]", codes.join(",")))];
    let listed = tables.all(&MEMBERS, condition, "code", values, MEMBERS_MAX, read)?;
    let members = listed.into_iter().flatten().map(|(code, department, is_delegate)| MemberDiary {
        department,
        is_delegate,
        engagements: engagements.remove(&code).unwrap_or_default(),
    });
    let stretches = members_away(members).into_iter().flat_map(|(code, stretches)| {
        let holder = Holder { kind: HolderKind::Department, code };
        stretches.into_iter().map(move |engagement| Entry {
            holder: holder.clone(),
            engagement,
            absence: None,
        })
    });
    Ok(stretches.filter(|entry| entry.engagement.time.overlaps(&window)).collect())
}
