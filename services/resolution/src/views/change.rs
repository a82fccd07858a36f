//! What became of items since a position of the log.

use super::history;
use super::item::{self, OF_BODY, UNDER};
use domain::calendar::Zone;
use domain::{Code, Timestamp};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::Row;
use service_kit::list::{ListQuery, Page, uuid_filter};
use service_kit::{Position, ScopedTables};
use std::collections::BTreeSet;

/// Entries that are told of one item, at most.
const ENTRIES_MAX: u32 = 20;

/// The query for the items that changed since a position, each with what became of it.
pub(crate) fn changes(
    request: &pb::ListItemChangesRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    zone: &Zone,
) -> Result<
    impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::ItemChange>> + Send + 'static + use<>,
    Invalid,
> {
    let since = i64::try_from(request.since_position).unwrap_or(i64::MAX);
    let mut query = ListQuery::new(
        item::ROWS,
        &["number", "due_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter("id IN (SELECT item FROM history WHERE position > ?)", [since])
    .filter_text("lead_code = ?", &request.lead_code)
    .filter_codes(UNDER, under)
    .filter_text(OF_BODY, &request.body_code)
    .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?);
    for (condition, values) in
        origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?
    {
        query = query.filter(condition, values);
    }
    let (since, zone) = (request.since_position, zone.clone());
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| change(tables, row, since, now, &zone)))
}

fn change(
    tables: ScopedTables<'_>,
    row: &Row<'_>,
    since: Position,
    now: Timestamp,
    zone: &Zone,
) -> rusqlite::Result<pb::ItemChange> {
    let item = item::summary(row, now, zone)?;
    let until = i64::try_from(since).unwrap_or(i64::MAX);
    let before = history::of_seen(tables, &item.item_id, until)?;
    let before = before.item();
    let (entries, entry_count) = history::since(tables, &item.item_id, since, ENTRIES_MAX)?;
    Ok(pb::ItemChange {
        stage_before: before.map_or(0, |before| before.stage.to_wire()),
        due_on_before: before.map(|before| before.assignment.due_on.to_wire()),
        lead_code_before: before.map(|before| before.assignment.lead.to_wire()),
        item_id: item.item_id,
        number: item.number,
        title: item.title,
        lead_code: item.lead_code,
        stage: item.stage,
        due_on: item.due_on,
        late: item.late,
        entry_count,
        entries,
    })
}
