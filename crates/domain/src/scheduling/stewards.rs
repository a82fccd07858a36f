//! The stewards of bodies: for each body of the realm, the departments whose clerks see to its business. They are its
//! secretariat, and those that chair it or may.
//!
//! It is one aggregate, written with each version of a body, so that whoever asks what a clerk may see has to read one
//! stream and not those of all bodies.

use super::body::Version;
use crate::{Aggregate, Audience, Code, Issued, Uuid, aggregate::id_of_code};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Names the stewards of a body, in place of those that it had.
    Name {
        /// The body.
        body: Code,
        /// The departments.
        stewards: BTreeSet<Code>,
    },
}

impl Command {
    /// What a version of a body comes to. Whoever has not accepted to lead it sees nothing for that.
    pub fn of(version: &Version) -> Command {
        let (body, charter) = (&version.body, version.in_effect());
        let leading = charter.deputies.iter().chain([&charter.chair]);
        let stewards = charter.secretariat.iter().chain(leading).cloned().collect();
        Command::Name { body: body.clone(), stewards }
    }
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A body has these stewards from now on.
    Named {
        /// The body.
        body: Code,
        /// The departments, in the order of their codes.
        stewards: Vec<Code>,
    },
}

/// The bodies that each department sees to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    stewards: BTreeMap<Code, BTreeSet<Code>>,
    /// The same from the other side.
    bodies: BTreeMap<Code, BTreeSet<Code>>,
}

impl State {
    /// The bodies whose business the clerks of a department see to.
    pub fn bodies_of(&self, department: &Code) -> BTreeSet<Code> {
        self.bodies.get(department).cloned().unwrap_or_default()
    }

    /// The departments whose clerks see to the business of a body.
    pub fn of<'s>(&'s self, body: &Code) -> impl Iterator<Item = &'s Code> {
        self.stewards.get(body).into_iter().flatten()
    }
}

/// The stewards aggregate; a realm has one.
#[derive(Debug)]
pub struct Stewards;

impl Stewards {
    /// The id of the realm's only one.
    pub fn realm_id() -> Uuid {
        id_of_code(Self::CATEGORY, "realm")
    }
}

impl Aggregate for Stewards {
    const CATEGORY: &'static str = "scheduling.stewards";
    type Command = Command;
    type Event = Event;
    /// The body refuses what is to be refused.
    type Rejection = Infallible;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Infallible> {
        let Command::Name { body, stewards } = command;
        if state.stewards.get(&body) == Some(&stewards) {
            return Ok(vec![]);
        }
        Ok(vec![Event::Named { body, stewards: stewards.into_iter().collect() }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::Named { body, stewards } = event;
        let stewards: BTreeSet<Code> = stewards.iter().cloned().collect();
        for department in state.stewards.insert(body.clone(), stewards.clone()).unwrap_or_default() {
            if let Some(bodies) = state.bodies.get_mut(&department) {
                bodies.remove(body);
            }
        }
        for department in stewards {
            state.bodies.entry(department).or_default().insert(body.clone());
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{code, given};
    use proptest::prelude::*;

    fn name(body: &str, stewards: &[&str]) -> Command {
        Command::Name { body: code(body), stewards: stewards.iter().map(|one| code(one)).collect() }
    }

    fn named(body: &str, stewards: &[&str]) -> Event {
        Event::Named { body: code(body), stewards: stewards.iter().map(|one| code(one)).collect() }
    }

    #[test]
    fn a_body_has_the_stewards_that_were_named_last() {
        let history = [named("FLOOD", &["ROADS", "WATER"]), named("HEAT", &["WATER"])];
        let when = |command| given::<Stewards>(&history).when(command).unwrap();
        assert_eq!(when(name("FLOOD", &["WATER", "ROADS"])), [], "already so");
        assert_eq!(when(name("FLOOD", &["POWER"])), [named("FLOOD", &["POWER"])]);
        let state = Stewards::fold(State::default(), &[&history[..], &[named("FLOOD", &["POWER"])]].concat());
        assert_eq!(state.bodies_of(&code("WATER")), BTreeSet::from([code("HEAT")]));
        assert_eq!(state.bodies_of(&code("POWER")), BTreeSet::from([code("FLOOD")]));
        assert!(state.bodies_of(&code("ROADS")).is_empty());
    }

    proptest! {
        /// However often bodies change hands, a department has the bodies of which it is a steward, and no others.
        #[test]
        fn both_sides_agree(changes in prop::collection::vec((0..4_u8, prop::collection::btree_set(0..5_u8, 0..4)), 0..30)) {
            let (mut state, mut last) = (State::default(), BTreeMap::new());
            for (body, stewards) in changes {
                let body = code(&format!("B{body}"));
                let stewards: BTreeSet<Code> = stewards.iter().map(|one| code(&format!("D{one}"))).collect();
                let event = Event::Named { body: body.clone(), stewards: stewards.iter().cloned().collect() };
                state = Stewards::evolve(state, &event);
                last.insert(body, stewards);
            }
            for department in (0..5).map(|one| code(&format!("D{one}"))) {
                let expected = last.iter().filter(|(_, stewards)| stewards.contains(&department));
                prop_assert_eq!(state.bodies_of(&department), expected.map(|(body, _)| body.clone()).collect());
            }
        }
    }
}
