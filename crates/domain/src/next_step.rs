//! What can happen next to a thing, by whom, and what refuses the rest: each command is put to the rules as they would
//! decide it now. There is no second list of rules.

use crate::{Actor, Code, Role};
use std::collections::BTreeSet;

/// Somebody who may act: people of a department in a role, or those who speak for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The role.
    pub role: Role,
    /// The department; none for those who oversee.
    pub department: Option<Code>,
}

impl Who {
    /// People of a department.
    pub(crate) fn of(role: Role, department: &Code) -> Who {
        Who { role, department: Some(department.clone()) }
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor { subject: String::new(), department: self.department.clone(), roles: vec![self.role] }
    }
}

/// A command that was put to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<R> {
    /// The rpc that it comes by, such as `OpenBallot`.
    pub rpc: &'static str,
    /// The topic, when it is about one.
    pub topic: Option<u32>,
    /// Those from whom it would change something; none when it is refused.
    pub by: Vec<Who>,
    /// Why it is refused to whoever is closest to doing it.
    pub refused: Option<R>,
}

impl<R> Step<R> {
    /// The same, without people of these departments; none when nobody is left of whom it says anything.
    #[must_use]
    pub fn without(mut self, departments: &BTreeSet<Code>) -> Option<Step<R>> {
        self.by.retain(|who| !who.department.as_ref().is_some_and(|own| departments.contains(own)));
        (!self.by.is_empty() || self.refused.is_some()).then_some(self)
    }

    /// Puts a command to the rules as each of these people would give it; `decide` says how many events it leads to. None
    /// when it would change nothing. Who is closest is refused for what the thing has come to, and not for who they are.
    pub(crate) fn put(
        rpc: &'static str,
        topic: Option<u32>,
        people: Vec<Who>,
        decide: impl Fn(&Who, Actor) -> Result<usize, R>,
        for_who_they_are: impl Fn(&R) -> bool,
    ) -> Option<Step<R>> {
        let (mut by, mut refusals, mut is_done) = (Vec::new(), Vec::new(), false);
        for who in people {
            match decide(&who, who.actor()) {
                Ok(0) => is_done = true,
                Ok(_) if by.contains(&who) => {}
                Ok(_) => by.push(who),
                Err(refusal) => refusals.push(refusal),
            }
        }
        // Where some could and it is so already, nobody misses it who could not.
        refusals.retain(|refusal| !is_done || !for_who_they_are(refusal));
        let refused = refusals.into_iter().min_by_key(for_who_they_are).filter(|_| by.is_empty());
        let changes = !by.is_empty() || refused.is_some();
        changes.then_some(Step { rpc, topic, by, refused })
    }
}
