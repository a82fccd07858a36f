//! Who waits for whom: the items that an item waits for, to any depth.

use super::{history, item};
use domain::resolution::action_item::Item;
use proto::Wire as _;
use proto::resolution::v1::ItemWait;
use rusqlite::Row;
use service_kit::ScopedTables;
use service_kit::spans::Past;
use std::collections::{BTreeMap, BTreeSet};

/// Items of a chain that an answer has, at most.
const LINKS_MAX: usize = 500;

/// What an item waits for, directly and through others.
const REACHED: &str = "id IN (
    WITH RECURSIVE reached (item) AS (
        SELECT on_item FROM waiting WHERE waiting.item = ?
        UNION SELECT on_item FROM waiting JOIN reached ON waiting.item = reached.item
    )
    SELECT item FROM reached)";

/// An item of the chain.
struct Link {
    wait: ItemWait,
    due_at: i64,
    waits_for: Vec<String>,
}

impl Link {
    fn read(row: &Row<'_>) -> rusqlite::Result<(String, Link)> {
        let waits_for: Option<String> = row.get("waits_for")?;
        let waits_for = waits_for.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let wait = ItemWait {
            number: row.get("written")?,
            title: row.get("title")?,
            lead_code: row.get("lead_code")?,
            stage: row.get("stage")?,
            due_on: row.get("due_on")?,
            depth: 0,
            critical: false,
        };
        Ok((row.get("id")?, Link { wait, due_at: row.get("due_at")?, waits_for }))
    }

    fn then(item: &Item) -> Link {
        let assignment = &item.assignment;
        let wait = ItemWait {
            number: assignment.number.to_wire(),
            title: assignment.title.to_wire(),
            lead_code: assignment.lead.to_wire(),
            stage: item.stage.to_wire(),
            due_on: assignment.due_on.to_wire(),
            depth: 0,
            critical: false,
        };
        Link { wait, due_at: assignment.due_at.as_microsecond(), waits_for: awaited(item) }
    }
}

/// The items that one waits for and that the caller sees, by how far away they are and when they are due.
pub(super) fn of(tables: ScopedTables<'_>, id: &str) -> rusqlite::Result<Vec<ItemWait>> {
    let (mut links, mut direct) = (BTreeMap::new(), Vec::new());
    tables.each(&item::WITH_WAITS, "id = ?", "rowid", [id.to_owned().into()], |row| {
        direct = Link::read(row)?.1.waits_for;
        Ok(false)
    })?;
    if direct.is_empty() {
        return Ok(vec![]);
    }
    tables.each(&item::WITH_WAITS, REACHED, "rowid", [id.to_owned().into()], |row| {
        let (id, link) = Link::read(row)?;
        links.insert(id, link);
        Ok(true)
    })?;
    Ok(in_order(links, &direct))
}

/// The same as it was.
pub(super) fn of_past(tables: ScopedTables<'_>, id: &str, past: Past) -> rusqlite::Result<Vec<ItemWait>> {
    let state = history::as_of(tables, id, past.position)?;
    let direct: Vec<String> = state.item().map(awaited).unwrap_or_default();
    let (mut links, mut next) = (BTreeMap::new(), direct.clone());
    while let Some(id) = next.pop() {
        if links.contains_key(&id) {
            continue;
        }
        // What is not seen has no history.
        let state = history::as_of(tables, &id, past.position)?;
        let Some(item) = state.item() else { continue };
        let link = Link::then(item);
        next.extend(link.waits_for.iter().cloned());
        links.insert(id, link);
    }
    Ok(in_order(links, &direct))
}

/// Leaves out what is farthest away, as far as an answer has no room for it; returns how many items that are.
pub(super) fn cut(chain: &mut Vec<ItemWait>) -> u32 {
    let left_out = chain.len().saturating_sub(LINKS_MAX);
    chain.truncate(LINKS_MAX);
    u32::try_from(left_out).unwrap_or(u32::MAX)
}

/// The items that an item waits for.
fn awaited(item: &Item) -> Vec<String> {
    item.waits_for.keys().map(ToString::to_string).collect()
}

fn in_order(mut links: BTreeMap<String, Link>, direct: &[String]) -> Vec<ItemWait> {
    mark_critical(&mut links, direct);
    measure(&mut links, direct);
    let mut links: Vec<Link> = links.into_values().collect();
    links.sort_by(|a, b| {
        (a.wait.depth, a.due_at, &a.wait.number).cmp(&(b.wait.depth, b.due_at, &b.wait.number))
    });
    links.into_iter().map(|link| link.wait).collect()
}

/// No item waits for itself through others, so that following one to the next ends.
fn mark_critical(links: &mut BTreeMap<String, Link>, direct: &[String]) {
    let mut next = direct.to_vec();
    loop {
        let known = next.iter().filter(|id| links.contains_key(*id));
        let Some(last) = known.max_by_key(|id| links[*id].due_at).cloned() else { return };
        let Some(link) = links.get_mut(&last) else { return };
        if link.wait.critical {
            return;
        }
        link.wait.critical = true;
        next = link.waits_for.clone();
    }
}

/// How far away each is, by the shortest way.
fn measure(links: &mut BTreeMap<String, Link>, direct: &[String]) {
    let (mut front, mut depth): (BTreeSet<String>, u32) = (direct.iter().cloned().collect(), 1);
    while !front.is_empty() {
        let mut next = BTreeSet::new();
        for id in &front {
            if let Some(link) = links.get_mut(id).filter(|link| link.wait.depth == 0) {
                link.wait.depth = depth;
                next.extend(link.waits_for.iter().cloned());
            }
        }
        (front, depth) = (next, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_any_length_fits_an_answer() {
        let link = |depth| ItemWait { title: "会".repeat(200), depth, ..Default::default() };
        let mut chain: Vec<ItemWait> = (1..=600).map(link).collect();
        assert_eq!(cut(&mut chain), 100);
        assert_eq!(chain.last().map(|link| link.depth), Some(500), "what is nearest stays");
        assert_eq!(cut(&mut chain), 0);
    }
}
