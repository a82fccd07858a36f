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
use std::collections::{BTreeMap, BTreeSet};

/// Members that are looked at, at most.
const MEMBERS_MAX: u32 = 100_000;

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<Member>(record)? {
        let listed = match event {
            Event::Registered { profile } => Some(profile),
            Event::Removed { .. } => None,
        };
        let Some(profile) = listed.filter(|profile| !profile.code.as_str().starts_with(ERASED_PREFIX)) else {
            tables.prepare_cached("DELETE FROM members WHERE member_id = ?1")?.execute([&id])?;
            continue;
        };
        let keep = "INSERT OR REPLACE INTO members (member_id, code, department_code, is_delegate) VALUES (?1, ?2, ?3, ?4)";
        let is_delegate = profile.roles.contains(&Role::Delegate);
        let values = params![id, profile.code.as_str(), profile.department.as_str(), is_delegate];
        tables.prepare_cached(keep)?.execute(values)?;
    }
    Ok(())
}

/// A member, as far as it matters to when their department is busy.
pub(super) struct Listed {
    pub(super) code: Code,
    department: Code,
    is_delegate: bool,
}

/// Whoever looks for a slot learns when all who can come for a department are away, and not who they are.
const MEMBERS: Rows = Rows::of_everybody("SELECT code, department_code, is_delegate FROM members");

/// Departments of which somebody has a diary: only those can be away.
const WITH_DIARIES: &str = "department_code IN (SELECT one.department_code FROM members AS one
    WHERE EXISTS (SELECT 1 FROM busy_times WHERE busy_times.kind = 3 AND busy_times.code = one.code))";

/// The members of these departments, or of all, as far as anybody of them has a diary.
pub(super) fn of_departments(
    tables: ScopedTables<'_>,
    departments: Option<&BTreeSet<Code>>,
) -> rusqlite::Result<Vec<Listed>> {
    let read = |row: &rusqlite::Row<'_>| {
        let (code, department): (String, String) = (row.get("code")?, row.get("department_code")?);
        let is_delegate: bool = row.get("is_delegate")?;
        let codes = Code::parse(&code).ok().zip(Code::parse(&department).ok());
        Ok(codes.map(|(code, department)| Listed { code, department, is_delegate }))
    };
    let (condition, values) = match departments {
        None => (WITH_DIARIES.to_owned(), vec![]),
        Some(these) => {
            let these: Vec<String> = these.iter().map(|code| format!("\"{code}\"")).collect();
            let condition = format!("department_code IN (SELECT value FROM json_each(?)) AND {WITH_DIARIES}");
            (condition, vec![Value::from(format!("[{}]", these.join(",")))])
        }
    };
    let listed = tables.all(&MEMBERS, &condition, "code", values, MEMBERS_MAX, read)?;
    Ok(listed.into_iter().flatten().collect())
}

/// When all of those members who can come for their department are away, from what takes their time in a window.
pub(super) fn away(members: &[Listed], of_members: &[Entry], window: Busy) -> Vec<Entry> {
    let mut engagements: BTreeMap<&Code, Vec<Engagement>> = BTreeMap::new();
    for entry in of_members {
        engagements.entry(&entry.holder.code).or_default().push(entry.engagement);
    }
    let diaries = members.iter().map(|member| MemberDiary {
        department: member.department.clone(),
        is_delegate: member.is_delegate,
        engagements: engagements.remove(&member.code).unwrap_or_default(),
    });
    let stretches = members_away(diaries).into_iter().flat_map(|(code, stretches)| {
        let holder = Holder { kind: HolderKind::Department, code };
        stretches.into_iter().map(move |engagement| Entry {
            holder: holder.clone(),
            engagement,
            absence: None,
        })
    });
    stretches.filter(|entry| entry.engagement.time.overlaps(&window)).collect()
}
