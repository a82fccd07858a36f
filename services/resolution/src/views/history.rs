//! What happened to an item, an entry for each event.

use domain::Aggregate as _;
use domain::resolution::action_item::{ActionItem, Due, Event, Moved, PutDown, State};
use domain::resolution::evidence::Evidence;
use domain::{Code, Date, Text, Timestamp};
use prost::Message as _;
use proto::Wire as _;
use proto::record::{EventCodec as _, kind_of};
use proto::resolution::v1::{ItemEntry, ItemEntryKind as Kind};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Transaction, params};
use service_kit::{Position, Record, Rows, ScopedTables};

/// Entries in one answer, at most.
const ENTRIES_MAX: usize = 500;
/// Bytes of entries in one answer, at most: a message has a limit, and entries can carry long texts.
const ENTRY_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Bytes around an entry in an answer, at most.
const ENTRY_FRAME_BYTES: usize = 8;

pub(super) fn insert_entry(
    tables: &Transaction<'_>,
    item: &str,
    record: &Record,
    event: &Event,
) -> rusqlite::Result<()> {
    let stored = ActionItem::encode(event);
    let kind = kind_of(&stored).to_owned();
    let reported_by = match event {
        Event::ProgressReported { department, .. } => Some(department.as_str()),
        _ => None,
    };
    if let Event::PutDown { put_down } = event {
        mark_put_down(tables, item, record.position, put_down)?;
    }
    if let Some(department) = reported_by {
        let superseded = "UPDATE history INDEXED BY events_of_item SET superseded = 1
            WHERE item = ?1 AND kind IS NOT NULL AND NOT superseded AND reported_by = ?2";
        tables.prepare_cached(superseded)?.execute([item, department])?;
    }
    let mut entry = entry_of(event);
    if let Event::Released { on, .. } = event {
        let number = "SELECT written FROM items WHERE id = ?1";
        entry.text =
            tables.prepare_cached(number)?.query_row([on.to_string()], |row| row.get(0)).optional()?;
    }
    insert(tables, item, record, entry, Some((kind, stored.value)), reported_by)
}

/// Marks the entry that was put down, which comes just before in the same record: it is the department's, and not that of
/// the clerk who put it down.
fn mark_put_down(
    tables: &Transaction<'_>,
    item: &str,
    position: Position,
    put_down: &PutDown,
) -> rusqlite::Result<()> {
    let last = "SELECT id, entry FROM history WHERE item = ?1 AND position = ?2 ORDER BY id DESC LIMIT 1";
    let (id, entry): (i64, Vec<u8>) = tables
        .prepare_cached(last)?
        .query_row(params![item, position as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let entry = ItemEntry::decode(entry.as_slice())
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, fault.into()))?;
    let entry = ItemEntry {
        department_code: code(&put_down.department),
        put_down: Some(put_down.to_wire()),
        ..entry
    };
    tables
        .prepare_cached("UPDATE history SET entry = ?2 WHERE id = ?1")?
        .execute(params![id, entry.encode_to_vec()])
        .map(drop)
}

/// Inserts a notice that was sent on an item.
pub(super) fn insert_notice(
    tables: &Transaction<'_>,
    item: &str,
    record: &Record,
    entry: ItemEntry,
) -> rusqlite::Result<()> {
    insert(tables, item, record, entry, None, None)
}

fn insert(
    tables: &Transaction<'_>,
    item: &str,
    record: &Record,
    entry: ItemEntry,
    event: Option<(String, Vec<u8>)>,
    reported_by: Option<&str>,
) -> rusqlite::Result<()> {
    let entry = ItemEntry {
        position: record.position,
        occurred_at: record.envelope.time.to_wire(),
        subject: record.envelope.actor.subject.clone(),
        department_code: record.envelope.actor.department.to_wire(),
        ..entry
    };
    let (kind, event) = event.unzip();
    tables
        .prepare_cached(
            "INSERT INTO history (item, position, occurred_at, entry, kind, event, reported_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            item,
            record.position as i64,
            record.envelope.time.as_microsecond(),
            entry.encode_to_vec(),
            kind,
            event,
            reported_by,
        ])
        .map(drop)
}

