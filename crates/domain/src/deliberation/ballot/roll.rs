//! The roll of a ballot: every seat that decides on the topic, by name, as it was when the ballot was counted.

use crate::Code;

/// A seat on the roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The department.
    pub department: Code,
    /// How much its vote weighs.
    pub weight: u32,
    /// Whether its no is enough.
    pub veto: bool,
    /// Whether it was there, itself or by the department that voted for it. For a countersign, every seat is.
    pub present: bool,
    /// Whether it had recused itself, so that it might not vote.
    pub recused: bool,
    /// Whether its vote was cast.
    pub voted: bool,
    /// The department that cast its vote, when that is another one.
    pub cast_by: Option<Code>,
    /// Whether a clerk of the docket put its vote down.
    pub put_down_by_clerk: bool,
    /// Whether it had said that it opposes the topic, and cast no vote: where silence agrees, it was not silent.
    pub objected: bool,
}

/// Who may vote, how many have to, and by which version of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// The seats that decide on the topic, recused ones among them.
    pub seats: Vec<Seat>,
    /// Votes that must be cast for the ballot to be valid.
    pub quorum: u32,
    /// The weight of all seats of the body of which a majority may be taken.
    pub all_seats_weight: u32,
    /// The department in the chair, when there is one that may vote.
    pub chair: Option<Code>,
    /// The number of the body's version.
    pub body_version: u32,
}

impl Roll {
    /// The seats that may vote.
    pub fn voters(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| !seat.recused)
    }

    /// How many seats have recused themselves.
    pub fn recused(&self) -> u32 {
        u32::try_from(self.seats.iter().filter(|seat| seat.recused).count()).unwrap_or(u32::MAX)
    }
}
