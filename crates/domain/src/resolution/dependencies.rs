//! Which items wait for which, in the whole realm: what keeps them from waiting in a circle.
//!
//! All of them are one stream, so that of two that would close a circle together one is refused.

use crate::aggregate::derived_id;
use crate::{Aggregate, Audience, Issued, Uuid, rejections};
use std::collections::{BTreeMap, BTreeSet};

/// Dependencies in force at once, at most.
pub const DEPENDENCIES_IN_FORCE_MAX: usize = 50_000;

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the events, where each is described")]
pub enum Command {
    /// An item is to wait for another one.
    Add { item: Uuid, on: Uuid },
    /// An item is not done before any of these.
    AddAll { item: Uuid, on: Vec<Uuid> },
    /// It no longer waits.
    Remove { item: Uuid, on: Uuid },
    /// An item is over: it waits for nothing, and nothing waits for it.
    Forget { item: Uuid },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An item waits for another one.
    Added {
        /// Which waits.
        item: Uuid,
        /// For which.
        on: Uuid,
    },
    /// It no longer waits.
    Removed {
        /// Which waited.
        item: Uuid,
        /// For which.
        on: Uuid,
    },
    /// An item waits for nothing, and nothing waits for it.
    Forgotten {
        /// Which.
        item: Uuid,
    },
}

rejections! {
    /// Why a dependency is refused.
    Rejection {
        DependencyCycle("DEPENDENCY_CYCLE") { items: usize } =
            "the other item already waits for this one, directly or through others: a circle of {items} items",
        TooManyDependenciesInForce("TOO_MANY_DEPENDENCIES_IN_FORCE") { dependencies: usize, max: usize } =
            "{dependencies} dependencies would be in force; at most {max} are accepted",
    }
}

/// What each item waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    waits_for: BTreeMap<Uuid, BTreeSet<Uuid>>,
}

impl State {
    /// What an item waits for.
    pub fn of(&self, item: Uuid) -> impl Iterator<Item = Uuid> + '_ {
        self.waits_for.get(&item).into_iter().flatten().copied()
    }

    /// How many items lie on the shortest way from one to another, both included; none when there is no way.
    fn way(&self, from: Uuid, to: Uuid) -> Option<usize> {
        let (mut seen, mut front, mut items) = (BTreeSet::from([from]), vec![from], 1);
        while !front.is_empty() {
            if front.contains(&to) {
                return Some(items);
            }
            front =
                front.into_iter().flat_map(|item| self.of(item)).filter(|next| seen.insert(*next)).collect();
            items += 1;
        }
        None
    }
}

/// The dependencies aggregate.
#[derive(Debug)]
pub struct Dependencies;

impl Dependencies {
    /// The id of the only one.
    pub fn realm_id() -> Uuid {
        derived_id(Uuid::nil(), &["dependencies"])
    }
}

impl Aggregate for Dependencies {
    const CATEGORY: &'static str = "resolution.dependencies";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let is_waited_for = |item: Uuid| state.waits_for.values().any(|on| on.contains(&item));
        match command {
            Command::Add { item, on } => add(state, item, on),
            Command::AddAll { item, on } => {
                let (mut state, mut events) = (state.clone(), vec![]);
                for on in on {
                    let added = add(&state, item, on)?;
                    state = Self::fold(state, &added);
                    events.extend(added);
                }
                Ok(events)
            }
            Command::Remove { item, on } if state.of(item).any(|waited| waited == on) => {
                Ok(vec![Event::Removed { item, on }])
            }
            Command::Forget { item } if state.waits_for.contains_key(&item) || is_waited_for(item) => {
                Ok(vec![Event::Forgotten { item }])
            }
            Command::Remove { .. } | Command::Forget { .. } => Ok(vec![]),
        }
    }

    fn audience(_state: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match *event {
            Event::Added { item, on } => {
                state.waits_for.entry(item).or_default().insert(on);
            }
            Event::Removed { item, on } => {
                state.waits_for.entry(item).or_default().remove(&on);
            }
            Event::Forgotten { item } => {
                state.waits_for.remove(&item);
                state.waits_for.values_mut().for_each(|on| on.retain(|waited| *waited != item));
            }
        }
        state.waits_for.retain(|_, on| !on.is_empty());
        state
    }
}

fn add(state: &State, item: Uuid, on: Uuid) -> Result<Vec<Event>, Rejection> {
    if state.of(item).any(|already| already == on) {
        return Ok(vec![]);
    }
    if let Some(items) = state.way(on, item) {
        return Err(Rejection::DependencyCycle { items });
    }
    let dependencies = state.waits_for.values().map(BTreeSet::len).sum::<usize>() + 1;
    if dependencies > DEPENDENCIES_IN_FORCE_MAX {
        let max = DEPENDENCIES_IN_FORCE_MAX;
        return Err(Rejection::TooManyDependenciesInForce { dependencies, max });
    }
    Ok(vec![Event::Added { item, on }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::given;
    use proptest::prelude::*;

    fn id(number: u8) -> Uuid {
        Uuid::from_u128(number.into())
    }

    #[test]
    fn a_circle_is_refused_whatever_its_length() {
        let added = |item, on| Event::Added { item: id(item), on: id(on) };
        let chain = [added(1, 2), added(2, 3), added(3, 4)];
        let add = |item, on| Command::Add { item: id(item), on: id(on) };
        let when = |command| given::<Dependencies>(&chain).when(command);
        assert_eq!(when(add(4, 1)), Err(Rejection::DependencyCycle { items: 4 }));
        assert_eq!(when(add(2, 1)), Err(Rejection::DependencyCycle { items: 2 }));
        assert_eq!(when(add(1, 4)), Ok(vec![added(1, 4)]));
        let without_3 = [&chain[..], &[Event::Forgotten { item: id(3) }]].concat();
        assert_eq!(given::<Dependencies>(&without_3).when(add(4, 1)), Ok(vec![added(4, 1)]));
    }

    proptest! {
        /// Whatever is added and removed: there is always an item that waits for nothing that is left.
        #[test]
        fn there_is_never_a_circle(steps in proptest::collection::vec((0..12u8, 0..12u8, 0..6u8), 0..80)) {
            let mut history = Vec::new();
            for (item, on, kind) in steps {
                let (item, on) = (id(item), id(on));
                let command = match kind {
                    0 => Command::Remove { item, on },
                    1 => Command::Forget { item },
                    _ => Command::Add { item, on },
                };
                history.extend(given::<Dependencies>(&history).when(command).unwrap_or_default());
            }
            let mut left = Dependencies::fold(State::default(), &history).waits_for;
            while !left.is_empty() {
                let free = left.values().flatten().find(|on| !left.contains_key(on)).copied();
                prop_assert!(free.is_some(), "a circle in {:?}", left);
                left.values_mut().for_each(|on| on.retain(|waited| Some(*waited) != free));
                left.retain(|_, on| !on.is_empty());
            }
        }
    }
}
