//! Who may see what. A scope is computed once for a caller; whatever is shown, counted or decided passes it.
//!
//! What is not within a caller's scope does not exist for them: queries leave it out, and commands are decided as on
//! a thing without a history.

mod tables;

pub use tables::{Rows, ScopedTables};

use domain::directory::hierarchy;
use domain::scheduling::stewards;
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
    /// Some of them.
    Some(Arc<Sight>),
}

/// The matters that are seen, where not all are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sight {
    /// Those that these departments take part in.
    departments: BTreeSet<Code>,
    /// Those whose record the clerks of this department keep.
    clerk_of: Option<Code>,
    /// Those of these bodies.
    bodies: BTreeSet<Code>,
}

/// Those who see all matters because they watch over them: no department's recusal concerns them.
const OVERSEE: [Role; 3] = [Role::Supervisor, Role::Auditor, Role::Operator];

impl Scope {
    /// Everything: what rules and timers look at.
    pub const fn whole() -> Scope {
        Scope { reach: Reach::All, department: None }
    }

    /// What the actor may see. In a role of those who oversee, all matters. Otherwise those that their department, or
    /// one below it, takes part in; as a clerk besides, those whose record the department keeps; and as a clerk or a leader
    /// all those of the bodies that it is a steward of, as the bodies are now. Whoever speaks for no department sees nothing.
    pub fn of(actor: &Actor, hierarchy: &hierarchy::State, stewards: &stewards::State) -> Scope {
        let oversees = OVERSEE.iter().any(|&role| actor.is(role));
        let department = actor.department.clone().filter(|_| !oversees);
        if Scope::is_of_all(actor) {
            return Scope { reach: Reach::All, department };
        }
        let departments = department.as_ref().map(|own| hierarchy.downwards(own)).unwrap_or_default();
        let clerk_of = department.clone().filter(|_| actor.is(Role::Clerk));
        let steward = department.as_ref().filter(|_| Scope::is_of_bodies(actor));
        let bodies = steward.map(|own| stewards.bodies_of(own)).unwrap_or_default();
        Scope { reach: Reach::Some(Arc::new(Sight { departments, clerk_of, bodies })), department }
    }

    /// Whether the actor sees all matters, whatever the hierarchy and the bodies are.
    pub(crate) fn is_of_all(actor: &Actor) -> bool {
        actor.is_process() || OVERSEE.iter().any(|&role| actor.is(role))
    }

    /// Whether the actor sees what is before the bodies that their department is a steward of.
    pub(crate) fn is_of_bodies(actor: &Actor) -> bool {
        actor.is(Role::Clerk) || actor.is(Role::Leader)
    }

    /// Whether all is within it.
    pub fn is_whole(&self) -> bool {
        self.reach == Reach::All
    }

    /// Whether a thing with this audience is within it.
    pub fn covers(&self, audience: &Audience<'_>) -> bool {
        match (&self.reach, audience) {
            (Reach::All, _) | (_, Audience::Everybody) => true,
            (Reach::Some(seen), Audience::Concerned { departments, clerks_of, bodies }) => {
                departments.iter().any(|code| seen.departments.contains(*code))
                    || clerks_of.iter().any(|code| seen.clerk_of.as_ref() == Some(*code))
                    || bodies.iter().any(|code| seen.bodies.contains(code))
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

    /// Whether this is the department that the caller speaks for.
    pub fn is_of(&self, department: &Code) -> bool {
        self.department.as_ref() == Some(department)
    }

    /// Whether the caller's department is among these, which recused themselves. Those who oversee are in none.
    pub fn is_recused(&self, recused: &BTreeSet<Code>) -> bool {
        self.department.as_ref().is_some_and(|own| recused.contains(own))
    }

    /// The codes of what is seen, as a JSON object of arrays; none when all is seen.
    fn codes(&self) -> Option<String> {
        match &self.reach {
            Reach::All => None,
            Reach::Some(seen) => Some(format!(
                "{{\"departments\":{},\"clerkOf\":{},\"bodies\":{}}}",
                as_json(&seen.departments),
                as_json(&seen.clerk_of),
                as_json(&seen.bodies)
            )),
        }
    }
}

/// The departments whose leaders are the leadership of what a department leads, decided by a body: its own, those above it, and
/// those that look after the body.
pub fn leadership(
    lead: &Code,
    body: Option<&Code>,
    hierarchy: &hierarchy::State,
    stewards: &stewards::State,
) -> Vec<Code> {
    let of_body = body.into_iter().flat_map(|body| stewards.of(body));
    let found: BTreeSet<&Code> = hierarchy.upwards(lead).chain(of_body).collect();
    found.into_iter().cloned().collect()
}

/// Codes as a JSON array, as SQL reads a table from it.
pub fn as_json<'c>(codes: impl IntoIterator<Item = &'c Code>) -> String {
    // A code has nothing that JSON would escape.
    let quoted: Vec<String> = codes.into_iter().map(|code| format!("\"{code}\"")).collect();
    format!("[{}]", quoted.join(","))
}

#[cfg(test)]
mod tests;
