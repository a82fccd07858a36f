//! The register (登记簿): the book in which a body's resolutions of one year get their numbers.
//!
//! Numbers begin at 1 in every year and have no gaps, because one stream gives them all.

use crate::{Aggregate, Code, Issued, Line, Uuid, aggregate::id_of_code, rejections};
use std::collections::BTreeMap;

/// The wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Gives a resolution the next number; one that has a number keeps it.
    Issue {
        /// The body whose book this is.
        body: Code,
        /// The year whose book this is.
        year: u32,
        /// The resolution's id.
        resolution: Uuid,
    },
}

/// The facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A resolution has a number.
    NumberIssued {
        /// The body whose book this is.
        body: Code,
        /// The year whose book this is.
        year: u32,
        /// The resolution's id.
        resolution: Uuid,
        /// The number within the book, from 1.
        serial: u32,
        /// The number as people write it, `<body>-<year>-0001`; no other resolution has it.
        number: Line,
    },
}

rejections! {
    /// Why no number is given.
    Rejection {
        OtherBook { asked: String, book: String } = "this is the book {book}, and {asked} was asked for",
    }
}

/// A book and the numbers given in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The body and year, once the first number was given.
    pub book: Option<(Code, u32)>,
    /// The last number given.
    pub serial: u32,
    numbers: BTreeMap<Uuid, Line>,
}

impl State {
    /// The number of a resolution, once it has one.
    pub fn number_of(&self, resolution: Uuid) -> Option<&Line> {
        self.numbers.get(&resolution)
    }
}

/// The register aggregate.
#[derive(Debug)]
pub struct Register;

impl Register {
    /// The id of a body's book of one year.
    pub fn id(body: &Code, year: u32) -> Uuid {
        id_of_code(Self::CATEGORY, &name(body, year))
    }
}

impl Aggregate for Register {
    const CATEGORY: &'static str = "resolution.register";
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Rejection> {
        let Command::Issue { body, year, resolution } = command;
        if let Some((own, of)) = &state.book
            && (*own != body || *of != year)
        {
            return Err(Rejection::OtherBook { asked: name(&body, year), book: name(own, *of) });
        }
        if state.numbers.contains_key(&resolution) {
            return Ok(vec![]);
        }
        let serial = state.serial + 1;
        let number = Line::parse(&format!("{}-{serial:04}", name(&body, year)))
            .expect("a code, a year and a number make a line");
        Ok(vec![Event::NumberIssued { body, year, resolution, serial, number }])
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::NumberIssued { body, year, resolution, serial, number } = event;
        state.book = Some((body.clone(), *year));
        state.serial = *serial;
        state.numbers.insert(*resolution, number.clone());
        state
    }
}

fn name(body: &Code, year: u32) -> String {
    format!("{body}-{year}")
}

#[cfg(test)]
mod tests;