/// An item as everything that happened to it makes it.
pub(super) fn fold(tables: &Transaction<'_>, item: &str) -> rusqlite::Result<State> {
    let events = "SELECT kind, event FROM history INDEXED BY events_of_item
        WHERE item = ?1 AND kind IS NOT NULL AND NOT superseded ORDER BY id";
    let mut events = tables.prepare_cached(events)?;
    let events = events.query_map([item], event)?;
    events
        .filter_map(Result::transpose)
        .try_fold(State::default(), |state, event| Ok(ActionItem::evolve(state, &event?)))
}

/// An event as it is kept in the columns `kind` and `event`.
fn event(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Event>> {
    let (kind, bytes): (String, Vec<u8>) = (row.get("kind")?, row.get("event")?);
    ActionItem::decode(&kind, &bytes)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
}

/// The events of an item up to a position, each with its moment, in the order of time.
pub(super) fn events(
    tables: ScopedTables<'_>,
    item: &str,
    until: i64,
) -> rusqlite::Result<Vec<(Timestamp, Event)>> {
    let mut events = Vec::new();
    let values = [item.to_owned().into(), until.into()];
    // What is so now needs none that a later one superseded.
    let condition = if until == i64::MAX { STILL_HEEDED } else { UNTIL };
    tables.each(&EVENTS, condition, "history.id", values, |row| {
        let at = Timestamp::from_microsecond(row.get("occurred_at")?).unwrap_or(Timestamp::MIN);
        events.extend(event(row)?.map(|event| (at, event)));
        Ok(true)
    })?;
    Ok(events)
}

/// An item as it was when the log ended with a position, if the caller sees it.
pub(super) fn as_of(tables: ScopedTables<'_>, item: &str, until: i64) -> rusqlite::Result<State> {
    fold_until(tables, &EVENTS, item, until)
}

/// The same of an item that the caller is known to see, or that counts for one.
pub(super) fn of_seen(tables: ScopedTables<'_>, item: &str, until: i64) -> rusqlite::Result<State> {
    fold_until(tables, &EVENTS_OF_SEEN, item, until)
}

fn fold_until(tables: ScopedTables<'_>, events: &Rows, item: &str, until: i64) -> rusqlite::Result<State> {
    let (mut state, values) = (State::default(), [item.to_owned().into(), until.into()]);
    tables.each(events, UNTIL, "history.id", values, |row| {
        if let Some(event) = event(row)? {
            state = ActionItem::evolve(std::mem::take(&mut state), &event);
        }
        Ok(true)
    })?;
    Ok(state)
}

const UNTIL: &str = "item = ? AND kind IS NOT NULL AND position <= ?";
const STILL_HEEDED: &str = "item = ? AND kind IS NOT NULL AND position <= ? AND NOT superseded";

/// The last entries of an item after a position, oldest first, and how many there are in all.
pub(super) fn since(
    tables: ScopedTables<'_>,
    item: &str,
    position: Position,
    most: u32,
) -> rusqlite::Result<(Vec<ItemEntry>, u32)> {
    let after = i64::try_from(position).unwrap_or(i64::MAX);
    let values = || [item.to_owned().into(), after.into()];
    let condition = "item = ? AND position > ?";
    let count = tables.first(&COUNT, condition, values(), |row| row.get(0))?;
    let last = "position DESC, history.id DESC";
    let mut entries = tables.all(&ROWS, condition, last, values(), most, |row| {
        ItemEntry::decode(row.get::<_, Vec<u8>>(0)?.as_slice())
            .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))
    })?;
    entries.reverse();
    Ok((entries, count.unwrap_or_default()))
}

const COUNT: Rows = ROWS.selecting("SELECT count(*) FROM history JOIN items ON items.id = history.item");

const EVENTS: Rows =
    ROWS.selecting("SELECT occurred_at, kind, event FROM history JOIN items ON items.id = history.item");

const EVENTS_OF_SEEN: Rows = Rows::of_everybody("SELECT kind, event FROM history");

