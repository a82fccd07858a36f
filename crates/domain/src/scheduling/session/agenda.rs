//! Whether an agenda is one: its numbers, its sections and sub-topics, its times, and its size.

use super::outline::{Outline, Topic};
use super::{DURATION_MINUTES_MAX, Rejection};
use crate::Line;
use std::collections::BTreeSet;

/// Topics in a session, at most, sub-topics among them; a body's own rule is usually stricter.
pub const TOPICS_MAX: usize = 80;
/// Bytes of an agenda, at most: the titles of its topics and sections, the departments with their roles, and the equipment. A
/// record has all of it.
pub const AGENDA_BYTES_MAX: usize = 36 * 1024;
/// Bytes that a role on a topic has in a record.
const ROLE_BYTES: usize = 6;

/// Refuses topics that are no agenda.
pub(super) fn check(outline: &Outline) -> Result<(), Rejection> {
    let Outline { topics, duration_minutes, .. } = outline;
    if topics.is_empty() {
        return Err(Rejection::TopicsRequired);
    }
    if topics.len() > TOPICS_MAX {
        return Err(Rejection::TooManyTopics { given: topics.len(), max: TOPICS_MAX });
    }
    if !(1..=DURATION_MINUTES_MAX).contains(duration_minutes) {
        return Err(Rejection::DurationOutOfRange {
            duration_minutes: *duration_minutes,
            max: DURATION_MINUTES_MAX,
        });
    }
    let misnumbered = (1..).zip(topics).find(|(expected, topic)| topic.number != *expected);
    if let Some((expected, topic)) = misnumbered {
        return Err(Rejection::TopicNumberOutOfOrder { topic_number: topic.number, expected });
    }
    topics.iter().try_for_each(|topic| check_sub_topic(outline, topic))?;
    let mut matters = BTreeSet::new();
    for topic in topics {
        let topic_number = topic.number;
        if topic.matter.is_some_and(|matter| !matters.insert(matter)) {
            return Err(Rejection::DuplicateMatter { topic_number });
        }
        match outline.has_sub_topics(topic_number) {
            true => check_parent(outline, topic)?,
            false if topic.timebox_minutes == 0 => return Err(Rejection::TimeboxRequired { topic_number }),
            false => {}
        }
    }
    let timebox_minutes = topics.iter().fold(0_u32, |sum, topic| sum.saturating_add(topic.timebox_minutes));
    if timebox_minutes > *duration_minutes {
        return Err(Rejection::TimeboxesTooLong { timebox_minutes, duration_minutes: *duration_minutes });
    }
    Ok(())
}

/// A sub-topic comes right after its topic or another sub-topic of it, in the same section, and is as confidential as it.
fn check_sub_topic(outline: &Outline, topic: &Topic) -> Result<(), Rejection> {
    let (topic_number, Some(parent_number)) = (topic.number, topic.parent) else { return Ok(()) };
    let before = topic_number.checked_sub(1).and_then(|before| outline.topic(before));
    let is_in_place = |before: &Topic| match before.parent {
        Some(parent) => parent == parent_number,
        None => before.number == parent_number,
    };
    if !before.is_some_and(is_in_place) {
        return Err(Rejection::SubTopicOutOfPlace { topic_number, parent_number });
    }
    if topic.section.is_some() {
        return Err(Rejection::SectionInSubTopics { topic_number, parent_number });
    }
    match outline.topic(parent_number) {
        Some(parent) if topic.label < parent.label => {
            Err(Rejection::LabelBelowParent { topic_number, parent_number })
        }
        _ => Ok(()),
    }
}

/// A topic that is decided in its sub-topics has no time, no matter and no roles of its own.
fn check_parent(outline: &Outline, topic: &Topic) -> Result<(), Rejection> {
    let has_role = outline.attendees.iter().any(|attendee| attendee.has_role_on(topic.number));
    if topic.timebox_minutes > 0 || topic.matter.is_some() || has_role {
        return Err(Rejection::DecidedInSubTopics { topic_number: topic.number });
    }
    Ok(())
}

/// Refuses what a record could not have.
pub(super) fn check_size(outline: &Outline) -> Result<(), Rejection> {
    let text = |line: &Line| line.as_str().len();
    let titles = outline.topics.iter().flat_map(|topic| [&topic.title].into_iter().chain(&topic.section));
    let attendees = outline.attendees.iter();
    let roles = attendees.map(|one| one.department.as_str().len() + ROLE_BYTES * one.roles.len());
    let lines = titles.chain(&outline.equipment).map(text);
    let (bytes, max) = (lines.chain(roles).sum(), AGENDA_BYTES_MAX);
    if bytes > max { Err(Rejection::AgendaTooLong { bytes, max }) } else { Ok(()) }
}
