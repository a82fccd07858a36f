//! Who may see what. A scope is computed once for a caller; whatever is shown, counted or decided passes it.
//!
//! What is not within a caller's scope does not exist for them: queries leave it out, and commands are decided as on
//! a thing without a history.

mod tables;

pub use tables::{Rows, ScopedTables};

use domain::directory::hierarchy;
use domain::{Actor, Audience, Code, Role};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    reach: Reach,
    /// The department spoken for, which can be recused; none for those who oversee.
    department: Option<Code>,
}

/// How far a scope reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// All matters.
    All,
    /// The matters that these departments take part in.
    Departments(Arc<BTreeSet<Code>>),
}

/// Those who see all matters because they watch over them: no department's recusal concerns them.
const OVERSEE: [Role; 3] = [Role::Supervisor, Role::Auditor, Role::Operator];

impl Scope {
    /// Everything: what rules and timers look at.
    pub const fn whole() -> Scope {
        Scope { reach: Reach::All, department: None }
    }

    /// What the actor may see: as a department's clerk, or in a role of those who oversee, all matters; otherwise those that
    /// their department, or one below it, takes part in. Clerks keep the record of sessions of any department: there
    /// is nothing yet that says of which. A clerk of no department acts for nobody, and sees nothing.
    pub fn of(actor: &Actor, hierarchy: &hierarchy::State) -> Scope {
        let oversees = OVERSEE.iter().any(|&role| actor.is(role));
        let department = actor.department.clone().filter(|_| !oversees);
        if Scope::is_of_all(actor) {
            return Scope { reach: Reach::All, department };
        }
        let departments = department.as_ref().map(|own| hierarchy.downwards(own)).unwrap_or_default();
        Scope { reach: Reach::Departments(Arc::new(departments)), department }
    }

    /// Whether the actor sees all matters, whatever the hierarchy is.
    pub(crate) fn is_of_all(actor: &Actor) -> bool {
        let keeps_the_record = actor.is(Role::Clerk) && actor.department.is_some();
        actor.is_process() || keeps_the_record || OVERSEE.iter().any(|&role| actor.is(role))
    }

    /// Whether a thing with this audience is within it.
    pub fn covers(&self, audience: &Audience<'_>) -> bool {
        match (&self.reach, audience) {
            (Reach::All, _) | (_, Audience::Everybody) => true,
            (Reach::Departments(seen), Audience::Departments(concerned)) => {
                concerned.iter().any(|code| seen.contains(*code))
            }
        }
    }

    /// Whether what is a department's own business is within it.
    pub fn covers_department(&self, code: &Code) -> bool {
        self.covers(&Audience::of([code]))
    }

    /// Whether there is a department that can be recused.
    pub fn may_be_recused(&self) -> bool {
        self.department.is_some()
    }

    /// Whether the caller's department is among these, which recused themselves. Those who oversee are in none.
    pub fn is_recused(&self, recused: &BTreeSet<Code>) -> bool {
        self.department.as_ref().is_some_and(|own| recused.contains(own))
    }

    /// The codes of the departments, as a JSON array; none when all is seen.
    fn departments(&self) -> Option<String> {
        match &self.reach {
            Reach::All => None,
            Reach::Departments(seen) => Some(as_json(seen)),
        }
    }
}

/// Codes as a JSON array, as SQL reads a table from it.
pub fn as_json(codes: &BTreeSet<Code>) -> String {
    // A code has nothing that JSON would escape.
    let quoted: Vec<String> = codes.iter().map(|code| format!("\"{code}\"")).collect();
    format!("[{}]", quoted.join(","))
}

#[cfg(test)]
mod tests;
