//! Action items, a row each, and the departments that support them.

use super::{Named, history, resolution, stage_filter, uuid_filter};
use domain::calendar::Zone;
use domain::resolution::action_item::{ActionItem, Assignment, Event, PERCENT_MAX, Stage};
use domain::{Code, Date, Timestamp};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{Row, ToSql, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, searchable, sort_key};
use service_kit::row::moment;
use service_kit::serve::read;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};

/// Codes have no space in them.
const ROWS: Rows = Rows::of_departments(
    "SELECT rowid, *, (SELECT group_concat(department, ' ' ORDER BY nth) FROM supporting WHERE item = items.id)
    AS co_responsible_codes FROM items",
    concat!("rowid IN (", items_concerning!(), ")"),
);
/// Neither accepted nor rescinded. In a grown log few are; what implies this says so, for the indexes of those.
const OPEN: &str = "stage <= 4";
const OPEN_STAGE_MAX: i32 = 4;
/// Past due, and neither claimed, accepted nor rescinded: stages 1 to 3 on the wire.
const LATE: &str = "stage <= 4 AND stage <= 3 AND due_at < ?";
/// The same for the items of one stage, which are not sought by their due moments, so that none need be sorted.
const LATE_IN_STAGE: &str = "stage <= 3 AND +due_at < ?";
const NOT_LATE: &str = "stage > 3 OR due_at >= ?";

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<ActionItem>(record)? {
        project_event(tables, &id, &event)?;
        history::insert_entry(tables, &id, record, &event)?;
    }
    Ok(())
}

fn project_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Assigned { assignment } => insert_item(tables, id, assignment),
        Event::Acknowledged { .. } | Event::Returned { .. } => set_stage(tables, id, Stage::Underway),
        Event::Contested { .. } => set_stage(tables, id, Stage::Contested),
        Event::ContestDismissed { acknowledge_by, .. } => offer(tables, id, None, *acknowledge_by),
        Event::Reassigned { lead, acknowledge_by, .. } => offer(tables, id, Some(lead), *acknowledge_by),
        // A supporting department's report goes into the history, and does not change the item's figure.
        Event::ProgressReported { department, percent, .. } => set(
            tables,
            "percent = ?2 WHERE id = ?1 AND lead_code = ?3",
            &[&id, percent, &department.as_str()],
        ),
        Event::BlockageReported { reason, help_from, .. } => set(
            tables,
            "blocked_reason = ?2, help_from_code = ?3 WHERE id = ?1",
            &[&id, &reason.as_str(), &help_from.as_str()],
        ),
        Event::BlockageCleared { .. } => {
            set(tables, "blocked_reason = NULL, help_from_code = NULL WHERE id = ?1", &[&id])
        }
        Event::ExtensionRequested { due_on, .. } => {
            set(tables, "extension_due_on = ?2 WHERE id = ?1", &[&id, &due_on.to_string()])
        }
        Event::ExtensionGranted { due_on, due_at, granted } => set(
            tables,
            "due_on = ?2, due_at = ?3, extensions = ?4, extension_due_on = NULL WHERE id = ?1",
            &[&id, &due_on.to_string(), &due_at.as_microsecond(), granted],
        ),
        Event::ExtensionRefused { .. } => set(tables, "extension_due_on = NULL WHERE id = ?1", &[&id]),
        Event::CompletionClaimed { .. } => stop(tables, id, Stage::Claimed),
        Event::Accepted { .. } => {
            set(tables, "percent = ?2 WHERE id = ?1", &[&id, &PERCENT_MAX])?;
            set_stage(tables, id, Stage::Accepted)
        }
        Event::Reopened { due_on, due_at, .. } => {
            set(
                tables,
                "due_on = ?2, due_at = ?3, holds = NULL WHERE id = ?1",
                &[&id, &due_on.to_string(), &due_at.as_microsecond()],
            )?;
            set_stage(tables, id, Stage::Underway)
        }
        Event::Rescinded { .. } => stop(tables, id, Stage::Rescinded),
        Event::LookBackRecorded { holds, .. } => set(tables, "holds = ?2 WHERE id = ?1", &[&id, holds]),
    }
}

fn insert_item(tables: &Transaction<'_>, id: &str, assignment: &Assignment) -> rusqlite::Result<()> {
    let number = assignment.number.as_str();
    let title = assignment.title.as_str();
    let (deliverable, criterion) = (assignment.deliverable.as_str(), assignment.criterion.as_str());
    let stage: i32 = Stage::Assigned.to_wire();
    tables
        .prepare_cached(
            "INSERT INTO items (id, number, written, title, resolution, deliverable, criterion, lead_code,
                 stage, due_on, due_at, acknowledge_by, searched)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            id,
            sort_key(number),
            number,
            title,
            assignment.resolution.to_string(),
            deliverable,
            criterion,
            assignment.lead.as_str(),
            stage,
            assignment.due_on.to_string(),
            assignment.due_at.as_microsecond(),
            assignment.acknowledge_by.as_microsecond(),
            searchable(&[number, title, deliverable, criterion]),
        ])?;
    let mut supports =
        tables.prepare_cached("INSERT INTO supporting (item, nth, department) VALUES (?1, ?2, ?3)")?;
    for (nth, department) in (1_i64..).zip(&assignment.co_responsible) {
        supports.execute(params![id, nth, department.as_str()])?;
    }
    Ok(())
}

fn set(tables: &Transaction<'_>, assignments: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE items SET {assignments}"))?.execute(values).map(drop)
}

