//! The hierarchy of departments: who is above whom, in the whole realm.
//!
//! It is one aggregate, so that two registrations which would close a circle only together cannot both be written:
//! the second conflicts with the first and is decided again.

use crate::{Aggregate, Audience, Code, Issued, Uuid, aggregate::id_of_code, rejections};
use std::collections::{BTreeMap, BTreeSet};

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Puts a department below its parent, or at the top.
    Place {
        /// The department.
        department: Code,
        /// The one above it; none at the top.
        parent: Option<Code>,
    },
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A department has another parent from now on.
    Placed {
        /// The department.
        department: Code,
        /// The one above it; none at the top.
        parent: Option<Code>,
    },
}

rejections! {
    /// Why a department is not placed there.
    Rejection {
        ParentCycle("PARENT_CYCLE") { department_code: Code, chain: String } =
            "department {department_code} would be above itself: {chain}",
    }
}

/// The parent of every department that has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    parents: BTreeMap<Code, Code>,
    /// The same from above: what is right below a department.
    children: BTreeMap<Code, BTreeSet<Code>>,
}

impl State {
    /// This department, and all that are below it.
    pub fn downwards(&self, department: &Code) -> BTreeSet<Code> {
        let (mut found, mut next) = (BTreeSet::new(), vec![department]);
        while let Some(parent) = next.pop() {
            if found.insert(parent.clone()) {
                next.extend(self.children.get(parent).into_iter().flatten());
            }
        }
        found
    }

    /// The departments from this one up to the top, itself first.
    pub fn upwards<'a>(&'a self, department: &'a Code) -> impl Iterator<Item = &'a Code> {
        // A history without circles ends before this.
        std::iter::successors(Some(department), |below| self.parents.get(*below)).take(self.parents.len() + 1)
    }
}

/// The hierarchy aggregate; a realm has one.
#[derive(Debug)]
pub struct Hierarchy;

impl Hierarchy {
    /// The id of the realm's only hierarchy.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for Hierarchy {
    const CATEGORY: &'static str = "directory.hierarchy";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Place { department, parent } = command;
        if state.parents.get(&department) == parent.as_ref() {
            return Ok(vec![]);
        }
        if let Some(parent) = &parent {
            let above: Vec<&Code> = state.upwards(parent).collect();
            if let Some(at) = above.iter().position(|code| **code == department) {
                let chain = std::iter::once(&department).chain(above[..=at].iter().copied());
                let chain = chain.map(Code::as_str).collect::<Vec<_>>().join(" under ");
                return Err(Rejection::ParentCycle { department_code: department, chain });
            }
        }
        Ok(vec![Event::Placed { department, parent }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::Placed { department, parent } = event;
        if let Some(left) = state.parents.remove(department)
            && let Some(siblings) = state.children.get_mut(&left)
        {
            siblings.remove(department);
        }
        if let Some(parent) = parent {
            state.parents.insert(department.clone(), parent.clone());
            state.children.entry(parent.clone()).or_default().insert(department.clone());
        }
        state
    }
}

#[cfg(test)]
mod tests;
