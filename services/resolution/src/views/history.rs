//! What happened to an item, an entry for each event.

use domain::resolution::action_item::Event;
use domain::resolution::evidence::Evidence;
use domain::{Code, Date, Text};
use prost::Message as _;
use proto::Wire as _;
use proto::resolution::v1::{ItemEntry, ItemEntryKind as Kind};
use rusqlite::types::Type;
use rusqlite::{Transaction, params};
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
    let entry = ItemEntry {
        position: record.position,
        occurred_at: record.envelope.time.to_wire(),
        subject: record.envelope.actor.subject.clone(),
        department_code: record.envelope.actor.department.to_wire(),
        ..entry_of(event)
    };
    tables
        .prepare_cached("INSERT INTO history (item, position, entry) VALUES (?1, ?2, ?3)")?
        .execute(params![item, record.position as i64, entry.encode_to_vec()])
        .map(drop)
}

/// An entry is seen by those who see its item.
const ROWS: Rows = Rows::of_departments(
    "SELECT entry FROM history JOIN items ON items.id = history.item",
    concat!("items.rowid IN (", items_concerning!(), ")"),
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
        Event::ContestDismissed { reason, .. } => entry(Kind::ContestDismissed, Some(reason)),
        Event::Reassigned { lead, reason, .. } => {
            ItemEntry { other_department_code: code(lead), ..entry(Kind::Reassigned, Some(reason)) }
        }
        Event::ProgressReported { percent, note, evidence, .. } => ItemEntry {
            percent: Some(*percent),
            ..with_evidence(entry(Kind::ProgressReported, Some(note)), evidence)
        },
        Event::BlockageReported { reason, help_from, .. } => ItemEntry {
            other_department_code: code(help_from),
            ..entry(Kind::BlockageReported, Some(reason))
        },
        Event::BlockageCleared { note, .. } => entry(Kind::BlockageCleared, Some(note)),
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
        Event::Returned { reason, .. } => entry(Kind::Returned, Some(reason)),
        Event::Reopened { reason, due_on, .. } => {
            ItemEntry { due_on: date(*due_on), ..entry(Kind::Reopened, Some(reason)) }
        }
        Event::Rescinded { reason } => entry(Kind::Rescinded, Some(reason)),
        Event::LookBackRecorded { observation, holds, .. } => {
            ItemEntry { holds: Some(*holds), ..entry(Kind::LookBackRecorded, Some(observation)) }
        }
    }
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