fn set_stage(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let stage: i32 = stage.to_wire();
    set(tables, "stage = ?2 WHERE id = ?1", &[&id, &stage])
}

/// Offers the item to its lead again, or to another.
fn offer(
    tables: &Transaction<'_>,
    id: &str,
    lead: Option<&Code>,
    acknowledge_by: Timestamp,
) -> rusqlite::Result<()> {
    set(
        tables,
        "lead_code = coalesce(?2, lead_code), acknowledge_by = ?3 WHERE id = ?1",
        &[&id, &lead.map(Code::as_str), &acknowledge_by.as_microsecond()],
    )?;
    set_stage(tables, id, Stage::Assigned)
}

/// Ends the work, and with it a blockage and a request for an extension.
fn stop(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let cleared = "blocked_reason = NULL, help_from_code = NULL, extension_due_on = NULL WHERE id = ?1";
    set(tables, cleared, &[&id])?;
    set_stage(tables, id, stage)
}

/// The query for one item; the answer lacks the view's position.
pub(crate) fn item(
    named: Named,
    history_before: service_kit::Position,
    now: Timestamp,
    zone: &Zone,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetItemResponse>> + Send + 'static + use<> {
    let zone = zone.clone();
    move |tables| {
        let found = tables.first(&ROWS, named.condition, [named.value.into()], |row| {
            Ok(pb::GetItemResponse {
                item: Some(summary(row, now, &zone)?),
                deliverable: row.get("deliverable")?,
                criterion: row.get("criterion")?,
                ..Default::default()
            })
        })?;
        let Some(mut found) = found else { return Ok(None) };
        let item = found.item.clone().unwrap_or_default();
        (found.history, found.earlier_history_before_position) =
            history::before(tables, &item.item_id, history_before)?;
        (found.resolution_number, found.resolution_title) =
            resolution::number_and_title(tables, &item.resolution_id)?.unwrap_or_default();
        Ok(Some(found))
    }
}

/// The query for items.
pub fn items(
    request: &pb::ListItemsRequest,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Item>> + Send + 'static + use<>, Invalid>
{
    let (zone, query) = (zone.clone(), list(request, now)?);
    Ok(move |tables: ScopedTables<'_>| query.run(tables, |row| summary(row, now, &zone)))
}

pub(crate) fn list(request: &pb::ListItemsRequest, now: Timestamp) -> Result<ListQuery, Invalid> {
    let latest_due_on = request.latest_due_on.clone().filter(|date| !date.is_empty());
    let latest_due_on: Option<Date> = read("latest_due_on", latest_due_on)?;
    let stage = stage_filter::<Stage>(request.stage)?;
    let of_lead = request.lead_code.as_ref().is_some_and(|code| !code.is_empty());
    let is_open = stage.map_or(request.late == Some(true), |stage| stage <= OPEN_STAGE_MAX);
    // Few of what a department ever led is open, and is found by that, not by its stage.
    let few = of_lead && (is_open || request.blocked == Some(true));
    let in_stage = if few { "+stage = ?" } else { "stage = ?" };
    let mut query = ListQuery::new(
        ROWS,
        &["number", "due_at"],
        "rowid",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("lead_code = ?", &request.lead_code)
    .filter_text("id IN (SELECT item FROM supporting WHERE department = ?)", &request.co_responsible_code)
    .filter_some(in_stage, stage)
    .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?)
    .filter_some("due_on <= ?", latest_due_on.map(|date| date.to_string()))
    .filter_id_prefix("id", &request.id_prefix)?
    .filter_words("searched", "text", request.text())?;
    if stage.is_some_and(|stage| stage <= OPEN_STAGE_MAX) {
        query = query.filter::<i64>(OPEN, []);
    }
    if few {
        query = query.sort_few_by("number");
    }
    if let Some(late) = request.late {
        let condition = match (late, stage) {
            (true, None) => LATE,
            (true, Some(_)) => LATE_IN_STAGE,
            (false, _) => NOT_LATE,
        };
        query = query.filter(condition, [now.as_microsecond()]);
    }
    if let Some(blocked) = request.blocked {
        let condition = if blocked { "blocked_reason IS NOT NULL" } else { "blocked_reason IS NULL" };
        query = query.filter::<i64>(condition, []);
    }
    Ok(query)
}

fn summary(row: &Row<'_>, now: Timestamp, zone: &Zone) -> rusqlite::Result<pb::Item> {
    let stage: i32 = row.get("stage")?;
    let due_at = Timestamp::from_microsecond(row.get("due_at")?).unwrap_or(Timestamp::MAX);
    let days_late = Stage::from_wire(stage).ok().and_then(|stage| stage.days_late(due_at, now, zone));
    let co_responsible: Option<String> = row.get("co_responsible_codes")?;
    let co_responsible = co_responsible.unwrap_or_default();
    Ok(pb::Item {
        item_id: row.get("id")?,
        number: row.get("written")?,
        title: row.get("title")?,
        resolution_id: row.get("resolution")?,
        lead_code: row.get("lead_code")?,
        co_responsible_codes: co_responsible.split_whitespace().map(str::to_owned).collect(),
        stage,
        percent: row.get("percent")?,
        due_on: row.get("due_on")?,
        due_at: due_at.to_wire(),
        acknowledge_by: moment(row.get("acknowledge_by")?),
        blocked_reason: row.get("blocked_reason")?,
        help_from_code: row.get("help_from_code")?,
        extension_due_on: row.get("extension_due_on")?,
        extensions: row.get("extensions")?,
        late: days_late.is_some(),
        days_late: days_late.unwrap_or_default(),
        holds: row.get("holds")?,
    })
}
