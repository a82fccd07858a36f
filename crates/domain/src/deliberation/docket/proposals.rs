//! The rules of the text: its versions, and the items that carry a decision out.

use super::amendments::rebased;
use super::floor::{in_debate, must_belong_to};
use super::motions::no_motion_pending;
use super::outcomes::nothing_passed;
use super::{
    CO_RESPONSIBLE_MAX, DRAFT_BYTES_MAX, DraftedItem, Event, ITEMS_MAX, ITEMS_PER_COMMAND_MAX, ItemDraft,
    Proceedings, Rejection, RoleOnTopic, Topic, VERSIONS_MAX,
};
use crate::deliberation::ballot::BallotResult;
use crate::due::DueRule;
use crate::{Code, Issued, Text};
use jiff::{ToSpan as _, tz::TimeZone};
use std::collections::BTreeSet;

pub(super) fn submit_proposal(
    proceedings: &Proceedings,
    number: u32,
    text: Text,
) -> Result<Vec<Event>, Rejection> {
    let topic = in_debate(proceedings, number)?;
    if topic.versions.last() == Some(&text) {
        return Ok(vec![]);
    }
    no_open_ballot(topic)?;
    no_motion_pending(topic)?;
    nothing_passed(topic)?;
    nothing_pending(topic)?;
    let rebased = rebased(topic, &text, None);
    let submitted = Event::ProposalSubmitted { topic: number, version: next_version(topic, &text)?, text };
    Ok([submitted].into_iter().chain(rebased).collect())
}

pub(super) fn draft_items(
    proceedings: &Proceedings,
    number: u32,
    items: Vec<ItemDraft>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    may_change_items(proceedings.undecided(number)?)?;
    if items.is_empty() {
        return Err(Rejection::ItemsRequired { topic_number: number });
    }
    if items.len() > ITEMS_PER_COMMAND_MAX {
        return Err(Rejection::TooManyItems { items: items.len(), max: ITEMS_PER_COMMAND_MAX });
    }
    let bytes = items.iter().map(ItemDraft::bytes).sum();
    if bytes > DRAFT_BYTES_MAX {
        return Err(Rejection::ItemsTooLarge { bytes, max: DRAFT_BYTES_MAX });
    }
    let total = proceedings.items.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
    if total > ITEMS_MAX {
        return Err(Rejection::ItemsExhausted { items: total, max: ITEMS_MAX });
    }
    for draft in &items {
        check_draft(proceedings, draft, issued)?;
    }
    let numbers = proceedings.items + 1..;
    let drafted = numbers
        .zip(items)
        .map(|(item, draft)| Event::ItemDrafted { item: DraftedItem { number: item, topic: number, draft } });
    Ok(drafted.collect())
}

pub(super) fn revise_item(
    proceedings: &Proceedings,
    number: u32,
    draft: ItemDraft,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let item = drafted(proceedings, number)?;
    if item.draft == draft {
        return Ok(vec![]);
    }
    may_change_items(proceedings.undecided(item.topic)?)?;
    check_draft(proceedings, &draft, issued)?;
    Ok(vec![Event::ItemRevised { item: DraftedItem { number, topic: item.topic, draft } }])
}

pub(super) fn drop_item(
    proceedings: &Proceedings,
    number: u32,
    reason: Text,
) -> Result<Vec<Event>, Rejection> {
    let item = match drafted(proceedings, number) {
        Ok(item) => item,
        // It has already been dropped: nothing to do.
        Err(_) if (1..=proceedings.items).contains(&number) => return Ok(vec![]),
        Err(rejection) => return Err(rejection),
    };
    may_change_items(proceedings.undecided(item.topic)?)?;
    Ok(vec![Event::ItemDropped { topic: item.topic, item: number, reason }])
}

/// Records that a department accepts to be bound by an item; only its own people do that.
pub(super) fn accept_item(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let item = drafted(proceedings, number)?;
    let topic = proceedings.undecided(item.topic)?;
    must_belong_to(&department, issued)?;
    if !item.draft.bound().any(|bound| *bound == department) {
        return Err(Rejection::NotNamedInItem { item_number: number, department_code: department });
    }
    if topic.acceptances.get(&number).is_some_and(|known| known.contains(&department)) {
        return Ok(vec![]);
    }
    Ok(vec![Event::ItemAccepted { topic: topic.number, item: number, department }])
}

