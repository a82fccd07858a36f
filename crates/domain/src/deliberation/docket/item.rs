//! Action items as drafted during the debate, and as decided with the topic.

use super::{Outcome, State};
use crate::decided_item::DecidedItem;
use crate::deliberation::ballot::{BallotResult, against};
use crate::due::DueRule;
use crate::resolution_change::ResolutionChange;
use crate::{Code, Date, Label, Line, Text, Timestamp, Uuid};

/// What a department is to do, as far as it has been worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDraft {
    /// Its title.
    pub title: Line,
    /// What is to be delivered.
    pub deliverable: Text,
    /// How to tell that it is done; required by the time the decision is adopted.
    pub criterion: Option<Text>,
    /// 牵头: the department that answers for it; required by the time the decision is adopted.
    pub lead: Option<Code>,
    /// 配合: the departments that support it. The lead may be among them, when another of its units supports.
    pub co_responsible: Vec<Code>,
    /// When it is due; required by the time the decision is adopted.
    pub due: Option<DueRule>,
}

impl ItemDraft {
    /// What is still missing before a decision may carry the item; `None` when nothing is.
    pub fn missing(&self) -> Option<&'static str> {
        match self {
            ItemDraft { lead: None, .. } => Some("lead"),
            ItemDraft { due: None, .. } => Some("due date"),
            ItemDraft { criterion: None, .. } => Some("acceptance criterion"),
            _ => None,
        }
    }

    /// The departments that it would bind.
    pub fn bound(&self) -> impl Iterator<Item = &Code> {
        self.lead.iter().chain(&self.co_responsible)
    }

    /// About how many bytes the draft takes up in the log.
    pub(super) fn bytes(&self) -> usize {
        let text = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.as_str().len());
        let codes = self.lead.iter().chain(&self.co_responsible).map(|code| code.as_str().len() + 4);
        self.title.as_str().len()
            + self.deliverable.as_str().len()
            + text(&self.criterion)
            + codes.sum::<usize>()
    }
}

/// A drafted item with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftedItem {
    /// Its number within the docket, from 1; numbers are never reused.
    pub number: u32,
    /// The topic that it carries out.
    pub topic: u32,
    /// Its content.
    pub draft: ItemDraft,
}

/// When an item of an adopted decision is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemDue {
    /// The item's number within the docket.
    pub item: u32,
    /// The date.
    pub due_on: Date,
    /// The last moment of that date.
    pub due_at: Timestamp,
}

/// An adopted decision with everything that carries it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The topic that was decided.
    pub topic: u32,
    /// Its title.
    pub title: Line,
    /// The text that was adopted.
    pub text: Text,
    /// Whether it is declaratory: nothing is to be done.
    pub declaratory: bool,
    /// The day of the decision.
    pub decided_on: Date,
    /// The deadline for the leads to acknowledge their items.
    pub acknowledge_by: Timestamp,
    /// What is to be done.
    pub items: Vec<DecidedItem>,
    /// The session it was decided in.
    pub session: Uuid,
    /// The body that decided.
    pub body: Code,
    /// The ballot that carried it.
    pub ballot: BallotResult,
    /// The departments that voted no in that ballot, if only with a part of their weight; ascending.
    pub dissenting: Vec<Code>,
    /// What it does to earlier resolutions.
    pub changes: Vec<ResolutionChange>,
    /// Who may see it.
    pub label: Label,
}

impl State {
    /// The decision on a topic, once it is adopted.
    pub fn decision(&self, topic: u32) -> Option<Decision> {
        let proceedings = self.proceedings()?;
        let topic = proceedings.topic(topic)?;
        let Some(Outcome::Adopted { version, ballot, decided_on, acknowledge_by, declaratory, due_dates }) =
            &topic.outcome
        else {
            return None;
        };
        let ballot = topic.ballots.iter().find(|held| held.number == *ballot)?;
        let items = topic.items.iter().filter_map(|item| {
            let due = due_dates.iter().find(|due| due.item == item.number)?;
            Some(DecidedItem {
                number: item.number,
                title: item.draft.title.clone(),
                deliverable: item.draft.deliverable.clone(),
                criterion: item.draft.criterion.clone()?,
                lead: item.draft.lead.clone()?,
                co_responsible: item.draft.co_responsible.clone(),
                due_on: due.due_on,
                due_at: due.due_at,
            })
        });
        let dissenting = ballot.votes.iter().filter(|(_, vote)| against(vote.choice, &vote.split).is_some());
        Some(Decision {
            topic: topic.number,
            title: topic.title.clone(),
            text: topic.version(*version)?.clone(),
            declaratory: *declaratory,
            decided_on: *decided_on,
            acknowledge_by: *acknowledge_by,
            items: items.collect(),
            session: proceedings.agenda.session,
            body: proceedings.agenda.body.clone(),
            ballot: ballot.result?,
            dissenting: dissenting.map(|(department, _)| department.clone()).collect(),
            changes: topic.changes.clone(),
            label: topic.label,
        })
    }
}
