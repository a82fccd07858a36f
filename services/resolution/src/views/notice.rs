//! The notices that were sent on an item, in its history.

use super::history;
use domain::followup::follow_up::{Event, FollowUp, Tier};
use domain::followup::ladder::RungKind;
use proto::Wire as _;
use proto::resolution::v1::{ItemEntry, ItemEntryKind as Kind};
use rusqlite::Transaction;
use service_kit::Record;
use service_kit::events::decode;
use service_kit::view::ViewError;

/// A follow-up has the id of its item.
pub(super) fn project(tables: &Transaction<'_>, record: &Record) -> Result<(), ViewError> {
    let item = record.stream.id.to_string();
    for event in decode::<FollowUp>(record)? {
        if let Some(entry) = entry_of(&event) {
            history::insert_notice(tables, &item, record, entry)?;
        }
    }
    Ok(())
}

/// What was sent to whom; urges and instructions are in the history already, as what people did.
fn entry_of(event: &Event) -> Option<ItemEntry> {
    let (kind, department) = match event {
        Event::Reminded { lead, .. } => (Kind::Reminded, Some(lead)),
        Event::AcknowledgementOverdue { lead, .. } => (Kind::AcknowledgementOverdue, Some(lead)),
        Event::Overdue { lead, .. } => (Kind::Overdue, Some(lead)),
        Event::Escalated { tier: Tier::Supervisor, .. } => (Kind::EscalatedToSupervisor, None),
        Event::Escalated { tier: Tier::Leadership, .. } => (Kind::EscalatedToLeadership, None),
        Event::Notified { kind, department, .. } => (awaited(*kind)?, department.as_ref()),
        _ => return None,
    };
    let other_department_code = department.map(|code| code.to_wire());
    Some(ItemEntry { kind: kind.into(), other_department_code, ..ItemEntry::default() })
}

fn awaited(kind: RungKind) -> Option<Kind> {
    Some(match kind {
        RungKind::Judgement => Kind::JudgementAwaited,
        RungKind::Ruling => Kind::RulingAwaited,
        RungKind::Report => Kind::ReportAwaited,
        RungKind::Stale => Kind::Stale,
        RungKind::LookBack => Kind::LookBackDue,
        _ => return None,
    })
}
