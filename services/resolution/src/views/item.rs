//! Action items, a row each, and the departments that support them.

mod list;
mod span;

#[cfg(test)]
pub(crate) use list::List;
pub use list::items;
pub(crate) use list::items_under;

use super::{Named, chain, history, resolution};
use crate::render;
use domain::calendar::{WorkingCalendar, Zone};
use domain::resolution::action_item::{ActionItem, Assignment, Event, Item, Missed, Promises, Stage};
use domain::resolution::{clock_ledger, register};
use domain::{Code, Timestamp, Uuid};
use prost::Message as _;
use proto::resolution::v1 as pb;
use proto::{Invalid, Wire as _};
use rusqlite::types::Type;
use rusqlite::{Row, Transaction, params};
use service_kit::events::decode;
use service_kit::list::{index, searchable, sort_key};
use service_kit::row::timestamp;
use service_kit::spans::{AsOf, Past, position_of};
use service_kit::view::ViewError;
use service_kit::{Record, Rows, ScopedTables};
use std::collections::BTreeSet;

pub(super) const ROWS: Rows =
    Rows::of_those_concerned("SELECT rowid, * FROM items", concat!("rowid IN (", items_concerning!(), ")"))
        .shown_by_row(items_concerning!(), item_concerns!("listed"));
/// The same with the ids of the items that an item waits for, with a space between.
pub(super) const WITH_WAITS: Rows = ROWS.selecting_each(
    "SELECT rowid, *, (SELECT group_concat(on_item, ' ') FROM waiting WHERE waiting.item = items.id) AS waits_for
     FROM items",
);
/// Led by one of some departments, decided by a body.
pub(super) const UNDER: &str = "lead_code IN (SELECT value FROM json_each(?))";
pub(super) const OF_BODY: &str = "resolution IN (SELECT id FROM resolutions WHERE body_code = ?)";
pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let id = record.stream.id;
    for event in decode::<ActionItem>(record)? {
        if let Event::Assigned { assignment } = &event {
            insert_item(tables, &id.to_string(), assignment, record)?;
        }
        history::insert_entry(tables, &id.to_string(), record, &event)?;
        count(tables, &id.to_string(), &event)?;
        note_heard(tables, record, &event)?;
        if let Event::Reassigned { lead, .. } = &event {
            tables
                .prepare_cached("UPDATE items SET led_since = ?2 WHERE id = ?1")?
                .execute(params![id.to_string(), record.envelope.time.as_microsecond()])?;
            tables
                .prepare_cached("DELETE FROM supporting WHERE item = ?1 AND department = ?2")?
                .execute([id.to_string().as_str(), lead.as_str()])?;
        }
    }
    match history::fold(tables, &id.to_string())?.item() {
        Some(item) => {
            write_item(tables, id, item)?;
            Ok(span::keep(tables, record, &id.to_string(), &called_upon(item))?)
        }
        None => Ok(()),
    }
}

/// Notes when its lead was last heard from, or was last told to go on.
fn note_heard(tables: &Transaction<'_>, record: &Record, event: &Event) -> rusqlite::Result<()> {
    let by_lead = match event {
        Event::ProgressReported { department, .. } => Some(department.as_str()),
        Event::Acknowledged { .. }
        | Event::ContestDismissed { .. }
        | Event::Reassigned { .. }
        | Event::Returned { .. }
        | Event::Reopened { .. }
        | Event::Resumed { .. }
        | Event::Released { .. } => None,
        _ => return Ok(()),
    };
    let (id, at) = (record.stream.id.to_string(), record.envelope.time.as_microsecond());
    tables
        .prepare_cached(
            "UPDATE items SET heard_at = ?2 WHERE id = ?1 AND lead_code = coalesce(?3, lead_code)",
        )?
        .execute(params![id, at, by_lead])
        .map(drop)
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
fn insert_item(
    tables: &Transaction<'_>,
    id: &str,
    assignment: &Assignment,
    record: &Record,
) -> rusqlite::Result<()> {
    let number = assignment.number.as_str();
    let title = assignment.title.as_str();
    let (deliverable, criterion) = (assignment.deliverable.as_str(), assignment.criterion.as_str());
    let stage: i32 = Stage::Assigned.to_wire();
    let searched = searchable(&[number, title, deliverable, criterion]);
    tables
        .prepare_cached(
            "INSERT INTO items (id, number, written, title, resolution, deliverable, criterion, lead_code,
                 stage, due_on, due_at, first_due_at, promised_at, shown, searched, body_code, led_since, heard_at, assigned)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?11, x'', ?12, ?13, ?14, ?14, ?15)",
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
            searched,
            register::body_of(&assignment.number).as_ref().map(Code::as_str),
            record.envelope.time.as_microsecond(),
            position_of(record),
        ])?;
    index(tables, "item_pairs", tables.last_insert_rowid(), &searched)?;
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
                 sessions = ?17, holder_code = ?18, first_done_at = ?19, promised_at = ?20,
                 missed_promised_at = ?21, missed_done_at = ?22
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
            shown.holder_code,
            micros(item.first_done_at),
            item.promise().due_at.as_microsecond(),
            micros(item.missed.map(|missed| missed.promised_at)),
            micros(item.missed.map(|missed| missed.done_at)),
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

