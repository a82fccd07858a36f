//! A decision on its way into a register.
//!
//! The number comes from the register of the body and year, so this happens in two steps: [`Registering::issue`] asks
//! for the number, and [`Registering::with_number`] says what to do once it is issued.

use crate::decided_item::DecidedItem;
use crate::resolution::action_item::{self, Assignment};
use crate::resolution::register::{self, Register};
use crate::resolution::resolution::{self, Origin, Registration};
use crate::resolution_change::ResolutionChange;
use crate::{Code, Date, Label, Line, Text, Timestamp, Uuid};

/// A decision that is waiting for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registering {
    /// The resolution's id.
    pub resolution: Uuid,
    /// The body that made the decision.
    pub body: Code,
    /// Its title.
    pub title: Line,
    /// The text that was adopted.
    pub text: Text,
    /// Whether it is declaratory, so that there is nothing to carry out.
    pub declaratory: bool,
    /// The day of the decision; its year is the register's.
    pub decided_on: Date,
    /// Where it was made.
    pub origin: Origin,
    /// The deadline for the leads to acknowledge their items.
    pub acknowledge_by: Timestamp,
    /// What it does to earlier resolutions.
    pub changes: Vec<ResolutionChange>,
    /// Who may see it.
    pub label: Label,
    /// What is to be done, each with its id.
    pub items: Vec<(Uuid, DecidedItem)>,
}

/// What to do with a numbered decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The resolution's id and command.
    pub resolution: (Uuid, resolution::Command),
    /// The items' ids and commands, in the order of their numbers.
    pub items: Vec<(Uuid, action_item::Command)>,
}

impl Registering {
    /// The register that issues the number.
    pub fn register(&self) -> Uuid {
        Register::id(&self.body, self.year())
    }

    /// Has the register issue the number. A resolution that has one keeps it.
    pub fn issue(&self) -> register::Command {
        register::Command::Issue { body: self.body.clone(), year: self.year(), resolution: self.resolution }
    }

    /// Registers the decision under its number, and assigns its items.
    pub fn with_number(&self, number: &Line) -> Numbered {
        let registration = Registration {
            number: number.clone(),
            origin: self.origin.clone(),
            body: self.body.clone(),
            title: self.title.clone(),
            text: self.text.clone(),
            declaratory: self.declaratory,
            decided_on: self.decided_on,
            items: self.items.iter().map(|(id, _)| *id).collect(),
            changes: self.changes.clone(),
            label: self.label,
        };
        Numbered {
            resolution: (self.resolution, resolution::Command::Register { registration }),
            items: self.items.iter().map(|(id, item)| (*id, self.assign(item, number))).collect(),
        }
    }

    fn assign(&self, item: &DecidedItem, number: &Line) -> action_item::Command {
        action_item::Command::Assign {
            assignment: Assignment {
                resolution: self.resolution,
                number: Line::parse(&format!("{number}/{}", item.number))
                    .expect("a register's number leaves room for an item's"),
                title: item.title.clone(),
                deliverable: item.deliverable.clone(),
                criterion: item.criterion.clone(),
                lead: item.lead.clone(),
                co_responsible: item.co_responsible.clone(),
                due_on: item.due_on,
                due_at: item.due_at,
                acknowledge_by: self.acknowledge_by,
            },
        }
    }

    fn year(&self) -> u32 {
        u32::try_from(self.decided_on.year()).unwrap_or(0)
    }
}
