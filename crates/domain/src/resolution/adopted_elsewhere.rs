//! A decision that was adopted elsewhere and is put on record here, so that it is followed up: it enters as what it is,
//! with its source, and without votes that nobody cast.

use crate::calendar::WorkingCalendar;
use crate::decided_item::DecidedItem;
use crate::due::{self, DueRule};
use crate::resolution::action_item::{ACKNOWLEDGE_WORKING_DAYS, ActionItem};
use crate::resolution::registering::Registering;
use crate::resolution::resolution::{Origin, Rejection, refusal};
use crate::resolution_change::{ResolutionChange, check_all};
use crate::{Code, Date, Issued, Label, Line, Text, Timestamp, Uuid};

/// Items of one decision, at most: they are recorded in one commit with the resolution and its number.
pub const ITEMS_MAX: usize = 250;

/// A decision as it was adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedElsewhere {
    /// The body in whose register it is numbered.
    pub body: Code,
    /// Its title.
    pub title: Line,
    /// The text that was adopted.
    pub text: Text,
    /// The day of the decision.
    pub decided_on: Date,
    /// Where it can be read: a document with its number and date.
    pub source: Line,
    /// What is to be done; with nothing to do it is declaratory.
    pub items: Vec<Obligation>,
    /// What it does to earlier resolutions of the body, which were adopted elsewhere as well.
    pub changes: Vec<ResolutionChange>,
}

/// One thing to be done under a decision that was adopted elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// Its title.
    pub title: Line,
    /// What is to be delivered.
    pub deliverable: Text,
    /// How to tell that it is done.
    pub criterion: Text,
    /// 牵头: the department that answers for it.
    pub lead: Code,
    /// 配合: the departments that support it.
    pub co_responsible: Vec<Code>,
    /// When it is due; days are counted from the day on which it is recorded.
    pub due: DueRule,
}

impl AdoptedElsewhere {
    /// The departments that it obliges.
    pub fn departments(&self) -> impl Iterator<Item = &Code> {
        self.items.iter().flat_map(|item| std::iter::once(&item.lead).chain(&item.co_responsible))
    }

    /// Puts it on record under the resolution's id. The leads have as long to acknowledge their items as after a
    /// session.
    pub fn record(
        self,
        resolution: Uuid,
        calendar: &WorkingCalendar,
        issued: &Issued,
    ) -> Result<Registering, Rejection> {
        let today = calendar.date_of(issued.at);
        let (decided_on, items) = (self.decided_on, self.items.len());
        if decided_on > today {
            return Err(Rejection::DecidedLater { decided_on, today });
        }
        if items > ITEMS_MAX {
            return Err(Rejection::TooManyItems { items, max: ITEMS_MAX });
        }
        check_all(&self.changes).map_err(|unfit| refusal(unfit, &self.body))?;
        let acknowledge_on = calendar.after_working_days(today, ACKNOWLEDGE_WORKING_DAYS);
        let usual = calendar.end_of(acknowledge_on);
        let acknowledge_by = due::acknowledge_by(self.items.iter().map(|item| item.due), usual, issued.at);
        let numbered = (1..).zip(self.items);
        let items = numbered.map(|(number, item)| {
            let owed = item.owed(number, decided_on, (today, issued.at), calendar)?;
            Ok((ActionItem::id(resolution, number), owed))
        });
        let items: Vec<(Uuid, DecidedItem)> = items.collect::<Result<_, _>>()?;
        Ok(Registering {
            resolution,
            body: self.body,
            title: self.title,
            text: self.text,
            declaratory: items.is_empty(),
            decided_on,
            origin: Origin::Elsewhere { source: self.source },
            acknowledge_by,
            changes: self.changes,
            label: Label::Internal,
            items,
        })
    }
}

impl Obligation {
    fn owed(
        self,
        number: u32,
        decided_on: Date,
        (today, now): (Date, Timestamp),
        calendar: &WorkingCalendar,
    ) -> Result<DecidedItem, Rejection> {
        if let Some((days, max)) = self.due.excess(today) {
            return Err(Rejection::DueOutOfRange { days, max });
        }
        let (due_on, due_at) = self.due.due(today, now, calendar);
        if due_on < decided_on {
            return Err(Rejection::DueBeforeDecision { item_number: number, due_on, decided_on });
        }
        Ok(DecidedItem {
            number,
            title: self.title,
            deliverable: self.deliverable,
            criterion: self.criterion,
            lead: self.lead,
            co_responsible: self.co_responsible,
            due_on,
            due_at,
        })
    }
}

#[cfg(test)]
mod tests;
