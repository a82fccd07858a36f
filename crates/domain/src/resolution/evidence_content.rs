//! The content of a piece of evidence, as far as it is kept in the log: a part of it in each stream, so that no record is
//! large. Who may keep it, and of what it is, is decided on the item; who may read it, too. Each content that is kept has an
//! id of its own, from which the ids of those streams follow: nothing is ever in them before.

use crate::aggregate::derived_id;
use crate::{Aggregate, Audience, Issued, Line, Uuid};
use std::convert::Infallible;

/// Bytes of one piece of evidence that are kept, at most: as many as a request in JSON has room for.
pub const CONTENT_BYTES_MAX: usize = 180 * 1024;
/// Bytes in one part, at most.
pub const PART_BYTES_MAX: usize = 45 * 1024;

/// A part of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The item that it is evidence for.
    pub item: Uuid,
    /// SHA-256 of the whole content, in 64 lower-case hexadecimal digits.
    pub sha256: Line,
    /// Which part it is, from 1.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Part {
    /// The parts of a content, in order.
    pub fn of(item: Uuid, sha256: &Line, content: &[u8]) -> Vec<Part> {
        let parts = parts_of(content.len());
        let part = |(part, content): (u32, &[u8])| Part {
            item,
            sha256: sha256.clone(),
            part,
            parts,
            content: content.to_vec(),
        };
        (1..).zip(content.chunks(PART_BYTES_MAX)).map(part).collect()
    }
}

/// How many parts a content of so many bytes has.
pub fn parts_of(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(PART_BYTES_MAX)).unwrap_or(u32::MAX)
}

/// Commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Keeps a part.
    Keep(Part),
}

/// Events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part is kept.
    Kept {
        /// Which.
        part: Part,
    },
}

/// Whether there is something in a stream. What it is stays in the log alone: nothing that is folded holds it when its
/// author's key is destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    #[default]
    Absent,
    /// A part.
    Kept,
}

/// The aggregate.
#[derive(Debug)]
pub struct EvidenceContent;

impl EvidenceContent {
    /// The id of a part, from 1, of a content.
    pub fn id(content: Uuid, part: u32) -> Uuid {
        derived_id(content, &["part", &part.to_string()])
    }
}

impl Aggregate for EvidenceContent {
    const CATEGORY: &'static str = "resolution.evidence_content";
    type Command = Command;
    type Event = Event;
    /// The item refuses what is to be refused.
    type Rejection = Infallible;
    type State = State;

    fn decide(state: &State, command: Command, _issued: &Issued) -> Result<Vec<Event>, Infallible> {
        let Command::Keep(part) = command;
        Ok(if *state == State::Absent { vec![Event::Kept { part }] } else { vec![] })
    }

    /// What is kept is read by way of its item, by those who see that.
    fn audience(state: &State) -> Audience<'_> {
        match state {
            State::Absent => Audience::Everybody,
            State::Kept => Audience::of([]),
        }
    }

    fn evolve(_: State, event: &Event) -> State {
        let Event::Kept { .. } = event;
        State::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::line;
    use proptest::prelude::*;

    proptest! {
        /// The parts of a content make the content, none is too large, and there are as many as are counted.
        #[test]
        fn the_parts_of_a_content_make_the_content(bytes in 0..CONTENT_BYTES_MAX + 1, seed in any::<u8>()) {
            let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8 ^ seed).collect();
            let parts = Part::of(Uuid::from_u128(1), &line(&"0a".repeat(32)), &content);
            prop_assert_eq!(parts.len(), parts_of(bytes) as usize);
            prop_assert!(parts.iter().all(|part| part.content.len() <= PART_BYTES_MAX));
            prop_assert!(parts.iter().zip(1..).all(|(part, nth)| part.part == nth));
            let made: Vec<u8> = parts.iter().flat_map(|part| part.content.clone()).collect();
            prop_assert_eq!(made, content);
        }
    }
}