/// The departments that are asked for help, and the one that judges it.
fn called_upon(item: &Item) -> BTreeSet<&Code> {
    let helpers = item.blockages.iter().map(|blockage| &blockage.help_from);
    helpers.chain(&item.acceptor).collect()
}

fn write_called_upon(tables: &Transaction<'_>, id: &str, item: &Item) -> rusqlite::Result<()> {
    tables.prepare_cached("DELETE FROM called_upon WHERE item = ?1")?.execute([id])?;
    let mut insert = tables.prepare_cached("INSERT INTO called_upon (department, item) VALUES (?1, ?2)")?;
    let mut note = tables
        .prepare_cached("INSERT OR IGNORE INTO ever_called_upon SELECT ?1, rowid FROM items WHERE id = ?2")?;
    for department in called_upon(item) {
        insert.execute(params![department.as_str(), id])?;
        note.execute(params![department.as_str(), id])?;
    }
    Ok(())
}

/// The query for one item; the answer lacks the view's position.
pub(crate) fn item(
    named: Named,
    as_of: AsOf,
    history_before: service_kit::Position,
    now: Timestamp,
    calendar: WorkingCalendar,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetItemResponse>> + Send + 'static {
    move |tables| {
        let past = as_of.past(tables)?;
        let (at, until) = past.map_or((now, i64::MAX), |past| (past.at, past.position));
        let found = tables.first(&ROWS, named.condition, [named.value.into()], |row| {
            Ok(pb::GetItemResponse {
                item: shown(tables, row, past, at, calendar.zone())?,
                deliverable: row.get("deliverable")?,
                criterion: row.get("criterion")?,
                ..Default::default()
            })
        })?;
        let Some(mut found) = found else { return Ok(None) };
        let Some(item) = found.item.clone() else { return Ok(None) };
        let before = match u64::try_from(until).unwrap_or_default().saturating_add(1) {
            end if history_before == 0 && past.is_some() => end,
            end => history_before.min(end),
        };
        (found.history, found.earlier_history_before_position) =
            history::before(tables, &item.item_id, before)?;
        found.chain = match past {
            Some(past) => chain::of_past(tables, &item.item_id, past)?,
            None => chain::of(tables, &item.item_id)?,
        };
        found.chain_left_out_count = chain::cut(&mut found.chain);
        let events = history::events(tables, &item.item_id, until)?;
        let spans = clock_ledger::spans(events.iter().map(|(at, event)| (*at, event)), &calendar, at);
        found.working_days = spans.iter().map(|span| span.working_days).sum();
        found.spans = spans.iter().map(render::span).collect();
        (found.resolution_number, found.resolution_title) =
            resolution::number_and_title(tables, &item.resolution_id)?.unwrap_or_default();
        Ok(Some(found))
    }
}

/// The item of a row as it is, or was in a past state; none where it was not assigned yet.
pub(super) fn shown(
    tables: ScopedTables<'_>,
    row: &Row<'_>,
    past: Option<Past>,
    at: Timestamp,
    zone: &Zone,
) -> rusqlite::Result<Option<pb::Item>> {
    let Some(past) = past else { return summary(row, at, zone).map(Some) };
    let id: String = row.get("id")?;
    let state = history::of_seen(tables, &id, past.position)?;
    let id = Uuid::try_parse(&id)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, fault.into()))?;
    Ok(state.item().map(|item| render::item(id, item, at, zone)))
}

pub(super) fn summary(row: &Row<'_>, now: Timestamp, zone: &Zone) -> rusqlite::Result<pb::Item> {
    let unreadable = |fault: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault)
    };
    let shown: Vec<u8> = row.get("shown")?;
    let item = pb::Item::decode(shown.as_slice()).map_err(|fault| unreadable(fault.into()))?;
    let (promises, due_at) = (promises(row)?, timestamp(row, "due_at")?);
    let days_late = promises.stage.days_late(item.paused_at.is_some(), due_at, now, zone);
    Ok(pb::Item {
        late: days_late.is_some(),
        days_late: days_late.unwrap_or_default(),
        days_past_promise: promises.days_past(now, zone),
        ..item
    })
}

/// What the lead of an item promised, from its row as it is or was.
pub(super) fn promises(row: &Row<'_>) -> rusqlite::Result<Promises> {
    let unreadable =
        |fault: Invalid| rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, fault.into());
    let at = |column: &str| {
        let micros: Option<i64> = row.get(column)?;
        Ok::<_, rusqlite::Error>(micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()))
    };
    let missed = at("missed_promised_at")?.zip(at("missed_done_at")?);
    Ok(Promises {
        stage: Stage::from_wire(row.get::<_, i32>("stage")?).map_err(unreadable)?,
        first_due_at: timestamp(row, "first_due_at")?,
        first_done_at: at("first_done_at")?,
        missed: missed.map(|(promised_at, done_at)| Missed { promised_at, done_at }),
        promised_at: timestamp(row, "promised_at")?,
        paused_since: at("paused_since")?,
    })
}
