//! Action items, a row each, and the departments that support them.

use super::{Named, chain, history, resolution, stage_filter};
use crate::render;
use domain::calendar::{WorkingCalendar, Zone};
use domain::resolution::action_item::{ActionItem, Assignment, Event, Item, Stage};
use domain::resolution::{clock_ledger, register};
use domain::{Code, Date, Timestamp, Uuid};
use prost::Message as _;
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire};
use rusqlite::types::Type;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{ListQuery, Page, searchable, sort_key, uuid_filter};
use service_kit::serve::read;
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

pub(super) const ROWS: Rows =
    Rows::of_those_concerned("SELECT rowid, * FROM items", concat!("rowid IN (", items_concerning!(), ")"));
/// The same with the ids of the items that an item waits for, with a space between.
pub(super) const WITH_WAITS: Rows = ROWS.selecting(
    "SELECT rowid, *, (SELECT group_concat(on_item, ' ') FROM waiting WHERE waiting.item = items.id) AS waits_for
     FROM items",
);
/// Neither accepted nor rescinded. In a grown log few are; what implies this says so, for the indexes of those.
const OPEN: &str = "stage <= 4";
const OPEN_STAGE_MAX: i32 = 4;
/// Led by one of some departments, decided by a body.
pub(super) const UNDER: &str = "lead_code IN (SELECT value FROM json_each(?))";
pub(super) const OF_BODY: &str = "resolution IN (SELECT id FROM resolutions WHERE body_code = ?)";
/// Past due while its clock runs, and neither claimed, accepted nor rescinded: stages 1 to 3 on the wire.
const LATE: &str = "stage <= 4 AND stage <= 3 AND paused_since IS NULL AND due_at < ?";
/// The same for the items of one stage, which are not sought by their due moments, so that none need be sorted.
const LATE_IN_STAGE: &str = "stage <= 3 AND paused_since IS NULL AND +due_at < ?";
const NOT_LATE: &str = "stage > 3 OR paused_since IS NOT NULL OR due_at >= ?";

pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id;
    for event in decode::<ActionItem>(record)? {
        if let Event::Assigned { assignment } = &event {
            insert_item(tables, &id.to_string(), assignment)?;
        }
        history::insert_entry(tables, &id.to_string(), record, &event)?;
        count(tables, &id.to_string(), &event)?;
    }
    match history::fold(tables, &id.to_string())?.item() {
        Some(item) => Ok(write_item(tables, id, item)?),
        None => Ok(()),
    }
}

/// Counts what its lead's scorecard tells.
fn count(tables: &Transaction<'_>, id: &str, event: &Event) -> rusqlite::Result<()> {
    let more = match event {
        Event::Returned { .. } => "UPDATE items SET returned = returned + 1 WHERE id = ?1",
        Event::ExtensionGranted { .. } => "UPDATE items SET extended = extended + 1 WHERE id = ?1",
        Event::Reopened { .. } => "UPDATE items SET reopened = reopened + 1 WHERE id = ?1",
        _ => return Ok(()),
    };
    tables.prepare_cached(more)?.execute([id]).map(drop)
}

/// Inserts what stays as it is; the rest is written after each record.
fn insert_item(tables: &Transaction<'_>, id: &str, assignment: &Assignment) -> rusqlite::Result<()> {
    let number = assignment.number.as_str();
    let title = assignment.title.as_str();
    let (deliverable, criterion) = (assignment.deliverable.as_str(), assignment.criterion.as_str());
    let stage: i32 = Stage::Assigned.to_wire();
    tables
        .prepare_cached(
            "INSERT INTO items (id, number, written, title, resolution, deliverable, criterion, lead_code,
                 stage, due_on, due_at, first_due_at, shown, searched, body_code)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, x'', ?12, ?13)",
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
            searchable(&[number, title, deliverable, criterion]),
            register::body_of(&assignment.number).as_ref().map(Code::as_str),
        ])?;
    let mut supports =
        tables.prepare_cached("INSERT INTO supporting (item, nth, department) VALUES (?1, ?2, ?3)")?;
    for (nth, department) in (1_i64..).zip(&assignment.co_responsible) {
        supports.execute(params![id, nth, department.as_str()])?;
    }
    Ok(())
}