/// Refuses items that bind a department which has no part in the decision, and has not accepted them. Who decides has a part, and who
/// advises once it is there, or has said something itself; who recused itself has none.
pub(super) fn binds_nobody_unasked(proceedings: &Proceedings, topic: &Topic) -> Result<(), Rejection> {
    let has_part = |department: &Code| {
        let is_there = || proceedings.is_meeting() && proceedings.present.contains_key(department);
        let spoke = || topic.own_statement(department).is_some();
        let has_role = match proceedings.agenda.role_on(topic.number, department) {
            Some(RoleOnTopic::Decides) => true,
            Some(RoleOnTopic::Advises) => is_there() || spoke(),
            _ => false,
        };
        has_role && !topic.recused.contains(department)
    };
    for item in &topic.items {
        let accepted = topic.acceptances.get(&item.number);
        let unasked = |department: &&Code| {
            !has_part(department) && !accepted.is_some_and(|accepted| accepted.contains(*department))
        };
        if let Some(department) = item.draft.bound().find(unasked) {
            return Err(Rejection::ItemNotAccepted {
                item_number: item.number,
                topic_number: topic.number,
                department_code: department.clone(),
            });
        }
    }
    Ok(())
}

/// The item with this number, if it is drafted and was not dropped.
pub(super) fn drafted(proceedings: &Proceedings, number: u32) -> Result<&DraftedItem, Rejection> {
    let mut items = proceedings.topics.iter().flat_map(|topic| &topic.items);
    items
        .find(|item| item.number == number)
        .ok_or_else(|| Rejection::NotFound { what: format!("item {number} of the docket") })
}

/// Refuses an item that no participant could answer for.
fn check_draft(proceedings: &Proceedings, draft: &ItemDraft, issued: &Issued) -> Result<(), Rejection> {
    let departments = draft.co_responsible.len();
    if departments > CO_RESPONSIBLE_MAX {
        return Err(Rejection::TooManyCoResponsible { departments, max: CO_RESPONSIBLE_MAX });
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = draft.co_responsible.iter().find(|code| !seen.insert(*code)) {
        return Err(Rejection::DuplicateDepartment { department_code: twice.clone() });
    }
    let mut named = draft.lead.iter().chain(&draft.co_responsible);
    if let Some(stranger) = named.find(|code| !proceedings.agenda.takes_part(code)) {
        return Err(Rejection::NotAParticipant { department_code: stranger.clone() });
    }
    // Where it is a day later already, a date may be a day later too; the adoption counts in the realm's zone.
    let latest = TimeZone::UTC.to_datetime(issued.at).date().saturating_add(1.day());
    match draft.due.and_then(|due: DueRule| due.excess(latest)) {
        Some((days, max)) => Err(Rejection::DueOutOfRange { days, max }),
        None => Ok(()),
    }
}

/// Items belong to the version that is voted on: they are settled with it.
pub(super) fn may_change_items(topic: &Topic) -> Result<(), Rejection> {
    no_open_ballot(topic)?;
    not_voted_on(topic)
}

/// Refuses when the current version was voted on.
pub(super) fn not_voted_on(topic: &Topic) -> Result<(), Rejection> {
    match topic.settled() {
        Some(BallotResult { ballot, version, .. }) => {
            Err(Rejection::VersionVotedOn { version, topic_number: topic.number, ballot_number: ballot })
        }
        None => Ok(()),
    }
}

/// Refuses while a ballot on the topic is open.
pub(super) fn no_open_ballot(topic: &Topic) -> Result<(), Rejection> {
    match topic.open_ballot() {
        Some(open) => {
            Err(Rejection::BallotStillOpen { ballot_number: open.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

/// Refuses while an amendment is pending.
pub(super) fn nothing_pending(topic: &Topic) -> Result<(), Rejection> {
    match topic.pending_amendment() {
        Some(pending) => {
            Err(Rejection::AmendmentPending { amendment_number: pending.number, topic_number: topic.number })
        }
        None => Ok(()),
    }
}

/// The number of the version that a text would be. One that reads like a version on which the votes were counted is none: it
/// would be the same question put again.
pub(super) fn next_version(topic: &Topic, text: &Text) -> Result<u32, Rejection> {
    if let Some(BallotResult { version, ballot, .. }) = topic.settled_on(text) {
        return Err(Rejection::VersionVotedOn { version, topic_number: topic.number, ballot_number: ballot });
    }
    match topic.current_version() {
        VERSIONS_MAX.. => Err(Rejection::VersionsExhausted { topic_number: topic.number, max: VERSIONS_MAX }),
        current => Ok(current + 1),
    }
}
