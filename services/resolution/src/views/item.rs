//! Action items, a row each, and the departments that support them.

use super::{Named, history, moment, uuid};
use domain::resolution::action_item::{ActionItem, Assignment, Event, PERCENT_MAX, Stage};
use domain::{Code, Date, Timestamp};
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, Transaction, params};
use service_kit::Record;
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, searchable, sort_key};
use service_kit::serve::read;
use service_kit::view::ViewError;

/// Codes have no space in them.
const ROWS: &str =
    "SELECT *, (SELECT group_concat(department, ' ' ORDER BY place) FROM supporting WHERE item = items.id)
    AS co_responsible FROM items";
/// Due, and neither claimed, accepted nor rescinded: stages 1 to 3 of the wire.
const LATE: &str = "stage <= 3 AND due_at < ?";
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) fn take(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id.to_string();
    for event in decode::<ActionItem>(record)? {
        take_event(tables, &id, &event)?;
        history::note(tables, &id, record, &event)?;
    }
    Ok(())
}

fn take_event(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::Assigned { assignment } => enter(tables, id, assignment),
        Event::Acknowledged { .. } | Event::Returned { .. } => stands(tables, id, Stage::Underway),
        Event::Contested { .. } => stands(tables, id, Stage::Contested),
        Event::ContestDismissed { acknowledge_by, .. } => offer(tables, id, None, *acknowledge_by),
        Event::Reassigned { lead, acknowledge_by, .. } => offer(tables, id, Some(lead), *acknowledge_by),
        // What a supporting department says of its part is history, and not the item's figure.
        Event::ProgressReported { department, percent, .. } => {
            set(tables, "percent = ?2 WHERE id = ?1 AND lead = ?3", &[&id, percent, &department.as_str()])
        }
        Event::Blocked { reason, help_from, .. } => set(
            tables,
            "blocked_reason = ?2, help_from = ?3 WHERE id = ?1",
            &[&id, &reason.as_str(), &help_from.as_str()],
        ),
        Event::Unblocked { .. } => {
            set(tables, "blocked_reason = NULL, help_from = NULL WHERE id = ?1", &[&id])
        }
        Event::ExtensionRequested { due, .. } => {
            set(tables, "extension_due = ?2 WHERE id = ?1", &[&id, &due.to_string()])
        }
        Event::ExtensionGranted { due, due_at, granted } => set(
            tables,
            "due = ?2, due_at = ?3, extensions = ?4, extension_due = NULL WHERE id = ?1",
            &[&id, &due.to_string(), &due_at.as_microsecond(), granted],
        ),
        Event::ExtensionRefused { .. } => set(tables, "extension_due = NULL WHERE id = ?1", &[&id]),
        Event::CompletionClaimed { .. } => stop(tables, id, Stage::Claimed),
        Event::Accepted { .. } => {
            set(tables, "percent = ?2 WHERE id = ?1", &[&id, &PERCENT_MAX])?;
            stands(tables, id, Stage::Accepted)
        }
        Event::Reopened { due, due_at, .. } => {
            set(
                tables,
                "due = ?2, due_at = ?3, holds = NULL WHERE id = ?1",
                &[&id, &due.to_string(), &due_at.as_microsecond()],
            )?;
            stands(tables, id, Stage::Underway)
        }
        Event::Rescinded { .. } => stop(tables, id, Stage::Rescinded),
        Event::LookedBack { holds, .. } => set(tables, "holds = ?2 WHERE id = ?1", &[&id, holds]),
    }
}

fn enter(tables: &Transaction<'_>, id: &str, assignment: &Assignment) -> rusqlite::Result<()> {
    let number = assignment.number.as_str();
    let title = assignment.title.as_str();
    let (deliverable, criterion) = (assignment.deliverable.as_str(), assignment.criterion.as_str());
    let stage: i32 = Stage::Assigned.to_wire();
    tables
        .prepare_cached(
            "INSERT INTO items (id, number, written, title, resolution, deliverable, criterion, lead, stage,
                 due, due_at, acknowledge_by, searched)
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
            assignment.due.to_string(),
            assignment.due_at.as_microsecond(),
            assignment.acknowledge_by.as_microsecond(),
            searchable(&[number, title, deliverable, criterion]),
        ])?;
    let mut supports =
        tables.prepare_cached("INSERT INTO supporting (item, place, department) VALUES (?1, ?2, ?3)")?;
    for (place, department) in (1_i64..).zip(&assignment.co_responsible) {
        supports.execute(params![id, place, department.as_str()])?;
    }
    Ok(())
}

fn set(tables: &Transaction<'_>, what: &str, values: &[&dyn ToSql]) -> rusqlite::Result<()> {
    tables.prepare_cached(&format!("UPDATE items SET {what}"))?.execute(values).map(drop)
}

fn stands(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let stage: i32 = stage.to_wire();
    set(tables, "stage = ?2 WHERE id = ?1", &[&id, &stage])
}