/// An entry is seen by those who see its item. They are read item by item.
const ROWS: Rows = Rows::of_those_concerned(
    "SELECT entry FROM history JOIN items ON items.id = history.item",
    item_concerns!("items"),
);

/// The last entries of an item before a position (0: up to the end), oldest first; and the position before which there
/// are more, 0 when there are none. The entries of one record, which is small, stay together.
pub(super) fn before(
    tables: ScopedTables<'_>,
    item: &str,
    position: Position,
) -> rusqlite::Result<(Vec<ItemEntry>, Position)> {
    let before = if position == 0 { i64::MAX } else { i64::try_from(position).unwrap_or(i64::MAX) };
    let (mut entries, mut bytes, mut earlier) = (Vec::<ItemEntry>::new(), 0, 0);
    let values = [item.to_owned().into(), before.into()];
    tables.each(&ROWS, "item = ? AND position < ?", "position DESC, history.id DESC", values, |row| {
        let entry: Vec<u8> = row.get(0)?;
        bytes += entry.len() + ENTRY_FRAME_BYTES;
        let entry = ItemEntry::decode(entry.as_slice())
            .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, fault.into()))?;
        let is_full = entries.len() == ENTRIES_MAX || bytes > ENTRY_BYTES_MAX;
        if is_full {
            entries.retain(|kept| kept.position != entry.position);
            earlier = entries.last().map_or(0, |first| first.position);
        } else {
            entries.push(entry);
        }
        Ok(!is_full)
    })?;
    entries.reverse();
    Ok((entries, earlier))
}

/// What an event says, in the fields that all kinds of entries share.
fn entry_of(event: &Event) -> ItemEntry {
    match event {
        Event::Assigned { assignment } => ItemEntry {
            other_department_code: code(&assignment.lead),
            due_on: date(assignment.due_on),
            ..entry(Kind::Assigned, None)
        },
        Event::Acknowledged { .. } => entry(Kind::Acknowledged, None),
        Event::Contested { reason, .. } => entry(Kind::Contested, Some(reason)),
        Event::ContestDismissed { reason, due, .. } => {
            moved(*due, entry(Kind::ContestDismissed, Some(reason)))
        }
        Event::Reassigned { lead, reason, due, .. } => {
            due_now(*due, of(lead, entry(Kind::Reassigned, Some(reason))))
        }
        Event::ProgressReported { percent, note, evidence, .. } => ItemEntry {
            percent: Some(*percent),
            ..with_evidence(entry(Kind::ProgressReported, Some(note)), evidence)
        },
        Event::BlockageReported { reason, help_from, .. } => ItemEntry {
            other_department_code: code(help_from),
            ..entry(Kind::BlockageReported, Some(reason))
        },
        Event::BlockageCleared { blocked, note, .. } => {
            ItemEntry { other_department_code: blocked.to_wire(), ..entry(Kind::BlockageCleared, Some(note)) }
        }
        Event::ExtensionRequested { due_on, reason, .. } => {
            ItemEntry { due_on: date(*due_on), ..entry(Kind::ExtensionRequested, Some(reason)) }
        }
        Event::ExtensionGranted { due_on, .. } => {
            ItemEntry { due_on: date(*due_on), ..entry(Kind::ExtensionGranted, None) }
        }
        Event::ExtensionRefused { reason } => entry(Kind::ExtensionRefused, Some(reason)),
        Event::CompletionClaimed { summary, evidence, .. } => {
            with_evidence(entry(Kind::CompletionClaimed, Some(summary)), evidence)
        }
        Event::Accepted { note, .. } => entry(Kind::Accepted, note.as_ref()),
        Event::Returned { reason, due, .. } => moved(*due, entry(Kind::Returned, Some(reason))),
        Event::Reopened { reason, due_on, .. } => {
            ItemEntry { due_on: date(*due_on), ..entry(Kind::Reopened, Some(reason)) }
        }
        Event::Rescinded { reason } => entry(Kind::Rescinded, Some(reason)),
        Event::LookBackRecorded { observation, holds, .. } => {
            ItemEntry { holds: Some(*holds), ..entry(Kind::LookBackRecorded, Some(observation)) }
        }
        of_others => entry_of_follow_through(of_others),
    }
}