/// Writes an item as it is now.
fn write_item(tables: &Transaction<'_>, id: Uuid, item: &Item) -> rusqlite::Result<()> {
    let (assignment, stage): (_, i32) = (&item.assignment, item.stage.to_wire());
    // What depends on the moment is worked out when it is shown.
    let shown = render::item(id, item, Timestamp::MIN, &Zone::utc());
    let id = id.to_string();
    let sessions: Vec<String> = item.sessions.iter().map(Uuid::to_string).collect();
    let micros = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    tables
        .prepare_cached(
            "UPDATE items SET lead_code = ?2, stage = ?3, due_on = ?4, due_at = ?5, first_due_at = ?6,
                 acceptor_code = ?7, blocked_reason = ?8, extension_due_on = ?9, paused_since = ?10,
                 claimed_at = ?11, holds = ?12, shown = ?13, reported_percent = ?14, parent = ?15, tier = ?16,
                 sessions = ?17
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            assignment.lead.as_str(),
            stage,
            assignment.due_on.to_string(),
            assignment.due_at.as_microsecond(),
            item.first_due.due_at.as_microsecond(),
            item.acceptor.as_ref().map(Code::as_str),
            shown.blocked_reason,
            shown.extension_due_on,
            micros(item.paused_since),
            micros(item.claimed_at),
            item.holds,
            shown.encode_to_vec(),
            item.reported_percent,
            item.place.as_ref().map(|place| place.parent.to_string()),
            item.tier(),
            sessions.join(" "),
        ])?;
    write_leading_above(tables, &id, item)?;
    write_called_upon(tables, &id, item)?;
    tables.prepare_cached("DELETE FROM waiting WHERE item = ?1")?.execute([&id])?;
    let mut insert = tables.prepare_cached("INSERT INTO waiting (item, on_item) VALUES (?1, ?2)")?;
    for on in item.waits_for.keys() {
        insert.execute([&id, &on.to_string()])?;
    }
    Ok(())
}

fn write_leading_above(tables: &Transaction<'_>, id: &str, item: &Item) -> rusqlite::Result<()> {
    let mut insert =
        tables.prepare_cached("INSERT OR IGNORE INTO leading_above (department, item) VALUES (?1, ?2)")?;
    for department in item.place.iter().flat_map(|place| &place.above) {
        insert.execute([department.as_str(), id])?;
    }
    Ok(())
}

fn write_called_upon(tables: &Transaction<'_>, id: &str, item: &Item) -> rusqlite::Result<()> {
    let helpers = item.blockages.iter().map(|blockage| &blockage.help_from);
    let called_upon: BTreeSet<&Code> = helpers.chain(&item.acceptor).collect();
    tables.prepare_cached("DELETE FROM called_upon WHERE item = ?1")?.execute([id])?;
    let mut insert = tables.prepare_cached("INSERT INTO called_upon (department, item) VALUES (?1, ?2)")?;
    for department in called_upon {
        insert.execute(params![department.as_str(), id])?;
    }
    Ok(())
}