/// Lays the item before its lead again, or before another.
fn offer(
    tables: &Transaction<'_>,
    id: &str,
    lead: Option<&Code>,
    acknowledge_by: Timestamp,
) -> rusqlite::Result<()> {
    set(
        tables,
        "lead = coalesce(?2, lead), acknowledge_by = ?3 WHERE id = ?1",
        &[&id, &lead.map(Code::as_str), &acknowledge_by.as_microsecond()],
    )?;
    stands(tables, id, Stage::Assigned)
}

/// Ends the work, and with it what stood in its way.
fn stop(tables: &Transaction<'_>, id: &str, stage: Stage) -> rusqlite::Result<()> {
    let obstacles = "blocked_reason = NULL, help_from = NULL, extension_due = NULL WHERE id = ?1";
    set(tables, obstacles, &[&id])?;
    stands(tables, id, stage)
}

/// The question for one item; it lacks the view's position.
pub(crate) fn item(
    named: Named,
    now: Timestamp,
) -> impl FnOnce(&Connection) -> rusqlite::Result<Option<pb::GetItemResponse>> + Send + 'static {
    move |tables| {
        let sql = format!("{ROWS} WHERE {}", named.condition);
        let found = tables.prepare_cached(&sql)?.query_row([&named.value], |row| {
            Ok(pb::GetItemResponse {
                item: Some(summary(row, now)?),
                deliverable: row.get("deliverable")?,
                criterion: row.get("criterion")?,
                ..Default::default()
            })
        });
        let Some(mut found) = found.optional()? else { return Ok(None) };
        let item = found.item.as_ref();
        found.history = history::of(tables, item.map_or("", |item| &item.id))?;
        let resolution = tables
            .prepare_cached("SELECT written, title FROM resolutions WHERE id = ?1")?
            .query_row([item.map_or("", |item| &item.resolution_id)], |row| Ok((row.get(0)?, row.get(1)?)));
        (found.resolution_number, found.resolution_title) = resolution.optional()?.unwrap_or_default();
        Ok(Some(found))
    }
}

/// The question for items.
pub(crate) fn items(
    request: &pb::ListItemsRequest,
    now: Timestamp,
) -> Result<impl FnOnce(&Connection) -> rusqlite::Result<Page<pb::Item>> + Send + 'static, Invalid> {
    let stage: Option<i32> = match request.stage {
        0 => None,
        stage => Some(read::<Stage, i32>("stage", stage)?.to_wire()),
    };
    let resolution = match request.resolution_id.as_str() {
        "" => String::new(),
        id => uuid("resolution_id", id)?,
    };
    let due_before: Option<Date> = read("due_before", request.due_before.clone())?;
    let mut query = ListQuery::new(
        ROWS,
        &["number", "due_at", "lead", "stage", "percent", "title"],
        "id",
        &request.order_by,
        request.page_size,
        &request.page_token,
    )?
    .filter_text("lead = ?", &request.lead)
    .filter_text("id IN (SELECT item FROM supporting WHERE department = ?)", &request.co_responsible)
    .filter_some("stage = ?", stage)
    .filter_text("resolution = ?", &resolution)
    .filter_some("due <= ?", due_before.map(|date| date.to_string()))
    .filter_some("(blocked_reason IS NOT NULL) = ?", request.blocked.map(i64::from))
    .filter_words("searched", "text", &request.text)?;
    if let Some(late) = request.late {
        query = query.filter(&format!("({LATE}) = ?"), [now.as_microsecond(), i64::from(late)]);
    }
    Ok(move |tables: &Connection| query.run(tables, |row| summary(row, now)))
}

fn summary(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<pb::Item> {
    let (stage, due_at): (i32, i64) = (row.get("stage")?, row.get("due_at")?);
    let owed = matches!(
        pb::ItemStage::try_from(stage),
        Ok(pb::ItemStage::Assigned | pb::ItemStage::Contested | pb::ItemStage::Underway)
    );
    let overdue_micros = now.as_microsecond() - due_at;
    let late = owed && overdue_micros > 0;
    let co_responsible: Option<String> = row.get("co_responsible")?;
    Ok(pb::Item {
        id: row.get("id")?,
        number: row.get("written")?,
        title: row.get("title")?,
        resolution_id: row.get("resolution")?,
        lead: row.get("lead")?,
        co_responsible: co_responsible.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        stage,
        percent: row.get("percent")?,
        due: row.get("due")?,
        due_at: moment(due_at),
        acknowledge_by: moment(row.get("acknowledge_by")?),
        blocked_reason: row.get("blocked_reason")?,
        help_from: row.get("help_from")?,
        extension_due: row.get("extension_due")?,
        extensions: row.get("extensions")?,
        late,
        days_late: if late { u32::try_from(overdue_micros / DAY_MICROS).unwrap_or(u32::MAX) } else { 0 },
        holds: row.get("holds")?,
    })
}