/// What is said beside the lead's work.
fn entry_of_follow_through(event: &Event) -> ItemEntry {
    match event {
        Event::AcceptorNamed { acceptor, reason } => ItemEntry {
            other_department_code: acceptor.to_wire(),
            ..entry(Kind::AcceptorNamed, Some(reason))
        },
        Event::PartAcknowledged { .. } => entry(Kind::PartAcknowledged, None),
        Event::PartClaimed { summary, evidence, .. } => {
            with_evidence(entry(Kind::PartClaimed, Some(summary)), evidence)
        }
        Event::PartAccepted { part, note, .. } => of(part, entry(Kind::PartAccepted, note.as_ref())),
        Event::PartReturned { part, reason, .. } => of(part, entry(Kind::PartReturned, Some(reason))),
        Event::HelpAcknowledged { blocked, .. } => of(blocked, entry(Kind::HelpAcknowledged, None)),
        Event::HelpGiven { blocked, note, .. } => of(blocked, entry(Kind::HelpGiven, Some(note))),
        Event::Suspended { reason, .. } => entry(Kind::Suspended, Some(reason)),
        Event::Resumed { note, due } => moved(*due, entry(Kind::Resumed, Some(note))),
        Event::DependencyAdded { on_number, .. } => {
            ItemEntry { text: Some(on_number.to_wire()), ..entry(Kind::DependencyAdded, None) }
        }
        Event::DependantNoted { .. } => entry(Kind::DependantNoted, None),
        Event::PlacedBelow { place } => {
            ItemEntry { text: Some(place.parent_number.to_wire()), ..entry(Kind::PlacedBelow, None) }
        }
        Event::SubItemNoted { number, .. } => {
            ItemEntry { text: Some(number.to_wire()), ..entry(Kind::SubItemNoted, None) }
        }
        Event::SessionNoted { session } => {
            ItemEntry { text: Some(session.to_string()), ..entry(Kind::SessionNoted, None) }
        }
        Event::Released { due, .. } => moved(*due, entry(Kind::Released, None)),
        Event::Urged { text, .. } => entry(Kind::Urged, Some(text)),
        Event::Instructed { text } => entry(Kind::Instructed, Some(text)),
        Event::PutDown { put_down } => ItemEntry {
            put_down: Some(put_down.to_wire()),
            ..of(&put_down.department, entry(Kind::PutDown, None))
        },
        Event::EvidenceKept { sha256, .. } => {
            ItemEntry { text: Some(sha256.to_wire()), ..entry(Kind::EvidenceKept, None) }
        }
        Event::PutDownContested { reason, due, .. } => {
            moved(*due, entry(Kind::PutDownContested, Some(reason)))
        }
        _ => ItemEntry::default(),
    }
}

fn of(department: &Code, entry: ItemEntry) -> ItemEntry {
    ItemEntry { other_department_code: code(department), ..entry }
}

fn moved(due: Option<Moved>, entry: ItemEntry) -> ItemEntry {
    due_now(due.map(|Moved { due_on, due_at, .. }| Due { due_on, due_at }), entry)
}

fn due_now(due: Option<Due>, entry: ItemEntry) -> ItemEntry {
    ItemEntry { due_on: due.map(|due| due.due_on.to_wire()), ..entry }
}

fn entry(kind: Kind, text: Option<&Text>) -> ItemEntry {
    ItemEntry { kind: kind.into(), text: text.map(Text::to_wire), ..ItemEntry::default() }
}

fn with_evidence(entry: ItemEntry, evidence: &[Evidence]) -> ItemEntry {
    ItemEntry { evidence: evidence.to_vec().to_wire(), ..entry }
}

fn code(code: &Code) -> Option<String> {
    Some(code.to_wire())
}

fn date(date: Date) -> Option<String> {
    Some(date.to_wire())
}