/// The query for one item; the answer lacks the view's position.
pub(crate) fn item(
    named: Named,
    history_before: service_kit::Position,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetItemResponse>> + Send + 'static {
    move |tables| {
        let found = tables.first(&ROWS, named.condition, [named.value.into()], |row| {
            Ok(pb::GetItemResponse {
                item: Some(summary(row, now, calendar.zone())?),
                deliverable: row.get("deliverable")?,
                criterion: row.get("criterion")?,
                ..Default::default()
            })
        })?;
        let Some(mut found) = found else { return Ok(None) };
        let item = found.item.clone().unwrap_or_default();
        (found.history, found.earlier_history_before_position) =
            history::before(tables, &item.item_id, history_before)?;
        found.chain = chain::of(tables, &item.item_id)?;
        let events = history::events(tables, &item.item_id)?;
        let spans = clock_ledger::spans(events.iter().map(|(at, event)| (*at, event)), &calendar, now);
        found.working_days = spans.iter().map(|span| span.working_days).sum();
        found.spans = spans.iter().map(render::span).collect();
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
    items_under(request, None, now, zone)
}

/// The same for the items that these departments lead; with none, for all.
pub(crate) fn items_under(
    request: &pb::ListItemsRequest,
    under: Option<&BTreeSet<Code>>,
    now: Timestamp,
    zone: &Zone,
) -> Result<impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Page<pb::Item>> + Send + 'static + use<>, Invalid>
{
    let (zone, query) = (zone.clone(), list(request, now)?.filter_codes(UNDER, under));
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
    .filter_text("acceptor_code = ?", &request.acceptor_code)
    .filter_text("id IN (SELECT item FROM called_upon WHERE department = ?)", &request.called_upon_code)
    .filter_some(in_stage, stage)
    .filter_some("resolution = ?", uuid_filter("resolution_id", &request.resolution_id)?)
    .filter_text(OF_BODY, &request.body_code)
    .filter_some("due_on <= ?", latest_due_on.map(|date| date.to_string()))
    .filter_id_prefix("id", &request.id_prefix)?
    .filter_words("searched", "text", request.text())?;
    if stage.is_some_and(|stage| stage <= OPEN_STAGE_MAX) {
        query = query.filter::<i64>(OPEN, []);
    }
    if few {
        query = query.sort_few_by("number");
    }
    for (condition, values) in
        origins::conditions(&request.session_id, &request.matter_id, &request.case_reference)?
    {
        query = query.filter(condition, values);
    }
    if let Some(late) = request.late {
        let condition = match (late, stage) {
            (true, None) => LATE,
            (true, Some(_)) => LATE_IN_STAGE,
            (false, _) => NOT_LATE,
        };
        query = query.filter(condition, [now.as_microsecond()]);
    }
    for (asked, condition) in [
        (request.paused, "paused_since IS NOT NULL"),
        (request.extension_requested, "extension_due_on IS NOT NULL"),
        (request.not_holding, "holds IS 0"),
    ] {
        query = match asked {
            Some(true) => query.filter::<i64>(condition, []),
            Some(false) => query.filter::<i64>(&format!("NOT ({condition})"), []),
            None => query,
        };
    }
    if let Some(blocked) = request.blocked {
        let condition = if blocked { "blocked_reason IS NOT NULL" } else { "blocked_reason IS NULL" };
        query = query.filter::<i64>(condition, []);
    }
    Ok(query)
}

pub(super) fn summary(row: &Row<'_>, now: Timestamp, zone: &Zone) -> rusqlite::Result<pb::Item> {
    let unreadable = |fault: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault)
    };
    let shown: Vec<u8> = row.get("shown")?;
    let item = pb::Item::decode(shown.as_slice()).map_err(|fault| unreadable(fault.into()))?;
    let stage = Stage::from_wire(row.get::<_, i32>("stage")?).map_err(|fault| unreadable(fault.into()))?;
    let at = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX);
    let (due_at, first_due_at) = (at(row.get("due_at")?), at(row.get("first_due_at")?));
    let claimed_at = row.get::<_, Option<i64>>("claimed_at")?.map(at);
    let days_late = stage.days_late(item.paused_at.is_some(), due_at, now, zone);
    Ok(pb::Item {
        late: days_late.is_some(),
        days_late: days_late.unwrap_or_default(),
        days_past_promise: stage.days_past_promise(first_due_at, claimed_at, now, zone),
        ..item
    })
}
