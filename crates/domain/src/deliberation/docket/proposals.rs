//! The rules of the text: versions, amendments, and the items that carry it out.

use super::floor::{has_voice, in_debate};
use super::{
    AMENDMENTS_MAX, CO_RESPONSIBLE_MAX, DRAFT_BYTES_MAX, DraftedItem, Event, Fate, ITEMS_MAX,
    ITEMS_PER_COMMAND_MAX, ItemDraft, Proceedings, Rejection, Topic, VERSIONS_MAX,
};
use crate::{Code, Issued, Text};
use std::collections::BTreeSet;

pub(super) fn propose(proceedings: &Proceedings, no: u32, text: Text) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate(proceedings, no)?;
    if topic.versions.last() == Some(&text) {
        return Ok(vec![]);
    }
    text_may_change(topic)?;
    nothing_pending(topic)?;
    Ok(vec![Event::Proposed { topic: no, version: next_version(topic)?, text }])
}

pub(super) fn propose_amendment(
    proceedings: &Proceedings,
    no: u32,
    department: Code,
    text: Text,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate(proceedings, no)?;
    has_voice(proceedings, topic, &department, issued)?;
    text_may_change(topic)?;
    let version = topic.current_version();
    if version == 0 {
        return Err(Rejection::NoProposal { topic: no });
    }
    let pending = topic.amendments.iter().filter(|amendment| amendment.fate == Fate::Pending);
    if pending.into_iter().any(|amendment| amendment.department == department && amendment.text == text) {
        return Ok(vec![]);
    }
    let amendments = topic.amendments.len();
    if amendments >= AMENDMENTS_MAX {
        return Err(Rejection::TooManyAmendments { topic: no, max: AMENDMENTS_MAX });
    }
    let amendment = u32::try_from(amendments + 1).unwrap_or(u32::MAX);
    Ok(vec![Event::AmendmentProposed { topic: no, amendment, department, version, text }])
}

/// Resolves an amendment, also after the debate. One that changes an older version can only be rejected,
/// as taking its text would undo what came between.
pub(super) fn resolve_amendment(
    proceedings: &Proceedings,
    no: u32,
    amendment: u32,
    adopt: bool,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    let Some(known) = topic.amendments.iter().find(|known| known.no == amendment) else {
        return Err(Rejection::NotFound { what: format!("amendment {amendment} to topic {no}") });
    };
    match (known.fate, adopt) {
        (Fate::Adopted, true) | (Fate::Rejected, false) => Ok(vec![]),
        (Fate::Adopted, false) | (Fate::Rejected, true) => {
            Err(Rejection::AmendmentResolved { topic: no, amendment })
        }
        (Fate::Pending, false) => Ok(vec![Event::AmendmentRejected { topic: no, amendment }]),
        (Fate::Pending, true) => {
            text_may_change(topic)?;
            let (version, current) = (known.version, topic.current_version());
            if version != current {
                return Err(Rejection::AmendmentOutdated { amendment, version, current });
            }
            Ok(vec![Event::AmendmentAdopted { topic: no, amendment, version: next_version(topic)? }])
        }
    }
}

pub(super) fn draft_items(
    proceedings: &Proceedings,
    no: u32,
    items: Vec<ItemDraft>,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(no)?;
    text_may_change(topic)?;
    if items.is_empty() {
        return Err(Rejection::NoItems { topic: no });
    }
    if items.len() > ITEMS_PER_COMMAND_MAX {
        return Err(Rejection::TooManyItems { items: items.len(), max: ITEMS_PER_COMMAND_MAX });
    }
    let bytes = items.iter().map(ItemDraft::bytes).sum();
    if bytes > DRAFT_BYTES_MAX {
        return Err(Rejection::DraftTooLarge { bytes, max: DRAFT_BYTES_MAX });
    }
    let total = proceedings.items.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
    if total > ITEMS_MAX {
        return Err(Rejection::DocketFull { items: total, max: ITEMS_MAX });
    }
    for draft in &items {
        check_draft(proceedings, draft)?;
    }
    let numbers = proceedings.items + 1..;
    let drafted = numbers
        .zip(items)
        .map(|(number, draft)| Event::ItemDrafted { item: DraftedItem { no: number, topic: no, draft } });
    Ok(drafted.collect())
}

pub(super) fn revise_item(
    proceedings: &Proceedings,
    no: u32,
    draft: ItemDraft,
) -> Result<Vec<Event>, Rejection> {
    let item = drafted(proceedings, no)?;
    if item.draft == draft {
        return Ok(vec![]);
    }
    text_may_change(proceedings.undecided(item.topic)?)?;
    check_draft(proceedings, &draft)?;
    Ok(vec![Event::ItemRevised { item: DraftedItem { no, topic: item.topic, draft } }])
}

pub(super) fn drop_item(proceedings: &Proceedings, no: u32, reason: Text) -> Result<Vec<Event>, Rejection> {
    let item = match drafted(proceedings, no) {
        Ok(item) => item,
        // It was there once and is no more: already so.
        Err(_) if (1..=proceedings.items).contains(&no) => return Ok(vec![]),
        Err(rejection) => return Err(rejection),
    };
    text_may_change(proceedings.undecided(item.topic)?)?;
    Ok(vec![Event::ItemDropped { topic: item.topic, item: no, reason }])
}

fn drafted(proceedings: &Proceedings, no: u32) -> Result<&DraftedItem, Rejection> {
    let mut items = proceedings.topics.iter().flat_map(|topic| &topic.items);
    items
        .find(|item| item.no == no)
        .ok_or_else(|| Rejection::NotFound { what: format!("item {no} of the docket") })
}

/// Refuses an item that nobody at this table could answer for.
fn check_draft(proceedings: &Proceedings, draft: &ItemDraft) -> Result<(), Rejection> {
    let departments = draft.co_responsible.len();
    if departments > CO_RESPONSIBLE_MAX {
        return Err(Rejection::TooManySupporters { departments, max: CO_RESPONSIBLE_MAX });
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = draft.co_responsible.iter().find(|code| !seen.insert(*code)) {
        return Err(Rejection::NamedTwice { department: twice.clone() });
    }
    let mut named = draft.lead.iter().chain(&draft.co_responsible);
    if let Some(stranger) = named.find(|code| !proceedings.agenda.takes_part(code)) {
        return Err(Rejection::NotAParticipant { department: stranger.clone() });
    }
    match draft.due {
        Some(due) if !due.is_within_limits() => Err(Rejection::DueTooFar { due: due.to_string() }),
        _ => Ok(()),
    }
}

/// What is being voted on stays as it is.
fn text_may_change(topic: &Topic) -> Result<(), Rejection> {
    match topic.open_ballot() {
        Some(open) => Err(Rejection::BallotStillOpen { topic: topic.no, ballot: open.no }),
        None => Ok(()),
    }
}

/// Refuses while an amendment waits for its fate.
pub(super) fn nothing_pending(topic: &Topic) -> Result<(), Rejection> {
    match topic.pending_amendment() {
        Some(pending) => Err(Rejection::AmendmentPending { topic: topic.no, amendment: pending.no }),
        None => Ok(()),
    }
}

fn next_version(topic: &Topic) -> Result<u32, Rejection> {
    match topic.current_version() {
        VERSIONS_MAX.. => Err(Rejection::TooManyVersions { topic: topic.no, max: VERSIONS_MAX }),
        current => Ok(current + 1),
    }
}
