//! The register (登记簿), in which a body's resolutions of one year get their numbers.
//!
//! Numbers begin at 1 in every year and have no gaps, because one stream issues them all.

use crate::{Aggregate, Audience, Code, Issued, Line, Uuid, aggregate::id_of_code, rejections};
use std::collections::BTreeMap;

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Issues a resolution's number, which is the next one; a resolution that has a number keeps it.
    Issue {
        /// The body whose register this is.
        body: Code,
        /// The year of the register.
        year: u32,
        /// The resolution's id.
        resolution: Uuid,
    },
}

/// The events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A resolution's number was issued.
    NumberIssued {
        /// The body whose register this is.
        body: Code,
        /// The year of the register.
        year: u32,
        /// The resolution's id.
        resolution: Uuid,
        /// The number within the register, from 1.
        serial: u32,
        /// The number as people write it, `<body>-<year>-0001`; no other resolution has it.
        number: Line,
    },
}

rejections! {
    /// Why no number is issued.
    Rejection {
        WrongRegister("WRONG_REGISTER") { requested: String, register: String } =
            "a number of {requested} was requested from the register {register}",
    }
}

/// A register and the numbers issued from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The body and year, once the first number is issued.
    pub register: Option<(Code, u32)>,
    /// The last number issued.
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
    /// The id of a body's register of one year.
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
        if let Some((own_body, own_year)) = &state.register
            && (*own_body != body || *own_year != year)
        {
            let (requested, register) = (name(&body, year), name(own_body, *own_year));
            return Err(Rejection::WrongRegister { requested, register });
        }
        if state.numbers.contains_key(&resolution) {
            return Ok(vec![]);
        }
        let serial = state.serial + 1;
        let number = Line::parse(&format!("{}-{serial:04}", name(&body, year)))
            .expect("a code, a year and a number make a line");
        Ok(vec![Event::NumberIssued { body, year, resolution, serial, number }])
    }

    fn audience(_: &State) -> Audience<'_> {
        Audience::Everybody
    }

    fn evolve(mut state: State, event: &Event) -> State {
        let Event::NumberIssued { body, year, resolution, serial, number } = event;
        state.register = Some((body.clone(), *year));
        state.serial = *serial;
        state.numbers.insert(*resolution, number.clone());
        state
    }
}

/// The body in whose register a resolution has this number, or the resolution of the item that has it; none when it is
/// not a number of a register.
pub fn body_of(number: &Line) -> Option<Code> {
    let of_resolution = number.as_str().split('/').next()?;
    // A code may have hyphens in it; a year and a serial number have none.
    let body = of_resolution.rsplitn(3, '-').nth(2)?;
    Code::parse(body).ok()
}

fn name(body: &Code, year: u32) -> String {
    format!("{body}-{year}")
}

#[cfg(test)]
mod tests;
