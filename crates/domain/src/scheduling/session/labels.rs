//! Labelling what is on file otherwise: at any time, by a command that says so and why.

use super::{Event, Filed, Rejection};
use crate::{Label, Line, Text};

pub(super) fn relabel_topic(
    filed: &Filed,
    topic: u32,
    label: Label,
    reason: Text,
) -> Result<Vec<Event>, Rejection> {
    let outline = &filed.outline;
    let known = outline.topic(topic).ok_or(Rejection::UnknownTopic { topic_number: topic })?;
    let parent = known.parent.and_then(|parent| outline.topic(parent));
    if let Some(parent) = parent.filter(|parent| label < parent.label) {
        return Err(Rejection::LabelBelowParent { topic_number: topic, parent_number: parent.number });
    }
    if let Some(below) = outline.sub_topics(topic).find(|below| below.label < label) {
        return Err(Rejection::LabelBelowParent { topic_number: below.number, parent_number: topic });
    }
    Ok(if known.label == label { vec![] } else { vec![Event::TopicRelabelled { topic, label, reason }] })
}

pub(super) fn relabel_paper(
    filed: &Filed,
    topic: u32,
    sha256: Line,
    label: Label,
    reason: Text,
) -> Result<Vec<Event>, Rejection> {
    if filed.papers_with(topic, &sha256).next().is_none() {
        return Err(Rejection::UnknownPaper { topic_number: topic, sha256 });
    }
    let is_same = filed.papers_with(topic, &sha256).all(|filed| filed.paper.label == label);
    Ok(if is_same { vec![] } else { vec![Event::PaperRelabelled { topic, sha256, label, reason }] })
}
