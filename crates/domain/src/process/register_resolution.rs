//! A decision on a docket becomes a resolution with a number, and its items are assigned.
//!
//! The number comes from the register of the body and year, so this happens in two steps: [`react`] names the
//! register, and [`Registering::with_number`] says what to do once the number is issued.

use crate::deliberation::docket::{self, Decision};
use crate::resolution::action_item::{self, ActionItem, Assignment};
use crate::resolution::register::{self, Register};
use crate::resolution::resolution::{self, Registration, Resolution, Votes};
use crate::{Line, Text, Uuid};

/// This process manager's name.
pub const NAME: &str = "register_resolution";

/// A decision that is waiting for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registering {
    /// The register that issues the number.
    pub register: Uuid,
    /// The resolution's id.
    pub resolution: Uuid,
    docket: Uuid,
    decision: Decision,
}

/// What to do with a numbered decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The resolution's id and command.
    pub resolution: (Uuid, resolution::Command),
    /// The items' ids and commands, in the order of their numbers.
    pub items: Vec<(Uuid, action_item::Command)>,
}

/// What follows from an event of a docket; `state` is the docket just after it.
pub fn react(id: Uuid, state: &docket::State, event: &docket::Event) -> Option<Registering> {
    let docket::Event::DecisionAdopted { topic, .. } = event else { return None };
    let decision = state.decision(*topic)?;
    let register = Register::id(&decision.body, year(&decision));
    Some(Registering { register, resolution: Resolution::id(id, *topic), docket: id, decision })
}

impl Registering {
    /// Has the register issue the number. A resolution that has one keeps it.
    pub fn issue(&self) -> register::Command {
        register::Command::Issue {
            body: self.decision.body.clone(),
            year: year(&self.decision),
            resolution: self.resolution,
        }
    }

    /// Registers the decision under its number, and assigns its items.
    pub fn with_number(&self, number: &Line) -> Registered {
        let decision = &self.decision;
        let item = |number| ActionItem::id(self.docket, number);
        let registration = Registration {
            number: number.clone(),
            session: decision.session,
            topic: decision.topic,
            body: decision.body.clone(),
            title: decision.title.clone(),
            text: decision.text.clone(),
            declaratory: decision.declaratory,
            decided_on: decision.decided_on,
            votes: votes(decision),
            dissenting: decision.dissenting.clone(),
            items: decision.items.iter().map(|decided| item(decided.number)).collect(),
        };
        let assign = |decided: &docket::DecidedItem| action_item::Command::Assign {
            assignment: Assignment {
                resolution: self.resolution,
                number: Line::parse(&format!("{number}/{}", decided.number))
                    .expect("a register's number leaves room for an item's"),
                title: decided.title.clone(),
                deliverable: decided.deliverable.clone(),
                criterion: decided.criterion.clone(),
                lead: decided.lead.clone(),
                co_responsible: decided.co_responsible.clone(),
                due_on: decided.due_on,
                due_at: decided.due_at,
                acknowledge_by: decision.acknowledge_by,
            },
        };
        Registered {
            resolution: (self.resolution, resolution::Command::Register { registration }),
            items: decision.items.iter().map(|decided| (item(decided.number), assign(decided))).collect(),
        }
    }
}

/// The year in whose register the decision is numbered.
fn year(decision: &Decision) -> u32 {
    u32::try_from(decision.decided_on.year()).unwrap_or(0)
}

fn votes(decision: &Decision) -> Votes {
    let ballot = &decision.ballot;
    Votes {
        method: Line::parse(&ballot.method.to_string()).expect("a method has a short name"),
        eligible: ballot.eligible,
        recused: ballot.recused,
        quorum: ballot.quorum,
        cast: ballot.cast,
        yes: ballot.yes,
        no: ballot.no,
        abstain: ballot.abstain,
        base: ballot.base,
        needed: ballot.needed,
        sentence: Text::parse(&ballot.sentence()).expect("a ballot's sentence is short"),
    }
}

#[cfg(test)]
mod tests;
